"""The guide: gives agents that are sent somewhere the flow field that leads there.

The few fields are shared, and all that is decided here becomes commands: targets of fields are
components of entities, so recordings and snapshots hold them.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astraweave import (
    Context,
    Destination,
    Fields,
    FlowTarget,
    Navigation,
    NavigationMap,
    World,
)

from .handles import indices_of


class Guide:
    """Leads agents of a world that has Navigation.

    Args:
        world: gets an entity for each flow field.
        navigation: the world's.
    """

    writes: ClassVar[tuple[Any, ...]] = (Destination, FlowTarget)

    def __init__(self, world: World, navigation: Navigation) -> None:
        self.map = NavigationMap(navigation)
        self._barriers = np.zeros((0, 2, 3))
        self._fields = Fields(self.map)
        numbers = np.arange(navigation.fields)
        self._entities = world.spawn(FlowTarget(np.zeros((len(numbers), 3)), numbers))

    def heed(self, barriers: NDArray[Any]) -> None:
        """Know of these barriers, centre and half sizes of each (n, 2, 3), from now on."""
        if np.array_equal(barriers, self._barriers):
            return
        self._barriers = barriers
        self.map = NavigationMap(self.map.navigation, barriers[:, 0], barriers[:, 1])
        self._fields.map = self.map

    def lead(self, context: Context, agents: NDArray[Any], places: ArrayLike) -> None:
        """Send agents (handles, n) to places (n, 3), in metres."""
        where = np.asarray(places, np.float64).reshape(-1, 3)
        index = indices_of(agents)
        fields = self._fields.assign(index, where)
        numbers, targets = self._fields.moved()
        if len(numbers):
            context.set(self._entities[numbers], FlowTarget(targets, numbers))
        context.set(agents, Destination(where, fields))

    def release(self, agents: NDArray[Any]) -> None:
        """Give back the fields of agents (handles) that walk no more."""
        self._fields.release(indices_of(agents))
