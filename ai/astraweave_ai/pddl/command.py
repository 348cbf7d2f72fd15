"""The command `astraweave plan`: a plan for a PDDL problem, or why there is none."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Sequence

from .answer import Answer, solve

TYPE_CHECKING = False  # not from typing, which takes as long to import as a small plan to find
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from typing import Any

SUMMARY = "find a plan for a PDDL problem"
TIME_LIMIT = 300.0  # seconds, unless --time-limit says otherwise

_TITLES = {
    "impossible": "no plan exists",
    "out_of_budget": "no plan was found in time; whether one exists is not known",
}


class Options:
    """What a call asks for."""

    def __init__(self, domain: str, problem: str, flags: set[str], time_limit: float) -> None:
        self.domain = domain
        self.problem = problem
        self.optimal = "--optimal" in flags
        self.fast = "--fast" in flags
        self.json = "--json" in flags
        self.time_limit = time_limit


def add_arguments(parser: ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("domain", metavar="DOMAIN.pddl")
    parser.add_argument("problem", metavar="PROBLEM.pddl")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--optimal", action="store_true", help="a cheapest plan (the default)")
    kind.add_argument("--fast", action="store_true", help="the first plan that is found")
    parser.add_argument("--json", action="store_true", help="print the answer as one JSON object")
    parser.add_argument(
        "--time-limit",
        type=_limit,
        default=TIME_LIMIT,
        metavar="S",
        help="give up after S seconds (default: %(default)g)",
    )


def _limit(text: str) -> float:
    from argparse import ArgumentTypeError

    value = _seconds(text)
    if value is None:
        raise ArgumentTypeError(f"expected a number of seconds above 0, got {text!r}")
    return value


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def parse(arguments: Sequence[str]) -> Options | None:
    """A plain call without mistakes; None for all that argparse has to explain or to understand.

    To import argparse and make a parser takes as long as to solve a small task.
    """
    files: list[str] = []
    flags: set[str] = set()
    limit: float | None = TIME_LIMIT
    rest = iter(arguments)
    for each in rest:
        if each == "--time-limit":
            limit = _seconds(next(rest, ""))
        elif each in ("--optimal", "--fast", "--json"):
            flags.add(each)
        else:
            files.append(each)
    odd = any(each.startswith("-") for each in files) or {"--optimal", "--fast"} <= flags
    if len(files) != 2 or limit is None or odd:
        return None
    return Options(files[0], files[1], flags, limit)


def run(args: Any) -> int:
    """Plan, print the answer and return the exit code: 0 if there is a plan, or else 1."""
    collects = gc.isenabled()
    gc.disable()  # nothing here is garbage, and looking for it takes up to a third of the time
    atexit.register(gc.freeze)  # nor does the program look for it when it ends
    try:
        answer = solve(args.domain, args.problem, fast=args.fast, seconds=args.time_limit)
    finally:
        if collects:
            gc.enable()
    print(_json(answer) if args.json else _text(answer))  # noqa: T201
    return 0 if answer.status == "solved" else 1


def _json(answer: Answer) -> str:
    import json

    document = vars(answer) | {"seconds": round(answer.seconds, 6), "length": len(answer.plan)}
    return json.dumps(document, ensure_ascii=False)


def _text(answer: Answer) -> str:
    effort = (
        f"{answer.expanded:,} states expanded, {answer.generated:,} generated, "
        f"{answer.seconds:.3f} s"
    )
    if answer.cost is None:
        return "\n".join((f"{_TITLES[answer.status]} ({effort})", *answer.explanation))
    quality = "optimal" if answer.optimal else "perhaps not optimal"
    steps = "1 step" if len(answer.plan) == 1 else f"{len(answer.plan)} steps"
    return "\n".join((*answer.plan, f"; cost {answer.cost} ({quality}), {steps}; {effort}"))
