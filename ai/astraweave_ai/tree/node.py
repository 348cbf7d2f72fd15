"""What all nodes have in common, and the scripts that may stand around any of them.

A node is part of a tree's definition and never changes: what differs between agents is in their
runs. A node that is Running is resumed at the next tick; any other starts afresh. Whoever ticks a
node writes its answer into the run, so that `tick` itself only decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .evaluate import Evaluate
from .status import FAILURE, IDLE, RUNNING, SKIPPED, SUCCESS, Status

if TYPE_CHECKING:
    from .run import TreeRun

Tick = Callable[["TreeRun"], Status]


@dataclass(frozen=True)
class Label:
    """How a node is shown and named in messages."""

    type: str  # as registered: Sequence, MoveTo
    name: str  # of this node; the type without one
    where: str  # file, line and element


class Node:
    """A node of any kind; `index` counts from the root downwards, parents before children.

    Its memory in a run is `memory` numbers from `cell` on, none negative. They are its own: nobody
    clears them, except where `forget` says how at a halt.
    """

    memory = 0

    def __init__(self, index: int, cell: int, label: Label, children: Sequence[Node]) -> None:
        self.index = index
        self.cell = cell
        self.label = label
        self.children = tuple(children)
        self.steps: tuple[tuple[int, Tick], ...] = tuple((c.index, c.tick) for c in children)

    def tick(self, run: TreeRun) -> Status:
        """The answer of this node, after those of the children that it ticked."""
        raise NotImplementedError

    def limits(self, now: int) -> tuple[int, ...]:
        """What the numbers of its memory stay below at tick `now`, to tell a damaged run."""
        return ()

    def forget(self, run: TreeRun) -> None:
        """Called when the node is halted."""

    def halt(self, run: TreeRun) -> None:
        """Stop a node that is Running, and what is Running below it; children first."""
        self.halt_children(run, 0)
        run.status[self.index] = IDLE
        self.forget(run)

    def halt_children(self, run: TreeRun, first: int) -> None:
        """Halt the children that are Running, from the one at `first` on."""
        status = run.status
        for child in self.children[first:]:
            if status[child.index] is RUNNING:
                child.halt(run)


@dataclass(frozen=True)
class Scripts:
    """What is checked before a node starts, while it runs, and what is done afterwards."""

    before: tuple[tuple[Evaluate, bool, Status], ...]  # script, the value that decides, the answer
    keep: Evaluate | None  # false: a node that runs is halted and skipped
    success: Evaluate | None
    failure: Evaluate | None
    completed: Evaluate | None
    halted: Evaluate | None


class Guarded(Node):
    """A node with conditions around it; takes its place, its index and its children.

    Conditions are checked in the order _failureIf, _successIf, _skipIf, _while when the node
    starts, and only _while as long as it runs. Scripts that follow also follow an answer that a
    condition gave.
    """

    def __init__(self, inner: Node, scripts: Scripts) -> None:
        super().__init__(inner.index, inner.cell, inner.label, inner.children)
        self.inner = inner
        self.scripts = scripts

    def tick(self, run: TreeRun) -> Status:
        """The answer of a condition, or else of the node."""
        scripts = self.scripts
        if run.status[self.index] is not RUNNING:
            answer = self._start(run)
        elif scripts.keep is not None and not scripts.keep(run):
            self.halt(run)
            return SKIPPED
        else:
            answer = self.inner.tick(run)
        if answer is SUCCESS or answer is FAILURE:
            self._follow(run, answer)
        return answer

    def _start(self, run: TreeRun) -> Status:
        for condition, deciding, answer in self.scripts.before:
            if condition(run) is deciding:
                return answer
        return self.inner.tick(run)

    def _follow(self, run: TreeRun, answer: Status) -> None:
        scripts = self.scripts
        after = scripts.success if answer is SUCCESS else scripts.failure
        if after is not None:
            after(run)
        if scripts.completed is not None:
            scripts.completed(run)

    def limits(self, now: int) -> tuple[int, ...]:
        """As the node does."""
        return self.inner.limits(now)

    def forget(self, run: TreeRun) -> None:
        """As the node does."""
        self.inner.forget(run)

    def halt(self, run: TreeRun) -> None:
        """Halt the node, then run its script."""
        self.inner.halt(run)
        if self.scripts.halted is not None:
            self.scripts.halted(run)
