"""Vectors in memory, each in a slot: as they are, and as small numbers that are fast to scan."""

from __future__ import annotations

from math import sqrt
from typing import Any, NamedTuple

import numkong
import numpy as np
from numpy.typing import NDArray

from .embed import Vectors
from .rank import Numbers, cosines

Codes = NDArray[np.int8]
Floats = NDArray[np.float64]

_LEVELS = 127
_ROOM = 256  # slots that are there at first
_PART = 64  # values of which one is looked at
_LENGTH = 1.02  # of a vector at most; they are of length 1 to within a hundredth
_ROUNDING = 1e-9  # of sums in float64
_UNIT = 2.0**-20  # of the numbers whose products are exact
_AT_ONCE = 4096  # rows that are rounded together, which takes ten times their size
_FLOAT_ROUNDING = 2.0**-23  # of one product in float32, or of a number in units of 2^-20


class Coded(NamedTuple):
    """Rows in whole numbers from −127 to 127, the step between these, and how far off they are."""

    codes: Codes
    steps: Floats
    lost: Floats  # length of what rounding took from a row

    @classmethod
    def of(cls, rows: Vectors) -> Coded:
        """Rows, each with a step of its own."""
        steps = np.maximum(np.abs(rows).max(1, initial=0.0).astype(np.float64), 1e-6) / _LEVELS
        scaled = rows / steps[:, None]
        codes = np.rint(scaled)
        scaled -= codes
        lost = steps * np.sqrt(np.einsum("ij,ij->i", scaled, scaled))
        return cls(codes.astype(np.int8), steps, lost)


