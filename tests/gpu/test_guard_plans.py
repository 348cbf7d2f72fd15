"""Whole plans that the guard lets pass also run to their end, where nobody else does anything."""

from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from astraweave import (
    Ammo,
    Barrier,
    Box,
    Goal,
    Gpu,
    Health,
    Position,
    Reason,
    Team,
    World,
)
from astraweave_ai.arena import Arena
from astraweave_ai.guard import Verdict
from astraweave_ai.plan import Step, plan_of
from astraweave_ai.registry import Policy
from astraweave_ai.vocabulary import standard_actions

# What a plan may do to others, or how far a retreat leads, the guard cannot know.
UNFORESEEN = ("ThrowExplosive", "Retreat", "Strafe", "Charge", "Interact", "PickUp")
ACTIONS = [
    action
    for action in standard_actions()
    if action.policy is not Policy.DENIED and action.name not in UNFORESEEN
]
GROUPS = 24


def step(rng: np.random.Generator, group: dict[str, Any]) -> Step:
    """Any action, about this group's members or a place beside them."""
    action = ACTIONS[rng.integers(len(ACTIONS))]
    given: dict[str, Any] = {}
    if action.has_target:
        whom = {"ENEMY": "enemy", "ALLY": "ally", "DOWNED_ALLY": "fallen", "ANYONE": "ally"}
        given["target"] = group[whom[action.ability.aims.name]].index
    if action.has_place:
        x, z = group["place"] + rng.uniform(-2, 2, 2)
        given |= {"x": float(x), "z": float(z)}
    if action.ability.lasts and rng.random() < 0.5:
        given["duration"] = float(rng.uniform(0.1, action.ability.lasts))
    extra = {"radius": 1.0} if action.name == "AoEAttack" else {}
    if action.name == "EquipWeapon":
        extra = {"weapon": str(rng.choice(["rifle", "pistol", "blade"]))}
    return Step(action.name, given | extra)


def test_plans_that_pass_run_to_their_end(gpu: Gpu) -> None:
    rng = np.random.default_rng(0)
    arena = Arena(World(gpu), size=(120, 64))
    minds, groups = arena.orchestrator, []
    for i in range(GROUPS):
        x, z = 8.0 + i % 6 * 19, 8.0 + i // 6 * 16
        tough = Health(10_000, 10_000)
        groups.append(
            {
                "place": np.array([x, z]),
                "me": arena.add((x, 0, z), 2 * i, None, Ammo(6, 30, 3, 3, 3), tough),
                "ally": arena.add((x + 1.2, 0, z), 2 * i, None, tough),
                "fallen": arena.add((x - 1.2, 0, z), 2 * i, None, Health(0, 100)),
                "enemy": arena.add((x, 0, z + 1.5), 2 * i + 1, None, tough),
            }
        )
    arena.world.step(4)
    plans = {}
    for i, group in enumerate(groups):
        for _ in range(400):
            plan = plan_of(f"p{i}", *(step(rng, group) for _ in range(2 + i % 4)))
            if minds.guard.check(group["me"].index, plan, minds.situation):
                minds.conductor.start(group["me"], plan)
                plans[plan.plan_id] = plan
                break
    assert len(plans) == GROUPS
    while arena.world.tick < 1_500 and any(minds.conductor.busy(one["me"]) for one in groups):
        arena.world.step(30)
    ends = defaultdict(list)
    for end in minds.conductor.outcomes:
        ends[end.plan_id].append((end.step.act, end.reason.name))
    for name, plan in plans.items():
        assert ends[name] == [(one.act, "NONE") for one in plan.steps], plan


# --- what is foreseen of a plan -------------------------------------------------------------------


@pytest.fixture(scope="module")
def yard(gpu: Gpu) -> Arena:
    """A wall, a closed door, a fighter with six rounds, and others."""
    arena = Arena(World(gpu), size=(24, 12), boxes=[Box((12, 1.5, 2), (0.2, 1.5, 2))])
    arena.world.spawn(Position((12, 1.5, 8)), Barrier((0.2, 1.5, 4)))
    arena.add((4, 0, 6), 0, None, Ammo(6, 30, 2, 1, 1))
    arena.add((8, 0, 6), 1)
    arena.add((4, 0, 7), 0, None, Health(0, 100))
    arena.world.spawn(Position((5, 0, 6)), Health())  # of no team
    arena.world.step(6)
    return arena


def verdict(yard: Arena, *steps: Step) -> Verdict:
    minds = yard.orchestrator
    handles = yard.world.select(Goal)
    return minds.guard.check(int(handles[0]) & 0xFFFFFFFF, plan_of("p", *steps), minds.situation)


def about(yard: Arena, act: str, number: int, **more: Any) -> Step:
    """An action on the n-th character."""
    return Step(act, {"target": int(yard.world.select(Goal)[number]) & 0xFFFFFFFF, **more})


