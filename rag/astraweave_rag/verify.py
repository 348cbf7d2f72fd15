"""Whether a database holds what was written to it: its pages, its rows, and what follows from them.

SQLite keeps no checksum of a page. So each memory has a digest, their sum stands in the table of
facts, and all of it is computed anew where a file may have changed. What follows from the memories
is made anew; a memory that changed cannot be, and the file is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from .database import Database
from .errors import StoreError
from .rows import SELECTED, digest_of, wrapped
from .schema import FACTS, statements
from .write import link_digest

_PART = 2048  # memories that are looked at at once


def verify(database: Database) -> None:
    """Look at everything in a store; make the index of words anew if that alone is damaged.

    Raises:
        StoreError: something that cannot be made anew is damaged; the message says what.
    """
    with database.reading():
        _check_schema(database)
        meta = _meta(database)
        total, last = _check_memories(database)
        if meta["sum"] != total or meta["last"] < last:
            raise damaged(database, "memories are missing, or others have been put in their place")
        newest = database.rows("SELECT revision, sum FROM history ORDER BY revision DESC LIMIT 1")
        if newest != [(meta["revision"], meta["sum"])]:
            raise damaged(database, "its history does not agree with its memories")
    _check_words(database)
    found = database.rows("PRAGMA integrity_check(1)")
    if found != [("ok",)]:
        raise damaged(database, str(found[0][0]) if found else "no answer about its pages")


def damaged(database: Database, what: str) -> StoreError:
    """The error that says what is damaged and what to do."""
    return StoreError(
        f"store {database.path}: the file is damaged ({what}); restore it from a copy, or export "
        "what can still be read by opening it with verify=False"
    )


def _check_schema(database: Database) -> None:
    expected = {text for text in statements() if text.startswith("CREATE")}
    found = {row[0] for row in database.rows("SELECT sql FROM sqlite_master WHERE sql NOTNULL")}
    if not expected <= found:
        raise damaged(database, "its tables are not those that were made")
    extra = [text for text in found - expected if not text.startswith("CREATE TABLE 'words_")]
    if extra:
        raise damaged(database, "it has tables or triggers that were not made here")


def _meta(database: Database) -> dict[str, int]:
    meta = dict(database.rows("SELECT name, value FROM meta"))
    numbers = {name: meta.get(name) for name in FACTS}
    if not all(isinstance(value, int) for value in numbers.values()):
        raise damaged(database, "its table of facts")
    return {name: int(value) for name, value in numbers.items() if value is not None}


def _check_memories(database: Database) -> tuple[int, int]:
    """Sum of all digests, and the greatest key."""
    total, last, tags = 0, 0, set()
    for row, digest, vector in _memories(database):
        if digest_of(row, vector) != digest:
            raise damaged(database, f"memory {row[0]}")
        total, last = total + digest, row[0]
        tags |= {(tag, row[0]) for tag in msgspec.json.decode(row[4])}
    total += sum(
        link_digest(*link) for link in database.rows("SELECT from_key, to_key, relation FROM link")
    )
    if set(database.rows("SELECT name, key FROM tag")) != tags:
        raise damaged(database, "its table of tags")
    if database.rows("SELECT count(*) FROM vector") != database.rows("SELECT count(*) FROM record"):
        raise damaged(database, "there are more vectors than memories")
    return wrapped(total), last


def _memories(database: Database) -> Iterator[tuple[tuple[Any, ...], int, bytes]]:
    last = -(1 << 63)
    while True:
        rows = database.rows(
            f"SELECT {SELECTED}, record.digest, vector.value FROM record "
            "LEFT JOIN vector ON vector.key = record.key WHERE record.key > ? "
            "ORDER BY record.key LIMIT ?",
            [last, _PART],
        )
        for row in rows:
            if not isinstance(row[-1], bytes) or not isinstance(row[-2], int):
                raise damaged(database, f"memory {row[0]}")
            yield row[:-2], row[-2], row[-1]
        if len(rows) < _PART:
            return
        last = rows[-1][0]


def _check_words(database: Database) -> None:
    """Compare the index of words with the memories; it follows from them, so it is made anew."""
    check = "INSERT INTO words (words, rank) VALUES ('integrity-check', 1)"
    try:
        database.run(check)
    except StoreError:
        database.run("INSERT INTO words (words) VALUES ('rebuild')")
        database.run(check)
