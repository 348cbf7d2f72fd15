"""Combat agrees with its twin to the last bit, whatever the abilities, the orders and the slots."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from astraweave import (
    FIGHTER,
    Ability,
    Aims,
    Ammo,
    Barrier,
    Blast,
    Blockers,
    Bounds,
    Box,
    Combat,
    Cooldowns,
    Fell,
    Goal,
    Guard,
    Health,
    Morale,
    Order,
    OrderState,
    Position,
    Posture,
    Smoke,
    Stamina,
    Stance,
    Struck,
    Team,
    Velocity,
    Walk,
    Weapon,
    World,
)
from astraweave.errors import UsageError
from astraweave.sim.navigation import Destination, Navigation, Route
from tests.gpu import worlds
from tests.gpu.worlds import ONE, Rng, metres
from tests.reference import blockers as sight
from tests.reference import combat as twin

pytestmark = pytest.mark.gpu
KINDS = (*FIGHTER, Morale, Team, Weapon, Goal, Velocity, Destination, Route, Blast, Barrier, Smoke)
STATIC = (Box((0, 1, 0), (3, 1, 0.2)), Box((5, 0.5, 5), (0.3, 0.5, 4)))
SIDE = 14  # metres to each side in which all takes place
STREAMS = range(2)


# --- random worlds ----------------------------------------------------------------------------


def random_ability(rng: Rng, name: str) -> Ability:
    """Any possible ability; short times and distances, so that all of it happens soon."""
    while True:
        aims = Aims(int(rng.integers(7)))
        try:
            return Ability(name, aims, **_rules(rng, aims), **_times(rng), **_effects(rng, aims))
        except UsageError:
            continue  # of all that is drawn, what makes sense


def _some(rng: Rng, chance: float, value: Callable[[], Any], other: Any = 0) -> Any:
    return value() if rng.random() < chance else other


def _rules(rng: Rng, aims: Aims) -> dict[str, Any]:
    far = 0.0 if aims < Aims.ENEMY else 0.4
    return {
        "reach": _some(rng, far, lambda: rng.uniform(0.5, 25)),
        "sight": _some(rng, far, lambda: True, False),
        "rounds": _some(rng, 0.2, lambda: int(rng.integers(4))),
        "smokes": _some(rng, 0.1, lambda: 1),
        "charges": _some(rng, 0.1, lambda: 1),
        "kits": _some(rng, 0.1, lambda: 1),
        "stamina": _some(rng, 0.2, lambda: int(rng.integers(30))),
        "weapons": _some(rng, 0.2, lambda: tuple(rng.integers(0, 8, 5).tolist()), ()),
        "counter": int(rng.integers(8)),
        "cooldown": _some(rng, 0.3, lambda: rng.uniform(0, 0.3)),
    }


def _times(rng: Rng) -> dict[str, Any]:
    lasts = _some(rng, 0.5, lambda: rng.uniform(0, 0.3))
    return {
        "windup": _some(rng, 0.3, lambda: rng.uniform(0, 0.1)),
        "lasts": lasts,
        "period": _some(rng, 0.5 if lasts else 0.0, lambda: rng.uniform(0, 0.1)),
    }


def _effects(rng: Rng, aims: Aims) -> dict[str, Any]:
    there = aims not in (Aims.NOTHING, Aims.PLACE)
    up = there and aims is not Aims.DOWNED_ALLY
    guard = Guard(int(rng.integers(4)) * int(rng.random() < 0.3))
    led = [Walk.NONE, Walk.HOLD] + [Walk.TO_PLACE] * 3 * (aims is Aims.PLACE)
    led += [w for w in Walk if "TARGET" in w.name] * (there and aims is not Aims.SELF)
    return {
        "damage": _some(rng, 0.4 * up, lambda: int(rng.integers(1, 60))),
        "accuracy": _some(rng, 0.5, rng.random, 1.0),
        "accuracy_far": _some(rng, 0.5, rng.random, None),
        "heal": _some(rng, 0.3 * up, lambda: int(rng.integers(40))),
        "revive": 0 if up or not there else int(rng.integers(1, 200)),
        "suppress": _some(rng, 0.2 * there, rng.random, 0.0),
        "rally": _some(rng, 0.2 * there, rng.random, 0.0),
        "posture": _some(rng, 0.2, lambda: Posture(int(rng.integers(3))), None),
        "guard": guard,
        "guard_lasts": rng.uniform(0.01, 0.2) if guard else 0.0,
        "reload": _some(rng, 0.1, lambda: True, False),
        "rest": _some(rng, 0.1, lambda: int(rng.integers(40))),
        "walk": led[int(rng.integers(len(led)))],
        "speed": _some(rng, 0.5, lambda: rng.uniform(0, 4)),
        "arrive": rng.uniform(0, 4),
    }


def places(rng: Rng, n: int) -> NDArray[Any]:
    """Raw places on the ground, a few of them far up or far away, a tenth shared."""
    p = rng.integers(-SIDE * ONE, SIDE * ONE, (n, 3)) * (1, 0, 1)
    p[:, 1] = np.where(rng.random(n) < 0.2, rng.integers(-ONE, 3 * ONE, n), 0)
    far = rng.random(n) < 0.02
    p[far] = rng.integers(-(1 << 31), 1 << 31, (int(far.sum()), 3))
    again = rng.random(n) < 0.1
    p[again] = p[rng.integers(0, n, int(again.sum()))]
    return p


def points(rng: Rng, n: int, most: int = 100) -> NDArray[Any]:
    return np.where(rng.random(n) < 0.15, rng.integers(-5, 3, n), rng.integers(1, most, n))


def fighter_parts(rng: Rng, n: int) -> dict[str, Any]:
    """Everything that a fighter can have."""
    return {
        "Position": Position(metres(places(rng, n))),
        "Health": Health(points(rng, n), rng.choice([100, 100, 50, 0], n)),
        "Stamina": Stamina(points(rng, n), rng.choice([100, 40], n)),
        "Ammo": Ammo(*(rng.integers(0, 9, (5, n)))),
        "Cooldowns": Cooldowns(*(rng.integers(0, 9, (8, n)) * (rng.random((8, n)) < 0.2))),
        "Stance": Stance(*(rng.integers(0, 4, (2, n))), rng.integers(0, 9, n)),
        "Order": Order(),
        "Morale": Morale(rng.random(n)),
        "Team": Team(rng.choice([0, 0, 1, 1, 2, (1 << 22) - 2, (1 << 22) - 1, 1 << 31], n)),
        "Weapon": Weapon(rng.choice([*range(9), 1 << 31], n)),
        "Goal": Goal(metres(places(rng, n)), 1.0),
        "Velocity": Velocity((1, 0, 0)),
        "Destination": Destination(metres(places(rng, n))),
        "Route": Route(rng.integers(0, 4, n)),
    }


def random_orders(rng: Rng, battle: twin.Battle, who: NDArray[Any]) -> Order:
    """Mostly possible ones; some of unknown abilities, at nobody, or in a state of nonsense."""
    n = len(who)
    ability = rng.integers(0, len(battle.abilities) + 2, n)
    ability = np.where(rng.random(n) < 0.02, rng.integers(0, 1 << 32, n), ability)
    whom = np.array([target(rng, battle, i, k) for i, k in zip(who, ability, strict=True)])
    whom = np.where(rng.random(n) < 0.05, rng.integers(0, 1 << 32, n), whom)
    odd = rng.random(n)
    state = np.where(odd < 0.05, rng.integers(0, 1 << 32, n), rng.integers(0, 6, n))
    return Order(
        ability=ability,
        whom=whom.astype(np.uint32),
        state=np.where(odd < 0.1, state, 1),
        ticks=rng.integers(0, 40, n),
        place=metres(places(rng, n)),
    )


def target(rng: Rng, battle: twin.Battle, i: int, ability: int) -> int:
    """Somebody whom the ability suits, if that is known and chance wills."""
    ids = battle.ids("Position")
    tried = rng.choice(ids, 12).tolist()
    if not 1 <= ability <= len(battle.abilities):
        return int(tried[0])
    aims = battle.abilities[ability - 1].aims.name
    if aims in ("NOTHING", "PLACE"):
        return int(tried[0])
    bodies = battle.bodies
    suited = [j for j in tried if twin.suits(aims, bodies[i], bodies[j])]
    return int((suited or tried)[0])


def random_battle(seed: int, navigates: bool, rate: int) -> tuple[World, Combat, Rng]:
    """A world full of fighters; some lack something, some things are not fighters."""
    rng = np.random.default_rng(seed)
    blockers = Blockers(STATIC)
    navigation = Navigation(blockers, (32.0, 32.0), low=(-16.0, -16.0)) if navigates else None
    combat = Combat(
        [random_ability(rng, f"ability {i}") for i in range(24)],
        blockers,
        navigation,
        Bounds((-SIDE, -1, -SIDE), (SIDE, 3, SIDE)),
        eyes=(1.6, 0.9, 0.3),
        stamina=int(rng.integers(0, 200)),
        morale=float(rng.random()),
    )
    world = World(worlds.gpu(), seed=seed, rate=rate)
    world.use(blockers, combat)
    world.register(*KINDS)
    populate(world, rng)
    return world, combat, rng


def populate(world: World, rng: Rng) -> None:
    parts = fighter_parts(rng, 120)
    ended = world.spawn(*parts.values())[:20]
    for lacking in parts:
        world.spawn(*(p for name, p in fighter_parts(rng, 4).items() if name != lacking), count=4)
    world.spawn(Position(metres(places(rng, 9))), Health(points(rng, 9)))
    world.spawn(Position(metres(places(rng, 9))), Barrier((0.5, 1, 0.5)))
    world.spawn(Position(metres(places(rng, 5))), Smoke(2.0, rng.integers(0, 30, 5)))
    throw(world, rng, 40)
    world.shuffle(int(rng.integers(1 << 32)))
    world.despawn(ended)


def throw(world: World, rng: Rng, n: int) -> None:
    world.spawn(
        Position(metres(places(rng, n))),
        Blast(
            rng.integers(0, 60, n),
            metres(rng.integers(0, 5 * ONE, n)),
            rng.integers(0, 12, n) * (rng.random(n) < 0.6),
            np.where(rng.random(n) < 0.5, rng.integers(0, 3, n), 0xFFFFFFFF),
        ),
    )


# --- agreement --------------------------------------------------------------------------------


def indices(world: World, *kinds: Any) -> NDArray[Any]:
    return (world.select(*kinds) & np.uint64(0xFFFFFFFF)).astype(np.intp)


def battle_of(world: World, combat: Combat) -> twin.Battle:
    """The world's present state, as the twin takes it."""
    count = len(world.entities.mask)
    has, data = {}, {}
    for kind in KINDS:
        name, ids = kind.layout.name, indices(world, kind)
        has[name], data[name] = np.zeros(count, np.bool_), np.zeros(count, kind.layout.dtype)
        has[name][ids] = True
        data[name][ids] = world.read(kind, raw=True)
    boxes, balls = listed(world)
    return twin.Battle(
        has, data, tuple(combat.abilities), combat, boxes, balls,
        world.seed, world.rate, world.tick, combat.navigation is not None,
    )  # fmt: skip


