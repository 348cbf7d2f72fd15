"""Fixtures of the benchmarks: one device, and a way to hand figures of any clock to the report."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from astraweave import Gpu, World
from astraweave.errors import AdapterNotFound, CapacityError
from perf.measure import wall_batched
from perf.scenes import WORKLOADS

LIMIT = 8.0  # seconds for 16 ticks, above which a size is too slow for an adapter
Build = Callable[[str, int], World]


class Clock:
    """A timer for pytest-benchmark that shows what was measured elsewhere."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


CLOCK = Clock()


def record(benchmark: Any, samples_ms: Sequence[float], **facts: Any) -> None:
    """Make `samples_ms` the rounds of a benchmark that is marked with `timer=CLOCK`."""
    left = iter(samples_ms)

    def advance() -> None:
        CLOCK.now += next(left) / 1e3

    benchmark.extra_info.update(facts)
    benchmark.pedantic(advance, rounds=len(samples_ms), iterations=1)


@pytest.fixture(scope="session")
def gpu() -> Gpu:
    """The adapter that ASTRAWEAVE_ADAPTER names, else the fastest."""
    try:
        return Gpu.open()
    except AdapterNotFound as error:
        pytest.skip(str(error))


@pytest.fixture(autouse=True)
def facts(request: pytest.FixtureRequest) -> None:
    """Every benchmark says which adapter and driver it ran on."""
    if "benchmark" in request.fixturenames and "gpu" in request.fixturenames:
        gpu = request.getfixturevalue("gpu")
        benchmark = request.getfixturevalue("benchmark")
        benchmark.extra_info.update(adapter=gpu.info.name, driver=gpu.info.driver)


@pytest.fixture(scope="module")
def build(gpu: Gpu) -> Iterator[Build]:
    """Makes a warm world by workload and size, and keeps the last; skips what cannot be had."""
    kept: dict[tuple[str, int], World | str] = {}

    def make(name: str, n: int) -> World:
        if (name, n) not in kept:
            kept.clear()
            gc.collect()  # gives the buffers of the last world back
            kept[name, n] = _world(gpu, name, n)
        found = kept[name, n]
        if isinstance(found, str):
            pytest.skip(found)
        return found

    yield make
    kept.clear()
    gc.collect()


def _world(gpu: Gpu, name: str, n: int) -> World | str:
    """The world, or why there is none."""
    try:
        world = WORKLOADS[name](gpu, n)
    except CapacityError as error:
        return f"{name} {n}: {error}"
    tick = wall_batched(world, 1) / 1e3  # compiles the pipelines
    tick = min(tick, wall_batched(world, 1) / 1e3)
    if 16 * tick > LIMIT:
        return f"{name} {n}: too slow here, a tick takes {tick:.2f} s"
    world.step(14)
    return world
