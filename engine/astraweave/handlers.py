"""What the commands of the engine do.

Each imports what it needs when it runs, so that none waits for what another needs.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from .errors import UsageError
from .scene_arguments import scene_options

if TYPE_CHECKING:
    from .app.scene import Scene
    from .gpu.device import Gpu


def _print_json(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False))


def _open_gpu(wanted: str | None) -> Gpu:
    from .gpu.device import Gpu

    gpu = Gpu.open(wanted)
    if gpu.info.is_software and wanted is None:
        print(f"astraweave: no real GPU was found; using {gpu.info}", file=sys.stderr)
    return gpu


def run(args: Any) -> int:
    """Run a scene headless and report, or in a window."""
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
        scene=scene_options(scene, args),
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


def examples(args: Any) -> int:
    """List the examples."""
    from .app.scene import load_scene, scene_names

    for name in scene_names():
        found = load_scene(name)
        print(f"{name:<16} {found.summary}  ({found.entities:,} entities, {found.ticks:,} ticks)")
    return 0


def checksum(args: Any) -> int:
    """Run a scene and print its checksum."""
    from .app.scene import load_scene
    from .gpu.device import Gpu

    scene = load_scene(args.example)
    world, _ = scene.make(
        Gpu.open(args.adapter),
        entities=args.entities,
        seed=args.seed,
        threads=args.threads,
        options=scene_options(scene, args),
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


def replay(args: Any) -> int:
    """Recompute a recording."""
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


def graph(args: Any) -> int:
    """Print the frame graph of a scene."""
    from .app.scene import load_scene
    from .gpu.device import Gpu

    world, _ = load_scene(args.example).make(Gpu.open(args.adapter), entities=64)
    print(world.graph.text())
    print()
    print(world.graph.mermaid())
    return 0


def shader(args: Any) -> int:
    """Print a shader."""
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


def bench(args: Any) -> int:
    """Time the scenes."""
    from .app.bench import run_benchmarks, table
    from .gpu.device import Gpu

    results = run_benchmarks(Gpu.open(args.adapter), args.filter)
    if args.json:
        _print_json(results)
    else:
        print(table(results))
    return 0


def doctor(args: Any) -> int:
    """Say what was found."""
    from .app.doctor import examine, prescription

    findings = examine(args.adapter)
    if args.json:
        _print_json(findings)
    else:
        print(prescription(findings))
    return 0 if findings["ok"] else 2
