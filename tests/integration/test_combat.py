"""Combat as a player sees it: duels, cover, smoke, grenades, guards, and why orders are refused."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from astraweave import (
    FIGHTER,
    NOBODY,
    Ability,
    Aims,
    Ammo,
    Blast,
    Blockers,
    Bounds,
    Box,
    Combat,
    Cooldowns,
    Entity,
    Fell,
    Goal,
    Gpu,
    Guard,
    Health,
    Morale,
    Motion,
    Obstacles,
    Order,
    OrderState,
    Position,
    Posture,
    Reason,
    Recorder,
    Smoke,
    Stamina,
    Stance,
    Steering,
    Struck,
    Team,
    Velocity,
    Walk,
    World,
    replay,
)
from astraweave.errors import UsageError
from astraweave.sim.navigation import Destination, FlowTarget, Navigation, Route

ENEMY = Aims.ENEMY
ROWS = (
    Ability("Attack", ENEMY, 30.0, True, rounds=1, cooldown=0.5, damage=10, accuracy_far=0.2),
    Ability("Snipe", ENEMY, 30.0, True, damage=10, accuracy=0.8),
    Ability("Strike", ENEMY, 2.0, damage=15, windup=0.2),
    Ability("Block", Aims.SELF, guard=Guard.BLOCK, guard_lasts=1.0, stamina=10),
    Ability("Dodge", Aims.SELF, guard=Guard.DODGE, guard_lasts=0.1, stamina=10),
    Ability("Parry", Aims.SELF, guard=Guard.PARRY, guard_lasts=1.0),
    Ability("CoverFire", ENEMY, 30.0, True, rounds=1, lasts=1.0, period=0.1, suppress=0.05),
    Ability("Heal", Aims.ALLY, 2.0, kits=1, heal=50),
    Ability("Revive", Aims.DOWNED_ALLY, 2.0, windup=0.5, revive=25),
    Ability("Reload", reload=True, windup=1.0),
    Ability("Crouch", Aims.SELF, posture=Posture.CROUCH),
    Ability("Cheer", Aims.ALLY, 10.0, rally=0.3),
    Ability("Throw", Aims.PLACE, 15.0, True, charges=1),
    Ability("MoveTo", Aims.PLACE, walk=Walk.TO_PLACE, speed=2.0),
    Ability("Hurry", Aims.PLACE, walk=Walk.TO_PLACE, speed=2.0, lasts=1.0),
    Ability("Approach", Aims.ANYONE, walk=Walk.TO_TARGET, speed=2.0, arrive=1.0),
    Ability("Retreat", ENEMY, walk=Walk.FROM_TARGET, speed=2.0, lasts=1.0),
    Ability("Strafe", ENEMY, walk=Walk.AROUND_TARGET, speed=2.0, lasts=3.0),
    Ability("Follow", Aims.ALLY, walk=Walk.FOLLOW_TARGET, speed=2.0, lasts=4.0, arrive=1.0),
    Ability("Hold", walk=Walk.HOLD, lasts=1.0),
    Ability("Breathe", rest=30),
)
LOW_WALL = Box((2.5, 0.7, 0), (0.1, 0.7, 3))  # 1.4 m high, between (0, 0, 0) and (5, 0, 0)
HIGH_WALL = Box((2.5, 1.5, 0), (0.1, 1.5, 3))
Place = tuple[float, float, float]


class Arena:
    """A world with combat and people in it."""

    def __init__(self, gpu: Gpu, boxes: Sequence[Box] = (), **options: Any) -> None:
        self.world = World(gpu, seed=3)
        self.combat = Combat(ROWS, Blockers(boxes), **options)
        walls = Obstacles(tuple(boxes), radius=0.3, flat=True)
        self.world.use(Steering(), Motion(), walls, self.combat.blockers, self.combat)

    def fighter(self, place: Place, team: int = 0, **parts: Any) -> Entity:
        """Somebody who can do everything; `parts` replace components by name."""
        made: dict[str, Any] = {
            kind.__name__: kind()
            for kind in (Health, Stamina, Ammo, Cooldowns, Stance, Morale, Velocity)
        }
        made |= {"Order": Order(), "Goal": Goal(place), "Team": Team(team)} | parts
        found = self.world.spawn(Position(place), *made.values())
        assert isinstance(found, Entity)
        return found

    def order(self, who: Entity, name: str, whom: Entity | None = None, **values: Any) -> None:
        target = NOBODY if whom is None else whom.index
        self.world.set(who, Order(self.combat.number(name), target, **values))

    def said(self, who: Entity) -> tuple[OrderState, Reason]:
        """State and reason of somebody's order."""
        order = self.world.read(Order, who)
        return OrderState(order["state"]), Reason(order["reason"])

    def outcome(self, who: Entity, *order: Any, ticks: int = 1, **values: Any) -> Any:
        """State and reason after some ticks of an order."""
        self.order(who, *order, **values)
        self.world.step(ticks)
        return self.said(who)

    def points(self, who: Entity) -> int:
        return int(self.world.read(Health, who)["points"])


