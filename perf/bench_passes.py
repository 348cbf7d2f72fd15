"""Time of every pass of the example scenes, apart, by the adapter's clock."""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import Any

import pytest

from astraweave import Gpu, World
from astraweave.errors import AdapterNotFound
from perf.conftest import CLOCK, record
from perf.measure import pass_bytes
from perf.scenes import WORKLOADS

SCENES = ("crowd", "bounce", "circles")
SIZES = (16_384, 131_072, 1_048_576)
ROUNDS = 10
_samples: dict[int, dict[str, list[float]]] = {}  # by identity of the world that is kept


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One benchmark for each pass of each scene and size."""
    if "pass_name" in metafunc.fixturenames:
        cases = [(s, n, p) for s in SCENES for n in SIZES for p in _names(s)]
        metafunc.parametrize(("scene", "n", "pass_name"), cases)


def _names(scene: str) -> list[str]:
    try:
        return [p.name for p in WORKLOADS[scene](Gpu.open(), 1_000).graph.passes]
    except AdapterNotFound as error:
        print(error, file=sys.stderr)
        return []  # nothing to collect without an adapter


def samples(world: World) -> dict[str, list[float]]:
    """Milliseconds of each pass in ten ticks."""
    if id(world) not in _samples:
        _samples.clear()
        found = defaultdict(list)
        for _ in range(ROUNDS):
            for name, ms in world.profile(1):
                found[name].append(ms)
        _samples[id(world)] = found
    return _samples[id(world)]


@pytest.mark.benchmark(timer=CLOCK)
def test_pass(benchmark: Any, gpu: Gpu, build: Any, scene: str, n: int, pass_name: str) -> None:
    benchmark.group = f"passes of {scene} {n} ({gpu.clock})"
    world = build(scene, n)
    declared = next(p for p in world.graph.passes if p.name == pass_name)
    moved = pass_bytes(declared, world.count)
    record(
        benchmark,
        samples(world)[pass_name],
        clock=gpu.clock,
        entities=world.count,
        bytes_moved=moved,
    )
