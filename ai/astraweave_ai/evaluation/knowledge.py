"""What a planning mind remembers: who was where and how, what it has done and where it has been."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..handles import index_of
from ..minds.outlook import distance
from ..percept_model import Obstacle, Seen, Vector
from ..plan import Step
from .field import FieldView
from .scenario import Brief, Door, Point, Thing
from .terrain import Cloud, Look, along_route

NEAR = 0.9  # metres from a place at which one has been there
_SAME = 0.2  # metres between a door and a box that is this door
_WORDS = {
    "CallReinforcements": "REINFORCE",
    "MarkTarget": "MARK",
    "RequestCover": "COVER_ME",
    "CoordinateAttack": "ATTACK_TOGETHER",
    "SetAmbush": "AMBUSH",
    "Distract": "DISTRACT",
    "Regroup": "REGROUP",
    "Taunt": "TAUNT",
}
TO_ENEMIES = ("MARK", "ATTACK_TOGETHER", "DISTRACT", "TAUNT")  # words about an enemy
SAYS = {word: act for act, word in _WORDS.items()}  # the action that says each word


@dataclass
class Known:
    """Somebody as last seen."""

    place: Vector
    ally: bool
    points: int = 100
    most: int = 100
    morale: float = 0.8
    posture: int = 0
    seen: bool = False  # in sight now


class Knowledge:
    """Grows with every snapshot and every step that was done."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief
        self.names = {index: name for name, index in brief.ids.items()}
        self.people = {
            name: Known((at[0], 0.0, at[1]), brief.sides[name], *brief.health.get(name, ()))
            for name, at in brief.people.items()
        }
        self.used: set[str] = set()
        self.said: set[str] = set()
        self.left: set[str] = set()  # places at which it left a kit
        self.shaken: set[str] = set()
        self.visited: set[str] = set()
        self.walls: tuple[Obstacle, ...] = ()  # boxes that are no doors
        self.clouds: tuple[Cloud, ...] = ()
        self.closed: tuple[Door, ...] = ()
        self.place: Vector = (0.0, 0.0, 0.0)

    def see(self, view: FieldView) -> None:
        """Take note of a snapshot."""
        self.place = view.me.pos
        for one in self.people.values():
            one.seen = False
        for seen in (*view.allies, *view.enemies, *view.neutrals):
            self._see_person(seen)
        self._see_boxes(view)
        self._be_at(view.me.pos)

    def did(self, step: Step) -> None:
        """Take note of a step that was done."""
        name = self.names.get(int(step.arguments.get("target", -1)), "")
        if step.act == "Interact" and self._works(name):
            self.used.add(name)
        elif step.act in ("MoveTo", "TakeCover", "Patrol"):
            self._be_at((step.arguments["x"], 0.0, step.arguments["z"]))
        elif step.act == "CoverFire":
            self.shaken.add(name)
        elif step.act == "DropItem":
            self.left |= {point.name for point in self._near(self.place, 2.0)}
        if step.act in _WORDS:
            self.said.add(_WORDS[step.act])

    def looks(self) -> tuple[Look, ...]:
        """Where those who must not see the hero look from."""
        found: list[Look] = []
        for one in self.brief.watchers:
            known, half = self.people[one.name], math.radians(one.half_angle)
            if known.points <= 0:
                continue
            if one.route:
                found += along_route(
                    one.route, one.sees, half if one.looks is not None else math.pi
                )
            elif one.looks is None:
                found.append(Look(known.place, one.sees))
            else:
                found.append(Look(known.place, one.sees, math.radians(one.looks), half))
        return tuple(found)

    # -- from snapshots --------------------------------------------------------------------------

    def _see_person(self, seen: Seen) -> None:
        name = self.names.get(index_of(seen.id))
        if name not in self.people:
            return
        one, state = self.people[name], seen.state
        x, y, z = seen.pos
        one.place, one.seen = (round(x, 1), y, round(z, 1)), True
        if "health" in state:
            one.points, one.most = state["health"]["points"], state["health"]["most"]
        one.morale = float(state.get("morale", one.morale))
        one.posture = int(state["stance"]["posture"]) if "stance" in state else 0

    def _see_boxes(self, view: FieldView) -> None:
        boxes = [one for one in view.obstacles if one.kind == "box"]
        self.clouds = tuple(
            Cloud(one.pos, one.half[0]) for one in view.obstacles if one.kind == "smoke"
        )
        self.closed = tuple(
            door for door in self.brief.doors if any(_is(box, door) for box in boxes)
        )
        self.walls = tuple(
            box for box in boxes if not any(_is(box, door) for door in self.brief.doors)
        )

    def _be_at(self, place: Vector) -> None:
        self.visited |= {point.name for point in self._near(place, NEAR)}

    def _near(self, place: Vector, within: float) -> list[Point | Thing]:
        spots: tuple[Point | Thing, ...] = (*self.brief.points, *self.brief.things)
        return [one for one in spots if distance(place, (one.at[0], 0.0, one.at[1])) <= within]

    def _works(self, name: str) -> bool:
        thing = next((one for one in self.brief.things if one.name == name), None)
        return thing is not None and (not thing.after or thing.after in self.used)


def _is(box: Obstacle, door: Door) -> bool:
    gaps = (abs(a - b) for a, b in zip(box.pos, door.at, strict=True))
    return all(gap < _SAME for gap in gaps)