@pytest.fixture
def arena(gpu: Gpu) -> Callable[..., Arena]:
    return lambda *boxes, **options: Arena(gpu, boxes, **options)


MakeArena = Callable[..., Arena]
DONE = (OrderState.DONE, Reason.NONE)


def refused(reason: Reason) -> tuple[OrderState, Reason]:
    return OrderState.REFUSED, reason


# --- duels ------------------------------------------------------------------------------------


def test_an_enemy_at_five_metres_is_defeated_within_600_ticks(arena: MakeArena) -> None:
    a = arena()
    me, it = a.fighter((0, 0, 0)), a.fighter((5, 0, 0), team=1)
    fallen = []
    for tick in range(600):
        if a.said(me)[0] is not OrderState.UNDER_WAY:
            a.order(me, "Attack", it)
        a.world.step()
        fallen += [(tick, int(one["entity"])) for one in a.world.events(Fell)]
    assert [who for _, who in fallen] == [it.index]
    assert a.points(it) == 0
    assert int(a.world.read(Ammo, me)["rounds"]) >= 10
    assert a.said(me) == refused(Reason.INVALID_TARGET)  # there is nobody left to attack


def test_who_is_down_does_nothing_and_does_not_move(arena: MakeArena) -> None:
    a = arena()
    me, it = a.fighter((0, 0, 0)), a.fighter((1, 0, 0), team=1, Health=Health(10))
    a.order(it, "MoveTo", place=(9, 0, 0))
    a.world.step(30)
    a.order(me, "Strike", it)
    a.world.step(13)
    assert a.points(it) == 0
    assert a.said(it) == (OrderState.IDLE, Reason.NONE)
    where = a.world.read(Position, it)
    assert where[0] > 1.3
    a.order(it, "MoveTo", place=(9, 0, 0))
    a.world.step(60)
    assert a.said(it) == (OrderState.IDLE, Reason.NONE)
    assert np.array_equal(a.world.read(Position, it), where)
    assert np.array_equal(a.world.read(Velocity, it), (0, 0, 0))
    assert a.world.read(Stance, it)["posture"] == Posture.PRONE


def test_a_windup_comes_before_the_effect_and_a_fallen_target_ends_it(arena: MakeArena) -> None:
    a = arena()
    me, other, it = (a.fighter((x, 0, 0), team=int(x == 1)) for x in (0, 2, 1))
    assert a.outcome(me, "Strike", it, ticks=12) == (OrderState.UNDER_WAY, Reason.NONE)
    assert a.points(it) == 100
    a.world.step()
    assert (a.points(it), a.said(me)) == (85, DONE)
    a.world.set(it, Health(15))
    a.order(other, "Strike", it)
    a.world.step(5)
    assert a.outcome(me, "Strike", it, ticks=13) == refused(Reason.INVALID_TARGET)


