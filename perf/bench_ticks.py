"""Time of whole ticks from 200 to 10 million entities; one benchmark's time is that of one tick."""

from __future__ import annotations

from typing import Any

import pytest

from astraweave import Gpu
from perf.conftest import CLOCK, record
from perf.measure import GPU, WALL, gpu_batched, wall_batched, wall_single

SIZES = (200, 500, 1_000, 16_384, 131_072, 1_048_576, 10_485_760)
WORKLOADS = ("crowd_plain", "crowd")
KINDS = {"wall_batched": wall_batched, "wall_single": wall_single, "gpu_batched": gpu_batched}
TICKS = 64  # of a sample, which so holds one sort of the storage


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.benchmark(timer=CLOCK)
def test_tick(benchmark: Any, gpu: Gpu, build: Any, workload: str, n: int, kind: str) -> None:
    if kind == "gpu_batched" and gpu.clock != GPU:
        pytest.skip(f"{gpu.info.name} has no GPU clock")
    clock = GPU if kind == "gpu_batched" else WALL
    benchmark.group = f"ticks of {workload} {n}"
    world = build(workload, n)
    rounds = 2 if wall_batched(world, 1) > 20 else 5
    times = [KINDS[kind](world, TICKS) for _ in range(rounds)]
    record(benchmark, times, clock=clock, entities=world.count, ticks_a_sample=TICKS)
