"""The places of a mission, and the ground between them: doors, watchers, and smoke to hide in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from astraweave import NavigationMap, Posture

from ..body import EYES
from ..minds.outlook import distance, towards
from ..percept_model import Obstacle, Vector
from .field import FieldView
from .knowledge import TO_ENEMIES, Knowledge, Known
from .scenario import Brief, Door, Goal, Point, Thing
from .terrain import Cloud, free_lines, ground, standing

FIRE = 12.0  # metres from which one fires
HERE = "here"
_SMOKE = 3.0  # radius of a cloud, metres
_THROW = 14.0  # metres
_TRIES = 24  # clouds that are thought of


class Places:
    """Where something can be done, and how one gets there.

    Attributes:
        at: places by name; HERE is where the agent is.
        doors: closed ones that can be opened.
        looks: of those who must not see the agent; none if that does not matter.
        cloud: smoke that would hide the way, if there is no other.
    """

    def __init__(
        self, brief: Brief, knowledge: Knowledge, view: FieldView, wanted: Sequence[Goal]
    ) -> None:
        self._brief, self._known, self._view, self._wanted = brief, knowledge, view, wanted
        self.looks = knowledge.looks() if brief.has("unseen") else ()
        self.doors = tuple(door for door in knowledge.closed if self.openers(door))
        self.cloud: Cloud | None = None
        self.at = self._all_places()

    def map(self, opened: Sequence[Door], screened: bool = False) -> NavigationMap:
        """Where one can walk once these doors are open, unseen if that matters."""
        clouds = self._known.clouds
        if screened and self.cloud is not None:
            clouds = (*clouds, self.cloud)
        boxes = self._boxes(opened)
        return ground(self._brief.size, boxes, self.looks, clouds if self.looks else ())

    def openers(self, door: Door) -> tuple[str, ...]:
        """What has to be used so that a door opens."""
        return tuple(one.name for one in self._brief.things if one.opens == door.name)

    def hide(self) -> None:
        """Think of smoke, if a place can only be reached in sight of somebody who must not see."""
        if not self.looks or self._is_open() or not self._view.me.state["ammo"]["smokes"]:
            return
        self.at = {**self._hidden_places(), **self.at}
        boxes = self._boxes(self.doors)
        ends = [place for name, place in self.at.items() if name != HERE]
        for cloud in self._clouds(ground(self._brief.size, boxes), ends):
            clouds = (*self._known.clouds, cloud)
            seen = ground(self._brief.size, boxes, self.looks, clouds)
            if seen.reachable([self._view.me.pos], ends).all():
                self.cloud = cloud
                return

    # -- places ----------------------------------------------------------------------------------

    def _all_places(self) -> dict[str, Vector]:
        """Where something can be done: by the names of what is there."""
        named = {one.name for one in self._wanted}
        spots = [point for point in self._brief.points if point.name in named]
        things = [
            t for t in self._brief.things if t.name in named or t.name not in self._known.used
        ]
        both: tuple[Point | Thing, ...] = (*spots, *things)
        found = {one.name: (one.at[0], 0.0, one.at[1]) for one in both}
        for name, one in self._known.people.items():
            if name in named or self._is_spoken_of(one):
                found |= self._places_of(name, one)
        free = self.map(self.doors)
        stand = {name: standing(place, free) for name, place in found.items()}
        reached = {name: at for name, at in stand.items() if at is not None}
        return {HERE: self._view.me.pos, **reached}

    def _places_of(self, name: str, one: Known) -> dict[str, Vector]:
        """Beside an ally; before an enemy, and close to it."""
        close = self._beside(one)
        places = {name: close} if one.ally else {name: self._spot(one), f"close to {name}": close}
        return {key: place for key, place in places.items() if place is not None}

    def _is_spoken_of(self, one: Known) -> bool:
        """Whether an enemy may be needed to say something about it."""
        words = {goal.name for goal in self._wanted if goal.what == "said"}
        return not one.ally and one.points > 0 and bool(words & set(TO_ENEMIES))

    def _beside(self, one: Known) -> Vector | None:
        return standing(towards(one.place, self._view.me.pos, 1.2), self.map(self.doors))

    def _spot(self, foe: Known) -> Vector | None:
        """The first place on the way to an enemy from which it can be hit."""
        start, free = self._view.me.pos, self.map(self.doors)
        end = standing(foe.place, free)
        if end is None:
            return None
        path = [start, *map(tuple, free.path([start], [end]).tolist())]
        near = [place for place in path if distance(place, foe.place) <= FIRE]
        clear = self._clear(near, foe) if near else np.zeros(1, np.bool_)
        first = int(clear.argmax())
        if not clear[first]:
            return None
        if first and first + 1 < len(near) and clear[first + 1]:
            first += 1  # not at the very edge of sight
        return near[first][0], 0.0, near[first][2]

    def _clear(self, places: Sequence[Vector], foe: Known) -> NDArray[np.bool_]:
        """From which places nothing is between standing eyes and those of an enemy."""
        eye = np.array(foe.place) + np.array([0.0, EYES[Posture(foe.posture)], 0.0])
        ends = np.array(places, np.float64)
        ends[:, 1] = EYES[Posture.STAND]
        return free_lines(eye, ends, self._boxes(()), self._known.clouds)

    # -- ways ------------------------------------------------------------------------------------

    def _boxes(self, opened: Sequence[Door]) -> tuple[Obstacle, ...]:
        shut = (door for door in self._known.closed if door not in opened)
        return (*self._known.walls, *(Obstacle("box", door.at, door.half) for door in shut))

    def _is_open(self) -> bool:
        """Whether all places can be reached unseen, once all doors are open."""
        ends = [place for name, place in self.at.items() if name != HERE]
        free = self.map(self.doors)
        return len(ends) > 0 and bool(free.reachable([self._view.me.pos], ends).all())

    def _hidden_places(self) -> dict[str, Vector]:
        """Places that are watched now, which were left out for that."""
        clear = ground(self._brief.size, self._boxes(self.doors))
        looks, self.looks = self.looks, ()
        found = self._all_places()
        self.looks = looks
        return {name: at for name, at in found.items() if not clear.blocked([at])[0]}

    def _clouds(self, clear: NavigationMap, ends: Sequence[Vector]) -> Iterator[Cloud]:
        """Between each watcher and the way, nearer to the watcher first; not too many."""
        here = self._view.me.pos
        tries = (
            _between(look.place, place, part)
            for end in ends
            for part in (0.35, 0.5, 0.65)
            for look in self.looks
            for place in clear.path([here], [end])[::4].tolist()
        )
        near = (Cloud(place, _SMOKE) for place in tries if distance(here, place) < _THROW)
        return islice(near, _TRIES)


def _between(watcher: Vector, place: Sequence[float], part: float) -> Vector:
    """So far on the way from a watcher to a place, at the height of heads."""
    x, z = (round(a + (b - a) * part, 1) for a, b in
            ((watcher[0], place[0]), (watcher[2], place[2])))  # fmt: skip
    return x, 1.5, z
