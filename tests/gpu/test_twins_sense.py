"""What agents sense is what brute force finds, to the last bit and whatever the order in memory."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from astraweave import (
    Barrier,
    Blockers,
    Body,
    Box,
    Facing,
    Goal,
    Grid,
    Motion,
    Position,
    Sense,
    Sensed,
    Senses,
    Smoke,
    Team,
    Velocity,
    World,
)
from astraweave.sim.sense import ALLIES, ANYONE, ENEMIES, NO_TEAM, NOBODY
from tests.gpu import worlds
from tests.gpu.worlds import ONE, Rng, constants_of, in_box, metres, random_body, random_velocity
from tests.reference import sense as twin

pytestmark = pytest.mark.gpu
Rows = NDArray[np.int64]
KINDS = (Goal, Body)

GRIDS = {
    "plane": Grid((32, 0, 32), reach=10.0),
    "space": Grid((24, 9, 24), low=(-3, -2.5, 1), reach=5.0),
    "coarse": Grid((32, 8, 32), cell=4.0),
    "wall": Grid((32, 9, 0), reach=6.0),
    "one cell": Grid((0, 0, 0), reach=8.0),
    "hashed plane": Grid((32, 0, 32), reach=7.0, hashed=True),
    "hashed space": Grid((16, 8, 32), cell=1.0, low=(5, 5, 5), reach=3.0, hashed=True),
}


def far_out(rng: Rng, n: int) -> Rows:
    """Places near both ends of the range, where differences wrap."""
    return rng.integers(-4 * ONE, 4 * ONE, (n, 3)) % (1 << 32) - (1 << 31)


def lattice(rng: Rng, n: int) -> Rows:
    """Places two metres apart, so that equal distances are frequent."""
    return rng.integers(0, 12, (n, 3)) * [2, 1, 2] * ONE


PLACES = {"around": in_box(-4, 30), "lattice": lattice, "far": far_out}


# --- worlds -----------------------------------------------------------------------------------


def random_senses(rng: Rng, n: int) -> Senses:
    """Radii up to 12 m, fields of view of all widths, filters that exclude some."""
    half = rng.choice([0, 1 << 20, 1 << 28, 1 << 29, 1 << 30, 3 << 29, 1 << 31], n)
    half = np.where(rng.random(n) < 0.4, rng.integers(0, 1 << 31, n), half)
    teams = rng.choice([ANYONE, ANYONE, ALLIES, ENEMIES, ALLIES | NO_TEAM, 0b101, 0], n)
    return Senses(
        radius=metres(rng.choice([0, ONE // 3, 3 * ONE, 8 * ONE, 10 * ONE, 12 * ONE], n)),
        half_angle=half * (math.tau / (1 << 32)),
        teams=teams,
        layers=rng.choice([0xFFFF, 0xFFFF, 1, 2, 0x8001, 0], n),
        kinds=rng.choice([0, 0, 0, 1, 2, 3], n),
    )


def populate(world: World, rng: Rng, count: int, place: Any) -> None:
    """Agents and things of all make-ups, in random slots, a few ended again."""
    groups = []
    for make_up in range(6):
        n = count // 6 + int(rng.integers(0, 3))
        parts: list[Any] = [Position(metres(place(rng, n)))]
        if make_up in (0, 1, 2):
            parts += [random_senses(rng, n), Sensed()]
        if make_up in (0, 2, 4):
            parts.append(Velocity(metres(random_velocity(rng, n, 3.0))))
        if make_up in (1, 2):
            parts.append(Facing(rng.uniform(0, math.tau, n)))
        if make_up in (0, 1, 3):
            parts.append(Team(rng.integers(0, 11, n)))
        if make_up in (0, 3, 5):
            parts += [random_body(rng, n), Goal(metres(place(rng, n)))]
        groups.append(world.spawn(*parts, count=n))
    world.spawn(random_senses(rng, 3), Sensed())  # without a place
    ended = rng.permutation(np.concatenate(groups))[: count // 8]
    world.shuffle(int(rng.integers(1 << 32)))
    world.despawn(ended)


def blockers(rng: Rng, boxes: int) -> Blockers:
    centre, half = rng.uniform(0, 28, (boxes, 3)), rng.uniform(0.05, 2, (boxes, 3))
    return Blockers([Box(tuple(c), tuple(h)) for c, h in zip(centre, half, strict=True)])


def rows_of(world: World, kind: Any, count: int) -> tuple[NDArray[np.bool_], Any]:
    """Who has a component, and raw values, by entity index."""
    world.register(kind)
    ids = (world.select(kind) & np.uint64(0xFFFFFFFF)).astype(np.intp)
    has, data = np.zeros(count, np.bool_), np.zeros(count, kind.layout.dtype)
    has[ids] = True
    data[ids] = world.read(kind, raw=True)
    return has, data


def scene_of(world: World, module: Blockers) -> tuple[twin.Scene, Rows]:
    """What can be seen after a tick, and entity indices by row."""
    count = len(world.entities.mask)
    here, place = rows_of(world, Position, count)
    ids = np.flatnonzero(here)
    has_team, team = rows_of(world, Team, count)
    has_body, body = rows_of(world, Body, count)
    kinds = sum((rows_of(world, k, count)[0].astype(np.int64) << i for i, k in enumerate(KINDS)))
    words = world.resource(module.reads[0]).view(np.int32).reshape(-1, 4).astype(np.int64)
    boxes, balls = words[0, :2]
    found = twin.Scene(
        ids,
        place["xyz"][ids].astype(np.int64),
        np.where(has_team, np.minimum(team["id"].astype(np.int64), 8), 8)[ids],
        np.where(has_body, body["collision"].astype(np.int64) & 0xFFFF, 1)[ids],
        np.broadcast_to(kinds, count)[ids],
        words[1 : 1 + 2 * boxes, :3].reshape(-1, 2, 3),
        words[513 : 513 + balls],
    )
    return found, ids


def expected(world: World, modules: tuple[Blockers, Sense], before: Any, tick: int) -> Any:
    """Sensed records by entity index after a tick that began with those of `before`."""
    count = len(world.entities.mask)
    scene, ids = scene_of(world, modules[0])
    records, constants = before.copy(), constants_of(modules[1], world.rate)
    has_senses, senses = rows_of(world, Senses, count)
    has_facing, facing = rows_of(world, Facing, count)
    moves, velocity = rows_of(world, Velocity, count)
    due = has_senses[ids] & ((ids + tick) % modules[1].every == 0)
    agents, who = np.flatnonzero(due), ids[due]
    looking = twin.turned(
        facing["angle"][who],
        velocity["xyz"][who],
        has_facing[who],
        moves[who],
        before["facing"][who],
    )
    index, distance, teams, total = twin.sense(scene, agents, senses[who], looking, constants)
    records["near"][who], records["far"][who] = index[:, :4], index[:, 4:]
    records["near_distance"][who], records["far_distance"][who] = distance[:, :4], distance[:, 4:]
    records["teams"][who], records["more_teams"][who] = teams[:, :4], teams[:, 4:]
    records["count"][who], records["facing"][who] = total, looking
    return records


def assert_agree(world: World, modules: tuple[Blockers, Sense], ticks: int = 1) -> Any:
    """Step and compare every word of Sensed with brute force."""
    count = len(world.entities.mask)
    for _ in range(ticks):
        before, tick = rows_of(world, Sensed, count)[1], world.tick
        world.step()
        has, after = rows_of(world, Sensed, count)
        wanted = expected(world, modules, before, tick)
        for name in after.dtype.names or ():
            unlike = after[name][has] != wanted[name][has]
            assert not unlike.any(), (name, after[name][has][unlike], wanted[name][has][unlike])
    return after[has]


def make(seed: int, grid: Grid, place: Any, count: int = 500, **options: Any) -> Any:
    """A world in which agents sense, with its modules."""
    rng = np.random.default_rng(seed)
    world = World(worlds.gpu(), seed=1)
    modules = blockers(rng, int(rng.integers(0, 6))), Sense(grid, kinds=KINDS, **options)
    populate(world, rng, count, place)
    world.spawn(Position(rng.uniform(0, 28, (3, 3))), Barrier((0.5, 2, 0.5)))
    world.spawn(Position(rng.uniform(0, 28, (3, 3))), Smoke(2.0))
    world.tick = int(rng.integers(0, 1000))
    world.use(Motion(), grid, *modules)
    return world, modules


# --- agreement --------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", GRIDS)
def test_brute_force_agrees(name: str, place: str) -> None:
    world, modules = make(3, GRIDS[name], PLACES[place])
    found = assert_agree(world, modules, ticks=2)
    assert (found["count"] > 0).any()
    assert (found["near"] == NOBODY).any()


@pytest.mark.parametrize("k", range(1, 9))
def test_every_k_agrees(k: int) -> None:
    world, modules = make(k, GRIDS["plane"], PLACES["around"], k=k)
    found = assert_agree(world, modules)
    both = np.concatenate([found["near"], found["far"]], axis=1)
    assert (both[:, k:] == NOBODY).all()
    assert (both[:, k - 1] != NOBODY).any()


@pytest.mark.parametrize("count", [0, 1, 63, 200, 1500])
def test_every_size_agrees(count: int) -> None:
    world, modules = make(count, GRIDS["plane"], in_box(0, 32, flat=True), count)
    assert_agree(world, modules)


@pytest.mark.parametrize("every", [2, 3, 7])
def test_agents_take_turns(every: int) -> None:
    world, modules = make(every, GRIDS["plane"], PLACES["around"], every=every)
    assert_agree(world, modules, ticks=2 * every)


def test_a_reach_beyond_the_grids_agrees() -> None:
    world, modules = make(9, Grid((32, 0, 32)), PLACES["around"], reach=12.0)
    assert_agree(world, modules)
    world, modules = make(9, Grid((32, 0, 32), hashed=True), PLACES["around"], reach=6.0)
    assert_agree(world, modules)


def test_heights_of_eyes_agree() -> None:
    for eye in (0.0, 0.25, 60.0):
        world, modules = make(11, GRIDS["plane"], PLACES["around"], eye=eye)
        assert_agree(world, modules)


def test_the_order_in_memory_does_not_show() -> None:
    world, _ = make(5, GRIDS["plane"], PLACES["lattice"], every=2)
    other, _ = make(5, GRIDS["plane"], PLACES["lattice"], every=2)
    for tick in range(6):
        other.shuffle(tick)
        world.step()
        other.step()
        assert world.checksum().differing(other.checksum()) == []


def test_a_batch_of_ticks_gives_the_same() -> None:
    world, _ = make(6, GRIDS["plane"], PLACES["around"], every=3)
    other, _ = make(6, GRIDS["plane"], PLACES["around"], every=3)
    world.step(70)
    for _ in range(70):
        other.step()
    assert world.checksum().differing(other.checksum()) == []


def test_few_agents_among_many_blockers_agree() -> None:
    rng = np.random.default_rng(12)
    world = World(worlds.gpu())
    centre, half = rng.uniform(0, 200, (250, 3)) * (1, 0.02, 1), rng.uniform(0.1, 4, (250, 3))
    boxes = [Box(tuple(c), tuple(h)) for c, h in zip(centre, half, strict=True)]
    grid = Grid((200, 0, 200), reach=12.0)
    modules = Blockers(boxes), Sense(grid, kinds=KINDS)
    world.use(grid, *modules)
    place = rng.uniform(0, 200, (700, 3)) * (1, 0, 1)
    world.spawn(Position(place), Senses(radius=rng.uniform(0, 12, 700)), Sensed())
    world.spawn(Position(rng.uniform(0, 200, (60, 3)) * (1, 0.02, 1)), Smoke(rng.uniform(0, 6, 60)))
    assert_agree(world, modules)


angles = st.integers(0, (1 << 32) - 1)


@given(
    facing=angles,
    half=angles,
    x=st.integers(-(1 << 22), 1 << 22),
    z=st.integers(-(1 << 22), 1 << 22),
)
def test_fields_of_view_are_those_of_real_angles(facing: int, half: int, x: int, z: int) -> None:
    """Away from the sides, where rounding to 2^-16 decides, floats agree."""
    turn = math.tau / (1 << 32)
    off = abs(math.remainder(math.atan2(z, x) - facing * turn, math.tau))
    narrow = half * turn if half < 1 << 31 else math.pi
    one = np.array([[[x, z]]], np.int64)
    found = twin.in_view(np.array([facing], np.uint32), np.array([half], np.uint32), one)[0, 0]
    if (x, z) == (0, 0):
        assert found
    elif abs(off - narrow) > 1e-4:
        assert found == (off < narrow)
