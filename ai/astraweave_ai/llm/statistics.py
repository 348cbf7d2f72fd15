"""What a model was asked and what came of it."""

from __future__ import annotations

import msgspec

from ..errors import LlmError
from .model import Answer
from .wire import Totals


class Statistics(msgspec.Struct):
    """Sums since a server was made; times in seconds.

    `failed`: requests by the class of their error; `totals`: of the present process alone;
    `waiting` and `working`: requests right now.
    """

    submitted: int = 0
    answered: int = 0
    failed: dict[str, int] = msgspec.field(default_factory=dict)
    restarts: int = 0
    waiting: int = 0
    working: int = 0
    prompt_tokens: int = 0
    reused_tokens: int = 0
    tokens: int = 0
    waited: float = 0.0
    prefill: float = 0.0
    decode: float = 0.0
    totals: Totals = msgspec.field(default_factory=Totals)

    def add(self, answer: Answer | None, error: LlmError | None) -> None:
        """Count a request that ended."""
        if error is not None:
            kind = type(error).__name__
            self.failed[kind] = self.failed.get(kind, 0) + 1
        if answer is not None:
            self.answered += 1
            self.prompt_tokens += answer.prompt_tokens
            self.reused_tokens += answer.reused_tokens
            self.tokens += answer.tokens
            self.waited += answer.waited
            self.prefill += answer.prefill
            self.decode += answer.decode
