"""Damages model files, and loads them in a child."""

import random
from pathlib import Path

from astraweave_ai.llm.model import Message, Request
from astraweave_ai.llm.wire import Ask, Load, Options
from astraweave_rag.child import Child, Ended

OPTIONS = Options(context=512)
QUESTION = Request(messages=(Message("user", "hello gate"),), max_tokens=4, deadline=60.0)
ENOUGH = 120.0  # seconds


def load(child: Child, path: Path) -> str:
    """How it goes: works, or why not."""
    child.send(Load(str(path), OPTIONS))
    while not isinstance(came := child.receive(ENOUGH), Ended):
        assert came is not None, f"it hangs on {path}"
        for report in came:
            if report["type"] == "Unusable":
                assert str(path) in report["reason"]
                return str(report["reason"])
            if report["type"] == "Ready":
                child.send(Ask(1, QUESTION, 60.0))
            if report["type"] in ("Answered", "Failed"):
                return "works"
    return "crashes"


def flipped(data: bytes, seed: int) -> bytes:
    """Some bits are flipped, most of them in the header."""
    draw = random.Random(seed)
    changed = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(700 if draw.random() < 0.7 else len(data))
        changed[place] ^= 1 << draw.randrange(8)
    return bytes(changed)
