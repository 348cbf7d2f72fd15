"""The graph on disk: a cache beside the database, never loaded unless it is whole and fits.

The file is a line with its format, a hash of the rest, the length of a header, the header as JSON,
the keys by slot and the graph. Its header names the state of the store that it belongs to.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from .graph import CONNECTIVITY, EFFORT, Graph
from .rank import Numbers
from .schema import IN_MEMORY

if TYPE_CHECKING:
    from .store import Store

_FIRST = b"astraweave memory index 2\n"
_HASH = 32  # bytes


class Kept(NamedTuple):
    """What a file holds: the graph of a store at a revision, and whose slots are in it."""

    revision: int
    keys: Numbers
    graph: Graph


class Header(msgspec.Struct, forbid_unknown_fields=True):
    """What must agree with the store and with this program."""

    made_by: str
    embedder: str
    dimensions: int
    revision: int
    sum: int
    slots: int
    effort: int


def path_of(store: Store) -> Path | None:
    """Where the file of a store is; a store in memory has none."""
    return None if store.path == IN_MEMORY else Path(f"{store.path}.index")


def save(store: Store, kept: Kept) -> bool:
    """Write the file as a whole or not at all; whether it was written."""
    path = path_of(store)
    state = None if path is None else _sum_at(store, kept.revision)
    if path is None or state is None:
        return False
    head = msgspec.json.encode(
        Header(
            made_by=_maker(),
            embedder=store.embedder.name,
            dimensions=store.dimensions,
            revision=kept.revision,
            sum=state,
            slots=len(kept.keys),
            effort=kept.graph.effort,
        )
    )
    parts = [len(head).to_bytes(8, "little"), head, kept.keys.astype("<i8").tobytes()]
    return write_whole(path, sealed([*parts, kept.graph.to_bytes()]))


def load(store: Store) -> Kept | None:
    """What the file holds; None if there is none, or if it is damaged or of another state."""
    path = path_of(store)
    body = None if path is None else unsealed(path)
    if body is None:
        return None
    length = int.from_bytes(body[:8], "little")
    head = msgspec.json.decode(body[8 : 8 + length], type=Header)
    meant = (_maker(), store.embedder.name, store.dimensions, _sum_at(store, head.revision))
    if (head.made_by, head.embedder, head.dimensions, head.sum) != meant:
        return None
    start = 8 + length
    keys = np.frombuffer(body, "<i8", head.slots, start).astype(np.int64)
    graph = bytes(body[start + 8 * head.slots :])
    return Kept(head.revision, keys, Graph.from_bytes(graph, head.dimensions, head.effort))


def remove(store: Store) -> None:
    """Remove the file, if there is one."""
    path = path_of(store)
    if path is not None:
        path.unlink(missing_ok=True)


def sealed(parts: list[bytes]) -> list[bytes]:
    """A file with its first line and the hash of what follows."""
    seal = blake2b(digest_size=_HASH)
    for part in parts:
        seal.update(part)
    return [_FIRST, seal.digest(), *parts]


def unsealed(path: Path) -> memoryview | None:
    """What follows the hash in a file; None if there is no file or the hash does not agree."""
    try:
        data = memoryview(path.read_bytes())
    except OSError:  # missing, or not for us: it is only a cache
        return None
    start = len(_FIRST) + _HASH
    body = data[start:]
    if data[: len(_FIRST)] != _FIRST or len(data) < start:
        return None
    return body if blake2b(body, digest_size=_HASH).digest() == data[len(_FIRST) : start] else None


def write_whole(path: Path, parts: list[bytes]) -> bool:
    """Replace a file at once, through a temporary one that is on the disk before it is renamed.

    False where the disk is full or the folder may not be written: the file is only a cache.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with temporary.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        return False
    return True


def _sum_at(store: Store, revision: int) -> int | None:
    """What the digests of all memories added up to at a revision, if that is still known."""
    found = store.rows("SELECT sum FROM history WHERE revision = ?", [revision])
    return int(found[0][0]) if found else None


def _maker() -> str:
    """The program and the parameters whose graphs are the same."""
    return f"usearch {version('usearch')}, {CONNECTIVITY}, {EFFORT}"
