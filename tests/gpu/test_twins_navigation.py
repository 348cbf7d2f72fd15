"""Navigation on the GPU equals its twin in plain Python: map, fields, goals and statuses."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from astraweave import (
    NO_FIELD,
    Barrier,
    Blockers,
    Bounds,
    Box,
    Destination,
    FlowTarget,
    Goal,
    Motion,
    Navigation,
    Position,
    Resource,
    Route,
    Velocity,
    World,
)
from astraweave.sim import navigation as module
from tests.gpu.worlds import ONE, Rng, constants_of, gpu, metres
from tests.reference import navigation as twin

pytestmark = pytest.mark.gpu

# Area in metres, low corner, cell, fields, radius: one word of cells, some, many; off the origin.
AREAS = {
    "small": ((7.5, 9.0), (0.0, 0.0), 0.5, 2, 0.35),
    "square": ((24.0, 24.0), (-12.0, -12.0), 0.5, 5, 0.35),
    "wide": ((70.3, 11.0), (-3.7, 100.2), 1.0, 3, 0.5),
    "fine": ((15.0, 21.0), (5.1, -40.0), 0.125, 2, 0.1),
}


def random_boxes(rng: Rng, count: int, low: Any, size: Any) -> tuple[Box, ...]:
    """Walls and crates in and around an area; some under or above the agents."""
    centre = rng.uniform(np.array(low) - 2, np.array(low) + size + 2, (count, 2))
    half = rng.uniform(0.05, 0.6, (count, 3)) * rng.choice([1, 1, 6], (count, 3))
    height = rng.choice([0.9, 0.9, 0.9, -3.0, 9.0], count)
    return tuple(
        Box((x, y, z), tuple(h)) for (x, z), y, h in zip(centre, height, half, strict=True)
    )


def make(seed: int, area: str, agents: int = 60, boxes: int = 12, barriers: int = 4) -> Any:
    """A world of agents and barriers that move at random, and its navigation."""
    size, low, cell, fields, radius = AREAS[area]
    rng = np.random.default_rng(seed)
    blockers = Blockers(random_boxes(rng, boxes, low, size))
    made = Navigation(blockers, size, cell, low, fields, radius)
    world = World(gpu(), seed=seed)
    end = np.array(low) + size
    bounds = Bounds((low[0] - 1, -9, low[1] - 1), (end[0] + 1, 9, end[1] + 1))
    world.use(Motion(bounds=bounds), blockers, made)

    def places(n: int) -> NDArray[np.float64]:
        flat = rng.uniform(np.array(low) - 1, end + 1, (n, 2))
        height = rng.uniform(-2, 2, n)
        return np.stack([flat[:, 0], height, flat[:, 1]], axis=1)

    def speed(n: int) -> NDArray[np.float64]:
        return rng.uniform(-20, 20, (n, 3)) * [1, 0, 1]

    half = np.repeat(rng.uniform(0.1, 1.5, (barriers, 1)), 3, axis=1)
    world.spawn(Position(places(barriers) * [1, 0, 1]), Velocity(speed(barriers)), Barrier(half))
    # Twice as many targets as fields; the numbers of some name no field.
    world.spawn(FlowTarget(places(2 * fields), rng.integers(0, fields + 1, 2 * fields)))
    wanted = rng.choice([*range(fields + 1), NO_FIELD], agents)
    arrive = rng.choice([0.0, 0.5, 8.0], agents)
    parts = Position(places(agents)), Velocity(speed(agents)), Goal(places(agents), 1.5)
    world.spawn(*parts, Destination(places(agents), wanted, arrive), Route())
    world.spawn(Position(places(5)), Goal((1, 2, 3)), Destination((0, 0, 0)))  # no Route
    return world, made


def boxes_of(world: World, navigation: Navigation) -> list[Any]:
    """Corners of all boxes, raw."""
    static = next(iter(navigation.blockers.data().values()))
    found = static[1 : 1 + 2 * static[0, 0], :3].reshape(-1, 2, 3).tolist()
    handles = world.select(Barrier, Position)
    centre = world.read(Position, handles, raw=True)["xyz"].astype(int)
    half = world.read(Barrier, handles, raw=True)["half"].astype(int)
    return found + np.stack([centre - half, centre + half], axis=1).tolist()


def words(world: World, resource: Resource) -> NDArray[np.uint32]:
    """Elements of a resource, without padding of its buffer."""
    return world.resource(resource)[: (resource.length or 0) * resource.stride // 4]


class Expected:
    """What the twin makes of a world's present state."""

    def __init__(self, world: World, navigation: Navigation) -> None:
        constants = constants_of(navigation, world.rate)
        self.map = twin.Map.of(constants, boxes_of(world, navigation))
        raw = world.read(FlowTarget, raw=True)
        self.aims = twin.targets(self.map, raw["place"], raw["field"])
        self.fields = {n: twin.field(self.map, cell) for n, cell in self.aims.items()}
        self.agents = world.select(Position, Goal, Destination, Route)
        position = world.read(Position, self.agents, raw=True)["xyz"].tolist()
        wish = world.read(Destination, self.agents, raw=True)
        rows = zip(
            (self.agents & np.uint64(0xFFFFFFFF)).tolist(),
            position,
            wish["place"].tolist(),
            wish["field"].tolist(),
            wish["arrive"].tolist(),
            strict=True,
        )
        agents = [twin.Agent(*row) for row in rows]
        found = [twin.route(self.map, agent, self.aims, self.fields) for agent in agents]
        self.goals = np.array([goal for goal, _ in found]).reshape(-1, 3)
        self.status = np.array([status for _, status in found])


