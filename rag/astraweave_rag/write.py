"""What one write does to the tables; it is applied as a whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .database import Database
from .embed import Vectors
from .errors import StoreError
from .record import Draft, Record
from .rows import COLUMNS, bytes_of, digest_of, number_of, record_of, row_of, wrapped

KEPT = 4096  # writes that an index may be behind and still be told what is gone
_PRUNED_EVERY = 64  # writes
_INSERT = (
    f"INSERT INTO record ({', '.join(COLUMNS)}, revision, digest) "
    f"VALUES ({', '.join('?' * (len(COLUMNS) + 2))})"
)
_UPDATE = (
    f"UPDATE record SET {', '.join(f'{name} = ?' for name in COLUMNS)}, revision = ?, digest = ? "
    "WHERE key = ?"
)


class Writing:
    """One write, in a transaction that the store begins and ends."""

    def __init__(self, database: Database) -> None:
        self._database = database
        meta = dict(database.rows("SELECT name, value FROM meta"))
        self._sum: int = meta["sum"]
        self._last: int = meta["last"]  # key that was given last
        self.revision: int = meta["revision"] + 1

    def add(self, drafts: Sequence[Draft], vectors: Vectors) -> list[Record]:
        """Insert memories under new keys."""
        rows = [row_of(self._last + n, 1, draft) for n, draft in enumerate(drafts, 1)]
        self._last += len(rows)
        values = [bytes_of(vector) for vector in vectors]
        digests = [digest_of(row, value) for row, value in zip(rows, values, strict=True)]
        run = self._database.run_many
        run(_INSERT, [(*row, self.revision, d) for row, d in zip(rows, digests, strict=True)])
        run(
            "INSERT INTO vector VALUES (?, ?)",
            [(row[0], v) for row, v in zip(rows, values, strict=True)],
        )
        for row, draft in zip(rows, drafts, strict=True):
            self._tag(row[0], draft.tags)
        self._sum += sum(digests)
        return [record_of(row) for row in rows]

    def replace(self, before: Record, draft: Draft, vector: Vectors) -> Record:
        """Give a memory new fields."""
        row, value = row_of(before.key, before.generation + 1, draft), bytes_of(vector)
        digest = digest_of(row, value)
        self._sum += digest - self._digests([before.key])[0]
        run = self._database.run
        run(_UPDATE, (*row, self.revision, digest, before.key))
        run("UPDATE vector SET value = ? WHERE key = ?", (value, before.key))
        run("DELETE FROM tag WHERE key = ?", (before.key,))
        self._tag(before.key, draft.tags)
        return record_of(row)

    def delete(self, keys: Sequence[int]) -> int:
        """Remove memories, and note that they are gone for those who index them."""
        self._sum -= sum(self._digests(keys))
        run, each = self._database.run_many, [(key,) for key in keys]
        for key in keys:
            self._unlink(key)
        for table in ("tag", "vector", "record"):
            run(f"DELETE FROM {table} WHERE key = ?", each)
        run("INSERT INTO gone VALUES (?, ?)", [(key, self.revision) for key in keys])
        return len(keys)

    def link(self, links: Sequence[tuple[int, int, str]]) -> None:
        """Insert links that are not there yet; both ends must be."""
        for one in links:
            self._digests(one[:2])
            if self._database.run(
                "INSERT OR IGNORE INTO link (from_key, to_key, relation) VALUES (?, ?, ?)", one
            ):
                self._sum += link_digest(*one)

    def unlink(self, links: Sequence[tuple[int, int, str]]) -> None:
        """Remove links; one that is not there does not matter."""
        for one in links:
            if self._database.run(
                "DELETE FROM link WHERE from_key = ? AND to_key = ? AND relation = ?", one
            ):
                self._sum -= link_digest(*one)

    def reembed(self, records: Sequence[Record], vectors: Vectors) -> None:
        """Give memories new vectors."""
        for record, vector in zip(records, vectors, strict=True):
            self.replace(record, record, vector)

    def name_embedder(self, name: str, dimensions: int) -> None:
        """Note which embedder made the vectors."""
        self._database.run_many(
            "UPDATE meta SET value = ? WHERE name = ?",
            [(name, "embedder"), (dimensions, "dimensions")],
        )

    def finish(self) -> None:
        """Note the revision, and forget what only a very old index would need."""
        run = self._database.run
        total = wrapped(self._sum)
        state = [(self.revision, "revision"), (total, "sum"), (self._last, "last")]
        self._database.run_many("UPDATE meta SET value = ? WHERE name = ?", state)
        run("INSERT INTO history VALUES (?, ?)", (self.revision, total))
        if self.revision % _PRUNED_EVERY == 0:
            run("DELETE FROM history WHERE revision <= ?", (self.revision - KEPT,))
            run("DELETE FROM gone WHERE revision <= ?", (self.revision - KEPT,))

    def _tag(self, key: int, tags: Sequence[str]) -> None:
        if not tags:
            return
        self._database.run_many(
            "INSERT INTO tag VALUES (?, ?)", [(tag, key) for tag in sorted(set(tags))]
        )

    def _unlink(self, key: int) -> None:
        found = self._database.rows(
            "SELECT from_key, to_key, relation FROM link WHERE from_key = ? OR to_key = ?",
            (key, key),
        )
        self._sum -= sum(link_digest(*one) for one in found)
        self._database.run("DELETE FROM link WHERE from_key = ? OR to_key = ?", (key, key))

    def _digests(self, keys: Sequence[int]) -> list[int]:
        found: dict[int, int] = dict(
            self._database.rows(
                "SELECT key, digest FROM record WHERE key IN (SELECT value FROM json_each(?))",
                (msgspec.json.encode(keys).decode(),),
            )
        )
        for key in keys:
            if key not in found:
                raise StoreError(
                    f"store {self._database.path}: no memory {key}; it was never there or was "
                    "deleted"
                )
        return [found[key] for key in keys]


def link_digest(from_key: int, to_key: int, relation: str) -> int:
    """64 bits that change with any part of a link."""
    return number_of(msgspec.msgpack.encode((from_key, to_key, relation)))
