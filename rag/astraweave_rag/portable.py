"""Export and import of memories as JSON lines: a header, then a line for each memory and link.

A file is read as a whole or not at all. The header counts the lines and holds a hash of them, so
that a file that was cut or changed is noticed. Vectors are not in it: they are made anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from .errors import PortableError, RagError
from .record import EVERYTHING, Draft, Filter, Record
from .store import Store

VERSION = 1


class Header(Struct, frozen=True, forbid_unknown_fields=True):
    """The first line."""

    format: Literal["astraweave-memories"]
    version: int
    memories: int
    links: int
    digest: str


class Line(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A memory, or a link between two of the keys before."""

    memory: dict[str, Any] | None = None
    link: tuple[int, int, str] | None = None


def export(store: Store, path: Path, choice: Filter = EVERYTHING) -> int:
    """Write the chosen memories, and the links between them, to a file; how many memories.

    A file that is there is replaced once the new one is complete.

    Raises:
        PortableError: the file cannot be written.
    """
    with store.reading():
        records = store.select(choice)
        links = _links_among(store, {record.key for record in records})
    body = b"".join(
        [_encoded(Line(memory=_plain(record))) for record in records]
        + [_encoded(Line(link=link)) for link in links]
    )
    header = Header("astraweave-memories", VERSION, len(records), len(links), _digest(body))
    _replace(path, _encoded(header) + body)
    return len(records)


def load(store: Store, path: Path, persona: str | None = None) -> list[Record]:
    """Add the memories of an exported file under new keys, all or, after an error, none.

    Args:
        persona: whose memories they become; by default whose they were.

    Raises:
        PortableError: the file cannot be read, was cut or changed, or a line is malformed; the
            message names the line.
        StoreError: a memory that the store does not take.
    """
    drafts, keys, links = _read(path)
    if persona is not None:
        drafts = [msgspec.structs.replace(draft, persona=persona) for draft in drafts]
    with store.together():
        try:
            records = store.add_many(drafts)
        except RagError as error:
            raise PortableError(f"{path}: {error}") from error
        new = {old: record.key for old, record in zip(keys, records, strict=True)}
        store.link((new[a], new[b], relation) for a, b, relation in links)
    return records


# --- writing --------------------------------------------------------------------------------------


def _links_among(store: Store, keys: set[int]) -> list[tuple[int, int, str]]:
    return [(a, b, relation) for a, b, relation in store.links() if a in keys and b in keys]


def _plain(record: Record) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(record)
    fields.pop("generation")
    return fields


def _encoded(line: Header | Line) -> bytes:
    return msgspec.json.encode(line, order="sorted") + b"\n"


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()


def _replace(path: Path, data: bytes) -> None:
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with half.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
    except OSError as error:
        raise PortableError(f"{path} cannot be written: {error}") from error


# --- reading --------------------------------------------------------------------------------------


def _read(path: Path) -> tuple[list[Draft], list[int], list[tuple[int, int, str]]]:
    try:
        head, _, body = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise PortableError(f"{path} cannot be read: {error}") from error
    header = _header(path, head)
    if _digest(body) != header.digest:
        raise PortableError(
            f"{path}: was cut or changed since it was exported; nothing was imported, export again"
        )
    drafts: list[Draft] = []
    keys: list[int] = []
    links: list[tuple[int, int, str]] = []
    for place, line in _lines(path, body):
        if line.memory is not None:
            key, draft = _draft(place, line.memory)
            keys.append(key)
            drafts.append(draft)
        elif line.link is not None:
            links.append(line.link)
    _check(path, header, keys, links)
    return drafts, keys, links


def _header(path: Path, head: bytes) -> Header:
    try:
        header = msgspec.json.decode(head, type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise PortableError(f"{path}:1: no export of memories: {error}") from error
    if header.version != VERSION:
        raise PortableError(
            f"{path}: version {header.version}, this program reads {VERSION}; export it again"
        )
    return header


def _lines(path: Path, body: bytes) -> Iterator[tuple[str, Line]]:
    for number, text in enumerate(body.splitlines(), 2):
        place = f"{path}:{number}"
        try:
            line = msgspec.json.decode(text, type=Line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PortableError(f"{place}: {error}") from error
        if (line.memory is None) == (line.link is None):
            raise PortableError(f"{place}: expected either a memory or a link")
        yield place, line


def _draft(place: str, fields: dict[str, Any]) -> tuple[int, Draft]:
    key = fields.pop("key", None)
    if not isinstance(key, int) or isinstance(key, bool):
        raise PortableError(f"{place}: a memory needs a whole number as its key, got {key!r}")
    unknown = set(fields) - set(Draft.__struct_fields__)
    if unknown:
        raise PortableError(f"{place}: a memory has no field {sorted(unknown)}")
    try:
        return key, msgspec.convert(fields, Draft)
    except msgspec.ValidationError as error:
        raise PortableError(f"{place}: {error}") from error


def _check(path: Path, header: Header, keys: list[int], links: list[tuple[int, int, str]]) -> None:
    if (header.memories, header.links) != (len(keys), len(links)):
        raise PortableError(
            f"{path}: the header counts {header.memories} memories and {header.links} links, "
            f"there are {len(keys)} and {len(links)}"
        )
    if len(set(keys)) != len(keys):
        raise PortableError(f"{path}: two memories have the same key")
    stray = next((link for link in links if not {link[0], link[1]} <= set(keys)), None)
    if stray is not None:
        raise PortableError(f"{path}: a link from {stray[0]} to {stray[1]} leads out of the file")
