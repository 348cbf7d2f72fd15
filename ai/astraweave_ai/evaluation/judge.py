"""The judge of one scenario: looks at the world at every tick, and at nothing that a mind says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as kept

import numpy as np

from astraweave import NOBODY

from ..components import Word
from ..percept_columns import Columns
from .field import Field
from .mistakes import KEPT
from .scenario import Goal, Scenario

_BESIDE = 2.0  # metres between a kit and the place where it was to be left


@dataclass
class Judge:
    """Keeps the score of a scenario's goals.

    Args:
        scenario: whose goals.
        field: where.
        index: entity indices of people and things by name.
    """

    scenario: Scenario
    field: Field
    index: Mapping[str, int]
    broken: str = ""  # the first goal that was to be kept and was not
    achieved: bool = False
    used: set[str] = kept(default_factory=set)  # things, in effect
    opened: set[str] = kept(default_factory=set)  # doors
    _once: set[Goal] = kept(default_factory=set)  # met at some tick
    _seen_uses: dict[str, int] = kept(default_factory=dict)
    _began: dict[str, int] = kept(default_factory=dict)  # health of people

    @property
    def decided(self) -> bool:
        """Whether it is over."""
        return self.achieved or bool(self.broken)

    def look(self, columns: Columns) -> None:
        """Take note of one tick; nothing changes once it is decided."""
        self._watch_things(columns)
        if self.decided:
            return
        for goal in (Goal(what="alive"), *self.scenario.goals):
            if goal.what in KEPT and not self._holds(goal, columns):
                self.broken = str(goal)
                return
        reached = [goal for goal in self.scenario.goals if goal.what not in KEPT]
        self._once |= {goal for goal in reached if self._holds(goal, columns)}
        self.achieved = all(
            goal in self._once if goal.what in _LATCHED else self._holds(goal, columns)
            for goal in reached
        )

    def met(self) -> list[str]:
        """Goals that were met at some tick, for reports."""
        return [str(goal) for goal in self.scenario.goals if goal in self._once]

    def _watch_things(self, columns: Columns) -> None:
        """What was used takes effect, unless something else had to be used before."""
        for thing in self.scenario.things:
            uses = int(columns.values["Interactive"][self.index[thing.name]])
            if uses > self._seen_uses.get(thing.name, 0):
                self._seen_uses[thing.name] = uses
                if not thing.after or thing.after in self.used:
                    self.used.add(thing.name)
        for door in self.scenario.doors:
            needed = {thing.name for thing in self.scenario.things if thing.opens == door.name}
            if needed and needed <= self.used:
                self.opened.add(door.name)

    # -- predicates ------------------------------------------------------------------------------

    def _holds(self, goal: Goal, columns: Columns) -> bool:
        who = self.index.get(goal.name or self.scenario.hero.name, NOBODY)
        if goal.what in ("visited", "at"):
            return self._is_near(self.index[self.scenario.hero.name], goal, columns)
        if goal.what == "used":
            return goal.name in self.used
        if goal.what == "open":
            return goal.name in self.opened
        if goal.what == "said":
            said = columns.values["Signal"][self.index[self.scenario.hero.name]]
            return int(said["word"]) == Word[goal.name]
        if goal.what == "unseen":
            return not self._is_seen(columns)
        if goal.what == "kit_at":
            kits = np.flatnonzero(columns.has["Pickup"]).tolist()
            return any(self._is_near(kit, goal, columns, _BESIDE) for kit in kits)
        if goal.what in ("shaken", "rallied"):
            morale = float(columns.values["Morale"][who])
            return morale <= goal.least if goal.what == "shaken" else morale >= goal.least
        return self._health_is(goal, int(columns.values["Health"][who]["points"]))

    def _health_is(self, goal: Goal, points: int) -> bool:
        name = goal.name or self.scenario.hero.name
        if goal.what == "defeated":
            return points <= 0
        if goal.what == "spared":
            return points >= self._began.setdefault(name, points)
        return points >= max(1, goal.least)  # alive, revived, healthy

    def _is_near(self, who: int, goal: Goal, columns: Columns, within: float = 0.0) -> bool:
        if who >= len(columns.handles) or not columns.has["Position"].item(who):
            return False
        x, _, z = self.field.local(tuple(columns.values["Position"][who].tolist()))
        there = next(
            one.at
            for group in (self.scenario.points, self.scenario.things)
            for one in group
            if one.name == goal.name
        )
        return (x - there[0]) ** 2 + (z - there[1]) ** 2 <= (within or goal.within) ** 2

    def _is_seen(self, columns: Columns) -> bool:
        me = self.index[self.scenario.hero.name]
        foes = [
            self.index[one.name]
            for one in self.scenario.others
            if one.team != self.scenario.hero.team
        ]
        up = [foe for foe in foes if columns.values["Health"][foe]["points"] > 0]
        sensed = columns.values["Sensed"][up]
        return bool((np.concatenate([sensed["near"], sensed["far"]], axis=1) == me).any())


_LATCHED = ("visited", "said", "kit_at", "shaken", "used", "open", "defeated")
