"""A component and a compute pass of your own: particles that orbit the y axis."""

import numpy as np

from astraweave import (
    BOX,
    Camera,
    Fixed,
    Look,
    Motion,
    Pass,
    Position,
    Velocity,
    View,
    World,
    component,
    rgb,
    scene,
)


@component
class Orbit:
    """How strongly a particle is drawn to the axis, in 1/s²."""

    pull: Fixed


@scene(entities=2_000, ticks=600)
def hello_compute(world: World, entities: int) -> View:
    """Particles on orbits, pulled by a custom pass."""
    world.use(Pass("orbit.wgsl", reads=(Position, Orbit), writes=(Velocity,), name="orbit"))
    world.use(Motion(), after="orbit")

    rng = np.random.default_rng(world.seed)
    angle, radius = rng.uniform(0, 2 * np.pi, entities), rng.uniform(2, 12, entities)
    pull, height = rng.uniform(0.5, 2, entities), rng.uniform(0.2, 4, entities)
    place = np.stack([radius * np.cos(angle), height, radius * np.sin(angle)], axis=1)
    speed = np.sqrt(pull) * radius  # of a circular orbit
    along = np.stack([-np.sin(angle), np.zeros(entities), np.cos(angle)], axis=1)

    world.spawn(
        Position(place),
        Velocity(along * speed[:, None]),
        Orbit(pull),
        Look(BOX, rgb(90 + radius * 12, 140, 250 - radius * 12), np.full((entities, 3), 0.22)),
    )
    return View(Camera.framing((-12, 0, -12), (12, 4, 12)))


if __name__ == "__main__":
    hello_compute.main()
