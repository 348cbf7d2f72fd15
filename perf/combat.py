"""Measures combat: `python -m perf.combat [--entities N] [--ticks N] [--json FILE] [--adapter A]`.

Squads of fifty, half of each team, fight within twenty metres among walls and smoke. Each case is
compared with its NumPy twin for one tick of 200 fighters before it is timed. Needs numpy and wgpu
alone, so that it also runs on a bare GPU machine with PYTHONPATH=engine:. in a checkout.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astraweave import (
    FIGHTER,
    Ability,
    Aims,
    Ammo,
    AstraError,
    Blast,
    Blockers,
    Box,
    Combat,
    Cooldowns,
    Goal,
    Gpu,
    Health,
    Morale,
    Order,
    Position,
    Smoke,
    Stamina,
    Stance,
    Team,
    Velocity,
    Walk,
    World,
)
from perf import machine
from perf.checks import WrongResult
from perf.measure import passes, warm_up
from tests.reference import combat as twin

SEED = 7
SQUAD = 50
KINDS = (*FIGHTER, Morale, Team, Goal, Velocity, Blast)
FOREVER = 3600.0  # seconds


@dataclass(frozen=True)
class Case:
    """What everybody does: the ability that all orders name, and how many walls stand about."""

    name: str
    ability: Ability
    boxes: int = 64
    clouds: int = 8


def _shoot(period: float) -> Ability:
    return Ability(
        "shoot", Aims.ENEMY, 30.0, True, rounds=1, damage=5, accuracy=0.9, accuracy_far=0.3,
        lasts=FOREVER, period=period,
    )  # fmt: skip


CASES = (
    Case("a shot every half second", _shoot(0.5)),
    Case("a shot every tick", _shoot(0.016)),
    Case("all strafe", Ability("strafe", Aims.ENEMY, lasts=FOREVER, walk=Walk.AROUND_TARGET)),
    Case("all wait", Ability("wait", lasts=FOREVER)),
)


def battle(gpu: Gpu, n: int, case: Case) -> tuple[World, Combat]:
    """Fighters in squads whose centres lie 40 m apart; nobody can fall or run out of anything."""
    rng = np.random.default_rng(SEED)
    squads = -(-n // SQUAD)
    row = int(np.ceil(np.sqrt(squads)))
    centre = 40.0 * np.stack([np.arange(squads) % row, np.arange(squads) // row], axis=1)
    blockers = Blockers(
        [
            Box((x, 1.0, z), (1.5, 1.0, 0.2))
            for x, z in centre[rng.integers(0, squads, case.boxes)]
            + rng.uniform(-10, 10, (case.boxes, 2))
        ]
    )
    world, combat = World(gpu, seed=SEED), Combat((case.ability,), blockers)
    world.use(blockers, combat)
    squad = np.arange(n) // SQUAD
    place = np.zeros((n, 3))
    place[:, [0, 2]] = centre[squad] + rng.uniform(-10, 10, (n, 2))
    world.spawn(
        *_fighters(n, place), Order(1, _targets(rng, n), ticks=_phases(rng, n, case), state=2)
    )
    smoke = np.zeros((case.clouds, 3))
    smoke[:, [0, 2]] = centre[rng.integers(0, squads, case.clouds)]
    world.spawn(Position(smoke), Smoke(3.0, 1 << 30))
    world.prepare()
    return world, combat


def _fighters(n: int, place: Any) -> list[Any]:
    much = 1_000_000_000
    return [
        Position(place), Velocity(), Goal(place), Team(np.arange(n) % 2), Health(much, much),
        Stamina(), Ammo(much), Cooldowns(), Morale(), Stance(),
    ]  # fmt: skip


def _targets(rng: np.random.Generator, n: int) -> Any:
    """Somebody of the other team in the same squad."""
    other = np.arange(n) // SQUAD * SQUAD + 2 * rng.integers(0, SQUAD // 2, n)
    return np.minimum(other + 1 - np.arange(n) % 2, n - 1)


def _phases(rng: np.random.Generator, n: int, case: Case) -> Any:
    """Ticks left, so that periods are spread evenly over the ticks."""
    return round(60 * case.ability.lasts) - rng.integers(1, 31, n)


def check(gpu: Gpu, case: Case, n: int = 200) -> str:
    """One tick of a small battle must equal the twin's.

    Raises:
        WrongResult: anything differs.
    """
    world, combat = battle(gpu, n, case)
    every = np.ones(n, np.bool_)
    has = {kind.layout.name: every for kind in KINDS}
    data = {kind.layout.name: np.zeros(n, kind.layout.dtype) for kind in KINDS}
    has |= {"Blast": ~every, "Weapon": ~every}
    for kind in KINDS[:-1]:
        data[kind.layout.name] = world.read(kind, world.select(*FIGHTER), raw=True)
    world.register(Blast)
    world.step()
    words = world.resource(Blockers.reads[0]).view(np.int32).reshape(-1, 4).astype(np.int64)
    boxes = words[1 : 1 + 2 * words[0, 0], :3].reshape(-1, 2, 3)
    clouds = words[513 : 513 + words[0, 1]]
    expected = twin.Battle(has, data, (case.ability,), combat, boxes, clouds, SEED, 60, 0)
    twin.step(expected)
    for kind in KINDS[:-1]:
        found = world.read(kind, world.select(*FIGHTER), raw=True)
        if not np.array_equal(found, data[kind.layout.name]):
            raise WrongResult(f"combat, {case.name}: {kind.layout.name} differs from NumPy")
    return f"{n} fighters equal NumPy after a tick, bit for bit"


def measure(gpu: Gpu, n: int, case: Case, ticks: int) -> dict[str, Any]:
    """Check a case, then the median time of each of its passes, apart."""
    result: dict[str, Any] = {"name": case.name, "entities": n, "checked": check(gpu, case)}
    world, combat = battle(gpu, n, case)
    if not gpu.info.is_software:
        warm_up(world, 0.5)
    timed = passes(world, ticks)
    names = {p.name for p in combat.passes(world.rate)}
    ours = [entry["ms"] for entry in timed if entry["name"] in names]
    result["checksum"] = world.checksum().hex
    return result | {"combat_ms": float(f"{sum(ours):.4g}"), "passes": timed}


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; exit code 1 if a result is wrong, 2 if nothing could be measured."""
    parser = argparse.ArgumentParser(prog="perf.combat", description=__doc__)
    parser.add_argument("--adapter", help="index or part of the name")
    parser.add_argument("--entities", type=int, default=5_000)
    parser.add_argument("--ticks", type=int, default=21, help="ticks whose median is told")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures are written")
    args = parser.parse_args(arguments)
    try:
        gpu = Gpu.open(args.adapter)
        results = [measure(gpu, args.entities, case, args.ticks) for case in CASES]
    except WrongResult as error:
        print(f"perf.combat: wrong: {error}", file=sys.stderr)
        return 1
    except AstraError as error:
        print(f"perf.combat: error: {error}", file=sys.stderr)
        return 2
    print(f"{gpu.info}, {gpu.clock}, {args.entities:,} fighters")
    for result in results:
        parts = ", ".join(f"{e['name'].removeprefix('sim/')} {e['ms']:g}" for e in result["passes"])
        print(f"{result['name']}: {result['combat_ms']:g} ms ({parts}); {result['checked']}")
    if args.json:
        document = machine.describe(gpu) | {"squad": SQUAD, "results": results}
        args.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
