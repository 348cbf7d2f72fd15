"""What Python asks of a world: spawns, deaths, reads, checksums, snapshots, commands, encoding."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from astraweave import Gpu, Position, Team, Velocity, World
from astraweave.ecs import snapshot
from astraweave.errors import CapacityError
from perf.conftest import CLOCK, record
from perf.measure import encode_times, fence
from perf.scenes import SEED, parade
from perf.workloads import people

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = 5


@pytest.fixture(scope="module", params=SIZES)
def n(request: pytest.FixtureRequest) -> int:
    """Number of entities."""
    return int(request.param)


@pytest.fixture(scope="module")
def populated(gpu: Gpu, n: int) -> Iterator[tuple[World, Any]]:
    """A world of n entities with three components, and their handles."""
    try:
        world = empty(gpu)
        handles = world.spawn(*people(n))
    except CapacityError as error:
        pytest.skip(f"{n} entities: {error}")
    world.flush()
    yield world, handles
    del world, handles
    gc.collect()


def empty(gpu: Gpu) -> World:
    """A world that knows the components already."""
    world = World(gpu, seed=SEED)
    world.register(Position, Velocity, Team)
    world.prepare()
    return world


def until_done(benchmark: Any, world: World, work: Callable[[], object], name: str) -> None:
    """Time `work` with the upload and a fence."""

    def whole() -> None:
        work()
        world.flush()
        fence(world)

    benchmark.group = f"{name}: {world.count} entities"
    benchmark.pedantic(whole, rounds=ROUNDS, warmup_rounds=1)


def test_spawn(benchmark: Any, gpu: Gpu, n: int) -> None:
    components = people(n)

    def fresh() -> tuple[tuple[World], dict[str, Any]]:
        gc.collect()
        return (empty(gpu),), {}

    def spawn(world: World) -> None:
        world.spawn(*components)
        world.flush()
        fence(world)
        assert world.count == n

    benchmark.group = f"spawn: {n} entities"
    benchmark.pedantic(spawn, setup=fresh, rounds=ROUNDS, warmup_rounds=1)


def test_despawn_half_and_respawn(benchmark: Any, gpu: Gpu, n: int) -> None:
    half = people(n // 2)

    def fresh() -> tuple[tuple[World, Any], dict[str, Any]]:
        gc.collect()
        world = empty(gpu)
        handles = world.spawn(*people(n))
        world.flush()
        return (world, np.random.default_rng(SEED).permutation(handles)[: n // 2]), {}

    def churn(world: World, dead: Any) -> None:
        world.despawn(dead)
        world.spawn(*half)
        world.flush()
        fence(world)
        assert world.count == n

    benchmark.group = f"despawn a random half and respawn: {n} entities"
    benchmark.pedantic(churn, setup=fresh, rounds=ROUNDS, warmup_rounds=1)


def test_read(benchmark: Any, populated: tuple[World, Any]) -> None:
    world, _ = populated
    until_done(benchmark, world, lambda: world.read(Position), "read Position")


def test_read_one(benchmark: Any, populated: tuple[World, Any]) -> None:
    world, handles = populated
    until_done(benchmark, world, lambda: world.read(Position, handles[0]), "read one Position")


def test_checksum(benchmark: Any, populated: tuple[World, Any]) -> None:
    world, _ = populated
    until_done(benchmark, world, world.checksum, "checksum")


def test_snapshot(benchmark: Any, populated: tuple[World, Any]) -> None:
    world, _ = populated
    until_done(benchmark, world, lambda: snapshot.take(world), "snapshot")


def test_restore(benchmark: Any, populated: tuple[World, Any]) -> None:
    world, _ = populated
    taken = snapshot.take(world)
    until_done(benchmark, world, lambda: snapshot.restore(world, taken), "restore")


@pytest.mark.parametrize("command", ["set", "add"])
def test_command(benchmark: Any, populated: tuple[World, Any], command: str) -> None:
    world, handles = populated
    values = Velocity(np.ones((len(handles), 3)))
    issue = getattr(world, command)
    until_done(benchmark, world, lambda: issue(handles, values), f"{command} Velocity of all")


def test_set_one(benchmark: Any, populated: tuple[World, Any]) -> None:
    world, handles = populated
    value = Velocity((1, 2, 3))
    until_done(benchmark, world, lambda: world.set(handles[0], value), "set one Velocity")


@pytest.mark.parametrize("workload", ["crowd_plain", "crowd", "bounce"])
@pytest.mark.benchmark(timer=CLOCK, group="Python's part of a tick")
def test_encode_tick(benchmark: Any, build: Any, workload: str) -> None:
    record(benchmark, encode_times(build(workload, 1_000), 200), clock="wall clock")


@pytest.mark.benchmark(timer=CLOCK, group="Python's part of a frame")
def test_encode_frame(benchmark: Any, gpu: Gpu) -> None:
    renderer_module = pytest.importorskip("astraweave.render.renderer")
    world, view = parade(gpu, 500)
    renderer = renderer_module.Renderer(world, 1280, 720, view)
    for _ in range(100):
        renderer.render()
        renderer.wait()
    record(benchmark, renderer.encode_ms[20:], clock="wall clock")
