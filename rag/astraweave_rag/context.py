"""Memories as text for a prompt: within a budget of tokens, numbered, with their sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from .errors import QueryError
from .retrieve import Hit

_PIECE = re.compile(r"\w+|[^\w\s]")
_LETTERS = 4  # of a word to one token, as models of English have it


class Source(Struct, frozen=True):
    """What a number in a context stands for."""

    number: int
    key: int
    source: str


class Context(Struct, frozen=True):
    """A text to be put into a prompt.

    Args:
        text: one line for each memory, "[1] …".
        sources: what the numbers stand for.
        tokens: how long the text is.
        left_out: how many memories did not fit.
    """

    text: str
    sources: tuple[Source, ...]
    tokens: int
    left_out: int


def tokens_of(text: str) -> int:
    """An estimate, rather too many than too few, of the tokens a text takes; asks no model."""
    return sum(-(-len(piece) // _LETTERS) for piece in _PIECE.findall(text))


def assemble(
    hits: Sequence[Hit], budget: int = 1024, count: Callable[[str], int] = tokens_of
) -> Context:
    """Put memories into a context in their order, as many as the budget allows.

    A memory that does not fit is left out as a whole, and a shorter one after it may still fit:
    nothing is cut.

    Args:
        hits: the best first.
        budget: tokens that the text may take.
        count: how many tokens a text takes, for the model that will read it.

    Raises:
        QueryError: a budget below 0.
    """
    if budget < 0:
        raise QueryError(f"context: the budget must be 0 tokens or more, got {budget}")
    lines: list[str] = []
    sources: list[Source] = []
    tokens = 0
    for hit in hits:
        number = len(lines) + 1
        line = f"[{number}] {' '.join(hit.record.text.split())}"
        grown = count("\n".join([*lines, line]))
        if grown <= budget:
            lines.append(line)
            sources.append(Source(number, hit.record.key, hit.record.source))
            tokens = grown
    return Context("\n".join(lines), tuple(sources), tokens, len(hits) - len(lines))