class Slots:
    """Vectors by slot; a slot is never used again, so that a graph of them stays true."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.used = self.live = 0
        self.keys: Numbers = np.zeros(_ROOM, np.int64)  # 0 where the memory is gone
        self.rows: Vectors = np.zeros((_ROOM, dimensions), np.float32)
        self._codes: Codes = np.zeros((_ROOM, dimensions), np.int8)
        self._steps: Floats = np.zeros(_ROOM)
        self._lost: Floats = np.zeros(_ROOM)
        self._slot_of: NDArray[np.int32] = np.full(_ROOM, -1, np.int32)  # by key

    def slots_of(self, keys: Numbers) -> Numbers:
        """The slots of these memories; −1 for one that has none."""
        inside = (keys >= 0) & (keys < len(self._slot_of))
        return np.where(inside, self._slot_of[np.where(inside, keys, 0)], -1).astype(np.int64)

    def put(self, keys: Numbers, rows: Vectors) -> None:
        """Give each of these memories a new slot, unless its vector is the one it had."""
        old = self.slots_of(keys)
        new = old < 0
        new[~new] = (self.rows[old[~new]] != rows[~new]).any(1)
        self.remove(keys[new])
        first, self.used = self.used, self.used + int(new.sum())
        self._fill(np.arange(first, self.used), keys[new], rows[new])

    def restore(self, held: Numbers, keys: Numbers, rows: Vectors) -> None:
        """Take back the slots `held`, by key; those whose memory is not among `keys` are empty."""
        order = np.argsort(held, kind="stable")
        places = order[np.minimum(np.searchsorted(held, keys, sorter=order), len(held) - 1)]
        kept = held[places] == keys
        self.used = len(held)
        self._fill(places[kept], keys[kept], rows[kept])

    def remove(self, keys: Numbers) -> None:
        """Empty the slots of these memories; those that have none do not matter."""
        slots = self.slots_of(keys)
        slots = slots[slots >= 0]
        self._slot_of[self.keys[slots]] = -1
        self.keys[slots] = 0
        self.rows[slots] = 0
        self._codes[slots] = 0
        self._steps[slots] = self._lost[slots] = 0
        self.live -= len(slots)

    def occupied(self) -> Numbers:
        """The slots that hold a memory."""
        return np.flatnonzero(self.keys[: self.used])

    def _fill(self, slots: Numbers, keys: Numbers, rows: Vectors) -> None:
        self._grow(int(keys.max(initial=0)))
        self.keys[slots], self.rows[slots] = keys, rows
        for start in range(0, len(slots), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            made = Coded.of(rows[part])
            self._codes[slots[part]], self._steps[slots[part]] = made.codes, made.steps
            self._lost[slots[part]] = made.lost
        self._slot_of[keys] = slots
        self.live += len(keys)

    def _grow(self, key: int) -> None:
        if self.used > len(self.keys):
            room = max(self.used, len(self.keys) * 3 // 2)
            for name in ("keys", "rows", "_codes", "_steps", "_lost"):
                setattr(self, name, _longer(getattr(self, name), room, 0))
        if key >= len(self._slot_of):
            self._slot_of = _longer(self._slot_of, max(key + 1, len(self._slot_of) * 3 // 2), -1)

    def best(self, query: Vectors, slots: Numbers, count: int) -> tuple[Numbers, Floats]:
        """Keys and exact cosines of the nearest of these slots, the nearest first, ties by key."""
        slots = self._refined(query, slots, count)
        scores = cosines(self.rows[slots], query)
        order = np.lexsort((self.keys[slots], -scores))[:count]
        return self.keys[slots[order]], scores[order]

    def _refined(self, query: Vectors, slots: Numbers, count: int) -> Numbers:
        """Without the slots that float32 knows to be too far: exact products take longer."""
        if len(slots) < 4 * count + _ROOM:
            return slots
        near = np.einsum("ij,j->i", self.rows[slots], query)
        unsure = 4 * self.dimensions * _FLOAT_ROUNDING
        close: Numbers = slots[near >= _reached_by(count, near) - unsure]
        return close

    def scan(self, query: Vectors, count: int, among: Numbers | None = None) -> Numbers:
        """Slots that hold the `count` nearest to a query for certain, and a few more.

        Whole numbers are compared first. What rounding took from a row and from the query bounds
        how far the product of the numbers is from the exact one. Slots whose greatest possible
        product is below the least possible one of `count` others cannot be among the nearest.
        """
        if among is None and self.live == self.used:
            held = Coded(
                self._codes[: self.used], self._steps[: self.used], self._lost[: self.used]
            )
        else:
            among = self.occupied() if among is None else among
            parts = (self._codes.take(among, 0), self._steps.take(among), self._lost.take(among))
            held = Coded(*parts)
        if len(held.codes) > count:
            places = self._close(held, query, count)
            return places if among is None else among[places]
        return np.arange(self.used) if among is None else among

    def rough(self, query: Vectors, slots: Numbers) -> Floats:
        """Cosines of these slots to within about a hundredth; the same bits on every machine."""
        if not len(slots):
            return np.zeros(0)
        asked = Coded.of(query[None])
        dots = np.asarray(numkong.cdist(asked.codes, self._codes[slots], "dot"))[0]
        return np.asarray(dots * (self._steps[slots] * asked.steps))

    def _close(self, held: Coded, query: Vectors, count: int) -> Numbers:
        asked = Coded.of(query[None])
        dots = np.asarray(numkong.cdist(asked.codes, held.codes, "dot"))[0]
        products = dots * (held.steps * asked.steps)
        missing = float(asked.lost[0])
        # Exact products are those of numbers in units of 2^-20, which moves them a little too.
        moved = _LENGTH * (missing + sqrt(self.dimensions) * _UNIT) + _ROUNDING
        unsure = held.lost * (_LENGTH + missing) + moved
        return np.flatnonzero(products + unsure >= _reached_by(count, products - unsure))


def _reached_by(count: int, values: Any) -> Any:
    """A value that `count` of these reach, or a few more: among many, the maxima of parts do."""
    parts = len(values) // _PART
    if parts > 4 * count:
        values = values[: parts * _PART].reshape(_PART, parts).max(0)
    return np.partition(values, len(values) - count)[len(values) - count]


def _longer(array: Any, length: int, fill: int) -> Any:
    made = np.full((length, *array.shape[1:]), fill, array.dtype)
    made[: len(array)] = array
    return made
