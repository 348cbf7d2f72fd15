"""Pairs of facts that can never hold together, and the operators that need such a pair.

A pair is reachable if an operator can bring it about whose conditions, taken two by two, are
reachable. What is left over is mutually exclusive. The task without the operators that need two
exclusive facts has the same plans, and estimates that are as good or better.

Source: Haslum and Geffner, Admissible Heuristics for Optimal Planning, 2000 (h², of which this is
the reachability).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .task import Operator, Task, bits

Checked = tuple[Operator, tuple[int, ...], tuple[int, ...]]  # with what it needs, what it adds

_CHECK_EVERY = 2048  # operators


def _nothing() -> None:
    """The check of whoever has all the time in the world."""


class Pairs:
    """Which facts of a task can hold together with which, as far as pairs tell."""

    def __init__(self, task: Task, check: Callable[[], None] = _nothing) -> None:
        self.task = task
        self.check = check  # called now and then; may raise to stop the work
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
        """Apply operators until no pair is new; returns those that could be applied.

        An operator is looked at again only where facts that it needs got new partners.
        """
        operators = self.task.operators
        checked = [(each, tuple(bits(each.pre)), tuple(bits(each.add))) for each in operators]
        applied: set[str] = set()
        before, grown = -1, 0  # facts with new partners in the last round, and in this one
        while before:
            for operator, needed, added in self._now_and_then(checked):
                if needed and not operator.pre & (before | grown):
                    continue
                common = self.reached
                for fact in needed:
                    common &= self.partners[fact]
                if not operator.pre & ~common:
                    applied.add(operator.name)
                    grown |= self._add(added, common & ~operator.delete | operator.add)
            before, grown = grown, 0
        return tuple(each for each in operators if each.name in applied)

    def _now_and_then(self, checked: list[Checked]) -> Iterator[Checked]:
        for start in range(0, len(checked), _CHECK_EVERY):
            self.check()
            yield from checked[start : start + _CHECK_EVERY]

    def _add(self, added: tuple[int, ...], after: int) -> int:
        """Note that each of `added` goes with all of `after`; the facts for which that was new."""
        grown = 0
        for fact in added:
            fresh = after & ~self.partners[fact]
            if fresh:
                grown |= fresh | 1 << fact
                self.reached |= 1 << fact
                self.partners[fact] |= fresh
                for partner in bits(fresh):
                    self.partners[partner] |= 1 << fact
        return grown


def without_exclusive(task: Task, check: Callable[[], None] = _nothing) -> Task:
    """`task` without operators that need an exclusive pair; without any if the goal is one."""
    pairs = Pairs(task, check)
    operators = pairs.operators if pairs.possible(task.goal) else ()
    return Task(task.facts, operators, task.initial, task.goal)
