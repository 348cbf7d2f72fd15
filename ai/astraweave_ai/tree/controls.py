"""Nodes with several children: sequences, fallbacks, parallels, branches.

They behave as those of BehaviorTree.CPP 4 of the same names. A child that is Skipped counts as not
being there; a node whose children are all Skipped is Skipped.
"""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf
from typing import TYPE_CHECKING, ClassVar

from ..errors import TreeError
from .evaluate import Evaluate
from .node import Label, Node
from .status import FAILURE, RUNNING, SKIPPED, SUCCESS, Status

if TYPE_CHECKING:
    from .run import TreeRun


class _InOrder(Node):
    """Ticks children one after the other as long as they answer `goes_on`, and resumes there.

    Memory: the child that is next, and whether any was not Skipped.
    """

    memory = 2
    goes_on: ClassVar[Status]
    remembers: ClassVar[bool] = False  # also over an answer that stops it, and over a halt

    def tick(self, run: TreeRun) -> Status:
        """The answer of the child that stops it, or `goes_on`."""
        status, cells, cell, steps = run.status, run.cells, self.cell, self.steps
        at, last, goes_on = cells[cell], len(steps), self.goes_on
        if status[self.index] is not RUNNING:
            cells[cell + 1] = 1 if at else 0
        while at < last:
            child, tick = steps[at]
            answer = status[child] = tick(run)
            if answer is goes_on:
                cells[cell + 1] = 1
            elif answer is not SKIPPED:
                cells[cell] = at if answer is RUNNING or self.remembers else 0
                return answer
            at += 1
        cells[cell] = 0
        return goes_on if cells[cell + 1] else SKIPPED

    def limits(self, now: int) -> tuple[int, ...]:
        """A child, yes or no."""
        return len(self.steps), 2

    def forget(self, run: TreeRun) -> None:
        """Begin with the first child again."""
        if not self.remembers:
            run.cells[self.cell] = 0


class Sequence(_InOrder):
    """Success if every child succeeds; the first Failure stops it."""

    goes_on = SUCCESS


class SequenceWithMemory(Sequence):
    """A sequence that, after a Failure or a halt, goes on with the child that had not succeeded."""

    remembers = True


class Fallback(_InOrder):
    """Failure if every child fails; the first Success stops it. Elsewhere called a selector."""

    goes_on = FAILURE


class _Reactive(Node):
    """Ticks all children from the first at every tick; whatever decides halts those behind it."""

    goes_on: ClassVar[Status]

    def tick(self, run: TreeRun) -> Status:
        """The answer of the child that stops it, or `goes_on`."""
        status, goes_on, acted = run.status, self.goes_on, False
        for at, (child, tick) in enumerate(self.steps):
            answer = status[child] = tick(run)
            if answer is goes_on:
                acted = True
            elif answer is not SKIPPED:
                self.halt_children(run, at + 1)
                return answer
        return goes_on if acted else SKIPPED


class ReactiveSequence(_Reactive):
    """A sequence that asks its earlier children again while a later one runs."""

    goes_on = SUCCESS


class ReactiveFallback(_Reactive):
    """A fallback that asks its earlier children again while a later one runs."""

    goes_on = FAILURE


class _Concurrent(Node):
    """Ticks all children that have not completed. Memory: a bit for each that has, and successes.

    The other bits that are set are failures.
    """

    memory = 2

    def _answer(self, run: TreeRun, at: int) -> Status | None:
        """Tick the child at `at` unless it has completed; None if it has."""
        cells, cell = run.cells, self.cell
        if cells[cell] >> at & 1:
            return None
        child, tick = self.steps[at]
        answer = run.status[child] = tick(run)
        if answer is SUCCESS or answer is FAILURE:
            cells[cell] |= 1 << at
            cells[cell + 1] += answer is SUCCESS
        return answer

    def _end(self, run: TreeRun, answer: Status) -> Status:
        self.halt_children(run, 0)
        self.forget(run)
        return answer

    def limits(self, now: int) -> tuple[int, ...]:
        """Bits, successes."""
        return 1 << len(self.steps), len(self.steps) + 1

    def forget(self, run: TreeRun) -> None:
        """No child has completed."""
        run.cells[self.cell] = run.cells[self.cell + 1] = 0

    def threshold(self, number: int, name: str) -> int:
        """Negative numbers count from the end: -1 is all children."""
        children = len(self.children)
        if number > children:
            raise TreeError(f"{self.label.where}: {name} is {number}, of {children} children")
        return number if number >= 0 else max(children + number + 1, 0)


