"""The long proof of determinism: thousands of runs in every variant must have one checksum.

`python -m tests.soak` writes tests/results/soak-<adapter>.json. It goes on where it stopped, and
starts anew what was computed by other code.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

from astraweave import Gpu
from tests import pin
from tests.integration.runs import (
    ROOT,
    Case,
    fingerprint,
    machine,
    plain,
    recorded_and_replayed,
    shuffled,
    slug,
    swiftshader,
)

SCENES = ("crowd", "bounce")
RUNS = {1_024: 1_000, 16_384: 20, 131_072: 100}
QUICK = {1_024: 10, 16_384: 1}
SWIFTSHADER = {16_384: 3}
RESULTS = ROOT / "tests" / "results"
Variant = Callable[[Gpu, Case], tuple[str, ...]]
VARIANTS: dict[str, Variant] = {
    "plain": lambda gpu, case: (plain(gpu, case),),
    "slots shuffled": lambda gpu, case: (shuffled(gpu, case),),
    "8 threads": lambda gpu, case: (plain(gpu, case, threads=8),),
    "one tick at a time": lambda gpu, case: (plain(gpu, case, chunk=1),),
    "recorded and replayed": recorded_and_replayed,
}


class Report:
    """The results file, written after every run."""

    def __init__(self, path: Path, gpu: Gpu) -> None:
        self.path = path
        old = json.loads(path.read_text()) if path.is_file() else {}
        self.data = {**machine(gpu), "results": old.get("results", {})}

    def entry(self, case: Case) -> dict[str, Any]:
        """What is known of a case, from this code only."""
        found = self.data["results"].get(case.name)
        if found is None or found["code"] != fingerprint():
            found = {
                **vars(case),
                "code": fingerprint(),
                "runs": {},
                "checksums": [],
                "seconds": 0.0,
            }
            self.data["results"][case.name] = found
        return dict(found)

    def save(self, case: Case, entry: dict[str, Any]) -> None:
        """Keep an entry."""
        self.data["results"][case.name] = entry
        self.data["results"] = dict(sorted(self.data["results"].items()))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(self.data, indent=2) + "\n")
        partial.replace(self.path)


def plan(runs: int) -> dict[str, int]:
    """How often each variant runs: nearly all plain, the others at least once."""
    few = max(1, runs // 100)
    return {name: runs if name == "plain" else few for name in VARIANTS}


def soak(gpu: Gpu, case: Case, runs: int, report: Report) -> bool:
    """Run what is missing of a case; False if there is more than one checksum."""
    entry = report.entry(case)
    for name, wanted in plan(runs).items():
        while entry["runs"].get(name, 0) < wanted:
            started = perf_counter()
            sums = VARIANTS[name](gpu, case)
            entry["checksums"] = sorted({*entry["checksums"], *sums})
            entry["runs"][name] = entry["runs"].get(name, 0) + 1
            entry["seconds"] = round(entry["seconds"] + perf_counter() - started, 1)
            report.save(case, entry)
            if len(entry["checksums"]) > 1:
                print(f"{case.name}: {name} differs: {entry['checksums']}", file=sys.stderr)
                return False
    print(f"{case.name}: {entry['runs']}, {entry['checksums'][0]}", file=sys.stderr)
    return _as_pinned(case, entry["checksums"])


def _as_pinned(case: Case, checksums: list[str]) -> bool:
    pinned = pin.load().get(case, {}).get("checksum")
    if pinned and checksums != [pinned]:
        print(f"{case.name}: pinned {pinned}, here {checksums}", file=sys.stderr)
        return False
    return True


def cases(args: argparse.Namespace, counts: dict[int, int]) -> Iterator[tuple[Case, int]]:
    """What was asked for, with the number of runs."""
    for scene in SCENES if args.scene is None else (args.scene,):
        for entities in counts if args.entities is None else (args.entities,):
            yield Case(scene, entities), args.runs or counts.get(entities, 1)


def on_swiftshader(driver: Path, args: argparse.Namespace) -> bool:
    """The same on the other software driver, in a process of its own."""
    command = [sys.executable, "-m", "tests.soak", "--adapter", "SwiftShader", "--alone"]
    for scene in SCENES if args.scene is None else (args.scene,):
        for entities, runs in SWIFTSHADER.items():
            part = ["--scene", scene, "--entities", str(entities), "--runs", str(args.runs or runs)]
            environment = os.environ | {"VK_DRIVER_FILES": str(driver)}
            if subprocess.run(command + part, cwd=ROOT, env=environment, check=False).returncode:
                return False
    return True


def main() -> int:
    """Entry point; exit code 1 on any difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--adapter", help="index or part of the name")
    parser.add_argument("--runs", type=int, help="plain runs of each case")
    parser.add_argument("--quick", action="store_true", help="a few runs of the smaller worlds")
    parser.add_argument("--scene", help="only this scene")
    parser.add_argument("--entities", type=int, help="only this size")
    parser.add_argument("--out", type=Path, help="default: tests/results/soak-<adapter>.json")
    parser.add_argument("--alone", action="store_true", help="not on SwiftShader as well")
    args = parser.parse_args()
    gpu = Gpu.open(args.adapter)
    report = Report(args.out or RESULTS / f"soak-{slug(gpu.info.name)}.json", gpu)
    counts = QUICK if args.quick else RUNS
    agreed = [soak(gpu, case, runs, report) for case, runs in cases(args, counts)]
    driver = swiftshader()
    if driver and not (args.alone or args.quick or args.entities or "SwiftShader" in gpu.info.name):
        agreed.append(on_swiftshader(driver, args))
    return 0 if all(agreed) else 1


if __name__ == "__main__":
    sys.exit(main())
