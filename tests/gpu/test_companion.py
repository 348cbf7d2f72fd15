"""Characters with minds in the GPU world: the companion's way, and what an orchestrator does."""

from typing import Any

import numpy as np
import pytest

import examples.companion as example
from astraweave import (
    ENEMIES,
    Ammo,
    Cooldowns,
    Facing,
    Gpu,
    Health,
    Position,
    Posture,
    Recorder,
    Senses,
    Smoke,
    Stance,
    World,
    replay,
)
from astraweave.app.scene import load_scene
from astraweave.errors import SystemExecutionFailed
from astraweave_ai.arena import Arena
from astraweave_ai.components import Word
from astraweave_ai.errors import MindError
from astraweave_ai.handles import index_of
from astraweave_ai.minds import ArbitratedMind, fighter_mind
from astraweave_ai.minds.outlook import enemy
from astraweave_ai.plan import PlanIntent, Step, plan_of
from astraweave_ai.show import Puff, labels_of, show_fights

TICKS = 380  # the fight has begun, and wounds are there
Kind = Any


def fought(gpu: Gpu, mind: Kind, threads: int = 1) -> World:
    world, _ = load_scene("companion").make(gpu, seed=1, threads=threads, options={"mind": mind})
    world.step(TICKS)
    return world


@pytest.fixture(scope="module")
def once(gpu: Gpu) -> str:
    world = fought(gpu, "goap")
    assert (world.read(Health)["points"] < world.read(Health)["most"]).any()
    return world.checksum().hex


def test_threads_change_nothing(gpu: Gpu, once: str) -> None:
    assert fought(gpu, "goap", threads=8).checksum().hex == once


def test_order_in_memory_changes_nothing(gpu: Gpu, once: str) -> None:
    world, _ = load_scene("companion").make(gpu, seed=1)
    while world.tick < TICKS:
        world.shuffle(world.tick)
        world.step(38)
    assert world.checksum().hex == once


def test_a_recording_replays_without_minds(gpu: Gpu, once: str) -> None:
    make = load_scene("companion").make
    world, _ = make(gpu, seed=1, options={"mind": "goap"})
    recorder = Recorder(world, "companion", {"entities": 3, "mind": "goap"})
    world.step(TICKS)
    recording = recorder.finish()
    assert len(recording.commands) > 5
    again, view = make(gpu, seed=1, options={"mind": "goap"})
    assert replay(recording, again).hex == world.checksum().hex == once
    assert view.notes is not None
    assert dict(view.notes())["thoughts"] == ""  # nobody thought


@pytest.mark.parametrize("mind", ["utility", "goap", "tree", "arbiter"])
def test_good_minds_win(gpu: Gpu, mind: Kind) -> None:
    world = World(gpu, seed=0)
    fight = example.begin(world, 3, mind)
    while fight.ending == "undecided" and world.tick < example.LIMIT:
        world.step(20)
    row = fight.row()
    assert row["ending"] == "victory", row
    assert row["rival"] == 0 < row["hp"]
    assert world.read(Ammo, fight.companion)["rounds"] == example.ROUNDS - row["rounds"] < 30
    assert np.linalg.norm(world.read(Position, fight.companion) - example.EXIT) < 2
    assert not row["refused"]


def test_a_defeat_is_told(gpu: Gpu) -> None:
    world, view = load_scene("companion").make(gpu)
    world.step(10)
    assert view.notes is not None
    assert view.notes()[0] == ("undecided", "at tick 10")
    agents = world.select(Health)
    world.set(agents[:1], Health(0, 100))  # the player
    world.step(10)
    assert view.notes()[0][0] == "defeat"
    assert "player 0" in dict(view.notes())["health"]


