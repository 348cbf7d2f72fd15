"""The process of a model: `python -m astraweave_ai.llm.worker`, started by `LlmServer`."""

from __future__ import annotations

import os
import time
from typing import Any

import msgspec

from astraweave_rag.child import Parent

from ..errors import ContextOverflow, LlmError, ModelUnusable
from .batch import Batcher
from .native import Native
from .template import ChatTemplate
from .wire import (
    About,
    Answered,
    Ask,
    Cancel,
    Count,
    Counted,
    Failed,
    Gone,
    Load,
    Options,
    Ready,
    Report,
    Spoke,
    Started,
    Touched,
    Unusable,
    order,
)
from .work import Work

_SPEECH = 0.03  # seconds between two messages with more of answers


class Outbox:
    """Collects what is reported, so that the server gets few messages.

    What may be the last word before a crash is sent at once: that tells who is to blame.
    """

    def __init__(self, parent: Parent) -> None:
        self._parent = parent
        self._reports: list[Report] = []
        self._spoken: dict[int, str] = {}  # more of answers, by ticket
        self._next_speech = 0.0

    def add(self, report: Report) -> None:
        """Report something."""
        if isinstance(report, Spoke):
            self._spoken[report.ticket] = self._spoken.get(report.ticket, "") + report.text
            return
        if isinstance(report, Answered | Failed | Gone):
            self._spoken.pop(report.ticket, None)
        self._reports.append(report)
        if isinstance(report, Started) or (isinstance(report, Touched) and report.now):
            self._send()

    def flush(self) -> None:
        """Send what there is; more of answers not more often than eyes can follow."""
        now = time.monotonic()
        if self._spoken and now >= self._next_speech:
            self._reports += [Spoke(ticket, text) for ticket, text in self._spoken.items()]
            self._spoken.clear()
            self._next_speech = now + _SPEECH
        self._send()

    def _send(self) -> None:
        if self._reports:
            self._parent.send(self._reports)
            self._reports = []


class Worker:
    """An open model that follows orders."""

    def __init__(self, path: str, options: Options, parent: Parent) -> None:
        began = time.monotonic()
        self._outbox = Outbox(parent)
        self._model = Native(path, options)
        begin, end = self._model.begin_and_end()
        self._template = ChatTemplate(
            self._model.chat_template(), begin, end, self._model.special()
        )
        self._limit = min(self._model.cells, options.context, self._model.trained_context())
        self.batcher = Batcher(self._model, options, self._outbox.add)
        self.batcher.totals.loading = time.monotonic() - began
        self._outbox.add(Ready(self._about()))
        self._outbox.flush()

    def _about(self) -> About:
        return About(
            description=self._model.description(),
            architecture=self._model.meta("general.architecture"),
            parameters=self._model.parameters(),
            size=self._model.file_size(),
            vocabulary=self._model.size,
            trained_context=self._model.trained_context(),
            context=self._limit,
            template=self._template.state,
        )

    def step(self) -> None:
        """Work for a moment."""
        if self.batcher.busy:
            self.batcher.step()
        self._outbox.flush()

    def obey(self, message: Ask | Cancel | Count) -> None:
        """Follow an order."""
        match message:
            case Ask():
                self._take(message)
            case Cancel():
                self.batcher.cancel(message.ticket)
            case Count():
                count = len(self._model.tokens(message.text, False, False))
                self._outbox.add(Counted(message.number, count))

    def _take(self, ask: Ask) -> None:
        """Make a request ready; what may crash is announced."""
        self._outbox.add(Touched(ask.ticket, True))
        try:
            self.batcher.add(self._work(ask))
        except LlmError as error:
            self._outbox.add(Failed(ask.ticket, type(error).__name__, str(error)))
        self._outbox.add(Touched(ask.ticket, False))

    def _work(self, ask: Ask) -> Work:
        request, now = ask.request, time.monotonic()
        text, begin = self._template.render(request.messages)
        prompt = self._model.tokens(text, begin, control=True)
        if len(prompt) + request.max_tokens > self._limit:
            raise ContextOverflow(
                f"{len(prompt)} tokens of prompt and {request.max_tokens} of answer do not fit "
                f"into a context of {self._limit}; shorten one or choose a larger context"
            )
        return Work(
            ask.ticket,
            request.priority,
            prompt,
            request.max_tokens,
            self._model.sampler(request.grammar, request.temperature, request.seed),
            stop=(*request.stop, *self._template.stop),
            born=now - (request.deadline - ask.left),
            deadline=now + ask.left,
        )


def main() -> None:
    """Follow orders for as long as the parent lives."""
    # Else a failed check of llama.cpp's starts a debugger, which takes seconds.
    os.environ["GGML_NO_BACKTRACE"] = "1"
    parent = Parent()
    worker: Worker | None = None
    while True:
        busy = worker is not None and worker.batcher.busy
        for message in _orders(parent, wait=not busy):
            if isinstance(message, Load):
                worker = _load(message, parent)
            elif worker is not None:
                worker.obey(message)
        if worker is not None:
            worker.step()


def _orders(parent: Parent, wait: bool) -> list[Any]:
    """All orders that are there; waits for one if there is nothing else to do."""
    found: list[Any] = []
    while (message := parent.receive(None if wait and not found else 0)) is not None:
        try:
            found.append(order(message))
        except msgspec.ValidationError as error:
            parent.send([_refusal(message, error)])
    return found


def _refusal(message: Any, error: msgspec.ValidationError) -> Failed:
    """What becomes of a request that cannot be read: to end over it would cost others theirs.

    Raises:
        msgspec.ValidationError: it is no request.
    """
    ticket = message.get("ticket") if isinstance(message, dict) else None
    if not isinstance(ticket, int):
        raise error
    return Failed(ticket, "LlmError", f"a request that cannot be read: {error}")


def _load(load: Load, parent: Parent) -> Worker | None:
    if hasattr(os, "nice"):
        os.nice(max(0, load.options.niceness - os.nice(0)))
    try:
        return Worker(load.path, load.options, parent)
    except ModelUnusable as error:
        parent.send([Unusable(str(error))])
        return None


if __name__ == "__main__":
    main()
