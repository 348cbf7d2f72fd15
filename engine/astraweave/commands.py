"""The commands of the engine: their arguments, and what they do.

Each imports what it needs when it runs, so that none waits for what another needs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import UsageError
from .extensions import extensions

if TYPE_CHECKING:
    from .app.scene import Scene
    from .gpu.device import Gpu

Add = Callable[[str, Callable[[Any], int], str], argparse.ArgumentParser]


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see '{self.prog} --help')")


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
    whole = _Parser(prog="astraweave", description="Deterministic worlds of agents on the GPU.")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[Any], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    _add_own(add)
    if command not in commands.choices:  # a world without minds imports no package of theirs
        for name, home in extensions().items():
            module = import_module(home)
            module.add_arguments(add(name, module.run, module.SUMMARY))
    return whole


def _add_own(add: Add) -> None:
    run = add("run", _run, "run an example in a window, or headless")
    run.add_argument("example", help="name of an example, or the path of a scene's file")
    run.add_argument("--headless", action="store_true", help="no window")
    _add_world(run)
    run.add_argument("--png", type=Path, metavar="FILE", help="save a picture of the last tick")
    run.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    run.add_argument("--record", type=Path, metavar="FILE", help="save a recording for `replay`")
    run.add_argument(
        "--frames", type=_number(1, 10**6), default=60, help="frames to draw with --png"
    )

    add("examples", _examples, "list the examples")

    checksum = add("checksum", _checksum, "run an example and print its checksum alone")
    checksum.add_argument("example")
    _add_world(checksum)
    checksum.add_argument(
        "--shuffle",
        type=_number(0, 10**6),
        default=0,
        metavar="N",
        help="shuffle the storage every N ticks; the checksum must not change",
    )

    replay = add("replay", _replay, "recompute a recording and compare every tick")
    replay.add_argument("file", type=Path)
    replay.add_argument("--scene", metavar="FILE", help="the scene's file, if it is no example")
    replay.add_argument("--adapter")

    graph = add("graph", _graph, "print the frame graph of an example, as text and as Mermaid")
    graph.add_argument("example")
    graph.add_argument("--adapter")

    shader = add("shader", _shader, "print a shader with its imports (and its preamble)")
    shader.add_argument("path", help="such as sim/motion.wgsl")
    shader.add_argument("--scene", help="an example whose pass of that shader to print in full")

    bench = add("bench", _bench, "time the scenes on this machine")
    bench.add_argument("--json", action="store_true")
    bench.add_argument(
        "--filter", default="", metavar="X", help="only benchmarks with X in the name"
    )
    bench.add_argument("--adapter")

    doctor = add("doctor", _doctor, "say what was found, what is missing and how to mend it")
    doctor.add_argument("--json", action="store_true")
    doctor.add_argument("--adapter")


def _add_world(parser: argparse.ArgumentParser) -> None:
    from .ecs.entities import MAX_ENTITIES

    parser.add_argument("--entities", type=_number(1, MAX_ENTITIES), metavar="N")
    parser.add_argument("--ticks", type=_TICKS, metavar="N")
    parser.add_argument("--seed", type=_SEED, default=0, metavar="N")
    parser.add_argument("--threads", type=_THREADS, default=1, metavar="N", help="for CPU systems")
    parser.add_argument("--adapter", help="index or part of the name; see `astraweave doctor`")


def _print_json(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False))


def _open_gpu(wanted: str | None) -> Gpu:
    from .gpu.device import Gpu

    gpu = Gpu.open(wanted)
    if gpu.info.is_software and wanted is None:
        print(f"astraweave: no real GPU was found; using {gpu.info}", file=sys.stderr)
    return gpu


def scene_options(scene: Scene, arguments: Sequence[str]) -> dict[str, bool | int | str]:
    """The options that a scene itself declares, from what is left of the command line."""
    parser = _Parser(prog=f"astraweave run {scene.name}", argument_default=argparse.SUPPRESS)
    for name, option in scene.options.items():
        flag = "--" + name.replace("_", "-")
        if isinstance(option.default, bool):
            parser.add_argument(flag, dest=name, action="store_true")
        else:
            choices = option.choices or None
            parser.add_argument(flag, dest=name, type=type(option.default), choices=choices)
    return vars(parser.parse_args(arguments))


def _run(args: Any) -> int:
    from .app.headless import Options, run_headless
    from .app.progress import progress_bar
    from .app.scene import load_scene

    scene = load_scene(args.example)
    ticks = args.ticks or scene.ticks
    options = Options(
        entities=args.entities or scene.entities,
        ticks=ticks,
        seed=args.seed,
        threads=args.threads,
        png=args.png,
        record=args.record,
        frames=args.frames,
        scene=scene_options(scene, args.scene_arguments),
    )
    gpu = _open_gpu(args.adapter)
    if not (args.headless or args.png or args.json or args.record):
        return _window(gpu, scene, options)
    with progress_bar(scene.name, ticks) as advance:
        report = run_headless(gpu, scene, options, advance)
    if args.json:
        _print_json(report)
    else:
        from .app.summary import summary

        print(summary(report))
    return 0


def _window(gpu: Gpu, scene: Scene, options: Any) -> int:
    try:
        from .app.window import run_window
    except ImportError as error:
        raise UsageError(
            f"a window needs more packages ({error}): "
            "pip install 'astraweave[window]', or use --headless"
        ) from error
    world, view = scene.make(
        gpu,
        entities=options.entities,
        seed=options.seed,
        threads=options.threads,
        options=options.scene,
    )
    run_window(world, view, title=f"AstraWeave: {scene.name}")
    return 0


def _examples(args: Any) -> int:
    from .app.scene import load_scene, scene_names

    for name in scene_names():
        found = load_scene(name)
        print(f"{name:<16} {found.summary}  ({found.entities:,} entities, {found.ticks:,} ticks)")
    return 0


def _checksum(args: Any) -> int:
    from .app.scene import load_scene
    from .gpu.device import Gpu

    scene = load_scene(args.example)
    world, _ = scene.make(
        Gpu.open(args.adapter),
        entities=args.entities,
        seed=args.seed,
        threads=args.threads,
        options=scene_options(scene, args.scene_arguments),
    )
    ticks = args.ticks or scene.ticks
    if args.shuffle:
        while world.tick < ticks:
            world.step(min(args.shuffle, ticks - world.tick))
            world.shuffle(world.tick)
    else:
        world.step(ticks)
    print(world.checksum().hex)
    return 0


def _replay(args: Any) -> int:
    from .app.progress import progress_bar
    from .app.scene import load_scene, scene_names
    from .ecs.replay import Recording, replay
    from .gpu.device import Gpu

    recording = Recording.load(args.file)
    if args.scene is None and recording.scene not in scene_names():
        # A path inside a file is not run: the file may be anybody's.
        raise UsageError(f"{args.file} is of scene {recording.scene!r}: name its file with --scene")
    scene = load_scene(args.scene or recording.scene)
    options = dict(recording.options)
    entities, _ = options.pop("entities", None), options.pop("ticks", None)
    if entities is not None and type(entities) is not int:
        raise UsageError(f"{args.file} names {entities!r} entities; expected a whole number")
    world, _ = scene.make(
        Gpu.open(args.adapter),
        entities=entities,
        seed=recording.seed,
        options=options,
    )
    with progress_bar("replay", recording.ticks) as advance:
        last = replay(recording, world, advance)
    count = len(recording.commands)
    print(f"{recording.ticks} ticks and {count} commands agree; checksum {last.hex}")
    return 0


def _graph(args: Any) -> int:
    from .app.scene import load_scene
    from .gpu.device import Gpu

    world, _ = load_scene(args.example).make(Gpu.open(args.adapter), entities=64)
    print(world.graph.text())
    print()
    print(world.graph.mermaid())
    return 0


def _shader(args: Any) -> int:
    from .app.scene import load_scene
    from .gpu.shader import compose, resolve, short_name

    if args.scene is None:
        print(compose(args.path).text, end="")
        return 0
    scene = load_scene(args.scene)
    world, _ = scene.make(entities=64)
    wanted = resolve(args.path, scene.folder)
    for name, source in world.runner.sources():
        if wanted in source.files:
            print(f"// pass {name}\n{source.text}", end="")
            return 0
    raise UsageError(f"no pass of {args.scene} uses {short_name(wanted)}")


def _bench(args: Any) -> int:
    from .app.bench import run_benchmarks, table
    from .gpu.device import Gpu

    results = run_benchmarks(Gpu.open(args.adapter), args.filter)
    if args.json:
        _print_json(results)
    else:
        print(table(results))
    return 0


def _doctor(args: Any) -> int:
    from .app.doctor import examine, prescription

    findings = examine(args.adapter)
    if args.json:
        _print_json(findings)
    else:
        print(prescription(findings))
    return 0 if findings["ok"] else 2