def test_minds_are_compared(gpu: Gpu) -> None:
    world, view = example.companion.make(gpu, options={"compare": True, "ticks": 21})
    assert view.notes is not None
    head, *rows = dict(view.notes())["minds"].splitlines()
    assert head.split()[:4] == ["mind", "ending", "tick", "hp"]
    assert [row.split()[0] for row in rows] == [*example.MINDS]
    assert all(row.split()[1:7] == ["undecided", "21", "80", "60", "0", "0"] for row in rows)
    assert world.tick == 0
    assert dict(view.notes())["minds"].splitlines() == [head, *rows]


def test_more_rivals(gpu: Gpu) -> None:
    world, view = load_scene("companion").make(gpu, entities=9)
    world.step(5)
    assert view.labels is not None
    labels = view.labels()
    assert len(labels.places) == len(labels.levels) == 9
    assert [labels.texts(row).split(":")[0] for row in (0, 1, 8)] == [
        "player",
        "companion",
        "rival",
    ]


# -- what is shown ---------------------------------------------------------------------------------


def test_postures_and_smoke_are_shown(gpu: Gpu) -> None:
    from astraweave import Look

    world = World(gpu)
    arena = Arena(world, (12, 8))
    show_fights(world)
    me = arena.add((2, 0, 4), 0)
    world.step(4)
    assert world.read(Look, me)["size"][1] == 1.75
    world.set(me, Stance(Posture.CROUCH))
    cloud = world.spawn(Position((6, 1, 4)), Smoke(2.0, 20))
    world.step(8)
    assert world.read(Look, me)["size"][1] < 1.3
    puffs = world.read(Position, world.select(Puff))
    assert len(puffs) > 10
    assert (np.linalg.norm(puffs - (6, 1, 4), axis=1) < 2).all()
    world.step(30)
    assert not len(world.select(Puff))
    assert not world.is_alive(cloud)


# -- orchestrator ----------------------------------------------------------------------------------


class Plan:
    """A mind with one plan, and a count of how often it was asked."""

    name, why = "plan", "because"
    effort = 1

    def __init__(self, *steps: Step) -> None:
        self.asked: list[int] = []
        self.steps = steps

    def think(self, percept: Any) -> PlanIntent | None:
        self.asked.append(percept.tick)
        return plan_of(f"p{percept.tick}", *self.steps) if self.steps else None


def test_who_is_busy_is_not_asked_and_who_is_idle_is(gpu: Gpu) -> None:
    arena = Arena(World(gpu), (12, 8))
    busy, idle = Plan(Step("Wait", {"duration": 1.0})), Plan()
    arena.add((2, 0, 4), 0, busy)
    arena.add((4, 0, 4), 0, idle)
    arena.world.step(120)
    assert len(busy.asked) == 2
    assert np.diff(idle.asked).tolist() == [6] * (len(idle.asked) - 1)
    assert len(arena.orchestrator.thoughts) == 3  # that there is nothing to do is told once


def test_a_budget_is_shared_by_priority_and_nobody_starves(gpu: Gpu) -> None:
    arena = Arena(World(gpu), (12, 8), budget_ms=0.05)  # 5 expansions
    minds = [Plan() for _ in range(6)]
    for number, mind in enumerate(minds):
        mind.effort = 10
        agent = arena.add((2 + number, 0, 4), 0)
        arena.orchestrator.assign(agent, mind, priority=3 if number == 5 else 1)
    arena.world.step(160)
    asked = sorted(tick for mind in minds for tick in mind.asked)
    assert len(asked) == len(set(asked)) <= 80  # no two in one tick, one in two ticks
    counts = [len(mind.asked) for mind in minds]
    assert counts[5] > max(counts[:5])
    assert min(counts) >= 5


def test_a_refused_mind_rests(gpu: Gpu) -> None:
    arena = Arena(World(gpu), (12, 8))
    mind = Plan(Step("MoveTo", {"x": 99.0, "z": 0.0}))
    me = arena.add((2, 0, 4), 0, mind)
    arena.world.step(100)
    assert np.diff(mind.asked).tolist() == [30, 30, 30]
    assert arena.orchestrator.refusals(me) == len(mind.asked)
    assert arena.orchestrator.thoughts_of(me)[0].refused
    assert np.allclose(arena.world.read(Position, me), (2, 0, 4))


