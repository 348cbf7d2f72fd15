"""The requests that a server has taken: each ends once, in an answer or an error."""

from __future__ import annotations

import time
from collections import deque

import msgspec

from .. import errors
from ..errors import ContextOverflow, LlmError
from .model import Answer, Request, Result
from .statistics import Statistics
from .wire import Answered, Failed, Report, Spoke, Started, Touched

_STARTS = 10_000
_LARGEST = 16 << 20  # bytes of a request; no model has a context for so many


class Entry:
    """A request that has not ended.

    Attributes:
        generation: of the process that has it.
        touched, started: whether native code works on it, and whether it has its place.
        text: the answer so far.
    """

    def __init__(self, ticket: int, request: Request) -> None:
        self.ticket, self.request = ticket, request
        self.until = time.monotonic() + request.deadline
        self.generation = 0
        self.touched = self.started = False
        self.text = ""

    @property
    def left(self) -> float:
        """Seconds until its deadline."""
        return self.until - time.monotonic()


class Ledger:
    """Keeps requests by their tickets.

    Attributes:
        starts: tickets in the order in which work on them began, the newest ones.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.open: dict[int, Entry] = {}
        self.starts: deque[int] = deque(maxlen=_STARTS)
        self._ended: list[Result] = []
        self._statistics = Statistics()
        self._tickets = 0

    def enter(self, request: Request) -> Entry:
        """A new request, which `check` let pass."""
        self._statistics.submitted += 1
        self._tickets += 1
        entry = self.open[self._tickets] = Entry(self._tickets, request)
        return entry

    def fail(self, entry: Entry, kind: type[LlmError], text: str) -> None:
        """End a request in an error."""
        self._end(entry, None, kind(f"model {self.name}: {text}"))

    def _end(self, entry: Entry, answer: Answer | None, error: LlmError | None) -> None:
        """The one place where a request ends."""
        del self.open[entry.ticket]
        self._statistics.add(answer, error)
        self._ended.append(Result(entry.ticket, answer, error))

    def take_ended(self) -> list[Result]:
        """Results since the last call."""
        ended, self._ended = self._ended, []
        return ended

    def late(self) -> list[Entry]:
        """Requests whose deadline has passed."""
        now = time.monotonic()
        return [entry for entry in self.open.values() if entry.until < now]

    def waiting(self) -> int:
        """Requests that nobody works on yet."""
        return sum(not entry.started for entry in self.open.values())

    def note(self, said: Report) -> None:
        """What the process says about a request; nothing if that has ended."""
        ticket = getattr(said, "ticket", 0)
        if ticket not in self.open:
            return
        entry = self.open[ticket]
        match said:
            case Touched():
                entry.touched = said.now
            case Started():
                entry.started = True
                self.starts.append(ticket)
            case Spoke():
                entry.text += said.text
            case Answered():
                self._statistics.totals = said.totals
                self._end(entry, said.answer, None)
            case Failed():
                self.fail(entry, getattr(errors, said.kind, LlmError), said.text)

    def restarted(self) -> None:
        """The process ended."""
        self._statistics.restarts += 1

    def statistics(self) -> Statistics:
        """What was asked and answered so far."""
        waiting = self.waiting()
        return msgspec.structs.replace(
            self._statistics,
            failed=dict(self._statistics.failed),
            waiting=waiting,
            working=len(self.open) - waiting,
        )


def check(request: Request) -> None:
    """See that a request makes sense, and that the model's process can read it.

    Raises:
        LlmError: it makes none; says why.
    """
    _check_types(request)
    if not request.messages:
        raise LlmError("a request without messages: say what is asked")
    if request.max_tokens < 1:
        raise LlmError(f"a request for {request.max_tokens} tokens; expected at least 1")
    if not 0 <= request.temperature < float("inf"):
        raise LlmError(f"temperature {request.temperature}; expected a number that is not negative")
    if not request.deadline > 0:
        raise LlmError(f"a deadline of {request.deadline} s; expected more than 0")


def _check_types(request: Request) -> None:
    """Structs do not check their fields: a request is read as the model's process reads it."""
    if not isinstance(request, Request):
        raise LlmError(f"expected a Request, got {type(request).__name__}")
    try:
        data = msgspec.msgpack.encode(request)
        msgspec.msgpack.decode(data, type=Request)
    except (TypeError, UnicodeEncodeError, OverflowError, msgspec.ValidationError) as error:
        raise LlmError(f"a request that cannot be sent to the model: {error}") from error
    if len(data) > _LARGEST:
        raise ContextOverflow(f"a request of {len(data):,} bytes; at most {_LARGEST:,} can be sent")
