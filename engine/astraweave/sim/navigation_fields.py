"""Which flow field leads where: shares a few fields between many agents, for systems on the CPU."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import UsageError
from .navigation import NO_FIELD
from .navigation_map import NavigationMap

Ints = NDArray[np.int64]


class Fields:
    """Gives destinations numbers of flow fields and says where the fields have to lead.

    A field is kept while an agent uses it. Destinations in one cell share a field; so do those
    near the target of a field in straight sight of it. Of the unused fields the one that was asked
    for least recently is taken. The same calls give the same numbers.

    Args:
        world_map: cells and sight; replace the attribute `map` when barriers have moved.
        near: metres up to which destinations share the target of another.
    """

    def __init__(self, world_map: NavigationMap, near: float = 10.0) -> None:
        self.map = world_map
        self.near = near
        count = world_map.navigation.fields
        self.targets: Ints = np.full((count, 2), -1, np.int64)  # cells (x, z); -1: none yet
        self.users: Ints = np.zeros(count, np.int64)
        self.refused = 0  # destinations that found no field free, since the beginning
        self._asked: Ints = np.zeros(count, np.int64)  # when last, in calls
        self._calls = 0
        self._field_of: Ints = np.full(0, -1, np.int64)  # of each agent
        self._moved: set[int] = set()

    def assign(self, agents: ArrayLike, places: ArrayLike) -> NDArray[np.uint32]:
        """Field numbers for agents (entity indices) that walk to places (n, 3).

        `NO_FIELD` where a place is blocked or every field is in use: such agents walk as far as
        they see. What the agents used before is given back first.

        Raises:
            UsageError: an agent is named twice, or lengths differ.
        """
        ids = np.asarray(agents, np.int64).reshape(-1)
        where = np.asarray(places, np.float64).reshape(-1, 3)
        if len(ids) != len(where) or len(np.unique(ids)) != len(ids):
            raise UsageError(f"fields: {len(ids)} different agents need as many places")
        self.release(ids)
        self._calls += 1
        blocked = self.map.blocked(where)
        cells, which = np.unique(self.map.cells(where[~blocked]), axis=0, return_inverse=True)
        chosen = self._choose(cells, np.bincount(which.reshape(-1), minlength=len(cells)))
        found = np.full(len(ids), -1, np.int64)
        found[~blocked] = chosen[which.reshape(-1)]
        self._field_of[ids] = found
        return np.where(found < 0, NO_FIELD, found).astype(np.uint32)

    def release(self, agents: ArrayLike) -> None:
        """Give back what these agents use, such as when they die."""
        ids = np.asarray(agents, np.int64).reshape(-1)
        if len(ids) and ids.max() >= len(self._field_of):
            more = 2 * int(ids.max()) + 1 - len(self._field_of)
            self._field_of = np.append(self._field_of, np.full(more, -1, np.int64))
        used = self._field_of[ids]
        np.subtract.at(self.users, used[used >= 0], 1)
        self._field_of[ids] = -1

    def moved(self) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
        """Fields that lead elsewhere since the last call, and their targets (n, 3), to be set.

        Set `FlowTarget(places, numbers)` of the entities that stand for these fields.
        """
        numbers = np.array(sorted(self._moved), np.int64)
        self._moved.clear()
        return numbers.astype(np.uint32), self.map.middles(self.targets[numbers])

    def _choose(self, cells: Ints, users: Ints) -> Ints:
        """A field for each cell (n, 2) and its users; -1 where none is free."""
        known = np.flatnonzero(self.targets[:, 0] >= 0)
        chosen = self._shared(known, cells)
        self._take(chosen, users)
        while len(left := np.flatnonzero(chosen == -1)):
            field = self._free()
            if field < 0:
                self.refused += int(users[left].sum())
                break
            self.targets[field] = cells[left[0]]
            self._moved.add(field)
            shared = self._shared(np.array([field]), cells[left])
            chosen[left] = shared
            self._take(shared, users[left])
        return chosen

    def _shared(self, fields: Ints, cells: Ints) -> Ints:
        """For each cell that of these fields whose target is nearest in sight; -1 if none is.

        Of equally near ones the first.
        """
        gap = cells[:, None] - self.targets[fields]
        square = np.asarray((gap * gap).sum(axis=2) * self.map.cell**2, np.float64)
        row, column = np.nonzero(square <= self.near**2)
        start, end = self.targets[fields[column]], cells[row]
        seen = self.map.straight(self.map.middles(start), self.map.middles(end))
        least = np.full(square.shape, np.inf)
        least[row[seen], column[seen]] = square[row[seen], column[seen]]
        if not len(fields):
            return np.full(len(cells), -1, np.int64)
        return np.where(np.isfinite(least.min(axis=1)), fields[least.argmin(axis=1)], -1)

    def _take(self, chosen: Ints, users: Ints) -> None:
        got = chosen >= 0
        np.add.at(self.users, chosen[got], users[got])
        self._asked[chosen[got]] = self._calls

    def _free(self) -> int:
        """The unused field that was asked for least recently; -1 if all are used."""
        unused = np.flatnonzero(self.users == 0)
        return int(unused[self._asked[unused].argmin()]) if len(unused) else -1