def test_an_enemy_or_a_wound_startles(gpu: Gpu) -> None:
    arena = Arena(World(gpu), (12, 8))
    mind = Plan(*[Step("Wait", {"duration": 1.0})] * 10)
    me = arena.add((2, 0, 4), 0, mind)
    arena.world.step(20)
    assert len(mind.asked) == 1
    foe = arena.add((6, 0, 4), 1)
    arena.world.step(20)
    assert len(mind.asked) == 2
    arena.world.set(me, Health(74, 100))
    arena.world.step(20)
    assert len(mind.asked) == 3
    arena.world.set(foe, Health(0, 100))
    arena.world.step(20)
    assert len(mind.asked) == 3  # one enemy less is no reason
    arena.world.set(me, Health(0, 100))
    arena.world.step(20)
    assert len(mind.asked) == 3  # who is down thinks no more


def test_a_mind_can_be_exchanged_and_an_agent_can_end(gpu: Gpu) -> None:
    arena = Arena(World(gpu), (12, 8))
    first, second = Plan(), Plan()
    me = arena.add((2, 0, 4), 0, first)
    arena.world.step(10)
    arena.orchestrator.assign(me, second)
    arena.world.step(10)
    assert first.asked
    assert second.asked
    assert max(first.asked) < min(second.asked)
    arena.world.despawn(me)
    arena.world.step(20)
    assert max(second.asked) < 20
    assert arena.health(me) == 0
    assert arena.place(me) == (0, 0, 0)


def test_a_mind_is_dismissed(gpu: Gpu) -> None:
    arena = Arena(World(gpu), (12, 8))
    first, second = Plan(), Plan()
    one, other = arena.add((2, 0, 4), 0, first), arena.add((4, 0, 4), 0, second)
    arena.world.step(10)
    assert arena.orchestrator.dismiss(one) is first
    asked = len(first.asked), len(second.asked)
    arena.world.step(20)
    assert len(first.asked) == asked[0]
    assert len(second.asked) > asked[1]
    with pytest.raises(MindError, match="no mind to dismiss"):
        arena.orchestrator.dismiss(one)
    arena.orchestrator.dismiss(other)
    arena.world.step(10)
    arena.orchestrator.assign(one, first)
    arena.world.step(10)
    assert len(first.asked) > asked[0]


def test_a_mind_that_fails_is_named(gpu: Gpu) -> None:
    class Broken(Plan):
        def think(self, percept: Any) -> PlanIntent | None:
            raise KeyError("lost")

    arena = Arena(World(gpu), (12, 8))
    arena.add((2, 0, 4), 0)
    arena.add((4, 0, 4), 0, Broken())
    with pytest.raises(SystemExecutionFailed, match=r"mind plan of agent \d+ at tick .*KeyError"):
        arena.world.step(10)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("Wait", r"got str 'Wait'"),
        ([Step("Wait")], r"got list \[Step"),
        (Step("Wait"), r"got Step Step"),
        (0, r"got int 0"),
    ],
)
def test_an_answer_that_is_no_plan_is_named(gpu: Gpu, answer: Any, told: str) -> None:
    class Confused(Plan):
        def think(self, percept: Any) -> Any:
            return answer

    arena = Arena(World(gpu), (12, 8))
    me = arena.add((4, 0, 4), 0, Confused())
    wanted = rf"mind plan of agent {me.index} at tick \d+: think must return a PlanIntent.*{told}"
    with pytest.raises(SystemExecutionFailed, match=wanted):
        arena.world.step(10)


@pytest.mark.parametrize("name", [None, 7])
def test_a_mind_has_a_name(gpu: Gpu, name: Any) -> None:
    class Nameless:
        def think(self, percept: Any) -> None:
            return None

    mind: Any = Nameless()
    if name is not None:
        mind.name = name
    arena = Arena(World(gpu), (12, 8))
    me = arena.add((4, 0, 4), 0)
    wanted = f"Nameless.* of agent {me.index}: name must be a str, got {name}"
    with pytest.raises(MindError, match=wanted):
        arena.orchestrator.assign(me, mind)
    assert not arena.orchestrator.minds


