"""The navigation map in NumPy agrees with the twin, and fields are given out fairly."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from astraweave import NO_FIELD, Blockers, Box, Fields, Navigation, NavigationMap
from astraweave.errors import AstraError, UsageError
from tests.reference import navigation as twin

Metres = NDArray[np.float64]


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
