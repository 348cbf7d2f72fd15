"""The kinds of memory: how many of each a character keeps, and how fast they fade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray

from .errors import RecallError
from .record import Record

DAY = 24 * 60 * 60 * 60  # ticks of a day at 60 ticks per second
MICRO = 1_000_000  # halvings are counted in millionths
_LEVELS = 1000  # of importance that are told apart when it comes to forgetting
_MOST_TICKS = 1 << 43  # of a half-life, and
_MOST_HALVINGS = 1 << 42  # beyond which all is equally faded: times MICRO they fit into 64 bits


@dataclass(frozen=True)
class Kind:
    """A kind of memory.

    Args:
        capacity: how many one character keeps; beyond it the most faded is forgotten.
        half_life: days after which one has faded to a half.
        meaning: what belongs there.
    """

    capacity: int
    half_life: float
    meaning: str


KINDS: Mapping[str, Kind] = {
    "sensory": Kind(100, 0.25, "what was just seen or heard"),
    "working": Kind(50, 1, "what is being done, and what is needed for it"),
    "episodic": Kind(1000, 14, "what happened, when and to whom"),
    "semantic": Kind(5000, 180, "what is known, whenever it was learnt"),
    "procedural": Kind(500, 30, "how something is done"),
    "emotional": Kind(200, 7, "what was felt, and about whom"),
    "social": Kind(500, 21, "what others said, and what is between them"),
    # Not remembered by itself, only through the summary that stands for it.
    "archive": Kind(5000, 14, "episodes that were consolidated"),
}
ARCHIVE = "archive"


class Fading:
    """How memories of some kinds fade, in whole numbers, so that it is the same on every machine.

    A memory is worth `importance · 2 ^ (-age / half-life)`. What is compared is the negative
    logarithm of that, in millionths of a halving.

    Raises:
        RecallError: a kind without room or half-life, or no kind at all.
    """

    def __init__(self, kinds: Mapping[str, Kind] = KINDS, day: int = DAY) -> None:
        if not kinds or day < 1:
            raise RecallError(f"memory: kinds and ticks of a day are needed, got {kinds}, {day}")
        for name, kind in kinds.items():
            if kind.capacity < 1 or not 0 < kind.half_life < 1e6:
                raise RecallError(
                    f"memory: kind {name!r} needs a capacity of 1 or more and a half-life of up to "
                    f"a million days, got {kind.capacity} and {kind.half_life}"
                )
        self.kinds, self.day = {**kinds, ARCHIVE: kinds.get(ARCHIVE, KINDS[ARCHIVE])}, day
        self.ticks = {n: max(1, round(k.half_life * day)) for n, k in self.kinds.items()}
        if max(self.ticks.values()) > _MOST_TICKS:
            raise RecallError(f"memory: a half-life is at most {_MOST_TICKS} ticks, got {kinds}")

    def capacity(self, kind: str) -> int:
        """How many of a kind one character keeps."""
        return self.kinds[self.checked(kind)].capacity

    def checked(self, kind: str) -> str:
        """The name of a kind.

        Raises:
            RecallError: there is no such kind.
        """
        if kind not in self.kinds:
            known = ", ".join(self.kinds)
            raise RecallError(f"memory: there is no kind {kind!r}; there is {known}")
        return kind

    def halvings(self, record: Record, now: int) -> int:
        """By how many millionths of a halving a memory is worth less than 1 at a tick."""
        age, ticks = max(0, now - record.tick), self.ticks[self.checked(record.kind)]
        whole = min(age // ticks, _MOST_HALVINGS)
        return whole * MICRO + age % ticks * MICRO // ticks + lost(record.importance)

    def all_halvings(
        self, kind: str, ticks: NDArray[np.int64], importances: NDArray[np.float64], now: int
    ) -> NDArray[np.int64]:
        """The same for many memories of a kind."""
        age = np.maximum(0, min(now, _LATEST) - ticks)
        life = self.ticks[self.checked(kind)]
        whole = np.minimum(age // life, _MOST_HALVINGS)
        levels = np.maximum(1, np.rint(importances * _LEVELS)).astype(np.int64)
        return np.asarray(whole * MICRO + age % life * MICRO // life + _LOST[levels])

    def worth(self, record: Record, now: int) -> float:
        """Importance times what age has left of it, for people to read."""
        return float(2.0 ** (-self.halvings(record, now) / MICRO))


def lost(importance: float) -> int:
    """Millionths of a halving that an importance below 1 is worth less than 1."""
    level = max(1, round(importance * _LEVELS))
    return round(-log2(level / _LEVELS) * MICRO)  # no level is near a rounding step: see the tests


_LOST = np.array([lost(level / _LEVELS) for level in range(_LEVELS + 1)], np.int64)
LATER = 1 << 62  # more halvings than there are, to be forgotten after all others
_LATEST = (1 << 62) - 1  # so that an age fits into 64 bits
