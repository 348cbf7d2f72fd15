"""What armies know of their ground: places along their ways, and cover near each place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astraweave import NavigationMap

Array = NDArray[Any]


def spread(ways: NavigationMap, points: Array, route: Array) -> Array:
    """A place of its own for each agent near each point of its route, in straight sight of it."""
    number = np.arange(len(route))
    aside = np.stack([number * 7 % 17 - 8, 0 * number, number * 5 % 13 - 6], axis=1) * 0.7
    points = points[route].reshape(-1, 3)
    places = points + np.repeat(aside, route.shape[1], axis=0)
    good = ~ways.blocked(places)
    good[good] = ways.straight(points[good], places[good])
    return np.where(good[:, None], places, points).reshape(*route.shape, 3)


class CoverMap:
    """The spots nearest to each cell of the ground, found once."""

    def __init__(self, spots: Array, cell: float = 4.0, count: int = 12) -> None:
        self._cell = cell
        self._low = np.floor(spots[:, ::2].min(axis=0) / cell) - 4
        high = np.ceil(spots[:, ::2].max(axis=0) / cell) + 4
        self._shape = (high - self._low).astype(np.int64)
        x, z = (np.arange(n) + first + 0.5 for n, first in zip(self._shape, self._low, strict=True))
        middles = np.stack(np.meshgrid(x, z, indexing="ij"), axis=-1).reshape(-1, 1, 2) * cell
        square = ((middles - spots[None, :, ::2]) ** 2).sum(axis=2)
        self._spots = np.argsort(square, axis=1, kind="stable")[:, :count]

    def of(self, places: Array) -> Array:
        """Spots near each place (n, 3), shape (n, count)."""
        cell = np.floor(places[:, ::2] / self._cell) - self._low
        cell = np.clip(cell, 0, self._shape - 1).astype(np.int64)
        return np.asarray(self._spots[cell[:, 0] * self._shape[1] + cell[:, 1]])