def test_minds_of_who_is_gone_are_dropped(gpu: Gpu) -> None:
    arena = Arena(World(gpu), (12, 8))
    minds = arena.orchestrator
    stays, goes = Plan(), Plan()
    one, other = arena.add((4, 0, 4), 0, goes), arena.add((8, 0, 4), 0, stays)
    assert len(minds.minds) == 2
    arena.world.step(10)
    arena.world.detach(other, Position)  # out of sight, but alive
    arena.world.despawn(one)
    arena.world.step(10)
    assert list(minds.minds.values()) == [stays]
    assert int(one) not in minds.latest
    heir = arena.add((4, 0, 4), 0, goes)  # who may get the same index
    assert list(minds.minds) == [int(other), int(heir)]
    arena.world.attach(other, Position((8, 0, 4)))
    arena.world.step(10)
    assert goes.asked[-1] > 20
    assert stays.asked[-1] > 20
    with pytest.raises(MindError, match="no mind to dismiss"):
        minds.dismiss(one)


def test_a_friend_is_told_of_a_mark(gpu: Gpu) -> None:
    """Signals reach those who see who gives them, and change whom they think of."""
    arena = Arena(World(gpu), (24, 8))
    me = arena.add((2, 0, 4), 0, fighter_mind("goap", arena.orchestrator))
    friend = arena.add((2, 0, 5), 0)
    near, far = arena.add((8, 0, 4), 1), arena.add((12, 0, 6), 1)
    arena.world.step(5)
    assert enemy(arena.orchestrator.snapshots[me]).id == int(near)
    mark = plan_of("mark", Step("MarkTarget", {"target": far.index}))
    arena.orchestrator.conductor.start(friend, mark)
    arena.world.step(30)
    seen = arena.orchestrator.snapshots[me]
    (ally,) = seen.allies
    assert (ally.state["signal"]["word"], ally.state["signal"]["whom"]) == (Word.MARK, far.index)
    assert enemy(seen).id == int(far)


def test_who_sees_little_finds_more_by_scanning(gpu: Gpu) -> None:
    arena = Arena(World(gpu), (24, 24))
    narrow = Senses(12, 0.4, ENEMIES)
    me = arena.add((12, 0, 12), 0, None, narrow)
    arena.add((12, 0, 18), 1)  # a quarter round from where it looks
    arena.world.step(5)
    assert arena.orchestrator.snapshots[me].enemies == ()
    arena.orchestrator.conductor.start(me, plan_of("look", Step("Scan")))
    arena.world.step(20)
    assert len(arena.orchestrator.snapshots[me].enemies) == 1
    arena.orchestrator.conductor.start(me, plan_of("on", *[Step("Scan")] * 3))
    turns = []
    for _ in range(3):
        arena.world.step(30)
        turns.append(arena.orchestrator.snapshots[me].me.facing)
        arena.world.step(10)
    assert np.allclose(turns, np.pi * np.array([1, 1.5, 0]), atol=1e-3)
    arena.world.step(30)
    assert len(arena.world.select(Facing)) == 0


def test_a_kit_on_the_ground_is_a_point_of_interest(gpu: Gpu) -> None:
    arena = Arena(World(gpu), (12, 8))
    me = arena.add((2, 0, 4), 0)
    other = arena.add((3, 0, 4), 0, None, Ammo(30, 30, 1, 1, 0))
    conductor = arena.orchestrator.conductor
    arena.world.step(3)
    conductor.start(me, plan_of("drop", Step("DropItem")))
    arena.world.step(40)
    (kit,) = arena.orchestrator.snapshots[other].points_of_interest
    assert kit.kind == "kit"
    conductor.start(other, plan_of("take", Step("PickUp", {"target": index_of(kit.id)})))
    arena.world.step(40)
    assert arena.orchestrator.snapshots[other].points_of_interest == ()
    assert arena.world.read(Ammo)["kits"].tolist() == [0, 1]


