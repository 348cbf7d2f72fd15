"""A model without a model: answers by a function, seeded and counted in polls, for tests and demos.

It keeps the promises of `LanguageModel`: priorities, order, deadlines, bounded queue, context, stop
texts, partial answers, one result for each request. Its clock advances with `poll` alone, so a run
gives the same results on any machine.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal

from ..errors import Cancelled, ContextOverflow, LlmError, ModelCrashed, QueueFull, Timeout
from .model import Answer, Priority, Request, Result

Reply = Callable[[Request, Random], str | LlmError]

_TOKEN = 4  # bytes of a token
_SMALL_TALK = (
    "A fine day, is it not?",
    "I have work to do. Ask me later.",
    "The well ran dry twice this summer.",
    "Mind the wolves beyond the gate.",
)


def small_talk(request: Request, random: Random) -> str:
    """Says something that does not depend on the question."""
    return random.choice(_SMALL_TALK)


class _Open:
    """A request that is not answered yet."""

    def __init__(self, ticket: int, request: Request, born: float) -> None:
        self.ticket, self.request, self.born = ticket, request, born
        self.started: float | None = None
        self.spoken = 0  # tokens
        self.reply: str | LlmError = ""

    @property
    def order(self) -> tuple[Priority, int]:
        return self.request.priority, self.ticket


class MockModel:
    """Implements `LanguageModel`.

    Args:
        reply: what it says to a request, or the error in which the request ends.
        seed: with the request it decides what `reply` and `failing` draw.
        parallel: requests that are worked on at once.
        queue: requests that may wait.
        context: tokens of prompt and answer together; a token is 4 bytes here.
        pace: tokens of an answer that come with each poll.
        failing: share of the requests, 0 to 1, that end in ModelCrashed.
        period: seconds that pass from one poll to the next.
    """

    def __init__(
        self,
        reply: Reply = small_talk,
        *,
        name: str = "mock",
        seed: int = 0,
        parallel: int = 4,
        queue: int = 256,
        context: int = 4096,
        pace: int = 8,
        failing: float = 0.0,
        period: float = 1 / 60,
    ) -> None:
        self.name = name
        self.asked: list[Request] = []  # all requests that were taken, in order
        self._reply, self._seed, self._failing = reply, seed, failing
        self._parallel, self._queue, self._context = parallel, queue, context
        self._pace, self._period = pace, period
        self._open: dict[int, _Open] = {}
        self._ended: list[Result] = []
        self._polls = 0

    @property
    def _now(self) -> float:
        return self._polls * self._period

    def submit(self, request: Request) -> int:
        """Take a request; see `LanguageModel`."""
        prompt, waiting = self._prompt_tokens(request), len(self._open) - len(self._working())
        if prompt + request.max_tokens > self._context:
            raise ContextOverflow(
                f"model {self.name}: {prompt} tokens of prompt and {request.max_tokens} of answer "
                f"do not fit into its context of {self._context}; shorten one of them"
            )
        if waiting >= self._queue:
            raise QueueFull(f"model {self.name}: {waiting} requests wait already; ask later")
        self.asked.append(request)
        ticket = len(self.asked)
        self._open[ticket] = _Open(ticket, request, self._now)
        return ticket

    def poll(self) -> list[Result]:
        """Results since the last call; the clock advances by one period."""
        self._polls += 1
        self._expire()
        waiting = sorted((o for o in self._open.values() if o.started is None), key=_by_order)
        for each in waiting[: max(0, self._parallel - len(self._working()))]:
            each.started, each.reply = self._now, self._say(each.request)
        for each in self._working():
            each.spoken += self._pace
            if isinstance(each.reply, LlmError):
                self._end(each, error=each.reply)
            elif each.spoken >= min(self.count(each.reply), each.request.max_tokens):
                self._end(each, answer=self._answer(each, each.reply))
        ended, self._ended = self._ended, []
        return ended

    def partial(self, ticket: int) -> str:
        """The answer so far; empty before it begins and after it ended."""
        one = self._open.get(ticket)
        return "" if one is None or isinstance(one.reply, LlmError) else _cut(one.reply, one.spoken)

    def cancel(self, ticket: int) -> None:
        """Give a request up."""
        if ticket in self._open:
            error = Cancelled(f"model {self.name}: request {ticket} was given up")
            self._end(self._open[ticket], error=error)

    def count(self, text: str) -> int:
        """Tokens of a text: one for every 4 bytes."""
        return -(-len(text.encode()) // _TOKEN)

    def close(self) -> None:
        """End every open request."""
        for ticket in list(self._open):
            self.cancel(ticket)

    def _working(self) -> list[_Open]:
        return [each for each in self._open.values() if each.started is not None]

    def _prompt_tokens(self, request: Request) -> int:
        return sum(self.count(message.content) for message in request.messages)

    def _expire(self) -> None:
        for each in list(self._open.values()):
            deadline = each.request.deadline
            if self._now - each.born > deadline:
                text = (
                    f"model {self.name}: no answer to request {each.ticket} within {deadline:g} s"
                )
                self._end(each, error=Timeout(text))

    def _say(self, request: Request) -> str | LlmError:
        random = Random(f"{self._seed} {request}")
        if random.random() < self._failing:
            return ModelCrashed(f"model {self.name}: its process ended, as it was told to")
        reply = self._reply(request, random)
        if isinstance(reply, LlmError):
            return reply
        ends = [place for stop in request.stop if (place := reply.find(stop)) >= 0]
        return reply[: min(ends, default=len(reply))]

    def _answer(self, one: _Open, reply: str) -> Answer:
        text, started = _cut(reply, one.request.max_tokens), one.started or one.born
        finish: Literal["stop", "length"] = "stop" if text == reply else "length"
        return Answer(
            text=text,
            finish=finish,
            prompt_tokens=self._prompt_tokens(one.request),
            reused_tokens=0,
            tokens=self.count(text),
            waited=started - one.born,
            decode=self._now - started,
        )

    def _end(self, one: _Open, answer: Answer | None = None, error: LlmError | None = None) -> None:
        del self._open[one.ticket]
        self._ended.append(Result(one.ticket, answer, error))


def _by_order(one: _Open) -> tuple[Priority, int]:
    return one.order


def _cut(text: str, tokens: int) -> str:
    """The first tokens of a text; no half characters."""
    return text.encode()[: tokens * _TOKEN].decode(errors="ignore")
