"""The arbiter: an answer at once, a better one when it comes, and something sensible in need.

GOAP decides by default. A slow mind, such as a language model, is asked now and then; a plan of
its that arrives in time and passes the guard takes over, whole, until it ends. Where GOAP finds
nothing the behaviour tree decides. Every way leads back: from the slow plan when it ends or one of
its steps fails, from the tree as soon as GOAP finds a plan again, and slow plans are asked for and
taken in both.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

from .errors import MindError
from .plan import PlanIntent


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
        self._answer: PlanIntent | None = None  # of the slow mind, in time and not taken yet

    def eager(self, tick: int) -> bool:
        """Whether the slow mind has answered, so that it is time to decide. Never waits."""
        self._listen(tick)
        return self._answer is not None

    def decide(self, tick: int, percept: Any, busy: bool = False) -> PlanIntent | None:
        """What to do now; an empty plan if nobody has an idea, None to go on. Never waits.

        Args:
            tick: now.
            percept: as the minds take it.
            busy: whether the plan that was given last is still under way.
        """
        self._listen(tick)
        answer, self._answer = self._answer, None
        if answer is not None and answer.steps and self._accept(answer, percept):
            self._enter(tick, Mode.SLOW)
            return answer
        if self.mode is Mode.SLOW and busy:
            return None
        self._ask(tick, percept)
        return self._at_once(tick, percept)

    def _at_once(self, tick: int, percept: Any) -> PlanIntent:
        for mode, mind in ((Mode.GOAP, self._goap), (Mode.TREE, self._tree)):
            plan = mind.think(percept)
            if plan is not None and self._accept(plan, percept):
                self._enter(tick, mode)
                return plan
        self._enter(tick, Mode.TREE)
        return PlanIntent(f"{Mode.TREE}-{tick}")

    def _enter(self, tick: int, mode: Mode) -> None:
        if mode is not self.mode:
            self.mode = mode
            self.changes.append((tick, mode))
            del self.changes[:-100]

    def _ask(self, tick: int, percept: Any) -> None:
        if self._slow is not None and self._asked is None and tick >= self._next_question:
            self._slow.ask(tick, percept)
            self._asked, self._next_question = tick, tick + self._ask_every

    def _listen(self, tick: int) -> None:
        """Keep an answer of the slow mind that came in time, and drop what is stale."""
        if self._slow is None or self._asked is None:
            return
        in_time = tick - self._asked <= self._patience
        answer = self._slow.answer(tick)
        if answer is not None or not in_time:
            self._asked, self._answer = None, answer if in_time else None
