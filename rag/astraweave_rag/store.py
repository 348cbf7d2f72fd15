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
from .facts import Facts
from .index import VectorIndex
from .reads import Reads
from .record import EVERYTHING, Draft, Filter, Record, checked_draft
from .seal import is_sealed, seal
from .verify import verify as check_all
from .write import Writing

_PART = 256  # texts that are embedded at once


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
        self.facts = Facts()
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

    def update(self, key: int, vector: Vectors | None = None, **changes: Any) -> Record:
        """Change fields of a memory; its generation goes up by one, its vector follows its text.

        Args:
            vector: of the new text, of length 1, where it is known already.

        Raises:
            StoreError: no such memory or field, or a field is wrong.
            EmbedderError: a vector of a wrong shape or length, or the text cannot be embedded.
        """
        unknown = set(changes) - set(Draft.__struct_fields__)
        if unknown:
            raise StoreError(
                f"memory {key}: no field {sorted(unknown)}; those that can be changed are "
                f"{', '.join(Draft.__struct_fields__)}"
            )
        row = self._new_vector(key, changes, vector) if "text" in changes else None
        with self._writing() as write:
            before = self.get(key)
            row = self.vectors([key])[0] if row is None else row
            return write.replace(before, _changed(before, changes), row)

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

    def unlink(self, links: Iterable[tuple[int, int, str]]) -> None:
        """Take relations back; a link that is not there does not matter."""
        with self._writing() as write:
            write.unlink([(int(a), int(b), str(relation)) for a, b, relation in links])

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

        Exact where few memories are candidates or `exact` is set; else a graph finds at least 99
        of 100, see `VectorIndex`. Equal ones are in the order of their keys.
        """
        row = checked_rows(np.asarray(vector)[None], 1, self.dimensions, "given vector")[0]
        with self.reading():
            self.index.follow(self)
            keys = None if choice == EVERYTHING else self.chosen(choice)
            found, cosines = self.index.nearest(row, count, keys, exact)
        return list(zip(found.tolist(), cosines.tolist(), strict=True))

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

    def _new_vector(self, key: int, changes: dict[str, Any], given: Vectors | None) -> Vectors:
        """That of a new text; made before the write, as a model is slow and others may wait."""
        with self.reading():
            before, old = self.get(key), self.vectors([key])[0]
        text = _changed(before, changes).text
        if given is None and text == before.text:
            return np.asarray(old)
        rows = None if given is None else np.asarray(given)[None]
        return np.asarray(self._vectors_for([text], rows)[0])

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        with self._database.together():
            write = Writing(self._database)
            yield write
            write.finish()

    def _reembed(self) -> None:
        """Vectors of all texts by the new embedder; others may write until most are made."""
        made: dict[str, Vectors] = {}
        self._embed_missing(made)
        with self._writing() as write:
            self._embed_missing(made)  # what has been written meanwhile
            keys = self.keys()
            for start in range(0, len(keys), _PART):
                records = self.records(keys[start : start + _PART])
                write.reembed(records, np.stack([made[record.text] for record in records]))
            write.name_embedder(self.embedder.name, self.dimensions)

    def _embed_missing(self, made: dict[str, Vectors]) -> None:
        texts = [row[0] for row in self.rows("SELECT text FROM record ORDER BY key")]
        missing = [text for text in dict.fromkeys(texts) if text not in made]
        for start in range(0, len(missing), _PART):
            part = missing[start : start + _PART]
            made.update(zip(part, checked_vectors(self.embedder, part), strict=True))


def _changed(before: Record, changes: dict[str, Any]) -> Draft:
    fields = {name: getattr(before, name) for name in Draft.__struct_fields__}
    return checked_draft(Draft(**{**fields, **changes}))