def test_repeated_effects_pay_each_time_and_end_without_ammunition(arena: MakeArena) -> None:
    a = arena()
    me, it = a.fighter((0, 0, 0)), a.fighter((5, 0, 0), team=1)
    a.order(me, "CoverFire", it)
    a.world.step(61)
    assert a.said(me) == DONE
    assert int(a.world.read(Ammo, me)["rounds"]) == 20  # ten times in a second
    assert 0.3 < float(a.world.read(Morale, it)) < 0.35  # half of 0.8 less what recovered
    a.world.set(me, Ammo(rounds=3))
    assert a.outcome(me, "CoverFire", it, ticks=61) == refused(Reason.INSUFFICIENT_RESOURCE)
    assert int(a.world.read(Ammo, me)["rounds"]) == 0


def test_cooldowns_last_as_long_as_they_say(arena: MakeArena) -> None:
    a = arena()
    me, it = a.fighter((0, 0, 0)), a.fighter((5, 0, 0), team=1, Health=Health(1000, 1000))
    assert a.outcome(me, "Attack", it) == DONE
    assert a.outcome(me, "Attack", it, ticks=29) == refused(Reason.COOLDOWN)
    assert a.outcome(me, "Snipe", it) == DONE  # has none, whatever the counter says
    assert a.outcome(me, "Attack", it) == DONE


# --- sight, cover, smoke ----------------------------------------------------------------------


@pytest.mark.parametrize(("posture", "hidden"), [(0, False), (1, True), (2, True)])
def test_a_low_wall_hides_who_crouches(arena: MakeArena, posture: int, hidden: bool) -> None:
    a = arena(LOW_WALL)
    me = a.fighter((0, 0, 0))
    it = a.fighter((5, 0, 0), team=1, Stance=Stance(posture))
    expected = refused(Reason.NO_LINE_OF_SIGHT) if hidden else DONE
    assert a.outcome(me, "Attack", it) == expected
    a.world.set(me, Stance(Posture.CROUCH))
    assert a.outcome(me, "Snipe", it) == refused(Reason.NO_LINE_OF_SIGHT)


def hits(a: Arena, **parts: Any) -> float:
    """Part of 400 shots that hit somebody at (5, 0, 0)."""
    it = a.fighter((5, 0, 0), team=1, Health=Health(10**6, 10**6), **parts)
    shooters = [a.fighter((0, 0, 0)) for _ in range(20)]
    for _ in range(20):
        for one in shooters:
            a.order(one, "Snipe", it)
        a.world.step()
    return (10**6 - a.points(it)) / 4000


def test_posture_and_cover_make_it_harder_to_hit(arena: MakeArena) -> None:
    open_field = [hits(arena(), Stance=Stance(posture)) for posture in Posture]
    assert np.abs(np.array(open_field) - (0.8, 0.6, 0.4)).max() < 0.07
    assert abs(hits(arena(LOW_WALL)) - 0.4) < 0.07  # eyes in sight, the middle is not


def test_accuracy_falls_with_the_distance(arena: MakeArena) -> None:
    def at(x: float) -> int:
        a = arena()
        it = a.fighter((x, 0, 0), team=1, Health=Health(10**6, 10**6))
        me = [a.fighter((0, 0, 0)) for _ in range(100)]
        for one in me:
            a.order(one, "Attack", it)
        a.world.step()
        return (10**6 - a.points(it)) // 10

    assert at(0.0) == 100
    assert 45 <= at(15.0) <= 75
    assert 8 <= at(30.0) <= 33


def test_smoke_blocks_sight_until_it_is_gone(arena: MakeArena) -> None:
    a = arena()
    me, it = a.fighter((0, 0, 0)), a.fighter((5, 0, 0), team=1)
    a.world.spawn(Position((2.5, 1, 0)), Smoke(1.0, 10))
    assert a.outcome(me, "Attack", it, ticks=10) == refused(Reason.NO_LINE_OF_SIGHT)
    assert a.outcome(me, "Attack", it) == DONE


# --- blasts -----------------------------------------------------------------------------------


