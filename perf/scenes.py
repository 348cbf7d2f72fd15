"""The measured workloads: the plain crowd, Circles 3D, the example scenes and a scene to draw."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from astraweave import (
    Bounds,
    Camera,
    Gpu,
    Grid,
    Look,
    Motion,
    Position,
    Separation,
    Velocity,
    View,
    World,
    rgb,
)
from astraweave.app.scene import load_scene

SEED = 7
RADIUS = 0.5  # of an agent of the plain crowd, metres
SPEED = 2.0  # metres per second


def crowd_side(n: int) -> int:
    """Side of the plain crowd's square in metres: a power of two with at least 4 m² an agent.

    At 16,384, 1,048,576 and every power of four between it is exactly 1 agent per 4 m²; at
    131,072 it is 8 m², at 10,485,760 it is 6.4 m².
    """
    wanted, cells = int((4 * n) ** 0.5), 1  # cells of 2 m along a side
    while 2 * cells < wanted:
        cells *= 2
    return 2 * cells


def plain_modules(n: int) -> tuple[Motion, Grid, Separation]:
    """Integrate, grid, contacts; nothing else."""
    side = float(crowd_side(n))
    grid = Grid(size=(side, 0, side), reach=1.0)
    return Motion(bounds=Bounds.flat(side)), grid, Separation(grid, radius=RADIUS, response=4.0)


def crowd_plain(gpu: Gpu, n: int) -> World:
    """Discs of 0.5 m that walk straight, bounce off the border and push each other apart.

    Places are uniform in the square, directions uniform, all at 2 m/s.
    """
    world = World(gpu, seed=SEED)
    world.use(*plain_modules(n))
    rng = np.random.default_rng(SEED)
    place, velocity = np.zeros((n, 3)), np.zeros((n, 3))
    place[:, ::2] = rng.uniform(0, crowd_side(n), (n, 2))
    angle = rng.uniform(0, 2 * np.pi, n)
    velocity[:, 0], velocity[:, 2] = SPEED * np.cos(angle), SPEED * np.sin(angle)
    world.spawn(Position(place), Velocity(velocity))
    world.prepare()
    return world


def circles(gpu: Gpu, w: int) -> World:
    """Circles 3D of FLAME GPU 2 with w³ agents, by the modules of examples/circles.py.

    Nothing is drawn, so agents have no Look.
    """
    scene = load_scene("circles")
    module = sys.modules[scene.build.__module__]
    world = World(gpu, seed=SEED, shaders=scene.folder)
    grid = Grid(size=(float(w),) * 3, cell=(0.25, 2.0, 2.0), reach=module.RADIUS)
    world.use(grid, module.Circles(grid))
    place = np.random.default_rng(SEED).uniform(0, w, (w**3, 3))
    world.spawn(Position(place), module.Circle(np.zeros(w**3, np.uint32)))
    world.prepare()
    return world


def circles_of(gpu: Gpu, n: int) -> World:
    """Circles 3D in the cube whose agents are nearest to n."""
    return circles(gpu, max(1, round(n ** (1 / 3))))


def example(name: str) -> Callable[[Gpu, int], World]:
    """An example scene as a function of the device and the number of entities."""

    def make(gpu: Gpu, n: int) -> World:
        return load_scene(name).make(gpu, entities=n, seed=SEED)[0]

    return make


WORKLOADS: dict[str, Callable[[Gpu, int], World]] = {
    "crowd_plain": crowd_plain,
    "circles": circles_of,
    "crowd": example("crowd"),
    "bounce": example("bounce"),
    "hello_compute": example("hello_compute"),
}


def parade(gpu: Gpu, n: int) -> tuple[World, View]:
    """A crowd of boxes, spheres, capsules and quads that all stand in the picture."""
    world = World(gpu, seed=SEED)
    side = 2.0 * np.sqrt(n)  # metres
    grid = Grid(size=(side, 0, side), reach=1.0)
    world.use(Motion(bounds=Bounds.flat(side)), grid, Separation(grid, radius=RADIUS))
    rng = np.random.default_rng(SEED)
    place, angle = rng.uniform(0, side, (n, 3)), rng.uniform(0, 2 * np.pi, n)
    place[:, 1] = 0.5
    mesh = np.arange(n) % 4
    walk = np.stack([np.cos(angle), np.zeros(n), np.sin(angle)], axis=1)
    color = rgb(90 + 40 * mesh, 200 - 30 * mesh, 120)
    world.spawn(Position(place), Velocity(walk), Look(mesh, color, np.full((n, 3), 0.8)))
    world.prepare()
    return world, View(Camera.framing((0, 0, 0), (side, 1, side)))
