"""Search: by meaning or spelling, by words, or both; with filters, decay, diversity and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from .candidates import by_relevance, for_blending, recency
from .errors import QueryError
from .rank import RELEVANCE, Weights, best, blended, diverse
from .record import EVERYTHING, Filter, Record, checked_filter, is_number, is_whole
from .store import Store

Mode = Literal["hybrid", "vector", "lexical"]
HalfLife = float | Mapping[str, float]
_MODES = ("hybrid", "vector", "lexical")
_POOL = 32  # of each ranking at least, where hits are chosen by more than one thing
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
        half_life: ticks after which recency is one half: one number, or one for each kind, where
            that of "" is for all kinds that have none.
        exact: compare all vectors however many there are; see `Store.nearest`.

    Raises:
        QueryError: an argument makes no sense; the message says which.
    """
    _check(query, k, mode, diversity, weights, now)
    checked_filter(filter)
    blends = weights.recency > 0 or weights.importance > 0
    if weights.recency > 0 and (now is None or half_life is None):
        raise QueryError("search: where recency counts, now and half_life must be given")
    count = k if diversity == 0 and not blends and mode != "hybrid" else max(_POOL, 4 * k)
    with store.reading():
        if blends:
            found = for_blending(store, query, count, filter, mode, exact, weights)
        else:
            found = by_relevance(store, query, count, filter, mode, exact)
        keys = found.keys()
        parts = {"relevance": found.relevance(keys, store.queries.share)}
        if weights.recency > 0 and now is not None and half_life is not None:
            parts["recency"] = recency(store.facts, keys, now, half_life)
        if weights.importance > 0:
            parts["importance"] = store.facts.importances[store.facts.places_of(keys)]
        scores = blended(parts, weights)
        order = best(scores, 2 * count if diversity > 0 else k)
        if diversity > 0 and len(keys):
            likely = scores[order]
            if likely[0] > 0:  # those of BM25 alone have no known size
                likely = likely / likely[0]
            vectors = store.vectors(keys[order].tolist())
            order = order[diverse(likely, vectors, k, diversity)]
        records = store.records(keys[order].tolist())
    reasons = found.parts_of(keys[order])
    return [
        Hit(record, float(scores[i]), {**reason, **{n: float(v[i]) for n, v in parts.items()}})
        for record, reason, i in zip(records, reasons, order.tolist(), strict=True)
    ]


def _check(
    query: object, k: object, mode: str, diversity: object, weights: Weights, now: object
) -> None:
    if not isinstance(query, str):
        raise QueryError(f"search: the query must be text, got {type(query).__name__}")
    if not is_whole(k) or not 1 <= k <= _MOST:
        raise QueryError(f"search: k must be 1 to {_MOST}, got {k!r}")
    if mode not in _MODES:
        raise QueryError(f"search: mode must be one of {', '.join(_MODES)}, got {mode!r}")
    if not is_number(diversity) or not 0 <= diversity <= 1:
        raise QueryError(f"search: diversity must be 0 to 1, got {diversity!r}")
    if now is not None and not is_whole(now):
        raise QueryError(f"search: now must be a tick, a whole number, got {now!r}")
    if not isinstance(weights, Weights):
        raise QueryError(f"search: weights must be Weights, got {type(weights).__name__}")
    values = [getattr(weights, name) for name in Weights.__struct_fields__]
    if not all(is_number(value) and value >= 0 for value in values) or not any(values):
        raise QueryError(f"search: weights must be 0 or more, and one above 0, got {weights}")
