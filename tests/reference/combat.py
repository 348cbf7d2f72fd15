"""NumPy twin of combat: agent by agent, in whole numbers, from the abilities as declared."""

from collections import Counter
from math import isqrt
from typing import Any

from .combat_battle import (
    BLOCKED,
    BOUNDS,
    COOLDOWN,
    DONE,
    FIGHTER,
    FINE,
    IDLE,
    NO_PATH,
    ONE,
    REFUSED,
    RESOURCE,
    SIGHT,
    TARGET,
    UNDER_WAY,
    UNKNOWN,
    WAITING,
    Battle,
    Body,
    Point,
    above,
    count_guards,
    distance2,
    end_order,
    eyes,
    free,
    lacks,
    look,
    q16,
    target_of,
    team,
    towards_zero,
)
from .combat_ways import walk
from .random import random4


def step(b: Battle) -> None:
    """One tick."""
    b.damage, b.gain, b.change = Counter(), Counter(), Counter()
    b.struck, b.fell, b.bodies = [], [], {}
    count_guards(b)
    look(b)
    ways = {i: _order(b, i) for i in b.ids(*FIGHTER)}
    for place, radius, damage, spares in _explode(b):
        _hurt(b, place, radius, damage, spares)
    for i in b.ids("Health"):
        _resolve(b, i)
    for i, way in ways.items():
        walk(b, i, *way)
    for i in b.ids("Morale"):
        _recover(b, i)
    b.tick += 1


# --- orders -----------------------------------------------------------------------------------


def _order(b: Battle, i: int) -> tuple[bool, bool, bool]:
    """Carry an order one tick on; whether it began now, was under way, and is over."""
    state = b.get(i, "Order", "state") & 7
    number = b.get(i, "Order", "ability")
    for counter in range(8):
        name = f"c{counter}"
        b.put(i, "Cooldowns", name, max(0, b.get(i, "Cooldowns", name) - 1))
    if not b.bodies[i].up:
        end_order(b, i)
        return False, False, False
    _regain(b, i)
    if state == WAITING and number == 0:
        state = IDLE
    b.put(i, "Order", "state", state)
    if state not in (WAITING, UNDER_WAY):
        return False, False, False
    if not 1 <= number <= len(b.abilities):
        b.put(i, "Order", "state", REFUSED)
        b.put(i, "Order", "reason", UNKNOWN)
        return False, False, False
    return _carry_out(b, i, b.abilities[number - 1], state == WAITING)


def _carry_out(b: Battle, i: int, ability: Any, begins: bool) -> tuple[bool, bool, bool]:
    lasts = b.lasts(ability)
    left = b.ticks(ability.windup) + lasts if begins else b.get(i, "Order", "ticks")
    period = b.ticks(ability.period)
    strikes = left == lasts or bool(period and 0 < left < lasts and (lasts - left) % period == 0)
    reason = FINE
    if begins or strikes:
        reason = _rules(b, i, ability, begins)
    b.put(i, "Order", "reason", reason)
    if reason:
        b.put(i, "Order", "state", REFUSED)
        return False, not begins, not begins
    if strikes:
        _strike(b, i, ability)
        _pay(b, i, ability)
    arrives = ability.walk.name in ("TO_PLACE", "TO_TARGET")
    b.put(i, "Order", "state", UNDER_WAY if left or arrives else DONE)
    b.put(i, "Order", "ticks", max(0, left - 1))
    return begins, True, left == 0


def _regain(b: Battle, i: int) -> None:
    missing = b.get(i, "Stamina", "most") - b.get(i, "Stamina", "points")
    if missing > 0:
        b.add(i, "Stamina", "points", min(missing, b.evenly(b.options.stamina)))


def _rules(b: Battle, i: int, ability: Any, begins: bool) -> int:
    """The first rule that fails, in the documented order."""
    armed = not ability.weapons or b.bodies[i].weapon in (None, *ability.weapons)
    return _means(b, i, ability, begins) or (_goal_rules(b, i, ability) if armed else RESOURCE)


def _means(b: Battle, i: int, ability: Any, begins: bool) -> int:
    """The first rule about the agent itself that fails."""
    if begins and ability.cooldown and b.get(i, "Cooldowns", f"c{ability.counter}"):
        return COOLDOWN
    for what in ("rounds", "smokes", "charges", "kits"):
        if b.get(i, "Ammo", what) < getattr(ability, what):
            return RESOURCE
    if b.get(i, "Stamina", "points") < ability.stamina:
        return RESOURCE
    if begins and ability.walk.name not in ("NONE", "HOLD") and lacks(b, i):
        return NO_PATH
    return FINE


def _goal_rules(b: Battle, i: int, ability: Any) -> int:
    """The first rule about what is aimed at that fails."""
    aims = ability.aims.name
    if aims == "NOTHING":
        return FINE
    me = b.bodies[i]
    if aims == "PLACE":
        return _place_rules(b, i, ability, me)
    it = target_of(b, i, ability)
    if it is None or not suits(aims, me, it):
        return TARGET
    if _is_far(ability, me.xyz, it.xyz):
        return BOUNDS
    if ability.sight and not free(b, eyes(b, me), eyes(b, it), smoke=True):
        return SIGHT
    return FINE


def _place_rules(b: Battle, i: int, ability: Any, me: Body) -> int:
    x, y, z = place = tuple(b.data["Order"]["place"][i].tolist())
    low, high = b.options.bounds.low, b.options.bounds.high
    inside = [q16(u) <= v <= q16(w) for u, v, w in zip(low, place, high, strict=True)]
    if not all(inside) or _is_far(ability, me.xyz, place):
        return BOUNDS
    ground = (x, above(y, q16(b.options.eyes[2])), z)
    if not free(b, ground, ground, smoke=False):
        return BLOCKED
    if ability.sight and not free(b, eyes(b, me), place, smoke=True):
        return SIGHT
    return FINE


