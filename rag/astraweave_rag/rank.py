"""How hits are ordered: fusion of rankings, decay, weights and diversity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from .embed import Vectors
from .errors import QueryError
from .record import is_number

Scores = NDArray[np.float64]
Numbers = NDArray[np.int64]

# Of reciprocal rank fusion. The published 60 is for many rankings of equal worth; with two a small
# one leaves what the better ranking is sure of at the top (perf/retrieval_quality.py, first half).
RANK_OFFSET = 5
_SCALE = float(1 << 20)
_FADED = 1000.0  # half-lives after which nothing is left
# 2 to the power of -1/2, -1/4, -1/8 …: a decay by multiplication is the same on every machine.
_ROOTS = (
    0.7071067811865476, 0.8408964152537145, 0.9170040432046712, 0.9576032806985737,
    0.9785720620877001, 0.9892280131939755, 0.9945994234836332, 0.9972960560854701,
    0.9986471128909702, 0.9993233275026507, 0.9996616064962437, 0.9998307889319452,
    0.9999153908865803, 0.9999576945482985, 0.9999788470504215, 0.9999894234692821,
)  # fmt: skip


class Weights(Struct, frozen=True, kw_only=True):
    """How much each reason counts for the order of the hits, at least one of them above 0."""

    relevance: float = 1.0
    recency: float = 0.0
    importance: float = 0.0


RELEVANCE = Weights()


def whole(vectors: Vectors) -> Scores:
    """Vectors as whole numbers in units of 2^-20.

    Products of two rows of length 1 add up to less than 2^53 in these units squared, so their dot
    products are exact in float64, in whatever order a machine adds them.
    """
    return np.rint(vectors.astype(np.float64) * _SCALE)


def cosines(vectors: Vectors, query: Vectors) -> Scores:
    """Dot product of each row with the query; the same bits on every machine."""
    return products(whole(vectors), whole(query))


def products(exact: Scores, query: Scores) -> Scores:
    """Cosines of vectors in whole numbers; by one thread, since a few rows are not worth two."""
    return np.asarray(np.einsum("ij,j->i", exact, query) / _SCALE**2)


def fused(rankings: Sequence[Numbers], shares: Sequence[float], keys: Numbers) -> Scores:
    """Reciprocal rank fusion of rankings of keys, for each of some keys in ascending order.

    It is 1 for what all rankings have first, and 0 for what none has.

    Each ranking adds share / (offset + rank) for a key (Cormack, Clarke and Büttcher 2009,
    "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods").
    """
    scores = np.zeros(len(keys))
    for ranking, share in zip(rankings, shares, strict=True):
        ranks = np.arange(1, len(ranking) + 1)
        scores[np.searchsorted(keys, ranking)] += share / (RANK_OFFSET + ranks)
    return scores / ((sum(shares) or 1.0) / (RANK_OFFSET + 1))


def decay(ages: Scores, half_lives: Scores) -> Scores:
    """1 for what is new or yet to come, one half after a half-life, towards 0 with age."""
    halves = np.clip(ages / half_lives, 0.0, _FADED)
    whole = np.floor(halves)
    rest = np.rint((halves - whole) * (1 << len(_ROOTS))).astype(np.int64)
    share: Scores = np.ldexp(_parts_of_a_half()[rest], -whole.astype(np.int64))
    share[halves >= _FADED] = 0.0
    return share


@cache
def _parts_of_a_half() -> Scores:
    """2 to the power of 0 to -1 in equal steps, both included, by products of the roots."""
    steps = np.arange((1 << len(_ROOTS)) + 1)
    parts: Scores = np.ldexp(1.0, -(steps >> len(_ROOTS)))
    for place, root in enumerate(_ROOTS):
        parts[steps >> (len(_ROOTS) - 1 - place) & 1 == 1] *= root
    return parts


def half_life_of(half_life: float | Mapping[str, float], kind: str) -> float:
    """The half-life of a kind, or of "" if it has none; refused if it is not above 0."""
    found: object = half_life
    if isinstance(half_life, Mapping):
        found = half_life.get(kind, half_life.get("", 0.0))
    if not is_number(found) or not 0 < found < float("inf"):
        raise QueryError(
            f"search: a half-life above 0 ticks is needed for kind {kind!r}, got {found}; "
            "give half_life a number, or one for each kind"
        )
    return float(found)


def blended(parts: Mapping[str, Scores], weights: Weights) -> Scores:
    """Weighted mean of relevance, recency and importance.

    Where more than one counts, each is first stretched to 0 … 1 over the candidates, as in Park et
    al. 2023, "Generative agents: interactive simulacra of human behavior".
    """
    counts = {
        name: getattr(weights, name)
        for name in Weights.__struct_fields__
        if getattr(weights, name) > 0
    }
    if len(counts) == 1:
        return parts[next(iter(counts))]
    total = sum(counts.values())
    sums = np.zeros(len(parts["relevance"]))
    for name, weight in counts.items():
        sums = sums + stretched(parts[name]) * (weight / total)
    return sums


def stretched(values: Scores) -> Scores:
    """Values moved and scaled to 0 … 1; all 1 if they are equal."""
    if not len(values):
        return values
    low, high = float(values.min()), float(values.max())
    return np.ones(len(values)) if high == low else (values - low) / (high - low)


def best(values: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Places of the greatest values, those first; of equals the one that comes first."""
    places = np.arange(len(values))
    if 0 < count < len(values):
        places = np.flatnonzero(values >= np.partition(values, -count)[-count])
    return places[np.argsort(-values[places], kind="stable")][:count]


def diverse(scores: Scores, vectors: Vectors, count: int, diversity: float) -> list[int]:
    """Places of the best candidates that are unlike each other, in the order they were chosen.

    Maximal marginal relevance (Carbonell and Goldstein 1998): each step takes the candidate with
    the greatest (1 − diversity) · score − diversity · cosine to the nearest one taken before.
    Candidates must come in order of score; the first of equals is taken.
    """
    exact = whole(vectors)
    nearest = np.zeros(len(scores))
    left = np.ones(len(scores), bool)
    chosen: list[int] = []
    while left.any() and len(chosen) < count:
        gains = (1 - diversity) * scores - diversity * nearest
        best = int(np.argmax(np.where(left, gains, -np.inf)))
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, products(exact, exact[best]))
    return chosen
