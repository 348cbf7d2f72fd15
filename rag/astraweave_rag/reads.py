"""What can be read of a store: memories, their vectors, their links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from .choose import order_by, where
from .database import Database
from .embed import Vectors
from .errors import StoreError
from .record import EVERYTHING, Filter, Record
from .rows import COLUMNS, SELECTED, record_of, vectors_of

SUMMARISES = "summarises"  # relation of a summary to its sources
BECAUSE = "because"  # relation of a pattern to the episodes that it rests on


class Link(NamedTuple):
    """That one memory relates to another: a summary to its sources, for example."""

    from_key: int
    to_key: int
    relation: str


class Moment(NamedTuple):
    """Up to where a cache in memory has followed a store.

    Numbers of revisions and keys that a failed write took back are given again to the next one, so
    a cache that looked while something was being written must know whether it was kept.
    """

    revision: int = -1
    tentative: bool = False  # seen inside a write that could still be taken back
    abandoned: int = 0

    def was_undone(self, now: Moment) -> bool:
        """Whether what was seen may have been taken back since."""
        return self.tentative and now.abandoned != self.abandoned


class Reads:
    """The reading half of a store."""

    def __init__(self, database: Database, dimensions: int) -> None:
        self._database = database
        self.path = database.path
        self.dimensions = dimensions  # length of a vector

    def get(self, key: int) -> Record:
        """The memory of this key; StoreError if there is none."""
        return self.records([key])[0]

    def records(self, keys: Sequence[int]) -> list[Record]:
        """The memories of these keys, in their order; StoreError if one is missing."""
        found = {row[0]: row for row in self._by_key(SELECTED, "record", keys)}
        return [record_of(found[key]) for key in self._all_of(keys, found)]

    def columns(self, keys: Sequence[int], *names: str) -> list[tuple[Any, ...]]:
        """Some fields of these memories, in their order; StoreError if one is missing."""
        wanted = ", ".join(name for name in names if name in COLUMNS)
        found = {row[0]: row[1:] for row in self._by_key(f"key, {wanted}", "record", keys)}
        return [found[key] for key in self._all_of(keys, found)]

    def vectors(self, keys: Sequence[int]) -> Vectors:
        """The vectors of these memories, one row each; StoreError if one is missing."""
        found = dict(self._by_key("key, value", "vector", keys))
        return vectors_of([found[key] for key in self._all_of(keys, found)], self.dimensions)

    def select(
        self, choice: Filter = EVERYTHING, order: str = "key", limit: int | None = None
    ) -> list[Record]:
        """The memories that a filter chooses.

        Args:
            order: key, tick or importance; with a minus before it, the greatest first.
            limit: at most so many.
        """
        return [record_of(row) for row in self._select(SELECTED, choice, order, limit)]

    def keys(
        self, choice: Filter = EVERYTHING, order: str = "key", limit: int | None = None
    ) -> list[int]:
        """Keys of the memories that a filter chooses; order and limit as in `select`."""
        return [row[0] for row in self._select("key", choice, order, limit)]

    def count(self, choice: Filter = EVERYTHING) -> int:
        """How many memories a filter chooses."""
        condition, values = where(choice)
        return int(self.rows(f"SELECT count(*) FROM record WHERE {condition}", values)[0][0])

    def links(
        self, *, from_key: int | None = None, to_key: int | None = None, relation: str | None = None
    ) -> list[Link]:
        """The links from a memory, to one, or of a relation, in order."""
        wanted = {"from_key": from_key, "to_key": to_key, "relation": relation}
        given = {name: value for name, value in wanted.items() if value is not None}
        condition = " AND ".join(f"{name} = ?" for name in given) or "1"
        rows = self.rows(
            f"SELECT from_key, to_key, relation FROM link WHERE {condition} "
            "ORDER BY from_key, relation, to_key",
            list(given.values()),
        )
        return [Link(*row) for row in rows]

    def with_summaries(self, keys: Iterable[int]) -> list[int]:
        """These keys, and those of all that summarises them or was concluded from them."""
        found = {self._whole(key) for key in keys}
        new = found
        while new:
            rows = self.rows(
                "SELECT DISTINCT from_key FROM link WHERE to_key IN (SELECT value FROM "
                "json_each(?)) AND relation IN (?, ?)",
                [msgspec.json.encode(sorted(new)).decode(), SUMMARISES, BECAUSE],
            )
            new = {row[0] for row in rows} - found
            found = found | new
        return sorted(found)

    @property
    def revision(self) -> int:
        """How many writes there were."""
        return int(self.rows("SELECT value FROM meta WHERE name = 'revision'")[0][0])

    @property
    def moment(self) -> Moment:
        """What a cache that follows the store now will have seen."""
        return Moment(self.revision, self._database.writes, self._database.abandoned)

    def gone_since(self, revision: int) -> NDArray[np.int64]:
        """Keys of what was deleted after a revision, if that is not too long ago (`KEPT`)."""
        rows = self.rows("SELECT key FROM gone WHERE revision > ?", [revision])
        return np.array([row[0] for row in rows], np.int64)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Everything read inside is of one moment, whatever other processes write meanwhile."""
        with self._database.reading():
            yield

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a SELECT."""
        return self._database.rows(statement, values)

    def __len__(self) -> int:
        return self.count()

    def chosen(self, choice: Filter) -> NDArray[np.int64]:
        """All keys that a filter chooses, in order; as one text, which is read faster than rows."""
        condition, values = where(choice)
        text = self.rows(f"SELECT group_concat(key) FROM record WHERE {condition}", values)[0][0]
        return np.sort(np.fromstring(text or "", np.int64, sep=","))

    def _select(self, columns: str, choice: Filter, order: str, limit: int | None) -> list[Any]:
        condition, values = where(choice)
        ordered = order_by(order, condition)
        return self.rows(
            f"SELECT {columns} FROM record WHERE {condition} ORDER BY {ordered} LIMIT ?",
            [*values, -1 if limit is None else limit],
        )

    def _by_key(self, columns: str, table: str, keys: Sequence[int]) -> list[Any]:
        if not len(keys):
            return []
        listed = msgspec.json.encode([self._whole(key) for key in keys]).decode()
        return self.rows(
            f"SELECT {columns} FROM {table} WHERE key IN (SELECT value FROM json_each(?))",
            [listed],
        )

    def _all_of(self, keys: Sequence[int], found: dict[int, Any]) -> Sequence[int]:
        missing = [key for key in keys if key not in found]
        if missing:
            raise StoreError(
                f"store {self.path}: no memory {missing[0]}; it was never there or was deleted"
            )
        return keys

    def _whole(self, key: object) -> int:
        if isinstance(key, bool) or not isinstance(key, int | np.integer):
            raise StoreError(f"store {self.path}: a key is a whole number, got {key!r}")
        return int(key)
