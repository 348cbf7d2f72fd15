"""Abilities: what an agent can do, as rows of a table that the passes of `Combat` interpret.

No action is written into a shader. A row says whom an order aims at, what it takes and costs, how
long it lasts and what it does, so a new action is a new row and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..gpu.checks import whole
from .units import number, q16

MAX_ABILITIES = 1024
MOST = 10_000  # points, rounds: so that sums of a hundred thousand of them fit 32 bits
COUNTERS = 8
WEAPONS = 8
_MOST_SECONDS = 3600.0
_UNTIL_THERE = -1  # in place of milliseconds: an order that lasts until it has arrived


class Aims(IntEnum):
    """Whom or what an order is about."""

    NOTHING = 0
    SELF = 1
    ENEMY = 2  # of another team, and up
    ALLY = 3  # of the same team, and up; oneself too
    DOWNED_ALLY = 4
    ANYONE = 5  # everything that has a Position and, if it has Health, is up
    PLACE = 6  # `Order.place`


class Walk(IntEnum):
    """Where an order leads while it is under way."""

    NONE = 0  # walks on to wherever it was going
    TO_PLACE = 1  # done on arrival
    TO_TARGET = 2  # done on arrival
    FROM_TARGET = 3
    AROUND_TARGET = 4  # keeps its distance
    FOLLOW_TARGET = 5  # goes on after arrival
    HOLD = 6  # stays where it is


class Posture(IntEnum):
    """How an agent holds itself: how high its eyes are, and how easily it is hit."""

    STAND = 0
    CROUCH = 1
    PRONE = 2


class Guard(IntEnum):
    """What happens to the damage of a tick."""

    NONE = 0
    BLOCK = 1  # half of it is kept off
    DODGE = 2  # all of it
    PARRY = 3  # all of it, once


class OrderState(IntEnum):
    """How far an order has come."""

    IDLE = 0
    WAITING = 1
    UNDER_WAY = 2
    DONE = 3
    REFUSED = 4


class Reason(IntEnum):
    """Why an order was refused."""

    NONE = 0
    OUT_OF_BOUNDS = 1  # too far away, or outside the bounds
    COOLDOWN = 2
    NO_LINE_OF_SIGHT = 3
    INSUFFICIENT_RESOURCE = 4
    INVALID_TARGET = 5
    PHYSICS_BLOCKED = 6  # the place is inside a box, or the time for the way is over
    NO_PATH = 7  # navigation knows no way, or the agent has nothing to walk with
    UNKNOWN = 8  # no such ability


_TARGETS = (Aims.SELF, Aims.ENEMY, Aims.ALLY, Aims.DOWNED_ALLY, Aims.ANYONE)
_TO_TARGET = (Walk.TO_TARGET, Walk.FROM_TARGET, Walk.AROUND_TARGET, Walk.FOLLOW_TARGET)
_ENDLESS = (Walk.FROM_TARGET, Walk.AROUND_TARGET, Walk.FOLLOW_TARGET)


@dataclass(frozen=True)
class Ability:
    """What an order does. Lengths are in metres, times in seconds (kept to the millisecond).

    An order begins if every rule holds. After `windup` it takes effect: it is paid for, starts its
    cooldown, and changes its target and its own agent. With `period` it does so again and again
    while it `lasts`; every rule but the cooldown is checked again each time.

    Args:
        name: in lists of abilities, and for `Combat.number`.
        aims: whom or what it is about.
        reach: how far away that may be; 0: as far as it likes.
        sight: nothing may block the line from eye to eye (or to the place).
        rounds, smokes, charges, kits, stamina: what it costs each time that it takes effect.
        weapons: which kinds of `Weapon` it can be done with, by who has one; none named: any.
        counter: which of the eight `Cooldowns` it uses.
        cooldown: until that counter lets it begin again; 0: it waits for no counter.
        windup: until it takes effect.
        lasts: after that; 0: done at once, or on arrival if it walks somewhere.
        period: between two effects while it lasts; 0: only one.
        damage: points.
        accuracy: probability of the damage close by.
        accuracy_far: the same at `reach`, linear in between; default: `accuracy` everywhere.
        heal: points, to who is up.
        revive: points that who is down gets up with.
        suppress, rally: morale that the target loses and gains.
        posture, guard, guard_lasts: taken by the agent itself; posture None: as it was.
        reload: all rounds are back.
        rest: stamina that it gains.
        walk: where it leads.
        speed: metres per second; 0: the one that `Goal` has.
        arrive: distance at which it has arrived.

    Raises:
        UsageError: something of this is impossible; names the ability and the field.
    """

    name: str
    aims: Aims = Aims.NOTHING
    reach: float = 0.0
    sight: bool = False
    rounds: int = 0
    smokes: int = 0
    charges: int = 0
    kits: int = 0
    stamina: int = 0
    weapons: tuple[int, ...] = ()
    counter: int = 0
    cooldown: float = 0.0
    windup: float = 0.0
    lasts: float = 0.0
    period: float = 0.0
    damage: int = 0
    accuracy: float = 1.0
    accuracy_far: float | None = None
    heal: int = 0
    revive: int = 0
    suppress: float = 0.0
    rally: float = 0.0
    posture: Posture | None = None
    guard: Guard = Guard.NONE
    guard_lasts: float = 0.0
    reload: bool = False
    rest: int = 0
    walk: Walk = Walk.NONE
    speed: float = 0.0
    arrive: float = 0.5

    def __post_init__(self) -> None:
        given: Any = self.name
        if not isinstance(given, str) or not given:
            raise UsageError(f"an ability needs a name, got {self.name!r}")
        for field, kind in (("aims", Aims), ("guard", Guard), ("walk", Walk)):
            self._one_of(field, kind)
        if self.posture is not None:
            self._one_of("posture", Posture)
        self.row()
        for wrong, what in (*self._about_target(), *self._about_time()):
            if wrong:
                raise UsageError(f"ability {self.name}: {what}")

    def _one_of(self, field: str, kind: type[IntEnum]) -> None:
        if not isinstance(getattr(self, field), kind):
            names = ", ".join(f"{kind.__name__}.{one.name}" for one in kind)
            told = f"{field} must be one of {names}, got {getattr(self, field)!r}"
            raise UsageError(f"ability {self.name}: {told}")

    def _about_target(self) -> Iterable[tuple[bool, str]]:
        """What is wrong about whom it is about, and how to say it."""
        effects = ("damage", "heal", "revive", "suppress", "rally")
        given = [name for name in effects if getattr(self, name)]
        helps = self.aims is Aims.DOWNED_ALLY
        yield bool(given) and self.aims not in _TARGETS, f"{given} need a target; set aims"
        yield self.revive > 0 and not helps, "revive needs aims=Aims.DOWNED_ALLY"
        yield helps and bool(self.heal or self.damage), "who is down is revived, not healed or hurt"
        yield self.sight and self.aims in (Aims.NOTHING, Aims.SELF), "sight needs a target or place"
        yield self.reach > 0 and self.aims in (Aims.NOTHING, Aims.SELF), "reach needs a target"
        place = self.walk is Walk.TO_PLACE and self.aims is not Aims.PLACE
        yield place, "Walk.TO_PLACE needs aims=Aims.PLACE"
        target = self.walk in _TO_TARGET and self.aims not in _TARGETS[1:]
        yield target, f"Walk.{self.walk.name} needs another agent; set aims"

    def _about_time(self) -> Iterable[tuple[bool, str]]:
        """What is wrong about its times, and how to say it."""
        goes_on = self.lasts > 0 or self.walk in (Walk.TO_PLACE, Walk.TO_TARGET)
        yield self.period > 0 and not goes_on, "period needs lasts"
        yield self.walk in _ENDLESS and not goes_on, f"Walk.{self.walk.name} needs lasts"
        guards = self.guard is not Guard.NONE
        yield guards != (self.guard_lasts > 0), "guard and guard_lasts need each other"

    def row(self) -> dict[str, int]:
        """The integers that the passes read, by name."""
        return self._rules() | self._times() | self._effects() | self._movement()

    def _rules(self) -> dict[str, int]:
        costs = ("rounds", "smokes", "charges", "kits", "stamina")
        return {
            "AIMS": int(self.aims),
            "REACH": self._length("reach"),
            "SIGHT": self._flag("sight"),
            **{name.upper(): self._whole(name) for name in costs},
            "WEAPONS": self._weapons(),
            "COUNTER": self._whole("counter", COUNTERS - 1),
        }

    def _times(self) -> dict[str, int]:
        until = not self.lasts and self.walk in (Walk.TO_PLACE, Walk.TO_TARGET)
        return {
            "COOLDOWN": self._milliseconds("cooldown"),
            "WINDUP": self._milliseconds("windup"),
            "LASTS": _UNTIL_THERE if until else self._milliseconds("lasts"),
            "PERIOD": self._milliseconds("period"),
        }

    def _effects(self) -> dict[str, int]:
        near = self._part("accuracy")
        return {
            "DAMAGE": self._whole("damage"),
            "NEAR": near,
            "FAR": near if self.accuracy_far is None else self._part("accuracy_far"),
            "HEAL": self._whole("heal"),
            "REVIVE": self._whole("revive"),
            "MORALE": self._part("rally") - self._part("suppress"),
            "POSTURE": 0 if self.posture is None else 1 + int(self.posture),
            "GUARD": int(self.guard),
            "GUARD_LASTS": self._milliseconds("guard_lasts"),
            "RELOAD": self._flag("reload"),
            "REST": self._whole("rest"),
        }

    def _movement(self) -> dict[str, int]:
        return {
            "WALK": int(self.walk),
            "SPEED": q16(self.speed, self._told("speed"), 0.0, 1000.0),
            "ARRIVE": self._length("arrive"),
        }

    def _told(self, field: str) -> str:
        return f"ability {self.name}: {field}"

    def _whole(self, field: str, most: int = MOST) -> int:
        return whole(getattr(self, field), self._told(field), 0, most, UsageError)

    def _weapons(self) -> int:
        """One bit for each kind."""
        if not isinstance(self.weapons, tuple):
            raise UsageError(f"{self._told('weapons')} must be a tuple, got {self.weapons!r}")
        kinds = (whole(k, self._told("weapons"), 0, WEAPONS - 1, UsageError) for k in self.weapons)
        return sum({1 << kind for kind in kinds})

    def _flag(self, field: str) -> int:
        if not isinstance(getattr(self, field), bool):
            raise UsageError(f"{self._told(field)} must be True or False")
        return int(getattr(self, field))

    def _length(self, field: str) -> int:
        return q16(getattr(self, field), self._told(field), 0.0, 16384.0)

    def _part(self, field: str) -> int:
        return q16(getattr(self, field), self._told(field), 0.0, 1.0)

    def _milliseconds(self, field: str) -> int:
        seconds = number(getattr(self, field), self._told(field))
        if not 0 <= seconds <= _MOST_SECONDS:
            told = f"must be 0 to {_MOST_SECONDS:g} seconds, got {seconds}"
            raise UsageError(f"{self._told(field)} {told}")
        return max(round(1000 * seconds), int(seconds > 0))


FIELDS = tuple(Ability("wait").row())


def table(abilities: Sequence[Ability]) -> NDArray[np.int32]:
    """All rows one after the other, `len(FIELDS)` words each; at least one."""
    rows = [list(ability.row().values()) for ability in abilities] or [[0] * len(FIELDS)]
    return np.array(rows, np.int32).reshape(-1)


def check_abilities(abilities: Any) -> tuple[Ability, ...]:
    """A sequence of abilities of different names as a tuple.

    Raises:
        UsageError: something else; says what.
    """
    if not isinstance(abilities, Sequence) or not all(isinstance(a, Ability) for a in abilities):
        raise UsageError(f"combat: abilities must be a sequence of Ability, got {abilities!r}")
    if len(abilities) > MAX_ABILITIES:
        raise UsageError(f"combat: at most {MAX_ABILITIES} abilities, got {len(abilities)}")
    names = [ability.name for ability in abilities]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"combat: two abilities are named {name!r}; names must differ")
    return tuple(abilities)
