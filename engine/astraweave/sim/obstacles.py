"""Static geometry: boxes and planes that bodies and agents cannot pass."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..ecs.module import Module
from ..errors import UsageError
from ..gpu.passes import Pass, Resource
from .components import Body, Position, Velocity
from .units import ONE, decay, q16

Vector = tuple[float, float, float]
_MAX_SHAPES = 1024


@dataclass(frozen=True)
class Box:
    """An axis-aligned box: centre and half sizes in metres."""

    centre: Vector
    half: Vector
    restitution: float = 0.5

    def rows(self) -> list[list[int]]:
        """Two vectors for the shader."""
        if min(self.half) <= 0:
            raise UsageError(f"box: half sizes must be positive, got {self.half}")
        centre = [q16(v, "box centre") for v in self.centre]
        half = [q16(v, "box half size") for v in self.half]
        return [[*centre, 0], [*half, q16(self.restitution, "box restitution", 0.0, 1.0)]]


@dataclass(frozen=True)
class Plane:
    """The half space below `offset` metres along a normal is solid."""

    normal: Vector = (0.0, 1.0, 0.0)
    offset: float = 0.0
    restitution: float = 0.5

    def rows(self) -> list[list[int]]:
        """Two vectors for the shader."""
        length = math.sqrt(sum(v * v for v in self.normal))
        if not (math.isfinite(length) and length > 0):
            raise UsageError(f"plane: the normal must not be zero, got {self.normal}")
        normal = [round(v / length * ONE) for v in self.normal]
        offset = q16(self.offset, "plane offset", -16384.0, 16384.0)
        return [[*normal, 1], [offset, 0, 0, q16(self.restitution, "plane restitution", 0.0, 1.0)]]


@dataclass(frozen=True)
class Obstacles(Module):
    """Keeps bodies out of static shapes.

    Args:
        shapes: met in this order.
        radius: of all agents, metres; default: each entity's Body.radius.
        friction: 1/s; how fast motion along a touched surface dies out.
        rest_speed: metres per second below which nothing bounces.
        flat: heights do not matter (a 2D crowd).
    """

    name = "obstacles"
    after = ("remember", "contacts", "separation", "grid", "motion", "steering")

    shapes: tuple[Box | Plane, ...] = ()
    radius: float | None = None
    friction: float = 0.0
    rest_speed: float = 0.5
    flat: bool = False
    _resource: Resource = field(
        init=False, repr=False, default=Resource("static.shape", "vec4<i32>", 1)
    )

    def __post_init__(self) -> None:
        if len(self.shapes) > _MAX_SHAPES:
            raise UsageError(f"at most {_MAX_SHAPES} static shapes, got {len(self.shapes)}")
        length = max(1, 2 * len(self.shapes))
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
            return (
                Pass(
                    "sim/obstacles.wgsl",
                    (Body, self._resource),
                    (Position, Velocity),
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
        return {self._resource: np.array(rows or [[0] * 4], np.int32)}
