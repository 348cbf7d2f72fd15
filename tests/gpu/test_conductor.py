"""Plans in the world: steps follow each other, things come of them, and replays need no mind."""

from typing import Any

import numpy as np
import pytest

from astraweave import (
    Ammo,
    Blockers,
    Bounds,
    Box,
    Combat,
    Cooldowns,
    Destination,
    Facing,
    Goal,
    Gpu,
    Grid,
    Health,
    Morale,
    Motion,
    Navigation,
    Obstacles,
    Order,
    Position,
    Reason,
    Recorder,
    Route,
    Separation,
    Smoke,
    Stamina,
    Stance,
    Steering,
    Team,
    Velocity,
    Weapon,
    World,
    replay,
)
from astraweave_ai.components import Interactive, Pickup, Signal, Word
from astraweave_ai.conduct import Conductor
from astraweave_ai.guard import ToolGuard
from astraweave_ai.guide import Guide
from astraweave_ai.handles import index_of
from astraweave_ai.plan import Step, plan_of
from astraweave_ai.situation import situation_of
from astraweave_ai.vocabulary import standard_actions

REGISTRY = standard_actions()
ROCK = Box(centre=(2, 1, 0), half=(0.5, 1, 0.5))
BOUNDS = Bounds((-16, -1, -16), (16, 8, 16))


def fighter(place: Any, team: Any) -> tuple[Any, ...]:
    """The components of one, or of several."""
    return (
        Position(place), Velocity(), Goal(place), Destination(place), Route(), Team(team),
        Health(), Stamina(), Ammo(), Cooldowns(), Stance(), Morale(), Order(), Signal(),
    )  # fmt: skip


def made(gpu: Gpu, boxes: tuple[Box, ...] = ()) -> tuple[World, Any, Conductor]:
    """A fighter at the origin and an enemy at (5, 0, 0)."""
    world = World(gpu, seed=9)
    blockers = Blockers(boxes)
    grid = Grid(size=(32, 0, 32), low=(-16, 0, -16), cell=2.0)
    navigation = Navigation(blockers, size=(32, 32), low=(-16, -16), fields=4)
    world.use(
        Steering(),
        Motion(max_speed=3.5, bounds=BOUNDS),
        grid,
        Separation(grid, radius=0.3),
        Obstacles(boxes, radius=0.3, flat=True),
        blockers,
        navigation,
        Combat(REGISTRY.abilities, blockers, navigation, bounds=BOUNDS),
    )
    place = np.array([(0, 0, 0), (5, 0, 0)])
    fighters = world.spawn(*fighter(place, [0, 1]))
    conductor = Conductor(world, REGISTRY, Guide(world, navigation))
    world.prepare()
    return world, fighters, conductor


def move(world: World, agent: Any, x: float) -> None:
    """Put somebody elsewhere, to stay there."""
    place = (x, 0, 0)
    world.set(agent, Position(place), Goal(place), Destination(place))


def test_an_agent_walks_around_an_obstacle(gpu: Gpu) -> None:
    world, (me, enemy), conductor = made(gpu, (ROCK,))
    world.despawn(enemy)
    conductor.start(me, plan_of("go", Step("MoveTo", {"x": 5.0, "z": 0.0})))
    for _ in range(300):
        world.step()
        outside = np.maximum(np.abs(world.read(Position, me) - ROCK.centre) - ROCK.half, 0)
        assert np.hypot(outside[0], outside[2]) >= 0.3  # its radius: it never touches the rock
    assert np.linalg.norm(world.read(Position, me) - (5, 0, 0)) < 0.5
    assert [outcome.done for outcome in conductor.outcomes] == [True]


def test_an_enemy_is_defeated(gpu: Gpu) -> None:
    world, (me, enemy), conductor = made(gpu)
    target = int(enemy) & 0xFFFFFFFF
    shots = [Step("Attack", {"target": target}), Step("Wait", {"duration": 0.5})] * 40
    plan = plan_of("fight", *shots)
    assert not ToolGuard(REGISTRY).check(0, plan, situation_of(world, (), BOUNDS))  # rounds
    plan = plan_of("fight", *shots[:60])
    assert ToolGuard(REGISTRY).check(0, plan, situation_of(world, (), BOUNDS))
    conductor.start(me, plan)
    for _ in range(600):
        world.step()
        if world.read(Health, enemy)["points"] <= 0:
            break
    assert world.read(Health, enemy)["points"] <= 0
    world.step(60)
    assert conductor.outcomes[-1].reason is Reason.INVALID_TARGET  # it is down: the plan ends
    assert not conductor.busy(me)


