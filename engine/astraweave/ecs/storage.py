"""Column storage: a GPU buffer per component, all of one capacity, that grow without losing data.

Entities lie in slots 0 to `slots`; which slot is nobody's business (design: slot order is
unobservable), so storage may be permuted at any tick boundary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..gpu.device import Gpu, fold
from ..gpu.passes import ENTITIES, Kernel, Pass, Resource

SLOT_OF = Resource("slot_of")
DESTINATION = Resource("destination")
_SHAPE = Resource("shape")
_VECTORS = {16: "vec4<u32>", 8: "vec2<u32>", 4: "u32"}  # widest element by bytes it divides

_INDEX = Pass("ecs/index.wgsl", (ENTITIES, _SHAPE), (SLOT_OF,), threads=1, own_entry=True)
_INITIAL = 1024


def _permute_pass(element: str) -> Pass:
    return Pass(
        "ecs/permute.wgsl",
        (Resource("column", element), DESTINATION, _SHAPE),
        (Resource("moved", element),),
        threads=1,
        own_entry=True,
    )


class Storage:
    """Buffers by name, with the bookkeeping of capacity and slots in use."""

    def __init__(self, gpu: Gpu, frame_layout: Any, frame_group: Any) -> None:
        self.gpu = gpu
        self.capacity = 0
        self.slots = 0
        self.fresh = 0  # slots appended since the storage was last sorted
        self._generation = 0  # counts replacements of buffers, so that bind groups know
        self._flipped = 0  # which of its two buffers every column is in
        self.buffers: dict[str, Any] = {}
        self._strides: dict[str, int] = {}  # of everything that grows with the world
        self._columns: list[str] = []  # what moves with its entity
        self._frame_group = frame_group
        self._index = Kernel(gpu, _INDEX, 0, frame_layout)
        self._permute = {
            size: Kernel(gpu, _permute_pass(element), 0, frame_layout)
            for size, element in _VECTORS.items()
        }
        self._back: dict[str, Any] = {}  # where columns move to when they are permuted
        self.add_per_slot(ENTITIES.name, ENTITIES.stride, moves=True)
        self.add_per_slot(SLOT_OF.name, SLOT_OF.stride)
        self.add_per_slot(DESTINATION.name, DESTINATION.stride)
        self.reserve(_INITIAL)

    @property
    def version(self) -> int:
        """Changes whenever a buffer is another one; bind groups are valid for one version."""
        return 2 * self._generation + self._flipped

    def add_per_slot(self, name: str, stride: int, moves: bool = False) -> None:
        """A buffer with one record per slot; with `moves` it stays with its entity.

        Raises:
            CapacityError: the adapter cannot hold it at the present capacity.
        """
        if self.capacity:
            self.buffers[name] = self.gpu.buffer(name, stride * self.capacity)
        self._strides[name] = stride
        if moves:
            self._columns.append(name)
        self._generation += 1

    def add_fixed(self, name: str, size: int) -> None:
        """A buffer of a fixed size in bytes."""
        self.buffers[name] = self.gpu.buffer(name, size)
        self._generation += 1

    def reserve(self, needed: int) -> None:
        """Grow to at least `needed` slots: the capacity doubles, the content is copied.

        Raises:
            CapacityError: too large for the adapter; nothing has changed then.
        """
        if needed <= self.capacity:
            return
        capacity = max(_INITIAL, 1 << (needed - 1).bit_length())
        capacity = min(capacity, max(needed, self._largest()))
        made: dict[str, Any] = {}
        try:
            for name, stride in self._strides.items():
                made[name] = self.gpu.buffer(name, stride * capacity)
        except Exception:
            for buffer in made.values():
                self.gpu.release(buffer)
            raise
        self._copy_into(made)
        self.buffers.update(made)
        self._drop_back()
        self.capacity = capacity
        self._generation += 1

    def _largest(self) -> int:
        limit = min(self.gpu.max_binding, self.gpu.max_buffer)
        return limit // max(self._strides.values())

    def _copy_into(self, made: dict[str, Any]) -> None:
        encoder = self.gpu.device.create_command_encoder(label="grow")
        old = {name: self.buffers[name] for name in made if name in self.buffers}
        for name, buffer in old.items():
            encoder.copy_buffer_to_buffer(
                buffer, 0, made[name], 0, min(buffer.size, made[name].size)
            )
        self.gpu.submit(encoder.finish())
        for buffer in old.values():
            self.gpu.release(buffer)

    @property
    def bytes(self) -> int:
        """GPU memory of all buffers."""
        every = [*self.buffers.values(), *self._back.values()]
        return int(sum(buffer.size for buffer in every))

    def append(self, columns: dict[str, NDArray[Any]], count: int) -> int:
        """Upload `count` new records at the end; returns the first slot. Reserve before."""
        first = self.slots
        for name, records in columns.items():
            self.gpu.write(self.buffers[name], records, first * self._strides[name])
        self.slots += count
        self.fresh += count
        return first

    def read(self, name: str) -> NDArray[np.uint8]:
        """Bytes of all slots in use; waits for the GPU."""
        return self.gpu.read(self.buffers[name], self.slots * self._strides[name])

    def read_entities(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Entity id and component mask of each slot in use."""
        pairs = self.read(ENTITIES.name).view(np.uint32).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def shape(self, *numbers: int) -> Any:
        """A small buffer of arguments for one dispatch."""
        return self.gpu.constant(np.array(numbers, np.uint32))

    def encode_index(self, compute_pass: Any, first: int, end: int) -> None:
        """Record in `slot_of` where the entities of slots [first, end) lie."""
        group = self._index.group_of(self.buffers | {"shape": self.shape(first, end)})
        compute_pass.set_pipeline(self._index.pipeline)
        compute_pass.set_bind_group(1, group)
        compute_pass.dispatch_workgroups(*fold(-(-(end - first) // 64)))

    def index_all(self) -> None:
        """Write `slot_of` anew for all slots in use, at once."""
        if self.slots:
            self._run(lambda compute_pass: self.encode_index(compute_pass, 0, self.slots))

    def encode_permute(self, compute_pass: Any, live: int) -> None:
        """Move every column to the slots in `destination`; the first `live` are in use then.

        Columns change places with their back buffers, so nothing is copied twice.
        """
        self._ensure_back()
        for name in self._columns:
            self._encode_move(compute_pass, name)
        for name in self._columns:
            self.buffers[name], self._back[name] = self._back[name], self.buffers[name]
        self._flipped ^= 1
        self.slots = live
        if live:
            self.encode_index(compute_pass, 0, live)

    def _encode_move(self, compute_pass: Any, name: str) -> None:
        stride = self._strides[name]
        size = next(size for size in _VECTORS if stride % size == 0)
        count = stride // size
        bound = {
            "column": self.buffers[name],
            DESTINATION.name: self.buffers[DESTINATION.name],
            "shape": self.shape(count, count * self.slots),
            "moved": self._back[name],
        }
        kernel = self._permute[size]
        compute_pass.set_pipeline(kernel.pipeline)
        compute_pass.set_bind_group(1, kernel.group_of(bound))
        compute_pass.dispatch_workgroups(*fold(-(-count * self.slots // 64)))

    def _ensure_back(self) -> None:
        for name in self._columns:
            if name not in self._back:
                size = self._strides[name] * self.capacity
                self._back[name] = self.gpu.buffer(f"{name} (back)", size)

    def _drop_back(self) -> None:
        for buffer in self._back.values():
            self.gpu.release(buffer)
        self._back.clear()

    def permute(self, destination: NDArray[np.uint32], live: int) -> None:
        """Move slot i to `destination[i]`, at once. A permutation of the slots in use."""
        self.gpu.write(self.buffers[DESTINATION.name], destination.astype(np.uint32))
        self._run(lambda compute_pass: self.encode_permute(compute_pass, live))

    def _run(self, encode: Callable[[Any], None]) -> None:
        encoder = self.gpu.device.create_command_encoder(label="storage")
        compute_pass = encoder.begin_compute_pass(label="storage")
        compute_pass.set_bind_group(0, self._frame_group, [0])
        encode(compute_pass)
        compute_pass.end()
        self.gpu.submit(encoder.finish())

    def compact(self) -> None:
        """Close the holes that dead entities left."""
        if not self.slots:
            return
        alive = self.read_entities()[1] != 0
        live = int(alive.sum())
        destination = np.where(alive, np.cumsum(alive) - 1, live + np.cumsum(~alive) - 1)
        self.permute(destination.astype(np.uint32), live)
