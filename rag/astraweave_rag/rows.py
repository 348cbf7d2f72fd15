"""How a memory stands in the database: its columns, and the number by which damage is noticed."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np

from .embed import Vectors
from .errors import StoreError
from .record import Draft, Record

# In the order of the table; a row is digested in this order.
COLUMNS = (
    "key", "generation", "persona", "kind", "tags", "tick", "wall", "importance", "source",
    "data", "text",
)  # fmt: skip
SELECTED = ", ".join(f"record.{name}" for name in COLUMNS)
_WRAP = 1 << 64

Row = tuple[Any, ...]


def row_of(key: int, generation: int, draft: Draft) -> Row:
    """The columns of a memory."""
    return (
        key,
        generation,
        draft.persona,
        draft.kind,
        msgspec.json.encode(draft.tags).decode(),
        draft.tick,
        float(draft.wall),
        float(draft.importance),
        draft.source,
        msgspec.json.encode(draft.data, order="sorted").decode(),
        draft.text,
    )


def record_of(row: Row) -> Record:
    """The memory that these columns hold; StoreError if they cannot be read."""
    fields = dict(zip(COLUMNS, row, strict=True))
    try:
        fields["tags"] = tuple(msgspec.json.decode(fields["tags"]))
        fields["data"] = msgspec.json.decode(fields["data"])
    except (msgspec.DecodeError, TypeError) as error:
        raise StoreError(
            f"memory {row[0]}: its tags or data cannot be read ({error}); the file is damaged: "
            "restore it from a copy"
        ) from error
    return Record(**fields)


def digest_of(row: Row, vector: bytes) -> int:
    """64 bits, signed as SQLite has them, that change with any bit of a memory and its vector."""
    return number_of(msgspec.msgpack.encode((row, vector)))


def number_of(data: bytes) -> int:
    """64 bits of a hash, signed as SQLite has them."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little", signed=True)


def wrapped(total: int) -> int:
    """A sum of digests as 64 bits, signed; sums do not depend on the order."""
    return (total + (_WRAP >> 1)) % _WRAP - (_WRAP >> 1)


def bytes_of(vector: Vectors) -> bytes:
    """A vector as it is stored: float32, least byte first."""
    return vector.astype("<f4").tobytes()


def vectors_of(values: list[bytes], dimensions: int) -> Vectors:
    """Stored vectors as rows.

    Raises:
        StoreError: one of them has another length.
    """
    data = b"".join(values)
    if len(data) != 4 * dimensions * len(values):
        raise StoreError(
            f"store: {len(values)} vectors of {dimensions} numbers take "
            f"{4 * dimensions * len(values)} bytes, found {len(data)}; the file is damaged"
        )
    return np.frombuffer(data, "<f4").reshape(len(values), dimensions).astype(np.float32)