def listed(world: World) -> tuple[Any, Any]:
    """Boxes and clouds of the next tick."""

    def state(kind: Any) -> tuple[Any, Any]:
        owners = world.select(Position, kind)
        place = world.read(Position, owners, raw=True)["xyz"].astype(np.int64)
        return place, world.read(kind, owners, raw=True)

    static = [
        [np.rint(np.add(b.centre, np.multiply(b.half, sign)) * ONE) for sign in (-1, 1)]
        for b in STATIC
    ]
    place, barrier = state(Barrier)
    boxes, _ = sight.boxes(np.array(static, np.int64), place, barrier["half"].astype(np.int64))
    place, smoke = state(Smoke)
    radius, ticks = smoke["radius"].astype(np.int64), smoke["ticks"].astype(np.int64)
    return boxes, sight.smokes(place, radius, ticks)[0]


def differences(world: World, battle: twin.Battle) -> list[str]:
    """What differs between a world and its twin, for people."""
    found = []
    for kind in KINDS:
        if kind is Smoke:
            continue  # counted down by `Blockers`
        name, ids = kind.layout.name, indices(world, kind)
        now = world.read(kind, raw=True)
        for part in now.dtype.names or ():
            expected = battle.data[name][part][ids]
            unlike = (now[part] != expected).reshape(len(ids), -1).any(axis=1)
            found += [
                f"{name}.{part} of {ids[k]}: GPU {now[part][k]}, twin {expected[k]}"
                for k in np.flatnonzero(unlike)[:3]
            ]
    return found


