"""The FF heuristic: a plan for the task without deletions, and which operators begin it.

It is not admissible. What it is good at is to tell soon which way leads to the goal.

Source: Hoffmann and Nebel, The FF Planning System: Fast Plan Generation Through Heuristic Search,
2001.
"""

from __future__ import annotations

from .relaxation import Relaxation
from .task import Task, bits


class RelaxedPlan:
    """The heuristic for one task; results depend on the task and the state alone."""

    def __init__(self, task: Task) -> None:
        self.tables = Relaxation(task)
        self.conditions = [list(bits(each.pre)) for each in task.operators]
        self.conditions.append(list(bits(task.goal)))

    def estimate(self, state: int) -> tuple[int, int] | None:
        """How many operators a relaxed plan has, and a mask of those of them that can begin it.

        None if there is no relaxed plan, and so no plan either.
        """
        levels = self._levels(state)
        return None if levels is None else self._extract(*levels)

    def _levels(self, state: int) -> tuple[list[int], list[int], int] | None:
        """When each fact is reached first, by which operators, and what is applicable at once."""
        tables = self.tables
        adders = tables.adders
        level = [0] * (tables.goal_fact + 1)
        reached_by = [0] * (tables.goal_fact + 1)
        missing = tables.missing(state)
        firing = seen = first = tables.enabled(missing, 0)
        step = 0
        while missing[-1:] == [tables.goal_fact]:
            step += 1
            new = [fact for fact in missing if adders[fact] & firing]
            if not new:
                return None
            for fact in new:
                level[fact] = step
                reached_by[fact] = adders[fact] & firing
            missing = [fact for fact in missing if not adders[fact] & firing]
            firing = tables.enabled(missing, seen)
            seen |= firing
        return level, reached_by, first

    def _extract(self, level: list[int], reached_by: list[int], first: int) -> tuple[int, int]:
        """Choose an operator for every fact that is needed, going back from the goal."""
        chosen = 0
        needed = [self.tables.goal_fact]
        known = set(needed)
        for fact in needed:
            if not level[fact]:
                continue
            operator = self._easiest(reached_by[fact], level)
            chosen |= 1 << operator
            for condition in self.conditions[operator]:
                if condition not in known:
                    known.add(condition)
                    needed.append(condition)
        chosen &= ~self.tables.goal
        return chosen.bit_count(), chosen & first

    def _easiest(self, operators: int, level: list[int]) -> int:
        """The operator whose conditions are reached soonest; the first of equals."""
        if not operators & (operators - 1):
            return operators.bit_length() - 1
        return min(
            bits(operators), key=lambda number: sum(level[f] for f in self.conditions[number])
        )
