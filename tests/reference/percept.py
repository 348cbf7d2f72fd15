"""Snapshots of minds the plain way: one agent at a time, from what the world holds now."""

import math
from typing import Any

from astraweave import (
    NOBODY,
    U32,
    Barrier,
    Fixed,
    Position,
    Sensed,
    Smoke,
    Team,
    Vec3,
    World,
    component,
)
from astraweave_ai.percept import Objective, PointOfInterest

POINTS, TASKS = {1: "breach_door", 2: "ammo_box"}, {4: "hold"}  # names of kinds


@component
class Vigour:
    """A component of one field."""

    points: Fixed = 100.0


@component
class Supplies:
    """A component of several."""

    rounds: U32 = 30
    at: Vec3 = (0, 0, 0)


def everything(world: World) -> dict[str, dict[int, Any]]:
    """Values of all components by handle, read from the world now."""
    kinds = (Position, Team, Sensed, Objective, PointOfInterest, Barrier, Smoke, Supplies, Vigour)
    world.register(*kinds)
    return {
        kind.__name__: dict(zip(world.select(kind).tolist(), rows(world.read(kind)), strict=True))
        for kind in kinds
    }


def rows(values: Any) -> list[Any]:
    """Rows as Python data; those of several fields as lists of their fields."""
    if values.dtype.names is None:
        return values.tolist()
    return [[row[name].tolist() for name in values.dtype.names] for row in values]


def expected(state: Any, handle: int, tick: int, boxes: Any, around: float) -> dict[str, Any]:
    """What the snapshot of an agent must say."""
    by_index = {h & 0xFFFFFFFF: h for h in state["Position"]}
    near, far, near_m, far_m, teams, more, _, facing = state["Sensed"][handle]
    here, own = state["Position"][handle], state["Team"].get(handle)
    groups: dict[str, list[Any]] = {"allies": [], "enemies": [], "neutrals": []}
    for index, distance in zip([*near, *far], [*near_m, *far_m], strict=True):
        if index == NOBODY:
            continue
        other = by_index[index]
        team = state["Team"].get(other)
        name = "neutrals" if None in (team, own) else "allies" if team == own else "enemies"
        told = {"vigour": state["Vigour"][other]} if other in state["Vigour"] else {}
        place = state["Position"][other]
        groups[name].append(
            {"id": other, "pos": place, "team": team, "distance": distance, "state": told}
        )
    mine: dict[str, Any] = {}
    if handle in state["Supplies"]:
        mine["supplies"] = dict(zip(("rounds", "at"), state["Supplies"][handle], strict=True))
    if handle in state["Vigour"]:
        mine["vigour"] = state["Vigour"][handle]
    task = state["Objective"].get(handle)
    return {
        "t": tick,
        "me": {"id": handle, "pos": here, "facing": facing, "team": own, "state": mine},
        **groups,
        "counts": [*teams, *more],
        "pois": points(state, here, around),
        "obstacles": obstacles(state, here, boxes, around),
        "objective": task and {"k": TASKS.get(task[1], str(task[1])), "pos": task[0]},
    }


def points(state: Any, here: Any, around: float) -> list[Any]:
    found = [
        (math.dist(here, place), handle, place)
        for handle, place in state["Position"].items()
        if handle in state["PointOfInterest"] and math.dist(here, place) <= around
    ]
    return [
        {"id": h, "k": POINTS.get(kind := state["PointOfInterest"][h], str(kind)), "pos": place}
        for _, h, place in sorted(found)
    ]


def obstacles(state: Any, here: Any, boxes: Any, around: float) -> list[Any]:
    rows = [("box", [*map(float, b.centre)], [*map(float, b.half)]) for b in boxes]
    for handle, place in state["Position"].items():
        if handle in state["Barrier"]:
            rows.append(("box", place, state["Barrier"][handle]))
        if handle in state["Smoke"] and state["Smoke"][handle][1] > 0:
            rows.append(("smoke", place, [state["Smoke"][handle][0]] * 3))

    def gap(row: Any) -> float:
        ways = zip(here, row[1], row[2], strict=True)
        return math.hypot(*(max(0.0, abs(p - c) - h) for p, c, h in ways))

    return [
        {"kind": k, "pos": p, "half": h} for k, p, h in sorted(rows) if gap((k, p, h)) <= around
    ]