def test_a_blast_falls_off_and_stops_at_walls(arena: MakeArena) -> None:
    a = arena(HIGH_WALL)
    near, middle, far = (a.fighter((-x, 0, 0)) for x in (0, 2, 4))
    behind = a.fighter((3, 0, 0))
    grenade = a.world.spawn(Position((0, 0, 0)), Blast(80, 4.0, fuse=3))
    a.world.spawn(Position((0, 1, 0)), Smoke(1.0))  # keeps off nothing
    a.world.step(3)
    assert a.points(near) == 100
    a.world.step()
    assert [a.points(one) for one in (near, middle, far, behind)] == [20, 60, 100, 100]
    assert a.world.events(Struck).tolist() == [(near.index, 80), (middle.index, 40)]
    assert a.world.read(Blast, grenade)["damage"] == 0
    a.world.step(10)
    assert a.points(near) == 20


def test_a_blast_can_spare_a_team(arena: MakeArena) -> None:
    a = arena()
    mine, other, none = a.fighter((0, 0, 0)), a.fighter((0, 0, 0), team=1), a.fighter((0, 0, 0))
    a.world.detach(none, Team)
    a.world.spawn(Position((0, 0, 0)), Blast(30, 2.0, spares=0))
    a.world.step()
    assert [a.points(one) for one in (mine, other, none)] == [100, 70, 70]


def test_more_than_64_blasts_at_once_take_turns(arena: MakeArena) -> None:
    a = arena()
    it = a.fighter((0, 0, 0), Health=Health(1000, 1000))
    a.world.spawn(Position(np.zeros((150, 3))), Blast(1, 2.0))
    left = []
    for tick in range(4):
        a.world.shuffle(tick)
        a.world.step()
        left.append(a.points(it))
    assert left == [936, 872, 850, 850]


# --- guards, help -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guard", "left"),
    [(Guard.NONE, (70, 40)), (Guard.BLOCK, (85, 70)), (Guard.DODGE, (100, 100)),
     (Guard.PARRY, (100, 70))],
)  # fmt: skip
def test_guards(arena: MakeArena, guard: Guard, left: tuple[int, int]) -> None:
    a = arena()
    it = a.fighter((1, 0, 0), Stance=Stance(0, guard, 100))
    for expected in left:
        a.world.spawn(Position((1, 0, 0)), Blast(30, 2.0))
        a.world.step()
        assert a.points(it) == expected
    assert a.world.events(Struck)["entity"].tolist() == [it.index]


def test_a_guard_is_taken_in_time_and_ends(arena: MakeArena) -> None:
    a = arena()
    it = a.fighter((1, 0, 0))
    for delay in range(8):
        if delay == 0:
            a.order(it, "Dodge")  # for 6 ticks, this one included
        a.world.spawn(Position((1, 0, 0)), Blast(10, 2.0))
        a.world.step()
    assert a.points(it) == 80
    assert a.world.read(Stance, it)["guard"] == Guard.NONE
    assert int(a.world.read(Stamina, it)["points"]) == 90


def test_healing_stops_at_most_and_comes_after_damage(arena: MakeArena) -> None:
    a = arena()
    me, it = a.fighter((0, 0, 0)), a.fighter((1, 0, 0), Health=Health(80))
    assert a.outcome(me, "Heal", it) == DONE
    assert (a.points(it), int(a.world.read(Ammo, me)["kits"])) == (100, 0)
    a.world.set(it, Health(30))
    a.world.set(me, Ammo())
    a.world.spawn(Position((1, 0, 0)), Blast(30, 0.5))
    assert a.outcome(me, "Heal", it) == DONE
    assert a.points(it) == 0, "who falls in the same tick is not healed"


def test_revive_and_reload(arena: MakeArena) -> None:
    a = arena()
    me, it = a.fighter((0, 0, 0), Ammo=Ammo(0, 12)), a.fighter((1, 0, 0), Health=Health(0))
    assert a.outcome(me, "Revive", it, ticks=31) == DONE
    assert a.points(it) == 25
    assert a.outcome(it, "Heal", it) == DONE
    assert a.outcome(me, "Revive", it) == refused(Reason.INVALID_TARGET)
    assert a.outcome(me, "Reload", ticks=61) == DONE
    assert int(a.world.read(Ammo, me)["rounds"]) == 12


