"""Stores whose files were damaged, and what opening them in a process of its own comes to."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from astraweave_rag import Draft, RagError, Store, index
from tests.memory_kills import GRAPH_ABOVE, advance, open_store, wrong_with_index
from tests.memory_ops import Model, draft, held_by, same, step

NAME = "store.db"
PARTS = ["", ".index", ".seal", "-wal"]
_ROUNDS = 64


@dataclass
class Bench:
    """Folders with stores to be damaged, and what they hold."""

    closed: Path
    crashed: Path  # as a killed process leaves it, with a log
    other: Path  # a store with other memories
    older: Path  # the closed one, some writes before
    truth: Model
    legal: list[Model]  # what may be read: all states that once were


def grow(path: Path, seed: int, rounds: int, states: list[Model]) -> Store:
    """A store after so many writes; what it held after each is added to `states`."""
    index.EXACT_UP_TO = GRAPH_ABOVE
    model = Model()
    store = open_store(path)
    for number in range(rounds):
        step(seed, number, model).to_store(store)
        advance(seed, number, model)
        states.append(model.copy())
    return store


def prepare(folder: Path) -> Bench:
    """Make the stores that are damaged later."""
    states: list[Model] = [Model()]
    bench = Bench(*(folder / n for n in ("closed", "crashed", "other", "older")), Model(), states)
    for path in (bench.closed, bench.other):
        path.mkdir()
    store = grow(bench.closed / NAME, 1, _ROUNDS, states)
    more = [draft(random.Random(i)) for i in range(2 * GRAPH_ABOVE)]
    store.add_many([Draft(**one) for one in more])
    states.append(states[-1].copy())
    states[-1].add(more)
    store.build_index()
    store.close()
    shutil.copytree(bench.closed, bench.older)
    store = open_store(bench.closed / NAME)
    number, model = _ROUNDS, states[-1].copy()
    for number in range(_ROUNDS, _ROUNDS + 10):
        now = step(1, number, model)
        if now.name != "save":  # it would bring the log into the file
            now.to_store(store)
        now.to_model(model)
        states.append(model.copy())
    shutil.copytree(bench.closed, bench.crashed)
    store.build_index()
    store.close()
    bench.truth = states[-1]
    grow(bench.other / NAME, 2, _ROUNDS, states).close()
    return bench


def damage(bench: Bench, folder: Path, seed: int) -> tuple[str, str]:
    """Copy a store into a folder and damage a file of it; which file, and how."""
    rng = random.Random(seed)
    base = bench.crashed if rng.random() < 0.25 else bench.closed
    shutil.copytree(base, folder)
    files = [f"{NAME}{part}" for part in PARTS if (folder / f"{NAME}{part}").is_file()]
    name = rng.choice(files)
    kind = rng.choice(sorted(_DAMAGES))
    path = folder / name
    path.write_bytes(_DAMAGES[kind](rng, path.read_bytes(), bench, name))
    return name, kind


def _truncated(rng: random.Random, data: bytes, bench: Bench, name: str) -> bytes:
    return data[: rng.choice([0, rng.randrange(100), rng.randrange(len(data) or 1)])]


def _flipped(rng: random.Random, data: bytes, bench: Bench, name: str) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwritten(rng: random.Random, data: bytes, bench: Bench, name: str) -> bytes:
    start, size = rng.randrange(len(data)), rng.choice([16, 512, 4096])
    filling = rng.choice([bytes(size), rng.randbytes(size)])
    return (data[:start] + filling + data[start + size :])[: len(data)]


def _blocks_exchanged(rng: random.Random, data: bytes, bench: Bench, name: str) -> bytes:
    size = 4096 if len(data) > 3 * 4096 else 8
    a, b = (rng.randrange(max(1, len(data) // size)) * size for _ in range(2))
    changed = bytearray(data)
    changed[a : a + size], changed[b : b + size] = data[b : b + size], data[a : a + size]
    return bytes(changed)


def _of_another_store(rng: random.Random, data: bytes, bench: Bench, name: str) -> bytes:
    path = bench.other / name
    return path.read_bytes() if path.is_file() else (bench.other / NAME).read_bytes()


def _swapped(rng: random.Random, data: bytes, bench: Bench, name: str) -> bytes:
    """Another file of the same store."""
    others = [bench.closed / f"{NAME}{part}" for part in PARTS if f"{NAME}{part}" != name]
    return rng.choice([path for path in others if path.is_file()]).read_bytes()


def _older(rng: random.Random, data: bytes, bench: Bench, name: str) -> bytes:
    """A block, or all, as it was some writes before."""
    path = bench.older / name
    old = path.read_bytes() if path.is_file() else data
    if rng.random() < 0.5:
        return old
    at = rng.randrange(max(1, min(len(old), len(data)) // 4096)) * 4096
    return data[:at] + old[at : at + 4096] + data[at + 4096 :]


def _foreign(rng: random.Random, data: bytes, bench: Bench, name: str) -> bytes:
    """Something else altogether."""
    other = bench.closed.parent / "foreign.sqlite"
    if not other.is_file():
        with sqlite3.connect(other) as connection:
            connection.execute("CREATE TABLE record (key INTEGER PRIMARY KEY, text TEXT)")
        connection.close()
    text = json.dumps({"this": "is something else"}).encode() * 50
    return rng.choice([other.read_bytes(), text, rng.randbytes(len(data))])


_DAMAGES: dict[str, Callable[[random.Random, bytes, Bench, str], bytes]] = {
    "truncated": _truncated,
    "bits flipped": _flipped,
    "overwritten": _overwritten,
    "blocks exchanged": _blocks_exchanged,
    "of another store": _of_another_store,
    "swapped": _swapped,
    "older": _older,
    "foreign": _foreign,
}


def outcome(folder: Path, legal: list[Model]) -> str:
    """What a process of its own makes of a damaged store: "refused …", "same …", or what is wrong.

    A native crash ends that process only, and is told.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(["astraweave_rag.api", "tests.memory_damage"])
    child = context.Process(target=_child, args=(folder, legal))
    child.start()
    child.join(60)
    if child.is_alive():
        child.kill()
        return "wrong: it hangs"
    if child.exitcode:
        return f"wrong: the process ended with {child.exitcode}"
    return (folder / "outcome").read_text(encoding="utf-8")


