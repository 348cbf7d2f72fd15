"""Nodes with one child: they change its answer, or decide when and how often it is ticked.

They behave as those of BehaviorTree.CPP 4 of the same names, but count ticks where those look at a
clock; Cooldown is our own. A child that is Skipped is the answer of any of them, except where a
decorator says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from ..errors import TreeError
from .evaluate import Evaluate
from .node import Label, Node
from .status import FAILURE, RUNNING, SKIPPED, SUCCESS, Status
from .values import INT64

if TYPE_CHECKING:
    from .run import TreeRun

MAX_LOOPS = 100_000  # children that loops may tick again within one tick of a tree


class Decorator(Node):
    """A node with one child, which passes on its answer."""

    def answer(self, run: TreeRun) -> Status:
        """Tick the child."""
        child, tick = self.steps[0]
        answer = run.status[child] = tick(run)
        return answer

    def tick(self, run: TreeRun) -> Status:
        """That of the child."""
        return self.answer(run)

    def runs(self, run: TreeRun) -> bool:
        """Whether the child is to be resumed."""
        return run.status[self.steps[0][0]] is RUNNING


class SubTree(Decorator):
    """Another tree in this place, with names of its own."""


class Mapped(Decorator):
    """Answers otherwise than the child does."""

    answers: ClassVar[dict[Status, Status]]

    def tick(self, run: TreeRun) -> Status:
        """By the table; what is not in it is passed on."""
        answer = self.answer(run)
        return self.answers.get(answer, answer)


class Inverter(Mapped):
    """Success for Failure, and the other way round."""

    answers: ClassVar[dict[Status, Status]] = {SUCCESS: FAILURE, FAILURE: SUCCESS}


class ForceSuccess(Mapped):
    """Success however the child ends."""

    answers: ClassVar[dict[Status, Status]] = {FAILURE: SUCCESS}


class ForceFailure(Mapped):
    """Failure however the child ends."""

    answers: ClassVar[dict[Status, Status]] = {SUCCESS: FAILURE}


class KeepRunningUntilFailure(Mapped):
    """Running until the child fails, also while it is Skipped."""

    answers: ClassVar[dict[Status, Status]] = {SUCCESS: RUNNING, SKIPPED: RUNNING}


class _Loop(Decorator):
    """Ticks the child again while it answers `again`, within one tick, up to a number of times.

    -1 is without end; then a child that completes in the tick in which it started is ticked again
    at the next tick only. Memory: how often the child has answered `again`, which lasts while it is
    Skipped.
    """

    memory = 1
    again: ClassVar[Status]

    def __init__(
        self, index: int, cell: int, label: Label, children: Sequence[Node], times: Evaluate
    ) -> None:
        super().__init__(index, cell, label, children)
        self.times = times

    def tick(self, run: TreeRun) -> Status:
        """`again` after so many times, or the answer that ended the loop."""
        cells, cell = run.cells, self.cell
        times = self.times(run)
        while times < 0 or cells[cell] < times:
            resumed = self.runs(run)
            answer = self.answer(run)
            if answer is not self.again:
                if answer is SUCCESS or answer is FAILURE:
                    cells[cell] = 0
                return answer
            times = self.times(run)  # the child may have changed it
            if times < 0 and not resumed:
                return RUNNING
            cells[cell] += 1 if times >= 0 else 0
            self._count(run)
        cells[cell] = 0
        return self.again

    def _count(self, run: TreeRun) -> None:
        run.loops += 1
        if run.loops > MAX_LOOPS:
            raise TreeError(
                f"{self.label.where}: the tick did not end after {MAX_LOOPS:,} repetitions; let a "
                "child be Running, or repeat less often"
            )

    def limits(self, now: int) -> tuple[int, ...]:
        """Any number that a port can hold."""
        return (INT64,)

    def forget(self, run: TreeRun) -> None:
        """Count from the beginning."""
        run.cells[self.cell] = 0


class Repeat(_Loop):
    """Success after so many Successes of the child; Failure at its first."""

    again = SUCCESS


class RetryUntilSuccessful(_Loop):
    """Failure after so many Failures of the child; Success at its first."""

    again = FAILURE


class RunOnce(Decorator):
    """Ticks the child until it has completed, and never again in a run.

    Afterwards it is Skipped, or gives that answer for ever if `then_skip` is false. Memory: 1 or 2
    for that answer, which outlasts halts.
    """

    memory = 1

    def __init__(
        self, index: int, cell: int, label: Label, children: Sequence[Node], then_skip: Evaluate
    ) -> None:
        super().__init__(index, cell, label, children)
        self.then_skip = then_skip

    def tick(self, run: TreeRun) -> Status:
        """That of the child, or what is left of it."""
        if kept := run.cells[self.cell]:
            return SKIPPED if self.then_skip(run) else (SUCCESS, FAILURE)[kept - 1]
        answer = self.answer(run)
        if answer is SUCCESS or answer is FAILURE:
            run.cells[self.cell] = 1 if answer is SUCCESS else 2
        return answer

    def limits(self, now: int) -> tuple[int, ...]:
        """Nothing yet, Success, Failure."""
        return (3,)


class Precondition(Decorator):
    """Ticks the child if a script says so when it starts; answers `otherwise` if not."""

    def __init__(
        self,
        index: int,
        cell: int,
        label: Label,
        children: Sequence[Node],
        condition: Evaluate,
        otherwise: Evaluate,
    ) -> None:
        super().__init__(index, cell, label, children)
        self.condition = condition
        self.otherwise = otherwise

    def tick(self, run: TreeRun) -> Status:
        """A child that runs is not interrupted."""
        if self.runs(run) or self.condition(run):
            return self.answer(run)
        otherwise: Status = self.otherwise(run)
        return otherwise


class _Timed(Decorator):
    """A decorator that knows a number of ticks. Memory: the tick at which it started or ended."""

    memory = 1

    def __init__(
        self, index: int, cell: int, label: Label, children: Sequence[Node], ticks: Evaluate
    ) -> None:
        super().__init__(index, cell, label, children)
        self.ticks = ticks

    def limits(self, now: int) -> tuple[int, ...]:
        """The tick, or 1 more."""
        return (now + 2,)

    def elapsed(self, run: TreeRun) -> int:
        """Ticks since this node started, which it does unless it is Running."""
        if run.status[self.index] is not RUNNING:
            run.cells[self.cell] = run.now
        return run.now - run.cells[self.cell]


class Timeout(_Timed):
    """Failure, and the child halted, if it still runs so many ticks after its start; 0 is never."""

    def tick(self, run: TreeRun) -> Status:
        """A child whose time is over is not ticked any more."""
        elapsed, limit = self.elapsed(run), self.ticks(run)
        if 0 < limit <= elapsed and self.runs(run):
            self.halt_children(run, 0)
            return FAILURE
        return self.answer(run)


class Delay(_Timed):
    """Running for so many ticks, then what the child answers."""

    def tick(self, run: TreeRun) -> Status:
        """The child is first ticked in the tick in which the time is over."""
        if self.elapsed(run) < self.ticks(run) and not self.runs(run):
            return RUNNING
        return self.answer(run)


class Cooldown(_Timed):
    """Failure for so many ticks after the child has completed; it is not ticked then.

    A halt of the child starts no cooldown, and does not end one. Memory: 1 more than the tick at
    which the child completed, 0 before.
    """

    def tick(self, run: TreeRun) -> Status:
        """A child that runs is not interrupted."""
        cells, cell = run.cells, self.cell
        ended = cells[cell] - 1
        if ended >= 0 and run.now < ended + self.ticks(run) and not self.runs(run):
            return FAILURE
        answer = self.answer(run)
        if answer is SUCCESS or answer is FAILURE:
            cells[cell] = run.now + 1
        return answer
