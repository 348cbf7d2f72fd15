"""Four teams walk through the gates of a wall, to the far corner and back, around each other."""

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


def walls(side: float, gate: float) -> list[Box]:
    """A wall across the middle with three gates."""
    thickness = max(0.4, side / 400)
    piers = np.array([0.0, 0.25, 0.5, 0.75, 1.0]) * side
    spans = [(a + gate / 2 * (a > 0), b - gate / 2 * (b < side)) for a, b in pairwise(piers)]
    return [Box(((a + b) / 2, 1.0, side / 2), ((b - a) / 2, 1.0, thickness)) for a, b in spans]


@scene(entities=16_384, ticks=600)
def crowd(world: World, entities: int) -> View:
    """Four teams cross a walled field."""
    side = float(np.sqrt(entities * AREA))
    gate = max(4.0, side / 8)
    boxes = walls(side, gate)
    grid = Grid(size=(side, 0, side))
    route = Pass(
        "route.wgsl",
        reads=(Position, Errand),
        writes=(Goal,),
        constants={
            "MIDDLE": round(side / 2 * 65536),
            "QUARTER": round(side / 4 * 65536),
            "LANE": round(gate / 4 * 65536),
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
    near, far = corners(rng, team, side)
    agents = world.spawn(
        Position(near),
        Velocity(np.zeros((entities, 3))),
        Team(team),
        Errand(far),
        Goal(far, rng.uniform(1.1, 1.7, entities)),
        Look(CAPSULE, COLORS[team], sizes(rng, entities)),
    )

    @world.system("simulation", writes=(Errand,))
    def turn_round(context: Context) -> None:
        """Every team in turn walks back to where it came from."""
        if context.tick and context.tick % REVERSE_EVERY == 0:
            turn = context.tick // REVERSE_EVERY
            which = team == (turn - 1) % 4
            context.set(agents[which], Errand((near if (turn - 1) // 4 % 2 == 0 else far)[which]))

    return view(side, boxes)


def corners(rng: np.random.Generator, team: np.ndarray, side: float) -> tuple:
    """Places around each team's own corner, and around the opposite one."""
    low = np.stack([team % 2, np.zeros_like(team), team // 2], axis=1) * 0.5
    spread = rng.uniform(0.04, 0.46, (len(team), 3)) * [1, 0, 1]
    return (low + spread) * side, ([0.5, 0, 0.5] - low + spread) * side


def sizes(rng: np.random.Generator, count: int) -> np.ndarray:
    """People between 1.55 m and 1.95 m tall."""
    height = rng.uniform(1.55, 1.95, count)
    return np.stack([np.full(count, 0.55), height, np.full(count, 0.55)], axis=1)


def view(side: float, boxes: list[Box]) -> View:
    """The gates in the middle, from above."""
    reach, middle = min(side / 2, 40.0), side / 2
    low, high = (middle - reach, 0, middle - reach), (middle + reach, 2, middle + reach)
    return View(
        Camera.framing(low, high),
        boxes=[StaticBox(box.centre, box.half, "#8d8a86") for box in boxes],
    )


if __name__ == "__main__":
    crowd.main()
