"""Answers without a model: the sentences of what was found that fit a question best, as quotes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .embed import COMMON, words_of
from .memory import about
from .rank import cosines
from .record import Record
from .retrieve import Hit
from .store import Store

_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’]?\s+|\n+")
_STEM = 4  # letters that two words must share at least, for one to count as a form of the other


@dataclass(frozen=True)
class Quote:
    """A sentence, and the memory that it stands in."""

    text: str
    record: Record

    def __str__(self) -> str:
        return f"“{self.text}” ({self.record.source or f'memory {self.record.key}'})"


def quotes(
    store: Store, question: str, hits: Sequence[Hit], most: int = 2, floor: float = 0.75
) -> list[Quote]:
    """The best sentence of each of the best hits, the first hit first.

    A hit counts only if it is about the question (`about`), and if a word of the question that says
    something stands in it, in some form. If half of those words stand nowhere, there is no answer.

    Args:
        store: whose embedder compares sentences.
        hits: of a search for the question.
        most: quotes at most.
        floor: share of the best match that a hit must reach.
    """
    asked = content(question)
    found: list[Quote] = []
    known = forms(asked, {word for hit in hits for word in content(hit.record.text)})
    if 2 * len(known) <= len(asked):
        return found
    for hit in about(list(hits), floor):
        if len(found) == most:
            break
        sentences = sentences_of(hit.record.text)
        if sentences and forms(asked, content(hit.record.text)):
            vectors = store.queries.embed([question, *sentences])
            near = cosines(vectors[1:], vectors[0])
            shared = [len(forms(asked, content(sentence))) for sentence in sentences]
            best = max(range(len(sentences)), key=lambda one: (shared[one], near[one], -one))
            found.append(Quote(sentences[best], hit.record))
    return found


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, without lines that are no sentences, unless there are no others."""
    parts = [part.strip() for part in _SENTENCE.split(text) if part.strip()]
    whole = [part for part in parts if part[-1] in '.!?…"”’)']
    return whole or parts


def content(text: str) -> set[str]:
    """The words of a text that say something."""
    return {word for word in words_of(text) if word not in COMMON}


def forms(asked: set[str], there: set[str]) -> set[str]:
    """Those words of a question of which a text has some form."""
    return {word for word in asked if any(_same(word, other) for other in there)}


def _same(one: str, other: str) -> bool:
    """Whether two words are the same but for their ends."""
    if one == other:
        return True
    common = max(_STEM, min(len(one), len(other)) - 2)
    return one[:common] == other[:common] and abs(len(one) - len(other)) <= _STEM
