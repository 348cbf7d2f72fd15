"""An agent's own state played forward through a plan, one step at a time, by the rules of combat.

The rules are those of the engine's `Combat` passes, on the CPU and on a copy: where the agent would
stand, what it would have left, which cooldowns would still run, what it would have put up or used
up itself. What others do is not foreseen, and how long a walk takes is an estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from astraweave import (
    Ability,
    Aims,
    Ammo,
    Cooldowns,
    Goal,
    Health,
    Position,
    Posture,
    Reason,
    Stamina,
    Stance,
    Team,
    Walk,
    Weapon,
)

from .situation import Situation, hides

EYES = {Posture.STAND: 1.6, Posture.CROUCH: 0.9, Posture.PRONE: 0.3}  # metres, as `Combat` has them
REST = 5  # stamina a second, as `Combat` has it
PACE = 1.4  # metres a second of who has no Goal that says more
_RETREAT = 0.9  # of the way at full speed that who walks away gets
_SUPPLIES = ("rounds", "smokes", "charges", "kits")
_TO_OTHERS = (Aims.ENEMY, Aims.ALLY, Aims.DOWNED_ALLY, Aims.ANYONE)


class Refusal(NamedTuple):
    """Why a step is impossible."""

    reason: Reason
    text: str


Rule = Callable[["Body", Mapping[str, Any]], Refusal | None]


@dataclass
class Body:
    """What an agent would be after some steps.

    Args:
        situation: the world as it is.
        row: the agent's.
        place: metres, shape (3,).
        supplies: rounds, smokes, charges and kits.
        ready: seconds from now at which each cooldown counter is at zero.
        weapon: kind of the one in hand, None for who has no Weapon.
        most: rounds and stamina that it can have.
        clouds: smoke of its own: centre, radius, and second at which it is gone.
        boxes: low and high corners of walls of its own.
        gone: rows of what it has used up.
        raised: rows of those that it has got back on their feet.
    """

    situation: Situation
    row: int
    place: Any
    posture: Posture
    stamina: float
    supplies: dict[str, int]
    ready: list[float]
    weapon: int | None = None
    most: dict[str, int] = field(default_factory=dict)
    clouds: list[tuple[Any, float, float]] = field(default_factory=list)
    boxes: list[tuple[Any, Any]] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    raised: set[int] = field(default_factory=set)
    _elapsed: float = 0.0  # seconds that the steps so far take, without these walks
    _walks: list[tuple[Any, Any, float]] = field(default_factory=list)  # from, to, speed
    _last: tuple[Ability, Any, float, int | None] | None = None  # what was allowed last

    @classmethod
    def of(cls, situation: Situation, row: int) -> Body:
        """As it is now."""
        ticks = situation.value(Cooldowns, row)
        counters = list(ticks) if situation.has(Cooldowns, row) else [0] * 8
        return cls(
            situation,
            row,
            np.array(situation.value(Position, row), np.float64),
            Posture(int(situation.value(Stance, row, "posture"))),
            float(situation.value(Stamina, row, "points")),
            {name: int(situation.value(Ammo, row, name)) for name in _SUPPLIES},
            [int(count) / situation.rate for count in counters],
            int(situation.value(Weapon, row)) if situation.has(Weapon, row) else None,
            most={
                "rounds": int(situation.value(Ammo, row, "most")),
                "stamina": int(situation.value(Stamina, row, "most")),
            },
        )

    @property
    def elapsed(self) -> float:
        """Seconds that the steps so far take; ways are measured when somebody asks."""
        for start, end, speed in self._walks:
            self._elapsed += self._length(start, end) / speed
        self._walks.clear()
        return self._elapsed

    def _length(self, start: Any, end: Any) -> float:
        ways, straight = self.situation.ways, float(np.linalg.norm(end - start))
        if ways is None or bool(ways.straight(start[None], end[None])[0]):
            return straight
        return max(straight, float(ways.distance(start[None], end[None])[0]))

    @property
    def down(self) -> bool:
        """Whether the agent can do nothing."""
        points = self.situation.value(Health, self.row, "points")
        return self.situation.has(Health, self.row) and int(points) <= 0

    def take(
        self, ability: Ability, arguments: Mapping[str, Any], rule: Rule | None = None
    ) -> Refusal | None:
        """Play a step forward; says why if a rule forbids it, and then nothing is changed."""
        self._apply_last()
        target = self._target(ability, arguments)
        if isinstance(target, Refusal):
            return target
        place = self._aim(ability, arguments, target)
        refusal = (
            (self._outside(ability.name, place) if ability.aims is Aims.PLACE else None)
            or self._way(ability, place)
            or self._cooldown(ability)
            or self._cost(ability, float(arguments.get("duration", ability.lasts)))
            or self._weapon(ability)
            or self._reach(ability, place)
            or self._room(ability, place)
            or self._sight(ability, place, target)
            or (rule(self, arguments) if rule is not None else None)
        )
        if refusal is None:
            lasts = float(arguments.get("duration", ability.lasts))
            self._last = ability, place, lasts, target
        return refusal

    # -- rules -----------------------------------------------------------------------------------

    def _target(self, ability: Ability, arguments: Mapping[str, Any]) -> int | Refusal | None:
        """Row of the target, None for an ability without one."""
        if ability.aims not in _TO_OTHERS:
            return None
        entity, now = int(arguments["target"]), self.situation
        row = now.row(entity)
        told = f"{ability.name}: target {entity}"
        if row is None:
            return Refusal(Reason.INVALID_TARGET, f"{told} does not exist")
        if row in self.gone:
            return Refusal(Reason.INVALID_TARGET, f"{told} is used up by then")
        hurt = now.has(Health, row) and int(now.value(Health, row, "points")) <= 0
        hurt &= row not in self.raised
        if hurt != (ability.aims is Aims.DOWNED_ALLY):
            state = "is down" if hurt else "is up"
            return Refusal(Reason.INVALID_TARGET, f"{told} {state}")
        if ability.aims is not Aims.ANYONE and not now.has(Health, row):
            return Refusal(Reason.INVALID_TARGET, f"{told} has no health")
        if ability.aims is Aims.ENEMY and not (now.has(Team, row) and now.has(Team, self.row)):
            return Refusal(Reason.INVALID_TARGET, f"{told} is no enemy: one of the two has no team")
        if ability.aims is not Aims.ANYONE and self._allied(row) != (
            ability.aims is not Aims.ENEMY
        ):
            side = "an ally" if self._allied(row) else "no ally"
            return Refusal(Reason.INVALID_TARGET, f"{told} is {side}")
        return row

    def _allied(self, row: int) -> bool:
        now = self.situation
        if row == self.row:
            return True
        both = now.has(Team, row) and now.has(Team, self.row)
        return both and int(now.value(Team, row)) == int(now.value(Team, self.row))

    def _aim(self, ability: Ability, arguments: Mapping[str, Any], target: int | None) -> Any:
        if target is not None and target != self.row:  # itself it has where it will be by then
            return np.array(self.situation.value(Position, target), np.float64)
        if ability.aims is Aims.PLACE:
            return np.array([arguments["x"], arguments.get("y", 0.0), arguments["z"]], np.float64)
        return self.place

    def _outside(self, name: str, place: Any) -> Refusal | None:
        bounds = self.situation.bounds
        low, high = (bounds.low, bounds.high) if bounds else ((-16384.0,) * 3, (16384.0,) * 3)
        if (place < low).any() or (place > high).any():
            return Refusal(Reason.OUT_OF_BOUNDS, f"{name}: {_told(place)} is outside the world")
        return None

    def _way(self, ability: Ability, place: Any) -> Refusal | None:
        if ability.walk not in (Walk.NONE, Walk.HOLD) and self._cannot_walk():
            return Refusal(Reason.NO_PATH, f"{ability.name}: the agent has no Goal to walk with")
        if ability.walk not in (Walk.TO_PLACE, Walk.TO_TARGET, Walk.FOLLOW_TARGET):
            return None
        if ability.walk is Walk.TO_PLACE and self._inside(place):
            told = f"{ability.name}: {_told(place)} is inside an obstacle"
            return Refusal(Reason.PHYSICS_BLOCKED, told)
        ways = self.situation.ways
        if ways is not None and not bool(ways.reachable(self.place[None], place[None])[0]):
            return Refusal(Reason.NO_PATH, f"{ability.name}: no way leads to {_told(place)}")
        return None

    def _cannot_walk(self) -> bool:
        return "Goal" in self.situation.columns and not self.situation.has(Goal, self.row)

    def _inside(self, place: Any) -> bool:
        ways = self.situation.ways
        return ways is not None and bool(ways.blocked(place[None])[0])

    def _room(self, ability: Ability, place: Any) -> Refusal | None:
        """Nothing can be aimed at a place inside a box; asked just above the ground there."""
        point = place + _up(EYES[Posture.PRONE])
        own = any(((low < point) & (point < high)).all() for low, high in self.boxes)
        if ability.aims is Aims.PLACE and (own or not self.situation.is_clear(point)):
            told = f"{ability.name}: {_told(place)} is inside an obstacle"
            return Refusal(Reason.PHYSICS_BLOCKED, told)
        return None

    def _cooldown(self, ability: Ability) -> Refusal | None:
        if not ability.cooldown or self.ready[ability.counter] <= 0:
            return None
        left = self.ready[ability.counter] - self.elapsed
        if left > 0:
            return Refusal(Reason.COOLDOWN, f"{ability.name}: another {left:.1f} s to wait")
        return None

    def _cost(self, ability: Ability, lasts: float) -> Refusal | None:
        """What it costs at each of its strikes; stamina comes back between them."""
        times = _strikes(ability, lasts)
        for name, has in self.supplies.items():
            needed = len(times) * getattr(ability, name)
            if needed > has:
                told = f"{ability.name} needs {needed} {name}, there is {has}"
                return Refusal(Reason.INSUFFICIENT_RESOURCE, told)
        if ability.stamina:
            has = min(int(self._stamina(at) - n * ability.stamina) for n, at in enumerate(times))
            if ability.stamina > has:
                told = f"{ability.name} needs {ability.stamina} stamina, there is {has}"
                return Refusal(Reason.INSUFFICIENT_RESOURCE, told)
        return None

    def _weapon(self, ability: Ability) -> Refusal | None:
        if not ability.weapons or self.weapon is None or self.weapon in ability.weapons:
            return None
        told = f"{ability.name} needs weapon {' or '.join(map(str, ability.weapons))} in hand"
        return Refusal(Reason.INSUFFICIENT_RESOURCE, f"{told}, it holds {self.weapon}")

    def _reach(self, ability: Ability, place: Any) -> Refusal | None:
        away = place - self.place
        if ability.reach and float(away @ away) > ability.reach**2:
            told = f"{np.sqrt(away @ away):.1f} m away, reach is {ability.reach:g} m"
            return Refusal(Reason.OUT_OF_BOUNDS, f"{ability.name}: {told}")
        return None

    def _sight(self, ability: Ability, place: Any, target: int | None) -> Refusal | None:
        if not ability.sight:
            return None
        eye = self.place + _up(EYES[self.posture])
        at = place
        if target is not None:
            other = Posture(int(self.situation.value(Stance, target, "posture")))
            at = place + _up(EYES[other])
        if self.situation.sees(eye, at) and not self._own_hides(eye, at):
            return None
        return Refusal(Reason.NO_LINE_OF_SIGHT, f"{ability.name}: {_told(place)} cannot be seen")

    # -- effects ---------------------------------------------------------------------------------

    def _own_hides(self, eye: Any, at: Any) -> bool:
        """Whether smoke or walls of its own are between two places by then."""
        balls = [(*centre, radius) for centre, radius, end in self.clouds if end > self.elapsed]
        return hides(eye, at, np.array(self.boxes), np.array(balls))

    def _stamina(self, later: float = 0.0) -> float:
        """So many seconds after the steps so far."""
        return min(self.stamina + REST * (self.elapsed + later), float(self.most["stamina"]))

    def _apply_last(self) -> None:
        """What the step before changes: found only if another one follows."""
        if self._last is None:
            return
        (ability, place, lasts, target), self._last = self._last, None
        times = _strikes(ability, lasts)
        for name in _SUPPLIES:
            self.supplies[name] -= len(times) * getattr(ability, name)
        if ability.stamina or ability.rest:
            spent = len(times) * (ability.stamina - ability.rest)
            self.stamina = self._stamina() - spent - REST * self.elapsed
        if ability.reload:
            self.supplies["rounds"] = self.most["rounds"]
        if ability.cooldown:
            ready = self.elapsed + ability.windup + times[-1] + ability.cooldown
            self.ready[ability.counter] = max(self.ready[ability.counter], ready)
        if ability.posture is not None:
            self.posture = ability.posture
        if ability.revive and target is not None:
            self.raised.add(target)
        self._elapsed += ability.windup + lasts
        self._walk(ability, place, lasts)

    def _walk(self, ability: Ability, place: Any, lasts: float) -> None:
        speed = ability.speed or float(self.situation.value(Goal, self.row, "speed")) or PACE
        away = self.place - place
        distance = float(np.linalg.norm(away))
        unit = away / distance if distance else np.array([1.0, 0.0, 0.0])
        if ability.walk in (Walk.TO_PLACE, Walk.TO_TARGET):
            keep = min(ability.arrive, distance) if ability.walk is Walk.TO_TARGET else 0.0
            end = place + unit * keep
            self._walks.append((self.place, end, speed))
            self.place = end
        elif ability.walk is Walk.FROM_TARGET:
            self.place = self._within(self.place + unit * speed * lasts * _RETREAT)

    def _within(self, place: Any) -> Any:
        bounds = self.situation.bounds
        return place if bounds is None else np.clip(place, bounds.low, bounds.high)


def _strikes(ability: Ability, lasts: float) -> list[float]:
    """Seconds after the windup at which it takes effect."""
    if not ability.period or not lasts:
        return [0.0]
    return [n * ability.period for n in range(max(1, ceil(lasts / ability.period - 1e-9)))]


def _up(height: float) -> Any:
    return np.array([0.0, height, 0.0])


def _told(place: Any) -> str:
    return f"({place[0]:.1f}, {place[1]:.1f}, {place[2]:.1f})"
