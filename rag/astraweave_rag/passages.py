"""Cuts Markdown, plain text and TOML files into passages, each with a name that lasts.

A passage of Markdown is a section, one of TOML a table that holds a text, one of plain text some
paragraphs. Long ones are cut between paragraphs. The name is `file#anchor`, so that an unchanged
passage has the same name when the file is read again.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from .errors import PassageError

LONGEST = 1200  # characters of a passage: some 300 tokens, what embedding models take at once
SUFFIXES = (".md", ".markdown", ".txt", ".toml")
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_NAMES = ("id", "name", "title", "key")  # what may name a table, the first that it has
_SILENT = ("id", "next", "next_id", "goto")  # keys of a table that say nothing to a reader


class Passage(msgspec.Struct, frozen=True):
    """A piece of a file: its text, its name, and what it stands under."""

    source: str  # file#anchor
    title: str
    text: str


def passages_of(path: Path, name: str = "", longest: int = LONGEST) -> list[Passage]:
    """The passages of a file, in order; `name` is what it is called in their names.

    Raises:
        PassageError: the file cannot be read, is not UTF-8 or not valid TOML, or is of another
            kind.
    """
    if path.suffix.lower() not in SUFFIXES:
        kinds = ", ".join(SUFFIXES)
        raise PassageError(f"{path}: expected a file that ends in {kinds}, got {path.suffix!r}")
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors put a mark before the text
    except (OSError, UnicodeDecodeError) as error:
        raise PassageError(f"{path} cannot be read as UTF-8 text: {error}") from error
    return split(text, path.suffix.lower(), name or path.name, longest)


def split(text: str, suffix: str, name: str, longest: int = LONGEST) -> list[Passage]:
    """The passages of a text; `suffix` says how it is written.

    Raises:
        PassageError: it is not valid TOML although it should be.
    """
    if suffix == ".toml":
        whole = list(_tables(text, name))
    elif suffix == ".txt":
        whole = [(_slug(Path(name).stem), Path(name).stem, text)]
    else:
        whole = list(_sections(text, name))
    taken: dict[str, int] = {}
    found = []
    for anchor, title, body in whole:
        for piece in _pieces(body, longest):
            taken[anchor] = taken.get(anchor, 0) + 1
            suffixed = anchor if taken[anchor] == 1 else f"{anchor}-{taken[anchor]}"
            found.append(Passage(f"{name}#{suffixed}", title, piece))
    return found


# -- Markdown --------------------------------------------------------------------------------------


def _sections(text: str, name: str) -> Iterator[tuple[str, str, str]]:
    """Anchor, path of headings, and text of each section that has any."""
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    fenced = False

    def section() -> tuple[str, str, str]:
        title = " › ".join(heading for _, heading in path) or Path(name).stem
        return _slug(path[-1][1] if path else Path(name).stem), title, "\n".join(lines).strip()

    for line in text.splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        if any(map(str.strip, lines)):
            yield section()
        lines.clear()
        level = len(heading[1])
        path[:] = [each for each in path if each[0] < level] + [(level, heading[2])]
    if any(map(str.strip, lines)):
        yield section()


def _slug(heading: str) -> str:
    """The anchor of a heading, as web pages of Markdown have it."""
    kept = re.sub(r"[^\w\s-]", "", heading.lower())
    return re.sub(r"\s+", "-", kept.strip())


# -- TOML ------------------------------------------------------------------------------------------


def _tables(text: str, name: str) -> Iterator[tuple[str, str, str]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PassageError(f"{name} is not valid TOML: {error}") from error
    stem = Path(name).stem
    head = {key: value for key, value in document.items() if not _holds_tables(value)}
    if _says_something(head):
        yield _passage(head, stem)
    yield from _below({key: document[key] for key in document if key not in head}, stem)


def _holds_tables(value: Any) -> bool:
    rows = value if isinstance(value, list) else [value]
    return any(isinstance(row, dict) for row in rows)


def _holds_text(table: Mapping[str, Any]) -> bool:
    return any(isinstance(value, str) and " " in value for value in table.values())


def _says_something(table: Mapping[str, Any]) -> bool:
    """Whether there is text in it, were it a single word."""
    said = [value for key, value in table.items() if key not in _SILENT]
    rows = [row for value in said for row in (value if isinstance(value, list) else [value])]
    return any(isinstance(row, str) and row.strip() for row in rows)


def _passage(table: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    title = str(table.get("title") or table.get("name") or table.get("speaker") or name)
    return _slug(name), title, "\n".join(_told(table))


def _below(table: Mapping[str, Any], name: str) -> Iterator[tuple[str, str, str]]:
    """A table that holds text is a passage with all that is in it; others are looked through.

    What those say themselves, a name for example, is a passage of its own.
    """
    if _holds_text(table):
        yield _passage(table, name)
        return
    own = {key: value for key, value in table.items() if not _holds_tables(value)}
    if _says_something(own):
        yield _passage(own, name)
    for key, value in table.items():
        rows = value if isinstance(value, list) else [value]
        for number, row in enumerate(rows, 1):
            if isinstance(row, dict):
                known = next((row[each] for each in _NAMES if isinstance(row.get(each), str)), "")
                plain = key if len(rows) == 1 else f"{key}-{number}"
                yield from _below(row, known or plain)


def _told(table: Mapping[str, Any]) -> Iterator[str]:
    """What a table says, a line for each thing."""
    for key, value in table.items():
        if key in _SILENT:
            continue
        if isinstance(value, str):
            yield value if key in ("text", "name", "title") else f"{key}: {value}"
        elif isinstance(value, dict):
            yield from _told(value)
        elif isinstance(value, list):
            for each in value:
                yield from _told(each) if isinstance(each, dict) else (f"{key}: {each}",)
        else:
            yield f"{key}: {value}"


# -- length ----------------------------------------------------------------------------------------


def _pieces(text: str, longest: int) -> Iterator[str]:
    """Paragraphs together, as many as fit; one that is too long is cut between words."""
    piece = ""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        for part in _cut(paragraph.strip(), longest):
            if piece and len(piece) + len(part) + 2 > longest:
                yield piece
                piece = ""
            piece = f"{piece}\n\n{part}" if piece else part
    if piece:
        yield piece


def _cut(paragraph: str, longest: int) -> Iterator[str]:
    while len(paragraph) > longest:
        space = max(paragraph.rfind(" ", 0, longest), paragraph.rfind("\n", 0, longest))
        end = space if space > 0 else longest
        yield paragraph[:end].rstrip()
        paragraph = paragraph[end:].lstrip()
    if paragraph:
        yield paragraph
