"""Measures the senses: `python -m perf.sense [--entities N] [--json FILE] [--adapter A]`.

A crowd of 1 agent per 4 m² in which everybody senses with k = 8 and a radius of 10 m. Each case is
compared with brute force in NumPy for a sample of agents before it is timed. Needs numpy and wgpu
alone, so that it also runs on a bare GPU machine with PYTHONPATH=engine:. in a checkout.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astraweave import (
    ANYONE,
    ENEMIES,
    AstraError,
    Blockers,
    Bounds,
    Box,
    Gpu,
    Grid,
    Motion,
    Position,
    Sense,
    Sensed,
    Senses,
    Smoke,
    Team,
    Velocity,
    World,
)
from perf import machine
from perf.checks import WrongResult
from perf.measure import passes, warm_up
from tests.reference import sense as twin

SEED = 7
RADIUS = 10.0  # metres
WALK = 1.4  # metres per second
PASSES = ("sim/sense_gather", "sim/sense_due", "sim/sense")
Raw = Any


@dataclass(frozen=True)
class Case:
    """One way to sense: what is looked for, what hides it, and how often."""

    name: str
    teams: int = ANYONE
    half_angle: float = math.pi
    boxes: int = 0
    smokes: int = 0
    every: int = 1


CASES = (
    Case("all round, nothing hidden"),
    Case("all round, 128 walls", boxes=128),
    Case("all round, 256 boxes, 64 clouds", boxes=256, smokes=64),
    Case("120 degrees, enemies, 128 walls", ENEMIES, math.pi / 3, 128),
    Case("all round, 128 walls, every 4th tick", boxes=128, every=4),
)


def crowd(gpu: Gpu, n: int, case: Case, cell: float) -> tuple[World, Sense]:
    """Walkers of four teams at 1 per 4 m²; walls of 6 m and clouds of 3 m among them."""
    side = math.ceil(math.sqrt(4 * n))
    rng = np.random.default_rng(SEED)
    world, grid = World(gpu, seed=SEED), Grid(size=(side, 0, side), cell=cell)
    sense = Sense(grid, reach=RADIUS, every=case.every)
    place = rng.uniform(0, side, (case.boxes, 2))
    along = rng.integers(0, 2, case.boxes)
    walls = [
        Box((x, 1.25, z), (3, 1.25, 0.2) if flip else (0.2, 1.25, 3))
        for (x, z), flip in zip(place, along, strict=True)
    ]
    world.use(Motion(bounds=Bounds.flat(side)), grid, Blockers(walls), sense)
    angle = rng.uniform(0, 2 * np.pi, n)
    walk = WALK * np.stack([np.cos(angle), np.zeros(n), np.sin(angle)], axis=1)
    world.spawn(
        Position(rng.uniform(0, side, (n, 3)) * (1, 0, 1)),
        Velocity(walk),
        Team(np.arange(n) % 4),
        Senses(RADIUS, case.half_angle, case.teams),
        Sensed(),
    )
    if case.smokes:
        clouds = rng.uniform(0, side, (case.smokes, 3)) * (1, 0, 1) + (0, 1, 0)
        world.spawn(Position(clouds), Smoke(3.0, 1 << 30))
    world.prepare()
    return world, sense


def check(world: World, sense: Sense, n: int, wanted: int = 64) -> dict[str, Any]:
    """Step once and compare a sample of agents with brute force, every word.

    Raises:
        WrongResult: anything differs.
    """
    tick = world.tick
    world.step()
    scene = scene_of(world, n)
    senses, found = world.read(Senses, raw=True), world.read(Sensed, raw=True)
    rules = {k: v for p in sense.passes(world.rate) for k, v in p.constants.items()}
    due = np.flatnonzero((np.arange(n) + tick) % sense.every == 0)
    sample = np.sort(np.random.default_rng(3).choice(due, min(wanted, len(due)), replace=False))
    for agents in np.array_split(sample, max(1, len(sample) // 8)):
        facing = found["facing"][agents]
        index, distance, teams, count = twin.sense(scene, agents, senses[agents], facing, rules)
        told = found[agents]
        same(told, index, ("near", "far"))
        same(told, distance, ("near_distance", "far_distance"))
        same(told, teams, ("teams", "more_teams"))
        if not np.array_equal(told["count"], count):
            raise WrongResult("sense: counts differ from NumPy")
    return {
        "checked": f"{len(sample)} agents equal brute force over all pairs, bit for bit",
        "seen_mean": round(float(found["count"].mean()), 2),
    }


def scene_of(world: World, n: int) -> twin.Scene:
    """What can be seen after a tick: agents come first, then clouds, by entity index."""
    place = world.read(Position, raw=True)["xyz"].astype(np.int64)
    team = np.full(len(place), twin.NO_TEAM)
    team[:n] = world.read(Team)
    words = world.resource(Blockers.reads[0]).view(np.int32).reshape(-1, 4).astype(np.int64)
    boxes = words[1 : 1 + 2 * words[0, 0], :3].reshape(-1, 2, 3)
    index, ones = np.arange(len(place)), np.ones(len(place), np.int64)
    return twin.Scene(index, place, team, ones, ones, boxes, words[513 : 513 + words[0, 1]])


def same(told: Raw, wanted: Raw, names: tuple[str, str]) -> None:
    if not np.array_equal(np.concatenate([told[name] for name in names], axis=1), wanted):
        raise WrongResult(f"sense: {names[0]} differs from NumPy")


def measure(gpu: Gpu, n: int, case: Case, cell: float, ticks: int) -> dict[str, Any]:
    """Check a case, then the median time of each of its passes, apart."""
    world, sense = crowd(gpu, n, case, cell)
    result: dict[str, Any] = {"name": case.name, "entities": n, "cell_m": cell}
    result |= check(world, sense, n)
    result["checksum_after_1_tick"] = world.checksum().hex
    if not gpu.info.is_software:
        world.step(64)  # the storage is sorted
        warm_up(world, 0.5)
    timed = passes(world, ticks)
    ours = [entry["ms"] for entry in timed if entry["name"] in PASSES]
    return result | {"sense_ms": float(f"{sum(ours):.4g}"), "passes": timed}


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; exit code 1 if a result is wrong, 2 if nothing could be measured."""
    parser = argparse.ArgumentParser(prog="perf.sense", description=__doc__)
    parser.add_argument("--adapter", help="index or part of the name")
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--cell", type=float, default=2.0, help="edge of a grid cell, metres")
    parser.add_argument("--ticks", type=int, default=20, help="ticks whose median is told")
    parser.add_argument("--only", default="", metavar="X", help="cases with X in their name")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures are written")
    args = parser.parse_args(arguments)
    chosen = [case for case in CASES if args.only in case.name]
    try:
        gpu = Gpu.open(args.adapter)
        results = [measure(gpu, args.entities, c, args.cell, args.ticks) for c in chosen]
    except WrongResult as error:
        print(f"perf.sense: wrong: {error}", file=sys.stderr)
        return 1
    except AstraError as error:
        print(f"perf.sense: error: {error}", file=sys.stderr)
        return 2
    print(f"{gpu.info}, {gpu.clock}, {args.entities:,} agents, k=8, radius {RADIUS:g} m")
    for result in results:
        parts = ", ".join(
            f"{e['name'].removeprefix('sim/')} {e['ms']:g}"
            for e in result["passes"]
            if e["name"] in PASSES
        )
        print(f"{result['name']}: {result['sense_ms']:g} ms ({parts}); {result['checked']}")
    if args.json:
        document = machine.describe(gpu) | {"k": 8, "radius_m": RADIUS, "results": results}
        args.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
