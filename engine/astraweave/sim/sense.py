"""Senses: the nearest entities that each agent sees, and how many it sees of each team.

Both the passes that decide on the GPU and the minds on the CPU live on this, so it is computed
once, exactly, into one component.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

from numpy.typing import ArrayLike, NDArray

from ..ecs.component import component, layout_of
from ..ecs.fields import U32, Angle, FieldType, Fixed, Range, Vec4
from ..ecs.module import Module
from ..errors import UsageError
from ..gpu.checks import whole
from ..gpu.passes import ENTITIES, PER_SLOT, Pass, Resource
from .blockers import Blockers
from .components import ALL_LAYERS, Body, Position, Team, Velocity
from .grid import Grid, check_grid
from .units import number, q16

NOBODY = 0xFFFFFFFF  # in Sensed, where there are fewer than eight
NO_TEAM = 1 << 8  # bits of Senses.teams: 0 to 7 are teams by their id
ALLIES = 1 << 9
ENEMIES = 1 << 10
ANYONE = NO_TEAM | 0xFF
MAX_SEEN = 8
MAX_KINDS = 8
MAX_RADIUS = 64  # metres, so that squares of distances stay below 2^46
_FAR = 32768 - 1 / 65536  # metres, the largest that Q16.16 holds
_PARTS = 16  # threads at most that share an agent's search, where not all sense at once
_LANES = 64
_RECORD = Resource("sense.record", "vec4<i32>")  # x, y, z, traits; in the order of the grid
_INDEX = Resource("sense.index")  # entity indices in that order
_DUE = Resource("sense.due", "vec2<u32>")  # record and slot of each agent that senses in this tick
_COUNT = Resource("sense.count", "u32", 4)


def _whole(values: NDArray[Any]) -> NDArray[Any]:
    if (values % 1 != 0).any():
        raise ValueError(f"expected whole numbers, got {values}")
    return values


U32x4 = Annotated[
    ArrayLike, FieldType("U32x4", "vec4<u32>", "u4", 4, "4 whole numbers", _whole, lambda r: r)
]


@component
class Facing:
    """Where an agent looks: the angle from the x axis towards the z axis."""

    angle: Angle = 0.0


@component
class Senses:
    """What an agent looks for, and how far and how wide it sees.

    `teams` is a sum of ALLIES, ENEMIES, NO_TEAM and `1 << id` for teams 0 to 7; a team id above 7
    counts as none, and who has no team has neither allies nor enemies. `layers` are those of
    `Body.collision`; an entity without a body is in layer 1. `kinds` comes from `Sense.kind_bits`.
    """

    radius: Annotated[Fixed, Range(0, MAX_RADIUS)] = 10.0  # metres; at most the module's reach
    half_angle: Angle = math.pi  # to either side of the facing, level; from pi on: all round
    teams: U32 = ANYONE
    layers: U32 = ALL_LAYERS  # it sees what is in one of them
    kinds: U32 = 0  # it sees what has all of them


@component
class Sensed:
    """What an agent saw when it last sensed; written by `Sense`.

    Entities by index, nearest first: four in `near`, the next four in `far`, NOBODY where there
    are fewer. An index is that of the tick in which the agent sensed.
    """

    near: U32x4 = (NOBODY,) * 4
    far: U32x4 = (NOBODY,) * 4
    near_distance: Vec4 = (_FAR,) * 4  # metres, rounded down
    far_distance: Vec4 = (_FAR,) * 4
    teams: U32x4 = (0,) * 4  # how many it saw of teams 0 to 3, not only the nearest
    more_teams: U32x4 = (0,) * 4  # of teams 4 to 7
    count: U32 = 0  # in all, with those of no team
    facing: Angle = 0.0  # the direction in which it looked


@dataclass(frozen=True)
class Sense(Module):
    """Writes Sensed for every agent that has Position, Senses and Sensed.

    An agent sees an entity (other than itself) if that is at most `Senses.radius` away in space,
    in the field of view, matches the filter, and nothing listed by `Blockers` is between the two
    (`lib/sight.wgsl` says what exactly blocks); the world needs that module. Of equally near ones
    the smaller entity index comes first.

    An agent looks along its `Facing`. Without one, along its velocity in the plane of x and z; if
    that is zero, or it has no velocity, it keeps looking as it did when it last sensed. The field
    of view is an angle in that plane: what is straight above or below is always in it.

    Positions are those that the grid has: after motion, before contacts of the same tick.

    Args:
        grid: in which neighbours are found.
        reach: the largest radius, metres, at most 64; default: the grid's. In a hashed grid it
            must fit into half the period.
        k: how many of the nearest are kept, 1 to 8; fewer cost less.
        kinds: components that `Senses.kinds` may ask for, at most 8.
        eye: metres above the Position from which, and at which, one looks.
        every: an agent senses at the ticks in which tick + entity index is a multiple of this.

    Raises:
        UsageError: a value out of range.
    """

    name = "sense"
    after = (
        "blockers",
        "remember",
        "steering",
        "motion",
        "grid",
        "separation",
        "contacts",
        "obstacles",
    )

    grid: Grid
    reach: float = 0.0
    k: int = MAX_SEEN
    kinds: tuple[Any, ...] = ()
    eye: float = 1.5
    every: int = 1

    def __post_init__(self) -> None:
        check_grid(self.grid, "sense")
        whole(self.k, "sense: k", 1, MAX_SEEN, UsageError)
        whole(self.every, "sense: every (ticks)", 1, 1 << 16, UsageError)
        q16(self.eye, "sense: eye", 0.0, 64.0)
        if not 0 <= number(self.reach, "sense: reach") <= MAX_RADIUS:
            raise UsageError(f"sense: reach must be 0 to {MAX_RADIUS} m, got {self.reach}")
        if self.grid.hashed and not self._fits():
            raise UsageError(
                f"sense: a hashed grid of {self.grid.cells} cells is too small for a reach of "
                f"{self._reach:g} m: give it a larger period"
            )
        given: Any = self.kinds
        if not isinstance(given, tuple) or len(given) > MAX_KINDS:
            raise UsageError(f"sense: kinds must be a tuple of at most {MAX_KINDS} components")
        for kind in given:
            if layout_of(kind).presentation or layout_of(kind).event:
                raise UsageError(f"sense: {kind.__name__} is no component of the simulation")

    @property
    def _reach(self) -> float:
        return self.reach or self.grid.search

    def _fits(self) -> bool:
        """Whether a search in a hashed grid looks at no cell twice."""
        edges = [2.0**shift / 65536 for shift in self.grid.shifts]
        return all(
            n == 1 or n > 2 * math.ceil(self._reach / edge)
            for n, edge in zip(self.grid.cells, edges, strict=True)
        )

    def kind_bits(self, *kinds: Any) -> int:
        """`Senses.kinds` of an agent that sees only what has all of these components.

        Raises:
            UsageError: one that the module was not given.
        """
        for kind in kinds:
            if kind not in self.kinds:
                known = ", ".join(k.__name__ for k in self.kinds) or "none"
                raise UsageError(f"sense: {kind!r} is not one of its kinds: {known}")
        return sum(1 << self.kinds.index(kind) for kind in {*kinds})

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """Gather what can be seen, find who senses in this tick, then look."""
        grid = self.grid
        kinds = {f"KIND_{i}": kind for i, kind in enumerate(self.kinds)}
        absent = {f"KIND_{i}": 0 for i in range(len(self.kinds), MAX_KINDS)}
        return (
            Pass(
                "sim/sense_gather.wgsl",
                (ENTITIES, *grid.reads, Team, Body),
                (_RECORD, _INDEX, _COUNT),
                threads=PER_SLOT,
                requires=(Position,),
                constants={**grid.constants, "HAS_TEAM": Team, "HAS_BODY": Body, **kinds, **absent},
            ),
            Pass(
                "sim/sense_due.wgsl",
                (ENTITIES, *grid.reads, Velocity, Facing),
                (Sensed, _DUE, _COUNT.atomic),
                threads=PER_SLOT,
                requires=(Position, Senses, Sensed),
                constants={
                    **grid.constants,
                    "HAS_VELOCITY": Velocity,
                    "HAS_FACING": Facing,
                    "EVERY": self.every,
                },
            ),
            Pass(
                "sim/sense.wgsl",
                (Senses, grid.start, _RECORD, _INDEX, _DUE, _COUNT, *Blockers.reads),
                (Sensed,),
                threads=PER_SLOT,
                workgroup_size=_LANES,
                own_entry=True,
                constants={
                    **grid.constants,
                    "REACH": q16(self._reach, "sense: reach"),
                    "SEEN": self.k,
                    "PARTS": _PARTS if self.every > 1 else 1,
                    "SHARED": _LANES if self.every > 1 else 1,
                    "EYE": q16(self.eye, "sense: eye"),
                },
            ),
        )
