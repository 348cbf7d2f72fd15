"""Navigation: agents find their way around boxes that stand or move, by flow fields on the GPU.

At every tick boxes are drawn into a map of cells, shortest distances to the targets of flow fields
are computed anew where the map or a target has changed, and each agent gets the `Goal` of its next
steps. `Steering`, `Separation` and `Obstacles` do the walking. All of it is a function of the
present state, so that a restored world goes on as it went.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

from ..ecs.component import component
from ..ecs.fields import U32, Fixed, Range, Vec3
from ..ecs.module import Module
from ..errors import UsageError
from ..gpu.checks import whole
from ..gpu.passes import Pass, Resource
from .blockers import Blockers
from .components import Goal, Position
from .units import ONE, number, q16

NO_FIELD = 0xFFFFFFFF
STRAIGHT, BY_FIELD, ARRIVED, NO_PATH = range(4)  # values of `Route.status`

MAX_SIDE = 512  # cells
MAX_FIELDS = 256
_LIMIT = 16384.0  # metres from the origin
_SWEEPS = 64  # along z, to and fro, that a field may take
_LOOPS = 60_000  # of one thread; llvmpipe ends its loops after 65,535
_GROUPS = 32  # workgroups that draw boxes


@component
class FlowTarget:
    """The place that a flow field leads to; of several targets of a field the first cell counts."""

    place: Vec3
    field: U32


@component
class Destination:
    """Where an agent wants to be, and the flow field that leads there."""

    place: Vec3
    field: U32 = NO_FIELD  # its target must be in straight reach of the place
    arrive: Annotated[Fixed, Range(0, 16384)] = 0.5  # metres


@component
class Route:
    """How an agent gets to its Destination: STRAIGHT, BY_FIELD, ARRIVED or NO_PATH."""

    status: U32 = STRAIGHT


@dataclass(frozen=True)
class Navigation(Module):
    """Leads agents with a Destination, a Goal and a Route around boxes.

    Cells that an agent's centre may not enter are solid, those in which it could touch a box are
    tight. Ways over tight cells count three times, so that agents keep off walls where they can.
    A gap is passed if it is wider than twice radius and clearance by one cell. A way may change its
    direction along z 60 times; what lies beyond counts as out of reach.

    Args:
        blockers: lists the boxes; add it to the world too.
        size: of the area in metres along x and z, at most 512 cells each.
        cell: edge of a cell in metres, a power of two; at most twice radius and clearance.
        low: the corner of the area with the lowest x and z; rounded down to whole cells.
        fields: number of flow fields, at most 256.
        radius: of an agent, metres.
        clearance: metres more that agents keep off boxes.
        heights: metres between which a box blocks; floors below and beams above do not.

    Raises:
        UsageError: something of this is impossible; names it.
    """

    name = "navigation"
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

    blockers: Blockers
    size: tuple[float, float]
    cell: float = 0.5
    low: tuple[float, float] = (0.0, 0.0)
    fields: int = 16
    radius: float = 0.3
    clearance: float = 0.1
    heights: tuple[float, float] = (0.25, 1.75)

    def __post_init__(self) -> None:
        if not isinstance(self.blockers, Blockers):
            raise UsageError(f"navigation: blockers must be a Blockers, got {self.blockers!r}")
        whole(self.fields, "navigation fields", 1, MAX_FIELDS, UsageError)
        low, high = _pair(self.heights, "heights")
        if q16(low, "navigation heights") >= q16(high, "navigation heights"):
            raise UsageError(f"navigation heights: {low} must be below {high}")
        if 1 << self.shift > 2 * self.reach:
            raise UsageError(
                f"navigation: a cell of {self.cell} m is larger than twice radius and clearance "
                f"({2 * self.reach / ONE:g} m): walls would have holes; use smaller cells"
            )
        self._check_area()

    def _check_area(self) -> None:
        for first, extent in zip(_pair(self.low, "low"), _pair(self.size, "size"), strict=True):
            q16(first, "navigation low", -_LIMIT, _LIMIT)
            q16(first + extent, "navigation low and size", -_LIMIT, _LIMIT)
            if extent <= 0:
                raise UsageError(f"navigation size must be positive, got {self.size}")
        if max(self.cells) > MAX_SIDE:
            raise UsageError(
                f"navigation has {self.cells[0]} × {self.cells[1]} cells; at most {MAX_SIDE} along "
                "each axis: use larger cells"
            )

    @property
    def shift(self) -> int:
        """log2 of the edge of a cell in Q16.16."""
        edge = number(self.cell, "navigation cell")
        if not (0.125 <= edge <= 16 and math.frexp(edge)[0] == 0.5):
            raise UsageError(f"navigation cell must be a power of two, 0.125 to 16 m, got {edge}")
        return round(edge * ONE).bit_length() - 1

    @property
    def reach(self) -> int:
        """How near to a box an agent's centre may come, Q16.16."""
        radius = q16(self.radius, "navigation radius", 0.0, 16.0)
        return radius + q16(self.clearance, "navigation clearance", 0.0, 16.0)

    @property
    def corner(self) -> tuple[int, int]:
        """Lowest x and z of the area in Q16.16, at the edge of a cell."""
        x, z = (round(v * ONE) >> self.shift << self.shift for v in self.low)
        return x, z

    @property
    def cells(self) -> tuple[int, int]:
        """Cells along x and z."""
        ends = (round((a + b) * ONE) for a, b in zip(self.low, self.size, strict=True))
        x, z = (
            -((first - end) >> self.shift) for first, end in zip(self.corner, ends, strict=True)
        )
        return x, z

    @property
    def stride(self) -> int:
        """Columns of a row in memory: eight for each of a multiple of eight lanes.

        In loops with barriers llvmpipe (Mesa 22.3) loses lanes that do not fill a vector of eight.
        """
        return -(-self.cells[0] // 64) * 64

    @property
    def map(self) -> Resource:
        """Cells, eight in a word as wgsl/sim/nav_cells.wgsl says."""
        return Resource("nav.map", "u32", self.stride // 8 * self.cells[1])

    @property
    def distance(self) -> Resource:
        """Distance of each cell from the target, row by row and field by field."""
        return Resource("nav.field", "u32", self.fields * self.stride * self.cells[1])

    @property
    def state(self) -> Resource:
        """Of each field: cell of the target + 1 or 0; that of its distances; whether unfinished."""
        return Resource("nav.state", "vec4<u32>", self.fields)

    @property
    def constants(self) -> dict[str, int]:
        """What wgsl/sim/nav_cells.wgsl needs."""
        return {
            "NAV_X": self.cells[0],
            "NAV_Z": self.cells[1],
            "NAV_LANES": self.stride // 8,
            "NAV_SHIFT": self.shift,
            "NAV_LOW_X": self.corner[0],
            "NAV_LOW_Z": self.corner[1],
            "NAV_FIELDS": self.fields,
        }

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """Targets, boxes, map, fields, and the goals of agents."""
        claims = Resource("nav.claim", "u32", self.fields + 1)  # the last: the map has changed
        marks = Resource("nav.marks", "u32", self.stride // 16 * self.cells[1])
        constants = self.constants
        return (
            Pass("sim/nav_target.wgsl", (FlowTarget,), (claims.atomic,), constants=constants),
            Pass(
                "sim/nav_raster.wgsl",
                self.blockers.reads,
                (claims, marks.atomic),
                threads=_GROUPS * 64,
                own_entry=True,
                constants=constants | self._raster(),
            ),
            Pass(
                "sim/nav_settle.wgsl",
                (marks,),
                (claims.atomic, self.map, self.state),
                threads=max(self.map.length or 0, self.fields),
                constants=constants,
            ),
            *self._waves(claims, marks),
            Pass(
                "sim/nav_route.wgsl",
                (Position, Destination, self.map, self.distance, self.state),
                (Goal, Route),
                constants=constants,
            ),
        )

    def _raster(self) -> dict[str, int]:
        low, high = _pair(self.heights, "heights")
        return {
            "REACH": self.reach,
            "BAND_LOW": q16(low, "navigation heights"),
            "BAND_HIGH": q16(high, "navigation heights"),
            "GROUPS": _GROUPS,
        }

    def _waves(self, claims: Resource, marks: Resource) -> tuple[Pass, ...]:
        """As many dispatches as all sweeps need, so that no thread loops too often in one."""
        lanes, rows = self.stride // 8, self.cells[1]
        loops = rows * (2 + (lanes - 1).bit_length())  # of a sweep: rows, search for the next, scan
        sweeps = min(_SWEEPS, (_LOOPS - 4 * rows) // loops // 2 * 2)  # to and fro
        vectors = Resource(self.distance.name, "vec4<u32>", (self.distance.length or 0) // 4)
        return tuple(
            Pass(
                "sim/nav_wave.wgsl",
                (claims, self.map),
                (marks, self.state, vectors),
                threads=self.fields * lanes,
                workgroup_size=lanes,
                own_entry=True,
                constants=self.constants | {"FIRST": number == 1, "SWEEPS": sweeps},
                name="sim/nav_wave" if number == 1 else f"sim/nav_wave_{number}",
            )
            for number in range(1, 1 + -(-_SWEEPS // sweeps))
        )


def _pair(values: Any, what: str) -> tuple[float, float]:
    """Two finite numbers as floats."""
    try:
        first, second = (number(v, what) for v in values)
    except (TypeError, ValueError, UsageError):
        raise UsageError(f"navigation {what} must be two finite numbers, got {values!r}") from None
    return first, second