@pytest.mark.parametrize("rate", [60, 24])
@pytest.mark.parametrize("navigates", [False, True], ids=["straight", "navigation"])
@pytest.mark.parametrize("seed", STREAMS)
def test_combat_agrees(seed: int, navigates: bool, rate: int) -> None:
    world, combat, rng = random_battle(seed, navigates, rate)
    world.tick = int(rng.integers(1000))
    fighters = world.select(*FIGHTER)
    struck = fell = 0
    for tick in range(25):
        if tick % 5 == 0:
            battle = battle_of(world, combat)
            twin.look(battle)
            world.set(fighters, random_orders(rng, battle, indices(world, *FIGHTER)))
        battle = battle_of(world, combat)
        world.step()
        twin.step(battle)
        assert differences(world, battle) == [], f"tick {tick}"
        assert world.events(Struck).tolist() == battle.struck
        assert world.events(Fell)["entity"].tolist() == battle.fell
        world.shuffle(tick)
        struck, fell = struck + len(battle.struck), fell + len(battle.fell)
    assert struck > 20
    assert fell > 5


# --- what always holds ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10, 14))
def test_what_always_holds(seed: int) -> None:
    world, combat, rng = random_battle(seed, False, 60)
    fighters = world.select(*FIGHTER)
    refused = 0
    for tick in range(30):
        if tick % 3 == 0:
            battle = battle_of(world, combat)
            twin.look(battle)
            world.set(fighters, random_orders(rng, battle, indices(world, *FIGHTER)))
        before = {kind: world.read(kind, fighters, raw=True) for kind in FIGHTER}
        world.step()
        after = {kind: world.read(kind, fighters, raw=True) for kind in FIGHTER}
        _check_points(before[Health], after[Health])
        _check_stores(before, after)
        refused += _check_refused(before, after)
    assert refused > 100


