"""Contacts between spheres or discs of any radius, with restitution, layers, masks and events."""

from __future__ import annotations

from dataclasses import dataclass

from ..ecs.module import Module
from ..errors import UsageError
from ..gpu.passes import ENTITIES, PER_SLOT, Pass, Resource
from .components import Body, Contact, Position, Velocity
from .grid import Grid, check_grid
from .units import ONE, number, q16

_MOTION = Resource("contact.motion", "vec4<i32>")  # velocity, number of contacts; in cell order


@dataclass(frozen=True)
class Contacts(Module):
    """Resolves contacts of everything that has Position, Velocity and Body.

    Args:
        grid: its reach must cover the largest sum of two radii.
        flat: bodies are discs in the plane of x and z.
        stiffness: part of an overlap that one tick removes.
        rest_speed: metres per second below which nothing bounces.
        event_speed: metres per second above which a `Contact` event is emitted.
    """

    name = "contacts"
    after = ("remember", "grid", "motion", "steering")

    grid: Grid
    flat: bool = False
    stiffness: float = 0.8
    rest_speed: float = 0.5
    event_speed: float = 1.0

    def __post_init__(self) -> None:
        check_grid(self.grid, "contacts")

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """Gather motion and count contacts, then resolve them."""
        reach = q16(self.grid.search, "grid reach", 0.0, 15.9)
        if self.flat and self.grid.cells[1] > 1:
            raise UsageError("flat contacts need a grid without height: size=(x, 0, z)")
        if not 0 < number(self.stiffness, "stiffness") <= 1:
            raise UsageError(f"stiffness must be above 0 and at most 1, got {self.stiffness}")
        constants = {
            **self.grid.constants,
            "FLAT": self.flat,
            "FINE": max(0, reach.bit_length() - 15),  # lengths below 2^15, so squares fit 32 bits
            "STIFFNESS": round(self.stiffness * ONE),
            "REST_SPEED": q16(self.rest_speed, "rest_speed", 0.0),
            "EVENT_SPEED": q16(self.event_speed, "event_speed", 0.0),
        }
        return (
            Pass(
                "sim/contacts_gather.wgsl",
                (ENTITIES, Body, Velocity, *self.grid.reads),
                (_MOTION,),
                threads=PER_SLOT,
                requires=(Position, Velocity, Body),
                constants=constants,
            ),
            Pass(
                "sim/contacts.wgsl",
                (ENTITIES, Body, _MOTION, *self.grid.reads),
                (Position, Velocity),
                emits=(Contact,),
                threads=PER_SLOT,
                requires=(Position, Velocity, Body),
                constants=constants,
            ),
        )
