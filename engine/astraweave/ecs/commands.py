"""Commands: the only way that Python changes a world, and what a recording consists of.

Commands apply in the order (tick, source, sequence). Source 0 is the program itself; systems have
the sources 1, 2, … in the order of their registration, whichever thread they ran on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..gpu.device import Gpu, fold
from ..gpu.passes import ENTITIES, Kernel, Pass, Resource
from .entities import Handles, Ids
from .storage import SLOT_OF, Storage

SPAWN, DESPAWN, SET, ADD, ATTACH, DETACH = "spawn", "despawn", "set", "add", "attach", "detach"
OPERATIONS = (SPAWN, DESPAWN, SET, ADD, ATTACH, DETACH)
Records = NDArray[Any]


@dataclass(frozen=True)
class Command:
    """One change of many entities: `data` holds raw records by component name."""

    tick: int
    source: int
    sequence: int
    operation: str
    entities: Handles
    data: dict[str, Records] = field(default_factory=dict)


_LISTS = (Resource("ids"), SLOT_OF, Resource("payload"), Resource("shape"))
_SET = Pass("ecs/set.wgsl", _LISTS, (Resource("column"),), threads=1, own_entry=True)
_MASK = Pass("ecs/mask.wgsl", _LISTS, (ENTITIES,), threads=1, own_entry=True)


@dataclass
class _Change:
    """A pending write: of one column (or of the masks), or the index of new slots."""

    target: str  # column name, "mask" or "index"
    add: bool
    ids: list[Ids]
    payload: list[NDArray[np.uint32]]

    def accepts(self, target: str, add: bool) -> bool:
        return self.target == target and self.add == add and target != "index"


class CommandWriter:
    """Collects changes and writes them to the GPU in one submit, in order."""

    def __init__(self, gpu: Gpu, storage: Storage, frame_layout: Any, frame_group: Any) -> None:
        self._gpu = gpu
        self._storage = storage
        self._frame_group = frame_group
        self._set = Kernel(gpu, _SET, 0, frame_layout)
        self._mask = Kernel(gpu, _MASK, 0, frame_layout)
        self._changes: list[_Change] = []
        self._spawned: list[tuple[Ids, int, dict[str, Records]]] = []

    def spawn(self, ids: Ids, mask: int, columns: dict[str, Records]) -> None:
        """New entities with these records; storage must have room for them."""
        self._push_spawn(ids, mask, columns)

    def _push_spawn(self, ids: Ids, mask: int, columns: dict[str, Records]) -> None:
        if not self._changes or self._changes[-1].target != "index":
            self._changes.append(_Change("index", False, [], []))
        self._changes[-1].ids.append(ids)
        self._spawned.append((ids, mask, columns))

    def set_masks(self, ids: Ids, masks: NDArray[np.uint32]) -> None:
        """New component masks; 0 ends an entity."""
        self._push("mask", False, ids, masks.astype(np.uint32))

    def write(self, column: str, ids: Ids, records: Records, add: bool = False) -> None:
        """Replace (or add to, word by word) the records of entities."""
        self._push(column, add, ids, as_words(records))

    def _push(self, target: str, add: bool, ids: Ids, payload: NDArray[np.uint32]) -> None:
        if not len(ids):
            return
        if not self._changes or not self._changes[-1].accepts(target, add):
            self._changes.append(_Change(target, add, [], []))
        self._changes[-1].ids.append(ids)
        self._changes[-1].payload.append(payload)

    @property
    def spawning(self) -> int:
        """Entities whose records still wait to be written."""
        return sum(len(ids) for ids, _, _ in self._spawned)

    def flush(self) -> None:
        """Write everything that is pending, in order, with one submit."""
        if not self._changes:
            return
        changes, self._changes = self._changes, []
        spawned, self._spawned = self._spawned, []
        encoder = self._gpu.device.create_command_encoder(label="commands")
        compute_pass = encoder.begin_compute_pass(label="commands")
        compute_pass.set_bind_group(0, self._frame_group, [0])
        first = self._upload(spawned) if spawned else 0
        for change in changes:
            if change.target == "index":
                count = sum(len(ids) for ids in change.ids)
                self._storage.encode_index(compute_pass, first, first + count)
                first += count
            else:
                self._encode(compute_pass, change)
        compute_pass.end()
        self._gpu.submit(encoder.finish())

    def _upload(self, spawned: list[tuple[Ids, int, dict[str, Records]]]) -> int:
        """Spawned records go straight to the end of their columns; returns the first slot."""
        start = self._storage.slots
        position = 0
        while position < len(spawned):
            _, mask, columns = spawned[position]
            same = position
            while same < len(spawned) and _alike(spawned[same], mask, columns):
                same += 1
            block = spawned[position:same]
            ids = np.concatenate([b[0] for b in block])
            pairs = np.stack([ids, np.full(len(ids), mask, np.uint32)], axis=1).astype(np.uint32)
            joined = {n: np.concatenate([as_words(b[2][n]) for b in block]) for n in columns}
            self._storage.append({ENTITIES.name: pairs, **joined}, len(ids))
            position = same
        return start

    def _encode(self, compute_pass: Any, change: _Change) -> None:
        ids, payload = _merge(change)
        is_mask = change.target == "mask"
        kernel = self._mask if is_mask else self._set
        words = 1 if is_mask else payload.shape[1]
        target = ENTITIES.name if is_mask else "column"
        buffer = self._storage.buffers[ENTITIES.name if is_mask else change.target]
        group = kernel.group_of(
            {
                "ids": self._gpu.constant(ids.astype(np.uint32)),
                SLOT_OF.name: self._storage.buffers[SLOT_OF.name],
                "payload": self._gpu.constant(payload),
                "shape": self._storage.shape(words, payload.size, int(change.add)),
                target: buffer,
            }
        )
        compute_pass.set_pipeline(kernel.pipeline)
        compute_pass.set_bind_group(1, group)
        compute_pass.dispatch_workgroups(*fold(-(-payload.size // 64)))


def as_words(records: Records) -> NDArray[np.uint32]:
    """Records as rows of 32-bit words, padding zero."""
    if not records.flags.c_contiguous:
        # NumPy copies structured arrays field by field, leaving in the padding what lay there.
        whole = np.zeros(records.shape, records.dtype)
        whole[...] = records
        records = whole
    return records.view(np.uint32).reshape(len(records), records.dtype.itemsize // 4)


def _alike(
    block: tuple[Ids, int, dict[str, Records]], mask: int, columns: dict[str, Records]
) -> bool:
    return block[1] == mask and block[2].keys() == columns.keys()


def _merge(change: _Change) -> tuple[Ids, NDArray[np.uint32]]:
    """One row per entity: the last value wins, or the sum of all where values are added."""
    ids, payload = np.concatenate(change.ids), np.concatenate(change.payload)
    if len(ids) == 1 or len(unique := np.unique(ids)) == len(ids):
        return ids, payload
    if change.add:
        total = np.zeros((len(unique), payload.shape[1]), np.uint32)
        np.add.at(total, np.searchsorted(unique, ids), payload)
        return unique, total
    _, last = np.unique(ids[::-1], return_index=True)
    return unique, payload[::-1][last]
