"""The long proof for consolidation: `python -m tests.soak_consolidation [--kills 100]`.

A process consolidates a day of 300 events and is killed at a random point. After each kill the
store must open, hold all 300 events, and have every summary with all of its sources or none at all;
what was acknowledged must be there. Writes tests/results/consolidation-kills.json.
"""

import argparse
import json
import os
import random
import signal
import tempfile
import time
from collections import Counter
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from astraweave_rag import Filter, Store
from astraweave_rag.consolidate import consolidate, is_summary
from astraweave_rag.kinds import ARCHIVE
from astraweave_rag.memory import Memory
from perf.day import day
from tests.soak_memory import machine

EVENTS = 300
RESULTS = Path(__file__).parent / "results"


def work(path: Path, pipe: Any) -> None:
    """Add a day and consolidate it; say when each is acknowledged."""
    with Store(path) as store:
        memory = Memory(store, "Wen")
        memory.remember_all(day(1, EVENTS))
        pipe.send("added")
        consolidate(memory)
        pipe.send("consolidated")
        time.sleep(30)


def kill_once(path: Path, seconds: float) -> tuple[str, list[str]]:
    """Where the kill fell, and what was wrong afterwards."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["astraweave_rag.api", "perf.day"])
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=work, args=(path, theirs))
    child.start()
    theirs.close()
    said = [ours.recv()]
    time.sleep(seconds)
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join()
    try:
        while ours.poll():
            said.append(ours.recv())
    except EOFError:
        pass
    return said[-1], wrong_in(path, said[-1] == "consolidated")


def wrong_in(path: Path, acknowledged: bool) -> list[str]:
    """What does not hold in a store after a kill."""
    with Store(path) as store:
        records = store.select()
        summaries = [one for one in records if is_summary(one)]
        archived = {one.key for one in records if one.kind == ARCHIVE}
        memory = Memory(store, "Wen")
        linked = {one.key for summary in summaries for one in memory.sources(summary)}
        checks = {
            "an event is lost or came twice": len(records) - len(summaries) == EVENTS,
            "an acknowledged consolidation is lost": bool(summaries) or not acknowledged,
            "archived events and sources differ": linked == archived,
            "words do not find events": bool(memory.recall("loaves", now=0, kinds=(ARCHIVE,)))
            == bool(store.count(Filter(kinds=(ARCHIVE,)))),
            "it cannot be consolidated afterwards": bool(summaries) or bool(consolidate(memory)),
        }
    return [name for name, holds in checks.items() if not holds]


def seconds_of_one() -> float:
    """How long a consolidation takes here and now."""
    with Store(":memory:") as store:
        memory = Memory(store, "Wen")
        memory.remember_all(day(1, EVENTS))
        start = time.perf_counter()
        consolidate(memory)
        return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    given = parser.parse_args()
    usual = 1.3 * seconds_of_one()
    rng, places, wrong = random.Random(5), Counter[str](), []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.kills):
            path = Path(folder) / f"{number}.db"
            place, found = kill_once(path, rng.random() * usual)
            places[place] += 1
            wrong += [f"kill {number}: {one}" for one in found]
    result = {**machine(), "kills": given.kills, "after": dict(places), "wrong": wrong}
    print(json.dumps(result, indent=1))
    (RESULTS / "consolidation-kills.json").write_text(
        json.dumps(result, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
