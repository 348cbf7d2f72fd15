"""The benchmarks of `astraweave bench`: ticks of the example scenes at a few sizes, in seconds."""

from __future__ import annotations

from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from ..ecs.world import World
from ..errors import UsageError
from ..gpu.device import Gpu
from .scene import load_scene

Result = dict[str, Any]
CLOCK = "fenced wall clock"  # of whole ticks; passes have the adapter's
_CHUNK = 16  # ticks between two fences
_AIM = 0.4  # seconds of ticks for each benchmark
_MOST = 60  # samples
_PROFILED = 5  # ticks that are timed pass by pass


class Benchmark(NamedTuple):
    """A scene at one size."""

    workload: str
    entities: int

    @property
    def name(self) -> str:
        """What `--filter` looks at."""
        return f"{self.workload} {self.entities}"


BENCHMARKS = (
    Benchmark("hello_compute", 2_000),
    Benchmark("crowd", 1_000),
    Benchmark("crowd", 16_384),
    Benchmark("bounce", 2_000),
    Benchmark("bounce", 8_000),
    Benchmark("circles", 8_000),
)


def run_benchmarks(gpu: Gpu, wanted: str = "") -> list[Result]:
    """Time the benchmarks with `wanted` in their name.

    Times are milliseconds. `ms_per_tick` has the median and the 95th percentile of samples of up
    to 16 ticks with a fence at the end; `passes` the medians of single passes by `passes_clock`.

    Raises:
        UsageError: no name contains `wanted`; the message lists all.
    """
    chosen = [benchmark for benchmark in BENCHMARKS if wanted in benchmark.name]
    if not chosen:
        names = ", ".join(benchmark.name for benchmark in BENCHMARKS)
        raise UsageError(f"no benchmark has {wanted!r} in its name; there is {names}")
    return [_run(gpu, benchmark) for benchmark in chosen]


def _run(gpu: Gpu, benchmark: Benchmark) -> Result:
    world, _ = load_scene(benchmark.workload).make(gpu, entities=benchmark.entities)
    world.step(_CHUNK)  # fills caches, wakes the clocks of a GPU
    samples = _samples(world)
    p50, p95 = (round(float(ms), 4) for ms in np.percentile(samples, (50, 95)))
    return {
        "name": benchmark.name,
        "workload": benchmark.workload,
        "entities": world.count,
        "adapter": gpu.info.name,
        "ms_per_tick": {"p50": p50, "p95": p95},
        "clock": CLOCK,
        "samples": len(samples),
        "passes_clock": gpu.clock,
        "passes": [{"name": name, "ms": round(ms, 4)} for name, ms in world.profile(_PROFILED)],
    }


def _samples(world: World) -> list[float]:
    """Milliseconds per tick, each of a chunk of ticks."""
    samples: list[float] = []
    world.gpu.wait(world.storage.buffers["entity"])
    until = perf_counter() + _AIM
    while len(samples) < _MOST and (perf_counter() < until or not samples):
        started = perf_counter()
        world.step(_CHUNK)
        world.gpu.wait(world.storage.buffers["entity"])
        samples.append(1e3 * (perf_counter() - started) / _CHUNK)
    return samples


def table(results: list[Result]) -> str:
    """The results for people: a line for each benchmark, its passes below."""
    if not results:
        return "nothing was measured"
    first = results[0]
    lines = [
        f"{first['adapter']}: ms a tick by {first['clock']}, ms a pass by {first['passes_clock']}",
        f"{'benchmark':<24}{'p50':>10}{'p95':>10}  samples",
    ]
    for result in results:
        tick = result["ms_per_tick"]
        lines.append(
            f"{result['name']:<24}{tick['p50']:>10.4f}{tick['p95']:>10.4f}{result['samples']:>9}"
        )
        lines += [f"  {one['name']:<22}{one['ms']:>10.4f}" for one in result["passes"]]
    return "\n".join(lines)
