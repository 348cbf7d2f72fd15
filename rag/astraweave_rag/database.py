"""One connection to a database: its settings, its errors, and transactions within transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from time import sleep
from typing import Any

from .errors import StoreError

_WAIT = 30.0  # seconds for another process that writes
_TRIES, _PAUSE = 50, 0.005  # and for one that makes the file, some seconds together


class Database:
    """A connection that several threads may use, one after the other.

    Args:
        path: a file, or ":memory:".

    Raises:
        StoreError: the file cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.lock = RLock()
        self._depth = 0  # of transactions and their parts
        self.writes = False  # whether what is read now may still be taken back
        self.abandoned = 0  # transactions and parts that were taken back
        with told(path):
            self._connection = sqlite3.connect(
                path, timeout=_WAIT, isolation_level=None, check_same_thread=False
            )

    def prepare(self, full_sync: bool) -> None:
        """Settings: readers beside a writer, and nothing left of what is deleted."""
        self._write_ahead()
        self.run(f"PRAGMA synchronous = {'FULL' if full_sync else 'NORMAL'}")
        self.run("PRAGMA secure_delete = ON")
        self.run("PRAGMA cell_size_check = ON")
        self.run("PRAGMA temp_store = MEMORY")
        self.run("PRAGMA cache_size = -16384")

    def _write_ahead(self) -> None:
        """Readers beside a writer. While another process makes the file SQLite refuses at once."""
        for pause in range(_TRIES):
            if self.rows("PRAGMA journal_mode")[0][0] in ("wal", "memory"):
                return
            try:
                self.run("PRAGMA journal_mode = WAL")
            except StoreError:
                if pause == _TRIES - 1:
                    raise
                sleep(_PAUSE * pause)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a SELECT."""
        with self.lock, told(self.path):
            return self._connection.execute(statement, values).fetchall()

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Execute a statement; how many rows it changed."""
        with self.lock, told(self.path):
            done = self._connection.execute(statement, values)
            done.fetchall()
            return done.rowcount

    def run_many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """Execute a statement with each of these parameters."""
        with self.lock, told(self.path):
            self._connection.executemany(statement, values)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Everything read inside is of one moment, whatever other processes write meanwhile."""
        with self.lock:
            if self._depth:
                yield
            else:
                with self._inside("BEGIN", "COMMIT", ["ROLLBACK"]):
                    yield

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything written inside is kept at once, or, after an error, not at all.

        Raises:
            StoreError: begun inside `reading`.
        """
        with self.lock:
            if not self._depth:
                with self._inside("BEGIN IMMEDIATE", "COMMIT", ["ROLLBACK"]):
                    self.writes = True
                    try:
                        yield
                    finally:
                        self.writes = False
            elif not self.writes:
                raise StoreError(f"store {self.path}: write outside of `reading`, not inside it")
            else:
                abandon = ["ROLLBACK TO part", "RELEASE part"]
                with self._inside("SAVEPOINT part", "RELEASE part", abandon):
                    yield

    @contextmanager
    def _inside(self, begin: str, commit: str, abandon: Sequence[str]) -> Iterator[None]:
        self.run(begin)
        self._depth += 1
        try:
            try:
                yield
            finally:
                self._depth -= 1
            self.run(commit)
        except BaseException:
            self.abandoned += 1
            if self._connection.in_transaction:  # SQLite ends some by itself, when a disk is full
                for statement in abandon:
                    self.run(statement)
            raise

    def close(self) -> None:
        """Close the connection; calls after this fail."""
        with self.lock, told(self.path):
            self._connection.close()


@contextmanager
def told(path: str) -> Iterator[None]:
    """What SQLite raises as an error of ours that names the file."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError) as error:
        # A Unicode error is text that cannot be stored, or a message of SQLite about damaged text.
        raise StoreError(f"store {path}: {error}{_advice(str(error))}") from error


def _advice(text: str) -> str:
    if "locked" in text:
        return "; another process has been writing for too long: try again"
    if any(
        word in text
        for word in ("malformed", "not a database", "corrupt", "can't decode", "Could not decode")
    ):
        return "; the file is damaged or something else: restore it from a copy"
    return ""
