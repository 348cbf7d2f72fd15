"""The commands of the engine and their arguments; `handlers` does what they say."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from . import handlers
from .extensions import extensions
from .scene_arguments import OWN_HELP, Parser, add_scene

Add = Callable[..., argparse.ArgumentParser]


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text.replace("_", ""))
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"must be {low} to {high}, got {text}")
        return value

    return parse


_TICKS, _SEED, _THREADS = _number(1, 10**9), _number(0, 2**32 - 1), _number(1, 256)


def parser(command: str = "") -> argparse.ArgumentParser:
    """The parser of all commands, or of all of the engine's if `command` is one of these."""
    whole = Parser(prog="astraweave", description="Deterministic worlds of agents on the GPU.")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(
        name: str, run: Callable[[Any], int], text: str, **more: Any
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, **more)
        sub.set_defaults(run=run)
        return sub

    _add_own(add)
    if command not in commands.choices:  # a world without minds imports no package of theirs
        for name, home in extensions().items():
            module = import_module(home)
            module.add_arguments(add(name, module.run, module.SUMMARY))
    return whole


def _add_own(add: Add) -> None:
    run = add("run", handlers.run, "run an example in a window, or headless", **OWN_HELP)
    add_scene(run)
    run.add_argument("--headless", action="store_true", help="no window")
    _add_world(run)
    run.add_argument("--png", type=Path, metavar="FILE", help="save a picture of the last tick")
    run.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    run.add_argument("--record", type=Path, metavar="FILE", help="save a recording for `replay`")
    run.add_argument(
        "--frames", type=_number(1, 10**6), default=60, help="frames to draw with --png"
    )

    add("examples", handlers.examples, "list the examples")

    checksum = add(
        "checksum", handlers.checksum, "run an example and print its checksum alone", **OWN_HELP
    )
    add_scene(checksum)
    _add_world(checksum)
    checksum.add_argument(
        "--shuffle",
        type=_number(0, 10**6),
        default=0,
        metavar="N",
        help="shuffle the storage every N ticks; the checksum must not change",
    )

    replay = add("replay", handlers.replay, "recompute a recording and compare every tick")
    replay.add_argument("file", type=Path)
    replay.add_argument("--scene", metavar="FILE", help="the scene's file, if it is no example")
    replay.add_argument("--adapter")

    graph = add(
        "graph", handlers.graph, "print the frame graph of an example, as text and as Mermaid"
    )
    graph.add_argument("example")
    graph.add_argument("--adapter")

    shader = add("shader", handlers.shader, "print a shader with its imports (and its preamble)")
    shader.add_argument("path", help="such as sim/motion.wgsl")
    shader.add_argument("--scene", help="an example whose pass of that shader to print in full")

    bench = add("bench", handlers.bench, "time the scenes on this machine")
    bench.add_argument("--json", action="store_true")
    bench.add_argument(
        "--filter", default="", metavar="X", help="only benchmarks with X in the name"
    )
    bench.add_argument("--adapter")

    doctor = add(
        "doctor", handlers.doctor, "say what was found, what is missing and how to mend it"
    )
    doctor.add_argument("--json", action="store_true")
    doctor.add_argument("--adapter")


def _add_world(parser: argparse.ArgumentParser) -> None:
    from .ecs.entities import MAX_ENTITIES

    parser.add_argument("--entities", type=_number(1, MAX_ENTITIES), metavar="N")
    parser.add_argument("--ticks", type=_TICKS, metavar="N")
    parser.add_argument("--seed", type=_SEED, default=0, metavar="N")
    parser.add_argument("--threads", type=_THREADS, default=1, metavar="N", help="for CPU systems")
    parser.add_argument("--adapter", help="index or part of the name; see `astraweave doctor`")
