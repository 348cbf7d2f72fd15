"""The memories that may become hits: their rankings by vectors and words, and what they say."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .facts import Facts
from .index import EXACT_UP_TO
from .rank import Numbers, Scores, Weights, decay, fused, half_life_of
from .record import EVERYTHING, Filter
from .store import Store
from .words import SCORED, by_words

NONE: Numbers = np.zeros(0, np.int64)


class Candidates:
    """Memories with the rankings that have them.

    Args:
        beside: keys of memories that are candidates in any case, in ascending order.
        complete: whether no others can be.
    """

    def __init__(self, beside: Numbers = NONE, complete: bool = False) -> None:
        self._beside, self._complete = beside, complete
        self._rankings: dict[str, tuple[Numbers, Scores]] = {}

    def take(self, name: str, keys: Numbers, scores: Scores) -> None:
        """Add a ranking, the best first."""
        self._rankings[name] = keys, scores

    def keys(self) -> Numbers:
        """All candidates, in ascending order."""
        if self._complete:
            return self._beside
        keys = [self._beside, *(ranked for ranked, _ in self._rankings.values())]
        return np.array(sorted({*np.concatenate(keys).tolist()}), np.int64)

    def relevance(self, keys: Numbers, share: float) -> Scores:
        """Relevance of all candidates, by the only ranking or by fusion, where `share` is that of
        vectors."""
        if len(self._rankings) == 1:
            [(ranked, scores)] = self._rankings.values()
            found = np.zeros(len(keys))
            found[np.searchsorted(keys, ranked)] = scores
            return found
        shares = [share if name == "vector" else 1.0 for name in self._rankings]
        return fused([ranked for ranked, _ in self._rankings.values()], shares, keys)

    def parts_of(self, keys: Numbers) -> list[dict[str, float]]:
        """Score and rank of some memories in each ranking that has them."""
        parts: list[dict[str, float]] = [{} for _ in keys]
        for name, (ranked, scores) in self._rankings.items():
            order = np.argsort(ranked)
            at = np.searchsorted(ranked, keys, sorter=order)
            for i, place in enumerate(order.take(at, mode="clip").tolist() if len(order) else ()):
                if ranked[place] == keys[i]:
                    parts[i] |= {name: float(scores[place]), f"{name}_rank": place + 1.0}
        return parts


def by_relevance(
    store: Store, query: str, count: int, choice: Filter, mode: str, exact: bool
) -> Candidates:
    """The most relevant memories of each ranking."""
    found = Candidates()
    if mode != "lexical":
        ranking = store.nearest(store.queries.embed([query])[0], count, choice, exact=exact)
        found.take("vector", *_columns(ranking))
    if mode != "vector":
        found.take("lexical", *_columns(by_words(store, query, count, choice)))
    return found


def for_blending(
    store: Store, query: str, count: int, choice: Filter, mode: str, exact: bool, weights: Weights
) -> Candidates:
    """All memories up to 20,000; above, the most relevant, the newest and the most important.

    Each has its place in the ranking by vectors: behind the first `count`, which are exact, by
    rounded vectors, since there a few places make no difference to a reciprocal rank.
    """
    store.facts.follow(store)
    chosen = None if choice == EVERYTHING else store.chosen(choice)
    keys = store.facts.all_keys() if chosen is None else chosen
    complete = len(keys) <= EXACT_UP_TO
    if not complete:
        orders = (("-tick", weights.recency), ("-importance", weights.importance))
        most = [store.keys(choice, order, count) for order, weight in orders if weight > 0]
        keys = np.unique(np.concatenate(most).astype(np.int64))
    found = Candidates(keys, complete)
    if mode != "lexical":
        vector = store.queries.embed([query])[0]
        store.index.follow(store)
        first, cosines = store.index.nearest(vector, count, chosen, exact)
        rest, near = store.index.others(vector, first, keys)
        found.take("vector", np.concatenate([first, rest]), np.concatenate([cosines, near]))
    if mode != "vector":
        found.take("lexical", *_columns(by_words(store, query, count, choice, SCORED)))
    return found


def recency(
    facts: Facts, keys: Numbers, now: int, half_life: float | Mapping[str, float]
) -> Scores:
    """How new memories are at a tick; from 0 to 1."""
    places, names = facts.places_of(keys), facts.kind_names()
    kinds = facts.kinds[places]
    lives = np.zeros(len(names))
    for kind in np.flatnonzero(np.bincount(kinds)).tolist():
        lives[kind] = half_life_of(half_life, names[kind])
    return decay((float(now) - facts.ticks[places]).astype(np.float64), lives[kinds])


def _columns(ranking: list[tuple[int, float]]) -> tuple[Numbers, Scores]:
    keys = np.array([key for key, _ in ranking], np.int64)
    return keys, np.array([score for _, score in ranking], np.float64)
