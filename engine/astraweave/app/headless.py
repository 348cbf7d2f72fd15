"""Headless runs: a scene for a number of ticks, with its figures, a picture and a recording."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from ..ecs.replay import Recorder
from ..ecs.world import World
from ..errors import UsageError
from ..gpu.device import Gpu
from ..render.view import View
from .scene import Scene

Progress = Callable[[int], None]
WIDTH, HEIGHT = 1280, 720


@dataclass(frozen=True)
class Options:
    """What a run was asked for."""

    entities: int
    ticks: int
    seed: int = 0
    threads: int = 1
    png: Path | None = None
    record: Path | None = None
    frames: int = 60  # drawn at the end of a run that makes a picture
    scene: Mapping[str, bool | int | str] = field(default_factory=dict)  # options of its own


@dataclass
class Figures:
    """What a run measured, in milliseconds of wall time unless said otherwise."""

    ticks: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    passes: list[tuple[str, float]] = field(default_factory=list)
    draw_calls: int = 0
    visible: int = 0
    memory: int = 0  # bytes on the GPU while frames were drawn


def run_headless(gpu: Gpu, scene: Scene, options: Options, progress: Progress) -> dict[str, Any]:
    """Run a scene and report; see the command line reference for the keys.

    The last ticks of a run are drawn (if it makes a picture) and timed pass by pass; all count.
    """
    for path in (options.png, options.record):
        _require_writable(path)
    world, view = scene.make(
        gpu,
        entities=options.entities,
        seed=options.seed,
        threads=options.threads,
        options=options.scene,
    )
    recorder = _recorder(world, scene, options) if options.record else None
    figures = Figures()
    drawn = min(options.frames, options.ticks) if options.png else 0
    profiled = min(20, (options.ticks - drawn) // 4)
    _run_ticks(world, options.ticks - drawn - profiled, figures, progress)
    if profiled:
        figures.passes = world.profile(profiled)
        progress(world.tick)
    if options.png:
        _draw(world, view, options.png, drawn, figures, progress)
    if recorder and options.record:
        recorder.finish().save(options.record)
    return _report(world, view, scene, options, figures)


def _require_writable(path: Path | None) -> None:
    if path is None:
        return
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} cannot be written: it is there and is no regular file")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error


def _recorder(world: World, scene: Scene, options: Options) -> Recorder:
    counts: dict[str, bool | int | str] = {"entities": options.entities, "ticks": options.ticks}
    return Recorder(world, scene.name, counts | dict(options.scene))


def _run_ticks(world: World, ticks: int, figures: Figures, progress: Progress) -> None:
    """Ticks in submits of several where the GPU is fast, one by one where it is a CPU."""
    chunk = 1 if world.gpu.info.is_software else 16
    fence = world.storage.buffers["entity"]
    end = world.tick + ticks
    while world.tick < end:
        count = min(chunk, end - world.tick)
        started = perf_counter()
        world.step(count)
        world.gpu.wait(fence)
        figures.ticks.append(1e3 * (perf_counter() - started) / count)
        progress(world.tick)


def _draw(
    world: World, view: View, png: Path, frames: int, figures: Figures, progress: Progress
) -> None:
    from ..render.renderer import Renderer
    from ..render.target import save_png
    from .picture import with_words

    renderer = Renderer(world, WIDTH, HEIGHT, view)
    fence = world.storage.buffers["entity"]
    times_ticks = not figures.ticks  # every tick is drawn: then each waits once more
    for _ in range(frames):
        started = perf_counter()
        world.step()
        if times_ticks:
            world.gpu.wait(fence)
            figures.ticks.append(1e3 * (perf_counter() - started))
        renderer.render()
        world.gpu.wait(fence)
        figures.frames.append(1e3 * (perf_counter() - started))
        progress(world.tick)
    figures.draw_calls, figures.visible = renderer.draw_calls, renderer.visible
    figures.memory = world.gpu.allocated
    smooth = Renderer(world, WIDTH, HEIGHT, view, samples=4)  # the frames were drawn for speed
    smooth.render()
    save_png(with_words(smooth.image(), view), png)


def _report(
    world: World, view: View, scene: Scene, options: Options, figures: Figures
) -> dict[str, Any]:
    report: dict[str, Any] = {
        "example": scene.name,
        "entities": options.entities,
        "ticks": options.ticks,
        "seed": options.seed,
        "adapter": world.gpu.info.name,
        "driver": world.gpu.info.driver,
        "backend": world.gpu.info.backend,
        "clock": world.gpu.clock,
        "checksum": world.checksum().hex,
        "ms_per_tick": percentiles(figures.ticks),
        "encode_ms": percentiles(list(world.runner.encode_ms), (50, 95)),
        "passes": [{"name": name, "ms": round(ms, 4)} for name, ms in figures.passes],
        "draw_calls": figures.draw_calls,
        "visible": figures.visible,
        "engine_bytes": figures.memory or world.gpu.allocated,
    }
    if world.schedule.seconds:
        ran = max(options.ticks, 1)
        report["systems"] = [
            {"name": name, "ms": round(1e3 * seconds / ran, 4)}
            for name, seconds in world.schedule.seconds.items()
        ]
    if view.notes is not None:
        report["notes"] = dict(view.notes())
    if figures.frames:
        report["ms_per_frame"] = percentiles(figures.frames)
    if options.png:
        report["png"] = str(options.png)
    if options.record:
        report["recording"] = str(options.record)
    return report


def percentiles(
    values: list[float], which: tuple[int, ...] = (50, 95, 99)
) -> dict[str, float | None]:
    """`{"p50": …, …}`; None where nothing was measured."""
    if not values:
        return {f"p{p}": None for p in which}
    found = np.percentile(values, which)
    return {f"p{p}": round(float(v), 4) for p, v in zip(which, found, strict=True)}
