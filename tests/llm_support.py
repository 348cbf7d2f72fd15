"""What tests of language models share: requests, and waiting for their results."""

import time
from typing import Any

from astraweave_ai.llm.model import LanguageModel, Message, Request, Result

# A plan of one to four steps.
PLAN = r"""
root ::= "{\"plan\":[" step ("," step){0,3} "]}"
step ::= "{\"act\":\"" ("wait" | "move" | "attack") "\",\"x\":" "-"? ("0" | [1-9] [0-9]{0,2}) "}"
"""
PATIENCE = 60.0  # seconds of a deadline that is not to be met under any load


def ask(text: str = "hello", system: str = "", **more: Any) -> Request:
    """A request that is not in a hurry."""
    messages = [Message("system", system)] if system else []
    options: dict[str, Any] = {"deadline": PATIENCE, "max_tokens": 8} | more
    return Request(messages=(*messages, Message("user", text)), **options)


def results(model: LanguageModel, count: int) -> dict[int, Result]:
    """Results of so many requests, by ticket."""
    found: dict[int, Result] = {}
    while len(found) < count:
        for result in model.poll():
            assert result.ticket not in found, "answered twice"
            assert (result.answer is None) != (result.error is None)
            found[result.ticket] = result
        pause()
    return found


def texts(model: LanguageModel, *requests: Request) -> list[str]:
    """Answers to requests that are asked together."""
    tickets = [model.submit(request) for request in requests]
    found = results(model, len(tickets))
    answers = [found[ticket].answer for ticket in tickets]
    return [
        answer.text if answer else str(found[t].error)
        for t, answer in zip(tickets, answers, strict=True)
    ]


def pause() -> None:
    """Let others run for a moment."""
    time.sleep(0.002)
