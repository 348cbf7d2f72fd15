"""What a language model is to the rest: requests go in, results come out, nothing ever waits."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, Protocol

import msgspec

from ..errors import LlmError


class Priority(IntEnum):
    """Which request comes first; within one priority, the one that was submitted first."""

    HIGH = 0
    NORMAL = 1
    LOW = 2


class Message(msgspec.Struct, frozen=True):
    """One turn of a conversation, as chat templates take it."""

    role: Literal["system", "user", "assistant"]
    content: str


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is asked.

    Args:
        messages: the conversation; what many requests share should come first.
        grammar: GBNF that constrains the answer; empty: anything.
        max_tokens: the answer ends there at the latest.
        seed: of the sampler; the same request with the same seed may still differ between batches.
        stop: texts that end the answer.
        deadline: seconds from submission within which the answer must be there.
    """

    messages: tuple[Message, ...]
    grammar: str = ""
    max_tokens: int = 256
    temperature: float = 0.7
    seed: int = 0
    stop: tuple[str, ...] = ()
    priority: Priority = Priority.NORMAL
    deadline: float = 5.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a model said, and what it cost. Times are in seconds."""

    text: str
    finish: Literal["stop", "length"]
    prompt_tokens: int
    reused_tokens: int  # of the prompt, computed before
    tokens: int
    waited: float = 0.0
    prefill: float = 0.0
    decode: float = 0.0


class Result(msgspec.Struct, frozen=True):
    """How a request ended: with an answer or with an error, never both, and only once."""

    ticket: int
    answer: Answer | None = None
    error: LlmError | None = None


class LanguageModel(Protocol):
    """Anything that answers requests: a server with a local model, or a mock."""

    name: str

    def submit(self, request: Request) -> int:
        """Take a request; the ticket names it from then on.

        Raises:
            QueueFull: too many wait already.
            ContextOverflow: it cannot fit into the model's context. Where that is known only later,
                it is how the request ends.
        """

    def poll(self) -> list[Result]:
        """Results that came since the last call, in the order in which they came; never waits."""

    def partial(self, ticket: int) -> str:
        """The answer so far of a request that is still open; never waits."""

    def cancel(self, ticket: int) -> None:
        """Give a request up; it ends in the error Cancelled unless it ended before."""

    def count(self, text: str) -> int:
        """How many tokens a text has; may wait for the model."""

    def close(self) -> None:
        """End it, and every open request with it."""
