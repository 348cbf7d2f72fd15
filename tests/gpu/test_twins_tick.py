"""Whole ticks on the GPU equal the same ticks in NumPy, integer by integer and in each checksum."""

import numpy as np
import pytest

from astraweave.ecs.checksum import Checksum
from astraweave.ecs.module import Module
from astraweave.ecs.world import World
from astraweave.sim.components import Body, Goal, Position, Team, Velocity
from astraweave.sim.contacts import Contacts
from astraweave.sim.grid import Grid
from astraweave.sim.motion import Bounds, Motion
from astraweave.sim.obstacles import Box, Obstacles, Plane
from astraweave.sim.separation import Separation
from astraweave.sim.steering import Steering
from tests.gpu import worlds
from tests.gpu.worlds import (
    SIZES,
    Twin,
    assert_agree,
    checksum_parts,
    contact_events,
    differences,
    in_box,
    random_body,
    random_world,
)
from tests.reference import checksum

pytestmark = pytest.mark.gpu

FIELD = Grid((40, 0, 40))
CROWD: tuple[Module, ...] = (
    Steering(),
    Motion(max_speed=2.5, bounds=Bounds.flat(40)),
    FIELD,
    Separation(FIELD, comfort=1.0),
    Obstacles((Box((20, 0, 12), (1, 3, 9)), Box((20, 0, 30), (1, 3, 6))), radius=0.3, flat=True),
)
SPACE = Grid((16, 16, 16), cell=1.0, reach=2.0, hashed=True)
PILE: tuple[Module, ...] = (
    Motion((0.0, -9.8, 0.0), damping=0.05, bounds=Bounds((0, -30_000, 0), (14, 30_000, 14))),
    SPACE,
    Contacts(SPACE),
    Obstacles((Plane(), Plane((1, 3, 0), 1.0), Box((7, 1, 7), (2, 1, 2))), friction=0.5),
)


def crowd(count: int) -> World:
    """Agents of a square who walk to its other side."""
    rng = np.random.default_rng(count)
    world = World(worlds.gpu(), seed=7)
    start = rng.uniform(0, 40, (count, 3)) * [1, 0, 1]
    goal, team = Goal(40 - start, rng.uniform(1, 2, count)), Team(rng.integers(0, 4, count))
    world.spawn(Position(start), Velocity(), goal, team)
    return world


def pile(count: int) -> World:
    """Bodies of many sizes and masses that fall."""
    rng = np.random.default_rng(count)
    world = World(worlds.gpu(), seed=7)
    place = Position(rng.uniform([0, 3, 0], [14, 14, 14], (count, 3)))
    world.spawn(place, Velocity(rng.normal(size=(count, 3))), random_body(rng, count, 0.5))
    return world


SCENES = {"crowd": (crowd, CROWD), "pile": (pile, PILE)}


@pytest.mark.parametrize("name", SCENES)
def test_sixty_ticks_and_their_checksums_agree(name: str) -> None:
    build, modules = SCENES[name]
    world = build(2000)
    world.use(*modules)
    seen: list[Checksum] = []
    world.ticks_done.append(lambda _, checksums: seen.extend(checksums))
    twin = Twin.of(world)
    world.step(60)
    for tick, told in enumerate(seen):
        twin.step(*modules)
        expected = checksum_parts(world, twin)
        unlike = [n for n in expected if not np.array_equal(told.parts[n], expected[n])]
        assert unlike == [], f"after tick {tick}"
        assert told.hex == checksum.as_hex(expected)
    assert len(seen) == 60
    assert differences(world, twin) == []
    assert world.checksum().hex == seen[-1].hex


def test_the_last_contacts_are_told() -> None:
    world = pile(2000)
    twin = assert_agree(world, *PILE, ticks=40)
    assert len(twin.events) > 10
    world.step(8)  # with a sort of the storage in between
    twin.step(*PILE, ticks=8)
    assert np.array_equal(contact_events(world), twin.events)


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("name", SCENES)
def test_ticks_of_every_size_agree(name: str, count: int) -> None:
    place = in_box(-2, 42) if name == "crowd" else in_box(-2, 16)
    world = random_world(np.random.default_rng(count), count, place, mixed=True, holes=True)
    world.tick = 14  # a sort of the storage after the second tick
    assert_agree(world, *SCENES[name][1], ticks=4)


@pytest.mark.parametrize("name", SCENES)
def test_changes_between_ticks_agree(name: str) -> None:
    """Shuffled slots, ended, new and altered entities, and components that come and go."""
    rng = np.random.default_rng(11)
    modules = SCENES[name][1]
    world = random_world(rng, 300, in_box(0, 14), mixed=True, holes=True)
    world.use(*modules)
    for change in range(12):
        twin = Twin.of(world)
        world.step(3)
        twin.step(*modules, ticks=3)
        assert differences(world, twin) == [], f"after change {change}"
        able = rng.permutation(world.select(Position, Velocity))
        world.despawn(able[:9])
        world.detach(able[9:15], Velocity)
        world.set(able[20:30], Position(rng.uniform(0, 14, (10, 3))))
        world.attach(rng.permutation(world.select(Position))[:10], Velocity((1, 0, 1)), Body(0.3))
        world.spawn(Position(rng.uniform(0, 14, (5, 3))), Velocity(), Body(), Goal((3, 0, 3)))
        world.add(world.select(Position, Velocity)[:50], Velocity((0.5, -0.25, 0)))
        if change % 3 == 0:
            world.shuffle(change)


@pytest.mark.parametrize("name", SCENES)
def test_worlds_without_members_tick(name: str) -> None:
    modules = SCENES[name][1]
    world = World(worlds.gpu())
    assert_agree(world, *modules, ticks=20)
    bystanders = world.spawn(Team([1, 2, 3]))
    twin = Twin.of(world)
    world.step(20)
    assert differences(world, twin) == []
    world.despawn(bystanders)
    world.step(20)
    assert world.count == 0
    world.spawn(Position((1, 1, 1)), Velocity((1, 0, 0)), Body(), Goal((9, 0, 9)))
    twin = Twin.of(world)
    world.step(20)
    twin.step(*modules, ticks=20)
    assert differences(world, twin) == []
