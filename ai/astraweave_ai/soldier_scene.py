"""What soldiers who think in a tick see: facts for their planner, and what actions are aimed at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astraweave import (
    NOBODY,
    Ammo,
    Cooldowns,
    Health,
    Morale,
    NavigationMap,
    Order,
    Percept,
    Position,
    Posture,
    Sensed,
    Stamina,
    Stance,
)

from .ground import CoverMap, spread
from .handles import indices_of
from .soldier_plan import among, number

Array = NDArray[Any]
RANGE = 17.0  # metres from which soldiers fire
HURT, SHAKEN = 50, 0.4  # points and morale below which they think of themselves
HELP = 15.0  # metres within which they look after the fallen
COVER = 14.0  # metres that they run for cover
_HELD = 0.9  # metres from a spot within which one is at it
_FAR = 1e12

# What is looked at: component and field, by the name under which a `Sight` holds it.
COLUMNS: dict[str, tuple[Any, str]] = {
    "place": (Position, ""), "points": (Health, "points"), "morale": (Morale, ""),
    "stamina": (Stamina, "points"), "posture": (Stance, "posture"),
    "rounds": (Ammo, "rounds"), "kits": (Ammo, "kits"), "smokes": (Ammo, "smokes"),
    "until_shot": (Cooldowns, "c0"), "until_throw": (Cooldowns, "c3"),
    "ability": (Order, "ability"), "state": (Order, "state"), "reason": (Order, "reason"),
    "aim": (Order, "place"), "whom": (Order, "whom"),
    "near": (Sensed, "near"), "near_distance": (Sensed, "near_distance"),
}  # fmt: skip


class Sight:
    """The newest percept: `sight["points"]` and the other `COLUMNS`, one row for each agent.

    Args:
        percept: of the tick.
        agents: handles, ascending.
    """

    def __init__(self, percept: Percept, agents: Array) -> None:
        handles = percept.handles(Position)
        self.index, self.everywhere = indices_of(handles), percept.read(Position)  # of all entities
        self.own = indices_of(agents)
        self._columns = {
            name: percept.read(kind, field, agents) for name, (kind, field) in COLUMNS.items()
        }

    def __getitem__(self, name: str) -> Array:
        return self._columns[name]

    def places_of(self, index: Array) -> Array:
        """Where entities are, shape (n, 3); anywhere if there is none of an index."""
        row = np.searchsorted(self.index, index)
        return self.everywhere[np.minimum(row, len(self.everywhere) - 1)]


class Field:
    """Where an army fights, and what its agents hold of it.

    Args:
        spots: places behind cover, shape (n, 3), metres.
        outwards: for each the level direction away from its wall, shape (n, 3).
        ways: where one can walk.
        points: objectives, shape (k, 3).
        route: for each agent the points that it fights its way along, shape (agents, m).
    """

    def __init__(
        self, spots: Array, outwards: Array, ways: NavigationMap, points: Array, route: Array
    ) -> None:
        self.spots, self.level, self.outwards = spots, spots[:, ::2], outwards[:, ::2]
        self.cover, self.route = CoverMap(spots), route
        self.places = spread(ways, points, route)
        agents = len(route)
        self.leg = np.zeros(agents, np.int64)  # of the route
        self.stuck = np.zeros(agents, np.int64)  # tick until which it follows its route
        self.helper = np.full(agents, -1, np.int64)  # of each fallen one, who goes there
        self.claims = np.full(agents, -1, np.int64)  # spots that they run to or are at


_ADVANCE, _COVER, _SMOKE = number("advance"), number("take cover"), number("throw smoke")
_TREAT, _REVIVE, _TO_FALLEN = number("treat"), number("get it up"), number("go to the fallen")
_AT_ENEMY = among("close in", "fire", "fire from cover", "fall back")


class Scene:
    """What those who think in a tick see, and where their actions would be aimed.

    Args:
        sight: of the whole army.
        field: its own.
        due: numbers of those who think.
        tick: now.
    """

    def __init__(self, sight: Sight, field: Field, due: Array, tick: int) -> None:
        self._sight, self._field, self.due = sight, field, due
        self._place = sight["place"][due]
        self._level = self._place[:, ::2]
        self.stuck = field.stuck[due] > tick
        self._enemy = sight["near"][due, 0].astype(np.int64)
        self._distance = sight["near_distance"][due, 0]
        self._sees = self._enemy != NOBODY
        there = sight.places_of(np.where(self._sees, self._enemy, 0))
        self._threat = np.where(self._sees[:, None], there, self._place)
        self.fallen, self._gap = self._nearest_fallen()
        self.spot, run = self._nearest_cover()
        self._near_spot, self.at_spot = run < COVER, run < _HELD

    def _nearest_fallen(self) -> tuple[Array, Array]:
        """For each the number of the nearest fallen comrade, and how far it is."""
        down = np.flatnonzero(self._sight["points"] <= 0)
        if not len(down):
            return np.zeros(len(self.due), np.int64), np.full(len(self.due), np.inf)
        square = _squares(self._level[:, None] - self._sight["place"][down, ::2])
        best = square.argmin(axis=1)
        return down[best], np.sqrt(square[np.arange(len(best)), best])

    def _nearest_cover(self) -> tuple[Array, Array]:
        """For each the nearest spot that has its wall towards the threat, and how far it is."""
        field = self._field
        some = field.cover.of(self._place)
        level, outwards = field.level[some], field.outwards[some]
        square = _squares(self._level[:, None] - level)
        to_threat = self._threat[:, None, ::2] - level
        wrong = to_threat[..., 0] * outwards[..., 0] + to_threat[..., 1] * outwards[..., 1] > 0
        taken = np.zeros(len(field.spots), np.bool_)
        taken[field.claims[field.claims >= 0]] = True
        others = taken[some] & (field.claims[self.due][:, None] != some)
        square[wrong | others] = _FAR
        best = square.argmin(axis=1)
        rows = np.arange(len(best))
        return some[rows, best], np.sqrt(square[rows, best])

    def _may_help(self) -> Array:
        """Whether nobody else is on the way to the fallen one."""
        helper = self._field.helper[self.fallen]
        gone = (helper >= 0) & (self._sight["points"][helper] <= 0)
        return np.asarray((helper < 0) | gone | (helper == self.due))

    def facts(self) -> dict[str, Array]:
        """The facts of the domain, one array each."""
        sight, due, free = self._sight, self.due, ~self.stuck
        sees, distance = self._sees, self._distance
        covered = self.at_spot & (sight["posture"][due] == Posture.CROUCH)
        can_throw = (sight["smokes"][due] > 0) & (sight["until_throw"][due] == 0)
        nothing = np.zeros(len(due), np.bool_)
        return {
            "sees": sees,
            "near": sees & (distance < RANGE),
            "loaded": sight["rounds"][due] > 0,
            "cover": self._near_spot & (sight["stamina"][due] >= 5) & free,
            "covered": covered,
            "whole": sight["points"][due] >= HURT,
            "calm": sight["morale"][due] >= SHAKEN,
            "hidden": covered | ~sees,
            "kit": sight["kits"][due] > 0,
            "smoke": can_throw & (distance > 6),
            "fallen": (self._gap < HELP) & free & self._may_help() & (~sees | (distance > 10)),
            "beside": self._gap < 1.7,
            "helped": nothing,
            "won": nothing,
        }

    def aims(self, choice: Array) -> tuple[Array, Array]:
        """Place and target (entity index or NOBODY) of each one's action."""
        sight, due = self._sight, self.due
        place = np.zeros((len(choice), 3))
        whom = np.where(_AT_ENEMY[choice], self._enemy, NOBODY)
        for action, who in ((_TREAT, due), (_REVIVE, self.fallen)):
            chosen = choice == action
            whom[chosen] = sight.own[who[chosen]]
        to_fallen, cover = choice == _TO_FALLEN, choice == _COVER
        place[to_fallen] = sight["place"][self.fallen[to_fallen]]
        place[cover] = self._field.spots[self.spot[cover]]
        smoke, advance = choice == _SMOKE, choice == _ADVANCE
        way = np.clip(self._threat[smoke] - self._place[smoke], -20, 20)
        place[smoke] = self._place[smoke] + 0.4 * way
        place[advance] = self._objective()[advance]
        return place, whom

    def _objective(self) -> Array:
        """The present place of each one's route; the next one where it is reached."""
        field, due = self._field, self.due
        leg = field.leg[due]
        reached = np.hypot(*(field.places[due, leg] - self._place)[:, ::2].T) < 3.0
        leg = field.leg[due] = np.minimum(leg + reached, field.route.shape[1] - 1)
        return np.asarray(field.places[due, leg])


def _squares(level: Array) -> Array:
    """Squared lengths of level vectors, shape (..., 2)."""
    x, z = level[..., 0], level[..., 1]
    return np.asarray(x * x + z * z)