def test_stamina_and_morale_come_back_evenly(arena: MakeArena) -> None:
    a = arena(stamina=7, morale=0.25, calm=0.75)
    me, it = a.fighter((0, 0, 0), Stamina=Stamina(0)), a.fighter((1, 0, 0), Morale=Morale(0))
    a.world.step(60)
    assert int(a.world.read(Stamina, me)["points"]) == 7
    assert float(a.world.read(Morale, it)) == 0.25
    a.world.step(600)
    assert float(a.world.read(Morale, it)) == 0.75
    assert a.outcome(me, "Cheer", it) == DONE
    assert float(a.world.read(Morale, it)) == pytest.approx(1.0)
    a.world.set(me, Stamina(90))
    assert a.outcome(me, "Breathe") == DONE
    assert int(a.world.read(Stamina, me)["points"]) == 100


# --- walking ----------------------------------------------------------------------------------


def test_walking_arrives(arena: MakeArena) -> None:
    a = arena()
    me, it = a.fighter((0, 0, 0)), a.fighter((0, 0, 6))
    assert a.outcome(me, "MoveTo", place=(4, 0, 0)) == (OrderState.UNDER_WAY, Reason.NONE)
    a.world.step(240)
    assert a.said(me) == DONE
    assert np.linalg.norm(a.world.read(Position, me) - (4, 0, 0)) < 0.5
    assert a.outcome(me, "Approach", it, ticks=300) == DONE
    assert np.linalg.norm(a.world.read(Position, me) - (0, 0, 6)) < 1.1


def test_a_wall_in_the_way_ends_a_walk_in_time(arena: MakeArena) -> None:
    a = arena(HIGH_WALL)
    me = a.fighter((0, 0, 0))
    assert a.outcome(me, "Hurry", place=(5, 0, 0), ticks=61) == refused(Reason.PHYSICS_BLOCKED)
    there = a.world.read(Goal, me)["position"]
    a.world.step(300)
    assert np.linalg.norm(a.world.read(Position, me) - there) < 0.05, "it stopped where it was"


def test_retreat_strafe_follow_and_hold(arena: MakeArena) -> None:
    a = arena()
    me, it = a.fighter((0, 0, 0)), a.fighter((5, 0, 0), team=1)
    assert a.outcome(me, "Retreat", it, ticks=61) == DONE
    assert -2.5 < a.world.read(Position, me)[0] < -1
    start = a.world.read(Position, me)
    assert a.outcome(me, "Strafe", it, ticks=181) == DONE
    place = a.world.read(Position, me)
    assert abs(np.linalg.norm(place - (5, 0, 0)) - np.linalg.norm(start - (5, 0, 0))) < 0.5
    assert np.linalg.norm(place - start) > 3
    friend = a.fighter((9, 0, 9))
    a.order(me, "Hold")
    a.order(friend, "Follow", me)
    a.world.step(60)
    assert a.said(friend)[0] is OrderState.UNDER_WAY
    assert np.linalg.norm(a.world.read(Velocity, me)) < 0.1
    a.order(me, "MoveTo", place=(8, 0, 8))
    a.world.step(181)
    assert a.said(friend) == DONE


