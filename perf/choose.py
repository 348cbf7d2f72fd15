"""Baked choices of many agents: `python -m perf.choose [--entities N] [--json FILE]`.

First it is right, then it is timed: the choices of all agents are compared with the table in NumPy,
and those of a sample with the plans of the CPU planner. Exit code 1 if any differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astraweave import U32, AstraError, Fixed, Gpu, World, component
from astraweave_ai.planner.bake import UNDECIDED, Baked, bake
from astraweave_ai.planner.bake_pass import Choice, Chooser, Source
from astraweave_ai.planner.batch import plan_many
from perf import machine
from perf.goap import WIN, WIN_TOGETHER, fighter
from perf.measure import GPU, WALL, gpu_batched, spread, wall_batched, warm_up

SEED = 7
BUDGET_MS = 0.2  # GPU time of 100,000 agents on an H200
TICKS = 64
GOALS = (WIN, WIN_TOGETHER)
Codes = dict[str, NDArray[np.int64]]


@component
class Fighter:
    """A fighter's facts: most as they are, health in points, sight as a distance in metres."""

    place: U32
    weapon: U32
    ammo: U32
    grenades: U32
    smokes: U32
    smoke_up: U32
    medkits: U32
    stamina: U32
    pinned: U32
    enemy: U32
    ally_down: U32
    life: Fixed
    distance: Fixed


@component
class Orders:
    """Which goal an agent has."""

    goal: U32


_WHOLE = [name for name in Fighter.__annotations__ if name not in ("life", "distance")]
SOURCES = {
    **{name: Source(Fighter, name) for name in _WHOLE},
    "health": Source(Fighter, "life", (25, 50, 75)),
    "seen": Source(Fighter, "distance", (12.0,), falling=True),
}


def spawn(world: World, baked: Baked, count: int) -> tuple[Codes, NDArray[np.int64]]:
    """Agents in states and with goals drawn uniformly; returns both."""
    rng = np.random.default_rng(SEED)
    facts = {n: rng.integers(f.size, size=count) for n, f in baked.domain.facts.items()}
    goals = rng.integers(len(baked.goals), size=count)
    fields: dict[str, Any] = {name: facts[name] for name in _WHOLE}
    fields["life"] = 25 * facts["health"] + rng.uniform(0, 24, count)
    fields["distance"] = np.where(facts["seen"] == 1, 8.0, 40.0)
    world.spawn(Fighter(**fields), Orders(goals), Choice())
    return facts, goals


def check(
    baked: Baked, facts: Codes, goals: NDArray[np.int64], chosen: Any, sampled: int
) -> dict[str, Any]:
    """How many choices are not those of the table, and of a sample not those of the planner."""
    rows = np.random.default_rng(SEED).permutation(len(goals))[:sampled]
    unlike, situations = 0, 0
    started = perf_counter()
    for index, goal in enumerate(GOALS):
        own = rows[goals[rows] == index]
        few = {name: codes[own] for name, codes in facts.items()}
        plans = plan_many(baked.domain, few, goal, max_expansions=1_000_000)
        if (plans.first == UNDECIDED).any():
            raise RuntimeError("the planner's budget was too small for a comparison")
        unlike += int((plans.first != chosen[own]).sum())
        situations += len(plans.plans)
    return {
        "differing_from_table": int((baked.choose(facts, goals) != chosen).sum()),
        "sampled": len(rows),
        "sampled_situations": situations,
        "differing_from_planner": unlike,
        "planner_s": round(perf_counter() - started, 2),
    }


def times(world: World, rounds: int) -> dict[str, Any]:
    """Milliseconds of the pass alone, and of ticks that hold nothing else."""
    warm_up(world, 0.2 if world.gpu.info.is_software else 1.0)
    alone = [ms for _ in range(5 * rounds) for _, ms in world.profile(1)]
    found = {"pass_ms": spread(alone, world.gpu.clock)}
    if world.gpu.clock == GPU:
        batches = [gpu_batched(world, TICKS) for _ in range(rounds)]
        found["gpu_batched_ms"] = spread(batches, GPU)
    walls = [wall_batched(world, TICKS) for _ in range(rounds)]
    return {**found, "wall_batched_ms": spread(walls, WALL)}


def run(gpu: Gpu, entities: int, sampled: int, rounds: int) -> dict[str, Any]:
    """Bake, choose, compare, time."""
    started = perf_counter()
    baked = bake(fighter(), GOALS)
    seconds = perf_counter() - started
    world = World(gpu, seed=SEED)
    world.use(Chooser(baked, SOURCES, goal=Source(Orders, "goal")))
    facts, goals = spawn(world, baked, entities)
    world.step()
    chosen = world.read(Choice)
    return machine.describe(gpu) | {
        "entities": entities,
        "actions": len(baked.domain.actions),
        "goals": len(baked.goals),
        "states": baked.space.count,
        "table_bytes": baked.table.nbytes,
        "bake_s": round(seconds, 3),
        "budget_ms": BUDGET_MS,
        **check(baked, facts, goals, chosen, sampled),
        "checksum": world.checksum().hex,
        **times(world, rounds),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; exit code 1 if a choice differs."""
    parser = argparse.ArgumentParser(prog="perf.choose", description=__doc__)
    parser.add_argument("--adapter", help="index or part of the name")
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--sampled", type=int, default=10_000, help="compared with the planner")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    args = parser.parse_args(arguments)
    try:
        found = run(Gpu.open(args.adapter), args.entities, args.sampled, args.rounds)
    except AstraError as error:
        print(f"perf.choose: error: {error}", file=sys.stderr)
        return 2
    text = json.dumps(found, indent=1, ensure_ascii=False)
    print(text)
    if args.json:
        args.json.write_text(text + "\n", encoding="utf-8")
    return int(found["differing_from_table"] + found["differing_from_planner"] > 0)


if __name__ == "__main__":
    sys.exit(main())
