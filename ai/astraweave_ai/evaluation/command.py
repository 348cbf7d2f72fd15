"""The command `astraweave evaluate`: how good a mind is, measured by what it does in the world."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from astraweave.errors import UsageError

from ..errors import LlmError

SUMMARY = "score a mind over scenarios, by what its plans do in the world"
_NAMES = ("goap", "bt", "utility", "rule", "mock", "llm", "noise", "bad")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--mind", choices=_NAMES, default="goap", help="default: %(default)s")
    parser.add_argument("--model", default="", metavar="NAME", help="the model of --mind llm")
    parser.add_argument("--scenario", default="", metavar="NAME", help="only this one")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--report", type=Path, metavar="FILE.md", help="write it as Markdown")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the model")
    parser.add_argument("--adapter", metavar="NAME", help="as astraweave doctor lists them")
    parser.add_argument(
        "--gate",
        type=_score,
        default=0.0,
        metavar="SCORE",
        help="exit with status 1 if the overall score is lower",
    )


def _score(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise ArgumentTypeError(f"expected a score from 0 to 100, got {text!r}")
    return value


def parse(arguments: Sequence[str]) -> None:
    """All calls are left to argparse."""


def run(args: Any) -> int:
    """Evaluate, print the report and return the exit code: 0 unless the gate was missed."""
    from astraweave import Gpu

    from .report import evaluate

    _check(args)
    model = _open(args.model) if args.model else None
    try:
        report = evaluate(
            args.mind, only=args.scenario, gpu=Gpu.open(args.adapter), model=model, seed=args.seed
        )
    finally:
        if model is not None:
            model.close()
    print(report.to_json() if args.json else report.to_markdown(), end="", flush=True)  # noqa: T201
    if args.report is not None:
        _write(args.report, report.to_markdown())
    return 0 if report.overall_score >= args.gate else 1


def _check(args: Any) -> None:
    """What is wrong with a call is told before anything is played."""
    if args.model and args.mind != "llm":
        raise UsageError(f"--model is for --mind llm; the mind {args.mind} asks no model of yours")
    if args.report is None:
        return
    try:
        taken, there = args.report.is_dir(), args.report.parent.is_dir()
    except OSError as error:
        raise UsageError(f"--report {args.report}: {error.strerror or error}") from error
    if taken:
        raise UsageError(f"--report {args.report}: expected a file, that is a folder")
    if not there:
        raise UsageError(f"--report {args.report}: there is no folder {args.report.parent}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--report {path} cannot be written: {error.strerror or error}") from error


def _open(name: str) -> Any:
    """A server of the model of this name, once it is loaded: who cannot answer gets no score."""
    from ..llm.library import find_model
    from ..llm.server import LlmServer

    server = LlmServer(find_model(name))
    try:
        server.ready()
    except LlmError:
        server.close()
        raise
    return server
