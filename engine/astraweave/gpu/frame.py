"""What every pass of a tick shares: the uniform that says which tick it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import wgpu

from .device import Gpu
from .passes import TICK_BYTES

BATCH = 16  # ticks at most in one submit
_STRIDE = 256  # minimum alignment of dynamic offsets in core WebGPU


class TickUniforms:
    """A ring of tick descriptions, selected by dynamic offset, so that one submit holds many."""

    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        usage = wgpu.BufferUsage.UNIFORM | wgpu.BufferUsage.COPY_DST
        self._buffer = gpu.buffer("ticks", BATCH * _STRIDE, usage)
        entry = {
            "binding": 0,
            "visibility": wgpu.ShaderStage.COMPUTE,
            "buffer": {"type": "uniform", "has_dynamic_offset": True},
        }
        self.layout = gpu.shared(
            "tick", lambda: gpu.device.create_bind_group_layout(label="tick", entries=[entry])
        )
        resource = {"buffer": self._buffer, "offset": 0, "size": TICK_BYTES}
        self.group = gpu.device.create_bind_group(
            layout=self.layout, entries=[{"binding": 0, "resource": resource}]
        )
        self._host = np.zeros((BATCH, _STRIDE // 4), np.uint32)

    def write(self, rows: Sequence[Sequence[int]]) -> None:
        """Upload the descriptions of the next ticks, in the order of the WGSL struct."""
        for row, numbers in enumerate(rows):
            self._host[row, : len(numbers)] = numbers
        self._gpu.write(self._buffer, self._host[: len(rows)])

    def select(self, compute_pass: Any, row: int) -> None:
        """Make `row` the tick of the following dispatches."""
        compute_pass.set_bind_group(0, self.group, [row * _STRIDE])
