"""The tool guard: every invalid plan is refused for the right reason, no valid one is."""

from collections.abc import Callable, Iterator
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
    Goal,
    Gpu,
    Health,
    Morale,
    Motion,
    Order,
    Position,
    Reason,
    Smoke,
    Stamina,
    Stance,
    Steering,
    Team,
    Velocity,
    Weapon,
    World,
)
from astraweave_ai import effects
from astraweave_ai.components import Interactive, Pickup
from astraweave_ai.errors import ActionError
from astraweave_ai.guard import ToolGuard
from astraweave_ai.plan import PlanIntent, Step, plan_of
from astraweave_ai.registry import Policy
from astraweave_ai.situation import Situation, situation_of
from astraweave_ai.vocabulary import standard_actions

REGISTRY = standard_actions()
WALL = Box(centre=(10, 1.5, 12), half=(0.25, 1.5, 10))
BOUNDS = Bounds((0, -1, 0), (24, 8, 24))
ME, FRIEND, FALLEN, ENEMY, HIDDEN, FAR, STONE, LEVER, KIT = range(9)
Made = tuple[World, Situation]


class Room:
    """Ways of which the test says where they end: nothing leads to the far side of the wall."""

    def blocked(self, points: Any) -> Any:
        low, high = np.subtract(WALL.centre, WALL.half), np.add(WALL.centre, WALL.half)
        return ((low - 0.3 < points) & (points < high + 0.3)).all(axis=1)

    def reachable(self, start: Any, goal: Any) -> Any:
        return (start[:, 0] < 10) == (goal[:, 0] < 10)

    def straight(self, start: Any, goal: Any) -> Any:
        return np.ones(len(start), np.bool_)

    def distance(self, start: Any, goal: Any) -> Any:
        return np.linalg.norm(goal - start, axis=1)


def arena(gpu: Gpu, rng: np.random.Generator, **changes: Any) -> Made:
    """A fighter, its friends and enemies on both sides of a wall."""
    world = World(gpu, seed=3)
    blockers = Blockers((WALL,))
    world.use(Steering(), Motion(), blockers, Combat(REGISTRY.abilities, blockers, bounds=BOUNDS))
    me = rng.uniform((2, 0, 8), (4, 0, 16))
    near = rng.uniform(-0.5, 0.5, (3, 3)) * (1, 0, 1)
    place = np.array([me, me + near[0], me + near[1], me + near[2], (13, 0, me[2]), me, me])
    place[ENEMY] += (1.2, 0, 0)  # within reach of a blow
    place[FAR] = (4.5, 0, 23)
    place[STONE] += (0, 0, 0.9)
    fighters = world.spawn(
        Position(place[:6]),
        Velocity(),
        Goal(place[:6]),
        Team([0, 0, 0, 1, 1, 1]),
        Health([100, 60, 0, 100, 100, 100]),
        changes.get("stamina", Stamina()),
        changes.get("ammo", Ammo()),
        changes.get("cooldowns", Cooldowns()),
        Stance(),
        Morale(),
        Order(),
    )
    world.spawn(Position(place[STONE]))
    world.spawn(Position(place[STONE]), Interactive())
    world.spawn(Position(place[STONE]), Pickup(1))
    if "weapon" in changes:
        world.attach(fighters[ME], Weapon(changes["weapon"]))
    if "smoke" in changes:
        world.spawn(Position(place[ENEMY] * 0.5 + me * 0.5 + (0, 1.6, 0)), Smoke(changes["smoke"]))
    world.flush()
    assert (fighters & np.uint64(0xFFFFFFFF)).tolist() == list(range(6))
    return world, situation_of(world, (WALL,), BOUNDS, Room())


def spot(rng: np.random.Generator, situation: Situation, away: float) -> dict[str, float]:
    """A place so far from the fighter, on its side of the wall."""
    x, _, z = situation.columns["Position"][ME]
    angle = rng.uniform(0, 2 * np.pi)
    x, z = x + away * np.cos(angle), z + away * np.sin(angle)
    return {"x": float(np.clip(x, 0.5, 9)), "z": float(np.clip(z, 0.5, 23.5))}


EXTRA: dict[str, dict[str, Any]] = {
    "AoEAttack": {"radius": 2.0},
    "EquipWeapon": {"weapon": "blade"},
    "Interact": {"target": LEVER},
    "PickUp": {"target": KIT},
}


