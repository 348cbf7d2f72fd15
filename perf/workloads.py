"""What a run measures besides ticks: checksum, spawning, culling, frames and CPU threads."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from astraweave import Gpu, Motion, Position, Team, Velocity, World
from astraweave.ecs.schedule import Context
from astraweave.gpu.timing import time_passes
from perf.measure import WALL, fence, spread, wall_single
from perf.scenes import SEED, crowd_plain, parade

SIZE = 1280, 720
SYSTEMS = 8


class Unavailable(Exception):
    """Something that this machine lacks; the message names it."""


def checksum_cost(gpu: Gpu, n: int, repeats: int = 11) -> dict[str, Any]:
    """The pass alone by the adapter's clock, and the whole of `world.checksum()`."""
    world = crowd_plain(gpu, n)
    world.step(16)
    value = world.checksum()  # prepares the pass and uploads the uniforms

    def encode(compute_pass: Any) -> None:
        world.runner.uniforms.select(compute_pass, 0)
        world.runner.checksummer.encode(compute_pass)

    one = [("checksum", encode)]
    entity = world.storage.buffers["entity"]
    alone = [time_passes(gpu, one, entity)[0][1] for _ in range(repeats)]
    whole = []
    for _ in range(repeats):
        fence(world)
        started = perf_counter()
        again = world.checksum()
        whole.append(1e3 * (perf_counter() - started))
        if again.hex != value.hex:
            raise RuntimeError(f"the checksum changed: {value.hex}, {again.hex}")
    return {
        "entities": world.count,
        "components": sorted(value.parts),
        "checksum_ms": spread(alone, gpu.clock),
        "whole_call_ms": spread(whole, WALL),
        "checksum": value.hex,
    }


def people(n: int) -> tuple[Position, Velocity, Team]:
    """Components of n entities as arrays."""
    rng = np.random.default_rng(SEED)
    place, velocity = rng.uniform(0, 1000, (n, 3)), rng.uniform(-2, 2, (n, 3))
    return Position(place), Velocity(velocity), Team(np.arange(n) % 4)