def test_navigation_leads_around_a_wall_or_says_that_there_is_no_way(gpu: Gpu) -> None:
    wall, low = Box((2.5, 1.5, 0), (0.25, 1.5, 3)), (-8.0, -8.0)
    cage = [Box((5 + x, 1.5, z), (0.25 + abs(z), 1.5, 0.25 + abs(x))) for x, z in
            ((1.5, 0.0), (-1.5, 0.0), (0.0, 1.5), (0.0, -1.5))]  # fmt: skip
    for boxes, expected in ([[wall], DONE], [cage, refused(Reason.NO_PATH)]):
        blockers = Blockers(boxes)
        navigation = Navigation(blockers, (16.0, 16.0), low=low)
        combat = Combat(ROWS, blockers, navigation)
        world = World(gpu, seed=1)
        walls = Obstacles(tuple(boxes), radius=0.3, flat=True)
        world.use(Steering(), Motion(), walls, blockers, navigation, combat)
        world.spawn(FlowTarget((5, 0, 0), 0))
        a = Arena.__new__(Arena)
        a.world, a.combat = world, combat
        me = a.fighter((0, 0, 0), Destination=Destination((0, 0, 0), 0), Route=Route())
        world.step(2)
        assert a.outcome(me, "MoveTo", place=(5, 0, 0), ticks=600) == expected


# --- every reason -----------------------------------------------------------------------------


def test_every_reason(arena: MakeArena) -> None:
    a = arena(HIGH_WALL, bounds=Bounds.flat(50))
    me, it = a.fighter((1, 0, 0)), a.fighter((4, 0, 0), team=1)
    far, friend = a.fighter((40, 0, 9), team=1), a.fighter((1, 0, 1))
    stuck = a.fighter((1, 0, 2), Ammo=Ammo(0, 0, 0, 0, 0))
    a.world.detach(stuck, Goal)
    found = {
        a.outcome(me, "Attack", it)[1],
        a.outcome(me, "Attack", far)[1],
        a.outcome(me, "MoveTo", place=(-1, 0, 0))[1],
        a.outcome(me, "MoveTo", place=(2.5, 0, 1))[1],
        a.outcome(me, "Throw", place=(4, 0, 0))[1],
        a.outcome(me, "Attack", friend)[1],
        a.outcome(me, "Attack")[1],
        a.outcome(stuck, "Heal", friend)[1],
        a.outcome(stuck, "MoveTo", place=(9, 0, 0))[1],
        a.outcome(me, "Hold")[1],
    }
    assert a.outcome(me, "Attack", it)[1] is Reason.NO_LINE_OF_SIGHT
    assert a.outcome(me, "Attack", far)[1] is Reason.OUT_OF_BOUNDS
    assert a.outcome(me, "MoveTo", place=(-1, 0, 0))[1] is Reason.OUT_OF_BOUNDS
    assert a.outcome(me, "MoveTo", place=(2.5, 0, 1))[1] is Reason.PHYSICS_BLOCKED
    assert a.outcome(me, "Attack", friend)[1] is Reason.INVALID_TARGET
    assert a.outcome(stuck, "Heal", friend)[1] is Reason.INSUFFICIENT_RESOURCE
    assert a.outcome(stuck, "MoveTo", place=(9, 0, 0))[1] is Reason.NO_PATH
    a.world.set(it, Position((1, 0, 4)))
    assert a.outcome(me, "Attack", it)[1] is Reason.NONE
    found |= {a.outcome(me, "Attack", it)[1]}
    a.world.set(me, Order(len(ROWS) + 1))
    a.world.step()
    found |= {a.said(me)[1]}
    assert found == set(Reason)


# --- the rules of the engine ------------------------------------------------------------------