def possible(name: str, rng: np.random.Generator, situation: Situation) -> Step:
    """A step that every rule allows."""
    action = REGISTRY[name]
    arguments: dict[str, Any] = {}
    if action.has_place:
        arguments = spot(rng, situation, min(action.ability.reach or 6.0, 8.0) * 0.7)
    if action.has_target:
        target = {"ENEMY": ENEMY, "ALLY": FRIEND, "DOWNED_ALLY": FALLEN, "ANYONE": FRIEND}
        arguments["target"] = target[action.ability.aims.name]
    return Step(name, arguments | EXTRA.get(name, {}))


ALLOWED = [action.name for action in REGISTRY if action.policy is not Policy.DENIED]


@pytest.mark.parametrize("seed", range(8))
def test_valid_plans_pass(gpu: Gpu, seed: int) -> None:
    rng = np.random.default_rng(seed)
    world, situation = arena(gpu, rng)
    guard = ToolGuard(REGISTRY)
    before = world.checksum().hex
    plans = [plan_of(name, possible(name, rng, situation)) for name in ALLOWED]
    plans.append(plan_of("nothing"))
    plans.append(plan_of("shots", Step("Attack", {"target": ENEMY}), Step("Wait"), Step("Reload")))
    for plan in plans:
        verdict = guard.check(ME, plan, situation)
        assert verdict, f"{plan}: {verdict.text}"
    assert len(plans) == len(ALLOWED) + 2 == 41
    assert world.checksum().hex == before


def cases(gpu: Gpu, rng: np.random.Generator) -> Iterator[tuple[Reason, Step, Made]]:
    """Steps that break one rule each."""
    made = arena(gpu, rng)
    valid = {name: possible(name, rng, made[1]) for name in ALLOWED}

    def but(name: str, **arguments: Any) -> Step:
        return Step(name, {**valid[name].arguments, **arguments})

    for step in (
        Step("Fly"),
        Step("attack", {"target": ENEMY}),
        Step("Attack"),
        but("Attack", target=-1),
        but("Attack", target="1"),
        but("Attack", colour="red"),
        but("MoveTo", x=float("nan")),
        but("MoveTo", x="2"),
        but("AoEAttack", radius=50.0),
        but("EquipWeapon", weapon="sword"),
        but("CoverFire", duration=0.0),
        Step("ModifyTerrain", {"x": 4.0, "z": 8.0, "intensity": 0.5}),
    ):
        yield Reason.UNKNOWN, step, made
    yield from ((reason, step, made) for reason, step in misdirected(rng, but))
    yield from poor_cases(gpu, rng, valid)


def misdirected(
    rng: np.random.Generator, but: Callable[..., Step]
) -> Iterator[tuple[Reason, Step]]:
    """Wrong places and wrong targets."""
    for name in ("MoveTo", "TakeCover", "Patrol", "ThrowSmoke", "ThrowExplosive"):
        yield Reason.OUT_OF_BOUNDS, but(name, x=float(rng.uniform(25, 1000)))
        yield Reason.OUT_OF_BOUNDS, but(name, z=float(rng.uniform(-1000, -1)))
    yield Reason.OUT_OF_BOUNDS, but("AoEAttack", z=23.5)
    for name in ("QuickAttack", "HeavyAttack"):
        yield Reason.OUT_OF_BOUNDS, but(name, target=FAR)
    shots = ("Attack", "QuickAttack", "AimedShot", "CoverFire", "Charge", "MarkTarget", "Taunt")
    wrong = dict.fromkeys(shots, (FRIEND, FALLEN, STONE, LEVER, 4_000_000, ME))
    wrong |= dict.fromkeys(("Heal", "UseAbility"), (ENEMY, FALLEN, STONE))
    wrong["Revive"] = (FRIEND, ENEMY, STONE, ME)
    wrong |= {"Interact": (FRIEND, STONE, KIT), "PickUp": (FRIEND, STONE, LEVER)}
    for name, targets in wrong.items():
        for target in targets:
            yield Reason.INVALID_TARGET, but(name, target=target)
    for name in ("Attack", "AimedShot", "CoverFire", "Distract", "Taunt"):
        yield Reason.NO_LINE_OF_SIGHT, but(name, target=HIDDEN)
    for name in ("MoveTo", "TakeCover", "Patrol"):
        yield Reason.PHYSICS_BLOCKED, but(name, x=10.0, z=float(rng.uniform(3, 21)))
        yield Reason.NO_PATH, but(name, x=float(rng.uniform(11, 23)), z=12.0)
    yield Reason.NO_PATH, but("Approach", target=HIDDEN)
    yield Reason.NO_PATH, but("Charge", target=HIDDEN)