def test_smoke_comes_of_a_throw_and_words_are_said(gpu: Gpu) -> None:
    world, (me, enemy), conductor = made(gpu)
    throw = Step("ThrowSmoke", {"x": 2.5, "z": 0.0, "y": 1.5})
    target = int(enemy) & 0xFFFFFFFF
    mark = Step("MarkTarget", {"target": target})
    conductor.start(me, plan_of("hide", mark, throw, *[Step("Wait")] * 2, mark))
    world.step(300)
    assert np.allclose(world.read(Position, world.select(Smoke)), [(2.5, 1.5, 0)])
    assert world.read(Ammo, me)["smokes"] == 0
    said = world.read(Signal, me)
    assert (said["word"], said["whom"]) == (Word.MARK, target)
    ends = [outcome.reason for outcome in conductor.outcomes]
    assert ends == [Reason.NONE] * 4 + [Reason.NO_LINE_OF_SIGHT]  # for the smoke


def test_a_recorded_fight_replays_without_a_mind(gpu: Gpu) -> None:
    world, (me, enemy), conductor = made(gpu, (ROCK,))
    recorder = Recorder(world, "fight", {})
    target = int(enemy) & 0xFFFFFFFF
    walk = Step("MoveTo", {"x": 3.0, "z": 2.0})
    conductor.start(me, plan_of("a", walk, Step("Attack", {"target": target}), Step("Reload")))
    world.step(240)
    recording = recorder.finish()
    again, _, _ = made(gpu, (ROCK,))
    assert replay(recording, again).hex == world.checksum().hex


def test_a_new_plan_replaces_the_old_one_and_duration_cuts_short(gpu: Gpu) -> None:
    world, (me, _), conductor = made(gpu)
    conductor.start(me, plan_of("far", Step("MoveTo", {"x": -12.0, "z": -12.0})))
    world.step(30)
    assert conductor.busy(me)
    conductor.start(me, plan_of("short", Step("Wait", {"duration": 0.25}), Step("Reload")))
    world.step(12)
    assert len(conductor.outcomes) == 0
    world.step(20)
    assert [outcome.step.act for outcome in conductor.outcomes] == ["Wait"]


FOLLOWED = [action.name for action in REGISTRY if action.afterwards]


@pytest.mark.parametrize("name", FOLLOWED)
def test_every_follow_up_is_carried_out(gpu: Gpu, name: str) -> None:
    """Nothing is a stub: whatever Python does afterwards can be seen in the world."""
    world, (me, enemy), conductor = made(gpu)
    action = REGISTRY[name]
    world.set(enemy, Position((1.5, 0, 0)))
    thing = world.spawn(Position((1, 0, 0)), Interactive(), Pickup())
    target = thing if name in ("Interact", "PickUp") else enemy
    arguments: dict[str, Any] = {"target": index_of(target)} if action.has_target else {}
    arguments |= {"x": 1.0, "z": 1.0} if action.has_place else {}
    extra = {"AoEAttack": {"radius": 2.0}, "EquipWeapon": {"weapon": "blade"}}
    extra["ModifyTerrain"] = {"intensity": 0.5}
    kinds = [kind for kind in action.writes if kind is not Position]
    before = {kind: world.read(kind).tolist() for kind in kinds}
    conductor.start(me, plan_of("p", Step(name, arguments | extra.get(name, {}))))
    world.step(400)
    assert [outcome.done for outcome in conductor.outcomes] == [True]
    assert any(world.read(kind).tolist() != before[kind] for kind in kinds)


