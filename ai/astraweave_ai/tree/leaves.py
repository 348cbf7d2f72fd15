"""Nodes without children: those that come with the package, and those that a host registers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import TreeError
from .evaluate import Evaluate
from .node import Label, Node
from .ports import Port, Write
from .status import FAILURE, IDLE, RUNNING, SUCCESS, Status

if TYPE_CHECKING:
    from .run import TreeRun


class Constant(Node):
    """AlwaysSuccess and AlwaysFailure."""

    def __init__(self, index: int, cell: int, label: Label, answer: Status) -> None:
        super().__init__(index, cell, label, ())
        self.answer = answer

    def tick(self, run: TreeRun) -> Status:
        """Always the same."""
        return self.answer


class Script(Node):
    """Runs a script; Success. What is wrong with a script is an error, not a Failure."""

    def __init__(self, index: int, cell: int, label: Label, code: Evaluate) -> None:
        super().__init__(index, cell, label, ())
        self.code = code

    def tick(self, run: TreeRun) -> Status:
        """Success."""
        self.code(run)
        return SUCCESS


class ScriptCondition(Script):
    """Success if a script's value is true, else Failure."""

    def tick(self, run: TreeRun) -> Status:
        """By the script."""
        return SUCCESS if self.code(run) else FAILURE


class Sleep(Node):
    """Running for so many ticks, then Success. Memory: the tick at which it started."""

    memory = 1

    def __init__(self, index: int, cell: int, label: Label, ticks: Evaluate) -> None:
        super().__init__(index, cell, label, ())
        self.ticks = ticks

    def tick(self, run: TreeRun) -> Status:
        """Success in the tick in which the time is over."""
        if run.status[self.index] is not RUNNING:
            run.cells[self.cell] = run.now
        over = run.now - run.cells[self.cell] >= self.ticks(run)
        return SUCCESS if over else RUNNING

    def limits(self, now: int) -> tuple[int, ...]:
        """A tick, or 0 before the first."""
        return (now + 2,)


class SetBlackboard(Node):
    """Writes a value to an entry that is named by a text; Success."""

    def __init__(
        self,
        index: int,
        cell: int,
        label: Label,
        value: Evaluate,
        target: Callable[[TreeRun], Write],
    ) -> None:
        super().__init__(index, cell, label, ())
        self.value = value
        self.target = target

    def tick(self, run: TreeRun) -> Status:
        """Success."""
        self.target(run)(run, self.value(run))
        return SUCCESS


class UnsetBlackboard(Node):
    """Removes an entry, if there is one; Success."""

    def __init__(
        self, index: int, cell: int, label: Label, remove: Callable[[TreeRun], None]
    ) -> None:
        super().__init__(index, cell, label, ())
        self.remove = remove

    def tick(self, run: TreeRun) -> Status:
        """Success."""
        self.remove(run)
        return SUCCESS


class Context:
    """What an action or a condition of the host's sees of its node and of its agent.

    It is the same object at every call for an agent, so it must not be kept.
    """

    __slots__ = ("_leaf", "_run")

    def __init__(self, run: TreeRun) -> None:
        self._run = run
        self._leaf: Leaf

    def __getitem__(self, port: str) -> Any:
        """The value of an input port; a TreeError if it names an entry that does not exist."""
        return self._leaf.read(port)(self._run)

    def __setitem__(self, port: str, value: Any) -> None:
        """Write to an output port."""
        self._leaf.write(port)(self._run, value)

    @property
    def owner(self) -> Any:
        """Whatever the run was started for: the agent, its percept, its hands."""
        return self._run.owner

    @property
    def now(self) -> int:
        """The tick."""
        return self._run.now

    @property
    def name(self) -> str:
        """The node's name."""
        return self._leaf.label.name

    @property
    def state(self) -> Any:
        """What this node remembers of this agent, None at first; plain data, to be saved."""
        return self._run.states.get(self._leaf.index)

    @state.setter
    def state(self, value: Any) -> None:
        self._run.states[self._leaf.index] = value


class Action:
    """Base of actions that take time; one object serves all agents, so it keeps nothing itself."""

    ports: ClassVar[Mapping[str, Port]] = {}

    def start(self, context: Context) -> Status:
        """Called when the action is ticked and was not Running."""
        raise NotImplementedError

    def resume(self, context: Context) -> Status:
        """Called at every later tick as long as it is Running."""
        raise NotImplementedError

    def halt(self, context: Context) -> None:
        """Called when it is stopped while Running."""


Call = Callable[[Context], Status | bool]


class Leaf(Node):
    """A function of the host's: a condition, or an action that may be Running between ticks."""

    def __init__(
        self,
        index: int,
        cell: int,
        label: Label,
        call: Call,
        inputs: Mapping[str, Evaluate],
        outputs: Mapping[str, Write | None],
    ) -> None:
        super().__init__(index, cell, label, ())
        self.call = call
        self.inputs = inputs
        self.outputs = outputs

    def tick(self, run: TreeRun) -> Status:
        """What the function answers: a Status, or true for Success and false for Failure."""
        context = run.context
        context._leaf = self
        return self.judged(self.call(context))

    def judged(self, answer: object) -> Status:
        """The answer, if it is one."""
        if answer is True:
            return SUCCESS
        if answer is False:
            return FAILURE
        if answer.__class__ is Status and answer is not IDLE:
            return answer
        raise TreeError(
            f"{self.label.where}: answered {answer!r}; expected Status.SUCCESS, FAILURE, RUNNING "
            "or SKIPPED, or True or False"
        )

    def read(self, port: str) -> Evaluate:
        """The function that reads an input port."""
        try:
            return self.inputs[port]
        except KeyError:
            raise self._unknown("input", port, self.inputs) from None

    def write(self, port: str) -> Write:
        """The function that writes an output port."""
        try:
            return self.outputs[port] or _drop
        except KeyError:
            raise self._unknown("output", port, self.outputs) from None

    def _unknown(self, direction: str, port: str, known: Mapping[str, object]) -> TreeError:
        names = ", ".join(known) or "none"
        return TreeError(f"{self.label.where}: no {direction} port {port!r}; declared are: {names}")


class ActionLeaf(Leaf):
    """An Action of the host's."""

    def __init__(
        self,
        index: int,
        cell: int,
        label: Label,
        action: Action,
        inputs: Mapping[str, Evaluate],
        outputs: Mapping[str, Write | None],
    ) -> None:
        super().__init__(index, cell, label, action.start, inputs, outputs)
        self.action = action
        self.resume = action.resume

    def tick(self, run: TreeRun) -> Status:
        """That of `start`, then of `resume`."""
        resumed = run.status[self.index] is RUNNING
        context = run.context
        context._leaf = self
        return self.judged(self.resume(context) if resumed else self.call(context))

    def halt(self, run: TreeRun) -> None:
        """Tell the action."""
        super().halt(run)
        run.context._leaf = self
        self.action.halt(run.context)


def _drop(run: TreeRun, value: Any) -> None:
    """Writes nowhere."""
