"""Time of the passes of combat, by the adapter's clock."""

from __future__ import annotations

from typing import Any

import pytest

from astraweave import Gpu
from perf.combat import CASES, Case, battle, check
from perf.conftest import CLOCK, record

SIZES = (500, 5_000)
ROUNDS = 10


@pytest.mark.benchmark(timer=CLOCK)
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_combat(benchmark: Any, gpu: Gpu, case: Case, n: int) -> None:
    benchmark.group = f"combat {n} ({gpu.clock})"
    checked = check(gpu, case)
    world, combat = battle(gpu, n, case)
    names = {p.name for p in combat.passes(world.rate)}
    world.step(4)
    ticks = [dict(world.profile(1)) for _ in range(ROUNDS)]
    samples = [sum(tick[name] for name in names) for tick in ticks]
    record(benchmark, samples, clock=gpu.clock, entities=n, checked=checked)
