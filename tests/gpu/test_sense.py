"""What it means to sense: who is seen, in which order, and what hides whom."""

import math
from typing import Any

import numpy as np
import pytest

from astraweave import (
    ALLIES,
    ENEMIES,
    NO_TEAM,
    NOBODY,
    AstraError,
    Blockers,
    Body,
    Bounds,
    Box,
    Facing,
    Goal,
    Grid,
    Look,
    Motion,
    Position,
    Sense,
    Sensed,
    Senses,
    Separation,
    Smoke,
    Team,
    Velocity,
    World,
)
from astraweave.errors import UsageError
from tests.gpu import worlds
from tests.gpu.worlds import ONE

pytestmark = pytest.mark.gpu
PLANE = Grid((32, 0, 32), reach=10.0)
KINDS = (Goal, Body)


def watch(*others: tuple[float, float, float], walls: tuple[Box, ...] = (), **senses: Any) -> Any:
    """What an agent at the origin that looks along +x senses of others."""
    world = World(worlds.gpu())
    grid = Grid((64, 0, 64), low=(-32, 0, -32), reach=10.0)
    world.use(grid, Blockers(walls), Sense(grid))
    agent = world.spawn(Position((0, 0, 0)), Team(1), Senses(**senses), Sensed())
    world.spawn(Position(np.array(others, float)), Team(np.arange(len(others)) % 8))
    world.step()
    return world.read(Sensed, agent)


def test_the_nearest_come_first_and_ties_go_by_index() -> None:
    found = watch((3, 0, 0), (0, 0, -2), (2, 0, 0), (0, 0, 2), (9.5, 0, 3.2))
    assert found["near"].tolist() == [2, 3, 4, 1]
    assert found["near_distance"].tolist() == [2, 2, 2, 3]
    assert found["far"].tolist() == [NOBODY] * 4
    assert found["count"] == 4  # the last is 10.02 m away
    assert found["teams"].tolist() == [1, 1, 1, 1]


def test_more_than_eight_are_counted() -> None:
    places = [(0.1 * i, 0, 1) for i in range(40)]
    found = watch(*places)
    assert found["count"] == 40
    assert found["teams"].tolist() + found["more_teams"].tolist() == [5] * 8


def test_the_radius_is_inclusive() -> None:
    found = watch((3, 0, 4), (3, 0, 4 + 1 / ONE), radius=5)
    assert found["near"].tolist() == [1, NOBODY, NOBODY, NOBODY]


def test_the_field_of_view_is_level_and_inclusive() -> None:
    places = [(1, 0, 1), (1, 0, 1.001), (1, 0, -1), (-1, 0, 0), (0, 5, 0)]
    found = watch(*places, half_angle=math.pi / 4)
    assert sorted(found["near"].tolist()) == [1, 3, 5, NOBODY]
    found = watch(*places, half_angle=0)
    assert found["near"].tolist() == [5, NOBODY, NOBODY, NOBODY]


@pytest.mark.parametrize("away", [(1, 0, 0), (-1, 0, 0), (0, 0, 1), (0, 0, -1), (0, 1, 0)])
def test_walls_hide_what_is_behind_them_on_every_side(away: tuple[int, int, int]) -> None:
    d = np.array(away, float)
    wall = Box(tuple(2 * d + (0, 1.5, 0)), tuple(np.where(d != 0, 0.1, 1)))
    assert watch(tuple(4 * d), walls=(wall,))["count"] == 0
    assert watch(tuple(-4 * d), walls=(wall,))["count"] == 1
    assert watch(tuple(1.5 * d), walls=(wall,))["count"] == 1


@pytest.mark.parametrize("away", [(1, 0, 0), (-1, 0, 0), (0, 0, 1), (0, 0, -1), (0, -1, 0)])
def test_smoke_hides_what_is_behind_it_on_every_side(away: tuple[int, int, int]) -> None:
    d = np.array(away, float)
    world = World(worlds.gpu())
    grid = Grid((64, 0, 64), low=(-32, 0, -32), reach=10.0)
    world.use(grid, Blockers(), Sense(grid))
    agent = world.spawn(Position((0, 0, 0)), Senses(kinds=0, layers=2), Sensed())
    hidden = Body(collision=2)
    world.spawn(Position([tuple(6 * d), tuple(-6 * d)]), hidden)
    world.spawn(Position(tuple(3 * d + (0, 1.5, 0))), Smoke(2.0, 1))
    world.step()
    assert world.read(Sensed, agent)["near"].tolist()[:2] == [2, NOBODY]
    world.step()
    assert world.read(Sensed, agent)["count"] == 2


