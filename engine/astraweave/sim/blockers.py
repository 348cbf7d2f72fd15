"""Everything that blocks sight and walking, gathered at every tick into one short list.

Static boxes, doors and crates (`Barrier`) and clouds of smoke (`Smoke`) come from three places;
whoever looks or plans a way wants them all in one. How another module uses the list:

    name = "navigation"
    after = ("blockers", …)                     # a class that names "blockers" comes after it
    Pass(…, reads=(…, *blockers.reads))         # one storage buffer; `Blockers.reads` works too

The shader then sees `blockers_list: array<vec4<i32>>`, in Q16.16 metres:

    blockers_list[0]            number of boxes (x) and of clouds of smoke (y)
    blockers_list[1 + 2 i]      low corner of box i (xyz), 0 <= i < number of boxes <= 256
    blockers_list[2 + 2 i]      high corner of box i (xyz); above the low one along every axis
    blockers_list[513 + i]      centre (xyz) and radius (w) of cloud i, 0 <= i < number <= 64

and, after `//! import lib/sight.wgsl`, calls `in_sight(a, b)`, which says whether nothing lies
between two places. Boxes block sight and walking, smoke blocks sight alone. Static boxes come
first, in the order in which they were given; the rest lies in an order that differs from run to
run, so results may only be sums, minima, maxima, or "any of them". The list holds the state after
motion, contacts and obstacles of the same tick. It is no part of the state: it is made anew at
every tick, and before the first one it holds the static boxes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..ecs.component import component, event
from ..ecs.fields import U32, Fixed, Range, Vec3
from ..ecs.module import Module
from ..errors import UsageError
from ..gpu.passes import ENTITIES, Pass, Resource
from .components import Position
from .obstacles import Box

MAX_BOXES = 256
MAX_SMOKES = 64
_LENGTH = 1 + 2 * MAX_BOXES + MAX_SMOKES
_LIST = Resource("blockers.list", "vec4<i32>", _LENGTH)
_WORDS = Resource("blockers.list", "i32", 4 * _LENGTH)  # the same buffer, word by word
_BARRIERS, _SMOKES = Resource("blockers.barrier"), Resource("blockers.smoke")  # slots
_LANES = 256


@component
class Barrier:
    """A box that blocks sight and walking, centred at its Position: a door, a crate."""

    half: Annotated[Vec3, Range(0, 16384)]  # half sizes in metres; 0 along any axis: no box


@component
class Smoke:
    """A cloud around its Position that blocks sight for a number of ticks."""

    radius: Annotated[Fixed, Range(0, 64)] = 3.0  # metres
    ticks: U32 = 600  # left; counted down by `Blockers`, and nothing is blocked at 0


@event
class BlockersOverflow:
    """More boxes (kind 0) or clouds (kind 1) than the list holds; those left out in this tick."""

    kind: U32
    dropped: U32
    capacity: ClassVar[int] = 2


@dataclass(frozen=True)
class Blockers(Module):
    """Lists what blocks sight and walking.

    At most 256 boxes, the static ones included, and 64 clouds. Of more, those with the smallest
    entity indices are listed, static boxes before all others, and a `BlockersOverflow` tells how
    many were left out. A cloud of `ticks=n` blocks in n ticks, its first one included.

    Args:
        boxes: static ones, such as `Obstacles` has.

    Raises:
        UsageError: not boxes, or more than 256.
    """

    name = "blockers"
    after = ("remember", "steering", "motion", "grid", "separation", "contacts", "obstacles")
    reads: ClassVar[tuple[Resource]] = (_LIST,)

    boxes: Sequence[Box] = ()

    def __post_init__(self) -> None:
        given: Any = self.boxes
        if not isinstance(given, Sequence) or not all(isinstance(box, Box) for box in given):
            raise UsageError(f"blockers: boxes must be a sequence of Box, got {given!r}")
        if len(given) > MAX_BOXES:
            raise UsageError(f"blockers: at most {MAX_BOXES} static boxes, got {len(given)}")

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """Find barriers and smoke, then list them."""
        constants = {
            "STATIC_BOXES": len(self._corners()),
            "MAX_BOXES": MAX_BOXES,
            "MAX_SMOKES": MAX_SMOKES,
        }
        return (
            Pass(
                "sim/blockers_barriers.wgsl",
                (Barrier,),
                (_WORDS.atomic, _BARRIERS),
                requires=(Position, Barrier),
            ),
            Pass(
                "sim/blockers_smoke.wgsl",
                (),
                (Smoke, _WORDS.atomic, _SMOKES),
                requires=(Position, Smoke),
            ),
            Pass(
                "sim/blockers.wgsl",
                (ENTITIES, Position, Barrier, Smoke, _BARRIERS, _SMOKES),
                (_WORDS,),
                emits=(BlockersOverflow,),
                threads=2 * _LANES,
                workgroup_size=_LANES,
                own_entry=True,
                constants=constants,
            ),
        )

    def data(self) -> dict[Resource, NDArray[Any]]:
        """The static boxes and their number."""
        corners = self._corners()
        rows = np.zeros((_LENGTH, 4), np.int32)
        rows[0, 0] = len(corners)
        rows[1 : 1 + 2 * len(corners), :3] = corners.reshape(-1, 3)
        return {_LIST: rows}

    def _corners(self) -> NDArray[np.int32]:
        """Low and high corners, shape (n, 2, 3); a box thinner than a unit blocks nothing."""
        rows = np.array([b.rows()[:2] for b in self.boxes], np.int64).reshape(-1, 2, 4)[..., :3]
        centre, half = rows[(rows[:, 1] > 0).all(axis=-1)].swapaxes(0, 1)
        corners: NDArray[np.int64] = np.stack([centre - half, centre + half], axis=1)
        return corners.clip(-(1 << 31), (1 << 31) - 1).astype(np.int32)