def test_each_strike_costs(yard: Arena) -> None:
    cover, shot = about(yard, "CoverFire", 1), about(yard, "Attack", 1)
    wait = Step("Wait")
    assert verdict(yard, cover)  # five rounds of six
    assert verdict(yard, cover, wait, shot)
    assert verdict(yard, cover, shot).reason is Reason.COOLDOWN  # from the last strike on
    refused = verdict(yard, cover, wait, shot, wait, shot)
    assert (refused.reason, refused.step) == (Reason.INSUFFICIENT_RESOURCE, 4)
    short = about(yard, "CoverFire", 1, duration=0.5)
    assert verdict(yard, short, wait, shot, wait, shot, wait, shot)


def test_doors_are_known(yard: Arena) -> None:
    assert verdict(yard, Step("MoveTo", {"x": 10.0, "z": 6.0}))
    into = verdict(yard, Step("MoveTo", {"x": 12.0, "z": 8.0}))
    assert into.reason is Reason.PHYSICS_BLOCKED
    beyond = verdict(yard, Step("MoveTo", {"x": 16.0, "z": 6.0}))
    assert beyond.reason is Reason.NO_PATH


def test_nothing_is_thrown_into_a_wall(yard: Arena) -> None:
    for act in ("ThrowSmoke", "ThrowExplosive"):
        refused = verdict(yard, Step(act, {"x": 12.0, "z": 2.0}))
        assert refused.reason is Reason.PHYSICS_BLOCKED
        assert verdict(yard, Step(act, {"x": 11.0, "z": 2.0}))


def test_its_own_smoke_is_in_the_way(yard: Arena) -> None:
    smoke = Step("ThrowSmoke", {"x": 6.0, "z": 6.0, "y": 1.5})
    shot = about(yard, "Attack", 1)
    refused = verdict(yard, smoke, shot)
    assert (refused.reason, refused.step) == (Reason.NO_LINE_OF_SIGHT, 1)
    assert verdict(yard, shot, smoke)
    assert verdict(yard, smoke, *[Step("Wait")] * 11, shot)


def test_walks_take_their_time(yard: Arena) -> None:
    smoke = Step("ThrowSmoke", {"x": 4.0, "z": 4.0})
    far = [Step("MoveTo", {"x": x, "z": 6.0}) for x in (10.0, 2.0)]
    assert verdict(yard, smoke, far[0], smoke).reason is Reason.COOLDOWN  # three seconds
    assert verdict(yard, smoke, *far * 2, smoke)


def test_who_is_up_again_is_not_revived_twice(yard: Arena) -> None:
    up, heal = about(yard, "Revive", 2), about(yard, "Heal", 2)
    assert verdict(yard, up, heal)
    assert verdict(yard, up, up).reason is Reason.INVALID_TARGET
    assert verdict(yard, heal).reason is Reason.INVALID_TARGET


def test_what_has_no_team_is_no_enemy(yard: Arena) -> None:
    stone = [i for i in yard.world.select(Health) if i not in yard.world.select(Team)]
    index = int(stone[0]) & 0xFFFFFFFF
    refused = verdict(yard, Step("Attack", {"target": index}))
    assert refused.reason is Reason.INVALID_TARGET
    assert "team" in refused.text


# --- walks end ------------------------------------------------------------------------------------


def test_walkers_get_past_each_other_and_past_who_stands(gpu: Gpu) -> None:
    arena = Arena(World(gpu), size=(24, 12))
    one, other = arena.add((4, 0, 3), 0), arena.add((16, 0, 3), 0)
    third = arena.add((4, 0, 8), 0)
    for z in (7.3, 8.0, 8.7):
        arena.add((10, 0, z), 0)  # three abreast who stand in the way
    conductor = arena.orchestrator.conductor
    arena.world.step(3)
    for who, x, z in ((one, 16.0, 3.0), (other, 4.0, 3.0), (third, 16.0, 8.0)):
        conductor.start(who, plan_of("go", Step("MoveTo", {"x": x, "z": z})))
    arena.world.step(900)
    assert [end.done for end in conductor.outcomes] == [True] * 3


def test_a_walk_that_leads_nowhere_is_given_up(gpu: Gpu) -> None:
    arena = Arena(World(gpu), size=(24, 12))
    me = arena.add((4, 0, 6), 0)
    arena.world.step(3)
    conductor = arena.orchestrator.conductor
    conductor.start(me, plan_of("go", Step("MoveTo", {"x": 20.0, "z": 6.0}), Step("Wait")))
    for _ in range(300):
        arena.world.set(me, Position((4, 0, 6)))  # something holds it
        arena.world.step()
    (end,) = conductor.outcomes
    assert (end.step.act, end.done, end.reason) == ("MoveTo", False, Reason.PHYSICS_BLOCKED)
    assert not conductor.busy(me)