def test_weapons_are_switched_and_decide_what_can_be_done(gpu: Gpu) -> None:
    world, (me, enemy), conductor = made(gpu)
    move(world, enemy, 1.5)
    world.attach(me, Weapon())
    blow, shot = (Step(act, {"target": index_of(enemy)}) for act in ("HeavyAttack", "Attack"))
    conductor.start(me, plan_of("p", Step("SwitchWeapon"), Step("SwitchWeapon"), blow, shot))
    world.step(200)
    assert world.read(Weapon, me) == 2
    assert world.read(Health, enemy)["points"] == 75
    ends = [(outcome.step.act, outcome.reason) for outcome in conductor.outcomes]
    assert ends[-2:] == [
        ("HeavyAttack", Reason.NONE),
        ("Attack", Reason.INSUFFICIENT_RESOURCE),
    ]


def test_of_two_who_reach_for_a_kit_one_has_it(gpu: Gpu) -> None:
    world, (me, other), conductor = made(gpu)
    move(world, other, 0.8)
    kit = world.spawn(Position((0.4, 0, 0)), Pickup(2))
    for agent in (other, me):
        conductor.start(agent, plan_of("p", Step("PickUp", {"target": index_of(kit)})))
    world.step(60)
    assert world.read(Ammo)["kits"].tolist() == [3, 1]
    assert len(world.select(Pickup)) == 0
    assert [end.reason for end in conductor.outcomes] == [Reason.NONE, Reason.INVALID_TARGET]


def test_what_was_dropped_is_there_for_others(gpu: Gpu) -> None:
    world, (me, other), conductor = made(gpu)
    move(world, other, 1.5)
    conductor.start(me, plan_of("drop", Step("DropItem")))
    world.step(40)
    (kit,) = world.select(Pickup)
    conductor.start(other, plan_of("take", Step("PickUp", {"target": index_of(kit)})))
    world.step(40)
    assert world.read(Ammo)["kits"].tolist() == [0, 2]


def test_who_is_given_another_plan_looks_ahead_again(gpu: Gpu) -> None:
    world, (me, _), conductor = made(gpu)
    conductor.start(me, plan_of("look", Step("Scan")))
    world.step(10)
    assert world.select(Facing).tolist() == [int(me)]
    conductor.start(me, plan_of("go", Step("MoveTo", {"x": 3.0, "z": 0.0})))
    world.step(10)
    assert len(world.select(Facing)) == 0
    conductor.start(me, plan_of("look", Step("Scan"), Step("Scan")))
    world.step(120)
    assert len(world.select(Facing)) == 0
    assert [end.step.act for end in conductor.outcomes] == ["Scan", "Scan"]
    world.attach(me, Facing(1.0))  # one of its own, which stays
    world.step(3)  # until it is seen
    conductor.start(me, plan_of("look", Step("Scan")))
    world.step(90)
    assert np.allclose(world.read(Facing, me), 1.0 + np.pi / 2)


@pytest.mark.parametrize("teams", [True, False])
def test_a_sweep_spares_ones_own_side(gpu: Gpu, teams: bool) -> None:
    """Where there are teams; who has none stands in its own sweep, as everybody else does."""
    world, (me, enemy), conductor = made(gpu)
    move(world, enemy, 1.0)
    friend = world.spawn(*fighter((-1, 0, 0), 0))
    if not teams:
        world.detach(world.select(Team), Team)
    sweep = Step("AoEAttack", {"x": 0.0, "z": 0.0, "radius": 3.0})
    conductor.start(me, plan_of("p", sweep))
    world.step(60)
    unhurt = [int(world.read(Health, one)["points"]) == 100 for one in (me, friend, enemy)]
    assert unhurt == ([True, True, False] if teams else [False, False, False])
    assert [outcome.done for outcome in conductor.outcomes] == [True]


def test_who_lies_in_wait_says_so_at_once(gpu: Gpu) -> None:
    world, (me, _), conductor = made(gpu)
    conductor.start(me, plan_of("p", Step("SetAmbush")))
    world.step(30)
    assert conductor.busy(me)
    assert world.read(Signal, me)["word"] == Word.AMBUSH
    said = world.read(Signal, me)["tick"]
    world.step(400)
    assert [outcome.done for outcome in conductor.outcomes] == [True]
    assert world.read(Signal, me)["tick"] == said  # and does not say it again
