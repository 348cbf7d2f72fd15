"""Contacts and separation give on the GPU the bits of their NumPy twins, and keep momentum."""

import numpy as np
import pytest
from numpy.typing import NDArray

from astraweave.ecs.world import World
from astraweave.errors import ComponentError
from astraweave.sim.components import Body, Position, Velocity, collision_filter
from astraweave.sim.contacts import Contacts
from astraweave.sim.grid import Grid
from astraweave.sim.motion import Bounds, Motion
from astraweave.sim.separation import Separation
from tests.gpu import worlds
from tests.gpu.worlds import (
    SIZES,
    Rng,
    Twin,
    assert_agree,
    contact_events,
    differences,
    in_box,
    metres,
    random_body,
    random_world,
)

pytestmark = pytest.mark.gpu

SPACES = {
    "bounded": Grid((9, 9, 9)),
    "hashed": Grid((16, 16, 16), reach=2.0, cell=1.0, hashed=True),
    "uneven": Grid((9, 8, 9), cell=(1.0, 4.0, 2.0), reach=2.0),
}
PLANES = {
    "plane": Grid((9, 0, 9)),
    "hashed plane": Grid((16, 0, 16), hashed=True),
    "uneven plane": Grid((9, 0, 9), cell=(0.5, 2.0, 2.0), reach=2.0),
}
GRIDS = SPACES | PLANES


def side(count: int) -> float:
    """Edge of a cube in which `count` bodies touch a few others each."""
    return max(2.0, 1.2 * count ** (1 / 3))


def far_out(rng: Rng, n: int) -> NDArray[np.int64]:
    """Places around the point where all coordinates wrap."""
    return rng.integers(-(3 << 16), 3 << 16, (n, 3)) % (1 << 32) - (1 << 31)


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("mixed", [False, True], ids=["alike", "mixed"])
def test_contacts_of_every_size_agree(count: int, mixed: bool) -> None:
    place = in_box(-1, side(count))
    world = random_world(np.random.default_rng(count), count, place, mixed=mixed, holes=mixed)
    grid = Grid((side(count) - 2 if count > 9 else 2.0,) * 3)
    assert_agree(world, grid, Contacts(grid, event_speed=0.1))


@pytest.mark.parametrize(
    ("name", "flat"), [(name, False) for name in GRIDS] + [(name, True) for name in PLANES]
)
def test_contacts_in_every_grid_agree(name: str, flat: bool) -> None:
    grid = GRIDS[name]
    contacts = Contacts(grid, flat, stiffness=0.35, rest_speed=1.5, event_speed=0.0)
    world = random_world(np.random.default_rng(2), 700, in_box(-2, 10), mixed=True, holes=True)
    twin = assert_agree(world, grid, contacts, ticks=3)
    assert len(twin.events) > 0


@pytest.mark.parametrize("name", ["hashed", "bounded"])
def test_contacts_where_coordinates_wrap_agree(name: str) -> None:
    world = random_world(np.random.default_rng(3), 500, far_out, speed=32_767)
    assert_agree(world, GRIDS[name], Contacts(GRIDS[name]))


@pytest.mark.parametrize("reach", [0.5, 2.0, 4.0, 15.75])
def test_contacts_of_every_scale_agree(reach: float) -> None:
    rng = np.random.default_rng(4)
    world = random_world(rng, 400, in_box(0, 3 * reach), mixed=True)
    handles = world.select(Body)
    world.set(handles, random_body(rng, len(handles), reach / 2))
    grid = Grid((3 * reach,) * 3, cell=0.5 if reach < 1 else 2.0, reach=reach)
    assert_agree(world, grid, Contacts(grid), ticks=2)


def test_all_in_one_place_agree() -> None:
    rng = np.random.default_rng(5)
    world = random_world(rng, 150, lambda _, n: np.full((n, 3), 1 << 16))
    grid = GRIDS["bounded"]
    twin = assert_agree(world, grid, Contacts(grid, event_speed=0.0), ticks=5)
    assert len(np.unique(twin.data["Position"]["xyz"], axis=0)) > 20


def pairs(rng: Rng, count: int, inverse_mass: float) -> World:
    """Touching pairs that approach each other, each pair 8 m from the next."""
    world = World(worlds.gpu())
    middle = np.stack(np.unravel_index(np.arange(count), (8, 8, 8)), axis=-1)
    middle = middle * 8 + metres(rng.integers(-(1 << 16), 1 << 16, (count, 3)))
    d = rng.normal(size=(count, 3))
    d *= rng.uniform(0.1, 0.49, (count, 1)) / np.linalg.norm(d, axis=1, keepdims=True)
    kick = -d * rng.uniform(1, 8, (count, 1)) + rng.normal(size=(count, 3)) * 0.1
    common = rng.normal(size=(count, 3))
    body = Body(0.5, inverse_mass, rng.uniform(0, 1, count).repeat(2))
    place = np.stack([middle + d, middle - d], axis=1).reshape(-1, 3)
    velocity = np.stack([common + kick, common - kick], axis=1).reshape(-1, 3)
    world.spawn(Position(place), Velocity(velocity), body)
    return world


def energy(world: World, gravity: float = 0.0) -> float:
    """Of bodies of 1 kg."""
    v, y = world.read(Velocity), world.read(Position)[:, 1]
    return float((v**2).sum() / 2 + gravity * y.sum())


