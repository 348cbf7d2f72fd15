"""What characters call things, places and people, and where those are in the newest percept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from astraweave import Entity

from ..arena import Arena
from ..carry import Hands
from ..errors import MindError
from ..minds.outlook import distance
from ..percept_model import Vector
from .errand import SPEAKER, Errand, Lexicon, in_words
from .words import plain

NAME = 48  # characters
_APART = 0.8  # metres between two things that are put down
_RINGS = ((1.0, 8), (1.7, 12))  # radius and number of the spots where things are put


@dataclass(frozen=True)
class Place:
    """Where one stands to be at a place, its middle, and how it is called besides its name."""

    spot: Vector
    middle: Vector | None = None
    words: tuple[str, ...] = ()


@dataclass
class Surroundings:
    """The world in words.

    Args:
        arena: that all of it is in.
        hands: who carries what.
        places: by name.

    Raises:
        MindError: a name that is given twice, or is no short line of text.
    """

    arena: Arena
    hands: Hands
    places: dict[str, Place]
    things: dict[str, Entity] = field(default_factory=dict)
    people: dict[str, Entity] = field(default_factory=dict)
    _words: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given, self.places = self.places, {}
        for name, place in given.items():
            self._name(name, place.words)
            self.places[name] = place

    def add_thing(self, name: str, handle: Entity, *words: str) -> None:
        """Something that can be carried, under its name and other words."""
        self._name(name, words)
        self.things[name] = handle

    def add_person(self, name: str, handle: Entity, *words: str) -> None:
        """A character, under its name and other words."""
        self._name(name, words)
        self.people[name] = handle

    def _name(self, name: str, words: tuple[str, ...]) -> None:
        if name in self._words or name == SPEAKER or plain(name, NAME) != name or not name:
            raise MindError(
                f"surroundings: expected a new name of one line and at most {NAME} characters, "
                f"got {name!r}"
            )
        self._words[name] = words

    def lexicon(self, near: Vector) -> Lexicon:
        """What names mean for somebody at a place: a word for several things means the nearest."""
        order = sorted(self.things, key=lambda name: (distance(near, self.where(name)), name))
        at = {name: self.nearest_place(self.where(name)) for name in order}
        things, places, people = map(self._called, (order, self.places, self.people))
        return Lexicon(things, places, people, {name: at[name] for name in order if at[name]})

    def _called(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        return {name: (name, *self._words[name]) for name in names}

    def knows(self, errand: Errand) -> bool:
        """Whether there is what an errand names."""
        thing = not errand.thing or errand.thing in self.things
        return thing and (not errand.where or errand.where in self._words)

    def holder(self, thing: str) -> str:
        """The name of who carries a thing; empty if nobody does."""
        by = self.hands.holder(self.things[thing])
        return next((name for name, one in self.people.items() if one.index == by), "")

    def obstacle(self, errand: Errand, who: str) -> str:
        """What stands in somebody's way, in words for a player."""
        if errand.where == who and errand.kind in ("follow", "go"):
            return "that is me"
        holder = self.holder(errand.thing) if errand.thing in self.things else ""
        if holder and holder != who:
            return f"{holder} has {in_words(errand.thing)}"
        if errand.thing and self.put_down_at(errand.where, errand.thing) is None:
            return f"there is no room at {in_words(errand.where)}"
        return "I find no way"

    def where(self, name: str) -> Vector:
        """Where somebody or something is, or where one stands to be at a place."""
        if name in self.places:
            return self.places[name].spot
        handle = self.people[name] if name in self.people else self.things[name]
        seen = self.arena.orchestrator.snapshots
        if seen is None or handle.index >= len(seen.columns.handles):
            return (0.0, 0.0, 0.0)
        x, y, z = seen.columns.values["Position"][handle.index].tolist()
        return x, y, z

    def nearest_place(self, at: Vector, within: float = 3.0) -> str:
        """The name of the place that one is at; empty if it is at none."""
        away = [(distance(at, place.spot), name) for name, place in self.places.items()]
        return min(away)[1] if away and min(away)[0] <= within else ""

    # -- ground ----------------------------------------------------------------------------------

    def is_free(self, place: Vector) -> bool:
        """Whether one can stand there."""
        ways = self.arena.orchestrator.situation.ways
        return ways is None or not bool(ways.blocked(np.array([place]))[0])

    def put_down_at(self, where: str, thing: str) -> Vector | None:
        """The first free spot for a thing around a place; None if there is no room."""
        others = [self.where(name) for name in self.things if name != thing]
        for spot in self._around(self.where(where)):
            if self.is_free(spot) and all(distance(spot, other) > _APART for other in others):
                return spot
        return None

    def rounds(self, where: str, count: int = 6) -> list[Vector]:
        """Free spots around a place, on which one who guards it walks."""
        spot = self.where(where)
        place = self.places.get(where)
        middle = spot if place is None or place.middle is None else place.middle
        radius = max(1.6, distance(middle, spot))
        found = [one for one in _circle(middle, radius, count) if self.is_free(one)]
        return found or [spot]

    def beside(self, place: Vector, near: Vector, metres: float = 0.9) -> Vector:
        """Where one stands to reach a place, coming from near; the place itself if all is full."""
        away = distance(place, near)
        if away <= metres:
            return near
        x, z = (place[axis] + (near[axis] - place[axis]) * metres / away for axis in (0, 2))
        spots = [(x, 0.0, z), *_circle(place, metres, 8)]
        return next((spot for spot in spots if self.is_free(spot)), place)

    def _around(self, middle: Vector) -> Iterator[Vector]:
        for radius, count in _RINGS:
            yield from _circle(middle, radius, count)


def _circle(middle: Vector, radius: float, count: int) -> list[Vector]:
    """Places around a middle; rounded, so that every machine gets the same."""
    turns = (2 * math.pi * number / count for number in range(count))
    return [
        (
            round(middle[0] + radius * math.cos(turn), 2),
            0.0,
            round(middle[2] + radius * math.sin(turn), 2),
        )
        for turn in turns
    ]
