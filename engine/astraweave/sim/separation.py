"""Separation: discs of one radius that keep apart and give way, for crowds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ecs.component import layout_of
from ..ecs.module import Module
from ..errors import UsageError
from ..gpu.passes import ENTITIES, PER_SLOT, Pass
from .components import Position, Velocity
from .grid import Grid, check_grid
from .units import q16

_FINE = 3  # the shader measures in 2^-13 m


@dataclass(frozen=True)
class Separation(Module):
    """Pushes overlapping agents apart in the plane of x and z.

    Args:
        grid: its reach must cover `comfort` and the diameter.
        radius: of every agent, metres.
        comfort: distance between centres below which agents veer apart; 0: only on overlap.
        response: 1/s; velocity gained for each metre of overlap that was pushed away.
        strength: 1/s; velocity gained for each metre of comfort that is missing.
        among: agents keep away only from what has this component; default: from all that has a
            Position, so from clouds of smoke and marked places too.
    """

    name = "separation"
    after = ("remember", "grid", "motion", "steering")

    grid: Grid
    radius: float = 0.3
    comfort: float = 0.0
    response: float = 4.0
    strength: float = 1.0
    among: Any = None

    def __post_init__(self) -> None:
        check_grid(self.grid, "separation")
        if self.among is not None:
            layout_of(self.among)  # raises for what is no component

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """One pass over the records of the grid."""
        diameter = 2 * q16(self.radius, "radius", 0.001, 1.95) >> _FINE
        comfort = max(diameter, q16(self.comfort, "comfort", 0.0, 3.9) >> _FINE)
        reach = self.grid.search
        if self.grid.cells[1] > 1:
            raise UsageError("separation needs a grid without height: size=(x, 0, z)")
        if reach * (1 << 13) < comfort:
            raise UsageError(
                f"separation looks {comfort / 8192:g} m far, the grid {reach:g} m: raise its reach"
            )
        constants = {
            **self.grid.constants,
            "DIAMETER": diameter,
            "COMFORT": comfort,
            "RESPONSE": round(q16(self.response, "response", 0.0, 63.0) / 4096),
            "STRENGTH": round(q16(self.strength, "strength", 0.0, 15.0) / 4096),
            "AMONG": 0 if self.among is None else self.among,
        }
        return (
            Pass(
                "sim/separation.wgsl",
                (ENTITIES, *self.grid.reads),
                (Position, Velocity),
                threads=PER_SLOT,
                requires=(Position, Velocity),
                constants=constants,
            ),
        )