def assert_agrees(world: World, navigation: Navigation) -> Expected:
    """Map, fields of all targets, goals and statuses are equal to the last bit."""
    expected = Expected(world, navigation)
    (columns, rows), stride = navigation.cells, navigation.stride
    cells = words(world, navigation.map).reshape(rows, -1)[:, np.arange(columns) // 8]
    place = np.arange(columns) % 8
    assert np.array_equal(cells >> (place + 16) & 1, expected.map.tight.T)
    assert np.array_equal(cells >> (place + 1) & 1, expected.map.solid.T)
    distance = words(world, navigation.distance).reshape(-1, rows, stride)[:, :, :columns]
    for number, field in expected.fields.items():
        assert np.array_equal(distance[number], field.T), number
    goals = world.read(Goal, expected.agents, raw=True)
    assert np.array_equal(goals["position"], expected.goals)
    assert (goals["speed"] == 1.5 * ONE).all()
    status = world.read(Route, expected.agents)
    assert np.array_equal(status, expected.status)
    return expected


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("seed", range(2))
def test_random_worlds_agree_with_the_twin(seed: int, area: str) -> None:
    world, navigation = make(seed, area)
    for tick in range(3):
        world.step()
        assert_agrees(world, navigation)
        world.shuffle(tick)


def test_the_twin_saw_every_status() -> None:
    seen = set()
    for seed in range(4):
        world, navigation = make(seed, "square", agents=100)
        world.step()
        seen |= set(assert_agrees(world, navigation).status.tolist())
    assert seen == {twin.STRAIGHT, twin.BY_FIELD, twin.ARRIVED, twin.NO_PATH}


def test_no_boxes_and_no_targets() -> None:
    world, navigation = make(1, "square", boxes=0, barriers=0)
    world.despawn(world.select(FlowTarget))
    world.step()
    assert_agrees(world, navigation)


def test_the_order_of_slots_cannot_be_seen() -> None:
    plain, shuffled = make(7, "square")[0], make(7, "square")[0]
    for tick in range(20):
        plain.step()
        shuffled.step()
        shuffled.shuffle(tick)
    assert plain.checksum().differing(shuffled.checksum()) == []


def test_several_dispatches_give_the_same_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    whole = make(3, "square", boxes=30)
    rows = whole[1].cells[1]
    monkeypatch.setattr(module, "_LOOPS", 4 * rows + 2 * 5 * rows)  # two sweeps in each
    parts = make(3, "square", boxes=30)
    assert sum(p.name.startswith("sim/nav_wave") for p in parts[1].passes(60)) == 32
    for _ in range(3):
        place = metres(rng.integers(-12 * ONE, 12 * ONE, (4, 3))) * [1, 0, 1]
        for world, navigation in (whole, parts):
            world.set(world.select(Barrier), Position(place))
            world.step()
            assert_agrees(world, navigation)


def serpentine(legs: int) -> tuple[Navigation, NDArray[np.float64]]:
    """Walls that force a way to go to and fro along z once for each leg."""
    walls = [
        Box((3.0 * leg, 1, 8.0 + (2.0 if leg % 2 else -2.0)), (0.2, 1, 8.0))
        for leg in range(1, legs)
    ]
    navigation = Navigation(Blockers(walls), (3.0 * legs, 16.0), fields=1)
    return navigation, np.array([3.0 * legs - 1.5, 0, 8.0])


@pytest.mark.parametrize(("legs", "status"), [(60, twin.BY_FIELD), (80, twin.NO_PATH)])
def test_a_way_may_turn_sixty_times(legs: int, status: int) -> None:
    navigation, end = serpentine(legs)
    world = World(gpu())
    world.use(navigation.blockers, navigation)
    world.spawn(FlowTarget(end, 0))
    start = (1.5, 0, 8.0)
    agent = world.spawn(Position(start), Goal(start, 1.5), Destination(end, 0), Route())
    world.step()
    assert world.read(Route, agent) == status
    if status == twin.BY_FIELD:
        assert_agrees(world, navigation)


# -- when fields are computed ----------------------------------------------------------------------


def spoil(world: World, navigation: Navigation) -> None:
    """Overwrite all distances, so that it shows which fields are computed anew."""
    resource = navigation.distance
    rubbish = np.full(resource.length or 0, 12345, np.uint32)
    world.gpu.write(world.storage.buffers[resource.name], rubbish)


def spoiled(world: World, navigation: Navigation) -> list[bool]:
    """Of each field, whether it still holds what `spoil` wrote."""
    distance = words(world, navigation.distance).reshape(navigation.fields, -1)
    return [bool((field == 12345).all()) for field in distance]


@pytest.fixture
def still() -> Any:
    """A world in which nothing moves, with a target for each of three fields and a door."""
    navigation = Navigation(Blockers([Box((8, 1, 6), (0.3, 1, 6))]), (16, 16), fields=3)
    world = World(gpu())
    world.use(navigation.blockers, navigation)
    door = world.spawn(Position((8, 1, 20)), Barrier((0.3, 1, 2)))
    targets = world.spawn(FlowTarget([(2, 0, 2), (14, 0, 2), (5, 0, 9)], [0, 1, 2]))
    world.step()
    return world, navigation, door, targets


def test_fields_are_kept_while_nothing_changes(still: Any) -> None:
    world, navigation, door, targets = still
    spoil(world, navigation)
    world.step(3)
    world.set(door, Position((8, 1, 20.01)))  # moves, but in no other cells
    world.set(targets[0], FlowTarget((2.01, 0, 2.01), 0))
    world.step()
    assert spoiled(world, navigation) == [True, True, True]


def test_a_target_that_moves_renews_its_field_alone(still: Any) -> None:
    world, navigation, _, targets = still
    spoil(world, navigation)
    world.set(targets[1], FlowTarget((14, 0, 3), 1))
    world.step()
    assert spoiled(world, navigation) == [True, False, True]


def test_a_box_that_moves_renews_every_field_that_has_a_target(still: Any) -> None:
    world, navigation, door, targets = still
    world.despawn(targets[2])
    world.step()
    spoil(world, navigation)
    world.set(door, Position((8, 1, 14)))
    world.step()
    assert spoiled(world, navigation) == [False, False, True]
    world.spawn(FlowTarget((5, 0, 9), 2))  # the same target again, after the map has changed
    world.step()
    assert spoiled(world, navigation) == [False, False, False]
    assert_agrees(world, navigation)


@pytest.mark.parametrize("restored", ["same world", "new world"])
def test_a_restored_world_goes_on_as_it_went(restored: str) -> None:
    world, navigation = make(5, "square")
    world.step(5)
    snapshot = world.snapshot()
    world.step(10)
    last = world.checksum()
    if restored == "new world":
        world, navigation = make(5, "square")
        world.prepare()
    world.restore(snapshot)  # the resources are empty, or hold what belongs to another tick
    world.step()
    assert_agrees(world, navigation)
    world.step(9)
    assert world.checksum().differing(last) == []
    assert_agrees(world, navigation)


def test_restored_before_the_boxes_moved() -> None:
    world, navigation = make(6, "square")
    world.step()
    snapshot = world.snapshot()
    first = words(world, navigation.distance)
    world.set(world.select(Barrier), Position(np.zeros((4, 3))))
    world.step()
    assert not np.array_equal(words(world, navigation.distance), first)
    world.restore(snapshot)
    world.step()
    assert_agrees(world, navigation)
