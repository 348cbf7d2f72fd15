"""Culling on the GPU: every slot is tested, what is seen gets listed, one indirect draw a mesh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import wgpu
from numpy.typing import NDArray

from ..ecs.entities import ALIVE
from ..ecs.world import World
from ..gpu.device import FOLD, fold
from ..gpu.download import Download
from ..gpu.shader import compile_module, compose
from .frame import FrameUniform, Slots
from .mesh import DRAWS, SHADOW, Part

INSTANCE_BYTES = 32
DRAW_BYTES = 20
DRAWS_BYTES = DRAW_BYTES * len(DRAWS)
_BINDINGS = 8
_WRITTEN = 5  # bindings from here on are written


class Cull:
    """The cull pass with its lists; `bind` before each frame."""

    def __init__(self, world: World, frame: FrameUniform, parts: Sequence[Part]) -> None:
        self._world, self._gpu, self._frame = world, world.gpu, frame
        self.instances: Any = None
        self.lists: Any = None  # the draws, then for each a region of slots
        self.region = 0
        self._group: Any = None
        self._bound: Any = None
        self._make_draws(parts)
        self._make_pipeline()

    def _make_draws(self, parts: Sequence[Part]) -> None:
        rows = np.zeros((len(DRAWS), DRAW_BYTES // 4), np.int32)
        for row, part in zip(rows, parts, strict=False):
            row[[0, 2, 3]] = part.index_count, part.first_index, part.base_vertex
        self._empty = self._gpu.buffer("empty draws", DRAWS_BYTES)
        self._gpu.write(self._empty, rows)
        self._grow(1)

    def _make_pipeline(self) -> None:
        source = compose("render/cull.wgsl", f"const FOLD = {FOLD}u;\n")
        device = self._gpu.device
        entries = [
            {
                "binding": i,
                "visibility": wgpu.ShaderStage.COMPUTE,
                "buffer": {"type": "storage" if i >= _WRITTEN else "read-only-storage"},
            }
            for i in range(_BINDINGS)
        ]
        self._layout = device.create_bind_group_layout(label="cull", entries=entries)
        self._pipeline = device.create_compute_pipeline(
            label="cull",
            layout=device.create_pipeline_layout(
                bind_group_layouts=[self._frame.layout, self._layout]
            ),
            compute={"module": compile_module(device, source, "cull"), "entry_point": "main"},
        )

    @property
    def bytes(self) -> int:
        """GPU memory of the lists."""
        return sum(buffer.size for buffer in (self._empty, self.instances, self.lists))

    def bind(self, pixels: Any) -> bool:
        """Follow changes of the storage and of the splats' pixels; True if there were any."""
        storage = self._world.storage
        if (storage.version, pixels) == self._bound:
            return False
        self._bound = storage.version, pixels
        layouts = self._world.layouts
        if "Look" not in layouts or "Position" not in layouts:
            self._group = None
            return True
        if self.region != storage.capacity:
            self._grow(storage.capacity)
        position = storage.buffers["Position"]
        buffers = [
            storage.buffers["entity"],
            position,
            storage.buffers.get("PreviousPosition", position),
            storage.buffers.get("Velocity", position),
            storage.buffers["Look"],
            self.instances,
            self.lists,
            pixels,
        ]
        entries = [{"binding": i, "resource": {"buffer": b}} for i, b in enumerate(buffers)]
        self._group = self._gpu.device.create_bind_group(layout=self._layout, entries=entries)
        return True

    def _grow(self, capacity: int) -> None:
        for buffer in (self.instances, self.lists):
            if buffer is not None:
                self._gpu.release(buffer)
        usage = wgpu.BufferUsage.STORAGE | wgpu.BufferUsage.VERTEX | wgpu.BufferUsage.INDIRECT
        usage |= wgpu.BufferUsage.COPY_SRC | wgpu.BufferUsage.COPY_DST
        size = DRAWS_BYTES + 4 * len(DRAWS) * capacity
        self.instances = self._gpu.buffer("instances", INSTANCE_BYTES * capacity)
        self.lists = self._gpu.buffer("visible", size, usage)
        self.region = capacity

    @property
    def has_entities(self) -> bool:
        """Whether there is anything that could be drawn."""
        return self._group is not None

    def slots(self, splat_radius: float) -> Slots:
        """What the shader needs to know about the storage."""
        if not self.has_entities:
            return Slots()
        layouts = self._world.layouts
        return Slots(
            self._world.storage.slots,
            ALIVE | 1 << layouts["Position"][1] | 1 << layouts["Look"][1],
            1 << layouts["Velocity"][1] if "Velocity" in layouts else 0,
            int("PreviousPosition" in layouts),
            self.region,
            splat_radius,
        )

    def encode(self, encoder: Any, timestamps: Any = None) -> None:
        """Record the pass; the lists hold what can be seen afterwards."""
        if not self.has_entities:
            return
        encoder.copy_buffer_to_buffer(self._empty, 0, self.lists, 0, DRAWS_BYTES)
        compute_pass = encoder.begin_compute_pass(label="cull", timestamp_writes=timestamps)
        compute_pass.set_pipeline(self._pipeline)
        compute_pass.set_bind_group(0, self._frame.group)
        compute_pass.set_bind_group(1, self._group)
        compute_pass.dispatch_workgroups(*fold(-(-self._world.storage.slots // 256)))
        compute_pass.end()

    def counts(self) -> NDArray[np.int64]:
        """Length of each list, shadows left out (0); waits for the GPU."""
        if not self.has_entities:
            return np.zeros(len(DRAWS), np.int64)
        return self.counts_in(self._gpu.read(self.lists, DRAWS_BYTES))

    def counts_in(self, raw: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Lengths of the lists in a copy of the draws."""
        counts = raw[:DRAWS_BYTES].view(np.uint32).reshape(len(DRAWS), -1)[:, 1]
        return np.where(np.arange(len(DRAWS)) == SHADOW, 0, counts).astype(np.int64)

    def download(self) -> Download:
        """Start reading the draws back."""
        return self._gpu.download({"draws": (self.lists, DRAWS_BYTES)})["draws"]

    def listed(self) -> NDArray[np.uint32]:
        """Ids of the visible entities in ascending order; waits for the GPU."""
        counts = self.counts()
        if not counts.sum():
            return np.zeros(0, np.uint32)
        lists = self._gpu.read(self.lists, self.lists.size)[DRAWS_BYTES:].view(np.uint32)
        regions = [lists[i * self.region :][:count] for i, count in enumerate(counts)]
        who, _ = self._world.storage.read_entities()
        return np.sort(who[np.concatenate(regions)])
