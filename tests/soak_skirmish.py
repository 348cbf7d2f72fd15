"""The long proof for minds: `python -m tests.soak_skirmish [--replays 1000] [--jobs 2]`.

A skirmish of 64 agents over 500 ticks is computed with 1, 2, 4 and 8 threads, recorded, and
replayed a thousand times, in several processes; all must have one checksum. Writes
tests/results/skirmish-<adapter>.json.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

from astraweave import Gpu, Recorder, replay
from astraweave.app.scene import Scene, load_scene
from tests.integration.runs import ROOT, machine, slug

AGENTS, TICKS, SEED = 64, 500, 7
THREADS = (1, 2, 4, 8)


def run_once(gpu: Gpu, scene: Scene, threads: int, ticks: int = TICKS) -> str:
    """Checksum of a run on so many threads."""
    world, _ = scene.make(gpu, entities=AGENTS, seed=SEED, threads=threads)
    world.step(ticks)
    return world.checksum().hex


def replays(gpu: Gpu, scene: Scene, count: int, ticks: int = TICKS) -> Iterator[str]:
    """Checksums of replays of one recording; each tick of each is compared."""
    world, _ = scene.make(gpu, entities=AGENTS, seed=SEED)
    recorder = Recorder(world, scene.name, {"entities": AGENTS, "ticks": ticks})
    world.step(ticks)
    recording = recorder.finish()
    yield world.checksum().hex
    for _ in range(count):
        again, _ = scene.make(gpu, entities=AGENTS, seed=SEED)
        yield replay(recording, again).hex


def share(adapter: str | None, count: int) -> list[str]:
    """What one process contributes: a recorded run and its replays."""
    return list(replays(Gpu.open(adapter), load_scene("skirmish"), count))


def prove(adapter: str | None, count: int, jobs: int) -> dict[str, Any]:
    """All of it, as one document."""
    started = perf_counter()
    gpu, scene = Gpu.open(adapter), load_scene("skirmish")
    by_threads = {str(n): run_once(gpu, scene, n) for n in THREADS}
    shares = [count // jobs + (job < count % jobs) for job in range(jobs)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(share, [adapter] * jobs, shares))
    of_replays = [checksum for one in found for checksum in one]
    return {
        **machine(gpu),
        "scene": scene.name,
        "agents": AGENTS,
        "ticks": TICKS,
        "seed": SEED,
        "threads": by_threads,
        "recorded_runs": jobs,
        "replays": len(of_replays) - jobs,
        "checksums": sorted({*by_threads.values(), *of_replays}),
        "seconds": round(perf_counter() - started, 1),
    }


def main() -> int:
    """Entry point; exit code 1 if there is more than one checksum."""
    parser = argparse.ArgumentParser(prog="tests.soak_skirmish", description=__doc__)
    parser.add_argument("--replays", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--adapter")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    document = prove(args.adapter, args.replays, args.jobs)
    out = args.out or ROOT / "tests" / "results" / f"skirmish-{slug(document['adapter'])}.json"
    out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(document, indent=1))
    return int(len(document["checksums"]) != 1)


if __name__ == "__main__":
    sys.exit(main())