def _check_points(before: Any, after: Any) -> None:
    """Points never pass `most` unless they were above it, and fall to 0 at the lowest."""
    bound = np.maximum(before["points"], before["most"])
    assert (after["points"] <= np.maximum(bound, 0)).all()
    assert (after["points"] >= np.minimum(before["points"], 0)).all()


def _check_stores(before: dict[Any, Any], after: dict[Any, Any]) -> None:
    """Nothing is spent that is not there, and who is down spends nothing and stays where it is."""
    for what in ("smokes", "charges", "kits"):
        assert (after[Ammo][what] <= before[Ammo][what]).all(), what
    full = np.maximum(before[Ammo]["rounds"], before[Ammo]["most"])
    assert (after[Ammo]["rounds"] <= full).all()
    assert (after[Stamina]["points"] >= np.minimum(before[Stamina]["points"], 0)).all()
    down = before[Health]["points"] <= 0
    assert (after[Ammo][down] == before[Ammo][down]).all()
    assert (after[Stamina][down] == before[Stamina][down]).all()
    assert (after[Order]["state"][down] == 0).all()


def _check_refused(before: dict[Any, Any], after: dict[Any, Any]) -> int:
    """Who is refused at the beginning keeps everything; returns how many were."""
    waited = before[Order]["state"] == OrderState.WAITING
    rows = waited & (after[Order]["state"] == OrderState.REFUSED)
    assert (after[Order]["reason"][rows] > 0).all()
    assert (after[Ammo][rows] == before[Ammo][rows]).all()
    for part in ("ability", "whom", "ticks", "place"):
        assert (after[Order][part][rows] == before[Order][part][rows]).all(), part
    for counter in Cooldowns.layout.dtype.names or ():
        left = before[Cooldowns][counter][rows]
        assert (after[Cooldowns][counter][rows] == np.maximum(left, 1) - 1).all(), counter
    assert (after[Stance]["posture"][rows] >= before[Stance]["posture"][rows]).all()
    return int(rows.sum())
