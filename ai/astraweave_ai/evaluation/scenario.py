"""Scenarios: what the world is like, what is to be achieved in it, and what is expected of a mind.

A scenario is a TOML file. What a mind is told of it is a `Brief`; what is expected stays here, so
that no prompt can hold it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ..errors import ScenarioError
from ..registry import ActionRegistry
from .mistakes import mistakes

FOLDER = Path(__file__).with_name("scenarios")
Kind = Literal["combat", "exploration", "stealth", "support", "puzzle"]
Routine = Literal["stands", "fires", "patrols"]
What = Literal[
    "visited", "at", "defeated", "alive", "revived", "healthy", "used", "open", "said", "unseen",
    "spared", "shaken", "rallied", "kit_at",
]  # fmt: skip

Metres = Annotated[float, msgspec.Meta(ge=0, le=60)]
Ground = tuple[Metres, Metres]  # x and z
Height = Annotated[float, msgspec.Meta(ge=-10, le=10)]
Half = Annotated[float, msgspec.Meta(gt=0, le=60)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Edge = Annotated[float, msgspec.Meta(ge=4, le=40)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a file may hold, and nothing else."""


class BoxSpec(_Strict, frozen=True):
    """A wall or a crate."""

    at: tuple[Metres, Height, Metres]
    half: tuple[Half, Half, Half]


class Door(_Strict, frozen=True):
    """A box that is there until all things that open it were used."""

    name: Name
    at: tuple[Metres, Height, Metres]
    half: tuple[Half, Half, Half]


class Point(_Strict, frozen=True):
    """A place with a name."""

    name: Name
    at: Ground


class Thing(_Strict, frozen=True):
    """Something that one can use, such as a lever."""

    name: Name
    at: Ground
    opens: str = ""  # a door
    after: str = ""  # another thing, before whose use this one does nothing


class Person(_Strict, frozen=True):
    """A character. What it has is that of the arena unless it is said here."""

    name: Name
    at: Ground
    team: Annotated[int, msgspec.Meta(ge=0, le=7)] = 0
    health: Count = 100
    most_health: Count = 100
    rounds: Count = 30
    most_rounds: Count = 30
    smokes: Count = 1
    charges: Count = 1
    kits: Count = 1
    stamina: Annotated[int, msgspec.Meta(ge=0, le=100)] = 100
    morale: Share = 0.8
    routine: Routine = "stands"
    route: tuple[Ground, ...] = ()  # of one who patrols
    looks: float | None = None  # degrees from the x axis towards the z axis; None: all round
    sees: Annotated[float, msgspec.Meta(gt=0, le=60)] = 32.0  # metres
    half_angle: Annotated[float, msgspec.Meta(gt=0, le=180)] = 60.0  # degrees, where it `looks`


class Goal(_Strict, frozen=True):
    """A predicate on the world. `name` is whom or what it is about; the hero if it is empty."""

    what: What
    name: str = ""
    least: float = 0.0  # of health or morale; of what a shaken one has at most
    within: float = 1.0  # metres

    def __str__(self) -> str:
        return f"{self.what} {self.name}".strip()


class Expected(_Strict, frozen=True):
    """What a good plan does, in this order, and what no plan may do."""

    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


class Scenario(_Strict, frozen=True):
    """One situation and what is to be made of it."""

    name: Name
    kind: Kind
    summary: str
    size: tuple[Edge, Edge]
    hero: Person
    goals: Annotated[tuple[Goal, ...], msgspec.Meta(min_length=1)]
    expected: Expected
    seconds: Annotated[float, msgspec.Meta(gt=0, le=120)] = 30.0
    others: tuple[Person, ...] = ()
    points: tuple[Point, ...] = ()
    things: tuple[Thing, ...] = ()
    doors: tuple[Door, ...] = ()
    boxes: tuple[BoxSpec, ...] = ()

    @property
    def people(self) -> tuple[Person, ...]:
        """The hero and the others."""
        return (self.hero, *self.others)


class Watcher(msgspec.Struct, frozen=True):
    """How somebody sees who must not see the hero: what scouts have found out."""

    name: str
    sees: float
    looks: float | None
    half_angle: float
    route: tuple[Ground, ...]


class Brief(msgspec.Struct, frozen=True):
    """What a mind is told besides what it sees."""

    size: tuple[float, float]
    goals: tuple[Goal, ...]
    forbidden: tuple[str, ...]
    people: dict[str, Ground]  # where they were when it began
    sides: dict[str, bool]  # whether each is on the hero's
    health: dict[str, tuple[int, int]]  # points and most when it began, of the hero's side
    points: tuple[Point, ...]
    things: tuple[Thing, ...]
    doors: tuple[Door, ...]
    watchers: tuple[Watcher, ...]
    ids: dict[str, int] = {}  # what steps call the hero, people and things by

    def has(self, what: What) -> bool:
        """Whether there is a goal of this kind."""
        return any(goal.what == what for goal in self.goals)


def brief_of(scenario: Scenario, ids: dict[str, int] | None = None) -> Brief:
    """What a mind is told: nothing of what is expected but what is forbidden.

    Args:
        scenario: of which.
        ids: entity indices by name, once there is a world.
    """
    hero = scenario.hero
    return Brief(
        scenario.size,
        scenario.goals,
        scenario.expected.forbidden,
        {one.name: one.at for one in scenario.others},
        {one.name: one.team == hero.team for one in scenario.others},
        {
            one.name: (one.health, one.most_health)
            for one in scenario.others
            if one.team == hero.team
        },
        scenario.points,
        scenario.things,
        scenario.doors,
        tuple(
            Watcher(one.name, one.sees, one.looks, one.half_angle, one.route)
            for one in scenario.others
            if one.team != hero.team
        ),
        ids or {},
    )


# -- files -----------------------------------------------------------------------------------------


def load_scenario(path: Path, registry: ActionRegistry) -> Scenario:
    """A scenario from a file.

    Raises:
        ScenarioError: it cannot be read, or it is wrong; names the file and the place in it.
    """
    try:
        scenario = msgspec.toml.decode(path.read_bytes(), type=Scenario)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"scenario {path.name}: {error}") from error
    for mistake in mistakes(scenario, registry):
        raise ScenarioError(f"scenario {path.name}: {mistake}")
    return scenario


def load_scenarios(registry: ActionRegistry, folder: Path = FOLDER) -> list[Scenario]:
    """All scenarios of a folder, by name.

    Raises:
        ScenarioError: a file is wrong, two have one name, or there is none.
    """
    found = [load_scenario(path, registry) for path in sorted(folder.glob("*.toml"))]
    if not found:
        raise ScenarioError(f"no scenario is in {folder}; expected files *.toml")
    for name, count in Counter(one.name for one in found).items():
        if count > 1:
            raise ScenarioError(f"{count} scenarios are called {name}; names must differ")
    return sorted(found, key=lambda one: one.name)
