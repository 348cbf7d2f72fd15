"""LM-cut: a lower bound on the cost of a plan, from sets of operators of which one has to be used.

Facts are reached in levels of equal h_max value. A cut changes nothing below the level where its
operators become applicable, so the next cut resumes there. A successor state keeps all cuts of its
parent that do not hold the operator which led to it.

Sources: Helmert and Domshlak, Landmarks, Critical Paths and Abstractions: What's the Difference
Anyway?, 2009; Pommerening and Helmert, Incremental LM-Cut, 2013.
"""

from __future__ import annotations

from .relaxation import Relaxation
from .task import Task

Cut = tuple[int, int]  # a mask of operators, and the cost that one of them takes at least
Cuts = list[Cut]
Classes = dict[int, int]  # operators by what is left of their cost


class _Level:
    """What is known of the facts once all that cost `value` or less have been reached."""

    __slots__ = ("due", "fresh", "late", "seen", "value")

    def __init__(
        self, value: int, late: list[int], seen: int, fresh: int, due: dict[int, int]
    ) -> None:
        self.value = value
        self.late = late  # facts that are not yet reached
        self.seen = seen  # operators that are applicable
        self.fresh = fresh  # those of them that were not at the level before
        self.due = due  # operators whose effects come at a later value


class LmCut:
    """The heuristic for one task; results depend on the task and the arguments alone."""

    def __init__(self, task: Task) -> None:
        self.tables = Relaxation(task)
        self.classes: Classes = {0: self.tables.goal}
        for number, operator in enumerate(task.operators):
            self.classes[operator.cost] = self.classes.get(operator.cost, 0) | 1 << number

    def cuts(self, state: int, known: Cuts) -> Cuts | None:
        """`known` cuts of `state` and as many more as there are; None if no plan exists.

        The sum of their costs is admissible: no operator is in cuts that cost more than it does.
        """
        classes = self._reduced(known)
        stack = self._start(state, classes)
        found = list(known)
        while True:
            if not self._advance(stack, classes):
                return None
            if not stack[-1].value:
                return found
            mask = self._cut(stack, classes[0])
            price = min(cost for cost, some in classes.items() if some & mask)
            _reduce(classes, mask, price)
            found.append((mask, price))
            self._resume(stack, classes, mask)

    def _reduced(self, known: Cuts) -> Classes:
        classes = dict(self.classes)
        for mask, price in known:
            _reduce(classes, mask, price)
        return classes

    def _start(self, state: int, classes: Classes) -> list[_Level]:
        missing = self.tables.missing(state)
        level = _Level(0, *self._close(missing, 0, 0, classes[0]), {})
        _schedule(level, classes, level.fresh)
        return [level]

    def _close(
        self, late: list[int], seen: int, fire: int, free: int
    ) -> tuple[list[int], int, int]:
        """Fire operators, and then all that are free and become applicable by that."""
        adders, enabled = self.tables.adders, self.tables.enabled
        fresh = 0
        while True:
            if fire:
                before = len(late)
                late = [fact for fact in late if not adders[fact] & fire]
                if len(late) == before:
                    break
            new = enabled(late, seen)
            fresh |= new
            seen |= new
            fire = new & free
            if not fire:
                break
        return late, seen, fresh

    def _advance(self, stack: list[_Level], classes: Classes) -> bool:
        """Add levels until the goal is reached; False if it cannot be."""
        free, goal = classes[0], self.tables.goal
        top = stack[-1]
        while not top.seen & goal:
            due = dict(top.due)
            if not due:
                return False
            value = min(due)
            closed = self._close(top.late, top.seen, due.pop(value), free)
            top = _Level(value, *closed, due)
            _schedule(top, classes, top.fresh)
            stack.append(top)
        return True

    def _resume(self, stack: list[_Level], classes: Classes, cut: int) -> None:
        """Go back to the level where the operators of `cut`, now cheaper, become applicable."""
        place = next(place for place, level in enumerate(stack) if level.fresh & cut)
        level = stack[place]
        del stack[place:]
        cheaper = level.fresh & cut
        free = classes[0]
        late, seen, fresh = self._close(level.late, level.seen, cheaper & free, free)
        again = _Level(level.value, late, seen, level.fresh | fresh, dict(level.due))
        _schedule(again, classes, cheaper | fresh)
        stack.append(again)

    def _cut(self, stack: list[_Level], free: int) -> int:
        """The operators that lead into the zone from where the goal costs nothing more.

        The zone holds facts of the goal's level or later only, so all that comes before that level
        is outside, and only later facts are looked at one by one.
        """
        top, before = stack[-1], stack[-2]
        adders = self.tables.adders
        supports = self._supports(top, before.late)
        rest = before.late[:-1]  # without the goal fact
        into = self.tables.goal  # operators that lead into the zone
        leading = into  # those of them that are free, of the facts found last
        while leading:
            inside = [fact for fact in rest if supports[fact] & leading]
            rest = [fact for fact in rest if not supports[fact] & leading]
            adding = 0
            for fact in inside:
                adding |= adders[fact]
            into |= adding
            leading = adding & free
        outside = before.seen
        while True:
            reached = [fact for fact in rest if adders[fact] & outside]
            if not reached:
                return outside & into
            rest = [fact for fact in rest if not adders[fact] & outside]
            for fact in reached:
                outside |= supports[fact]

    def _supports(self, top: _Level, late: list[int]) -> dict[int, int]:
        """For each of the `late` facts, the operators for which it is the condition met last."""
        needs = self.tables.needs
        never = set(top.late)
        at_last, after = top.fresh, self.tables.all ^ top.seen
        supports = {}
        for fact in late:
            if fact in never:
                supports[fact] = needs[fact] & after
                after ^= supports[fact]
            else:
                supports[fact] = needs[fact] & at_last
                at_last ^= supports[fact]
        return supports


def _schedule(level: _Level, classes: Classes, some: int) -> None:
    """Note at which value the effects of `some` operators of `level` come."""
    for cost, mask in classes.items():
        firing = mask & some
        if firing and cost:
            at = level.value + cost
            level.due[at] = level.due.get(at, 0) | firing


def _reduce(classes: Classes, cut: int, price: int) -> None:
    """Take `price` off the cost of each operator in `cut`."""
    for cost in sorted(classes):  # ascending, so that none is met twice
        some = classes[cost] & cut
        if some:
            classes[cost] ^= some
            classes[cost - price] = classes.get(cost - price, 0) | some
