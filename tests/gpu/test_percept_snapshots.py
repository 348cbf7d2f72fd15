"""Snapshots tell what the world was two ticks ago, stay the same object while nothing changed."""

import math
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from astraweave import (
    Barrier,
    Blockers,
    Bounds,
    Box,
    Context,
    Grid,
    Look,
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
from astraweave.errors import SystemExecutionFailed
from astraweave_ai.errors import MindError
from astraweave_ai.percept import Objective, Perception, PointOfInterest, Snapshots, WorldSnapshot
from astraweave_ai.percept_model import SnapshotData
from tests.gpu import worlds
from tests.reference.percept import POINTS, TASKS, Supplies, Vigour, everything, expected

pytestmark = pytest.mark.gpu
SIDE = 32.0


def perception(blockers: Blockers | None = None, **options: Any) -> Perception:
    given = {"me": (Supplies, Vigour), "seen": (Vigour,), "kinds": POINTS, "objectives": TASKS}
    return Perception(blockers=blockers, **given | options)


def listen(world: World, minds: Perception, act: Callable[[Context, Snapshots], None]) -> None:
    """Call `act` with the snapshots of each tick."""

    @world.system("ai_planning", reads=minds.reads, writes=(Velocity, Vigour))
    def think(context: Context) -> None:
        act(context, minds.perceive(context.percept))


def field(seed: int, agents: int = 150) -> tuple[World, Blockers]:
    """Agents of all make-ups among boxes, doors, smoke and points of interest."""
    rng = np.random.default_rng(seed)
    world = World(worlds.gpu(), seed=seed)
    blockers = Blockers([Box((8, 1, 8), (4, 1, 0.2)), Box((24, 1, 20), (0.2, 1, 6))])
    grid = Grid((SIDE, 0, SIDE), reach=8.0)
    world.use(Motion(bounds=Bounds.flat(SIDE)), grid, blockers, Sense(grid))

    def place(n: int) -> Position:
        return Position(rng.uniform(0, SIDE, (n, 3)) * (1, 0, 1))

    def senses(n: int) -> Senses:
        return Senses(radius=rng.uniform(0, 8, n))

    def walk(n: int) -> Velocity:
        return Velocity(rng.uniform(-3, 3, (n, 3)) * (1, 0, 1) * (rng.random((n, 1)) < 0.3))

    n = agents // 3
    world.spawn(place(n), walk(n), senses(n), Sensed(), Team(rng.integers(0, 3, n)), Vigour())
    objective = Objective(rng.uniform(0, SIDE, (n, 3)), rng.integers(3, 6, n))
    supplies = Supplies(rng.integers(0, 9, n), rng.uniform(0, 9, (n, 3)))
    world.spawn(place(n), senses(n), Sensed(), Team(rng.integers(0, 3, n)), objective, supplies)
    world.spawn(place(n), walk(n), senses(n), Sensed())
    world.spawn(place(9), PointOfInterest(rng.integers(1, 4, 9)))
    world.spawn(place(4), Barrier((0.5, 1, 0.5)))
    world.spawn(place(4), Smoke(2.0, [0, 3, 9, 90]))
    world.spawn(PointOfInterest(1), Barrier((1, 1, 1)), Smoke(), Sensed())  # nowhere
    world.shuffle(seed)
    return world, blockers


@pytest.mark.parametrize("around", [0.0, 6.0, 100.0])
def test_snapshots_say_what_the_world_was_two_ticks_ago(around: float) -> None:
    world, blockers = field(3)
    history, seen = [], []

    def look(context: Context, snapshots: Snapshots) -> None:
        assert snapshots.tick == context.tick - 2
        seen.append({h: msgspec.json.decode(snapshots[h].to_json()) for h in snapshots})

    listen(world, perception(blockers, around=around), look)
    for tick in range(9):
        history.append(everything(world))
        world.step()
        world.shuffle(tick)
    assert len(seen) == 7
    for tick, told in enumerate(seen):
        state = history[tick]
        agents = sorted(set(state["Sensed"]) & set(state["Position"]))
        assert list(told) == agents
        for handle in agents:
            assert told[handle] == expected(state, handle, tick, blockers.boxes, around)
    assert any(told["enemies"] and told["allies"] for told in seen[-1].values())


def test_data_goes_through_json() -> None:
    world, blockers = field(4, 30)
    seen: list[WorldSnapshot] = []
    listen(world, perception(blockers), lambda _, s: seen.extend(s[h] for h in s))
    world.step(3)
    assert seen
    for snapshot in seen:
        assert msgspec.json.decode(snapshot.to_json(), type=SnapshotData) == snapshot.data()


# --- the same object --------------------------------------------------------------------------


def pair(**options: Any) -> tuple[World, Any, list[Snapshots]]:
    """Two agents that see each other, one far away, all at rest, and the snapshots so far."""
    world = World(worlds.gpu())
    grid = Grid((256, 0, 256), reach=8.0)
    world.use(Motion(), grid, Blockers(), Sense(grid))
    place = Position([(10, 0, 10), (12, 0, 10), (200, 0, 200)])
    agents = world.spawn(place, Velocity(), Team([0, 1, 0]), Senses(radius=8), Sensed(), Vigour())
    seen: list[Snapshots] = []
    listen(world, perception(**options), lambda _, s: seen.append(s))
    return world, agents, seen


def kept(world: World, agents: Any, seen: list[Snapshots], change: Callable[[], object]) -> Any:
    """Which agents have the same object after a change, once it can be known."""
    world.step(4)
    before = [seen[-1][h] for h in agents]
    change()
    world.step(4)
    after = [seen[-1][h] for h in agents]
    assert all(s.tick == seen[-1].tick for s in after)
    same = [a is b for a, b in zip(before, after, strict=True)]
    for snapshot, now in zip(before, after, strict=True):
        assert (snapshot.data() == now.data()) or snapshot is not now
    return same


def test_nothing_changes_and_nobody_gets_a_new_object() -> None:
    world, agents, seen = pair()
    assert kept(world, agents, seen, lambda: None) == [True, True, True]
    assert not seen[-1].changed.any()
    assert seen[0].changed.all()


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda w, a: w.set(a[1], Position((12, 0, 11))), [False, False, True]),
        (lambda w, a: w.set(a[1], Vigour(9)), [False, False, True]),
        (lambda w, a: w.set(a[1], Team(5)), [False, False, True]),
        (lambda w, a: w.attach(a[0], Supplies(3)), [False, True, True]),
        (lambda w, a: w.attach(a[2], Objective((0, 0, 0), 4)), [True, True, False]),
        (lambda w, a: w.spawn(Position((9, 0, 10))), [False, False, True]),
        (lambda w, a: w.spawn(Position((200, 0, 215)), PointOfInterest(1)), [True, True, False]),
        (lambda w, a: w.spawn(Position((100, 0, 100)), PointOfInterest(1)), [True, True, True]),
        (lambda w, a: w.spawn(Position((10, 0, 25)), Barrier((1, 1, 1))), [False, False, True]),
        (lambda w, a: w.spawn(Position((10, 9, 25)), Smoke(1, 90)), [False, False, True]),
    ],
)
def test_only_those_who_can_know_of_a_change_get_a_new_object(change: Any, same: Any) -> None:
    world, agents, seen = pair()
    assert kept(world, agents, seen, lambda: change(world, agents)) == same


