"""What the others in a scenario do: little, and always the same."""

from __future__ import annotations

from astraweave import Posture

from ..arbiter import Mind
from ..handles import index_of
from ..minds.outlook import can_aim, distance, enemy
from ..percept import WorldSnapshot
from ..plan import PlanIntent, Step, plan_of
from .field import Field
from .scenario import Person

_PAUSE = 1.2  # seconds between two shots


class Shooter:
    """Fires at whom it sees, and reloads."""

    name = "shooter"

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """One shot and a pause."""
        foe = enemy(percept)
        if foe is None or not can_aim(percept, foe, _posture(percept)):
            return None
        if not percept.me.state["ammo"]["rounds"]:
            return plan_of("reload", Step("Reload"))
        shot = Step("Attack", {"target": index_of(foe.id)})
        return plan_of("fire", shot, Step("Wait", {"duration": _PAUSE % 1.0}), Step("Wait"))


class Walker:
    """Walks along a route, to and fro."""

    name = "walker"

    def __init__(self, route: tuple[tuple[float, float], ...]) -> None:
        self._route = route
        self._next = 1

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """On to the next place, or the one after it."""
        x, z = self._place()
        if distance(percept.me.pos, (x, 0.0, z)) < 1.0:
            self._next += 1
            x, z = self._place()
        return plan_of("patrol", Step("Patrol", {"x": x, "z": z}))

    def _place(self) -> tuple[float, float]:
        there = (*self._route, *self._route[-2:0:-1])
        return there[self._next % len(there)]


def routine_of(person: Person, field: Field) -> Mind | None:
    """The mind of somebody who is not examined."""
    if person.routine == "fires":
        return Shooter()
    if person.routine == "patrols":
        x, z = field.corner
        return Walker(tuple((x + a, z + b) for a, b in person.route))
    return None


def _posture(percept: WorldSnapshot) -> Posture:
    return Posture(percept.me.state["stance"]["posture"])
