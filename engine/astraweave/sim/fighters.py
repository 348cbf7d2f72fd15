"""What those who fight have: health, what they spend, how they stand, and the order they carry out.

Fields lie in several components, so that no pass has to bind more than it touches.
"""

from __future__ import annotations

from typing import Annotated

from ..ecs.component import component, event
from ..ecs.fields import I32, U32, Fixed, Range, Vec3
from .abilities import OrderState
from .components import Position
from .sense import NOBODY


@component
class Health:
    """Who has no points left is down: does nothing, and can be revived."""

    points: I32 = 100
    most: I32 = 100


@component
class Stamina:
    """Regained by some points a second."""

    points: I32 = 100
    most: I32 = 100


@component
class Ammo:
    """What an agent has to spend."""

    rounds: U32 = 30
    most: U32 = 30  # rounds after reloading
    smokes: U32 = 1
    charges: U32 = 1
    kits: U32 = 1


@component
class Cooldowns:
    """Ticks until abilities can be used again; each ability says which counter it uses."""

    c0: U32 = 0
    c1: U32 = 0
    c2: U32 = 0
    c3: U32 = 0
    c4: U32 = 0
    c5: U32 = 0
    c6: U32 = 0
    c7: U32 = 0


@component
class Morale:
    """0: broken, 1: fearless."""

    level: Annotated[Fixed, Range(0, 1)] = 0.8


@component
class Stance:
    """Posture and guard (`Posture`, `Guard`) of an agent."""

    posture: U32 = 0
    guard: U32 = 0
    ticks: U32 = 0  # left of the guard; 0: until something ends it


@component
class Weapon:
    """What an agent holds: 0 to 7, as `Ability.weapons` counts them; more is taken for 7."""

    kind: U32 = 0


@component
class Order:
    """What an agent is to do, and how far it has come (`OrderState`, `Reason`)."""

    ability: U32 = 0  # `Combat.number`; 0: nothing
    whom: U32 = NOBODY  # entity index of the target
    ticks: U32 = 0  # left, while it is under way
    state: U32 = int(OrderState.WAITING)
    place: Vec3 = (0, 0, 0)
    reason: U32 = 0


@component
class Blast:
    """Explodes at its Position once the fuse has run out; spent (damage 0) from then on."""

    damage: I32  # points in the middle, at most 10,000; falls linearly to 0 at the radius
    radius: Annotated[Fixed, Range(0, 64)]  # metres
    fuse: U32 = 0  # ticks left
    spares: U32 = NOBODY  # a team that it does not hurt


@event
class Struck:
    """An entity (index) lost points, or a guard kept off all of them (damage 0)."""

    entity: U32
    damage: U32


@event
class Fell:
    """An entity (index) has no points left."""

    entity: U32


FIGHTER = (Position, Health, Stamina, Ammo, Cooldowns, Stance, Order)  # who carries out orders
