"""Time of each pass: GPU timestamps on real GPUs, a fenced wall clock on CPU adapters.

Software drivers write timestamps that mean nothing, so there each pass is submitted and waited for.
Only queries that were written are resolved: some drivers wait for ever for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np
import wgpu

from .device import Gpu

PassTimes = list[tuple[str, float]]  # name, milliseconds
Encode = Callable[[Any], None]
_MAX_PASSES = 128  # in one submit, two queries each


def time_passes(gpu: Gpu, passes: Sequence[tuple[str, Encode]], fence: Any) -> PassTimes:
    """Run each pass once, in order, and time it by the adapter's clock (`Gpu.clock`)."""
    if gpu.clock == "gpu timestamps":
        return _by_timestamps(gpu, passes)
    return _by_fences(gpu, passes, fence)


def _by_fences(gpu: Gpu, passes: Sequence[tuple[str, Encode]], fence: Any) -> PassTimes:
    gpu.wait(fence)
    times = []
    for name, encode in passes:
        encoder = gpu.device.create_command_encoder(label=name)
        compute_pass = encoder.begin_compute_pass(label=name)
        encode(compute_pass)
        compute_pass.end()
        commands = encoder.finish()
        started = perf_counter()
        gpu.submit(commands)
        gpu.wait(fence)
        times.append((name, 1e3 * (perf_counter() - started)))
    return times


def _by_timestamps(gpu: Gpu, passes: Sequence[tuple[str, Encode]]) -> PassTimes:
    starts = range(0, len(passes), _MAX_PASSES)
    return [t for start in starts for t in _one_submit(gpu, passes[start : start + _MAX_PASSES])]


def _one_submit(gpu: Gpu, passes: Sequence[tuple[str, Encode]]) -> PassTimes:
    count = len(passes)
    queries = gpu.device.create_query_set(type="timestamp", count=2 * count)
    usage = wgpu.BufferUsage.QUERY_RESOLVE | wgpu.BufferUsage.COPY_SRC
    resolved = gpu.device.create_buffer(size=16 * count, usage=usage)
    encoder = gpu.device.create_command_encoder(label="timed")
    for i, (name, encode) in enumerate(passes):
        writes = {
            "query_set": queries,
            "beginning_of_pass_write_index": 2 * i,
            "end_of_pass_write_index": 2 * i + 1,
        }
        compute_pass = encoder.begin_compute_pass(label=name, timestamp_writes=writes)
        encode(compute_pass)
        compute_pass.end()
    encoder.resolve_query_set(queries, 0, 2 * count, resolved, 0)
    gpu.submit(encoder.finish())
    ticks = gpu.read(resolved, 16 * count).view(np.uint64).reshape(-1, 2)
    spans = (ticks[:, 1] - ticks[:, 0]).astype(np.float64) / 1e6  # nanoseconds to milliseconds
    return [(name, float(span)) for (name, _), span in zip(passes, spans, strict=True)]


class BatchTimer:
    """GPU time of whole batches of ticks, by timestamps at their beginning and end.

    Only for adapters whose clock is GPU timestamps.
    """

    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        self._queries = gpu.device.create_query_set(type="timestamp", count=2)
        usage = wgpu.BufferUsage.QUERY_RESOLVE | wgpu.BufferUsage.COPY_SRC
        self._resolved = gpu.device.create_buffer(size=16, usage=usage)

    def writes(self) -> dict[str, Any]:
        """`timestamp_writes` of the compute pass that holds the batch."""
        indices = {"beginning_of_pass_write_index": 0, "end_of_pass_write_index": 1}
        return {"query_set": self._queries, **indices}

    def resolve(self, encoder: Any) -> None:
        """Record the resolution, after the last pass of the batch."""
        encoder.resolve_query_set(self._queries, 0, 2, self._resolved, 0)

    def read(self) -> float:
        """Milliseconds of the last batch; waits for it."""
        ticks = self._gpu.read(self._resolved, 16).view(np.uint64)
        return float(int(ticks[1]) - int(ticks[0])) / 1e6
