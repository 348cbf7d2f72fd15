"""Static boxes and planes act on the GPU as in their NumPy twin, and let nothing through."""

import numpy as np
import pytest
from numpy.typing import NDArray

from astraweave.ecs.world import World
from astraweave.sim.components import Body, Position, StaticContact, Velocity, collision_filter
from astraweave.sim.motion import Motion
from astraweave.sim.obstacles import Box, Obstacles, Plane
from tests.gpu import worlds
from tests.gpu.worlds import SIZES, Rng, assert_agree, in_box, random_world

pytestmark = pytest.mark.gpu


def random_shapes(rng: Rng, count: int, extent: float = 10.0) -> tuple[Box | Plane, ...]:
    """Boxes and planes in turn, all of them about `extent` metres from the origin or nearer."""

    def layers() -> int:
        return collision_filter(int(rng.integers(1, 4)), int(rng.integers(1, 8)))

    def shape(number: int) -> Box | Plane:
        if number % 3 == 2:
            offset = rng.uniform(-extent, extent / 4)
            return Plane(tuple(rng.normal(size=3)), offset, rng.random(), layers())
        centre, half = rng.uniform(-extent, extent, 3), rng.uniform(0.01, extent / 3, 3)
        return Box(tuple(centre), tuple(half), rng.random(), layers())

    return tuple(shape(number) for number in range(count))


def anywhere(rng: Rng, n: int) -> NDArray[np.int64]:
    """Places over the whole range of a position."""
    return rng.integers(-(1 << 31), 1 << 31, (n, 3))


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("radius", [None, 0.4], ids=["bodies", "uniform"])
def test_every_size_agrees(count: int, radius: float | None) -> None:
    rng = np.random.default_rng(count)
    world = random_world(rng, count, in_box(-12, 12), mixed=True, holes=True)
    assert_agree(world, Obstacles(random_shapes(rng, 6), radius, friction=2.0), ticks=2)


@pytest.mark.parametrize("flat", [False, True], ids=["space", "plane"])
@pytest.mark.parametrize("seed", range(8))
def test_random_shapes_agree(seed: int, flat: bool) -> None:
    rng = np.random.default_rng(seed)
    world = random_world(rng, 1000, in_box(-12, 12), mixed=True, speed=20)
    shapes = random_shapes(rng, int(rng.integers(0, 20)))
    radius = None if seed % 2 else float(rng.uniform(0.001, 16))
    friction = float(rng.choice([0, 1, 1e6]))
    obstacles = Obstacles(shapes, radius, friction, float(rng.uniform(0, 3)), flat)
    assert_agree(world, obstacles, ticks=2)


@pytest.mark.parametrize("flat", [False, True], ids=["space", "plane"])
def test_the_whole_range_agrees(flat: bool) -> None:
    rng = np.random.default_rng(20)
    world = random_world(rng, 1000, anywhere, mixed=True, speed=32_767)
    shapes = random_shapes(rng, 9, 16_000)
    assert_agree(world, Obstacles(shapes, friction=0.3, flat=flat), ticks=2)


def test_inside_a_box_agrees() -> None:
    rng = np.random.default_rng(21)
    world = random_world(rng, 1000, in_box(-2, 2), mixed=True)
    # A cube, so that every tie between axes occurs; coarse places make ties frequent.
    handles = world.select(Position)
    world.set(handles, Position(rng.integers(-8, 9, (len(handles), 3)) / 4))
    assert_agree(world, Obstacles((Box((0, 0, 0), (1.5, 1.5, 1.5)),)))


def test_infinite_masses_stay() -> None:
    world = World(worlds.gpu())
    wall = world.spawn(Position((0, 0, 0)), Velocity((1, -1, 0)), Body(0.5, inverse_mass=0))
    world.use(Obstacles((Plane(), Box((0, 0, 0), (1, 1, 1)))))
    world.step(1)
    assert world.read(Position, wall).tolist() == [0, 0, 0]
    assert world.read(Velocity, wall).tolist() == [1, -1, 0]


def test_nothing_passes_a_floor_and_all_comes_to_rest() -> None:
    rng = np.random.default_rng(22)
    world = World(worlds.gpu())
    place = rng.uniform([-5, 1, -5], [5, 11, 5], (500, 3))
    radius = rng.uniform(0.1, 0.5, 500)
    world.spawn(Position(place), Velocity(), Body(radius))
    world.use(Motion((0, -9.8, 0)), Obstacles((Plane(),)))
    for _ in range(10):
        world.step(60)
        assert (world.read(Position)[:, 1] > radius - 1e-4).all()
    assert np.abs(world.read(Position)[:, 1] - radius).max() < 1e-4
    assert np.abs(world.read(Velocity)).max() == 0


def test_nobody_stays_inside_a_box() -> None:
    rng = np.random.default_rng(23)
    world = World(worlds.gpu())
    half = np.array([2.0, 3.0, 1.0])
    world.spawn(Position(rng.uniform(-3, 3, (500, 3))), Velocity())
    world.use(Obstacles((Box((0, 0, 0), tuple(half)),), radius=0.25))
    world.step(1)
    gap = np.linalg.norm(np.maximum(np.abs(world.read(Position)) - half, 0), axis=1)
    assert (gap > 0.25 - 1e-3).all()


def test_layers_masks_and_events_of_statics() -> None:
    world = World(worlds.gpu())
    floor = Plane((0, 1, 0), 0, 0.0, collision_filter(layers=2))
    world.use(Obstacles((Box((50, 0, 50), (1, 1, 1)), floor)))
    bodies = world.spawn(
        Position([(0, 0.4, 0), (5, 0.4, 0), (9, 0.4, 0)]),
        Velocity([(0, -3, 0), (0, -3, 0), (0, -0.5, 0)]),
        Body(0.5, 1, 0, np.array([collision_filter(mask=2), collision_filter(mask=1)] * 2)[:3]),
    )
    world.step()
    heights = world.read(Position, bodies)[:, 1]
    assert heights.tolist() == pytest.approx([0.5, 0.4, 0.5], abs=1e-4)
    (event,) = world.events(StaticContact)  # the third is slower than the event speed
    assert (event["body"], event["shape"], event["speed"]) == (0, 1, 3.0)