def _child(folder: Path, legal: list[Model]) -> None:
    (folder / "outcome").write_text(_look(folder, legal), encoding="utf-8")


def _look(folder: Path, legal: list[Model]) -> str:
    index.EXACT_UP_TO = GRAPH_ABOVE
    try:
        with open_store(folder / NAME) as store:
            held = held_by(store)
            if not any(same(held, model) for model in legal):
                return "wrong: the store holds what it never held"
            wrong = wrong_with_index(store, held)
            at = max(i for i, model in enumerate(legal) if same(held, model))
            return f"wrong: {wrong}" if wrong else f"same as state {at} of {len(legal)}"
    except RagError as error:
        return f"refused: {error}" if NAME in str(error) else f"wrong: no file in {error}"


def judge(bench: Bench, folder: Path, seed: int) -> tuple[str, str, str]:
    """Damage a store and open it: the file, the damage, and the outcome."""
    name, kind = damage(bench, folder, seed)
    only_caches = name in (f"{NAME}.index", f"{NAME}.seal")
    crashed = (folder / f"{NAME}-wal").is_file()
    legal = [bench.truth] if only_caches and not crashed else bench.legal
    before = (folder / NAME).read_bytes()
    found = outcome(folder, legal)
    if only_caches and found.startswith("refused"):
        found = f"wrong: a cache was damaged, and the store was {found}"
    if kind == "foreign" and name == NAME and (folder / NAME).read_bytes() != before:
        found = "wrong: something else's file was written to"
    shutil.rmtree(folder)
    return name, kind, found
