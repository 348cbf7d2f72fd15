"""Search: by meaning or spelling, by words, or both; with filters, decay, diversity and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from .errors import QueryError
from .rank import RELEVANCE, Scores, Weights, blended, decay, diverse, fused, half_life_of
from .record import EVERYTHING, Filter, Record, checked_filter, is_whole
from .store import Store
from .words import by_words

Mode = Literal["hybrid", "vector", "lexical"]
HalfLife = float | Mapping[str, float]
_MODES = ("hybrid", "vector", "lexical")
_POOL = 32  # candidates of each ranking at least, from which the hits are chosen
_MOST = 10_000


class Hit(Struct, frozen=True):
    """A memory that was found, and why.

    Args:
        record: the memory.
        score: what hits are ordered by; at most 1, except where only BM25 counts.
        parts: the numbers that make up the score, by name.
    """

    record: Record
    score: float
    parts: dict[str, float]

    def explain(self) -> str:
        """One line that says where the score comes from."""
        parts = ", ".join(f"{name} {value:.4g}" for name, value in self.parts.items())
        return f"memory {self.record.key}: score {self.score:.4f} from {parts}"


class Candidates:
    """The memories that may become hits, with the ranking that found each."""

    def __init__(self) -> None:
        self.found: dict[str, dict[int, float]] = {}
        self.ranks: dict[str, dict[int, int]] = {}

    def take(self, name: str, ranking: list[tuple[int, float]]) -> None:
        """Add a ranking, the best first."""
        self.found[name] = dict(ranking)
        self.ranks[name] = {key: rank for rank, (key, _) in enumerate(ranking, 1)}

    def parts_of(self, key: int) -> dict[str, float]:
        """Score and rank of a memory in each ranking that has it."""
        parts: dict[str, float] = {}
        for name, scores in self.found.items():
            if key in scores:
                parts |= {name: scores[key], f"{name}_rank": float(self.ranks[name][key])}
        return parts

    def relevance(self, share: float) -> dict[int, float]:
        """Relevance of each, by the only ranking or by fusion; share is that of vectors."""
        if len(self.found) == 1:
            return dict(next(iter(self.found.values())))
        shares = [share if name == "vector" else 1.0 for name in self.found]
        return fused([list(scores) for scores in self.found.values()], shares)


def search(
    store: Store,
    query: str,
    *,
    k: int = 5,
    filter: Filter = EVERYTHING,  # noqa: A002
    mode: Mode = "hybrid",
    diversity: float = 0.0,
    weights: Weights = RELEVANCE,
    now: int | None = None,
    half_life: HalfLife | None = None,
    exact: bool = False,
) -> list[Hit]:
    """The memories that answer a query best, the best first.

    Args:
        k: at most so many.
        filter: only these.
        mode: "vector" compares embeddings, "lexical" words, "hybrid" fuses both rankings.
        diversity: 0 takes the best, towards 1 hits that are unlike each other.
        weights: what relevance, recency and importance count for.
        now: the tick from which age is counted; needed where recency counts.
        half_life: ticks after which recency is one half, one number or one for each kind.
        exact: compare all vectors however many there are; see `Store.nearest`.

    Raises:
        QueryError: an argument makes no sense; the message says which.
    """
    _check(k, mode, diversity, weights)
    checked_filter(filter)
    plain = diversity == 0 and weights.recency == 0 and weights.importance == 0
    count = k if plain and mode != "hybrid" else max(_POOL, 4 * k)
    with store.reading():
        candidates = _candidates(store, query, count, filter, mode, exact)
        relevance = candidates.relevance(store.queries.share)
        _add_recent_and_important(store, relevance, count, filter, weights)
        keys = np.array(sorted(relevance), np.int64)
        parts = _parts(store, keys, relevance, weights, now, half_life)
        scores = blended(parts, weights)
        order = np.lexsort((keys, -scores))
        if diversity > 0 and len(keys):
            vectors = store.vectors(keys[order].tolist())
            order = order[diverse(scores[order], vectors, k, diversity)]
        order = order[:k]
        records = store.records(keys[order].tolist())
    return [
        Hit(
            record,
            float(scores[i]),
            {**candidates.parts_of(record.key), **{n: float(v[i]) for n, v in parts.items()}},
        )
        for record, i in zip(records, order.tolist(), strict=True)
    ]


def _candidates(
    store: Store, query: str, count: int, choice: Filter, mode: Mode, exact: bool
) -> Candidates:
    candidates = Candidates()
    if mode != "lexical":
        vector = store.queries.embed([query])[0]
        candidates.take("vector", store.nearest(vector, count, choice, exact=exact))
    if mode != "vector":
        candidates.take("lexical", by_words(store, query, count, choice))
    return candidates


def _add_recent_and_important(
    store: Store, relevance: dict[int, float], count: int, choice: Filter, weights: Weights
) -> None:
    """Where recency or importance counts, what is newest or most important is a candidate too."""
    for weight, order in ((weights.recency, "-tick"), (weights.importance, "-importance")):
        if weight > 0:
            for key in store.keys(choice, order, count):
                relevance.setdefault(key, 0.0)


def _parts(
    store: Store,
    keys: NDArray[np.int64],
    relevance: dict[int, float],
    weights: Weights,
    now: int | None,
    half_life: HalfLife | None,
) -> dict[str, Scores]:
    parts = {"relevance": np.array([relevance[key] for key in keys.tolist()], np.float64)}
    if weights.recency > 0:
        if now is None or half_life is None:
            raise QueryError("search: where recency counts, now and half_life must be given")
        times = store.columns(keys.tolist(), "tick", "kind")
        recency = [decay(now - tick, half_life_of(half_life, kind)) for tick, kind in times]
        parts["recency"] = np.array(recency, np.float64)
    if weights.importance > 0:
        values = [value for (value,) in store.columns(keys.tolist(), "importance")]
        parts["importance"] = np.array(values, np.float64)
    return parts


def _check(k: int, mode: str, diversity: float, weights: Weights) -> None:
    if not is_whole(k) or not 1 <= k <= _MOST:
        raise QueryError(f"search: k must be 1 to {_MOST}, got {k!r}")
    if mode not in _MODES:
        raise QueryError(f"search: mode must be one of {', '.join(_MODES)}, got {mode!r}")
    if not 0 <= diversity <= 1:
        raise QueryError(f"search: diversity must be 0 to 1, got {diversity!r}")
    values = [getattr(weights, name) for name in Weights.__struct_fields__]
    if not all(isfinite(value) and value >= 0 for value in values) or not any(values):
        raise QueryError(f"search: weights must be 0 or more, and one above 0, got {weights}")