def test_a_marked_point_can_be_reached(gpu: Gpu) -> None:
    """Things that merely lie there push nobody away."""
    arena = Arena(World(gpu), (12, 12), points={"gate": (6, 0, 6)})
    me = arena.add((2, 0, 6), 0)
    arena.world.step(3)
    arena.orchestrator.conductor.start(me, plan_of("go", Step("MoveTo", {"x": 6.0, "z": 6.0})))
    arena.world.step(180)
    assert [end.done for end in arena.orchestrator.conductor.outcomes] == [True]


def test_the_guard_knows_where_one_will_be_for_oneself_too(gpu: Gpu) -> None:
    arena = Arena(World(gpu), (12, 8))
    me = arena.add((2, 0, 4), 0)
    with pytest.raises(MindError, match="step the world"):
        _ = arena.orchestrator.situation
    arena.world.step(3)
    away = Step("MoveTo", {"x": 9.0, "z": 4.0})
    plan = plan_of("p", away, Step("Heal", {"target": me.index}))
    assert arena.orchestrator.guard.check(me.index, plan, arena.orchestrator.situation)


def test_an_unknown_objective_is_named(gpu: Gpu) -> None:
    arena = Arena(World(gpu), (12, 8), points={"exit": (1, 0, 1)})
    with pytest.raises(MindError, match="'door'; there is exit"):
        arena.add((2, 0, 4), 0, objective="door")


class Slow:
    """A slow mind that answers after some time with two steps."""

    name = "slow"

    def __init__(self, second: Step) -> None:
        self.due: int | None = None
        self.second = second

    def ask(self, tick: int, percept: Any) -> None:
        self.due = tick + 40

    def answer(self, tick: int) -> PlanIntent | None:
        if self.due is None or tick < self.due:
            return None
        self.due = None
        return plan_of("slow", Step("Scan"), self.second)


@pytest.mark.parametrize("works", [True, False])
def test_an_arbiter_goes_through_all_modes_in_a_world(gpu: Gpu, works: bool) -> None:
    """From GOAP to the slow plan and back; into the tree in need, and back."""
    arena = Arena(World(gpu), (12, 8))
    minds = arena.orchestrator
    wait = Step("Wait", {"duration": 0.2})
    goap, tree = Plan(wait), Plan(Step("Scan"))
    foe = arena.add((8, 0, 4), 1)
    slow = Slow(Step("Reload") if works else Step("Attack", {"target": foe.index}))
    me = arena.add((2, 0, 4), 0)
    mind = ArbitratedMind(minds, goap, tree, slow, ask_every=1000, patience=100)
    minds.assign(me, mind)
    arena.world.step(30)
    assert mind.arbiter.mode == "goap"
    while mind.arbiter.mode != "slow" and arena.world.tick < 120:
        arena.world.step()
    assert mind.why == "slow decides: slow"
    arena.world.add(me, Health(-26, 0))  # startled in the midst of a step
    if not works:  # what the guard let pass is refused by the world
        arena.world.set(me, Cooldowns(c0=600))
    arena.world.step(150)
    assert [mode.value for _, mode in mind.arbiter.changes] == ["slow", "goap"]
    done = [end.step.act for end in minds.conductor.outcomes if end.plan_id == "slow" and end.done]
    assert done == (["Scan", "Reload"] if works else ["Scan"])
    goap.steps = ()
    arena.world.step(40)
    assert mind.arbiter.mode == "tree"
    goap.steps = (wait,)
    arena.world.step(40)
    assert mind.arbiter.mode == "goap"


def test_labels_before_anything_was_seen(gpu: Gpu) -> None:
    arena = Arena(World(gpu), (12, 8))
    me = arena.add((2, 0, 4), 0, fighter_mind("goap", arena.orchestrator))
    assert len(labels_of(arena.orchestrator, {me: "me"}).places) == 0
    arena.world.step(10)
    labels = labels_of(arena.orchestrator, {me: "me"})
    assert labels.texts(0) == "me: nothing to achieve"
    assert labels.levels.tolist() == [1.0]


