"""One percept as arrays by entity index, and what differs between two of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astraweave import U32, Blockers, Percept, Position, Vec3, component

from .percept_model import Vector

Array = NDArray[Any]
Bools = NDArray[np.bool_]
Told = tuple[int, Vector, int | None, dict[str, Any]]
_INDEX = np.uint64(0xFFFFFFFF)


@component
class PointOfInterest:
    """Something at its Position that minds may care about; the game says what a kind means."""

    kind: U32


@component
class Objective:
    """What an agent is to achieve, and where; the game says what a kind means."""

    place: Vec3
    kind: U32


@dataclass(frozen=True)
class Columns:
    """One tick as arrays by entity index; rows of entities that lack a component are zero."""

    tick: int
    handles: NDArray[np.uint64]  # of what has a Position
    has: dict[str, Bools]
    values: dict[str, Array]
    obstacles: Array  # rows (is smoke, centre, half sizes)
    points: Array  # rows (index, generation, kind, place)
    _told: dict[Any, Told] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, percept: Percept, kinds: Sequence[Any], blockers: Blockers | None) -> Columns:
        """The columns of a percept that holds these components."""
        who = {kind.__name__: percept.handles(kind) for kind in kinds}
        size = 1 + max((int(held[-1] & _INDEX) for held in who.values() if len(held)), default=-1)
        # Many components are held by the same entities, and the percept gives one array for them.
        same = {id(held): _placed(held, size) for held in who.values()}
        has, values = {}, {}
        for kind in kinds:
            ids, has[kind.__name__] = same[id(who[kind.__name__])]
            rows = percept.read(kind)
            values[kind.__name__] = dense = np.zeros((size, *rows.shape[1:]), rows.dtype)
            dense[ids] = rows
        handles = np.zeros(size, np.uint64)
        handles[has["Position"]] = percept.handles(Position)
        return cls(
            percept.tick,
            handles,
            has,
            values,
            _obstacles(has, values, blockers),
            _points(handles, has, values),
        )

    @property
    def barriers(self) -> Array:
        """Centre and half sizes of each barrier, shape (n, 2, 3)."""
        rows = np.flatnonzero(self.has["Barrier"] & self.has["Position"])
        return np.stack([self.values["Position"][rows], self.values["Barrier"][rows]], axis=1)

    def team(self, i: int) -> int | None:
        """Team of an entity, None if it has none."""
        if not self.has["Team"].item(i):
            return None
        return int(self.values["Team"].item(i))

    def health(self, i: int) -> tuple[int, int]:
        """Points and most of an entity, where the columns have Health; 1 of 1 if it has none."""
        if "Health" not in self.has or not self.has["Health"].item(i):
            return 1, 1
        row = self.values["Health"][i]
        return int(row["points"]), int(row["most"])

    def told(self, i: int, kinds: tuple[Any, ...]) -> Told:
        """Handle, place, team and values by name of an entity; made once however many see it."""
        if (i, kinds) not in self._told:
            x, y, z = self.values["Position"][i].tolist()
            state = {
                called: _plain(self.values[name][i])
                for name, called in _names(kinds)
                if self.has[name].item(i)
            }
            self._told[i, kinds] = int(self.handles.item(i)), (x, y, z), self.team(i), state
        return self._told[i, kinds]


def _placed(handles: NDArray[np.uint64], size: int) -> tuple[NDArray[np.intp], Bools]:
    """Indices of entities, and which of the first `size` they are."""
    ids = (handles & _INDEX).astype(np.intp)
    present = np.zeros(size, np.bool_)
    present[ids] = True
    return ids, present


@cache
def _names(kinds: tuple[Any, ...]) -> list[tuple[str, str]]:
    """Names of components as the columns and as snapshots have them."""
    return [(kind.__name__, kind.layout.variable) for kind in kinds]


def _plain(row: Any) -> Any:
    """A row as Python data: a number, a list, or a dict of those."""
    if row.dtype.names:
        return {name: row[name].tolist() for name in row.dtype.names}
    return row.tolist()


def _points(handles: Array, has: Mapping[str, Bools], values: Mapping[str, Array]) -> Array:
    rows = np.flatnonzero(has["PointOfInterest"] & has["Position"])
    kinds, places = values["PointOfInterest"][rows], values["Position"][rows]
    return np.column_stack([rows, handles[rows] >> np.uint64(32), kinds, places])


def _obstacles(
    has: Mapping[str, Bools], values: Mapping[str, Array], blockers: Blockers | None
) -> Array:
    """Static boxes, barriers and smoke in an order of their own, so that none else can be seen."""
    place = values["Position"]
    static = [[0.0, *box.centre, *box.half] for box in (blockers.boxes if blockers else ())]
    barriers = np.flatnonzero(has["Barrier"] & has["Position"])
    doors = np.column_stack([np.zeros(len(barriers)), place[barriers], values["Barrier"][barriers]])
    clouds = np.flatnonzero(has["Smoke"] & has["Position"] & (values["Smoke"]["ticks"] > 0))
    radius = values["Smoke"]["radius"][clouds]
    smoke = np.column_stack([np.ones(len(clouds)), place[clouds], radius, radius, radius])
    rows = np.concatenate([np.array(static).reshape(-1, 7), doors, smoke])
    return rows[np.lexsort(rows.T[::-1])]


def unlike(new: Columns, old: Columns, names: Iterable[str]) -> Bools:
    """Which entities differ in any of these components, by index of the new columns."""
    size = min(len(new.handles), len(old.handles))
    differs = np.ones(len(new.handles), np.bool_)
    differs[:size] = new.handles[:size] != old.handles[:size]
    for name in names:
        differs[:size] |= new.has[name][:size] != old.has[name][:size]
        words, before = (_words(columns.values[name][:size]) for columns in (new, old))
        if (other := words != before).any():
            differs[:size] |= other.any(axis=1)
    return differs


def _words(rows: Array) -> Array:
    """Rows of any type as words of 32 bits, which compare quickly."""
    return rows.view(np.uint32).reshape(len(rows), -1) if len(rows) else np.zeros((0, 1), np.uint32)


def gaps(place: Array, low: Array, high: Array) -> Array:
    """Squared distances of places (n, 3) from boxes (m, 3), shape (n, m)."""
    outside: Array = np.maximum(low[None] - place[:, None], place[:, None] - high[None])
    squares: Array = outside.clip(0) ** 2
    return squares.sum(axis=-1)  # type: ignore[no-any-return]


def changes(new: Array, old: Array) -> Array:
    """Rows of which two tables hold a different number."""
    if np.array_equal(new, old):
        return new[:0]
    before, after = (Counter(map(tuple, table.tolist())) for table in (old, new))
    rows = sorted({*(before - after), *(after - before)})
    return np.array(rows).reshape(-1, new.shape[1])