def poor_cases(
    gpu: Gpu, rng: np.random.Generator, valid: dict[str, Step]
) -> Iterator[tuple[Reason, Step, Made]]:
    """The same arena, but the fighter lacks something, waits, or sees nothing for smoke."""
    state = rng.bit_generator.state

    def again(**changes: Any) -> Made:
        rng.bit_generator.state = state
        return arena(gpu, rng, **changes)

    made = again(ammo=Ammo(0, 30, 0, 0, 0), stamina=Stamina(0, 100))
    for name in ALLOWED:
        ability = REGISTRY[name].ability
        if max(ability.rounds, ability.smokes, ability.charges, ability.kits, ability.stamina):
            step = possible(name, rng, made[1])
            yield Reason.INSUFFICIENT_RESOURCE, step, made
    for weapon in range(3):
        made = again(weapon=weapon)
        for name in ALLOWED:
            if REGISTRY[name].ability.weapons and weapon not in REGISTRY[name].ability.weapons:
                yield Reason.INSUFFICIENT_RESOURCE, possible(name, rng, made[1]), made
    made = again(cooldowns=Cooldowns(*[int(rng.integers(1, 200))] * 8))
    for name in ALLOWED:
        if REGISTRY[name].ability.cooldown:
            yield Reason.COOLDOWN, possible(name, rng, made[1]), made
    made = again(smoke=0.3)
    for name in ("Attack", "AimedShot", "QuickAttack", "HeavyAttack", "CoverFire", "Taunt"):
        yield Reason.NO_LINE_OF_SIGHT, possible(name, rng, made[1]), made


@pytest.mark.parametrize("seed", range(3))
def test_invalid_plans_are_refused_for_the_right_reason(gpu: Gpu, seed: int) -> None:
    guard = ToolGuard(REGISTRY)
    seen: dict[Reason, int] = {}
    before: dict[int, str] = {}
    for reason, step, (world, situation) in cases(gpu, np.random.default_rng(seed)):
        before.setdefault(id(world), world.checksum().hex)
        first = Step("Wait")
        for number, plan in enumerate((plan_of("bad", step), plan_of("later", first, step))):
            if number and reason in (Reason.COOLDOWN, Reason.INSUFFICIENT_RESOURCE):
                continue  # waiting may have mended it
            verdict = guard.check(ME, plan, situation)
            assert verdict.reason is reason, f"{step}: {verdict.reason.name}, {verdict.text}"
            assert verdict.step == number
            assert step.act in verdict.text
            seen[reason] = seen.get(reason, 0) + 1
        assert world.checksum().hex == before[id(world)]
    assert set(seen) == set(Reason) - {Reason.NONE}
    assert sum(seen.values()) >= 200


def test_what_a_plan_uses_up_is_missing_later(gpu: Gpu) -> None:
    _, now = arena(gpu, np.random.default_rng(5))
    guard = ToolGuard(REGISTRY)
    smoke = possible("ThrowSmoke", np.random.default_rng(5), now)
    attack = Step("Attack", {"target": ENEMY})
    assert guard.check(ME, plan_of("a", smoke), now)
    waits = [Step("Wait")] * 12
    assert guard.check(ME, plan_of("b", smoke, smoke), now).reason is Reason.COOLDOWN
    refused = guard.check(ME, plan_of("c", smoke, *waits, smoke), now)
    assert (refused.reason, refused.step) == (Reason.INSUFFICIENT_RESOURCE, 13)
    assert guard.check(ME, plan_of("d", attack, attack), now).reason is Reason.COOLDOWN
    assert guard.check(ME, plan_of("e", attack, Step("Wait"), attack), now)
    far = Step("MoveTo", {"x": 4.5, "z": 22.0})
    blow = Step("QuickAttack", {"target": FAR})
    assert guard.check(ME, plan_of("f", far, blow), now)
    assert guard.check(ME, plan_of("g", blow), now).reason is Reason.OUT_OF_BOUNDS


