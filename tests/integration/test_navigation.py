"""Agents walk where they are sent, around what stands in their way; the CPU's map agrees."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from astraweave import (
    ARRIVED,
    BY_FIELD,
    NO_FIELD,
    NO_PATH,
    Barrier,
    Blockers,
    Bounds,
    Box,
    Destination,
    Fields,
    FlowTarget,
    Goal,
    Gpu,
    Grid,
    Motion,
    Navigation,
    NavigationMap,
    Obstacles,
    Position,
    Recorder,
    Route,
    Separation,
    Steering,
    Velocity,
    World,
    replay,
)
from astraweave.errors import AstraError, UsageError
from tests.reference import navigation as twin

RADIUS = 0.3
Metres = NDArray[np.float64]


def walking(gpu: Gpu, boxes: tuple[Box, ...], side: float, low: float = 0, fields: int = 4) -> Any:
    """A world in which agents walk on a square, and its navigation."""
    world = World(gpu, seed=1)
    blockers = Blockers(boxes)
    navigation = Navigation(blockers, (side, side), low=(low, low), fields=fields)
    grid = Grid((side, 0, side), low=(low, 0, low))
    world.use(
        Steering(),
        Motion(max_speed=2.5, bounds=Bounds((low, -9, low), (low + side, 9, low + side))),
        grid,
        Separation(grid, radius=RADIUS, comfort=0.8, strength=0.3),
        Obstacles(boxes, radius=RADIUS, flat=True),
        blockers,
        navigation,
    )
    return world, navigation


def agents(world: World, start: Any, place: Any, field: Any, speed: Any = 1.4) -> Any:
    """Agents that are sent to their places from the first tick on."""
    parts = Position(start), Velocity(), Goal(start, speed)
    return world.spawn(*parts, Destination(place, field, 0.75), Route())


def gaps(places: Metres, boxes: tuple[Box, ...]) -> Metres:
    """Metres from each place to the nearest surface of a box, in the plane."""
    centre, half = (np.array([getattr(b, name) for b in boxes]) for name in ("centre", "half"))
    d = np.maximum(np.abs(places[:, None] - centre) - half, 0)
    return np.asarray(np.hypot(d[..., 0], d[..., 2]).min(axis=1))


def apart(a: Metres, b: Any) -> Any:
    return np.hypot(a[..., 0] - np.array(b)[..., 0], a[..., 2] - np.array(b)[..., 2])


def track(world: World, agent: Any, ticks: int) -> Metres:
    """Where an agent is after each tick."""
    return np.array([(world.step(), world.read(Position, agent))[1] for _ in range(ticks)])


# -- walking ---------------------------------------------------------------------------------------


def test_an_agent_goes_round_a_box(gpu: Gpu) -> None:
    box = Box((2, 0, 0), (0.5, 0.5, 0.5))
    world, _ = walking(gpu, (box,), side=20, low=-10)
    world.spawn(FlowTarget((5, 0, 0), 0))
    agent = agents(world, (0, 0, 0), (5, 0, 0), 0)
    way = track(world, agent, 300)
    assert gaps(way, (box,)).min() > RADIUS, "it does not touch the box with its body"
    assert apart(way, (5, 0, 0)).min() < 0.5
    assert np.linalg.norm(np.diff(way, axis=0), axis=1).max() < 2.6 / 60, "it walks"
    assert world.read(Route, agent) == ARRIVED


# A wall along z with a doorway at z = 4 and an opening at its end.
WALL = (Box((8, 1, 1.25), (0.2, 1, 1.25)), Box((8, 1, 9.25), (0.2, 1, 3.75)))
SHUT, OPEN = (8.0, 1.0, 4.0), (8.0, 1.0, -20.0)


@pytest.fixture
def doorway(gpu: Gpu) -> Any:
    """A world, its navigation, the door and an agent that wants to the other side."""
    world, navigation = walking(gpu, WALL, side=16)
    door = world.spawn(Position(OPEN), Barrier((0.2, 1, 1.5)))
    world.spawn(FlowTarget((13, 0, 4), 0))
    agent = agents(world, (3, 0, 5), (13, 0, 4), 0)
    return world, navigation, door, agent


def crossing(way: Metres) -> float:
    """At which z the agent passed the wall; the last time if it did so more than once."""
    crossed = np.flatnonzero((way[:-1, 0] < 8) & (way[1:, 0] >= 8))
    return float(way[crossed[-1], 2])


def test_an_open_door_is_walked_through(doorway: Any) -> None:
    world, _, _, agent = doorway
    way = track(world, agent, 600)
    assert abs(crossing(way) - 4) < 1.5
    assert apart(way[-1], (13, 0, 4)) < 0.5


def test_a_closed_door_is_walked_around(doorway: Any) -> None:
    world, _, door, agent = doorway
    world.set(door, Position(SHUT))
    way = track(world, agent, 1100)
    assert crossing(way) > 13
    assert apart(way[-1], (13, 0, 4)) < 0.5


def test_a_door_that_closes_turns_an_agent_back_and_opens_again(doorway: Any) -> None:
    world, navigation, door, agent = doorway
    way = [track(world, agent, 120)]
    assert way[0][-1, 0] < 7.5, "before the wall"
    before = world.read(Goal, agent)["position"]
    world.set(door, Position(SHUT))
    way.append(track(world, agent, 1))
    after = world.read(Goal, agent)["position"]
    assert not np.array_equal(before, after), "the field is repaired in the same tick"
    shut = NavigationMap(navigation, [SHUT], [(0.2, 1, 1.5)])
    ways = [m.distance(way[1][-1], (13, 0, 4))[0] for m in (NavigationMap(navigation), shut)]
    assert ways[1] > 2 * ways[0]
    assert world.read(Route, agent) == BY_FIELD
    way.append(track(world, agent, 200))
    assert way[2][-1, 2] > 8, "on its way to the opening"
    world.set(door, Position(OPEN))
    way.append(track(world, agent, 700))
    assert abs(crossing(way[3]) - 4) < 1.5
    assert apart(way[3][-1], (13, 0, 4)) < 0.5


def test_who_cannot_get_there_stays_and_says_so(gpu: Gpu) -> None:
    world, _ = walking(gpu, (Box((8, 1, 8), (0.2, 1, 8)),), side=16)
    world.spawn(FlowTarget((13, 0, 8), 0))
    places = np.array([(13, 0, 8), (8, 0, 8), (13, 0, 8), (6, 0, 3)])
    start = np.array([(3, 0, 4), (3, 0, 6), (3, 0, 10), (6, 0, 12)])
    # No way; a place inside the wall; no field; a way without a field.
    who = agents(world, start, places, np.array([0, 0, NO_FIELD, NO_FIELD]))
    world.step(600)
    assert world.read(Route, who).tolist() == [NO_PATH, NO_PATH, NO_PATH, ARRIVED]
    assert apart(world.read(Position, who), start)[:3].max() < 0.1


def test_a_field_that_leads_elsewhere_is_not_followed(gpu: Gpu) -> None:
    world, _ = walking(gpu, WALL, side=16)
    world.spawn(FlowTarget((3, 0, 14), 0))
    agent = agents(world, (3, 0, 10), (13, 0, 10), 0)
    world.step(60)
    assert world.read(Route, agent) == NO_PATH
    assert apart(world.read(Position, agent), (3, 0, 10)) < 0.1


def test_who_is_caught_in_a_barrier_gets_out(gpu: Gpu) -> None:
    world, _ = walking(gpu, (), side=16)
    rng = np.random.default_rng(1)
    start = rng.uniform(6, 10, (20, 3)) * [1, 0, 1]
    place = np.where(start < 8, 2.0, 14.0) * [1, 0, 1]
    world.spawn(FlowTarget([(2, 0, 2), (14, 0, 14)], [0, 1]))
    who = agents(world, start, start, NO_FIELD)
    world.step(2)
    world.spawn(Position((8, 1, 8)), Barrier((2, 1, 2)))  # falls on their heads
    world.step(400)
    place = world.read(Position, who)
    assert gaps(place, (Box((8, 1, 8), (2, 1, 2)),)).min() > RADIUS
    assert (world.read(Route, who) == NO_PATH).all(), "where they stood is inside it"


def wall(x: float, z: float, other_x: float, other_z: float) -> Box:
    """A wall from corner to corner, 0.4 m thick."""
    middle = (x + other_x) / 2, 1, (z + other_z) / 2
    return Box(middle, (max((other_x - x) / 2, 0.2), 1, max((other_z - z) / 2, 0.2)))


def maze(side: float) -> tuple[Box, ...]:
    """Three walls with two gates of 4 m each, none in line, and screens between them."""
    found = [wall(7, 10, 9.5, 10), wall(14.5, 17, 17, 17), wall(12, 12.5, 14, 12.5)]
    for x, (first, second) in ((7, (5, 15)), (12, (9, 20)), (17, (4, 14))):
        ends = [0, first - 2, first + 2, second - 2, second + 2, side]
        found += [wall(x, a, x, b) for a, b in zip(ends[::2], ends[1::2], strict=True)]
    return tuple(found)


@pytest.mark.slow
def test_two_hundred_cross_a_maze_and_none_touches_a_wall(gpu: Gpu) -> None:
    side, count = 24.0, 200
    boxes = maze(side)
    world, navigation = walking(gpu, boxes, side)
    rng = np.random.default_rng(2)
    team = np.arange(count) % 2  # half of them come the other way
    near = np.stack(
        [rng.uniform(0.5, 6, count), np.zeros(count), rng.uniform(1, side - 1, count)], axis=1
    )
    far = np.stack([side - rng.permutation(near[:, 0]), near[:, 1], rng.permutation(near[:, 2])], 1)
    start, place = (np.where(team[:, None] == swap, near, far) for swap in (0, 1))
    world.spawn(FlowTarget([(side - 3, 0, 12), (3, 0, 12)], [0, 1]))
    who = agents(world, start, place, team, rng.uniform(1.2, 1.6, count))
    assert not NavigationMap(navigation).blocked(np.concatenate([start, place])).any()
    nearest = 9.0
    for _ in range(90):
        for _ in range(60):
            world.step()
            nearest = min(nearest, gaps(world.read(Position, who), boxes).min())
        arrived = (world.read(Route, who) == ARRIVED).mean()
        if arrived >= 0.97:
            break
    assert nearest > RADIUS - 1e-3, "a thousandth: positions are pushed out to whole units"
    assert arrived >= 0.97


def test_recorded_and_replayed_whatever_the_order_of_slots(gpu: Gpu) -> None:
    def make() -> Any:
        world, _ = walking(gpu, WALL, side=16)
        rng = np.random.default_rng(5)
        door = world.spawn(Position(OPEN), Barrier((0.2, 1, 1.5)))
        world.spawn(FlowTarget((13, 0, 4), 0))
        start = rng.uniform([1, 0, 1], [6, 0, 15], (40, 3))
        return world, door, agents(world, start, start + np.array([7, 0, 0]), 0)

    world, door, who = make()
    recorder = Recorder(world, "door", {})
    for tick in range(60):
        if tick % 15 == 0:
            world.set(door, Position(SHUT if tick % 2 else OPEN))
        if tick == 40:
            world.set(who[:20], Destination((2, 0, 2), NO_FIELD))
        world.step()
        world.shuffle(tick)
    recording = recorder.finish()
    assert replay(recording, make()[0]).hex == world.checksum().hex


# -- the map on the CPU ----------------------------------------------------------------------------


def drawn(seed: int, boxes: int = 14) -> NavigationMap:
    """A map with random walls and barriers, off the origin."""
    rng = np.random.default_rng(seed)
    low = np.array([-7.0, 0.0, 30.0])

    def places(n: int) -> Metres:
        return rng.uniform(low - 1, low + np.array([17, 2, 13]), (n, 3))

    halves = rng.uniform(0.1, 0.7, (boxes, 3)) * rng.choice([1, 5], (boxes, 3))
    static = tuple(Box(tuple(p), tuple(h)) for p, h in zip(places(boxes), halves, strict=True))
    navigation = Navigation(Blockers(static), (16, 12), low=(-7, 30))
    return NavigationMap(navigation, places(3), halves[:3])


def anywhere(world_map: NavigationMap, seed: int, n: int) -> Metres:
    low, size = np.array(world_map.navigation.low), np.array(world_map.navigation.size)
    flat = np.random.default_rng(seed).uniform(low - 0.5, low + size + 0.5, (n, 2))
    return np.insert(flat, 1, 0, axis=1)


def twin_of(world_map: NavigationMap) -> twin.Map:
    constants = {k: v for p in world_map.navigation.passes(60) for k, v in p.constants.items()}
    return twin.Map(constants, world_map.tight.T, world_map.solid.T)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_distances_and_ways_are_those_of_the_twin(seed: int) -> None:
    found = drawn(seed)
    reference = twin_of(found)
    a, b = anywhere(found, seed, 12), anywhere(found, seed + 1, 1)
    cell = found.cells(b)[0]
    field = twin.field(reference, (int(cell[0]), int(cell[1])))
    assert np.array_equal(found.field(b), field.T)
    distance = found.distance(a, b)
    assert np.array_equal(np.isfinite(distance), found.reachable(a, b))
    for start, metres in zip(a, distance, strict=True):
        way = found.cells(found.path(start, b))
        assert (len(way) > 0) == np.isfinite(metres)
        if len(way):
            cost = sum(step_cost(reference, *pair) for pair in pairwise(map(tuple, way.tolist())))
            assert cost * found.cell / 5 == metres
            assert tuple(way[-1]) == tuple(cell)


def step_cost(reference: twin.Map, a: Any, b: Any) -> int:
    """Of a step that is allowed; raises StopIteration for any other."""
    step = next(cost for other, cost in reference.steps(a) if other == b)
    return step * (3 if reference.tight[a] else 1)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_straight_ways_are_those_of_the_twin(seed: int) -> None:
    found = drawn(seed, boxes=5)
    reference = twin_of(found)
    a, b = anywhere(found, seed, 40), anywhere(found, seed + 1, 40)
    b[:10] = found.middles(found.cells(a[:10]) + np.array([3, -3]))  # through corners of cells
    a[:10] = found.middles(found.cells(a[:10]))
    raw = [(np.rint(v * 65536).astype(int)).tolist() for v in (a, b)]
    ends = [[reference.place(p) for p in side] for side in raw]
    expected = [twin.is_straight(reference, *pair) for pair in zip(*ends, strict=True)]
    assert found.straight(a, b).tolist() == expected


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_reachable_is_an_equivalence(seed: int) -> None:
    found = drawn(seed)
    places = anywhere(found, seed, 30)
    free = places[~found.blocked(places)]
    n = len(free)
    both = found.reachable(np.repeat(free, n, axis=0), np.tile(free, (n, 1))).reshape(n, n)
    assert both.diagonal().all()
    assert np.array_equal(both, both.T)
    assert np.array_equal(both, both @ both)
    labels, solid = found.labels, found.solid
    assert np.array_equal(labels == -1, solid)


def test_blocked_places() -> None:
    found = NavigationMap(Navigation(Blockers([Box((4, 1, 4), (1, 1, 1))]), (8, 8)))
    places = [(4, 0, 4), (5.3, 0, 4), (5.9, 0, 4), (-0.1, 0, 1), (1, 0, 8.1), (7.9, 0, 7.9)]
    assert found.blocked(places).tolist() == [True, True, False, True, True, False]
    low_and_high = [Box((4, -1, 4), (1, 1, 1)), Box((4, 3, 4), (1, 1, 1))]
    assert not NavigationMap(Navigation(Blockers(low_and_high), (8, 8))).solid.any()


# -- fields ----------------------------------------------------------------------------------------


@pytest.fixture
def rooms() -> NavigationMap:
    """A row of eight closed rooms, 4 m wide each."""
    walls = [Box((4.0 * i, 1, 4), (0.2, 1, 4)) for i in range(1, 8)]
    return NavigationMap(Navigation(Blockers(walls), (32, 8), fields=3))


def room(number: int, x: float = 2.0, z: float = 4.0) -> tuple[float, float, float]:
    return 4.0 * number + x, 0.0, z


def test_destinations_in_sight_of_each_other_share_a_field(rooms: NavigationMap) -> None:
    fields = Fields(rooms)
    numbers = fields.assign([10, 11, 12, 13], [room(0), room(0, 1.5), room(1), room(0, 2, 6)])
    assert numbers.tolist() == [0, 0, 1, 0]
    moved, targets = fields.moved()
    assert moved.tolist() == [0, 1]
    assert rooms.straight(targets[[0, 0, 1]], [room(0), room(0, 2, 6), room(1)]).all()
    assert len(fields.moved()[0]) == 0


def test_a_field_in_use_is_kept_and_the_longest_unused_is_taken(rooms: NavigationMap) -> None:
    fields = Fields(rooms)
    assert fields.assign([0, 1, 2], [room(0), room(1), room(2)]).tolist() == [0, 1, 2]
    assert fields.assign([3, 4], [room(3), room(1)]).tolist() == [NO_FIELD, 1]
    assert fields.refused == 1
    fields.release([2])
    fields.assign([0], [room(1)])  # gives 0 back, which was asked for as long ago as 2
    assert fields.assign([3], [room(3)]).tolist() == [0]
    assert fields.assign([5, 6], [room(2), room(0)]).tolist() == [2, NO_FIELD]
    assert fields.users.tolist() == [1, 3, 1]


def test_blocked_places_get_no_field(rooms: NavigationMap) -> None:
    fields = Fields(rooms)
    assert fields.assign([1], [room(0, 4.0)]).tolist() == [NO_FIELD]
    assert fields.refused == 0
    assert fields.users.sum() == 0


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 7), st.booleans()), max_size=30))
def test_fields_count_their_users(calls: list[tuple[int, int, bool]]) -> None:
    walls = [Box((4.0 * i, 1, 4), (0.2, 1, 4)) for i in range(1, 8)]
    world_map = NavigationMap(Navigation(Blockers(walls), (32, 8), fields=3))
    first, second = Fields(world_map), Fields(world_map)
    holds: dict[int, int] = {}
    for agent, number, leaves in calls:
        for fields in (first, second):
            if leaves:
                fields.release([agent])
                holds.pop(agent, None)
            else:
                holds[agent] = int(fields.assign([agent], [room(number)])[0])
        held = [field for field in holds.values() if field != NO_FIELD]
        assert first.users.tolist() == [held.count(field) for field in range(3)]
        assert np.array_equal(first.targets, second.targets)
        if not leaves and holds[agent] != NO_FIELD:
            end = world_map.middles(first.targets[[holds[agent]]])
            assert world_map.straight(end, [room(number)]).all()


# -- bad input -------------------------------------------------------------------------------------

WRONG: dict[str, tuple[type[AstraError], str, Callable[[], Any]]] = {
    "blockers": (UsageError, "must be a Blockers", lambda: Navigation((), (8, 8))),  # type: ignore[arg-type]
    "cell": (UsageError, "power of two", lambda: Navigation(Blockers(), (8, 8), cell=0.3)),
    "wide cell": (UsageError, "walls would have holes", lambda: Navigation(Blockers(), (8, 8), 1)),
    "too many": (UsageError, "at most 512", lambda: Navigation(Blockers(), (257, 8))),
    "no area": (UsageError, "must be positive", lambda: Navigation(Blockers(), (0, 8))),
    "size": (UsageError, "two finite numbers", lambda: Navigation(Blockers(), (8, 0, 8))),  # type: ignore[arg-type]
    "beyond": (UsageError, "low and size", lambda: Navigation(Blockers(), (9, 9), low=(16380, 0))),
    "fields": (UsageError, "fields", lambda: Navigation(Blockers(), (8, 8), fields=257)),
    "radius": (UsageError, "radius", lambda: Navigation(Blockers(), (8, 8), radius=-1)),
    "heights": (UsageError, "below", lambda: Navigation(Blockers(), (8, 8), heights=(2, 1))),
    "halves": (
        UsageError,
        "1 centres of barriers and 2",
        lambda: NavigationMap(Navigation(Blockers(), (8, 8)), [(0, 0, 0)], np.ones((2, 3))),
    ),
    "centres": (
        UsageError,
        r"arrays \(n, 3\)",
        lambda: NavigationMap(Navigation(Blockers(), (8, 8)), [(0, np.nan, 0)], np.ones((1, 3))),
    ),
    "twice": (
        UsageError,
        "different agents",
        lambda: Fields(drawn(1)).assign([1, 1], [(0, 0, 0), (0, 0, 0)]),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input(case: str) -> None:
    error, words, act = WRONG[case]
    with pytest.raises(error, match=words):
        act()