def spawn_cost(gpu: Gpu, n: int, repeats: int = 3) -> dict[str, Any]:
    """From NumPy arrays to the GPU: `spawn`, upload, fence; then a random half dies and returns."""
    times: dict[str, list[float]] = {"spawn": [], "despawn_half": [], "respawn_half": []}
    for _ in range(repeats + 1):  # the first warms up
        for what, ms in _spawn_once(gpu, people(n), people(n // 2)).items():
            times[what].append(ms)
        gc.collect()  # gives the buffers of the last world back
    named = {f"{what}_ms": spread(found[1:], WALL) for what, found in times.items()}
    return {"entities": n, "components": ["Position", "Velocity", "Team"], **named}


def _spawn_once(gpu: Gpu, every: Any, half: Any) -> dict[str, float]:
    world = World(gpu, seed=SEED)
    world.register(Position, Velocity, Team)
    world.prepare()
    handles: list[Any] = []
    times = {"spawn": _timed(world, lambda: handles.append(world.spawn(*every)))}
    count = world.count
    dead = np.random.default_rng(SEED).permutation(handles[0])[: count // 2]
    times["despawn_half"] = _timed(world, lambda: world.despawn(dead))
    times["respawn_half"] = _timed(world, lambda: world.spawn(*half))
    if world.count != count or world.is_alive(int(dead[0])):
        raise RuntimeError(f"{world.count} of {count} live after despawning and respawning half")
    return times


def _timed(world: World, change: Callable[[], object]) -> float:
    fence(world)
    started = perf_counter()
    change()
    world.flush()
    fence(world)
    return 1e3 * (perf_counter() - started)


def _renderer(world: World, view: Any) -> Any:
    try:
        from astraweave.render.renderer import Renderer
    except ImportError as error:
        raise Unavailable(f"the renderer needs a package that is not here: {error}") from error
    return Renderer(world, *SIZE, view)


def require_all_visible(renderer: Any, n: int) -> None:
    """All stand in the picture: each must be listed once."""
    if renderer.visible != n or not np.array_equal(renderer.visible_ids(), np.arange(n)):
        raise RuntimeError(f"{n} entities are in the picture, {renderer.visible} were listed")


def cull_cost(gpu: Gpu, n: int, repeats: int = 7) -> dict[str, Any]:
    """Cull, level choice and splat of a crowd that is all in the picture, without any draw."""
    world, view = parade(gpu, n)
    renderer = _renderer(world, view)
    renderer.render()
    renderer.wait()
    many = 3 if gpu.info.is_software else 50
    times = []
    for _ in range(repeats + 1):
        encoder = gpu.device.create_command_encoder(label="cull")
        for _ in range(many):  # the renderer has no call for these two alone
            renderer._splats.clear(encoder)
            renderer._cull.encode(encoder)
        commands = encoder.finish()
        renderer.wait()
        started = perf_counter()
        gpu.submit(commands)
        renderer.wait()
        times.append(1e3 * (perf_counter() - started) / many)
    require_all_visible(renderer, n)
    return {
        "entities": n,
        "visible": renderer.visible,
        "cull_ms": spread(times[1:], f"{WALL}, {many} in a submit"),
    }


def frame_times(gpu: Gpu, n: int, frames: int = 1000) -> dict[str, Any]:
    """Frames of 1280×720 with a tick each, every one waited for."""
    before = gpu.allocated
    world, view = parade(gpu, n)
    renderer = _renderer(world, view)
    whole, ticks = [], []
    for number in range(frames + 20):
        started = perf_counter()
        world.step()
        stepped = perf_counter()
        renderer.render()
        renderer.wait()
        if number >= 20:
            whole.append(1e3 * (perf_counter() - started))
            ticks.append(1e3 * (stepped - started))
    require_all_visible(renderer, n)
    p50, p95, p99 = (float(f"{v:.4g}") for v in np.percentile(whole, (50, 95, 99)))
    return {
        "entities": n,
        "frames": frames,
        "frame_ms": {"p50": p50, "p95": p95, "p99": p99, "max": max(whole), "clock": WALL},
        "encode_ms": spread(list(renderer.encode_ms[20:]), "wall clock"),
        "tick_encode_ms": spread(ticks, "wall clock"),
        "draw_calls": renderer.draw_calls,
        "visible": renderer.visible,
        "engine_bytes": gpu.allocated - before,
        "renderer_bytes": renderer.bytes,
        "checksum": world.checksum().hex,
    }


def thread_scaling(gpu: Gpu, n: int, ticks: int = 20) -> dict[str, Any]:
    """CPU systems that do not conflict, on 1, 2, 4 and 8 threads: time of a tick, equal results."""
    found: dict[str, Any] = {"entities": n, "systems": SYSTEMS}
    sums = set()
    for threads in (1, 2, 4, 8):
        world = thinking_world(gpu, n, threads)
        world.step(4)
        times = [wall_single(world, 1) for _ in range(ticks)]
        found[f"threads_{threads}_ms"] = spread(times, WALL)
        sums.add(world.checksum().hex)
    if len(sums) > 1:
        raise RuntimeError(f"the number of threads changed the result: {sorted(sums)}")
    return {**found, "checksum": sums.pop()}


def thinking_world(gpu: Gpu, n: int, threads: int) -> World:
    """Moving entities, and systems that sort what they see a few times and push a few entities."""
    world = World(gpu, seed=SEED, threads=threads)
    world.use(Motion())
    handles = world.spawn(*people(n))

    def add(number: int) -> None:
        def think(context: Context) -> None:
            seen = context.percept.read(Position)
            for axis in range(3):
                nearest = np.argsort(seen[:, axis] + number)[:64]  # NumPy lets go of the GIL
            context.add(handles[np.unique(nearest)], Velocity((0.01, 0.0, 0.0)))

        world.system("ai_planning", reads=(Position,), writes=(Velocity,), name=f"think {number}")(
            think
        )

    for number in range(SYSTEMS):
        add(number)
    world.prepare()
    return world