def test_the_weapon_in_hand_decides(gpu: Gpu) -> None:
    _, now = arena(gpu, np.random.default_rng(5), weapon=effects.RIFLE)
    guard = ToolGuard(REGISTRY)
    shot, blow = Step("Attack", {"target": ENEMY}), Step("HeavyAttack", {"target": ENEMY})
    draw, switch = Step("EquipWeapon", {"weapon": "blade"}), Step("SwitchWeapon")
    assert guard.check(ME, plan_of("a", shot), now)
    assert guard.check(ME, plan_of("b", blow), now).reason is Reason.INSUFFICIENT_RESOURCE
    assert guard.check(ME, plan_of("c", draw, blow), now)
    assert guard.check(ME, plan_of("d", draw, shot), now).step == 1
    assert guard.check(ME, plan_of("e", switch, switch, blow), now)
    assert guard.check(ME, plan_of("f", switch, switch, switch, shot), now)


def test_a_kit_that_is_picked_up_can_be_used(gpu: Gpu) -> None:
    _, now = arena(gpu, np.random.default_rng(5), ammo=Ammo(0, 30, 0, 0, 0))
    guard = ToolGuard(REGISTRY)
    heal = Step("Heal", {"target": ME})
    assert guard.check(ME, plan_of("a", heal), now).reason is Reason.INSUFFICIENT_RESOURCE
    assert guard.check(ME, plan_of("b", Step("PickUp", {"target": KIT}), heal), now)


def test_who_may_not_act(gpu: Gpu) -> None:
    _, now = arena(gpu, np.random.default_rng(5))
    guard = ToolGuard(REGISTRY)
    assert guard.check(FALLEN, plan_of("a", Step("Wait")), now).reason is Reason.INVALID_TARGET
    assert guard.check(999, plan_of("b", Step("Wait")), now).reason is Reason.INVALID_TARGET


def test_lists_and_policies(gpu: Gpu) -> None:
    _, now = arena(gpu, np.random.default_rng(5))
    attack, wait = plan_of("a", Step("Attack", {"target": ENEMY})), plan_of("b", Step("Wait"))
    wall = plan_of("c", Step("ModifyTerrain", {"x": 4.0, "z": 10.0, "intensity": 0.5}))
    only = ToolGuard(REGISTRY, allow={"Wait"})
    assert only.check(ME, wait, now)
    assert only.check(ME, attack, now).reason is Reason.UNKNOWN
    without = ToolGuard(REGISTRY, deny={"Attack"})
    assert without.check(ME, wait, now)
    assert "denied" in without.check(ME, attack, now).text
    assert ToolGuard(REGISTRY, policies={"ModifyTerrain": Policy.RESTRICTED}).check(ME, wall, now)
    with pytest.raises(ActionError, match="no action 'Fly'"):
        ToolGuard(REGISTRY, deny={"Fly"})
    with pytest.raises(ActionError, match="'sometimes'; there is allowed, restricted, denied"):
        ToolGuard(REGISTRY, policies={"Wait": "sometimes"})  # type: ignore[dict-item]
    with pytest.raises(ActionError, match="0 or more verdicts to keep, got -1"):
        ToolGuard(REGISTRY, newest=-1)


def test_the_audit_log_keeps_the_newest(gpu: Gpu) -> None:
    _, now = arena(gpu, np.random.default_rng(5))
    guard = ToolGuard(REGISTRY, newest=10)
    for number in range(25):
        guard.check(ME, PlanIntent(str(number), (Step("Wait"),)), now)
    assert [verdict.plan.plan_id for verdict in guard.audit] == [str(n) for n in range(15, 25)]


def test_everything_that_passes_also_begins_on_the_gpu(gpu: Gpu) -> None:
    rng = np.random.default_rng(11)
    _, now = arena(gpu, rng)
    for name in ALLOWED:
        rng = np.random.default_rng(11)
        world, now = arena(gpu, rng)
        step = possible(name, rng, now)
        assert ToolGuard(REGISTRY).check(ME, plan_of("p", step), now)
        me = world.select(Order)[ME]
        world.set(me, order(step))
        world.step()
        state = world.read(Order, me)
        assert state["reason"] == 0, f"{step}: {Reason(int(state['reason'])).name}"


def order(step: Step) -> Order:
    from astraweave_ai.conduct import order_of

    return order_of(REGISTRY, REGISTRY[step.act], REGISTRY.typed(step))
