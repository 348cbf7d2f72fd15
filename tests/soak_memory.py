"""The long proof for memory: `python -m tests.soak_memory [--kills 200] [--damages 200] …`.

Processes that write are killed at random points, files are damaged in many ways, and eight
processes read while one writes. Writes tests/results/memory-<machine>.json.
"""

import argparse
import json
import os
import platform
import re
import sqlite3
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

import numpy as np

from astraweave_rag import Draft, Filter, HashingEmbedder, RagError, Store, search
from tests.memory_damage import judge, prepare
from tests.memory_kills import kill_once
from tests.memory_ops import NAMES, Model

RESULTS = Path(__file__).parent / "results"
KILLS_PER_STORE = 20


def kills(count: int, folder: Path) -> dict[str, Any]:
    """Kill writers so many times, twenty times on each store."""
    wrong, writes = [], 0
    for seed in range(-(-count // KILLS_PER_STORE)):
        path, number, model = folder / f"kills-{seed}", 0, Model()
        for _ in range(min(KILLS_PER_STORE, count - seed * KILLS_PER_STORE)):
            number, found = kill_once(path, seed, number, model)
            if found:
                wrong.append(f"store {seed}: {found}")
        writes += number
        print(f"kills: store {seed}, {number} writes, {len(wrong)} wrong", file=sys.stderr)
    return {"kills": count, "acknowledged_writes": writes, "wrong": wrong}


def damages(count: int, folder: Path) -> dict[str, Any]:
    """Damage files so many times, and open what is left."""
    bench, outcomes, wrong = prepare(folder), Counter[str](), []
    for seed in range(count):
        name, kind, found = judge(bench, folder / f"case-{seed}", seed)
        outcomes[f"{name}, {kind}: {found.split()[0].rstrip(':')}"] += 1
        if found.startswith("wrong"):
            wrong.append(f"{seed}: {name}, {kind}: {found}")
    return {"damages": count, "outcomes": dict(sorted(outcomes.items())), "wrong": wrong}


def read_for(path: Path, seconds: float, seed: int, answer: Any) -> None:
    """Search until the time is up; what is read must be of one moment and never go back."""
    rng, done, last, errors = np.random.default_rng(seed), 0, 0, []
    end = monotonic() + seconds
    try:
        with Store(path) as store:
            while monotonic() < end:
                name = NAMES[rng.integers(len(NAMES))]
                hits = search(
                    store, f"{name} number {rng.integers(999)}", filter=Filter(persona=name)
                )
                errors += [
                    f"{h.record.persona} for {name}" for h in hits if h.record.persona != name
                ]
                with store.reading():
                    revision, count = store.revision, store.count()
                    if revision < last or count != len(store.keys()):
                        errors.append(f"revision {revision} after {last}, {count} memories")
                last, done = revision, done + 1
    except RagError as error:
        errors.append(str(error))
    answer.send((done, errors[:5]))


def write_for(path: Path, seconds: float, answer: Any) -> None:
    """Add, change and delete until the time is up."""
    rng, done, times = np.random.default_rng(0), 0, []
    end = monotonic() + seconds
    try:
        with Store(path) as store:
            while monotonic() < end:
                name = NAMES[rng.integers(len(NAMES))]
                start = perf_counter()
                record = store.add(Draft(text=f"{name} number {done}", persona=name, tick=done))
                times.append(perf_counter() - start)
                if done % 7 == 0:
                    store.update(record.key, text=f"{name} changed {done}")
                if done % 5 == 0:
                    store.delete([record.key])
                done += 1
    except RagError as error:
        answer.send((done, times, [str(error)]))
        return
    answer.send((done, times, []))


def together(seconds: float, readers: int, folder: Path) -> dict[str, Any]:
    """So many readers and one writer on one file."""
    path, context = folder / "together", get_context("spawn")
    with Store(path, HashingEmbedder()) as store:
        store.add_many(
            Draft(text=f"{NAMES[i % 5]} number {i}", persona=NAMES[i % 5]) for i in range(2000)
        )
    pipes, children = [], []
    for number in range(readers + 1):
        ours, theirs = context.Pipe(duplex=False)
        arguments = (path, seconds, number, theirs) if number else (path, seconds, theirs)
        child = context.Process(target=read_for if number else write_for, args=arguments)
        child.start()
        theirs.close()
        pipes.append(ours)
        children.append(child)
    written, times, wrong = pipes[0].recv()
    answers = [pipe.recv() for pipe in pipes[1:]]
    for child in children:
        child.join()
    wrong += [error for _, errors in answers for error in errors]
    with Store(path) as store:
        left = len(store)
    expected = 2000 + written - (written + 4) // 5
    return {
        "readers": readers,
        "seconds": seconds,
        "writes": written,
        "add_ms_p95": round(float(np.percentile(np.array(times) * 1e3, 95)), 3),
        "searches": [done for done, _ in answers],
        "memories": left,
        "wrong": wrong + ([] if left == expected else [f"{left} memories, expected {expected}"]),
    }


def machine() -> dict[str, Any]:
    """Where and with what this ran."""
    cpu = Path("/proc/cpuinfo")
    text = cpu.read_text(encoding="utf-8") if cpu.is_file() else ""
    model = re.search(r"model name\s*:\s*(.+)", text)
    return {
        "cpu": model[1] if model else platform.processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "versions": {name: version(name) for name in ("numpy", "usearch", "numkong", "msgspec")},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def main() -> int:
    """Entry point; exit code 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="tests.soak_memory", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--damages", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    document = machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("kills", "damage", "together"):
            (folder / part).mkdir()
        document["kills"] = kills(args.kills, folder / "kills")
        document["damages"] = damages(args.damages, folder / "damage")
        document["together"] = together(args.seconds, args.readers, folder / "together")
    slug = re.sub(r"[^a-z0-9]+", "-", f"{document['cpu']}-{document['cores']}-cores".lower())
    out = args.out or RESULTS / f"memory-{slug.strip('-')}.json"
    out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    wrong = [w for part in ("kills", "damages", "together") for w in document[part]["wrong"]]
    print("\n".join(wrong) or f"nothing was wrong; see {out}")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
