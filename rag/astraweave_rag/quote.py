"""Answers without a model: the sentences of what was found that fit a question best, as quotes.

Of lore the best sentence is quoted, under the heading that says whom or what it is about. Of what a
character remembers itself the whole memory is: it is one sentence as a rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from .embed import COMMON, words_of
from .memory import Memory, about
from .rank import cosines
from .record import Filter, Record
from .retrieve import Hit
from .store import Store

_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’]?\s+|\n+")
_CLOSED = '.!?…"”’)'  # what a sentence ends with
_STEM = 4  # letters that two words must share at least, for one to count as a form of the other
_ENDINGS = ("s", "es", "d", "ed", "ing")  # of forms of a shorter word


@dataclass(frozen=True)
class Quote:
    """A sentence, the memory that it stands in, and the heading there, if it has one."""

    text: str
    record: Record
    title: str = ""

    def __str__(self) -> str:
        source = self.record.source or f"memory {self.record.key}"
        before = f"{self.title}: " if self.title and self.title not in self.text else ""
        return f"{before}“{self.text}” ({source})"


def quotes(
    store: Store, question: str, hits: Sequence[Hit], most: int = 2, floor: float = 0.75
) -> list[Quote]:
    """The best sentence of each of the best hits, the first hit first.

    A hit counts only if it is about the question (`about`), and if more than half of the words of
    the question that say something stand in it, in some form: one word alone is found anywhere.

    Args:
        store: whose embedder compares sentences.
        hits: of a search for the question.
        most: quotes at most.
        floor: share of the best match that a hit must reach.
    """
    asked = content(question)
    found: list[Quote] = []
    for hit in about(list(hits), floor):
        if len(found) == most:
            break
        sentences = sentences_of(hit.record.text)
        if sentences and 2 * len(forms(asked, content(hit.record.text))) > len(asked):
            vectors = store.queries.embed([question, *sentences])
            near = cosines(vectors[1:], vectors[0])
            shared = [len(forms(asked, content(sentence))) for sentence in sentences]
            best = max(range(len(sentences)), key=lambda one: (shared[one], near[one], -one))
            found.append(Quote(sentences[best], hit.record, title_of(hit.record.text)))
    return found


def own_quotes(memory: Memory, words: set[str], choice: Filter, most: int = 4) -> list[Quote]:
    """A character's own memories that have all of some words in some form, in order of time.

    Args:
        choice: tags, times and source of what is meant; the persona is the character's own.
        most: quotes at most, the newest.
    """
    records = memory.store.select(msgspec.structs.replace(choice, persona=memory.persona), "tick")
    fitting = [one for one in records if len(forms(words, content(one.text))) == len(words)]
    return [Quote(one.text, one) for one in fitting[-most:]]


def title_of(text: str) -> str:
    """The heading that the text of a passage begins with, without those above it; "" if none."""
    first, _, rest = text.partition("\n")
    return "" if not rest or first.rstrip()[-1:] in _CLOSED else first.rpartition("›")[2].strip()


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, without lines that are no sentences, unless there are no others."""
    parts = [part.strip() for part in _SENTENCE.split(text) if part.strip()]
    whole = [part for part in parts if part[-1] in _CLOSED]
    return whole or parts


def content(text: str) -> set[str]:
    """The words of a text that say something."""
    return {word for word in words_of(text) if word not in COMMON}


def forms(asked: set[str], there: set[str]) -> set[str]:
    """Those words of a question of which a text has some form."""
    return {word for word in asked if any(_same(word, other) for other in there)}


def _same(one: str, other: str) -> bool:
    """Whether two words are the same but for their ends."""
    short, long = sorted((one, other), key=len)
    if long[: len(short)] == short and long[len(short) :] in ("", *_ENDINGS):
        return len(short) > 2 or short == long
    common = max(_STEM, min(len(one), len(other)) - 2)
    return one[:common] == other[:common] and abs(len(one) - len(other)) <= _STEM
