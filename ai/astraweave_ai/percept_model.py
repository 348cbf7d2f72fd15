"""The plain data of a snapshot: what its fields are, and what they are called in JSON.

The names in JSON are part of prompts, so a change here changes what a language model reads.
"""

from __future__ import annotations

from typing import Any

import msgspec

Vector = tuple[float, float, float]


class Me(msgspec.Struct, frozen=True):
    """The agent itself. `id` is its handle, which commands take; lengths are in metres."""

    id: int
    pos: Vector
    facing: float  # radians from the x axis towards the z axis
    team: int | None
    state: dict[str, Any]  # the extra components, by name in snake case


class Seen(msgspec.Struct, frozen=True):
    """An entity in sight."""

    id: int
    pos: Vector
    team: int | None
    distance: float
    state: dict[str, Any]


class Place(msgspec.Struct, frozen=True):
    """A point of interest."""

    id: int
    kind: str = msgspec.field(name="k")
    pos: Vector = msgspec.field()


class Obstacle(msgspec.Struct, frozen=True):
    """A box, or the box around a cloud of smoke, which blocks sight alone."""

    kind: str  # "box" or "smoke"
    pos: Vector  # its centre
    half: Vector


class Task(msgspec.Struct, frozen=True):
    """An objective."""

    kind: str = msgspec.field(name="k")
    pos: Vector = msgspec.field()


class SnapshotData(msgspec.Struct, frozen=True, rename={"tick": "t", "points_of_interest": "pois"}):
    """A whole snapshot as plain data; its field names are those of the JSON."""

    tick: int
    me: Me
    allies: tuple[Seen, ...]
    enemies: tuple[Seen, ...]
    neutrals: tuple[Seen, ...]
    counts: tuple[int, ...]
    points_of_interest: tuple[Place, ...]
    obstacles: tuple[Obstacle, ...]
    objective: Task | None
