"""The tables of a store, how a file becomes one, and how it is recognised."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from .database import Database
from .errors import EmbedderError, StoreError

APPLICATION = 0x41575247  # in the header of the file: it is ours
_MAGIC, _HEAD = b"SQLite format 3\0", 100  # how a database begins; bytes of its header
FORMAT = 1
IN_MEMORY = ":memory:"
FACTS = ("dimensions", "last", "revision", "sum")  # whole numbers in meta

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE record (
    key INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    persona TEXT NOT NULL,
    kind TEXT NOT NULL,
    tags TEXT NOT NULL,
    tick INTEGER NOT NULL,
    wall REAL NOT NULL,
    importance REAL NOT NULL,
    source TEXT NOT NULL,
    data TEXT NOT NULL,
    revision INTEGER NOT NULL,
    digest INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX record_persona ON record (persona, kind, tick);
CREATE INDEX record_kind ON record (kind, tick);
CREATE INDEX record_tick ON record (tick);
CREATE INDEX record_importance ON record (importance);
CREATE INDEX record_source ON record (source);
CREATE INDEX record_revision ON record (revision);
CREATE TABLE vector (key INTEGER PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE tag (name TEXT, key INTEGER, PRIMARY KEY (name, key)) WITHOUT ROWID;
CREATE INDEX tag_key ON tag (key);
CREATE TABLE link (
    from_key INTEGER, relation TEXT, to_key INTEGER, PRIMARY KEY (from_key, relation, to_key)
) WITHOUT ROWID;
CREATE INDEX link_to ON link (to_key);
CREATE TABLE gone (key INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
CREATE INDEX gone_revision ON gone (revision);
CREATE TABLE history (revision INTEGER PRIMARY KEY, sum INTEGER NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (
    text, content = 'record', content_rowid = 'key', tokenize = 'porter unicode61'
);
CREATE TRIGGER record_added AFTER INSERT ON record BEGIN
    INSERT INTO words (rowid, text) VALUES (new.key, new.text);
END;
CREATE TRIGGER record_removed AFTER DELETE ON record BEGIN
    INSERT INTO words (words, rowid, text) VALUES ('delete', old.key, old.text);
END;
CREATE TRIGGER record_rewritten AFTER UPDATE OF text ON record BEGIN
    INSERT INTO words (words, rowid, text) VALUES ('delete', old.key, old.text);
    INSERT INTO words (rowid, text) VALUES (new.key, new.text);
END;
"""


def check(path: str) -> None:
    """Make sure that a file is a store of this format, empty or missing, before SQLite sees it.

    SQLite would apply a log that lies beside a file to whatever the file has become.
    """
    if path == IN_MEMORY or not Path(path).is_file() or Path(f"{path}-journal").is_file():
        return
    try:
        with Path(path).open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise StoreError(f"store {path}: {error.strerror}; it must be readable") from error
    if not head:
        return
    application, version = (int.from_bytes(head[at : at + 4]) for at in (68, 60))
    if head[: len(_MAGIC)] != _MAGIC or len(head) < _HEAD or application != APPLICATION:
        raise StoreError(
            f"store {path}: this is no store of memories, or it is damaged at its beginning; "
            "choose another file, this one was left as it is"
        )
    if version != FORMAT:
        raise StoreError(
            f"store {path}: format {version}, this version reads {FORMAT}; open it with the "
            "version that wrote it and export its memories"
        )


def create(database: Database, embedder: str, dimensions: int) -> None:
    """Make the tables if there are none; of several processes that try, one does."""
    if _tables(database):
        return
    with database.together():
        if _tables(database):
            return
        for statement in statements():
            database.run(statement)
        start = {"embedder": embedder, "dimensions": dimensions, "revision": 0, "sum": 0, "last": 0}
        database.run_many("INSERT INTO meta VALUES (?, ?)", start.items())
        database.run("INSERT INTO history VALUES (0, 0)")


def mark(database: Database) -> None:
    """Say in the header of a new file that it is a store, before anything else is in it.

    At once, because another process may read the header at any moment.
    """
    if _tables(database):
        return
    with database.together():
        if not _tables(database):
            database.run(f"PRAGMA application_id = {APPLICATION}")
            database.run(f"PRAGMA user_version = {FORMAT}")


def _tables(database: Database) -> int:
    return int(database.rows("SELECT count(*) FROM sqlite_master")[0][0])


def statements() -> list[str]:
    """The statements of TABLES one by one: `executescript` would commit in between."""
    found, begun = [], ""
    for line in TABLES.splitlines():
        begun += line + "\n"
        if sqlite3.complete_statement(begun):
            found.append(begun.strip().rstrip(";"))
            begun = ""
    return found


def embedder_of(path: str) -> tuple[str, int] | None:
    """Name and dimensions of the embedder that made a store; None if there is no store yet.

    Raises:
        StoreError: the file is something else, or damaged.
    """
    check(path)
    if not Path(path).is_file():
        return None
    database = Database(path)
    try:
        if not _tables(database):
            return None
        known = dict(database.rows("SELECT name, value FROM meta"))
        return str(known["embedder"]), int(known["dimensions"])
    except (KeyError, ValueError, TypeError) as error:
        raise StoreError(
            f"store {path}: it does not say which embedder made it; the file is damaged: restore "
            "it from a copy"
        ) from error
    finally:
        database.close()


def check_embedder(path: str, known: dict[str, object], name: str, dimensions: int) -> None:
    """Refuse an embedder other than the one that made the vectors."""
    if (known.get("embedder"), known.get("dimensions")) != (name, dimensions):
        raise EmbedderError(
            f"store {path}: its vectors were made by {known.get('embedder')} "
            f"({known.get('dimensions')} numbers), not by {name} ({dimensions}); open it with that "
            "embedder (`astraweave memory --model FILE`), or with reembed=True to make all anew"
        )


def place_of(path: str | Path) -> str:
    """The path as text; refused where no file can be."""
    text = str(path)
    if text != IN_MEMORY and (not text.strip() or Path(text).is_dir()):
        raise StoreError(f"store {text!r}: a file is expected; name one, or {IN_MEMORY!r}")
    if text != IN_MEMORY and not Path(text).absolute().parent.is_dir():
        raise StoreError(f"store {text}: its folder does not exist; make it first")
    return text