class Parallel(_Concurrent):
    """Ends as soon as enough children have succeeded, or failed, and halts the others.

    Failure also as soon as too few are left to succeed. Where `success_count` is negative, children
    that are Skipped count as successes.
    """

    def __init__(
        self,
        index: int,
        cell: int,
        label: Label,
        children: SequenceOf[Node],
        success_count: Evaluate,
        failure_count: Evaluate,
    ) -> None:
        super().__init__(index, cell, label, children)
        self.success_count = success_count
        self.failure_count = failure_count

    def tick(self, run: TreeRun) -> Status:
        """The thresholds are looked at after each child."""
        wanted = self.success_count(run)
        successes = self.threshold(wanted, "success_count")
        failures = self.threshold(self.failure_count(run), "failure_count")
        cells, cell, children = run.cells, self.cell, len(self.steps)
        skipped = 0
        for at in range(children):
            skipped += self._answer(run, at) is SKIPPED
            succeeded = cells[cell + 1]
            failed = cells[cell].bit_count() - succeeded
            if succeeded + (skipped if wanted < 0 else 0) >= successes:
                return self._end(run, SUCCESS)
            if children - failed < successes or failed == failures:
                return self._end(run, FAILURE)
        return SKIPPED if skipped == children else RUNNING


class ParallelAll(_Concurrent):
    """Waits for all children; Failure if `max_failures` of them or more have failed."""

    def __init__(
        self,
        index: int,
        cell: int,
        label: Label,
        children: SequenceOf[Node],
        max_failures: Evaluate,
    ) -> None:
        super().__init__(index, cell, label, children)
        self.max_failures = max_failures

    def tick(self, run: TreeRun) -> Status:
        """Children that are Skipped are not waited for."""
        failures = self.threshold(self.max_failures(run), "max_failures")
        cells, cell, children = run.cells, self.cell, len(self.steps)
        skipped = sum(self._answer(run, at) is SKIPPED for at in range(children))
        if skipped == children:
            return SKIPPED
        completed = cells[cell].bit_count()
        if skipped + completed < children:
            return RUNNING
        failed = completed - cells[cell + 1]
        return self._end(run, FAILURE if failed >= failures else SUCCESS)


class IfThenElse(Node):
    """Ticks its first child, then the second after a Success or the third after a Failure.

    Without a third child a Failure of the first is the answer. Memory: which child is ticked.
    """

    memory = 1

    def tick(self, run: TreeRun) -> Status:
        """The condition is not asked again while a branch runs."""
        status, cells, cell = run.status, run.cells, self.cell
        if not cells[cell]:
            child, tick = self.steps[0]
            answer = status[child] = tick(run)
            branch = 1 if answer is SUCCESS else 2
            if answer is RUNNING or answer is SKIPPED or branch == len(self.steps):
                return answer
            cells[cell] = branch
        child, tick = self.steps[cells[cell]]
        answer = status[child] = tick(run)
        if answer is not RUNNING:
            cells[cell] = 0
        return answer

    def limits(self, now: int) -> tuple[int, ...]:
        """A child."""
        return (len(self.steps),)

    def forget(self, run: TreeRun) -> None:
        """Begin with the condition."""
        run.cells[self.cell] = 0


class WhileDoElse(Node):
    """As IfThenElse, but asks the condition at every tick and halts the other branch.

    While the condition itself is Running, a branch that runs is left as it is. A condition that is
    Skipped halts both and is the answer.
    """

    def tick(self, run: TreeRun) -> Status:
        """The answer of the branch, or of the condition where there is no branch for it."""
        child, tick = self.steps[0]
        answer = run.status[child] = tick(run)
        if answer is RUNNING:
            return answer
        branch = 1 if answer is SUCCESS else 2
        if answer is SKIPPED or branch == len(self.steps):
            self.halt_children(run, 1)
            return answer
        if len(self.steps) == 3:
            other = self.children[3 - branch]
            if run.status[other.index] is RUNNING:
                other.halt(run)
        child, tick = self.steps[branch]
        answer = run.status[child] = tick(run)
        return answer


class Switch(Node):
    """Ticks the child whose case equals the variable, or else the last.

    A child that runs is halted when another is chosen.
    """

    def __init__(
        self,
        index: int,
        cell: int,
        label: Label,
        children: SequenceOf[Node],
        choose: Evaluate,
    ) -> None:
        super().__init__(index, cell, label, children)
        self.choose = choose

    def tick(self, run: TreeRun) -> Status:
        """The answer of the child."""
        status = run.status
        chosen = self.choose(run)
        for at, child in enumerate(self.children):
            if at != chosen and status[child.index] is RUNNING:
                child.halt(run)
        index, tick = self.steps[chosen]
        answer = status[index] = tick(run)
        return answer
