"""The components that the simulation modules share."""

from __future__ import annotations

from typing import Annotated, ClassVar

from ..ecs.component import component, event
from ..ecs.fields import U32, Fixed, Range, Vec3
from ..errors import UsageError
from ..gpu.checks import whole

ALL_LAYERS = 0xFFFF
ALL_COLLISIONS = ALL_LAYERS << 16 | 1  # in layer 1, meets all


@component
class Position:
    """Where an entity is, in metres; y is up. Range: ±32,768 m."""

    xyz: Vec3


@component
class Velocity:
    """Metres per second."""

    xyz: Vec3 = (0, 0, 0)


@component
class Body:
    """A sphere (or disc) that contacts other bodies; inverse_mass 0 does not give way."""

    radius: Annotated[Fixed, Range(0, 7.99)] = 0.5  # metres
    inverse_mass: Annotated[Fixed, Range(0, 255.99)] = 1.0  # 1/kg
    restitution: Annotated[Fixed, Range(0, 1)] = 0.5  # 0: no bounce, 1: all of it
    collision: U32 = ALL_COLLISIONS  # see `collision_filter`


@component
class Goal:
    """Where an agent wants to be and how fast it walks there."""

    position: Vec3
    speed: Fixed = 1.4


@component
class Team:
    """Which side an agent is on."""

    id: U32


@event
class Contact:
    """Two bodies (entity indices a < b) that met faster than the module's event speed."""

    a: U32
    b: U32
    speed: Fixed
    capacity: ClassVar[int] = 16384


@event
class StaticContact:
    """The hardest impact of a body (entity index) in a tick, on the n-th shape of `Obstacles`."""

    body: U32
    shape: U32
    speed: Fixed
    capacity: ClassVar[int] = 16384


def collision_filter(layers: int = 1, mask: int = ALL_LAYERS) -> int:
    """`Body.collision` of a body in `layers` that meets bodies in `mask` (16 bits each).

    Two bodies touch if each is in a layer of the other's mask.
    """
    layers = whole(layers, "collision layers (16 bits)", 0, ALL_LAYERS, UsageError)
    mask = whole(mask, "collision mask (16 bits)", 0, ALL_LAYERS, UsageError)
    return mask << 16 | layers