@pytest.mark.parametrize("inverse_mass", [1.0, 0.3, 255.0, 1 / 65536])
def test_a_pair_of_equal_masses_keeps_momentum(inverse_mass: float) -> None:
    world = pairs(np.random.default_rng(6), 512, inverse_mass)
    grid = Grid((64, 64, 64))
    world.use(grid, Contacts(grid, event_speed=0.0))
    before = [world.read(kind, raw=True)["xyz"].reshape(-1, 2, 3) for kind in (Position, Velocity)]
    lost = energy(world)
    world.step(1)
    after = [world.read(kind, raw=True)["xyz"].reshape(-1, 2, 3) for kind in (Position, Velocity)]
    for old, new in zip(before, after, strict=True):
        assert (old != new).any(axis=(1, 2)).all()
        assert np.array_equal(old.sum(axis=1), new.sum(axis=1))
    assert energy(world) < lost
    assert len(contact_events(world)) == 512


@pytest.mark.parametrize("restitution", [0.0, 0.5, 0.9])
def test_a_bouncing_pile_gains_no_energy(restitution: float) -> None:
    rng = np.random.default_rng(7)
    lattice = np.stack(np.unravel_index(np.arange(216), (6, 6, 6)), axis=-1)
    place = lattice * 1.05 + 1 + rng.uniform(-0.02, 0.02, (216, 3))
    world = World(worlds.gpu())
    world.spawn(Position(place), Velocity(), Body(0.5, 1.0, restitution))
    grid = Grid((8, 16, 8), cell=1.0)
    room = Bounds((0.5, 0.5, 0.5), (7.5, 30, 7.5))
    world.use(Motion((0, -9.8, 0), bounds=room), grid, Contacts(grid))
    levels = [energy(world, 9.8)]
    for _ in range(8):
        world.step(30)
        levels.append(energy(world, 9.8))
    # What the last ticks pushed apart or let sink may come back: 0.2 % of the first level.
    assert max(np.diff(levels)) < 0.002 * levels[0]
    assert levels[-1] < levels[0]


def test_layers_and_masks_exclude() -> None:
    world = World(worlds.gpu())
    filters = [(1, 0xFFFF), (1, 2), (2, 1), (2, 0)]
    place = [(1 + i / 8, 1, 1) for i in range(4)]
    collision = [collision_filter(layers, mask) for layers, mask in filters]
    world.spawn(Position(place), Velocity(), Body(0.5, collision=collision))
    grid = GRIDS["bounded"]
    world.use(grid, Contacts(grid))
    world.step(1)
    moved = (world.read(Position) != np.array(place)).any(axis=1)
    # The third meets the first and the second, each in a layer of the other's mask; no other
    # pair does.
    assert moved.tolist() == [True, True, True, False]


# --- separation -------------------------------------------------------------------------------


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("comfort", [0.0, 1.5], ids=["overlap only", "comfort"])
def test_separation_of_every_size_agrees(count: int, comfort: float) -> None:
    edge = max(2.0, 0.6 * count**0.5)
    place = in_box(-1, edge, flat=True)
    world = random_world(np.random.default_rng(count), count, place, mixed=True, holes=True)
    grid = Grid((edge - 1, 0, edge - 1))
    assert_agree(world, grid, Separation(grid, comfort=comfort), ticks=2)


@pytest.mark.parametrize("name", PLANES)
@pytest.mark.parametrize(
    ("radius", "comfort", "response", "strength"),
    [(0.3, 1.0, 4.0, 1.0), (1.0, 2.0, 63.0, 15.0), (0.002, 0.5, 0.0, 0.0), (0.9, 0.0, 1.0, 9.0)],
)
def test_separation_in_every_grid_agrees(
    name: str, radius: float, comfort: float, response: float, strength: float
) -> None:
    grid = GRIDS[name]
    separation = Separation(grid, radius, comfort, response, strength)
    world = random_world(np.random.default_rng(8), 400, in_box(-2, 10), mixed=True, holes=True)
    assert_agree(world, grid, separation, ticks=2)


def test_widest_separation_agrees() -> None:
    grid = Grid((20, 0, 20), cell=4.0)
    world = random_world(np.random.default_rng(9), 800, in_box(0, 20, flat=True))
    assert_agree(world, grid, Separation(grid, 1.94, 3.9, 63.0, 15.0), ticks=3)


@pytest.mark.parametrize("kind", [Position, Velocity, Body])
@pytest.mark.parametrize("comfort", [0.0, 1.5], ids=["overlap only", "comfort"])
def test_separation_among_some_agrees(kind: type, comfort: float) -> None:
    grid = GRIDS["plane"]
    world = random_world(np.random.default_rng(10), 300, in_box(-1, 9), mixed=True, holes=True)
    separation = Separation(grid, comfort=comfort, among=kind)
    assert_agree(world, grid, separation, ticks=2)


def test_what_is_not_among_does_not_push() -> None:
    grid = GRIDS["plane"]
    for among, pushed in ((None, True), (Velocity, False)):
        world = World(worlds.gpu())
        agent = world.spawn(Position((4, 0, 4)), Velocity())
        world.spawn(Position((4.25, 0, 4)))  # a mark on the ground
        world.use(grid, Separation(grid, radius=0.3, among=among))
        world.step(10)
        assert (world.read(Position, agent)[0] < 3.9) == pushed
    with pytest.raises(ComponentError, match="is not a component"):
        Separation(grid, among=int)


def test_coincident_agents_part() -> None:
    grid = GRIDS["plane"]
    world = World(worlds.gpu())
    world.spawn(Position(np.full((8, 3), 4.0)), Velocity())
    world.use(grid, Separation(grid, radius=0.3))
    twin = Twin.of(world)
    world.step(120)
    twin.step(grid, Separation(grid, radius=0.3), ticks=120)
    assert differences(world, twin) == []
    x = np.sort(world.read(Position)[:, 0])
    assert np.diff(x).min() > 0.5
