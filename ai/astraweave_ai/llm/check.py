"""Tries a model: what it is, how fast it reads and writes, and whether grammars bind it."""

from __future__ import annotations

import json
import time
from typing import Any

from ..errors import LlmError
from .model import Answer, Message, Request
from .server import LlmServer

_PATIENCE = 300.0  # seconds for a model that is much too large for this machine
_READ, _WRITE = 400, 48  # tokens
_JSON = r"""
root ::= "{\"act\":\"" [a-z]{1,12} "\",\"x\":" number ",\"steps\":[" number ("," number){0,3} "]}"
number ::= "-"? ("0" | [1-9] [0-9]{0,2})
"""


def check_model(server: LlmServer) -> dict[str, Any]:
    """Figures of a model; speeds are in tokens per second.

    Raises:
        ModelUnusable: it cannot be loaded.
        LlmError: it loaded, but could not answer.
    """
    about = server.ready()
    words = min(_READ, about.context // 2) // max(1, server.count(" word"))
    for warm in (True, False):  # the first time it does not know how much a step may hold
        text = f"{warm}" + " word" * (words // 4 if warm else words)
        read = complete(server, _request(text, 1))
    write = complete(server, _request("Count from one to a hundred in words.", _WRITE))
    statistics = server.statistics
    return {
        "name": server.name,
        "architecture": about.architecture,
        "description": about.description,
        "parameters": about.parameters,
        "bytes": about.size,
        "context": about.context,
        "trained_context": about.trained_context,
        "chat_template": about.template,
        "load_seconds": round(statistics.totals.loading, 3),
        "prefill": round((read.prompt_tokens - read.reused_tokens) / max(read.prefill, 1e-9), 1),
        "decode": round((write.tokens - 1) / max(write.decode, 1e-9), 1) if write.tokens > 1 else 0,
        "constrained_json": _is_json(complete(server, _request("A plan.", 96, _JSON)).text),
    }


def _request(text: str, tokens: int, grammar: str = "") -> Request:
    return Request(
        messages=(Message("user", text),),
        max_tokens=tokens,
        grammar=grammar,
        deadline=_PATIENCE,
    )


def complete(server: LlmServer, request: Request) -> Answer:
    """Ask and wait for the answer; for command lines, where nothing else goes on.

    Raises:
        LlmError: the one in which the request ended.
    """
    ticket = server.submit(request)
    while True:
        for result in server.poll():
            if result.ticket == ticket and result.answer is not None:
                return result.answer
            if result.ticket == ticket:
                raise result.error or LlmError(f"request {ticket} ended without an answer")
        time.sleep(0.002)


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