def test_walls_hide_what_is_behind_them() -> None:
    wall = Box((2, 1, 0), (0.1, 1, 1))
    assert watch((4, 0, 0), (4, 0, 4), walls=(wall,))["near"].tolist()[:2] == [2, NOBODY]
    low = Box((2, 0.5, 0), (0.1, 0.5, 1))  # one looks over it
    assert watch((4, 0, 0), walls=(low,))["count"] == 1


def test_relations() -> None:
    places = [(float(i), 0, 0) for i in range(1, 5)]  # teams 0, 1, 2, 3; the agent's is 1
    assert watch(*places, teams=ALLIES)["near"].tolist()[:2] == [2, NOBODY]
    assert sorted(watch(*places, teams=ENEMIES)["near"].tolist()[:3]) == [1, 3, 4]
    assert watch(*places, teams=ALLIES | 1 << 3)["count"] == 2
    assert watch(*places, teams=NO_TEAM)["count"] == 0


def test_a_still_agent_keeps_its_facing() -> None:
    world = World(worlds.gpu())
    grid = Grid((64, 0, 64))
    world.use(Motion(), grid, Blockers(), Sense(grid))
    agent = world.spawn(Position((9, 0, 9)), Velocity((0, 5, -1)), Senses(), Sensed())
    world.step()
    assert world.read(Sensed, agent)["facing"] == pytest.approx(3 * math.pi / 2)
    world.set(agent, Velocity((0, 2, 0)))
    world.step()
    assert world.read(Sensed, agent)["facing"] == pytest.approx(3 * math.pi / 2)
    world.attach(agent, Facing(1.0))
    world.step()
    assert world.read(Sensed, agent)["facing"] == pytest.approx(1.0)


def test_places_are_those_before_contacts() -> None:
    world = World(worlds.gpu())
    grid = Grid((64, 0, 64))
    world.use(Motion(bounds=Bounds.flat(64)), grid, Separation(grid), Blockers(), Sense(grid))
    pair = world.spawn(Position([(9, 0, 9), (9.25, 0, 9)]), Velocity(), Senses(), Sensed())
    world.step()
    assert world.read(Sensed, pair)["near_distance"][:, 0].tolist() == [0.25, 0.25]
    world.step()
    assert (world.read(Sensed, pair)["near_distance"][:, 0] > 0.5).all()


# --- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"k": 9}, "k must be a whole number, 1 to 8, got 9"),
        ({"k": 0}, "k must be a whole number"),
        ({"every": 0}, "every .ticks. must be a whole number"),
        ({"reach": 65}, "reach must be 0 to 64 m, got 65"),
        ({"reach": math.nan}, "reach must be a finite number"),
        ({"eye": -1}, "eye must be 0 to 64"),
        ({"kinds": (Body,) * 9}, "kinds must be a tuple of at most 8"),
        ({"kinds": [Body]}, "kinds must be a tuple"),
        ({"kinds": (Look,)}, "Look is no component of the simulation"),
        ({"kinds": (int,)}, "int is not a component"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], told: str) -> None:
    with pytest.raises(AstraError, match=told):
        Sense(PLANE, **options)


def test_other_errors() -> None:
    with pytest.raises(UsageError, match="grid must be a Grid"):
        Sense("grid")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="too small for a reach of 20 m"):
        Sense(Grid((32, 0, 32), hashed=True), reach=20)
    with pytest.raises(UsageError, match="is not one of its kinds: Goal, Body"):
        Sense(PLANE, kinds=KINDS).kind_bits(Team)
    assert Sense(PLANE, kinds=KINDS).kind_bits(Body, Body, Goal) == 3
    world = World(worlds.gpu())
    world.use(PLANE, Sense(PLANE))
    with pytest.raises(AstraError, match=r"blockers\.list, which no module"):
        world.step()
