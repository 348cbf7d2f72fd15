"""A task without deletions, as tables of bit masks that the heuristics share.

Sets of operators are bit masks, so that one operation on a mask handles all operators at once. The
goal is one more operator, without cost, that turns all goal facts into one goal fact.
"""

from __future__ import annotations

from .task import Task, bits


class Relaxation:
    """Which operators need a fact, and which add it."""

    def __init__(self, task: Task) -> None:
        self.goal_fact = len(task.facts)  # the last one
        self.goal = 1 << len(task.operators)  # the mask of the operator that reaches it
        self.all = 2 * self.goal - 1
        self.needs = [0] * (self.goal_fact + 1)
        self.adders = [0] * (self.goal_fact + 1)
        for number, operator in enumerate(task.operators):
            bit = 1 << number
            for fact in bits(operator.pre):
                self.needs[fact] |= bit
            for fact in bits(operator.add & ~operator.pre):
                self.adders[fact] |= bit
        for fact in bits(task.goal):
            self.needs[fact] |= self.goal
        self.adders[self.goal_fact] = self.goal

    def applicable(self, state: int) -> int:
        """The operators whose conditions hold in `state`, without the goal."""
        blocked = self.goal
        needs = self.needs
        for fact in range(self.goal_fact):
            if not state >> fact & 1:
                blocked |= needs[fact]
        return self.all ^ blocked

    def missing(self, state: int) -> list[int]:
        """The facts that do not hold in `state`, the goal fact last."""
        return [fact for fact in range(self.goal_fact + 1) if not state >> fact & 1]

    def enabled(self, missing: list[int], before: int) -> int:
        """The operators that need none of the `missing` facts, without those of `before`."""
        blocked = before
        needs = self.needs
        for fact in missing:
            blocked |= needs[fact]
        return self.all & ~blocked
