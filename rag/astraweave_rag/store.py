"""The truth about memories: one SQLite file that several processes read while one writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from . import index_file, schema
from .database import Database
from .embed import Cached, Embedder, HashingEmbedder, Vectors, checked_rows, checked_vectors
from .errors import StoreError
from .index import VectorIndex
from .reads import Reads
from .record import EVERYTHING, Draft, Filter, Record, checked_draft
from .seal import is_sealed, seal
from .verify import verify as check_all
from .write import Writing


class Store(Reads):
    """Memories with their vectors, in a file or in memory.

    What a call acknowledged survives the end of the process at any moment; with `full_sync` it
    survives a power failure too, which costs a flush of the disk for each call. Several processes
    may open one file: all read at once, and writers take turns. One store may be used by several
    threads.

    Args:
        path: the file, made if there is none; ":memory:" keeps everything in memory.
        embedder: makes the vectors; the one with which the file was made.
        reembed: make all vectors anew if the file was made with another embedder.
        full_sync: flush the disk at each write.
        verify: look at all memories if the file was not closed cleanly, or was changed since;
            this takes about 20 ms for each 1,000. False trusts the file.

    Raises:
        StoreError: the file is damaged, or something else than a store.
        EmbedderError: the file was made with another embedder.
    """

    def __init__(
        self,
        path: str | Path,
        embedder: Embedder | None = None,
        *,
        reembed: bool = False,
        full_sync: bool = False,
        verify: bool = True,
    ) -> None:
        self.embedder: Embedder = embedder or HashingEmbedder()
        name = schema.place_of(path)
        schema.check(name)
        self._sealed = is_sealed(name)
        super().__init__(Database(name), self.embedder.dimensions)
        self.queries = Cached(self.embedder)
        self.index = VectorIndex(self.dimensions)
        self._closed = False
        try:
            self._open(reembed, full_sync, verify and not self._sealed)
        except BaseException:
            self._database.close()
            raise

    def _open(self, reembed: bool, full_sync: bool, verify: bool) -> None:
        name, dimensions = self.embedder.name, self.embedder.dimensions
        schema.mark(self._database)
        self._database.prepare(full_sync)
        schema.create(self._database, name, dimensions)
        if verify:
            check_all(self._database)
        self._opened = self.revision
        known = dict(self.rows("SELECT name, value FROM meta"))
        if reembed and known.get("embedder") != name:
            self._reembed()
        else:
            schema.check_embedder(self.path, known, name, dimensions)

    # --- writing -------------------------------------------------------------------------------

    def add(self, draft: Draft) -> Record:
        """Keep a memory; it is safe when this returns."""
        return self.add_many([draft])[0]

    def add_many(self, drafts: Iterable[Draft], vectors: Vectors | None = None) -> list[Record]:
        """Keep several memories, all or none.

        Args:
            vectors: rows of length 1, where they are known already.

        Raises:
            StoreError: a field of a draft is wrong, or the file cannot be written.
            EmbedderError: vectors of a wrong shape or length.
        """
        checked = [checked_draft(draft) for draft in drafts]
        rows = self._vectors_for([draft.text for draft in checked], vectors)
        with self._writing() as write:
            return write.add(checked, rows)

    def update(self, key: int, **changes: Any) -> Record:
        """Change fields of a memory; its generation goes up by one, its vector follows its text.

        Raises:
            StoreError: no such memory or field, or a field is wrong.
        """
        unknown = set(changes) - set(Draft.__struct_fields__)
        if unknown:
            raise StoreError(
                f"memory {key}: no field {sorted(unknown)}; those that can be changed are "
                f"{', '.join(Draft.__struct_fields__)}"
            )
        with self._writing() as write:
            before = self.get(key)
            fields = {name: getattr(before, name) for name in Draft.__struct_fields__}
            draft = checked_draft(Draft(**{**fields, **changes}))
            same = draft.text == before.text
            vector = self.vectors([key]) if same else self._vectors_for([draft.text], None)
            return write.replace(before, draft, vector[0])

    def delete(self, keys: Iterable[int]) -> int:
        """Remove memories and their links, all or none; how many there were.

        The file no longer holds them after `scrub`; until then parts may be in its log.

        Raises:
            StoreError: there is no memory of one of these keys.
        """
        with self._writing() as write:
            return write.delete(sorted({self._whole(key) for key in keys}))

    def link(self, links: Iterable[tuple[int, int, str]]) -> None:
        """Relate memories: (from, to, relation) each; a link that is there already stays."""
        with self._writing() as write:
            write.link([(int(a), int(b), str(relation)) for a, b, relation in links])

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything written inside is kept at once, or, after an error, not at all.

        Raises:
            StoreError: begun inside `reading`.
        """
        with self._database.together():
            yield

    def scrub(self) -> None:
        """Leave no trace of what was deleted in the files; takes a while.

        Raises:
            StoreError: another process is reading, so that the log cannot be emptied; try again.
        """
        with self._database.lock:
            self.index.close(self)
            self.index = VectorIndex(self.dimensions)
            index_file.remove(self)
            self._database.run("INSERT INTO words (words) VALUES ('optimize')")
            self._database.run("VACUUM")
            if not self.checkpoint():
                raise StoreError(
                    f"store {self.path}: another process is reading, so its log still holds what "
                    "was deleted; call scrub again when it has finished"
                )

    def checkpoint(self) -> bool:
        """Bring the log into the file; False if another process keeps a part of it."""
        busy = self._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]
        return not busy

    # --- nearest -------------------------------------------------------------------------------

    def nearest(
        self, vector: Vectors, count: int, choice: Filter = EVERYTHING, *, exact: bool = False
    ) -> list[tuple[int, float]]:
        """Keys and cosines of the memories nearest to a vector of length 1, the nearest first.

        Exact with up to 20,000 candidates or where `exact` is set; above that, a graph finds
        about 99 of 100. Equal ones are in the order of their keys.
        """
        row = checked_rows(np.asarray(vector)[None], 1, self.dimensions, "given vector")[0]
        with self.reading():
            self.index.follow(self)
            keys = None if choice == EVERYTHING else self.chosen(choice)
            return self.index.nearest(row, count, keys, exact)

    def build_index(self) -> None:
        """Wait for the graph of a large store, which otherwise is made beside searches."""
        with self._database.lock:
            self.index.build(self)
            with self.reading():
                self.index.save(self)

    # --- the rest ------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the file; calls after this fail."""
        with self._database.lock:
            if not self._closed:
                self._closed = True
                with self.reading():
                    self.index.close(self)
                    unchanged = self._sealed and self.revision == self._opened
                self._database.close()
                if not unchanged:
                    seal(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _vectors_for(self, texts: list[str], given: Vectors | None) -> Vectors:
        if given is None:
            return checked_vectors(self.embedder, texts)
        return checked_rows(given, len(texts), self.dimensions, "given vectors")

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        with self._database.together():
            write = Writing(self._database)
            yield write
            write.finish()

    def _reembed(self) -> None:
        with self._writing() as write:
            keys = self.keys()
            for start in range(0, len(keys), 256):
                records = self.records(keys[start : start + 256])
                rows = checked_vectors(self.embedder, [record.text for record in records])
                write.reembed(records, rows)
            write.name_embedder(self.embedder.name, self.dimensions)
