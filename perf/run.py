"""Measures this machine: `python -m perf.run [--adapter A] [--out FILE] [--quick] [--only X]`.

Needs numpy, wgpu and msgspec alone (frames need pillow too), so that it also runs on a bare GPU
machine with PYTHONPATH=engine:. from the root of a checkout. All ticks are measured in one process,
interleaved, so that the clocks of the machine treat them alike.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from astraweave import AstraError, Gpu, World
from astraweave.errors import CapacityError
from perf import machine, workloads
from perf.checks import check
from perf.measure import BYTES_FORMULA, Measurement, TooSlow, warm_up
from perf.peers import Peer, load_peers
from perf.report import as_text
from perf.scenes import WORKLOADS, crowd_side

RESULTS = Path(__file__).parent / "results"
CHECKED_AT = 16  # the tick whose checksum is recorded; the same on every adapter
CIRCLES = {"ticks": 200, "warm": 20, "restart": True}  # as FLAME GPU 2's benchmark has it

# Workload, entities.
TICKS = [
    ("crowd_plain", 16_384),
    ("crowd_plain", 131_072),
    ("crowd_plain", 1_048_576),
    ("crowd_plain", 10_485_760),
    ("circles", 64_000),
    ("circles", 1_000_000),
    ("crowd", 16_384),
    ("bounce", 4_096),
]
QUICK_TICKS = [
    *(("crowd_plain", n) for n in (200, 500, 1_000, 16_384, 131_072)),
    ("circles", 8_000),
    ("crowd", 16_384),
    ("bounce", 4_096),
]
Part = tuple[str, Callable[[Gpu], dict[str, Any]]]


def other_parts(quick: bool) -> list[Part]:
    """What is measured besides ticks."""
    big, million = (131_072, 100_000) if quick else (1_048_576, 1_000_000)
    return [
        (f"checksum {big}", lambda gpu: workloads.checksum_cost(gpu, big)),
        (f"spawn {million}", lambda gpu: workloads.spawn_cost(gpu, million)),
        (f"cull {big}", lambda gpu: workloads.cull_cost(gpu, big)),
        ("frames 500", lambda gpu: workloads.frame_times(gpu, 500)),
        ("threads 16384", lambda gpu: workloads.thread_scaling(gpu, 16_384)),
    ]


@dataclass
class TickPart:
    """One workload on its way from the check to its figures."""

    workload: str
    entities: int
    limit: float
    result: dict[str, Any]
    world: World | None = None
    measurement: Measurement | None = None

    @property
    def name(self) -> str:
        """As in the results and in `--only`."""
        return f"{self.workload} {self.entities}"

    def prepare(self, gpu: Gpu) -> None:
        """Make the world, compare it with NumPy, record its checksum, see how fast it is."""
        started = perf_counter()
        world = WORKLOADS[self.workload](gpu, self.entities)
        self.result |= {"workload": self.workload, "entities": world.count}
        if self.workload == "crowd_plain":
            area = crowd_side(world.count) ** 2 / world.count
            self.result["square_metres_an_agent"] = round(area, 2)
        self.result |= check(self.workload, world)
        world.step(CHECKED_AT - world.tick)
        self.result |= {"checksum": world.checksum().hex, "checksum_tick": CHECKED_AT}
        more: dict[str, Any] = CIRCLES if self.workload == "circles" else {"warm": 16}
        if more.get("restart"):
            world = WORKLOADS[self.workload](gpu, self.entities)
        self.world, self.measurement = world, Measurement(world, limit=self.limit, **more)
        self.result["preparation_s"] = round(perf_counter() - started, 2)

    def round(self) -> None:
        """One sample of each kind."""
        if self.measurement:
            self.measurement.round()

    def finish(self, heater: World | None) -> None:
        """Gather the figures and look once more whether results are right."""
        if self.measurement and self.world:
            self.result |= self.measurement.result(heater)
            check(self.workload, self.world)
            self.result["status"] = "ok"


def attempt(result: dict[str, Any], work: Callable[[], object]) -> None:
    """Do it; what goes wrong is written into the result instead of ending the run."""
    if result.get("status") in ("skipped", "error"):
        return
    try:
        work()
    except (CapacityError, TooSlow, workloads.Unavailable) as reason:
        result |= {"status": "skipped", "why": str(reason)}
    except Exception as error:  # noqa: BLE001 - reported by name, and the exit code says so
        place = "" if isinstance(error, AstraError) else traceback.format_exc(limit=-2)
        result |= {"status": "error", "why": f"{type(error).__name__}: {error}", "where": place}


def run_ticks(
    gpu: Gpu, sizes: Sequence[tuple[str, int]], rounds: int, limit: float, peers: Sequence[Peer]
) -> list[Any]:
    """Prepare all, then take samples in turn, with those of the peers between them."""
    parts = [TickPart(name, n, limit, {"name": f"{name} {n}"}) for name, n in sizes]
    for part in parts:
        tell(f"preparing {part.name}")
        attempt(part.result, lambda p=part: p.prepare(gpu))
    ready = [part for part in parts if part.world]
    largest = max((p.world for p in ready if p.world), key=lambda w: w.count, default=None)
    if largest and not gpu.info.is_software:
        warm_up(largest, 1.0)
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        for part in ready:
            attempt(part.result, part.round)
            for peer in peers:
                if peer.workload == part.name:
                    peer.round()
    for part in ready:
        heater = None if gpu.info.is_software else largest
        attempt(part.result, lambda p=part, h=heater: p.finish(h))
    return [part.result for part in parts]


def run_other(gpu: Gpu, name: str, work: Callable[[Gpu], dict[str, Any]]) -> dict[str, Any]:
    """One part that is measured by itself."""
    tell(name)
    gc.collect()
    result: dict[str, Any] = {"name": name}
    attempt(result, lambda: result.update(work(gpu)))
    result.setdefault("status", "ok")
    return result


def run(
    gpu: Gpu, quick: bool, only: str, rounds: int, limit: float, peers: Sequence[Peer] = ()
) -> dict[str, Any]:
    """All parts whose name contains `only`."""
    started = perf_counter()
    document = machine.describe(gpu) | {"quick": quick, "rounds": rounds, "bytes": BYTES_FORMULA}
    sizes = [(w, n) for w, n in (QUICK_TICKS if quick else TICKS) if only in f"{w} {n}"]
    results = run_ticks(gpu, sizes, rounds, limit, peers)
    for name, work in other_parts(quick):
        if only in name:
            results.append(run_other(gpu, name, work))
    if not results:
        raise AstraError(f"nothing to measure has {only!r} in its name")
    if peers:
        document["peers"] = {peer.workload: peer.told() for peer in peers if peer.samples}
    return document | {"seconds": round(perf_counter() - started, 1), "results": results}


def tell(text: str) -> None:
    print(f"perf.run: {text}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; exit code 1 if a part failed."""
    parser = argparse.ArgumentParser(prog="perf.run", description=__doc__)
    parser.add_argument("--adapter", help="index or part of the name")
    parser.add_argument(
        "--out", type=Path, help="default: perf/results/<adapter>.json, or none with --only"
    )
    parser.add_argument("--quick", action="store_true", help="sizes for a software adapter")
    parser.add_argument("--only", default="", metavar="X", help="parts with X in their name")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved repeats")
    parser.add_argument("--limit", type=float, default=10.0, help="seconds a sample may take")
    parser.add_argument("--peers", type=Path, help="JSON, see perf/peers.py")
    args = parser.parse_args(arguments)
    try:
        gpu = Gpu.open(args.adapter)
        peers = load_peers(args.peers) if args.peers else []
        document = run(gpu, args.quick, args.only, args.rounds, args.limit, peers)
    except AstraError as error:
        print(f"perf.run: error: {error}", file=sys.stderr)
        return 2
    print(as_text(document))
    # A part of the run must not replace the whole of an earlier one.
    out = args.out or (None if args.only else RESULTS / f"{machine.slug(gpu)}.json")
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        tell(f"wrote {out}")
    return int(any(result["status"] == "error" for result in document["results"]))


if __name__ == "__main__":
    sys.exit(main())
