"""Motion and steering give on the GPU the bits of their NumPy twins, and do not drift."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from astraweave.ecs.world import World
from astraweave.sim.components import Goal, Position, Velocity
from astraweave.sim.motion import Bounds, Motion
from astraweave.sim.steering import Steering
from tests.gpu import worlds
from tests.gpu.worlds import (
    SIZES,
    Rng,
    Twin,
    assert_agree,
    differences,
    in_box,
    metres,
    random_world,
)

pytestmark = pytest.mark.gpu

ROOM = Bounds((-6.0, -3.5, 0.0), (5.25, 4.0, 7.0))
COMBINATIONS = [
    Motion(gravity, damping, limit, bounds)
    for gravity, damping, limit, bounds in product(
        [(0.0, 0.0, 0.0), (0.5, -9.81, 0.0)], [0.0, 0.7], [0.0, 2.5], [None, ROOM]
    )
]
QUIET = settings(max_examples=20, deadline=None, derandomize=True)
numbers = st.floats(-30_000, 30_000, allow_nan=False)


def anywhere(rng: Rng, n: int) -> NDArray[np.int64]:
    """Places over the whole range of a position."""
    return rng.integers(-(1 << 31), 1 << 31, (n, 3))


@pytest.mark.parametrize("motion", COMBINATIONS)
def test_every_combination_agrees(motion: Motion) -> None:
    rng = np.random.default_rng(1)
    world = random_world(rng, 500, in_box(-8, 8), mixed=True, holes=True, speed=20)
    assert_agree(world, motion, ticks=3)


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("motion", [COMBINATIONS[0], COMBINATIONS[-1]], ids=["drift", "all"])
def test_every_size_agrees(motion: Motion, count: int) -> None:
    world = random_world(np.random.default_rng(count), count, in_box(-8, 8), speed=20, rate=50)
    assert_agree(world, motion, ticks=2)


@QUIET
@given(
    gravity=st.tuples(numbers, numbers, numbers),
    damping=st.just(0.0) | st.floats(0.02, 100),  # less would round to none
    max_speed=st.just(0.0) | st.floats(1e-4, 30_000),
    bounds=st.none() | st.tuples(numbers, numbers).filter(lambda pair: pair[0] < pair[1]),
    rate=st.integers(1, 1000),
    seed=st.integers(0, 1 << 32),
)
def test_any_parameters_agree(
    gravity: tuple[float, float, float],
    damping: float,
    max_speed: float,
    bounds: tuple[float, float] | None,
    rate: int,
    seed: int,
) -> None:
    box = None if bounds is None else Bounds((bounds[0],) * 3, (bounds[1],) * 3)
    world = random_world(np.random.default_rng(seed), 65, anywhere, speed=32_767, rate=rate)
    assert_agree(world, Motion(gravity, damping, max_speed, box), ticks=2)


@pytest.mark.parametrize("rate", [1, 7, 60, 1000])
def test_whole_seconds_do_not_drift(rate: int) -> None:
    rng = np.random.default_rng(rate)
    world = random_world(rng, 300, anywhere, speed=32_767, rate=rate)
    world.use(Motion())
    start, velocity = (world.read(kind, raw=True)["xyz"] for kind in (Position, Velocity))
    for seconds in (1, 2):
        world.step(rate)
        moved = world.read(Position, raw=True)["xyz"] - start
        assert np.array_equal(moved, velocity * seconds)  # both modulo 2^32


def test_gravity_does_not_drift() -> None:
    world = World(worlds.gpu(), rate=60)
    faller = world.spawn(Position((0, 0, 0)), Velocity((1, 2, 3)))
    gravity = (0.1, -9.81, 1e-4)
    world.use(Motion(gravity))
    world.step(180)
    gained = world.read(Velocity, faller, raw=True)["xyz"] - np.rint(np.array([1, 2, 3]) * 65536)
    assert np.array_equal(gained, 3 * np.rint(np.array(gravity) * 65536))


def test_no_one_leaves_the_bounds() -> None:
    world = random_world(np.random.default_rng(4), 1000, in_box(0.5, 3), speed=200)
    world.use(Motion(bounds=ROOM, gravity=(0, -9.81, 0)))
    for _ in range(10):
        world.step(7)
        place = world.read(Position)
        assert (place >= ROOM.low).all()
        assert (place <= ROOM.high).all()


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("count", SIZES)
def test_steering_agrees(count: int, flat: bool) -> None:
    world = random_world(
        np.random.default_rng(count), count, in_box(-20, 20), mixed=True, holes=True
    )
    assert_agree(world, Steering(response=3.0, flat=flat), ticks=3)


@QUIET
@given(
    response=st.floats(0.001, 1000),
    rate=st.integers(1, 1000),
    flat=st.booleans(),
    seed=st.integers(0, 1 << 32),
)
def test_steering_over_the_whole_range_agrees(
    response: float, rate: int, flat: bool, seed: int
) -> None:
    assume(response > rate / 65536)  # less is refused: it would round to nothing
    rng = np.random.default_rng(seed)
    world = random_world(rng, 64, anywhere, speed=32_767, rate=rate)
    assert_agree(world, Steering(response, flat), ticks=2)


def test_an_agent_arrives_and_stays() -> None:
    rng = np.random.default_rng(9)
    world = World(worlds.gpu())
    goal = metres(rng.integers(-10 * 65536, 10 * 65536, (50, 3)) * [1, 0, 1])
    world.spawn(Position(np.zeros((50, 3))), Velocity(), Goal(goal, 2.0))
    world.use(Steering(), Motion())
    world.step(60 * 15)
    assert np.abs(world.read(Position) - goal).max() < 1e-3
    assert np.abs(world.read(Velocity)).max() < 1e-3


def test_shuffled_slots_change_nothing() -> None:
    modules = (Steering(), COMBINATIONS[-1])
    world = random_world(np.random.default_rng(5), 300, in_box(-8, 8), mixed=True)
    world.use(*modules)
    twin = Twin.of(world)
    for seed in range(3):
        world.shuffle(seed)
        world.step(2)
    twin.step(*modules, ticks=6)
    assert differences(world, twin) == []
