"""Four teams walk through the gates of a wall, to the far corner and back, around each other."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from astraweave import (
    CAPSULE,
    Bounds,
    Box,
    Camera,
    Context,
    Goal,
    Grid,
    Look,
    Motion,
    Obstacles,
    Pass,
    Position,
    Separation,
    StaticBox,
    Steering,
    Team,
    Vec3,
    Velocity,
    View,
    World,
    component,
    rgb,
    scene,
)

AREA = 4.0  # square metres for each agent
COLORS = np.array([rgb(c) for c in ("#e4572e", "#2e86ab", "#f3b61f", "#3fa34d")])
REVERSE_EVERY = 1_200  # ticks until a team turns round


@component
class Errand:
    """Where an agent is bound for; its goal is the gate until it is on that side of the wall."""

    place: Vec3


@dataclass(frozen=True)
class Field:
    """A square field that a wall with gates divides, in metres."""

    side: float

    @property
    def gates(self) -> int:
        """One for about every 64 m, at least three."""
        return max(3, round(self.side / 64) - 1)

    @property
    def spacing(self) -> float:
        """From the middle of one gate to the next."""
        return self.side / (self.gates + 1)

    @property
    def gate(self) -> float:
        """Width of a gate."""
        return self.spacing / 3

    def walls(self) -> list[Box]:
        """The stretches of wall between the gates."""
        posts = [0.0, *(self.spacing * k for k in range(1, self.gates + 1)), self.side]
        ends = [
            (a + self.gate / 2 * (a > 0), b - self.gate / 2 * (b < self.side))
            for a, b in pairwise(posts)
        ]
        return [Box(((a + b) / 2, 1.0, self.side / 2), ((b - a) / 2, 1.0, 0.4)) for a, b in ends]

    def corners(self, rng: np.random.Generator, team: np.ndarray) -> tuple:
        """Places in each team's own quarter of the field, and in the opposite one."""
        half = self.side / 2
        low = np.stack([team % 2, np.zeros_like(team), team // 2], axis=1) * half
        spread = rng.uniform(2, half - 2, (len(team), 3)) * [1, 0, 1]
        return low + spread, half * np.array([1, 0, 1]) - low + spread


@scene(entities=16_384, ticks=600)
def crowd(world: World, entities: int) -> View:
    """Four teams cross a walled field."""
    side = max(24.0, float(np.sqrt(entities * AREA)))
    field = Field(side)
    boxes = field.walls()
    grid = Grid(size=(side, 0, side))
    route = Pass(
        "route.wgsl",
        reads=(Position, Errand),
        writes=(Goal,),
        constants={
            "MIDDLE": round(side / 2 * 65536),
            "SPACING": round(field.spacing * 65536),
            "LANE": round(field.gate / 4 * 65536),
            "GATES": field.gates,
        },
        name="route",
    )
    world.use(route)
    world.use(Steering(), after="route")
    world.use(
        Motion(max_speed=2.5, bounds=Bounds.flat(side)),
        grid,
        Separation(grid, radius=0.3, comfort=0.8, strength=0.3),
        Obstacles(tuple(boxes), radius=0.3, flat=True),
    )

    rng = np.random.default_rng(world.seed)
    team = np.arange(entities) % 4
    near, far = field.corners(rng, team)
    agents = world.spawn(
        Position(near),
        Velocity(np.zeros((entities, 3))),
        Team(team),
        Errand(far),
        Goal(far, rng.uniform(1.1, 1.7, entities)),
        Look(CAPSULE, COLORS[team], sizes(rng, entities)),
    )

    @world.system("simulation", writes=(Errand,), every=REVERSE_EVERY)
    def turn_round(context: Context) -> None:
        """Every team in turn walks back to where it came from."""
        if context.tick:
            turn = context.tick // REVERSE_EVERY
            which = team == (turn - 1) % 4
            context.set(agents[which], Errand((near if (turn - 1) // 4 % 2 == 0 else far)[which]))

    return view(field, boxes)


def sizes(rng: np.random.Generator, count: int) -> np.ndarray:
    """People between 1.55 m and 1.95 m tall."""
    height = rng.uniform(1.55, 1.95, count)
    return np.stack([np.full(count, 0.55), height, np.full(count, 0.55)], axis=1)


def view(field: Field, boxes: list[Box]) -> View:
    """The gate nearest to the middle, from above."""
    x, z = field.spacing * ((field.gates + 1) // 2), field.side / 2
    reach = min(z, 40.0)
    return View(
        Camera.framing((x - reach, 0, z - reach), (x + reach, 2, z + reach)),
        boxes=[StaticBox(box.centre, box.half, "#8d8a86") for box in boxes],
    )


if __name__ == "__main__":
    crowd.main()
