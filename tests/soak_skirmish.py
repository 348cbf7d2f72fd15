"""The long proof for minds: `python -m tests.soak_skirmish [--replays 1000]`.

A skirmish of 64 agents over 500 ticks is computed with 1, 2, 4 and 8 threads, recorded, and
replayed a thousand times; all must have one checksum. Writes tests/results/skirmish-<adapter>.json.
"""

import argparse
import json
import sys
from collections.abc import Iterator
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


def prove(gpu: Gpu, count: int) -> dict[str, Any]:
    """All of it, as one document."""
    started = perf_counter()
    scene = load_scene("skirmish")
    by_threads = {str(n): run_once(gpu, scene, n) for n in THREADS}
    of_replays = list(replays(gpu, scene, count))
    return {
        **machine(gpu),
        "scene": scene.name,
        "agents": AGENTS,
        "ticks": TICKS,
        "seed": SEED,
        "threads": by_threads,
        "replays": len(of_replays) - 1,
        "checksums": sorted({*by_threads.values(), *of_replays}),
        "seconds": round(perf_counter() - started, 1),
    }


def main() -> int:
    """Entry point; exit code 1 if there is more than one checksum."""
    parser = argparse.ArgumentParser(prog="tests.soak_skirmish", description=__doc__)
    parser.add_argument("--replays", type=int, default=1000)
    parser.add_argument("--adapter")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    gpu = Gpu.open(args.adapter)
    document = prove(gpu, args.replays)
    out = args.out or ROOT / "tests" / "results" / f"skirmish-{slug(gpu)}.json"
    out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(document, indent=1))
    return int(len(document["checksums"]) != 1)


if __name__ == "__main__":
    sys.exit(main())
