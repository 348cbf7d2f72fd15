"""Processes that write to a store and are killed at a random moment; what must be left."""

import os
import random
import signal
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from astraweave_rag import Draft, HashingEmbedder, Store, index, search
from tests.memory_ops import Model, held_by, same, step

DIMENSIONS = 32
GRAPH_ABOVE = 60  # memories, so that graphs are built and saved in a small store too


def open_store(path: Path) -> Store:
    return Store(path, HashingEmbedder(DIMENSIONS))


def add_one(path: Path, number: int, start: Any) -> None:
    """Open a store when it is told to, at the same time as others, and add a memory."""
    start.wait()
    with open_store(path) as store:
        store.add(Draft(text=f"from {number}"))


def write(path: Path, seed: int, number: int, model: Model, pipe: int) -> None:
    """Write for ever; the number of each write goes down the pipe when it is acknowledged."""
    index.EXACT_UP_TO = GRAPH_ABOVE
    rng = random.Random(seed + number)
    store = open_store(path)
    while True:
        now = step(seed, number, model)
        now.to_store(store)
        os.write(pipe, number.to_bytes(4, "little"))
        now.to_model(model)
        number += 1
        if rng.random() < 0.05:
            store.close()
            store = open_store(path)
        elif rng.random() < 0.2:
            search(store, "bridge over the river", k=3)


def advance(seed: int, number: int, model: Model) -> None:
    """Do to the model what the write of this number does to the store."""
    step(seed, number, model).to_model(model)


def kill_once(path: Path, seed: int, number: int, model: Model) -> tuple[int, str]:
    """Let a process write until it is killed; how many writes there are now, and what is wrong."""
    rng = random.Random(f"{seed}/{number}/kill")
    context = get_context("forkserver")
    context.set_forkserver_preload(["astraweave_rag.api", "tests.memory_kills"])
    ours, theirs = os.pipe()
    acknowledged = rng.randint(0, 25)
    with os.fdopen(ours, "rb", buffering=0) as replies:
        child = context.Process(target=_child, args=(path, seed, number, model, _Pipe(theirs)))
        child.start()
        os.close(theirs)
        heard = [replies.read(4) for _ in range(acknowledged)]
        time.sleep(rng.choice([0, rng.random() * 0.002, rng.random() * 0.02]))
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        while reply := replies.read(4):
            heard.append(reply)
    if child.exitcode != -signal.SIGKILL or not all(len(one) == 4 for one in heard):
        return number, f"the writer ended by itself after {len(heard)} writes: {child.exitcode}"
    for _ in heard:
        advance(seed, number, model)
        number += 1
    return check_after(path, seed, number, model)


def check_after(path: Path, seed: int, number: int, model: Model) -> tuple[int, str]:
    """Compare the store with the model; the write that was not acknowledged may be there or not."""
    with open_store(path) as store:
        held = held_by(store)
        if not same(held, model):
            following = model.copy()
            advance(seed, number, following)
            if not same(held, following):
                return number, f"after {number} writes the store holds something else"
            advance(seed, number, model)
            number += 1
        return number, wrong_with_index(store, model)


def wrong_with_index(store: Store, model: Model) -> str:
    """What the indexes have in excess or lack; empty if they agree with the memories."""
    keys = sorted(model.records)
    if not keys:
        return ""
    query = store.queries.embed(["iron bridge over the river"])[0]
    found = [key for key, _ in store.nearest(query, len(keys), exact=True)]
    scores = store.vectors(keys).astype(np.float64) @ query
    best = keys[int(np.argmax(scores))]
    if sorted(found) != keys or abs(scores.max() - scores[keys.index(found[0])]) > 1e-6:
        return f"the nearest is {found[:1]}, it should be {best}; {len(found)} of {len(keys)}"
    by_word = {h.record.key for h in search(store, "wolf", k=len(keys), mode="lexical")}
    expected = {key for key in keys if "wolf" in model.records[key]["text"].split()}
    return "" if by_word == expected else f"words find {by_word ^ expected} wrongly"


class _Pipe:
    """The number of an open file that is handed on to a child."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[object, ...]:
        from multiprocessing.reduction import DupFd

        return _Pipe._of, (DupFd(self.number),)

    @staticmethod
    def _of(handle: object) -> "_Pipe":
        return _Pipe(handle.detach())  # type: ignore[attr-defined]


def _child(path: Path, seed: int, number: int, model: Model, pipe: _Pipe) -> None:
    write(path, seed, number, model, pipe.number)
