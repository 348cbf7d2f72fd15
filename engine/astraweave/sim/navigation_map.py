"""The navigation map in NumPy: what can be reached, by which way and how far, for plans on the CPU.

It is drawn from the boxes by the same integer rules as the GPU's map, so that both agree on every
cell, and its distances equal those of the flow fields.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import UsageError
from .navigation import Navigation
from .units import ONE

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
Metres = NDArray[np.float64]

FAR = 0x3FFFFFFF  # the distance of what cannot be reached
_PARTS = 64  # lines are drawn between places in 1/64 of a cell
_WINDOW = 6  # cells around a solid one in which the nearest other is looked for
_KEPT = 64  # fields of distances
_WALL = 1 << 32  # cost of a solid cell in a sweep; more than any way


class NavigationMap:
    """Cells of a `Navigation`, with its static boxes and the barriers that are given.

    Args:
        navigation: the module whose area, cells and static boxes are meant.
        centres: of barriers, shape (n, 3) in metres, such as their positions.
        halves: half sizes of barriers, shape (n, 3) in metres.

    Raises:
        UsageError: arrays of other shapes.
    """

    def __init__(
        self, navigation: Navigation, centres: ArrayLike = (), halves: ArrayLike = ()
    ) -> None:
        self.navigation = navigation
        self.cell = (1 << navigation.shift) / ONE
        columns, rows = navigation.cells
        self.tight: Mask = np.zeros((rows, columns), np.bool_)  # [z, x]; solid ones too
        self.solid: Mask = np.zeros((rows, columns), np.bool_)
        for low, high in _corners(navigation, centres, halves):
            self._draw(low, high)
        self._fields: OrderedDict[int, Ints] = OrderedDict()  # by target cell, latest use last

    def _draw(self, low: Ints, high: Ints) -> None:
        bottom, top = (round(h * ONE) for h in self.navigation.heights)
        if low[1] >= top or high[1] <= bottom:
            return
        corner, reach = np.array(self.navigation.corner), self.navigation.reach
        first, last = low[[0, 2]] - corner - reach, high[[0, 2]] - corner + reach
        for mask, part in ((self.tight, 0), (self.solid, 1 << (self.navigation.shift - 1))):
            x, z = np.maximum((first + part) >> self.navigation.shift, 0)
            end_x, end_z = np.maximum(((last - part - 1) >> self.navigation.shift) + 1, 0)
            mask[z:end_z, x:end_x] = True

    # -- cells -----------------------------------------------------------------------------------

    def cells(self, places: ArrayLike) -> Ints:
        """Cells (x, z) of places (n, 3) in metres; those outside the area count as its edge."""
        return np.asarray(self._parts(places) // _PARTS)

    def middles(self, cells: ArrayLike) -> Metres:
        """Middles of cells (n, 2), as places (n, 3) at height 0."""
        xz = (np.asarray(cells) + 0.5) * self.cell + np.array(self.navigation.corner) / ONE
        return np.insert(xz, 1, 0.0, axis=-1)

    def blocked(self, places: ArrayLike) -> Mask:
        """Whether nobody can stand at places (n, 3): within reach of a box, or outside the area."""
        inside, cells = self._inside(places), self.cells(places)
        return ~inside | self.solid[cells[:, 1], cells[:, 0]]

    def _raw(self, places: ArrayLike) -> Ints:
        array = np.asarray(places, np.float64).reshape(-1, 3)
        return np.rint(array * ONE).astype(np.int64)[:, [0, 2]] - self.navigation.corner

    def _parts(self, places: ArrayLike) -> Ints:
        parts = self._raw(places) >> (self.navigation.shift - 6)
        return np.asarray(np.clip(parts, 0, np.array(self.navigation.cells) * _PARTS - 1))

    def _inside(self, places: ArrayLike) -> Mask:
        cells = self._raw(places) >> self.navigation.shift
        return np.asarray(((cells >= 0) & (cells < self.navigation.cells)).all(axis=1))

    def _starts(self, places: ArrayLike) -> Ints:
        """Cells from which agents set out: who stands in a solid one first leaves it."""
        parts = self._parts(places)
        cells = parts // _PARTS
        for row in np.flatnonzero(self.solid[cells[:, 1], cells[:, 0]]):
            cells[row] = self._way_out(parts[row])
        return cells

    def _way_out(self, part: Ints) -> Ints:
        """The nearest cell that is not solid, the first row by row; the own one if none is near."""
        x, z = part // _PARTS
        low_x, low_z = max(x - _WINDOW, 0), max(z - _WINDOW, 0)
        free = ~self.solid[low_z : z + _WINDOW + 1, low_x : x + _WINDOW + 1]
        rows, columns = np.nonzero(free)
        if not len(rows):
            return part // _PARTS
        found = np.stack([columns + low_x, rows + low_z], axis=1)
        gap = found * _PARTS + _PARTS // 2 - part
        return np.asarray(found[(gap * gap).sum(axis=1).argmin()])

    # -- ways ------------------------------------------------------------------------------------

    @cached_property
    def labels(self) -> Ints:
        """Number of the connected part that each cell belongs to; -1 for solid ones."""
        labels = np.where(self.solid, FAR, np.arange(self.solid.size).reshape(self.solid.shape))
        while True:
            spread = _least_of_runs(labels, self.solid)
            spread = _least_of_runs(spread.T, self.solid.T).T
            if np.array_equal(spread, labels):
                return np.where(self.solid, -1, labels)
            labels = spread

    def reachable(self, a: ArrayLike, b: ArrayLike) -> Mask:
        """Whether one can walk from places a to places b, each (n, 3), or one of them (1, 3)."""
        start, end = self._starts(a), self.cells(b)
        labels = self.labels
        same = labels[start[:, 1], start[:, 0]] == labels[end[:, 1], end[:, 0]]
        return np.asarray(same & ~self.blocked(b))

    def distance(self, a: ArrayLike, b: ArrayLike) -> Metres:
        """Metres of the shortest ways from places a to places b, tight cells counted three times.

        Infinite where there is none. Lengths are those of a grid path: 1.4 cells for each across.
        """
        start, end = np.broadcast_arrays(self._starts(a), self.cells(b))
        found = np.full(len(start), FAR, np.int64)
        targets, which = np.unique(end, axis=0, return_inverse=True)
        for number, target in enumerate(targets):
            rows = np.flatnonzero(which.reshape(-1) == number)
            found[rows] = self._field(target)[start[rows, 1], start[rows, 0]]
        reached = (found < FAR) & ~self.blocked(b)
        return np.where(reached, found * self.cell / 5, np.inf)

    def path(self, a: ArrayLike, b: ArrayLike) -> Metres:
        """Middles of the cells of a shortest way from place a to place b, (n, 3) in metres.

        The flow field that leads to b sends agents this way. Empty if there is none.
        """
        cell, field = self._starts(a)[0], self.field(b)
        if field[cell[1], cell[0]] == FAR or self.blocked(b).any():
            return np.zeros((0, 3))
        found = [cell]
        while field[cell[1], cell[0]]:
            cell = self._next(field, cell)
            found.append(cell)
        return self.middles(np.array(found))

    def _next(self, field: Ints, cell: Ints) -> Ints:
        """The neighbour over which the way is shortest; those across first."""
        padded = np.pad(field, 1, constant_values=FAR)[cell[1] : cell[1] + 3, cell[0] : cell[0] + 3]
        weight = 3 if self.tight[cell[1], cell[0]] else 1
        best, least = cell, 2 * FAR
        for x, z in _STEPS:
            straight = not (x and z)
            if not straight and FAR in (padded[1, 1 + x], padded[1 + z, 1]):
                continue
            cost = padded[1 + z, 1 + x] + (5 if straight else 7) * weight
            if cost < least:
                best, least = cell + np.array((x, z)), cost
        return best

    def straight(self, a: ArrayLike, b: ArrayLike) -> Mask:
        """Whether the straight ways from places a to places b are free of tight and solid cells.

        Tight ones right beside either end do not matter.
        """
        return _is_straight(self, *np.broadcast_arrays(self._parts(a), self._parts(b)))

    # -- fields ----------------------------------------------------------------------------------

    def field(self, place: ArrayLike) -> Ints:
        """Distance of every cell [z, x] from that of a place, a fifth of a cell being 1.

        A step costs 5, one across 7, and three times that out of a tight cell; `FAR` where there
        is no way.
        """
        return self._field(self.cells(place)[0])

    def _field(self, target: Ints) -> Ints:
        key = int(target[1]) * self.solid.shape[1] + int(target[0])
        if key not in self._fields:
            self._fields[key] = _distances(self.solid, self.tight, target)
            if len(self._fields) > _KEPT:
                self._fields.popitem(last=False)
        self._fields.move_to_end(key)
        return self._fields[key]


def _corners(navigation: Navigation, centres: ArrayLike, halves: ArrayLike) -> Ints:
    """Low and high corners of static boxes and barriers in Q16.16, shape (n, 2, 3)."""
    blockers = navigation.blockers
    rows = np.asarray(next(iter(blockers.data().values())), np.int64)
    static = rows[1 : 1 + 2 * rows[0, 0], :3].reshape(-1, 2, 3)
    centre, half = (_q16(values) for values in (centres, halves))
    if centre.shape != half.shape:
        raise UsageError(
            f"navigation map: {len(centre)} centres of barriers and {len(half)} half sizes"
        )
    solid = (half > 0).all(axis=1)
    moving = np.stack([centre - half, centre + half], axis=1)[solid]
    return np.concatenate([static, moving])


def _q16(values: ArrayLike) -> Ints:
    array = np.asarray(values, np.float64)
    if array.size % 3 or array.ndim > 2 or not np.isfinite(array).all():
        raise UsageError(f"navigation map: barriers are arrays (n, 3) of metres, got {values!r}")
    return np.rint(array.reshape(-1, 3) * ONE).astype(np.int64)


# Neighbours in the order in which ways prefer them, as in wgsl/sim/nav_route.wgsl.
_STEPS = ((1, 1), (-1, 1), (1, -1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1))


def _least_of_runs(labels: Ints, solid: Mask) -> Ints:
    """Every label replaced by the least of its run of cells along the row."""
    begins = np.ones(labels.shape, np.bool_)
    begins[:, 1:] = solid[:, 1:] != solid[:, :-1]
    starts = np.flatnonzero(begins)
    least = np.minimum.reduceat(labels.reshape(-1), starts)
    return np.asarray(least[np.cumsum(begins.reshape(-1)) - 1].reshape(labels.shape))


def _distances(solid: Mask, tight: Mask, target: Ints) -> Ints:
    """Distances by fast sweeping (Zhao, Mathematics of Computation 74, 2005)."""
    field = np.full(solid.shape, FAR, np.int64)
    cost = np.where(solid, _WALL, np.where(tight, 15, 5))
    field[target[1], target[0]] = FAR if solid[target[1], target[0]] else 0
    before = np.zeros_like(field)
    while not np.array_equal(before, field):
        before = field.copy()
        _sweep_rows(field, cost, solid)
        _sweep_rows(field[::-1], cost[::-1], solid[::-1])
        _sweep_along(field, cost)
        _sweep_along(field[:, ::-1], cost[:, ::-1])
    return field


def _sweep_rows(field: Ints, cost: Ints, solid: Mask) -> None:
    """Each row from the one before it, straight and across; in place."""
    across = np.where(cost == 5, 7, 21)
    shut = np.zeros(solid.shape, np.bool_)
    shut[1:] = solid[:-1]  # the cell straight before
    left = np.where(shut[:, 1:] | solid[:, :-1] | solid[:, 1:], _WALL, across[:, 1:])
    right = np.where(shut[:, :-1] | solid[:, 1:] | solid[:, :-1], _WALL, across[:, :-1])
    for row in range(1, len(field)):
        before, here = field[row - 1], field[row]
        way = before + cost[row]
        np.minimum(way[1:], before[:-1] + left[row], out=way[1:])
        np.minimum(way[:-1], before[1:] + right[row], out=way[:-1])
        np.minimum(here, way, out=here)


def _sweep_along(field: Ints, cost: Ints) -> None:
    """Each cell from those to its left; in place. Sums stay below 2^42."""
    total = np.cumsum(cost, axis=1)
    np.minimum(field, np.minimum.accumulate(field - total, axis=1) + total, out=field)


def _is_straight(within: NavigationMap, a: Ints, b: Ints) -> Mask:
    """As in wgsl/sim/nav_line.wgsl, for lines between places in 1/64 of a cell, (n, 2) each."""
    start, end = a // _PARTS, b // _PARTS
    free = np.asarray(~within.solid[end[:, 1], end[:, 0]])
    step, length = np.where(b > a, 1, -1), np.abs(b - a)
    due = np.where(b > a, _PARTS - a % _PARTS, a % _PARTS) * length[:, ::-1]
    left, cell = np.abs(end - start), start.copy()
    while len(rows := np.flatnonzero(free & left.any(axis=1))):
        later = due[rows] > due[rows, ::-1]
        go = (left[rows] > 0) & (~later | (left[rows, ::-1] == 0))
        for axes in ((1, 0), (0, 1), (1, 1)):  # both cells beside a corner, then the next cell
            beside = cell[rows] + step[rows] * go * axes
            met = go.all(axis=1) | (axes == (1, 1))
            free[rows] &= ~met | _lets_pass(within, beside, start[rows], end[rows])
        cell[rows] += step[rows] * go
        due[rows] += _PARTS * length[rows, ::-1] * go
        left[rows] -= go
    return free


def _lets_pass(within: NavigationMap, cell: Ints, start: Ints, end: Ints) -> Mask:
    beside = (np.abs(cell - start) <= 1).all(axis=1) | (np.abs(cell - end) <= 1).all(axis=1)
    x, z = cell.T
    return np.asarray(~within.tight[z, x] | (~within.solid[z, x] & beside))
