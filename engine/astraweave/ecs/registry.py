"""Which components a world holds, and which mask bit each has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ArchetypeStorageFull, ComponentError, ComponentNotRegistered
from .component import Layout, layout_of
from .entities import ALIVE
from .storage import Storage

MAX_COMPONENTS = 31  # a mask has 32 bits, one of which says that the entity lives


class Registry:
    """Layouts by name, with their mask bits in the order of registration."""

    def __init__(self, storage: Storage) -> None:
        self.layouts: dict[str, tuple[Layout, int]] = {}
        self._storage = storage

    def register(self, *kinds: Any) -> None:
        """Make columns for components that have none yet.

        Raises:
            ComponentError: another component has that name.
            ArchetypeStorageFull: more than 31 component types.
            CapacityError: the adapter cannot hold the column.
        """
        for kind in kinds:
            layout = layout_of(kind)
            known = self.layouts.get(layout.name)
            if layout.event:
                raise ComponentError(f"{layout.name} is an event; entities have components only")
            if known is None:
                self._add(layout)
            elif known[0] != layout:
                raise ComponentError(f"two different components are named {layout.name}")

    def _add(self, layout: Layout) -> None:
        if len(self.layouts) == MAX_COMPONENTS:
            raise ArchetypeStorageFull(MAX_COMPONENTS)
        self._storage.add_per_slot(layout.name, layout.stride, moves=True)
        self.layouts[layout.name] = (layout, len(self.layouts) + 1)

    def bit(self, name: str) -> int:
        """The mask bit of a component, as a number with that bit set."""
        if name not in self.layouts:
            raise ComponentNotRegistered(name)
        return 1 << self.layouts[name][1]

    def mask(self, names: Iterable[str]) -> int:
        """All their bits, and the one that says alive."""
        mask = ALIVE
        for name in names:
            mask |= self.bit(name)
        return mask

    def mask_of(self, kinds: Iterable[Any]) -> int:
        """The mask of component classes, which are registered if need be."""
        kinds = tuple(kinds)
        self.register(*kinds)
        return self.mask(layout_of(kind).name for kind in kinds)

    @property
    def checked(self) -> list[tuple[Layout, int]]:
        """What the checksum covers, with mask bits: everything but presentation."""
        return [pair for pair in self.layouts.values() if not pair[0].presentation]
