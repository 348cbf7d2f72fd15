"""Vectors in memory, each in a slot: as they are, and as small numbers that are fast to scan."""

from __future__ import annotations

from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from usearch.index import search as scan

from .embed import Vectors
from .rank import cosines

Numbers = NDArray[np.int64]
Codes = NDArray[np.int8]

_LEVELS = 127
_ROOM = 256  # slots that are there at first
_MARGIN = 48  # candidates beyond those wanted, so that one scan is enough most of the time
_ROUNDING = 2.0**-22  # of a large dot product in float32
_LENGTH = 1.02  # of a vector at most; they are of length 1 to within a hundredth


class Scale(NamedTuple):
    """How vectors become whole numbers from −127 to 127."""

    step: float

    @classmethod
    def of(cls, rows: Vectors) -> Scale:
        """The finest scale on which all these rows fit."""
        return cls(max(float(np.abs(rows).max(initial=0.0)), 1e-6) / _LEVELS)

    def codes(self, rows: Vectors) -> Codes:
        """The nearest whole numbers; what is beyond the scale is cut off."""
        levels = np.rint(rows / np.float32(self.step))
        return np.asarray(np.clip(levels, -_LEVELS, _LEVELS), np.int8)

    def loss(self, rows: Vectors, codes: Codes) -> NDArray[np.float64]:
        """How far each row is from its codes."""
        away = rows.astype(np.float64) - codes * self.step
        return np.asarray(np.sqrt((away * away).sum(1)))

    def fine(self, dimensions: int) -> float:
        """The loss of a row that fits on the scale is below this."""
        return self.step / 2 * sqrt(dimensions) * 1.0001


class Slots:
    """Vectors by slot; a slot is never used again, so that a graph of them stays true."""

    def __init__(self, dimensions: int, scale: Scale) -> None:
        self.dimensions, self.scale = dimensions, scale
        self.used = self.live = 0
        self.keys: Numbers = np.zeros(_ROOM, np.int64)  # 0 where the memory is gone
        self.rows: Vectors = np.zeros((_ROOM, dimensions), np.float32)
        self.codes: Codes = np.zeros((_ROOM, dimensions), np.int8)
        self.coarse: set[int] = set()  # slots of rows that do not fit on the scale
        self._slot_of: NDArray[np.int32] = np.full(_ROOM, -1, np.int32)  # by key

    def slots_of(self, keys: Numbers) -> Numbers:
        """The slots of these memories; −1 for one that has none."""
        inside = (keys >= 0) & (keys < len(self._slot_of))
        return np.where(inside, self._slot_of[np.where(inside, keys, 0)], -1).astype(np.int64)

    def put(self, keys: Numbers, rows: Vectors) -> None:
        """Give each of these memories a new slot, unless its vector is the one it had."""
        old = self.slots_of(keys)
        same = old >= 0
        same[same] = (self.rows[old[same]] == rows[same]).all(1)
        self.remove(keys[~same])
        self._append(keys[~same], rows[~same])

    def _append(self, keys: Numbers, rows: Vectors) -> None:
        first, self.used = self.used, self.used + len(keys)
        self._grow(int(keys.max(initial=0)))
        self._fill(np.arange(first, self.used), keys, rows)

    def _fill(self, slots: Numbers, keys: Numbers, rows: Vectors) -> None:
        codes = self.scale.codes(rows)
        self.keys[slots], self.rows[slots], self.codes[slots] = keys, rows, codes
        self._slot_of[keys] = slots
        loss = self.scale.loss(rows, codes)
        self.coarse.update(slots[loss > self.scale.fine(self.dimensions)].tolist())
        self.live += len(keys)

    def restore(self, held: Numbers, keys: Numbers, rows: Vectors) -> None:
        """Take back the slots `held`, by key; empty those whose memory is not among `keys`."""
        order = np.argsort(held, kind="stable")
        places = order[np.minimum(np.searchsorted(held, keys, sorter=order), len(held) - 1)]
        kept = held[places] == keys
        keys, slots, rows = keys[kept], places[kept], rows[kept]
        self.used = len(held)
        self._grow(int(keys.max(initial=0)))
        self._fill(slots, keys, rows)

    def remove(self, keys: Numbers) -> None:
        """Empty the slots of these memories; those that have none do not matter."""
        slots = self.slots_of(keys)
        slots = slots[slots >= 0]
        self._slot_of[self.keys[slots]] = -1
        self.keys[slots] = 0
        self.rows[slots] = 0
        self.codes[slots] = 0
        self.coarse.difference_update(slots.tolist())
        self.live -= len(slots)

    def _grow(self, key: int) -> None:
        if self.used > len(self.keys):
            room = max(self.used, len(self.keys) * 3 // 2)
            for name in ("keys", "rows", "codes"):
                setattr(self, name, _longer(getattr(self, name), room, 0))
        if key >= len(self._slot_of):
            self._slot_of = _longer(self._slot_of, max(key + 1, len(self._slot_of) * 3 // 2), -1)

    def best(self, query: Vectors, slots: Numbers, count: int) -> tuple[Numbers, Any]:
        """Of these slots the nearest to a query, with exact cosines; ties by key."""
        scores = cosines(self.rows[slots], query)
        order = np.lexsort((self.keys[slots], -scores))[:count]
        return self.keys[slots[order]], scores[order]

    def scan(self, query: Vectors, count: int, among: Numbers | None = None) -> Numbers:
        """Slots that hold the `count` nearest to a query for certain, and a few more.

        Whole numbers are compared first. Their dot product differs from the exact one by no more
        than the losses of query and row together, so rows further behind cannot be among the
        nearest.
        """
        codes = self.codes[: self.used] if among is None else self.codes[among]
        scale = Scale.of(query[None])
        asked = scale.codes(query[None])
        loss = float(scale.loss(query[None], asked)[0])
        fine = self.scale.fine(self.dimensions)
        unsure = 2 * (_LENGTH * (loss + fine) + loss * fine) / (self.scale.step * scale.step)
        # Coarse rows may be ranked too high: so many more, and `count` others are among them.
        places = _close(codes, asked, count + len(self.coarse), unsure)
        found = self._with_coarse(places if among is None else among[places], among)
        if among is None and len(found) < count and self.live < self.used:
            return self.scan(query, count, np.flatnonzero(self.keys[: self.used]))
        return found

    def _with_coarse(self, found: Numbers, among: Numbers | None) -> Numbers:
        if self.coarse:
            extra = np.array(sorted(self.coarse), np.int64)
            extra = extra if among is None else np.intersect1d(extra, among)
            found = np.union1d(found, extra)
        there: Numbers = found[self.keys[found] != 0]
        return there


def _close(codes: Codes, asked: Codes, count: int, unsure: float) -> Numbers:
    """Places whose dot product is at most `unsure` behind the `count`-th greatest one."""
    if not len(codes):
        return np.zeros(0, np.int64)
    most = count + _MARGIN
    while True:
        most = min(most, len(codes))
        matches = scan(codes, asked, most, "ip", exact=True, threads=1)
        # The distance is 1 − dot product, which float32 holds exactly for 1,000 dimensions.
        dots = 1.0 - np.asarray(matches.distances, np.float64).ravel()
        places = np.asarray(matches.keys, np.int64).ravel()
        least = dots[min(count, most) - 1] - unsure - abs(dots[0]) * _ROUNDING
        if most == len(codes) or dots[-1] < least:
            close: Numbers = places[dots >= least]
            return close
        most *= 4


def _longer(array: Any, length: int, fill: int) -> Any:
    made = np.full((length, *array.shape[1:]), fill, array.dtype)
    made[: len(array)] = array
    return made