def _is_far(ability: Any, a: Point, c: Point) -> bool:
    return ability.reach > 0 and distance2(a, c) > q16(ability.reach) ** 2


def suits(aims: str, me: Body, it: Body) -> bool:
    ours = me.team == it.team != 0
    return {
        "SELF": it.up,
        "ENEMY": it.up and me.team != it.team and 0 not in (me.team, it.team),
        "ALLY": it.up and ours,
        "DOWNED_ALLY": not it.up and ours,
        "ANYONE": it.up,
    }[aims]


def _strike(b: Battle, i: int, ability: Any) -> None:
    if ability.aims.name in ("NOTHING", "PLACE"):
        return
    whom = i if ability.aims.name == "SELF" else b.get(i, "Order", "whom")
    me, it = b.bodies[i], b.bodies[whom]
    if it.mortal:
        roll = int(random4(b.seed, b.tick, i, 101)[0]) >> 16
        if ability.damage and roll < _chance(b, ability, me, it):
            b.damage[whom] += ability.damage
        b.gain[whom] += ability.heal if it.up else ability.revive
    b.change[whom] += q16(ability.rally) - q16(ability.suppress)


def _chance(b: Battle, ability: Any, me: Body, it: Body) -> int:
    near = q16(ability.accuracy)
    far = near if ability.accuracy_far is None else q16(ability.accuracy_far)
    if ability.reach:
        part = isqrt(distance2(me.xyz, it.xyz)) * ONE // q16(ability.reach)
        near -= (near - far) * part >> 16
    chance = near * q16(b.options.exposure[it.posture]) >> 16
    x, y, z = eyes(b, it)
    middle = x, towards_zero(y, 2) + towards_zero(it.xyz[1], 2), z
    if ability.sight and not free(b, eyes(b, me), middle, smoke=True):
        chance = chance * q16(b.options.cover) >> 16
    return chance


def _pay(b: Battle, i: int, ability: Any) -> None:
    for what in ("rounds", "smokes", "charges", "kits"):
        b.add(i, "Ammo", what, -getattr(ability, what))
    b.add(i, "Stamina", "points", -ability.stamina)
    counter = f"c{ability.counter}"
    wait = max(b.get(i, "Cooldowns", counter), b.ticks(ability.cooldown))
    b.put(i, "Cooldowns", counter, wait)
    if ability.reload:
        b.put(i, "Ammo", "rounds", b.get(i, "Ammo", "most"))
    missing = b.get(i, "Stamina", "most") - b.get(i, "Stamina", "points")
    b.add(i, "Stamina", "points", max(0, min(ability.rest, missing)))
    if ability.posture is not None:
        b.put(i, "Stance", "posture", int(ability.posture))
    if ability.guard:
        b.put(i, "Stance", "guard", int(ability.guard))
        b.put(i, "Stance", "ticks", b.ticks(ability.guard_lasts))


# --- blasts and results -----------------------------------------------------------------------


def _explode(b: Battle) -> list[tuple[Point, int, int, int]]:
    """Place, radius, damage and spared team of what explodes; fuses burn down."""
    found = []
    for i in b.ids("Position", "Blast"):
        fuse, damage = b.get(i, "Blast", "fuse"), b.get(i, "Blast", "damage")
        if damage > 0 and fuse > 0:
            b.put(i, "Blast", "fuse", fuse - 1)
        elif damage > 0 and len(found) < 64:
            x, y, z = b.data["Position"]["xyz"][i].tolist()
            spares = team(b.get(i, "Blast", "spares"))
            found.append(((x, y, z), b.get(i, "Blast", "radius"), damage, spares))
            b.put(i, "Blast", "damage", 0)
    return found


def _hurt(b: Battle, place: Point, radius: int, damage: int, spares: int) -> None:
    for i in b.ids("Position", "Health"):
        me = b.bodies[i]
        left = radius - isqrt(distance2(place, me.xyz))
        if left <= 0 or not me.up or (spares and spares == me.team):
            continue
        if free(b, place, eyes(b, me), smoke=False):
            b.damage[i] += damage * (left * ONE // radius) >> 16


def _resolve(b: Battle, i: int) -> None:
    points, most = b.get(i, "Health", "points"), b.get(i, "Health", "most")
    damage, gain = b.damage[i], b.gain[i]
    if points <= 0:
        if gain:
            b.put(i, "Health", "points", max(0, min(gain, most)))
        return
    guard = b.get(i, "Stance", "guard") if b.has["Stance"][i] else 0
    loss = {1: damage - damage // 2, 2: 0, 3: 0}.get(guard, damage)
    if damage:
        b.struck.append((i, min(loss, points)))
        if guard == 3:
            b.put(i, "Stance", "guard", 0)
            b.put(i, "Stance", "ticks", 0)
    points -= loss
    if points <= 0:
        _fall(b, i)
    else:
        b.put(i, "Health", "points", max(points, min(points + gain, most)))


def _fall(b: Battle, i: int) -> None:
    b.fell.append(i)
    b.put(i, "Health", "points", 0)
    if i in b.bodies:
        b.bodies[i].up = False
    if b.has["Stance"][i]:
        for part, value in (("posture", 2), ("guard", 0), ("ticks", 0)):
            b.put(i, "Stance", part, value)


def _recover(b: Battle, i: int) -> None:
    level, calm = b.get(i, "Morale", "level"), q16(b.options.calm)
    if level < calm:
        level = min(calm, level + b.evenly(q16(b.options.morale)))
    b.put(i, "Morale", "level", min(max(level + b.change[i], 0), ONE))