def melee(gpu: Gpu) -> World:
    """Forty of each team around each other, all attacking their neighbour in the list."""
    a = Arena(gpu, [LOW_WALL])
    rng = np.random.default_rng(5)
    for i in range(80):
        x, z = rng.uniform(-6, 6, 2)
        a.fighter((float(x), 0, float(z)), team=i % 2)

    @a.world.system("ai_planning", reads=(Order,), writes=(Order,), every=5)
    def fight(context: Any) -> None:
        who = context.percept.handles(Order)
        ability = 1 + (context.tick // 5 + np.arange(80)) % len(ROWS)
        whom = (np.arange(80) + 1 + context.tick // 7 % 9) % 80
        context.set(who, Order(ability, whom, place=context.rng().uniform(-6, 6, (80, 3))))

    return a.world


def test_shuffled_slots_restored_snapshots_and_replays_give_the_same(gpu: Gpu) -> None:
    plain, shuffled = melee(gpu), melee(gpu)
    recorder = Recorder(plain, "melee", {})
    middle = None
    for tick in range(120):
        if tick == 60:
            middle = shuffled.snapshot()
        plain.step()
        shuffled.shuffle(tick)
        shuffled.step()
    assert plain.checksum().differing(shuffled.checksum()) == []
    assert plain.read(Health)["points"].min() < 90, "they fought"
    assert replay(recorder.finish(), melee(gpu)).hex == plain.checksum().hex
    assert middle is not None
    after = shuffled.checksum().hex
    shuffled.restore(middle)
    assert shuffled.checksum().hex != after


# --- what cannot be ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": ""}, "an ability needs a name"),
        ({"aims": 2}, r"aims must be one of Aims.NOTHING, .* got 2"),
        ({"posture": "low"}, "posture must be one of"),
        ({"aims": ENEMY, "damage": -1}, "ability x: damage must be a whole number, 0 to 10000"),
        ({"aims": ENEMY, "damage": 2.5}, "damage must be a whole number"),
        ({"damage": 5}, r"ability x: \['damage'\] need a target; set aims"),
        ({"aims": Aims.PLACE, "heal": 5}, "need a target"),
        ({"aims": Aims.ALLY, "revive": 5}, "revive needs aims=Aims.DOWNED_ALLY"),
        ({"aims": Aims.DOWNED_ALLY, "heal": 5}, "revived, not healed"),
        ({"sight": True}, "sight needs a target or place"),
        ({"sight": 1}, "sight must be True or False"),
        ({"reach": 3}, "reach needs a target"),
        ({"aims": ENEMY, "reach": 1e9}, "reach must be 0 to 16384"),
        ({"aims": ENEMY, "damage": 1, "accuracy": 1.5}, "accuracy must be 0 to 1"),
        ({"cooldown": -1}, "cooldown must be 0 to 3600 seconds"),
        ({"cooldown": float("nan")}, "cooldown must be a finite number"),
        ({"counter": 8}, "counter must be a whole number, 0 to 7"),
        ({"period": 1.0}, "period needs lasts"),
        ({"guard": Guard.BLOCK}, "guard and guard_lasts need each other"),
        ({"guard_lasts": 1.0}, "guard and guard_lasts need each other"),
        ({"walk": Walk.TO_PLACE}, "Walk.TO_PLACE needs aims=Aims.PLACE"),
        ({"walk": Walk.TO_TARGET}, "Walk.TO_TARGET needs another agent"),
        ({"walk": Walk.FROM_TARGET, "aims": ENEMY}, "Walk.FROM_TARGET needs lasts"),
    ],
)
def test_impossible_abilities_are_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Ability(**{"name": "x"} | values)


def test_impossible_combat_is_named() -> None:
    blockers = Blockers()
    for wrong, message in [
        ({"abilities": "Attack"}, "must be a sequence of Ability"),
        ({"abilities": [Ability("a"), Ability("a")]}, "two abilities are named 'a'"),
        ({"blockers": None}, "blockers must be Blockers"),
        ({"navigation": 3}, "navigation must be Navigation"),
        ({"bounds": None}, "bounds must be Bounds"),
        ({"eyes": (1, 2)}, "combat eyes must be three finite numbers"),
        ({"cover": 2}, "combat cover must be 0 to 1"),
        ({"stamina": 0.5}, "combat stamina must be a whole number"),
    ]:
        given: dict[str, Any] = {"abilities": ROWS, "blockers": blockers} | wrong
        with pytest.raises(UsageError, match=message):
            Combat(**given)
    with pytest.raises(UsageError, match="no ability 'Dance'; there is Attack, Snipe"):
        Combat(ROWS, blockers).number("Dance")


def test_a_fighter_has_what_fighter_names(gpu: Gpu) -> None:
    a = Arena(gpu)
    me = a.fighter((0, 0, 0))
    assert a.world.select(*FIGHTER).tolist() == [me.index]
