"""What the standard actions do beyond their abilities: commands, and rules for the guard."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from astraweave import (
    BOX,
    NOBODY,
    Ammo,
    Barrier,
    Blast,
    Context,
    Facing,
    Look,
    Position,
    Reason,
    Sensed,
    Smoke,
    Team,
    Weapon,
    rgb,
)

from .body import Body, Refusal
from .components import KIT, Interactive, Pickup, Signal, Word
from .handles import index_of, value_of
from .percept_columns import PointOfInterest
from .registry import Deed, Undo

WEAPONS = ("rifle", "pistol", "blade")  # kinds of `Weapon`
RIFLE, PISTOL, BLADE = range(3)
_CLOUD, _CLOUD_LASTS = 3.0, 10.0  # metres, seconds
_CRATE = rgb("#7fb069"), (0.4, 0.3, 0.4)


# -- throws and blows ------------------------------------------------------------------------------


def smoke(context: Context, deed: Deed) -> None:
    """A cloud for ten seconds."""
    context.spawn(Position(deed.place), Smoke(_CLOUD, 600))


def would_smoke(body: Body, arguments: Mapping[str, Any]) -> Refusal | None:
    """From then on the agent does not see through its own cloud either."""
    place = np.array([arguments["x"], arguments.get("y", 0.0), arguments["z"]])
    body.clouds.append((place, _CLOUD, body.elapsed + _CLOUD_LASTS))
    return None


def grenade(context: Context, deed: Deed) -> None:
    """Explodes after half a second."""
    context.spawn(Position(deed.place), Blast(50, 4.0, 30))


def sweep(context: Context, deed: Deed) -> None:
    """Hits all around at once, except the agent's team; who has no team is hit by it too."""
    team = value_of(context, Team, deed.agent)
    spares = NOBODY if team is None else int(team)
    context.spawn(Position(deed.place), Blast(20, float(deed.arguments["radius"]), 1, spares))


def wall(context: Context, deed: Deed) -> None:
    """A wall of half a metre to two, by its intensity."""
    height = 0.25 + 0.75 * float(deed.arguments["intensity"])
    x, y, z = deed.place
    context.spawn(Position((x, y + height, z)), Barrier((1.0, height, 0.3)))


def would_wall(body: Body, arguments: Mapping[str, Any]) -> Refusal | None:
    """From then on it is in the way of the agent's own looks too."""
    half = np.array([1.0, 0.25 + 0.75 * float(arguments["intensity"]), 0.3])
    place = np.array([arguments["x"], arguments.get("y", 0.0) + half[1], arguments["z"]])
    body.boxes.append((place - half, place + half))
    return None


# -- words and looks -------------------------------------------------------------------------------


def say(word: Word) -> Callable[[Context, Deed], None]:
    """Set the agent's `Signal`, when an action begins or once it is done."""

    def said(context: Context, deed: Deed) -> None:
        target = NOBODY if deed.target is None else index_of(deed.target)
        context.attach(deed.agent, Signal(int(word), target, context.tick, deed.place))

    return said


def look_round(context: Context, deed: Deed) -> Undo | None:
    """A quarter of a turn further, for as long as it scans; then it looks where it goes again."""
    key = ("facing", int(deed.agent))  # tick until which a percept may show one that was lent
    shown = value_of(context, Facing, deed.agent) is not None
    if shown and context.percept.tick > deed.notes.get(key, -1):
        context.add(deed.agent, Facing(math.pi / 2))
        return None
    sensed = value_of(context, Sensed, deed.agent)
    before = 0.0 if sensed is None else float(sensed["facing"])
    context.attach(deed.agent, Facing((before + math.pi / 2) % math.tau))

    def look_ahead(later: Context) -> None:
        later.detach(deed.agent, Facing)
        deed.notes[key] = later.tick

    return look_ahead


# -- things ----------------------------------------------------------------------------------------


def equip(context: Context, deed: Deed) -> None:
    """The weapon that was asked for."""
    context.attach(deed.agent, Weapon(WEAPONS.index(deed.arguments["weapon"])))


def would_equip(body: Body, arguments: Mapping[str, Any]) -> Refusal | None:
    """From then on it is in hand."""
    body.weapon = WEAPONS.index(arguments["weapon"])
    return None


def switch(context: Context, deed: Deed) -> None:
    """The next weapon, after the last one the first."""
    held = value_of(context, Weapon, deed.agent)
    context.attach(deed.agent, Weapon(_next(-1 if held is None else int(held))))


def would_switch(body: Body, arguments: Mapping[str, Any]) -> Refusal | None:
    """From then on the next one is in hand."""
    body.weapon = _next(-1 if body.weapon is None else body.weapon)
    return None


def _next(weapon: int) -> int:
    return (weapon + 1) % len(WEAPONS)


def drop(context: Context, deed: Deed) -> None:
    """A kit at its feet, which others see as a point of interest."""
    context.spawn(Position(deed.place), Pickup(1), PointOfInterest(KIT), Look(BOX, *_CRATE))


def pick_up(context: Context, deed: Deed) -> Reason | None:
    """All that lies there; of several who reach for it the first has it."""
    found = None if deed.target is None else value_of(context, Pickup, deed.target)
    if found is None or not deed.claim(deed.target):
        return Reason.INVALID_TARGET
    context.add(deed.agent, Ammo(rounds=0, most=0, smokes=0, charges=0, kits=int(found)))
    context.despawn(deed.target)
    return None


def may_pick_up(body: Body, arguments: Mapping[str, Any]) -> Refusal | None:
    """Only what has a `Pickup`; then the body has its kits."""
    row = body.situation.row(int(arguments["target"]))
    if row is None or not body.situation.has(Pickup, row):
        return Refusal(Reason.INVALID_TARGET, "PickUp: that cannot be picked up")
    body.supplies["kits"] += int(body.situation.value(Pickup, row))
    body.gone.add(row)
    return None


def use(context: Context, deed: Deed) -> Reason | None:
    """Once more."""
    if deed.target is None or value_of(context, Interactive, deed.target) is None:
        return Reason.INVALID_TARGET
    context.add(deed.target, Interactive(1))
    return None


def may_use(body: Body, arguments: Mapping[str, Any]) -> Refusal | None:
    """Only what is `Interactive`."""
    row = body.situation.row(int(arguments["target"]))
    if row is None or not body.situation.has(Interactive, row):
        return Refusal(Reason.INVALID_TARGET, "Interact: that cannot be used")
    body.opened = True
    return None
