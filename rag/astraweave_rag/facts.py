"""What decides over recall and forgetting, in arrays: whose a memory is, its kind, tick and weight.

Reading these of some thousand memories from the database takes longer than a frame has.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .rank import Numbers
from .reads import Moment
from .slots import Floats
from .write import KEPT

if TYPE_CHECKING:
    from .reads import Reads

Ids = NDArray[np.int32]
_GONE = -1  # in place of a persona
_SMALL = 1024  # rows below which those that are gone do not matter
_COLUMNS = ("keys", "ticks", "importances", "kinds", "_personas")


class Facts:
    """Facts of all memories of a store, in order of the keys; follows the store by itself.

    Not for two threads at once: the store has a lock.
    """

    def __init__(self) -> None:
        self._names: dict[str, int] = {}  # personas and kinds, by number
        self._clear()

    def _clear(self) -> None:
        self._seen = Moment()
        self._used = self._gone = 0
        self.keys: Numbers = np.zeros(0, np.int64)
        self.ticks: Numbers = np.zeros(0, np.int64)
        self.importances: Floats = np.zeros(0)
        self.kinds: Ids = np.zeros(0, np.int32)
        self._personas: Ids = np.zeros(0, np.int32)

    # --- following the store -------------------------------------------------------------------

    def follow(self, store: Reads) -> None:
        """Take over what was written since the last call; inside `reading` or `together`."""
        seen, now = self._seen, store.moment
        if seen.was_undone(now) or now.revision - seen.revision >= KEPT:
            self._clear()
        elif now.revision != seen.revision and seen.revision >= 0:
            self._remove(store.gone_since(seen.revision))
        if now.revision != self._seen.revision:
            self._read(store)
        self._seen = now

    def _read(self, store: Reads) -> None:
        since = self._seen.revision
        # The plus keeps SQLite from reading all memories in the order of their keys for a few.
        rows = store.rows(
            "SELECT key, tick, importance, kind, persona FROM record WHERE revision > ? "
            f"ORDER BY {'+' if since >= 0 else ''}key",
            [since],
        )
        if rows:
            keys, ticks, importances, kinds, personas = zip(*rows, strict=True)
            self._put(
                np.array(keys, np.int64), np.array(ticks, np.int64), np.array(importances),
                self._numbered(kinds), self._numbered(personas),
            )  # fmt: skip

    def _put(self, keys: Numbers, *values: Any) -> None:
        """Overwrite what is known and append what is new: keys ascend and are never used again."""
        last = self.keys[self._used - 1] if self._used else 0
        old = keys <= last
        new = int((~old).sum())
        self._grow(self._used + new)
        places = self.places_of(keys[old])
        for name, column in zip(_COLUMNS, (keys, *values), strict=True):
            array = getattr(self, name)
            array[places] = column[old]
            array[self._used : self._used + new] = column[~old]
        self._used += new

    def _remove(self, keys: Numbers) -> None:
        last = self.keys[self._used - 1] if self._used else 0
        seen = keys[keys <= last]  # what was added and deleted since was never seen
        places = self.places_of(seen)
        self._personas[places] = _GONE
        self._gone += len(places)
        if self._gone > max(_SMALL, self._used // 2):
            kept = np.flatnonzero(self._personas[: self._used] != _GONE)
            for name in _COLUMNS:
                setattr(self, name, getattr(self, name)[kept])
            self._used, self._gone = len(kept), 0

    def _grow(self, size: int) -> None:
        if size > len(self.keys):
            room = max(size, len(self.keys) * 3 // 2)
            for name in _COLUMNS:
                array = getattr(self, name)
                longer = np.zeros(room, array.dtype)
                longer[: self._used] = array[: self._used]
                setattr(self, name, longer)

    def _numbered(self, names: Iterable[str]) -> Ids:
        known = self._names
        return np.array([known.setdefault(name, len(known)) for name in names], np.int32)

    # --- answering -----------------------------------------------------------------------------

    def all_keys(self) -> Numbers:
        """Keys of all memories, in order."""
        there: Numbers = self.keys[: self._used][self._personas[: self._used] != _GONE]
        return there

    def places_of(self, keys: Numbers) -> Numbers:
        """Where the facts of these memories stand in the arrays; all must be there."""
        return np.searchsorted(self.keys[: self._used], keys)

    def places_among(self, persona: str, kind: str) -> Numbers:
        """Where the facts of all memories of a kind of a character stand, in order of the keys."""
        whose = self._personas[: self._used] == self._names.get(persona, _GONE - 1)
        return np.flatnonzero(whose & (self.kinds[: self._used] == self._names.get(kind, _GONE)))

    def kind_names(self) -> list[str]:
        """Names by the numbers in `kinds`; some of them are of characters."""
        return list(self._names)
