"""The checksum: 128 bits over all simulation state, the same whatever the slot or thread order."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..gpu.device import Gpu
from ..gpu.frame import TickUniforms
from ..gpu.passes import ENTITIES, Kernel, Pass, Resource
from .component import Layout
from .storage import Storage

ROWS = 64  # ticks whose checksums fit before they must be read; as in checksum.wgsl
_GROUPS = 512
_TOTALS = Resource("totals").atomic
_PASS = Pass(
    "ecs/checksum.wgsl",
    (ENTITIES, Resource("column"), Resource("shape")),
    (_TOTALS,),
    threads=1,
    workgroup_size=256,
    own_entry=True,
)
_IDENTITY = "entities"  # the pseudo-component of which ids live


class Checksum(NamedTuple):
    """128-bit sums by component; `hex` is the sum of all."""

    parts: dict[str, NDArray[np.uint32]]

    @property
    def hex(self) -> str:
        """The world's checksum as 32 hexadecimal digits."""
        total = np.zeros(4, np.uint32)
        for part in self.parts.values():
            total += part
        return as_hex(total)

    def differing(self, other: Checksum) -> list[str]:
        """Names of the components that differ."""
        names = {**self.parts, **other.parts}
        zero = np.zeros(4, np.uint32)
        return [
            name
            for name in names
            if not np.array_equal(self.parts.get(name, zero), other.parts.get(name, zero))
        ]


def as_hex(lanes: NDArray[np.uint32]) -> str:
    """Four lanes as 32 hexadecimal digits."""
    return "".join(f"{int(lane):08x}" for lane in lanes)


class Checksummer:
    """Encodes the checksum passes of a tick and reads their totals."""

    def __init__(self, gpu: Gpu, storage: Storage, frame_layout: Any) -> None:
        self._gpu = gpu
        self._storage = storage
        self._kernel = Kernel(gpu, _PASS, 0, frame_layout)
        self._names: list[str] = []
        self._groups: dict[int, list[Any]] = {}  # by version of the storage
        self._totals: Any = None

    def prepare(self, layouts: list[tuple[Layout, int]]) -> None:
        """Cover the columns of these components (with their mask bits) and clear the totals."""
        names = [_IDENTITY] + [layout.name for layout, _ in layouts]
        if names != self._names:
            self._names = names
            self._groups.clear()
            if self._totals is not None:
                self._gpu.release(self._totals)
            self._totals = self._gpu.buffer("checksum totals", 4 * ROWS * self._row)
        if self._storage.version not in self._groups:
            if len(self._groups) > 1:
                self._groups.clear()
            self._groups[self._storage.version] = self._bind(layouts)
        self._gpu.write(self._totals, np.zeros(ROWS * self._row, np.uint32))

    @property
    def _row(self) -> int:
        return 4 * len(self._names)

    def _bind(self, layouts: list[tuple[Layout, int]]) -> list[Any]:
        columns = [(ENTITIES.name, 0, 0, 1, 0)]
        columns += [(x.name, x.words, x.key, 1 | 1 << bit, x.used_words) for x, bit in layouts]
        return [
            self._kernel.group_of(
                {
                    ENTITIES.name: self._storage.buffers[ENTITIES.name],
                    "column": self._storage.buffers[name],
                    "shape": self._storage.shape(words, key, mask, 4 * place, self._row, used),
                    _TOTALS.name: self._totals,
                }
            )
            for place, (name, words, key, mask, used) in enumerate(columns)
        ]

    def encode(self, compute_pass: Any) -> None:
        """Record the folding of every component into the row of the current tick."""
        groups = min(_GROUPS, max(1, -(-self._storage.slots // 256)))
        compute_pass.set_pipeline(self._kernel.pipeline)
        for group in self._groups[self._storage.version]:
            compute_pass.set_bind_group(1, group)
            compute_pass.dispatch_workgroups(groups)

    def compute(
        self, uniforms: TickUniforms, layouts: list[tuple[Layout, int]], tick: int
    ) -> Checksum:
        """The checksum of the present state; `uniforms` hold its tick in row 0."""
        self.prepare(layouts)
        encoder = self._gpu.device.create_command_encoder(label="checksum")
        compute_pass = encoder.begin_compute_pass(label="checksum")
        uniforms.select(compute_pass, 0)
        self.encode(compute_pass)
        compute_pass.end()
        self._gpu.submit(encoder.finish())
        return self.read(tick, 1)[0]

    def read(self, first_tick: int, count: int) -> list[Checksum]:
        """Totals of `count` ticks from `first_tick`; waits for the GPU."""
        raw = self._gpu.read(self._totals, 4 * ROWS * self._row).view(np.uint32)
        rows = raw.reshape(ROWS, len(self._names), 4)
        return [
            Checksum(dict(zip(self._names, rows[tick % ROWS].copy(), strict=True)))
            for tick in range(first_tick, first_tick + count)
        ]
