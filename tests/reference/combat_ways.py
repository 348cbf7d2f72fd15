"""Where orders lead: the part of the twin of combat that moves agents."""

from collections.abc import Callable
from math import isqrt
from typing import Any

import numpy as np

from . import fixed
from .combat_battle import (
    BLOCKED,
    DONE,
    FINE,
    NO_PATH,
    ONE,
    REFUSED,
    TARGET,
    UNDER_WAY,
    Battle,
    Body,
    Point,
    end_order,
    lacks,
    q16,
    target_of,
    towards_zero,
)


def walk(b: Battle, i: int, began: bool, goes: bool, over: bool) -> None:
    me = b.bodies[i]
    if not me.up:
        end_order(b, i)
        _stop(b, i)
        if b.has["Velocity"][i]:
            b.put(i, "Velocity", "xyz", 0)
        return
    ability = b.abilities[b.get(i, "Order", "ability") - 1] if goes else None
    if ability is None or ability.walk.name == "NONE":
        return
    if b.get(i, "Order", "state") != UNDER_WAY or ability.walk.name == "HOLD":
        _stop(b, i)
        return
    state, reason, place = _way(b, i, ability, began, over)
    b.put(i, "Order", "state", state)
    b.put(i, "Order", "reason", reason)
    if place is None:
        _stop(b, i)
    else:
        _send(b, i, place, ability)


def _way(b: Battle, i: int, ability: Any, began: bool, over: bool) -> tuple[int, int, Any]:
    """State and reason of an order that walks, and where it leads (None: it stops)."""
    me, it, walk = b.bodies[i], target_of(b, i, ability), ability.walk.name
    if walk == "TO_PLACE":
        it = Body(tuple(b.data["Order"]["place"][i].tolist()))
    if it is None:
        return REFUSED, TARGET, None
    half = [towards_zero(me.xyz[k], 2) - towards_zero(it.xyz[k], 2) for k in (0, 2)]
    near = isqrt(half[0] ** 2 + half[1] ** 2) <= q16(ability.arrive) // 2
    if near and walk in ("TO_PLACE", "TO_TARGET"):
        return DONE, FINE, it.xyz if walk == "TO_PLACE" else None
    if over:
        return REFUSED, BLOCKED, None
    if lacks(b, i) or (b.navigates and not began and b.get(i, "Route", "status") == 3):
        return REFUSED, NO_PATH, None
    if near and walk == "FOLLOW_TARGET":
        return UNDER_WAY, FINE, None
    leads: dict[str, Callable[[], Point]] = {
        "FROM_TARGET": lambda: _away(b, me.xyz, it.xyz),
        "AROUND_TARGET": lambda: _around(b, me.xyz, it.xyz, i),
    }
    return UNDER_WAY, FINE, leads.get(walk, lambda: it.xyz)()


def _stop(b: Battle, i: int) -> None:
    _set_out(b, i, b.bodies[i].xyz)
    if not lacks(b, i):
        b.put(i, "Goal", "position", b.bodies[i].xyz)


def _set_out(b: Battle, i: int, place: Point) -> None:
    """Tell who leads the agent, navigation or steering."""
    if not lacks(b, i):
        name, part = ("Destination", "place") if b.navigates else ("Goal", "position")
        b.put(i, name, part, place)


def _send(b: Battle, i: int, place: Point, ability: Any) -> None:
    _set_out(b, i, place)
    if ability.speed:
        b.put(i, "Goal", "speed", q16(ability.speed))
    if b.navigates:
        b.put(i, "Destination", "arrive", q16(ability.arrive))


def _bounded(b: Battle, place: Any) -> list[int]:
    low, high = b.options.bounds.low, b.options.bounds.high
    return [min(max(v, q16(u)), q16(w)) for u, v, w in zip(low, place, high, strict=True)]


def _unit(d: list[int]) -> list[int]:
    """d / |d| in Q16.16 as the shader rounds it."""
    units = fixed.normalize_q30(np.array([d], np.int32))[0].tolist()
    return [towards_zero(v, 1 << 14) for v in units]


def _half(a: Any, c: Any) -> list[int]:
    return [
        towards_zero(a[0], 2) - towards_zero(c[0], 2),
        0,
        towards_zero(a[2], 2) - towards_zero(c[2], 2),
    ]


def _away(b: Battle, me: Point, it: Point) -> Point:
    unit = _unit(_half(me, it))
    if not any(unit):
        unit = [ONE, 0, 0]
    start = _bounded(b, me)
    x, y, z = _bounded(b, [start[0] + 8 * unit[0], me[1], start[2] + 8 * unit[2]])
    return x, y, z


def _around(b: Battle, me: Point, it: Point, i: int) -> Point:
    centre = _bounded(b, it)
    radius = _half(_bounded(b, me), centre)
    unit = _unit(radius)
    side = -3 * ONE // 2 if i % 2 else 3 * ONE // 2
    ahead = [
        radius[0] + towards_zero(-unit[2] * side, ONE),
        0,
        radius[2] + towards_zero(unit[0] * side, ONE),
    ]
    length = min(isqrt(radius[0] ** 2 + radius[2] ** 2), (1 << 29) - 1)
    way = [towards_zero(v * length, ONE) for v in _unit(ahead)]
    end = [2 * (towards_zero(u, 2) + v) for u, v in zip(centre, way, strict=True)]
    x, y, z = _bounded(b, [end[0], me[1], end[2]])
    return x, y, z
