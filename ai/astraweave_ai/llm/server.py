"""A local language model in a process of its own, asked without ever waiting for it.

Requests go to the process at once, and it orders them. If it crashes, the requests that it was
working on end in ModelCrashed; the others go to the process that takes its place.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import msgspec

from astraweave_rag.child import Child, Ended, describe
from astraweave_rag.errors import ChildError

from ..errors import Cancelled, ContextOverflow, ModelCrashed, ModelUnusable, QueueFull, Timeout
from .ledger import Entry, Ledger, check
from .model import Request, Result
from .statistics import Statistics
from .wire import (
    About,
    Ask,
    Cancel,
    Count,
    Counted,
    Gone,
    Load,
    Options,
    Ready,
    Report,
    Unusable,
    reports,
)

_MODULE = "astraweave_ai.llm.worker"
_TRIES = 5  # to load a model that loaded before
_NAP = 0.002  # seconds between two looks, for who waits
_HANG = 5.0  # seconds to leave off a request, before the process is taken for stuck


class LlmServer:
    """Implements `LanguageModel` with a GGUF file. It may be used from several threads.

    Args:
        path: of the file.
        name: in messages; default: that of the file.
        options: how it is run.
        queue: requests that may wait.
        start: load it now, not with the first request.

    Raises:
        ModelUnusable: there is no such file. What is wrong with its content, requests tell.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        name: str = "",
        options: Options | None = None,
        queue: int = 256,
        start: bool = True,
    ) -> None:
        file = Path(path).absolute()
        if not file.is_file():
            raise ModelUnusable(f"model {file} does not exist; see: astraweave model list")
        self.name = name or file.stem
        self.options = options or Options()
        self._queue = queue
        self._child = Child(_MODULE, [Load(str(file), self.options)])
        self._lock = threading.RLock()
        self._ledger = Ledger(self.name)
        self._leaving: dict[int, float] = {}  # since when the process is to leave off a ticket
        self._counts: dict[int, int] = {}
        self._questions = 0
        self._about: About | None = None
        self._ready = False
        self._ends = self._failed_loads = 0
        self._unusable = ""
        if start:
            self._child.start()

    # --- asking ---------------------------------------------------------------------------------

    def submit(self, request: Request) -> int:
        """Take a request; see `LanguageModel`. A long prompt may overflow only later.

        Raises:
            QueueFull: too many wait already.
            ContextOverflow: its answer alone does not fit into the context.
            LlmError: it makes no sense.
        """
        check(request)
        with self._lock:
            self._refuse(request)
            entry = self._ledger.enter(request)
            if self._unusable:
                self._ledger.fail(entry, ModelUnusable, self._unusable)
            else:
                self._hand_over(entry)
            return entry.ticket

    def _refuse(self, request: Request) -> None:
        context = self._about.context if self._about else self.options.context
        if request.max_tokens >= context:
            raise ContextOverflow(
                f"model {self.name}: an answer of {request.max_tokens} tokens leaves no room for a "
                f"question in its context of {context}"
            )
        waiting = self._ledger.waiting()
        if waiting >= self._queue:
            raise QueueFull(f"model {self.name}: {waiting} requests wait already; ask later")

    def _hand_over(self, entry: Entry) -> None:
        entry.generation = self._child.send(Ask(entry.ticket, entry.request, entry.left))

    def poll(self) -> list[Result]:
        """Results since the last call; never waits."""
        with self._lock:
            self._listen()
            return self._ledger.take_ended()

    def _listen(self) -> bool:
        """Take what came; under the lock, so that two threads cannot take it in another order."""
        came = self._child.poll()
        for message in came:
            self._take(message)
        self._look_after()
        return bool(came)

    def partial(self, ticket: int) -> str:
        """The answer so far, as of the last poll."""
        entry = self._ledger.open.get(ticket)
        return "" if entry is None else entry.text

    def cancel(self, ticket: int) -> None:
        """Give a request up."""
        with self._lock:
            entry = self._ledger.open.get(ticket)
            if entry is not None:
                self._leave_off(entry)
                self._ledger.fail(entry, Cancelled, f"request {ticket} was given up")

    def count(self, text: str) -> int:
        """Tokens of a text. This waits for the model: not for use within frames.

        Raises:
            ModelUnusable: there is no model to count with.
            ModelCrashed: its process ended meanwhile.
        """
        self.ready()
        with self._lock:
            self._questions += 1
            number = self._questions
            generation = self._child.send(Count(number, text))
        while number not in self._counts:
            self._wait()
            self._still_usable()
            if self._ends >= generation:
                raise ModelCrashed(f"model {self.name}: its process ended while it counted")
        return self._counts.pop(number)

    def ready(self, timeout: float = 600.0) -> About:
        """Wait until the model is loaded, and say what it is.

        Raises:
            ModelUnusable: it cannot be loaded.
            Timeout: it is not loaded after `timeout` seconds.
        """
        until = time.monotonic() + timeout
        self._still_usable()
        self._child.start()
        while not self._ready or self._about is None:
            if time.monotonic() > until:
                raise Timeout(f"model {self.name} is not loaded after {timeout:g} s")
            self._wait()
            self._still_usable()
        return self._about

    def _still_usable(self) -> None:
        if self._unusable:
            raise ModelUnusable(f"model {self.name}: {self._unusable}")

    def _wait(self) -> None:
        """Take what comes; results are kept for the next poll."""
        with self._lock:
            came = self._listen()
        if not came:
            time.sleep(_NAP)

    @property
    def statistics(self) -> Statistics:
        """What was asked and answered so far."""
        with self._lock:
            return self._ledger.statistics()

    @property
    def starts(self) -> deque[int]:
        """Tickets in the order in which work on them began, the newest 10,000."""
        return self._ledger.starts

    @property
    def pid(self) -> int | None:
        """Of the model's process, while it runs."""
        return self._child.pid

    def close(self) -> None:
        """End the process, and every open request in Cancelled."""
        with self._lock:
            for ticket in list(self._ledger.open):
                self.cancel(ticket)
            self._unusable = self._unusable or "it was closed"
        self._child.close()

    def __enter__(self) -> LlmServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- what the process says --------------------------------------------------------------------

    def _take(self, message: Any) -> None:
        if isinstance(message, Ended):
            self._bury(message)
            return
        try:
            said = reports(message)
        except msgspec.ValidationError:
            self._child.kill()  # it talks garbage; its end will tell
            return
        for each in said:
            self._note(each)

    def _note(self, said: Report) -> None:
        match said:
            case Ready():
                self._about, self._ready, self._failed_loads = said.about, True, 0
                self._leaving = dict.fromkeys(self._leaving, time.monotonic())
            case Unusable():
                self._give_up(said.reason)
            case Counted():
                self._counts[said.number] = said.tokens
            case Gone():
                self._leaving.pop(said.ticket, None)
            case _:
                self._ledger.note(said)

    def _bury(self, ended: Ended) -> None:
        """The process ended: so do the requests that it worked on; the others are sent again."""
        first, was_ready = self._about is None, self._ready
        self._ready = False
        self._ends += 1
        if self._unusable:
            return  # it was ended for that
        self._leaving.clear()
        self._ledger.restarted()
        self._failed_loads += not was_ready
        how = describe(ended)
        if not was_ready and (first or self._failed_loads >= _TRIES):
            self._give_up(
                f"its process ended while it was loaded ({how}): the file is damaged, or there is "
                "too little memory"
            )
        for entry in [e for e in self._ledger.open.values() if e.generation <= ended.generation]:
            if entry.touched or entry.started:
                text = f"its process ended ({how}) while it worked on request {entry.ticket}"
                self._ledger.fail(entry, ModelCrashed, text)
            else:
                self._hand_over(entry)

    def _give_up(self, reason: str) -> None:
        self._unusable = reason
        for entry in list(self._ledger.open.values()):
            self._ledger.fail(entry, ModelUnusable, reason)
        # Not here: to close waits for the process, and nothing here may wait.
        threading.Thread(target=self._child.close, daemon=True).start()

    def _look_after(self) -> None:
        """End what is late, and a process that does not leave it off."""
        for entry in self._ledger.late():
            self._leave_off(entry)
            text = f"no answer to request {entry.ticket} within {entry.request.deadline:g} s"
            self._ledger.fail(entry, Timeout, text)
        if self._ready and self._leaving:
            since = min(self._leaving.values())
            if time.monotonic() - since > _HANG:
                self._child.kill()

    def _leave_off(self, entry: Entry) -> None:
        try:
            self._child.send(Cancel(entry.ticket))
        except ChildError:
            return  # it was closed, and with it the work
        self._leaving[entry.ticket] = time.monotonic()
