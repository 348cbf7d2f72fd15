"""Entity handles: index and generation, so that a handle never names somebody else's entity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import ArchetypeStorageFull, ComponentError, EntityNotFound

Ids = NDArray[np.uint32]
Handles = NDArray[np.uint64]
ALIVE = 1  # bit 0 of a component mask
MAX_ENTITIES = 1 << 26


class Entity(NamedTuple):
    """A stable handle of one entity."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    generation: int

    def __str__(self) -> str:
        return f"entity {self.index} (generation {self.generation})"

    def __int__(self) -> int:
        return (self.generation << 32) | self.index


class EntityTable:
    """Which indices live, in which generation, with which components."""

    def __init__(self) -> None:
        self.generation = np.zeros(0, np.uint32)
        self.mask = np.zeros(0, np.uint32)  # 0: dead
        self._free: Ids = np.zeros(0, np.uint32)  # the last one is used first
        self._masks: Counter[int] = Counter()

    @property
    def count(self) -> int:
        """Living entities."""
        return self._masks.total()

    @property
    def common(self) -> int:
        """Bits that every living entity has."""
        bits = 0xFFFFFFFF
        for mask in self._masks:
            bits &= mask
        return bits

    def allocate(self, count: int, mask: int) -> Ids:
        """Indices for `count` new entities: freed ones first, then new ones.

        Raises:
            ArchetypeStorageFull: more entities than a world can hold.
        """
        if self.count + count > MAX_ENTITIES:
            raise ArchetypeStorageFull(MAX_ENTITIES, "entities")
        reused = min(count, len(self._free))
        split = len(self._free) - reused
        ids = np.concatenate([self._free[split:][::-1], self._grow(count - reused)])
        self._free = self._free[:split]
        self.mask[ids] = mask
        if count:
            self._masks[mask] += count
        return ids.astype(np.uint32)

    def _grow(self, count: int) -> Ids:
        start = len(self.mask)
        self.mask = np.concatenate([self.mask, np.zeros(count, np.uint32)])
        self.generation = np.concatenate([self.generation, np.zeros(count, np.uint32)])
        return np.arange(start, start + count, dtype=np.uint32)

    def free(self, ids: Ids) -> None:
        """End entities; their handles are invalid from now on."""
        self._recount(ids, 0)
        self.generation[ids] += 1
        self._free = np.concatenate([self._free, ids])

    def change(self, ids: Ids, add: int = 0, remove: int = 0) -> None:
        """Add or remove component bits."""
        masks = (self.mask[ids] | np.uint32(add)) & ~np.uint32(remove)
        for mask in np.unique(masks):
            self._recount(ids[masks == mask], int(mask))

    def _recount(self, ids: Ids, mask: int) -> None:
        for old, count in zip(*np.unique(self.mask[ids], return_counts=True), strict=True):
            self._masks[int(old)] -= int(count)
            if not self._masks[int(old)]:
                del self._masks[int(old)]
        self.mask[ids] = mask
        if mask:
            self._masks[mask] += len(ids)

    def state(self) -> tuple[Ids, Ids, Ids]:
        """Generations, masks and free indices, for a snapshot."""
        return self.generation.copy(), self.mask.copy(), self._free.copy()

    def load(self, generation: Ids, mask: Ids, free: Ids) -> None:
        """Become what `state` described."""
        self.generation, self.mask, self._free = generation.copy(), mask.copy(), free.copy()
        found, counts = np.unique(mask[mask != 0], return_counts=True)
        self._masks = Counter({int(m): int(c) for m, c in zip(found, counts, strict=True)})

    def handles(self, ids: Ids) -> Handles:
        """Handles of living indices as one 64-bit number each."""
        return (self.generation[ids].astype(np.uint64) << np.uint64(32)) | ids

    def alive(self, required: int = ALIVE) -> Ids:
        """Living indices that have all bits of `required`, ascending."""
        return np.flatnonzero((self.mask & np.uint32(required)) == required).astype(np.uint32)

    def resolve(self, entities: Any) -> Ids:
        """Indices of handles (an `Entity`, an int, an array or a list of them).

        Raises:
            EntityNotFound: the first handle that is not alive.
            ComponentError: something that is not a handle.
        """
        handles = as_handles(entities)
        alive = self.lives(handles)
        if not alive.all():
            bad = int(handles[~alive][0])
            raise EntityNotFound(Entity(bad & 0xFFFFFFFF, bad >> 32))
        return (handles & np.uint64(0xFFFFFFFF)).astype(np.uint32)

    def lives(self, handles: Handles) -> NDArray[np.bool_]:
        """Which of these handles name a living entity."""
        known, at, generation = self._locate(handles)
        known[known] = (self.mask[at] != 0) & (self.generation[at] == generation)
        return known

    def lived(self, handles: Handles) -> NDArray[np.bool_]:
        """Which of these handles name an entity that lives or has lived."""
        known, at, generation = self._locate(handles)
        past = generation < self.generation[at]
        known[known] = past | (self.mask[at] != 0) & (self.generation[at] == generation)
        return known

    def _locate(self, handles: Handles) -> tuple[NDArray[np.bool_], NDArray[np.intp], Handles]:
        """Which indices exist, and the indices and generations of those that do."""
        ids = (handles & np.uint64(0xFFFFFFFF)).astype(np.intp)
        known = ids < len(self.mask)
        return known, ids[known], handles[known] >> np.uint64(32)


def as_handles(entities: Any) -> Handles:
    """Any form of handles as a flat uint64 array.

    Raises:
        ComponentError: something that is not a handle, or not a flat list of them.
    """
    if isinstance(entities, Entity):
        entities = [entities]
    try:
        if isinstance(entities, Iterable) and not isinstance(entities, np.ndarray):
            entities = [_as_int(entity) for entity in entities]
        array = np.atleast_1d(np.asarray(entities))
    except (TypeError, ValueError, OverflowError) as error:
        raise ComponentError(f"expected entity handles, got {entities!r}: {error}") from error
    if array.size == 0:
        return np.zeros(0, np.uint64)
    negative = array.dtype.kind == "i" and array.min() < 0
    if array.dtype.kind not in "iu" or array.ndim != 1 or negative:
        raise ComponentError(f"expected entity handles, got {entities!r}")
    return array.astype(np.uint64)


def _as_int(entity: Any) -> Any:
    if isinstance(entity, Entity) and not (min(entity) >= 0 and max(entity) < 1 << 32):
        raise ValueError(f"{entity} has numbers outside 0 to 4294967295")
    return int(entity) if isinstance(entity, (Entity, int, np.integer)) else entity


def entity_of(handle: Any) -> Entity:
    """One 64-bit handle as an `Entity`."""
    return Entity(int(handle) & 0xFFFFFFFF, int(handle) >> 32)
