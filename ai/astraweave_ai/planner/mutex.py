"""Pairs of facts that can never hold together, and the operators that need such a pair.

A pair is reachable if an operator can bring it about whose conditions, taken two by two, are
reachable. What is left over is mutually exclusive. The task without the operators that need two
exclusive facts has the same plans, and estimates that are as good or better.

Source: Haslum and Geffner, Admissible Heuristics for Optimal Planning, 2000 (h², of which this is
the reachability).
"""

from __future__ import annotations

from .task import Operator, Task, bits


class Pairs:
    """Which facts of a task can hold together with which, as far as pairs tell."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.reached = task.initial
        self.partners = [0] * len(task.facts)  # of each fact, itself included
        for fact in bits(task.initial):
            self.partners[fact] = task.initial
        self.operators = self._close()

    def together(self, facts: int) -> int:
        """The facts that go with each of `facts`; not even all of these if they do not go."""
        common = self.reached
        for fact in bits(facts):
            common &= self.partners[fact]
        return common

    def possible(self, facts: int) -> bool:
        """Whether no two of `facts` exclude each other."""
        return not facts & ~self.together(facts)

    def _close(self) -> tuple[Operator, ...]:
        """Apply operators until no pair is new; returns those that could be applied."""
        waiting = list(self.task.operators)
        applied: dict[str, Operator] = {}
        grown = True
        while grown:
            grown = False
            for operator in waiting:
                common = self.together(operator.pre)
                if not operator.pre & ~common:
                    applied[operator.name] = operator
                    after = common & ~operator.delete | operator.add
                    grown |= self._add(operator.add, after)
        return tuple(each for each in self.task.operators if each.name in applied)

    def _add(self, added: int, after: int) -> bool:
        """Note that each of `added` goes with all of `after`; whether that was new."""
        grown = False
        for fact in bits(added):
            fresh = after & ~self.partners[fact]
            if fresh:
                grown = True
                self.partners[fact] |= fresh
                for partner in bits(fresh):
                    self.partners[partner] |= 1 << fact
        self.reached |= added
        return grown


def without_exclusive(task: Task) -> Task:
    """`task` without operators that need an exclusive pair; without any if the goal is one."""
    pairs = Pairs(task)
    operators = pairs.operators if pairs.possible(task.goal) else ()
    return Task(task.facts, operators, task.initial, task.goal)
