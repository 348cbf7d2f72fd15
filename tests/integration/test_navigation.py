"""Agents walk where they are sent, around what stands in their way."""

from typing import Any

import numpy as np
import pytest
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
def test_many_cross_a_maze_and_none_touches_a_wall(gpu: Gpu) -> None:
    side, count = 24.0, 80
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
        for _ in range(20):
            world.step(3)  # in which nobody walks a third of its radius
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
