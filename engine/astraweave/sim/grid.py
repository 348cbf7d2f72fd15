"""The neighbour grid: entities sorted by cell, in 2D or 3D, bounded or hashed.

Count, reduce-then-scan, scatter: five dispatches with no look-back, so that no forward-progress
guarantee is needed. Storage itself is sorted by cell every few ticks, which keeps the scatter and
the reads of neighbours coherent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

from ..ecs.module import Module
from ..ecs.storage import DESTINATION
from ..errors import UsageError
from ..gpu.passes import ENTITIES, PER_SLOT, Pass, Resource
from .components import Position
from .units import ONE, number, q16, vector3

RECORD = Resource("grid.record", "vec4<i32>")  # x, y, z, slot; in cell order
_RANK = Resource("grid.rank")
_LANES = 256
_BLOCK = 8 * _LANES  # cells that one workgroup scans
_MAX_CELLS = 1 << 25
Sizes = tuple[float, float, float]


@dataclass(frozen=True)
class Grid(Module):
    """Neighbour search for everything that has a Position.

    Args:
        size: extent in metres along x, y, z; 0 for an axis that does not matter (a 2D crowd).
        cell: edge of a cell in metres, a power of two (0.25, 0.5, 1, 2, …), for all axes or each.
        reach: distance up to which neighbours must be found, in metres; default: the largest cell.
        low: the corner where a bounded grid begins.
        hashed: coordinates wrap, so that the world has no bounds; `size` is then the period.
    """

    name = "grid"
    after = ("motion", "steering")

    size: Sizes
    cell: float | Sizes = 2.0
    reach: float = 0.0
    low: Sizes = (0.0, 0.0, 0.0)
    hashed: bool = False

    def __post_init__(self) -> None:
        vector3(self.size, "grid size")
        low = vector3(self.low, "grid low")
        for edge, value in zip(self._edges, low, strict=True):
            _shift(edge), q16(value, "grid low")
        if not 0 <= number(self.reach, "grid reach") <= 64:
            raise UsageError(f"grid reach must be 0 to 64 m, got {self.reach}")
        if self.hashed and any(
            n <= 2 * r for n, r in zip(self.cells, self.spread, strict=True) if n > 1
        ):
            raise UsageError(f"a hashed grid of {self.cells} cells is too small for its reach")
        if self.count > _MAX_CELLS:
            raise UsageError(
                f"grid of {self.count:,} cells; at most {_MAX_CELLS:,}: use larger cells"
            )

    @property
    def _edges(self) -> Sizes:
        cell: Any = self.cell
        return vector3((cell,) * 3 if isinstance(cell, Real) else cell, "grid cell")

    @property
    def shifts(self) -> tuple[int, int, int]:
        """log2 of the cell edges in Q16.16."""
        x, y, z = (_shift(edge) for edge in self._edges)
        return x, y, z

    @property
    def cells(self) -> tuple[int, int, int]:
        """Cells along each axis."""
        x, y, z = (
            _count(extent, edge, self.hashed)
            for extent, edge in zip(self.size, self._edges, strict=True)
        )
        return x, y, z

    @property
    def count(self) -> int:
        """Cells in all."""
        return math.prod(self.cells)

    @property
    def search(self) -> float:
        """Distance up to which neighbours are found, metres."""
        return self.reach or max(self._edges)

    @property
    def spread(self) -> tuple[int, int, int]:
        """Cells that a search may look at on each side of an entity's own."""
        x, y, z = (
            0 if n == 1 else math.ceil(self.search / edge)
            for n, edge in zip(self.cells, self._edges, strict=True)
        )
        return x, y, z

    @property
    def blocks(self) -> int:
        """Workgroups of the scan; two cells more for what is not in the grid."""
        return -(-(self.count + 2) // _BLOCK)

    @property
    def start(self) -> Resource:
        """First record of each cell."""
        return Resource("grid.start", "u32", self.blocks * _BLOCK)

    @property
    def constants(self) -> dict[str, int]:
        """What lib/grid.wgsl needs, for every pass that looks for neighbours."""
        nx, ny, nz = self.cells
        low = [round(v * ONE) for v in self.low]
        numbers = {"SHIFT": self.shifts, "LOW": low}
        constants = {
            f"GRID_{name}_{axis}": value
            for name, values in numbers.items()
            for axis, value in zip("XYZ", values, strict=True)
        }
        return constants | {
            "GRID_X": nx,
            "GRID_Y": ny,
            "GRID_Z": nz,
            "GRID_CELLS": self.count,
            "GRID_BLOCKS": self.blocks,
            "GRID_REACH": round(self.search * ONE),
            "GRID_WRAP": self.hashed,
        }

    @property
    def reads(self) -> tuple[Resource, Resource]:
        """The resources that a neighbour search reads."""
        return self.start, RECORD

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """Count, reduce, scan, scatter."""
        length = self.blocks * _BLOCK
        count, sums = (
            Resource("grid.count", "u32", length),
            Resource("grid.sums", "u32", self.blocks),
        )
        vectors = Resource("grid.count", "vec4<u32>", length // 4)
        starts = Resource("grid.start", "vec4<u32>", length // 4)
        constants = self.constants
        return (
            Pass(
                "sim/grid_count.wgsl",
                (ENTITIES, Position),
                (count.atomic, _RANK),
                threads=PER_SLOT,
                constants=constants,
                requires=(Position,),
            ),
            Pass(
                "sim/grid_reduce.wgsl",
                (vectors,),
                (sums,),
                threads=self.blocks * _LANES,
                workgroup_size=_LANES,
                own_entry=True,
                constants=constants,
            ),
            Pass(
                "sim/grid_scan.wgsl",
                (sums,),
                (vectors, starts),
                threads=self.blocks * _LANES,
                workgroup_size=_LANES,
                own_entry=True,
                constants=constants,
            ),
            Pass(
                "sim/grid_scatter.wgsl",
                (Position, self.start, _RANK),
                (RECORD,),
                constants=constants,
            ),
        )

    def order(self) -> Pass:
        """Storage in cell order."""
        return Pass(
            "sim/grid_order.wgsl",
            (ENTITIES, self.start, RECORD, _RANK),
            (DESTINATION,),
            threads=PER_SLOT,
            constants=self.constants,
            requires=(Position,),
        )


def check_grid(grid: Any, owner: str) -> None:
    """Raise UsageError unless it is a Grid."""
    if not isinstance(grid, Grid):
        raise UsageError(f"{owner}: grid must be a Grid, got {grid!r}")


def _shift(edge: float) -> int:
    raw = number(edge, "a cell edge") * ONE
    if not (
        raw >= 1 and raw < 1 << 30 and float(raw).is_integer() and int(raw) & (int(raw) - 1) == 0
    ):
        raise UsageError(f"a cell edge must be a power of two in metres, got {edge}")
    return int(raw).bit_length() - 1


def _count(extent: float, edge: float, power_of_two: bool) -> int:
    if not (math.isfinite(extent) and 0 <= extent <= 65536):
        raise UsageError(f"grid size must be 0 to 65536 m, got {extent}")
    cells = max(1, math.ceil(extent / edge))
    return 1 << (cells - 1).bit_length() if power_of_two else cells
