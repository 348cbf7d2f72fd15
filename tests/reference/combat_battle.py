"""What the twin of combat works on: components by entity index, and the effects of a tick."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import blockers
from .fixed import I64

ONE = 1 << 16
FIGHTER = ("Position", "Health", "Stamina", "Ammo", "Cooldowns", "Stance", "Order")
IDLE, WAITING, UNDER_WAY, DONE, REFUSED = range(5)
FINE, BOUNDS, COOLDOWN, SIGHT, RESOURCE, TARGET, BLOCKED, NO_PATH, UNKNOWN = range(9)
FOREVER = 1 << 30
Point = tuple[int, int, int]


@dataclass
class Body:
    """What others see of an agent at the beginning of a tick."""

    xyz: Point
    posture: int = 0
    mortal: bool = False
    up: bool = True
    team: int = 0  # id + 1; 0: none
    weapon: int | None = None


@dataclass
class Battle:
    """Components as arrays by entity index, and everything that a tick depends on."""

    has: dict[str, NDArray[np.bool_]]
    data: dict[str, NDArray[Any]]
    abilities: tuple[Any, ...]
    options: Any  # the fields of `Combat`
    boxes: I64  # corners (n, 2, 3)
    balls: I64  # centres and radii (n, 4)
    seed: int
    rate: int
    tick: int
    navigates: bool = False
    bodies: dict[int, Body] = field(default_factory=dict)
    damage: Counter[int] = field(default_factory=Counter)
    gain: Counter[int] = field(default_factory=Counter)
    change: Counter[int] = field(default_factory=Counter)
    struck: list[tuple[int, int]] = field(default_factory=list)
    fell: list[int] = field(default_factory=list)

    def ids(self, *names: str) -> list[int]:
        """Entities that have all these components, ascending."""
        return np.flatnonzero(np.all([self.has[name] for name in names], axis=0)).tolist()

    def get(self, i: int, name: str, part: str) -> int:
        return int(self.data[name][part][i])

    def put(self, i: int, name: str, part: str, value: Any) -> None:
        self.data[name][part][i] = value

    def add(self, i: int, name: str, part: str, value: int) -> None:
        self.put(i, name, part, self.get(i, name, part) + value)

    def evenly(self, per_second: int) -> int:
        """What of a second's amount falls on this tick."""
        phase = self.tick % self.rate
        return per_second * (phase + 1) // self.rate - per_second * phase // self.rate

    def ticks(self, seconds: float) -> int:
        """Ticks of a duration, through whole milliseconds; at least one unless it is 0."""
        if not seconds:
            return 0
        milliseconds = max(1, round(1000 * seconds))
        return max(1, (milliseconds * self.rate + 500) // 1000)

    def lasts(self, ability: Any) -> int:
        """Ticks that an order lasts after its windup."""
        until = not ability.lasts and ability.walk.name in ("TO_PLACE", "TO_TARGET")
        return FOREVER if until else self.ticks(ability.lasts)


def q16(value: float) -> int:
    return round(value * ONE)


def towards_zero(n: int, d: int) -> int:
    return abs(n) // abs(d) * (1 if (n < 0) == (d < 0) else -1)


def end_order(b: Battle, i: int) -> None:
    """Who is down does nothing."""
    for part in ("state", "ticks", "reason"):
        b.put(i, "Order", part, 0)


def lacks(b: Battle, i: int) -> bool:
    """Whether an agent has nothing to walk with."""
    needed = ("Goal", "Destination", "Route") if b.navigates else ("Goal",)
    return not all(b.has[name][i] for name in needed)


def target_of(b: Battle, i: int, ability: Any) -> Body | None:
    """What others see of an order's target, if there is one."""
    whom = i if ability.aims.name == "SELF" else b.get(i, "Order", "whom")
    return b.bodies.get(whom)


def count_guards(b: Battle) -> None:
    for i in b.ids("Stance"):
        left = b.get(i, "Stance", "ticks")
        if left:
            b.put(i, "Stance", "ticks", left - 1)
        if left == 1:
            b.put(i, "Stance", "guard", 0)


def look(b: Battle) -> None:
    for i in b.ids("Position"):
        x, y, z = b.data["Position"]["xyz"][i].tolist()
        body = b.bodies[i] = Body((x, y, z))
        if b.has["Health"][i]:
            body.mortal, body.up = True, b.get(i, "Health", "points") > 0
        if b.has["Stance"][i]:
            body.posture = min(2, b.get(i, "Stance", "posture"))
        if b.has["Weapon"][i]:
            body.weapon = min(7, b.get(i, "Weapon", "kind"))
        if b.has["Team"][i]:
            body.team = team(b.get(i, "Team", "id"))


def team(number: int) -> int:
    return number + 1 if number < (1 << 22) - 1 else 0


def eyes(b: Battle, body: Body) -> Point:
    x, y, z = body.xyz
    return x, above(y, q16(b.options.eyes[body.posture])), z


def above(y: int, height: int) -> int:
    return min(y + height, (1 << 31) - 1)


def free(b: Battle, a: Point, c: Point, smoke: bool) -> bool:
    balls = b.balls if smoke else b.balls[:0]
    return bool(blockers.in_sight(np.array([a]), np.array([c]), b.boxes, balls)[0])


def distance2(a: Point, c: Point) -> int:
    return sum((v - u) ** 2 for u, v in zip(a, c, strict=True))
