"""Static geometry: boxes and planes that bodies and agents cannot pass."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ecs.module import Module
from ..errors import UsageError
from ..gpu.checks import whole
from ..gpu.passes import Pass, Resource
from .components import ALL_COLLISIONS, Body, Position, StaticContact, Velocity
from .units import ONE, Vector, decay, q16, vector3

_MAX_SHAPES = 1024


@dataclass(frozen=True)
class Box:
    """An axis-aligned box: centre and half sizes in metres."""

    centre: Vector
    half: Vector
    restitution: float = 0.5  # the shape's, whatever meets it
    collision: int = ALL_COLLISIONS  # see `collision_filter`

    def __post_init__(self) -> None:
        self.rows()

    def rows(self) -> list[list[int]]:
        """Three vectors for the shader."""
        vector3(self.centre, "box centre")
        if min(vector3(self.half, "box half size")) <= 0:
            raise UsageError(f"box: half sizes must be positive, got {self.half}")
        centre = [q16(v, "box centre") for v in self.centre]
        half = [q16(v, "box half size") for v in self.half]
        bounce = q16(self.restitution, "box restitution", 0.0, 1.0)
        collision = whole(self.collision, "box collision", 0, 0xFFFFFFFF, UsageError)
        return [[*centre, 0], [*half, bounce], [collision, 0, 0, 0]]


@dataclass(frozen=True)
class Plane:
    """The half space below `offset` metres along a normal is solid."""

    normal: Vector = (0.0, 1.0, 0.0)
    offset: float = 0.0
    restitution: float = 0.5  # the shape's, whatever meets it
    collision: int = ALL_COLLISIONS  # see `collision_filter`

    def __post_init__(self) -> None:
        self.rows()

    def rows(self) -> list[list[int]]:
        """Three vectors for the shader."""
        direction = vector3(self.normal, "plane normal")
        length = math.sqrt(sum(v * v for v in direction))
        if not (math.isfinite(length) and length > 0):
            raise UsageError(f"plane: the normal must not be zero, got {self.normal}")
        normal = [round(v / length * ONE) for v in direction]
        offset = q16(self.offset, "plane offset", -16384.0, 16384.0)
        bounce = q16(self.restitution, "plane restitution", 0.0, 1.0)
        collision = whole(self.collision, "plane collision", 0, 0xFFFFFFFF, UsageError)
        return [[*normal, 1], [offset, 0, 0, bounce], [collision, 0, 0, 0]]


@dataclass(frozen=True)
class Obstacles(Module):
    """Keeps bodies out of static shapes.

    Args:
        shapes: met in this order.
        radius: of all agents, metres; default: each entity's Body.radius.
        friction: 1/s; how fast motion along a touched surface dies out.
        rest_speed: metres per second below which nothing bounces.
        event_speed: metres per second above which a body's hardest impact of a tick is told as a
            `StaticContact`; only with `radius` left out.
        flat: heights do not matter (a 2D crowd).
    """

    name = "obstacles"
    after = ("remember", "contacts", "separation", "grid", "motion", "steering")

    shapes: tuple[Box | Plane, ...] = ()
    radius: float | None = None
    friction: float = 0.0
    rest_speed: float = 0.5
    event_speed: float = 1.0
    flat: bool = False
    _resource: Resource = field(
        init=False, repr=False, default=Resource("static.shape", "vec4<i32>", 1)
    )

    def __post_init__(self) -> None:
        if not isinstance(self.shapes, tuple | list):
            raise UsageError(f"obstacles: shapes must be a tuple, got {self.shapes!r}")
        for shape in self.shapes:
            if not isinstance(shape, Box | Plane):
                raise UsageError(f"obstacles: a shape must be a Box or a Plane, got {shape!r}")
        if len(self.shapes) > _MAX_SHAPES:
            raise UsageError(f"at most {_MAX_SHAPES} static shapes, got {len(self.shapes)}")
        length = max(1, 3 * len(self.shapes))
        object.__setattr__(self, "_resource", Resource("static.shape", "vec4<i32>", length))

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """One pass; each entity meets every shape."""
        constants = {
            "STATIC_COUNT": len(self.shapes),
            "FRICTION": ONE - decay(self.friction, rate, "friction"),
            "REST_SPEED": q16(self.rest_speed, "rest_speed", 0.0),
            "FLAT": self.flat,
        }
        if self.radius is None:
            constants["EVENT_SPEED"] = q16(self.event_speed, "event_speed", 0.0)
            return (
                Pass(
                    "sim/obstacles.wgsl",
                    (Body, self._resource),
                    (Position, Velocity),
                    emits=(StaticContact,),
                    constants=constants,
                ),
            )
        constants["RADIUS"] = q16(self.radius, "radius", 0.001, 16.0)
        return (
            Pass(
                "sim/obstacles_uniform.wgsl",
                (self._resource,),
                (Position, Velocity),
                constants=constants,
                name="sim/obstacles",
            ),
        )

    def data(self) -> dict[Resource, NDArray[Any]]:
        """The shapes."""
        rows = [row for shape in self.shapes for row in shape.rows()]
        words = np.array(rows or [[0] * 4], np.int64).astype(np.uint32)
        return {self._resource: words.view(np.int32)}
