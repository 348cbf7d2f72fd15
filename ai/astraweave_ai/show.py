"""What a fight looks like: postures, the fallen, smoke, and words over the fighters of a window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astraweave import (
    SPHERE,
    U32,
    Context,
    Labels,
    Look,
    Position,
    Posture,
    Smoke,
    Stance,
    World,
    component,
    rgb,
)

from .handles import INDEX
from .orchestrator import Orchestrator

SMOKE = ("#cdd2d4", "#c1c7ca", "#d8dcdd")
_PUFF = 0.66  # diameter of a puff, in radii of its cloud
_SIZES = {
    Posture.STAND: (0.6, 1.75, 0.6),
    Posture.CROUCH: (0.7, 1.15, 0.7),
    Posture.PRONE: (0.8, 0.45, 1.5),
}


@component(presentation=True)
class Puff:
    """A ball of smoke that is only drawn, until a tick."""

    until: U32


def _spread(count: int) -> NDArray[np.float64]:
    """Points in the unit ball: a spiral of equal steps in height, at depths that alternate.

    Rounded, so that every machine gets the same.
    """
    number = np.arange(count) + 0.5
    height, turn = 1 - 2 * number / count, number * math.pi * (3 - math.sqrt(5))
    flat, depth = np.sqrt(1 - height * height), 0.35 + 0.4 * (np.arange(count) % 2)
    ball = np.stack([flat * np.cos(turn), height, flat * np.sin(turn)], axis=1)
    return np.asarray(np.round(ball * depth[:, None], 3))


_SPREAD = _spread(30)


def show_fights(world: World) -> None:
    """Fighters that have a Look crouch and fall, smoke is seen, and goes when its time is over."""
    kinds = (Position, Stance, Look, Smoke, Puff)
    system = world.system("post_simulation", reads=kinds, writes=kinds, name="show")
    shown: dict[int, int] = {}  # posture by handle
    drawn: set[int] = set()  # clouds, by handle

    @system
    def show(context: Context) -> None:
        _show_postures(context, shown)
        _show_smoke(context, drawn)


def _show_postures(context: Context, shown: dict[int, int]) -> None:
    """Change the looks of those whose posture is another than the one shown."""
    percept = context.percept
    looks = dict(zip(percept.handles(Look).tolist(), percept.read(Look), strict=True))
    postures = percept.read(Stance)["posture"].tolist()
    for agent, posture in zip(percept.handles(Stance).tolist(), postures, strict=True):
        if agent in looks and shown.setdefault(agent, Posture.STAND) != posture:
            shown[agent] = posture
            look = looks[agent]
            context.set(agent, Look(look["mesh"], look["color"], _SIZES[Posture(posture)]))


def _show_smoke(context: Context, drawn: set[int]) -> None:
    """Puffs for new clouds; what is over goes."""
    percept = context.percept
    clouds, smoke, places = percept.handles(Smoke), percept.read(Smoke), percept.handles(Position)
    for cloud, row in zip(clouds.tolist(), smoke, strict=True):
        if row["ticks"] > 0 and cloud in places and cloud not in drawn:
            drawn.add(cloud)
            centre = percept.read(Position)[np.searchsorted(places & INDEX, cloud & INDEX)]
            end = percept.tick + int(row["ticks"])
            context.spawn(*_puffs(centre, float(row["radius"])), Puff(end))
    over = clouds[smoke["ticks"] == 0]
    ended = percept.handles(Puff)[percept.read(Puff) <= context.tick]
    if len(gone := np.concatenate([over, ended])):
        drawn.difference_update(over.tolist())
        context.despawn(gone)


def _puffs(centre: Any, radius: float) -> tuple[Position, Look]:
    """Balls spread over a cloud above the ground."""
    places = centre + _SPREAD * radius
    size = radius * _PUFF
    places[:, 1] = np.maximum(places[:, 1], 0.3 * size)
    shades = np.array([rgb(SMOKE[number % len(SMOKE)]) for number in range(len(places))])
    return Position(places), Look(SPHERE, shades, (size, size, size))


def labels_of(orchestrator: Orchestrator, names: Mapping[Any, str]) -> Labels:
    """Health and thoughts of agents by their handles, for `View.labels`."""
    places, levels, texts = [], [], []
    columns = orchestrator.snapshots.columns if orchestrator.snapshots else None
    for agent, name in names.items():
        index = int(agent) & INDEX
        if columns is None or index >= len(columns.handles):
            continue
        health = columns.values["Health"][index]
        places.append(columns.values["Position"][index] + (0.0, 1.9, 0.0))
        levels.append(health["points"] / max(1, health["most"]))
        thought = orchestrator.latest.get(int(agent))
        texts.append(f"{name}: {thought.why}" if thought and levels[-1] > 0 else name)
    return Labels(np.array(places).reshape(-1, 3), texts.__getitem__, np.array(levels))
