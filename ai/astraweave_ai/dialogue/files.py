"""Reads the TOML files of dialogues and personas; each failure is one error that names the file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ..errors import MindError

MOST_BYTES = 1 << 20


def read_text(path: str | Path, error: type[MindError]) -> str:
    """The text of a file.

    Raises:
        MindError: (of the given kind) it is missing, too large or not UTF-8.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as cause:
        raise error(f"{path} cannot be read: {cause.strerror or cause}") from cause
    if len(raw) > MOST_BYTES:
        raise error(f"{path} has {len(raw):,} bytes; at most {MOST_BYTES:,}: split it")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise error(f"{path} is not UTF-8 text: {cause}") from cause


def decode_toml(text: str, name: str, error: type[MindError]) -> dict[str, Any]:
    """A TOML document.

    Raises:
        MindError: (of the given kind) it is none.
    """
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as cause:
        raise error(f"{name}: this is no TOML: {cause}") from cause
