"""The arbiter: an answer at once, a better one when it comes, and something sensible in need.

GOAP decides by default. A slow mind, such as a language model, is asked now and then; a plan of
its that arrives in time and passes the guard takes over until it is done. Where GOAP finds nothing
the behaviour tree decides. Every way leads back: from the slow plan when it ends or a step fails,
from the tree as soon as GOAP finds a plan again, and slow plans are asked for and taken in both.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

from .errors import MindError
from .plan import PlanIntent, Step


class Mode(StrEnum):
    """Who decides."""

    GOAP = "goap"
    SLOW = "slow"
    TREE = "tree"


class Mind(Protocol):
    """Thinks at once: a percept in, a plan out, None for no idea."""

    name: str

    def think(self, percept: Any) -> PlanIntent | None:
        """What to do now."""


class SlowMind(Protocol):
    """Thinks beside the simulation; its answers are recorded as commands of their tick."""

    name: str

    def ask(self, tick: int, percept: Any) -> None:
        """Begin to think about a percept; an older question that is not answered is dropped."""

    def answer(self, tick: int) -> PlanIntent | None:
        """The plan, once it is there; never waits."""


class Arbiter:
    """Decides for one agent.

    Args:
        goap, tree: minds that answer at once.
        slow: a mind that takes its time, if there is one.
        accept: whether the guard lets a plan of an agent pass: `(plan, percept) -> bool`.
        ask_every: ticks between two questions to the slow mind.
        patience: ticks after which a slow answer is stale and is dropped.
    """

    def __init__(
        self,
        goap: Mind,
        tree: Mind,
        slow: SlowMind | None = None,
        *,
        accept: Callable[[PlanIntent, Any], bool],
        ask_every: int = 900,
        patience: int = 300,
    ) -> None:
        if ask_every < 1 or patience < 1:
            raise MindError(
                f"arbiter: ask_every and patience must be positive: {ask_every}, {patience}"
            )
        self.mode = Mode.GOAP
        self.changes: list[tuple[int, Mode]] = []
        self._goap, self._tree, self._slow = goap, tree, slow
        self._accept = accept
        self._ask_every, self._patience = ask_every, patience
        self._asked: int | None = None  # tick of the open question
        self._next_question = 0
        self._plan: PlanIntent | None = None
        self._left: tuple[Step, ...] = ()

    def decide(self, tick: int, percept: Any, failed: bool = False) -> PlanIntent:
        """What to do now; an empty plan if nobody has an idea. Never waits.

        Args:
            tick: now.
            percept: as the minds take it.
            failed: whether the step that was given last was refused by the world.
        """
        failed = failed and self.mode is Mode.SLOW  # a step of another mind's says nothing of this
        self._listen(tick, percept)
        if self.mode is Mode.SLOW:
            step = None if failed else self._next_step()
            if step is not None:
                return step
            self._enter(tick, Mode.GOAP)
        plan = self._goap.think(percept)
        if plan is not None and self._accept(plan, percept):
            self._enter(tick, Mode.GOAP)
            return plan
        self._enter(tick, Mode.TREE)
        plan = self._tree.think(percept)
        if plan is not None and self._accept(plan, percept):
            return plan
        return PlanIntent(f"{Mode.TREE}-{tick}")

    def _enter(self, tick: int, mode: Mode) -> None:
        if mode is not self.mode:
            self.mode = mode
            self.changes.append((tick, mode))
            del self.changes[:-100]

    def _listen(self, tick: int, percept: Any) -> None:
        """Take a slow plan that came in time; ask for the next one."""
        if self._slow is None:
            return
        plan = self._slow.answer(tick)
        in_time = self._asked is not None and tick - self._asked <= self._patience
        if plan is not None:
            self._asked = None
            if in_time and plan.steps and self._accept(plan, percept):
                self._plan, self._left = plan, plan.steps
                self._enter(tick, Mode.SLOW)
        elif self._asked is not None and not in_time:
            self._asked = None
        if self._asked is None and self.mode is not Mode.SLOW and tick >= self._next_question:
            self._slow.ask(tick, percept)
            self._asked, self._next_question = tick, tick + self._ask_every

    def _next_step(self) -> PlanIntent | None:
        """One step of the slow plan, under the plan's name."""
        if self._plan is None or not self._left:
            return None
        first, *rest = self._left
        self._left = tuple(rest)
        return PlanIntent(self._plan.plan_id, (first,))
