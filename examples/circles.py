"""Circles in 3D: agents push and pull their neighbours onto spherical shells.

The benchmark model of FLAME GPU 2 (Richmond et al., "FLAME GPU 2: A framework for flexible and
performant agent based simulation on GPUs", Software: Practice and Experience, 2023).
"""

import numpy as np
from numpy.typing import NDArray

from astraweave import (
    PER_SLOT,
    SPHERE,
    U32,
    Camera,
    Grid,
    Look,
    Module,
    Pass,
    Position,
    Resource,
    View,
    World,
    component,
    rgb,
    scene,
)

RADIUS = 2.0  # of interaction, metres
REPULSE = 0.05
PIECES = 128


@component
class Circle:
    """How many others were within the radius at the last tick."""

    neighbours: U32


class Circles(Module):
    """Moves every agent by the mean of its neighbours' forces."""

    name = "circles"
    after = ("grid",)

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.table = Resource("circles.table", "vec2<i32>", PIECES)

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """One pass over the records of the grid."""
        return (
            Pass(
                "circles.wgsl",
                reads=(*self.grid.reads, self.table),
                writes=(Position, Circle),
                threads=PER_SLOT,
                own_entry=True,
                workgroup_size=PIECES,
                constants=self.grid.constants,
                name="circles",
            ),
        )

    def data(self) -> dict[Resource, NDArray[np.int32]]:
        """The force over the distance, as straight pieces over its square: (value, slope), Q17."""
        ends = np.arange(PIECES + 1) / PIECES * RADIUS**2
        distance = np.sqrt(np.maximum(ends, 1e-9))
        force = np.rint(np.sin(-2 * np.pi * distance / RADIUS) * REPULSE / distance * (1 << 17))
        return {self.table: np.stack([force[:-1], np.diff(force)], axis=1).astype(np.int32)}


@scene(entities=64_000, ticks=200)
def circles(world: World, entities: int) -> View:
    """One agent per cubic metre, gathering on shells."""
    side = float(np.cbrt(entities))
    grid = Grid(size=(side,) * 3, cell=(0.25, 2.0, 2.0), reach=RADIUS)
    world.use(grid, Circles(grid))
    rng = np.random.default_rng(world.seed)
    place = rng.uniform(0, side, (entities, 3))
    shade = 80 + place / side * 150
    world.spawn(
        Position(place),
        Circle(np.zeros(entities, np.uint32)),
        Look(SPHERE, rgb(*shade.T), np.full((entities, 3), 0.35)),
    )
    return View(Camera.framing((0, 0, 0), (side,) * 3), ground=None)


if __name__ == "__main__":
    circles.main()
