"""What a schema cannot say of a scenario: names that must fit, and bounds that others set.

Scenarios share a world, so one that reached out of its field would spoil its neighbours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..components import Word
from ..registry import ActionRegistry

if TYPE_CHECKING:
    from .scenario import BoxSpec, Door, Ground, Point, Scenario, Thing

KEPT = ("alive", "unseen", "spared")  # goals that must never be broken; the others are reached
_RIM = 0.5  # metres that a box may reach out of its field: up to the middle of the wall around it


def mistakes(scenario: Scenario, registry: ActionRegistry) -> Iterable[str]:
    """What is wrong with a scenario, in words."""
    doors = [door.name for door in scenario.doors]
    names = [one.name for one in (*scenario.people, *_spots(scenario))] + doors
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{count} people, points, things or doors are called {name!r}"
    for action in (*scenario.expected.required, *scenario.expected.forbidden):
        if action not in registry:
            yield f"expected: there is no action {action!r}"
    for action in sorted({*scenario.expected.required} & {*scenario.expected.forbidden}):
        yield f"expected: {action} is both required and forbidden"
    yield from _wrong_goals(scenario)
    yield from _wrong_references(scenario)
    yield from _wrong_people(scenario)
    yield from _outside(scenario)


def _outside(scenario: Scenario) -> Iterator[str]:
    """What is not where the scenario takes place."""

    def out(place: Ground) -> bool:
        return place[0] > scenario.size[0] or place[1] > scenario.size[1]

    for one in (*scenario.people, *_spots(scenario)):
        if out(one.at):
            yield f"{one.name} is outside the field: {one.at}"
    for person in scenario.people:
        yield from (f"{person.name}: its route leads outside the field, to {place}"
                    for place in person.route if out(place))  # fmt: skip
    boxes: list[tuple[str, BoxSpec | Door]] = [(door.name, door) for door in scenario.doors]
    boxes += [(f"box {number}", box) for number, box in enumerate(scenario.boxes)]
    for name, box in boxes:
        for axis, edge in zip((0, 2), scenario.size, strict=True):
            low, high = box.at[axis] - box.half[axis], box.at[axis] + box.half[axis]
            if low < -_RIM or high > edge + _RIM:
                yield f"{name} reaches outside the field along {'xyz'[axis]}: {low:g} to {high:g}"


def _wrong_people(scenario: Scenario) -> Iterator[str]:
    for one in scenario.people:
        for what, has, most in (
            ("health", one.health, one.most_health),
            ("rounds", one.rounds, one.most_rounds),
        ):
            if has > most:
                yield f"{one.name}: {what} is {has}, and at most {most}"
    if not scenario.hero.health:
        yield f"{scenario.hero.name}: the hero has no health, so it is over at once"


def _spots(scenario: Scenario) -> tuple[Point | Thing, ...]:
    return (*scenario.points, *scenario.things)


def _wrong_goals(scenario: Scenario) -> Iterable[str]:
    words = {word.name for word in Word}
    places = {one.name for one in _spots(scenario)}
    people = {one.name for one in scenario.people} | {""}
    known = {
        "used": {one.name for one in scenario.things},
        "open": {one.name for one in scenario.doors},
        "said": words,
        **dict.fromkeys(("visited", "at", "kit_at"), places),
    }
    for goal in scenario.goals:
        if goal.name not in known.get(goal.what, people):
            yield f"goal {goal.what}: there is no {goal.name!r}"
    if all(goal.what in KEPT for goal in scenario.goals):
        yield "goals: at least one must be something to reach"


def _wrong_references(scenario: Scenario) -> Iterable[str]:
    doors = {one.name for one in scenario.doors} | {""}
    things = {one.name for one in scenario.things} | {""}
    for thing in scenario.things:
        if thing.opens not in doors:
            yield f"{thing.name} opens {thing.opens!r}, and there is no such door"
        if thing.after not in things or thing.after == thing.name:
            yield f"{thing.name} is after {thing.after!r}, and there is no other such thing"
        elif thing in _before(thing, scenario):
            yield f"{thing.name} would have to be used before itself: after {thing.after!r}"
    for one in scenario.people:
        if (one.routine == "patrols") != (len(one.route) > 1):
            yield f"{one.name}: who patrols has a route of two places or more, others have none"


def _before(thing: Thing, scenario: Scenario) -> list[Thing]:
    """All that has to be used before a thing; the thing itself if that goes round in a circle."""
    things = {one.name: one for one in scenario.things}
    found: list[Thing] = []
    while (one := things.get((found[-1] if found else thing).after)) and one not in found:
        found.append(one)
    return found
