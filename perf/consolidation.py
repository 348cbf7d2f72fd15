"""What consolidation of a 2,000-event day saves, and what it keeps of the answers' evidence.

    python -m perf.consolidation [--json FILE]

The same questions are asked before and after. A question's context is what the character recalls
about it (floor 0.5), once within 1,024 tokens and once without a limit. Evidence are the words that
an answer needs; what counts is how much of the evidence that was there before is there after.
Deleting, forgetting and scrubbing are checked against the bytes of the files.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from astraweave_rag import Filter, Store, Weights, tokens_of
from astraweave_rag.consolidate import consolidate
from astraweave_rag.kinds import KINDS
from astraweave_rag.memory import Memory
from perf.day import EVENTS, HOUR, QUESTIONS, Question, day
from perf.memory_search import machine

NIGHT = 20 * HOUR
ROOM = {**KINDS, "episodic": replace(KINDS["episodic"], capacity=EVENTS)}  # for the whole day
RELEVANT = Weights(relevance=1.0)
BUDGETS = {"within 1,024 tokens": 1024, "without a limit": 1 << 20}


def asked(memory: Memory, questions: Sequence[Question], budget: int) -> tuple[int, set[Any]]:
    """Tokens of all contexts together, and the pieces of evidence that they hold."""
    tokens, found = 0, set()
    for question in questions:
        context = memory.context(
            question.text, now=NIGHT, budget=budget, k=EVENTS, weights=RELEVANT, floor=0.5
        )
        tokens += context.tokens
        held = context.text.casefold()
        found |= {(question.text, one) for one in question.evidence if one.casefold() in held}
    return tokens, found


def whole_day(memory: Memory) -> int:
    """Tokens of all episodes that are not in the archive."""
    episodes = memory.store.select(Filter(persona=memory.persona, kinds=("episodic",)))
    return sum(tokens_of(episode.text) for episode in episodes)


def compared(before: int, after: int) -> dict[str, Any]:
    return {"before": before, "after": after, "saved": round(1 - after / before, 4)}


def savings(path: Path, seed: int) -> dict[str, Any]:
    """Tokens and evidence before and after, for the day of a seed."""
    with Store(path) as store:
        memory = Memory(store, "Wen", ROOM)
        memory.remember_all(day(seed))
        whole = whole_day(memory)
        before = {name: asked(memory, QUESTIONS, budget) for name, budget in BUDGETS.items()}
        start = time.perf_counter()
        summaries = consolidate(memory)
        seconds = time.perf_counter() - start
        found: dict[str, Any] = {
            "seed": seed,
            "summaries": len(summaries),
            "episodes": {"before": EVENTS, "after": memory.stats()["episodic"]},
            "tokens of the day": compared(whole, whole_day(memory)),
            "seconds": round(seconds, 2),
        }
        for name, budget in BUDGETS.items():
            tokens, kept = asked(memory, QUESTIONS, budget)
            old_tokens, old = before[name]
            found[f"contexts {name}"] = {
                **compared(old_tokens, tokens),
                "evidence before": len(old),
                "still found": round(len(kept & old) / len(old), 4),
                "found after": len(kept),
                "lost": sorted(map(str, old - kept)),
            }
    return found


def forgotten(path: Path) -> dict[str, Any]:
    """Whether words of forgotten memories are anywhere in the bytes of the store's files."""
    secrets = ("zanzibarquux", "velvetquillon", "oboegranite")
    with Store(path) as store:
        memory = Memory(store, "Wen", ROOM)
        kept = memory.remember("The heron keeps the password.", tick=NIGHT)
        told = [
            memory.remember(f"The word is {word}.", tick=NIGHT, tags=(word,)) for word in secrets
        ]
        store.checkpoint()
        there = [word for word in secrets if word.encode() in _bytes(path)]
        memory.forget([record.key for record in told])
        store.scrub()
        assert store.get(kept.key).text
    left = [word for word in secrets if word.encode() in _bytes(path)]
    return {"written": len(there), "left in the files": left, "files": _files(path)}


def _files(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.glob(f"{path.name}*"))


def _bytes(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the result here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        days = [savings(Path(folder) / f"{seed}.db", seed) for seed in range(3)]
        found = {"questions": len(QUESTIONS), "days": days}
        found["forgetting"] = forgotten(Path(folder) / "0.db")
    print(json.dumps(found, indent=1))
    if given.json:
        given.json.write_text(json.dumps({**machine(), **found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