def test_mistakes_about_characters_are_told(gpu: Gpu) -> None:
    arena = Arena(World(gpu), size=(16, 10))
    with pytest.raises(MindError, match="outside the field"):
        arena.add((99, 0, 3), 0)
    with pytest.raises(MindError, match="no mind 'gaop'; there is rule, utility, goap"):
        fighter_mind("gaop", arena.orchestrator)  # type: ignore[arg-type]
    with pytest.raises(MindError, match=r"has a method think\(percept\)"):
        arena.add((2, 0, 3), 0, "goap")  # type: ignore[arg-type]


# -- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["CallReinforcements", "Regroup", "RequestCover"])
def test_idle_friends_in_sight_come_when_they_are_called(gpu: Gpu, word: str) -> None:
    arena = Arena(World(gpu), (24, 8))
    minds = arena.orchestrator
    me = arena.add((2, 0, 4), 0)
    kinds: tuple[Any, ...] = ("goap", "utility", "tree")
    friends = [
        arena.add((9, 0, 2 + 2 * row), 0, fighter_mind(kind, minds))
        for row, kind in enumerate(kinds)
    ]
    other = arena.add((9, 0, 7), 1, None, Senses(0.1))  # of nobody's concern: it is down
    arena.world.set(other, Health(0, 100))
    arena.world.step(60)
    before = [np.array(arena.place(friend)) for friend in friends]
    assert np.allclose([place[0] for place in before], 9, atol=0.1)
    minds.conductor.start(me, plan_of("call", Step(word)))
    arena.world.step(330)
    places = np.array([arena.place(friend) for friend in friends])
    assert (np.linalg.norm(places - arena.place(me), axis=1) < 4).all()
    asked = {thought.agent: thought for thought in minds.thoughts if thought.plan}
    assert {asked[friend.index].mind for friend in friends} == {*kinds}


@pytest.mark.parametrize("kind", ["goap", "utility", "tree"])
def test_who_is_asked_for_cover_fires_at_the_enemy_of_who_asked(gpu: Gpu, kind: Kind) -> None:
    arena = Arena(World(gpu), (24, 16))
    minds = arena.orchestrator
    me, friend = arena.add((2, 0, 3), 0), arena.add((12, 0, 14), 0)
    mine, theirs = arena.add((9.5, 0, 3), 1), arena.add((16, 0, 14), 1)
    arena.world.step(3)
    minds.conductor.start(friend, plan_of("ask", Step("RequestCover")))
    arena.world.step(30)
    minds.assign(me, fighter_mind(kind, minds))
    arena.world.step(120)
    aimed = [step for one in minds.thoughts_of(me) if one.plan for step in one.plan.steps]
    targets = {step.arguments["target"] for step in aimed if step.act == "CoverFire"}
    assert targets == {theirs.index}
    assert enemy(minds.snapshots[me]).id == int(mine)


@pytest.mark.parametrize("word", ["Taunt", "Distract"])
def test_an_enemy_that_mocks_draws_attention(gpu: Gpu, word: str) -> None:
    """But only of whom it mocks, and not for ever."""
    arena = Arena(World(gpu), (24, 8))
    minds = arena.orchestrator
    me, friend = arena.add((2, 0, 4), 0), arena.add((2, 0, 6), 0)
    near, far = arena.add((8, 0, 4), 1), arena.add((12, 0, 6), 1)
    arena.world.step(5)
    assert enemy(minds.snapshots[me]).id == int(near)
    minds.conductor.start(far, plan_of("mock", Step(word, {"target": me.index})))
    arena.world.step(40)
    assert enemy(minds.snapshots[me]).id == int(far)
    assert enemy(minds.snapshots[friend]).id == int(near)
    arena.world.step(600)
    assert enemy(minds.snapshots[me]).id == int(near)
