"""Navigation: map, flow fields and goals by the adapter's clock, and the map on the CPU.

Where the clock is a fenced wall clock, the floor of a submit and a fence is part of each pass.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from astraweave import (
    Barrier,
    Blockers,
    Box,
    Destination,
    Fields,
    FlowTarget,
    Goal,
    Gpu,
    Navigation,
    NavigationMap,
    Position,
    Route,
    World,
)
from perf.conftest import CLOCK, record
from perf.measure import fence, warm_up
from perf.scenes import SEED

# Side of the area in metres (cells of 0.5 m), walls, fields, agents.
CASES = {
    "64 × 64 cells, 16 fields, 500 agents": (32.0, 20, 16, 500),
    "256 × 256 cells, 16 fields, 500 agents": (128.0, 60, 16, 500),
    "256 × 256 cells, 64 fields, 5,000 agents": (128.0, 60, 64, 5_000),
}
PARTS = {
    "map": ("nav_target", "nav_raster", "nav_settle"),
    "fields": ("nav_wave",),
    "goals": ("nav_route",),
}
ROUNDS = 20


def places(rng: np.random.Generator, side: float, n: int) -> np.ndarray:
    """Places on the ground."""
    return rng.uniform(0, side, (n, 3)) * [1, 0, 1]


def plan(side: float, walls: int, fields: int) -> Navigation:
    """An area with cover walls of 4 m at random."""
    rng = np.random.default_rng(SEED)
    along = rng.integers(0, 2, walls)
    boxes = [
        Box((x, 1, z), (2, 1, 0.25) if a else (0.25, 1, 2))
        for (x, _, z), a in zip(places(rng, side, walls), along, strict=True)
    ]
    return Navigation(Blockers(boxes), (side, side), fields=fields)


def populated(gpu: Gpu, case: str) -> tuple[World, Any]:
    """A world with a target for each field, agents on their way, and a barrier to move."""
    side, walls, fields, agents = CASES[case]
    rng = np.random.default_rng(SEED + 1)
    navigation = plan(side, walls, fields)
    world = World(gpu, seed=SEED)
    world.use(navigation.blockers, navigation)
    targets = places(rng, side, fields)
    world.spawn(FlowTarget(targets, np.arange(fields)))
    field = rng.integers(0, fields, agents)
    start = places(rng, side, agents)
    world.spawn(Position(start), Goal(start), Destination(targets[field], field), Route())
    barrier = world.spawn(Position((3, 1, 3)), Barrier((0.5, 1, 0.5)))
    world.step(2)
    return world, barrier


def sample(world: World, part: str) -> float:
    """Milliseconds of one part in one tick."""
    return sum(
        ms for name, ms in world.profile(1) if name.removeprefix("sim/").startswith(PARTS[part])
    )


@pytest.mark.benchmark(timer=CLOCK)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("changes", [True, False], ids=["all changes", "nothing changes"])
@pytest.mark.parametrize("case", CASES)
def test_tick(benchmark: Any, gpu: Gpu, case: str, changes: bool, part: str) -> None:
    kind = "all changes" if changes else "nothing changes"
    benchmark.group = f"navigation, {part}: {case}, {kind} ({gpu.clock})"
    world, barrier = populated(gpu, case)
    if not gpu.info.is_software:
        warm_up(world, 0.3)
    times = []
    for number in range(ROUNDS):
        if changes:
            world.set(barrier, Position((5 - 2 * (number % 2), 1, 3)))
        times.append(sample(world, part))
    fence(world)
    record(benchmark, times, clock=gpu.clock, agents=CASES[case][3])


def test_map_and_labels(benchmark: Any) -> None:
    navigation = plan(128.0, 60, 64)
    benchmark.group = "navigation on the CPU: 256 × 256 cells"
    benchmark.pedantic(lambda: NavigationMap(navigation).labels, rounds=10, warmup_rounds=1)


def test_reachable_5000_pairs(benchmark: Any) -> None:
    found = NavigationMap(plan(128.0, 60, 64))
    rng = np.random.default_rng(SEED + 1)
    a, b = places(rng, 128, 5000), places(rng, 128, 5000)
    benchmark.group = "navigation on the CPU: 256 × 256 cells"
    benchmark.pedantic(lambda: found.reachable(a, b), rounds=10, warmup_rounds=1)


def test_path_to_a_new_place(benchmark: Any) -> None:
    found = NavigationMap(plan(128.0, 60, 64))
    rng = np.random.default_rng(SEED + 1)
    ends = iter(places(rng, 128, 20))
    benchmark.group = "navigation on the CPU: 256 × 256 cells"
    benchmark.pedantic(lambda: found.path((2, 0, 2), next(ends)), rounds=10, warmup_rounds=1)


def test_assign_500_squads(benchmark: Any) -> None:
    found = NavigationMap(plan(128.0, 60, 64))
    rng = np.random.default_rng(SEED + 1)
    middles = np.repeat(places(rng, 112, 500) + np.array([8, 0, 8]), 10, axis=0)
    spots = np.clip(middles + rng.uniform(-3, 3, (5000, 3)) * [1, 0, 1], 0, 127)
    benchmark.group = "navigation on the CPU: 256 × 256 cells"
    agents = np.arange(5000)
    benchmark.pedantic(lambda: Fields(found).assign(agents, spots), rounds=5, warmup_rounds=1)
