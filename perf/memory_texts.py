"""Sentences of a made-up language whose words are as frequent as those of a real one."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

_SYLLABLES = [a + b for a in "bdfgklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
_WORDS = 20_000


@cache
def words_by_rank() -> list[str]:
    """Distinct words, the most frequent and shortest first."""
    rng, found = np.random.default_rng(11), {}
    while len(found) < _WORDS:
        syllables = 1 + int(len(found) > 40) + int(len(found) > 1500) + int(len(found) > 9000)
        found["".join(rng.choice(_SYLLABLES, syllables))] = None
    return list(found)


@cache
def _chances() -> Any:
    """Zipf's law: the chance of a word is that of the first divided by its rank."""
    chances = 1 / np.arange(1, _WORDS + 1)
    return np.cumsum(chances / chances.sum())


def sentences(count: int, seed: int) -> list[str]:
    """So many sentences, the same for a seed."""
    rng = np.random.default_rng(seed)
    return [sentence(rng) for _ in range(count)]


def sentence(rng: Any, low: int = 8, high: int = 30) -> str:
    """A sentence of so many words."""
    ranks = np.searchsorted(_chances(), rng.random(int(rng.integers(low, high))))
    return " ".join(words_by_rank()[rank] for rank in ranks)
