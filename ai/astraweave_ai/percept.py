"""What each mind knows: one typed snapshot per agent, from one readback for all of them.

A tick's columns arrive as arrays, two ticks late as every percept does. All comparing and selecting
is done on whole arrays; the objects that a mind holds are made for the agents that are asked about,
field by field, when they are asked. While nothing that an agent can know has changed, it gets the
same object again, so that a plan can be kept by identity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
import numpy as np

from astraweave import Barrier, Blockers, Goal, Percept, Position, Sensed, Smoke, Team

from .errors import MindError
from .handles import index_of
from .percept_columns import (
    Array,
    Bools,
    Columns,
    Objective,
    PointOfInterest,
    changes,
    gaps,
    unlike,
)
from .percept_model import Me, Obstacle, Place, Seen, SnapshotData, Task

__all__ = [
    "Me",
    "Objective",
    "Obstacle",
    "Perception",
    "Place",
    "PointOfInterest",
    "Seen",
    "SnapshotData",
    "Snapshots",
    "Task",
    "WorldSnapshot",
]
_SWEEP = 64  # percepts between two clearings of what nobody can get any more


class WorldSnapshot:
    """What one agent knows. Fields are made when they are first read.

    `tick` is the latest one that it is known to describe: an unchanged agent keeps its snapshot,
    and with it everything that was worked out from it.
    """

    def __init__(self, rules: Perception, columns: Columns, index: int, since: int) -> None:
        self.tick = columns.tick
        self.columns = columns
        self.since = since  # the percept, by number, in which it changed
        self._rules = rules
        self._index = index

    @cached_property
    def me(self) -> Me:
        """The agent itself."""
        handle, pos, team, state = self.columns.told(self._index, self._rules.me)
        facing = float(self.columns.values["Sensed"]["facing"][self._index])
        return Me(handle, pos, facing, team, state)

    @cached_property
    def _seen(self) -> tuple[tuple[Seen, ...], ...]:
        """Allies, enemies and neutrals, nearest first."""
        found: tuple[list[Seen], ...] = [], [], []
        for i, distance in self._listed():
            handle, pos, team, state = self.columns.told(i, self._rules.seen)
            found[self._side(team)].append(Seen(handle, pos, team, distance, state))
        return tuple(tuple(rows) for rows in found)

    def _side(self, team: int | None) -> int:
        """Of whom it sees: 0 allies, 1 enemies, 2 neutrals."""
        own = self.columns.team(self._index)
        return 2 if own is None or team is None else int(own != team)

    def health(self) -> tuple[int, int]:
        """Points and most of its own; 1 of 1 if it has none."""
        return self.columns.health(self._index)

    def standing_enemies(self) -> frozenset[int]:
        """Entity indices of enemies in sight who are not down: `enemies` costs far more."""
        return frozenset(
            i
            for i, _ in self._listed()
            if self._side(self.columns.team(i)) == 1 and self.columns.health(i)[0] > 0
        )

    def _listed(self) -> Iterator[tuple[int, float]]:
        """Index and distance of what it sees and what is still there."""
        sensed, here = self.columns.values["Sensed"][self._index], self.columns.has["Position"]
        for who, away in (("near", "near_distance"), ("far", "far_distance")):
            for i, distance in zip(sensed[who].tolist(), sensed[away].tolist(), strict=True):
                if i < len(here) and here.item(i):
                    yield i, distance

    @property
    def allies(self) -> tuple[Seen, ...]:
        """Those of its team in sight, nearest first; at most 8 with enemies and neutrals."""
        return self._seen[0]

    @property
    def enemies(self) -> tuple[Seen, ...]:
        """Those of other teams in sight, nearest first."""
        return self._seen[1]

    @property
    def neutrals(self) -> tuple[Seen, ...]:
        """What is in sight and has no team; everything, if the agent has none."""
        return self._seen[2]

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """How many of teams 0 to 7 are in sight, however many that are."""
        sensed = self.columns.values["Sensed"][self._index]
        return (*sensed["teams"].tolist(), *sensed["more_teams"].tolist())

    @cached_property
    def points_of_interest(self) -> tuple[Place, ...]:
        """Those within `around`, nearest first."""
        points, names = self.columns.points, self._rules.kinds
        away = self._gaps(points[:, 3:], points[:, 3:])
        order = np.argsort(away, kind="stable")
        rows = points[order[away[order] <= self._rules.around**2]].tolist()
        return tuple(
            Place(int(generation) << 32 | int(i), names.get(int(kind), str(int(kind))), (x, y, z))
            for i, generation, kind, x, y, z in rows
        )

    @cached_property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """Those that come within `around`: boxes, then smoke, each by centre."""
        rows = self.columns.obstacles
        away = self._gaps(rows[:, 1:4] - rows[:, 4:], rows[:, 1:4] + rows[:, 4:])
        return tuple(
            Obstacle("smoke" if smoke else "box", (x, y, z), (a, b, c))
            for smoke, x, y, z, a, b, c in rows[away <= self._rules.around**2].tolist()
        )

    @cached_property
    def objective(self) -> Task | None:
        """What it is to achieve."""
        if not self.columns.has["Objective"][self._index]:
            return None
        row = self.columns.values["Objective"][self._index]
        kind = int(row["kind"])
        return Task(self._rules.objectives.get(kind, str(kind)), tuple(row["place"].tolist()))

    def data(self) -> SnapshotData:
        """All of it, as plain data."""
        return SnapshotData(*(getattr(self, name) for name in SnapshotData.__struct_fields__))

    def to_json(self) -> bytes:
        """All of it as JSON."""
        return msgspec.json.encode(self.data())

    def _gaps(self, low: Array, high: Array) -> Array:
        """Squared distances of boxes from the agent."""
        away: Array = gaps(self.columns.values["Position"][[self._index]], low, high)[0]
        return away


class Snapshots:
    """The snapshots of one percept, by handle.

    `handles` are those of the agents (Sensed and Position), by ascending index; `changed` says for
    each whether anything that it can know differs from the percept before.
    """

    def __init__(self, rules: Perception, columns: Columns, versions: Array, number: int) -> None:
        self.tick = columns.tick
        self.columns = columns
        self.agents = np.flatnonzero(columns.has["Sensed"] & columns.has["Position"])
        self.handles = columns.handles[self.agents]
        self.changed: Bools = versions[self.agents] == number
        self._rules, self._versions = rules, versions

    def __len__(self) -> int:
        return len(self.handles)

    def __iter__(self) -> Iterator[int]:
        return iter(self.handles.tolist())

    def __contains__(self, handle: Any) -> bool:
        index, known = index_of(handle), self.columns.has["Sensed"]
        there = index < len(known) and known[index] and self.columns.has["Position"][index]
        return bool(there and int(self.columns.handles[index]) == int(handle))

    def __getitem__(self, handle: Any) -> WorldSnapshot:
        """The snapshot of an agent by its handle.

        Raises:
            MindError: it was no agent in that tick.
        """
        if handle not in self:
            raise MindError(
                f"the percept of tick {self.tick} has no agent {int(handle)}: an agent needs "
                "Position, Senses and Sensed, and is known two ticks after it was spawned"
            )
        index = index_of(handle)
        return self._rules.snapshot(self.columns, index, int(self._versions[index]))

    def read(self, kind: Any) -> Array:
        """Values of a component for all agents, rows as `handles`; zero for those that lack it."""
        return self.columns.values[kind.__name__][self.agents]


@dataclass
class Perception:
    """Makes snapshots of percepts; one system owns it and calls `perceive` whenever it runs.

    Args:
        me: components that are told about the agent itself.
        seen: components that are told about each entity in sight.
        blockers: the module of the world whose static boxes are told as obstacles.
        around: metres up to which obstacles and points of interest are told.
        kinds, objectives: names of the kinds of PointOfInterest and Objective.

    Raises:
        MindError: something that is not a component of the simulation, or no distance.
    """

    me: tuple[Any, ...] = ()
    seen: tuple[Any, ...] = ()
    blockers: Blockers | None = None
    around: float = 20.0
    kinds: Mapping[int, str] = field(default_factory=dict)
    objectives: Mapping[int, str] = field(default_factory=dict)
    _last: Columns | None = field(default=None, repr=False)
    _versions: Array = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)
    _number: int = field(default=0, repr=False)
    _kept: dict[int, WorldSnapshot] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        given: Any = (self.me, self.seen)
        if not all(isinstance(kinds, tuple) for kinds in given):
            raise MindError("perception: me and seen must be tuples, such as (Health,)")
        for kind in (*self.me, *self.seen):
            layout = getattr(kind, "layout", None)
            if layout is None or layout.event or layout.presentation:
                raise MindError(f"perception: {kind!r} is no component of the simulation")
        if not 0 <= self.around < float("inf"):
            raise MindError(f"perception: around must be metres, 0 or more, got {self.around!r}")

    @property
    def reads(self) -> tuple[Any, ...]:
        """What the system has to declare as `reads`."""
        own = (Position, Team, Sensed, Objective, PointOfInterest, Barrier, Smoke, Goal)
        return tuple(dict.fromkeys((*own, *self.me, *self.seen)))

    def perceive(self, percept: Percept) -> Snapshots:
        """The snapshots of a percept of these `reads`."""
        columns = Columns.of(percept, self.reads, self.blockers)
        self._number += 1
        versions = np.full(len(columns.handles), self._number)
        if self._last is not None:
            size = min(len(versions), len(self._versions))
            same = np.flatnonzero(~self._changed(columns, self._last)[:size])
            versions[same] = self._versions[same]
        self._last, self._versions = columns, versions
        if self._number % _SWEEP == 0:
            self._sweep(columns)
        return Snapshots(self, columns, versions, self._number)

    def _changed(self, new: Columns, old: Columns) -> Bools:
        """For which agents, by index, anything that they know has changed."""
        shown = {"Position", "Team", *(kind.__name__ for kind in self.seen)}
        mine = {"Position", "Team", "Sensed", "Objective", *(kind.__name__ for kind in self.me)}
        both = unlike(new, old, shown & mine)
        changed, looks = (both | unlike(new, old, one - (shown & mine)) for one in (mine, shown))
        agents = np.flatnonzero(new.has["Sensed"] & new.has["Position"])
        looks = np.append(looks, False)  # the last place stands for nobody
        for part in ("near", "far"):
            seen = np.minimum(new.values["Sensed"][part][agents], len(looks) - 1)
            changed[agents] |= looks[seen].any(axis=1)
        place, limit = new.values["Position"][agents], self.around**2
        boxes = changes(new.obstacles, old.obstacles)
        low, high = boxes[:, 1:4] - boxes[:, 4:], boxes[:, 1:4] + boxes[:, 4:]
        points = changes(new.points, old.points)[:, 3:]
        for corners in ((low, high), (points, points)):
            changed[agents] |= (gaps(place, *corners) <= limit).any(axis=1)
        return changed

    def snapshot(self, columns: Columns, index: int, version: int) -> WorldSnapshot:
        """An agent's snapshot of this version, the one that was made before if there is one."""
        handle = int(columns.handles[index])
        kept = self._kept.get(handle)
        if kept is None or kept.since != version:
            kept = self._kept[handle] = WorldSnapshot(self, columns, index, version)
        kept.tick, kept.columns = columns.tick, columns
        return kept

    def _sweep(self, columns: Columns) -> None:
        """Drop what has changed or ended since, and let go of old columns."""
        for handle, kept in list(self._kept.items()):
            index = index_of(handle)
            alive = index < len(columns.handles) and int(columns.handles[index]) == handle
            if alive and kept.since == self._versions[index]:
                kept.columns = columns
            else:
                del self._kept[handle]
