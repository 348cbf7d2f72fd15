"""Files of the engine: a magic, a version, a digest, and one compressed, typed document.

The digest is checked before anything is decoded, the document by its type after; so a truncated,
damaged or foreign file is refused with one clear error.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..errors import FormatError, UsageError

T = TypeVar("T", bound=msgspec.Struct)
_DIGEST = 16
_MAX_BYTES = 1 << 32


def save(path: str | Path, magic: bytes, version: int, document: msgspec.Struct) -> None:
    """Write a document; the old file stays until the new one is complete.

    Raises:
        UsageError: the path cannot be written.
    """
    body = zlib.compress(msgspec.msgpack.encode(document), 1)
    head = magic + version.to_bytes(2, "little")
    digest = hashlib.blake2b(head + body, digest_size=_DIGEST).digest()
    path = Path(path)
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(head + digest + body)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error


def load(path: str | Path, magic: bytes, version: int, kind: type[T], what: str) -> T:
    """Read a document that `save` wrote.

    Raises:
        UsageError: there is no such file, or it cannot be read.
        FormatError: not such a file, another version, truncated or damaged.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    start = len(magic) + 2
    if raw[: len(magic)] != magic:
        raise FormatError(f"{path} is not a {what}")
    found = int.from_bytes(raw[len(magic) : start], "little")
    if len(raw) >= start and found != version:
        raise FormatError(
            f"{path} is a {what} of version {found}; this engine reads version {version}"
        )
    body = raw[start + _DIGEST :]
    digest = hashlib.blake2b(raw[:start] + body, digest_size=_DIGEST).digest()
    if raw[start : start + _DIGEST] != digest:
        raise FormatError(f"{path} is truncated or damaged: its digest does not match")
    return _decode(body, kind, f"{path} is not a valid {what}")


def _decode(body: bytes, kind: type[T], complaint: str) -> T:
    try:
        unpacker = zlib.decompressobj()
        document = unpacker.decompress(body, _MAX_BYTES)
        return msgspec.msgpack.decode(document, type=kind)
    except (zlib.error, msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise FormatError(f"{complaint}: {error}") from error


def layouts_as_data(layouts: Any) -> list[dict[str, Any]]:
    """Layouts as plain data, in the order of their mask bits."""
    return [layout.describe() for layout, _ in sorted(layouts.values(), key=lambda pair: pair[1])]
