"""Remembers where entities were a tick ago, so that frames between two ticks move smoothly."""

from __future__ import annotations

from ..ecs.component import component
from ..ecs.fields import Vec3
from ..ecs.module import Module
from ..gpu.passes import Pass
from ..sim.components import Position


@component(presentation=True)
class PreviousPosition:
    """The Position of the tick before; written by `Remember`."""

    xyz: Vec3


class Remember(Module):
    """Copies every Position before the tick changes it. Headless runs do without."""

    name = "remember"

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """One pass; it needs no component but Position, the column is there for all slots."""
        return (
            Pass(
                "render/remember.wgsl",
                (Position,),
                (PreviousPosition,),
                requires=(Position,),
                name="render/remember",
            ),
        )
