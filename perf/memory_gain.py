"""What memory adds to what a mind knows: answers' evidence in contexts with and without it.

    python -m perf.memory_gain [--model FILE.gguf] [--days 3] [--out FILE]

A character has lived a day of 2,000 events (perf/day.py) and is asked about it afterwards. A mind
without memory gets the newest events that fit into its context; one with memory gets what a search
for the question finds. Both contexts have the same budget of tokens. A question's score is the
share of its evidence, the words that an answer needs, that stands in the context. Differences come
with their 95 % interval by paired bootstrap and p by paired randomisation over the questions.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from astraweave_rag import HashingEmbedder, Hit, Store, assemble, search
from astraweave_rag.embed import Embedder
from astraweave_rag.llama import LlamaEmbedder
from perf.day import EVENTS, QUESTIONS, Question, day
from perf.plan_pddl import RESULTS, cpu
from perf.retrieval_quality import Values, compared

BUDGETS = (64, 256, 1024)  # tokens of a context
MOST = 100  # memories that a search may find, more than fit into any of the contexts
WITHOUT = "newest events"


def score(question: Question, context: str) -> float:
    """Share of the evidence that stands in a context."""
    held = context.casefold()
    return sum(one.casefold() in held for one in question.evidence) / len(question.evidence)


def newest(store: Store) -> list[Hit]:
    """The events as a mind without memory has them: the last one first."""
    records = store.select(order="-tick", limit=MOST)
    return [Hit(record, 1.0, {}) for record in records]


def scores(hits: Sequence[list[Hit]], budget: int) -> Values:
    """Of all questions, in their order."""
    pairs = zip(QUESTIONS, hits, strict=True)
    return np.array([score(question, assemble(found, budget).text) for question, found in pairs])


def arms(embedders: dict[str, Embedder], seed: int) -> dict[str, list[list[Hit]]]:
    """What each arm puts into the contexts of the questions, for the day of a seed."""
    found: dict[str, list[list[Hit]]] = {}
    for name, embedder in embedders.items():
        with Store(":memory:", embedder=embedder) as store:
            store.add_many(day(seed))
            if WITHOUT not in found:
                found[WITHOUT] = [newest(store)] * len(QUESTIONS)
                found["lexical"] = [
                    search(store, q.text, k=MOST, mode="lexical") for q in QUESTIONS
                ]
            for mode in ("vector", "hybrid"):
                found[f"{name}, {mode}"] = [
                    search(store, q.text, k=MOST, mode=mode) for q in QUESTIONS
                ]
    return found


def measure(embedders: dict[str, Embedder], days: int) -> dict[str, Any]:
    """Mean scores by budget and arm, and what each arm adds to no memory."""
    lived = [arms(embedders, seed) for seed in range(days)]
    found: dict[str, Any] = {}
    for budget in BUDGETS:
        values = {
            name: np.concatenate([scores(one[name], budget) for one in lived]) for name in lived[0]
        }
        found[f"{budget} tokens"] = {
            "evidence": {name: round(float(each.mean()), 4) for name, each in values.items()},
            "gain": {
                name: compared(each, values[WITHOUT])
                for name, each in values.items()
                if name != WITHOUT
            },
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m perf.memory_gain", description=__doc__)
    parser.add_argument("--model", type=Path, help="a GGUF embedding model")
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "memory-gain.json")
    args = parser.parse_args()
    embedders: dict[str, Embedder] = {"hashing": HashingEmbedder()}
    if args.model:
        embedders["model"] = LlamaEmbedder(args.model)
    document = {
        "machine": {"cpu": cpu(), "cores": os.cpu_count()},
        "python": platform.python_version(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "embedders": {name: embedder.name for name, embedder in embedders.items()},
        "events": EVENTS,
        "days": args.days,
        "questions": len(QUESTIONS),
        "contexts": measure(embedders, args.days),
    }
    args.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for budget, part in document["contexts"].items():  # type: ignore[attr-defined]
        print(budget, part["evidence"])


if __name__ == "__main__":
    main()
