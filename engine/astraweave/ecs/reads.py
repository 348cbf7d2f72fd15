"""What can be read of a world: components, events, buffers of modules, who lives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import EntityNotFound, ResourceNotFound
from ..gpu.device import Gpu
from ..gpu.passes import Resource
from .apply import Applier
from .commands import CommandWriter
from .component import Layout, layout_of
from .entities import Entity, EntityTable, Handles, Ids, as_handles
from .events import decode_events
from .registry import Registry
from .storage import Storage


class Reads:
    """The reading half of `World`; everything here waits for the GPU."""

    gpu: Gpu
    entities: EntityTable
    registry: Registry
    storage: Storage
    _applier: Applier
    _writer: CommandWriter

    def flush(self) -> None:
        """Send pending commands to the GPU; reads and ticks do it by themselves."""
        self._writer.flush()

    @property
    def count(self) -> int:
        """Living entities."""
        return self.entities.count

    def read(self, kind: Any, entities: Any = None, *, raw: bool = False) -> NDArray[Any]:
        """Values of a component, in metres and the like; waits for the GPU.

        Without `entities`: of all that have it, in ascending order of entity index. With one
        `Entity`: its value. With several: in their order. With `raw`: the stored integers.

        Raises:
            EntityNotFound, ComponentNotRegistered
        """
        layout = layout_of(kind)
        bit = self.registry.bit(layout.name)
        ids = self.entities.alive(bit) if entities is None else self.entities.resolve(entities)
        self._applier.require(ids, layout.name, bit)
        records = self._records(layout, ids)
        values = records if raw else layout.decode(records)
        return values[0] if isinstance(entities, (Entity, int, np.integer)) else values

    def _records(self, layout: Layout, ids: Ids) -> NDArray[Any]:
        self.flush()
        if len(ids) == 1:
            slot = int(
                self.gpu.read(self.storage.buffers["slot_of"], 4, 4 * int(ids[0])).view(np.uint32)[
                    0
                ]
            )
            column = self.storage.buffers[layout.name]
            return self.gpu.read(column, layout.stride, slot * layout.stride).view(layout.dtype)
        who, mask = self.storage.read_entities()
        slot_of = np.zeros(len(self.entities.mask), np.int64)
        slot_of[who[mask != 0]] = np.flatnonzero(mask)
        return self.storage.read(layout.name).view(layout.dtype)[slot_of[ids]]

    def select(self, *kinds: Any) -> Handles:
        """Handles of the entities that have all of these components, in ascending order."""
        mask = self.registry.mask(layout_of(kind).name for kind in kinds)
        return self.entities.handles(self.entities.alive(mask))

    def handles(self, indices: Any) -> Handles:
        """Handles of living entities by index, such as events carry.

        Raises:
            EntityNotFound: an index at which nothing lives.
        """
        ids = np.atleast_1d(np.asarray(indices)).astype(np.uint32)
        known = ids < len(self.entities.mask)
        for index in ids[~known | (self.entities.mask[np.where(known, ids, 0)] == 0)]:
            raise EntityNotFound(f"entity index {index}")
        return self.entities.handles(ids)

    def is_alive(self, entity: Any) -> bool:
        """Whether a handle names a living entity."""
        handles = as_handles(entity)
        return len(handles) == 1 and bool(self.entities.lives(handles)[0])

    def events(self, kind: Any) -> NDArray[Any]:
        """Events of the last tick, sorted by their fields."""
        layout = layout_of(kind)
        name = layout.name
        if not layout.event or name not in self.storage.buffers:
            raise ResourceNotFound(f"events of {name}")
        buffer = self.storage.buffers[name]
        return decode_events(kind, self.gpu.read(buffer, buffer.size))

    def resource(self, resource: Resource) -> NDArray[np.uint32]:
        """The words of a module's buffer, for tests and tools."""
        if resource.name not in self.storage.buffers:
            raise ResourceNotFound(resource.name)
        buffer = self.storage.buffers[resource.name]
        return self.gpu.read(buffer, buffer.size).view(np.uint32)
