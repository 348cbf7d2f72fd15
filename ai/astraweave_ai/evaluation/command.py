"""The command `astraweave evaluate`: how good a mind is, measured by what it does in the world."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SUMMARY = "score a mind over scenarios, by what its plans do in the world"
_NAMES = ("goap", "bt", "utility", "rule", "mock", "llm", "bad")


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

    model = _open(args.model) if args.mind == "llm" and args.model else None
    try:
        report = evaluate(
            args.mind, only=args.scenario, gpu=Gpu.open(args.adapter), model=model, seed=args.seed
        )
    finally:
        if model is not None:
            model.close()
    if args.report is not None:
        args.report.write_text(report.to_markdown(), encoding="utf-8")
    print(report.to_json() if args.json else report.to_markdown(), end="")  # noqa: T201
    return 0 if report.overall_score >= args.gate else 1


def _open(name: str) -> Any:
    """A server of the model of this name."""
    from ..llm.library import find_model
    from ..llm.server import LlmServer

    return LlmServer(find_model(name))
