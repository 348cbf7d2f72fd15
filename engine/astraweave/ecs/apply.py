"""Carries out commands: checks them against the entity table, then queues the writes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import ArchetypeStorageFull, ComponentError, ComponentNotRegistered, EcsError
from .commands import ADD, ATTACH, DESPAWN, DETACH, SET, SPAWN, Command, CommandWriter
from .entities import MAX_ENTITIES, EntityTable, Ids
from .registry import Registry
from .storage import Storage


class Applier:
    """Everything a command changes: entities, storage and the pending writes."""

    def __init__(
        self, entities: EntityTable, registry: Registry, storage: Storage, writer: CommandWriter
    ) -> None:
        self._entities = entities
        self._registry = registry
        self._storage = storage
        self._writer = writer

    def apply(self, command: Command) -> Command:
        """Carry out a command; returns it with the handles it concerns.

        Raises:
            EntityNotFound, ComponentNotRegistered, CapacityError: nothing has changed then.
        """
        if command.operation == SPAWN:
            return self._spawn(command)
        ids = self._entities.resolve(command.entities)
        bits = {name: self._registry.bit(name) for name in command.data}
        if command.operation == DESPAWN:
            self._despawn(ids)
        elif command.operation in (SET, ADD):
            for name, bit in bits.items():
                self.require(ids, name, bit)
                if command.operation == ADD:
                    self._require_sums(name)
            self._write(ids, command)
        elif command.operation == ATTACH:
            self._change_masks(ids, add=sum(bits.values()))
            self._write(ids, command)
        elif command.operation == DETACH:
            self._change_masks(ids, remove=sum(bits.values()))
        else:
            raise EcsError(f"unknown operation {command.operation!r}")
        return command

    def _spawn(self, command: Command) -> Command:
        count = len(command.entities)
        mask = self._registry.mask(command.data)
        self.reserve(count)
        ids = self._entities.allocate(count, mask)
        if count:
            self._writer.spawn(ids, mask, command.data)
        return replace(command, entities=self._entities.handles(ids))

    def reserve(self, count: int) -> None:
        """Room for new entities: close holes if that frees at least a quarter, else grow.

        Raises:
            CapacityError, ArchetypeStorageFull: there cannot be so many; nothing has changed.
        """
        if self._entities.count + count > MAX_ENTITIES:
            raise ArchetypeStorageFull(MAX_ENTITIES, "entities")
        if self._storage.slots + self._writer.spawning + count <= self._storage.capacity:
            return
        self._writer.flush()
        if self._storage.slots - self._entities.count > self._storage.capacity // 4:
            self._storage.compact()
        self._storage.reserve(self._storage.slots + count)

    def _despawn(self, ids: Ids) -> None:
        if len(np.unique(ids)) != len(ids):
            raise EcsError("despawn: an entity is named twice")
        self._entities.free(ids)
        self._writer.set_masks(ids, np.zeros(len(ids), np.uint32))

    def _change_masks(self, ids: Ids, add: int = 0, remove: int = 0) -> None:
        ids = np.unique(ids)
        self._entities.change(ids, add, remove)
        self._writer.set_masks(ids, self._entities.mask[ids])

    def require(self, ids: Ids, name: str, bit: int) -> None:
        """Raise ComponentNotRegistered unless all these entities have the component."""
        lacking = ids[(self._entities.mask[ids] & np.uint32(bit)) == 0]
        if len(lacking):
            why = f"entity {lacking[0]} does not have it; attach it first"
            raise ComponentNotRegistered(name, why)

    def _require_sums(self, name: str) -> None:
        """Raise ComponentError for what has no sum: floats, and fields that a range bounds."""
        layout = self._registry.layouts[name][0]
        bounded = [f.name for f in layout.fields if f.type.limits or f.type.is_float]
        if bounded:
            raise ComponentError(f"add: {name}.{bounded[0]} is a float or bounded; use set")

    def _write(self, ids: Ids, command: Command) -> None:
        for name, records in command.data.items():
            self._writer.write(name, ids, records, command.operation == ADD)


def still_possible(command: Command, entities: EntityTable, registry: Registry) -> Command:
    """The command without entities that ended, or lost the component, since they were seen."""
    if command.operation == SPAWN:
        return command
    keep = entities.lives(command.entities)
    if command.operation in (SET, ADD):
        needed = registry.mask(command.data)
        ids = (command.entities[keep] & np.uint64(0xFFFFFFFF)).astype(np.intp)
        keep[keep] = (entities.mask[ids] & np.uint32(needed)) == needed
    if keep.all():
        return command
    data = command.data
    if command.operation != DETACH:
        data = {name: records[keep] for name, records in data.items()}
    return replace(command, entities=command.entities[keep], data=data)
