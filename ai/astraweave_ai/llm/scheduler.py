"""The engine's side of a language model: a CPU system that asks, listens and never waits.

Answers take effect at a tick, in the order of the questions. What they change are commands of that
tick, so a recording holds all of it, and a replay needs no model.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from astraweave import Context, World

from ..errors import Cancelled, LlmError
from .model import LanguageModel, Priority, Request, Result

_AT_ONCE = 4  # questions that are handed over in one tick, for each costs some 0.05 ms
Then = Callable[[Context, Result], None]


class Question:
    """A request on its way.

    Attributes:
        request: what is asked.
        result: how it ended; None until a tick took notice of it.
        asked, ended: the ticks in which it was handed over and in which its result was applied.
    """

    def __init__(self, scheduler: LlmScheduler, request: Request, then: Then | None) -> None:
        self.request = request
        self.result: Result | None = None
        self.asked: int | None = None
        self.ended: int | None = None
        self.ticket: int | None = None
        self.then = then
        self.given_up = False
        self._scheduler = scheduler

    @property
    def partial(self) -> str:
        """The answer so far, to show; after the end, the whole answer."""
        if self.result is not None:
            return self.result.answer.text if self.result.answer else ""
        return "" if self.ticket is None else self._scheduler.model.partial(self.ticket)

    def cancel(self) -> None:
        """Give it up; it ends in Cancelled at the next tick, unless it ended before."""
        self.given_up = True


class LlmScheduler:
    """Takes questions of minds at any time and tells the results at ticks.

    A model is for one scheduler: who polls it takes the results.

    Args:
        world: a system `llm` is added to its stage `sync`, before minds plan.
        model: who is asked.
        reads, writes: components that the callbacks of questions see and change.
        every: ticks between two looks for answers.
    """

    def __init__(
        self,
        world: World,
        model: LanguageModel,
        *,
        reads: tuple[Any, ...] = (),
        writes: tuple[Any, ...] = (),
        every: int = 1,
    ) -> None:
        self.model = model
        self._lock = threading.Lock()
        self._new: list[Question] = []
        self._open: dict[int, Question] = {}
        self._failures: list[Exception] = []  # of callbacks
        world.system("sync", reads=reads, writes=writes, name="llm", every=every)(self._work)

    def ask(self, request: Request, then: Then | None = None) -> Question:
        """Ask at the next tick; never waits and never raises: errors come as the result, too.

        Args:
            request: what to ask.
            then: called with the system's context and the result, at the tick in which it is
                applied; the context issues commands. If it raises, its own commands are dropped,
                all other results of that tick are applied, and the next tick fails with the error.
        """
        question = Question(self, request, then)
        with self._lock:
            self._new.append(question)
        return question

    @property
    def open(self) -> int:
        """Questions without a result."""
        return len(self._new) + len(self._open)

    def _work(self, context: Context) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self._give_up(context)
        results = self.model.poll()
        known = [result for result in results if result.ticket in self._open]
        for result in sorted(known, key=lambda each: each.ticket):
            self._apply(context, self._open.pop(result.ticket), result)
        self._hand_over(context)

    def _give_up(self, context: Context) -> None:
        for ticket, question in self._open.items():
            if question.given_up:
                self.model.cancel(ticket)

    def _hand_over(self, context: Context) -> None:
        with self._lock:
            self._new.sort(key=_priority)
            new, self._new = self._new[:_AT_ONCE], self._new[_AT_ONCE:]
        for question in new:
            question.asked = context.tick
            try:
                if question.given_up:
                    raise Cancelled("the question was given up before it was asked")
                question.ticket = self.model.submit(question.request)
            except LlmError as error:
                self._apply(context, question, Result(0, error=error))
            else:
                self._open[question.ticket] = question

    def _apply(self, context: Context, question: Question, result: Result) -> None:
        """Tell a result. A failure is kept: to fail now would undo what the others command."""
        question.result, question.ended = result, context.tick
        if question.then is None:
            return
        issued = len(context.issued)
        try:
            question.then(context, result)
        except Exception as error:  # noqa: BLE001, whatever it is: the next tick fails with it
            del context.issued[issued:]
            self._failures.append(error)


def _priority(question: Question) -> Priority:
    return question.request.priority