def test_a_new_entity_at_an_old_index_is_another() -> None:
    world, agents, seen = pair()
    world.step(4)
    before = seen[-1][agents[0]]
    world.despawn(agents[1])
    twin = world.spawn(
        Position((12, 0, 10)), Velocity(), Team(1), Senses(radius=8), Sensed(), Vigour()
    )
    assert int(twin) & 0xFFFFFFFF == int(agents[1]) & 0xFFFFFFFF
    world.step(4)
    after = seen[-1][agents[0]]
    assert after is not before
    assert [other.id for other in after.enemies] == [int(twin)]
    assert agents[1] not in seen[-1]
    assert twin in seen[-1]


def test_going_back_in_time_gives_no_stale_object() -> None:
    world, agents, seen = pair()
    world.step(4)
    start = world.snapshot()
    world.set(agents[0], Vigour(1))
    world.step(4)
    assert seen[-1][agents[0]].me.state["vigour"] == 1
    world.restore(start)
    world.set(agents[0], Vigour(2))
    world.step(4)
    assert seen[-1][agents[0]].me.state["vigour"] == 2
    assert seen[-1][agents[1]].enemies[0].state["vigour"] == 2


def test_objects_do_not_pile_up() -> None:
    world, agents, seen = pair()
    minds = perception()
    listen_to: list[int] = []

    @world.system("sync", reads=minds.reads, name="other")
    def think(context: Context) -> None:
        snapshots = minds.perceive(context.percept)
        for handle in snapshots:
            assert snapshots[handle].me.id == handle
        listen_to.append(len(minds._kept))

    for _ in range(70):
        new = world.spawn(Position((50, 0, 50)), Senses(), Sensed())
        world.step(2)
        world.despawn(new)
    assert max(listen_to) < 64 + len(agents) + 2
    assert listen_to[-1] < 20
    assert len(seen) == 138


def test_arrays_of_all_agents() -> None:
    world, agents, seen = pair()
    world.step(4)
    assert seen[-1].handles.tolist() == [int(a) for a in agents]
    assert len(seen[-1]) == 3
    assert seen[-1].read(Vigour).tolist() == [100, 100, 100]
    assert seen[-1].read(Sensed)["count"].tolist() == [1, 1, 0]


# --- errors -----------------------------------------------------------------------------------


def test_bad_input_is_named() -> None:
    for wrong in (Look, int, "Vigour"):
        with pytest.raises(MindError, match="is no component of the simulation"):
            Perception(me=(wrong,))
    with pytest.raises(MindError, match="must be tuples"):
        Perception(seen=[Vigour])  # type: ignore[arg-type]
    for metres in (-1.0, math.inf, math.nan):
        with pytest.raises(MindError, match="around must be metres"):
            Perception(around=metres)
    world, agents, seen = pair()
    other = world.spawn(Position((0, 0, 0)))
    world.step(4)
    for handle in (int(other), int(agents[0]) + (1 << 32), 1 << 31):
        with pytest.raises(MindError, match=f"no agent {handle}: an agent needs Position"):
            seen[-1][handle]


def test_a_system_that_does_not_declare_the_reads_is_told() -> None:
    world, _, _ = pair()
    minds = perception()
    world.system("sync", reads=(Position,), name="short")(lambda c: minds.perceive(c.percept))
    with pytest.raises(SystemExecutionFailed, match="without declaring it"):
        world.step(4)
