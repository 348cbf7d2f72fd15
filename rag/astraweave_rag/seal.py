"""A hash of a database that was closed cleanly, so that opening it again needs no long check."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from .errors import StoreError
from .index_file import write_whole
from .schema import IN_MEMORY

_PART = 1 << 20  # bytes that are read at once


def is_sealed(path: str) -> bool:
    """Whether a database is byte for byte as it was when it was closed.

    Raises:
        StoreError: the file is empty, though there were memories in it.
    """
    if path == IN_MEMORY:
        return True
    seal = _seal_of(path)
    try:
        kept = seal.read_bytes()
    except OSError:  # no seal: then all is looked at
        return False
    if Path(path).is_file() and not Path(path).stat().st_size:
        raise StoreError(
            f"store {path}: the file is empty, but it was not when it was closed; restore it from "
            f"a copy, or remove it and {seal.name} to begin anew"
        )
    return not _log_of(path) and kept == _hash_of(path)


def seal(path: str) -> None:
    """Note the hash of a database that nobody has open."""
    if path != IN_MEMORY and not _log_of(path):
        write_whole(_seal_of(path), [_hash_of(path)])


def _seal_of(path: str) -> Path:
    return Path(f"{path}.seal")


def _log_of(path: str) -> bool:
    """Whether there is a log that has not been brought into the file."""
    log = Path(f"{path}-wal")
    return log.is_file() and log.stat().st_size > 0


def _hash_of(path: str) -> bytes:
    found = blake2b(digest_size=32)
    try:
        with Path(path).open("rb") as file:
            while part := file.read(_PART):
                found.update(part)
    except OSError:  # there is no file
        return b""
    return b"astraweave seal 1\n" + found.hexdigest().encode() + b"\n"
