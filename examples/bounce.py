"""Spheres of different sizes and bounciness fall onto boxes and pile up on the floor."""

import numpy as np

from astraweave import (
    SPHERE,
    Body,
    Bounds,
    Box,
    Camera,
    Contacts,
    Context,
    Grid,
    Look,
    Motion,
    Obstacles,
    Plane,
    Position,
    StaticBox,
    Velocity,
    View,
    World,
    rgb,
    scene,
)

COLORS = np.array([rgb(c) for c in ("#d1495b", "#edae49", "#00798c", "#66a182", "#2e4057")])
KICK_EVERY = 150  # ticks


@scene(entities=2_000, ticks=600)
def bounce(world: World, entities: int) -> View:
    """Bouncing spheres, boxes, restitution."""
    half = max(6.0, float(np.sqrt(entities * 0.12)))  # of the floor
    steps = [
        Box((-half / 3, 0.0, -half / 3), (half / 5, 2.0, half / 5), restitution=0.2),
        Box((half / 3, 0.0, half / 6), (half / 4, 1.0, half / 4), restitution=0.9),
    ]
    grid = Grid(size=(2 * half, 16, 2 * half), low=(-half, 0, -half), cell=1.0, hashed=True)
    world.use(
        Motion(
            gravity=(0, -9.81, 0),
            damping=0.05,
            bounds=Bounds((-half, -100, -half), (half, 1000, half)),
        ),
        grid,
        Contacts(grid, event_speed=2.0),
        Obstacles((*steps, Plane(restitution=0.6)), friction=0.8),
    )

    rng = np.random.default_rng(world.seed)
    radius = rng.uniform(0.15, 0.45, entities)
    layers = rng.uniform(3, 3 + max(8.0, entities / half**2 * 0.8), entities)
    place = np.stack(
        [
            rng.uniform(-1, 1, entities) * half * 0.9,
            layers,
            rng.uniform(-1, 1, entities) * half * 0.9,
        ],
        axis=1,
    )
    spheres = world.spawn(
        Position(place),
        Velocity(rng.normal(0, 1.5, (entities, 3))),
        Body(radius, 0.03 / radius**3, rng.uniform(0.1, 0.85, entities)),
        Look(SPHERE, COLORS[np.arange(entities) % 5], np.repeat(2 * radius[:, None], 3, axis=1)),
    )

    @world.system("simulation", writes=(Velocity,), every=KICK_EVERY)
    def kick(context: Context) -> None:
        """Now and then a tenth of the spheres jumps."""
        if context.tick:
            chosen = context.rng().random(entities) < 0.1
            context.add(spheres[chosen], Velocity((0, 7, 0)))

    return View(
        Camera.framing((-half, 0, -half), (half, 4, half)),
        boxes=[StaticBox(box.centre, box.half, "#a9a29c") for box in [*steps, *rim(half)]],
    )


def rim(half: float) -> list[Box]:
    """What shows where the bounds of the world are."""
    long, thin = (half + 0.6, 0.25, 0.1), (0.1, 0.25, half + 0.6)
    edge = half + 0.5
    return [
        Box((0, 0, -edge), long),
        Box((0, 0, edge), long),
        Box((-edge, 0, 0), thin),
        Box((edge, 0, 0), thin),
    ]


if __name__ == "__main__":
    bounce.main()
