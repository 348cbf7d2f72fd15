"""Time of the passes of the senses, by the adapter's clock, and of snapshots in Python."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest

from astraweave import Gpu
from astraweave_ai.percept import Perception
from perf.conftest import CLOCK, record
from perf.sense import CASES, PASSES, Case, check, crowd

SIZES = (4_000, 100_000)
ROUNDS = 10


@pytest.mark.benchmark(timer=CLOCK)
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_sense(benchmark: Any, gpu: Gpu, case: Case, n: int) -> None:
    benchmark.group = f"sense {n}, k=8, radius 10 m ({gpu.clock})"
    world, sense = crowd(gpu, n, case, cell=2.0)
    facts = check(world, sense, n, wanted=16)
    ticks = [dict(world.profile(1)) for _ in range(ROUNDS)]
    samples = [sum(tick[name] for name in PASSES) for tick in ticks]
    record(benchmark, samples, clock=gpu.clock, entities=n, **facts)


@pytest.mark.benchmark(group="percepts of 10,000 agents (wall clock)")
@pytest.mark.parametrize("asked", [0, 500], ids=["perceive", "perceive, 500 agents' enemies"])
def test_percepts(benchmark: Any, gpu: Gpu, asked: int) -> None:
    """Python's part: from the bytes of a readback to snapshots; the copy itself is not counted."""
    world, _ = crowd(gpu, 10_000, Case("all round"), cell=2.0)
    perception, percepts = Perception(), []
    world.system("ai_planning", reads=perception.reads)(lambda c: percepts.append(c.percept))
    world.step(4)
    turns = cycle(percepts)

    def perceive() -> int:
        snapshots = perception.perceive(next(turns))
        return sum(len(snapshots[handle].enemies) for handle in snapshots.handles[:asked])

    benchmark.extra_info.update(clock="wall clock", entities=10_000)
    assert benchmark(perceive) >= 0
    assert len(perception.perceive(percepts[0])) == 10_000
