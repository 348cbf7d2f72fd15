"""What a free sentence means among a few things that can be meant: simple, the same everywhere.

A sentence is matched by the words that it shares with each candidate; words that few candidates
have count more. If nothing fits, or two fit equally well, the answer says so instead of guessing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

LONGEST = 500  # characters of a sentence that are looked at
_WORD = re.compile(r"[a-z0-9]+")


def set_of(text: str) -> frozenset[str]:
    """The words of a text, as they are written."""
    return frozenset(text.split())


STOP_WORDS = set_of(
    "a about am an and any are as at be been but by can could did do does for from had has have he "
    "her here him his how i if in is it its just let like me my no not now of on or our out please "
    "she so some tell that the their them then there these they this to too up us want was we were "
    "what when where which who whom why will with would yes you your"
)
GREETINGS = set_of("bye day evening farewell good goodbye greetings hello hey hi morning ok thanks")


def tokens(text: str) -> list[str]:
    """The words of a text in order: lower case, without accents and apostrophes."""
    parts = unicodedata.normalize("NFKD", text[:LONGEST]).casefold()
    kept = "".join(one for one in parts if not unicodedata.combining(one) and one not in "'’ʼ")
    return _WORD.findall(kept)


def stem(word: str) -> str:
    """A word without the commonest English endings, so that "crates" finds "crate"."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if re.search(r"(x|z|ch|sh|ss)es$", word):
        return word[:-2]
    plural = word.endswith("s") and not word.endswith("ss") and len(word) > 3
    return word[:-1] if plural else word


def content(text: str) -> frozenset[str]:
    """The words of a text that say what it is about, as stems."""
    return frozenset(stem(word) for word in tokens(text) if word not in STOP_WORDS)


def calls(text: str, name: str) -> bool:
    """Whether a sentence is meant for a name: after words of greeting, or last, after a comma."""
    words, called = tokens(text), tokens(name)
    while words and words[0] in GREETINGS:
        words = words[1:]
    last = tokens(text.rpartition(",")[2]) if "," in text else []
    return bool(called) and (words[: len(called)] == called or last == called)


@dataclass(frozen=True)
class Match:
    """Which candidate was meant. If it is None, `tied` tells between which one could not choose."""

    chosen: int | None
    tied: tuple[int, ...] = ()


def closest(said: str, candidates: Sequence[Iterable[str]]) -> Match:
    """The candidate that shares most with a sentence.

    Args:
        said: the sentence.
        candidates: for each, the texts by which it can be meant.
    """
    words = content(said)
    known = [frozenset().union(*(content(text) for text in texts)) for texts in candidates]
    owners = Counter(word for one in known for word in one)
    scores = [sum(Fraction(1, owners[word]) for word in words & one) for one in known]
    best = max(scores, default=Fraction(0))
    if not best:
        return Match(None)
    first = tuple(number for number, score in enumerate(scores) if score == best)
    return Match(first[0]) if len(first) == 1 else Match(None, first)


def plain(text: str, most: int = LONGEST) -> str:
    """A text as one line that can be shown: no control characters, not longer than `most`."""
    kept = "".join(one if one.isprintable() else " " for one in text)
    line = " ".join(kept.split())
    return line if len(line) <= most else line[: most - 1] + "…"
