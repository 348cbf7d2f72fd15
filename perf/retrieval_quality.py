"""How good lexical, vector and hybrid search are on the labelled set, with paired tests.

    python -m perf.retrieval_quality [--model FILE.gguf] [--half tune|held] [--json FILE]

Vectors are those of the hashing embedder, or of a GGUF embedding model. A query belongs to the half
for tuning or to the held-out one by a hash of its text; whoever changes retrieval looks at the
first alone, and the figures of the second say what was gained.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from math import log2
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from astraweave_rag import Draft, HashingEmbedder, Store, search
from astraweave_rag.embed import Embedder
from perf.memory_search import machine
from perf.retrieval.labelled import CATEGORIES, Query, corpus, queries

MODES = ("lexical", "vector", "hybrid")
DEPTH = 10
ROUNDS = 10_000  # of the randomisation test and of the bootstrap
Values = NDArray[np.float64]


def ndcg(found: Sequence[str], grades: Mapping[str, int]) -> float:
    """Normalised discounted cumulative gain at 10, gains 2^grade - 1 (Burges et al. 2005)."""
    gains = [2 ** grades.get(name, 0) - 1 for name in found[:DEPTH]]
    best = sorted((2**grade - 1 for grade in grades.values()), reverse=True)[:DEPTH]
    return _discounted(gains) / _discounted(best)


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, 1))


def recall(found: Sequence[str], grades: Mapping[str, int]) -> float:
    """Share of the passages of grade 2 and 3 among the first 10."""
    wanted = {name for name, grade in grades.items() if grade >= 2}
    return len(wanted & set(found[:DEPTH])) / len(wanted)


def half_of(query: Query) -> str:
    """Which half a query belongs to."""
    return ("tune", "held")[crc32(query.text.encode()) & 1]


def filled(embedder: Embedder | None = None) -> tuple[Store, list[Query]]:
    """A store with the corpus, whose sources are the names of the labels, and the queries."""
    store, known = Store(":memory:", embedder or HashingEmbedder()), corpus()
    store.add_many(
        Draft(text=f"{passage.title}\n{passage.text}", source=name)
        for name, passage in known.items()
    )
    return store, queries(known)


def answers(store: Store, query: str, mode: str) -> list[str]:
    """Names of the first 10 passages."""
    return [hit.record.source for hit in search(store, query, k=DEPTH, mode=mode)]  # type: ignore[arg-type]


def measure(store: Store, asked: Sequence[Query]) -> dict[str, dict[str, Values]]:
    """nDCG and recall of each query by measure and mode."""
    values: dict[str, dict[str, Values]] = {"ndcg@10": {}, "recall@10": {}}
    for mode in MODES:
        found = [answers(store, query.text, mode) for query in asked]
        pairs = list(zip(found, asked, strict=True))
        values["ndcg@10"][mode] = np.array([ndcg(names, q.grades) for names, q in pairs])
        values["recall@10"][mode] = np.array([recall(names, q.grades) for names, q in pairs])
    return values


def compared(ours: Values, theirs: Values, seed: int = 0) -> dict[str, float]:
    """Mean difference, its 95 % interval by paired bootstrap, and p by paired randomisation.

    The null hypothesis is that the two systems are the same, so that for each query the sign of the
    difference is a coin's (Smucker, Allan and Carterette 2007). Two-sided.
    """
    rng, gaps = np.random.default_rng(seed), ours - theirs
    flipped = rng.choice((-1.0, 1.0), (ROUNDS, len(gaps))) @ gaps / len(gaps)
    extreme = int((np.abs(flipped) >= abs(gaps.mean()) - 1e-12).sum())
    drawn = gaps[rng.integers(len(gaps), size=(ROUNDS, len(gaps)))].mean(1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return {
        "difference": round(float(gaps.mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "p": round((extreme + 1) / (ROUNDS + 1), 5),
    }


def report(asked: Sequence[Query], values: dict[str, dict[str, Values]]) -> dict[str, Any]:
    """Means, means by category, and hybrid against each of the others."""
    kinds = np.array([query.category for query in asked])
    means = {
        name: {mode: round(float(rows.mean()), 4) for mode, rows in modes.items()}
        for name, modes in values.items()
    }
    by_category = {
        kind: {mode: round(float(rows[kinds == kind].mean()), 4) for mode, rows in modes.items()}
        for kind in CATEGORIES
        if (kinds == kind).any()
        for modes in (values["ndcg@10"],)
    }
    tests = {
        name: {f"hybrid - {other}": compared(modes["hybrid"], modes[other]) for other in MODES[:2]}
        for name, modes in values.items()
    }
    return {"queries": len(asked), "mean": means, "ndcg@10 by category": by_category, "test": tests}


def results(embedder: Embedder | None = None) -> dict[str, Any]:
    """The whole result: all queries, and each half."""
    store, asked = filled(embedder)
    with store:
        values = measure(store, asked)
        halves = np.array([half_of(query) for query in asked])
        found: dict[str, Any] = {"embedder": store.embedder.name, "passages": len(store)}
    found["all"] = report(asked, values)
    for half in ("tune", "held"):
        rows = np.flatnonzero(halves == half)
        part = {name: {m: v[rows] for m, v in modes.items()} for name, modes in values.items()}
        found[half] = report([asked[row] for row in rows], part)
    return found


def show(part: dict[str, Any]) -> None:
    """One part as a table."""
    for name, modes in part["mean"].items():
        print(f"  {name:10}", "  ".join(f"{mode} {value:.4f}" for mode, value in modes.items()))
        for against, test in part["test"][name].items():
            told = f"{test['difference']:+.4f} [{test['low']:+.4f}, {test['high']:+.4f}]"
            print(f"             {against}: {told}, p = {test['p']}")
    for kind, modes in part["ndcg@10 by category"].items():
        print(f"  {kind:11}", "  ".join(f"{mode} {value:.3f}" for mode, value in modes.items()))


def _embedder(model: Path | None) -> Embedder | None:
    if model is None:
        return None
    from astraweave_rag.llama import LlamaEmbedder  # it needs the extra `llm`

    embedder: Embedder = LlamaEmbedder(model)
    return embedder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the result here")
    parser.add_argument("--half", choices=("tune", "held"), help="print this half alone")
    parser.add_argument("--model", type=Path, help="a GGUF embedding model")
    given = parser.parse_args()
    found = results(_embedder(given.model))
    for part in (given.half,) if given.half else ("all", "tune", "held"):
        print(f"{part}: {found[part]['queries']} queries, {found['passages']} passages")
        show(found[part])
    if given.json:
        found = {**machine(), **found}
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
