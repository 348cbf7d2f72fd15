"""A conversation as the text that a model was trained on: by its chat template, or plainly.

Templates are code out of a file that may be anybody's: they run in Jinja's sandbox, in the process
of the model. What a message says must not pass for the template's own marks, so the texts of
control tokens in it are broken up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from jinja2 import TemplateError
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from .model import Message

_PLAIN_STOP = ("\nUser:",)
# What a template may raise: its own errors, and those of operations on what is not there.
_TROUBLE = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_TRIAL = (Message("system", "s"), Message("user", "u"))


class ChatTemplate:
    """Renders messages.

    Args:
        template: in Jinja; empty: the file has none.
        begin, end: texts of the tokens that begin and end a sequence.
        control: texts of all control tokens.

    Attributes:
        state: used, missing or broken; without a template that can be used, messages are plain.
        stop: texts that end an answer, beside those of the request.
    """

    def __init__(self, template: str, begin: str, end: str, control: Iterable[str]) -> None:
        self.state = "used"
        self.stop: tuple[str, ...] = ()
        texts = sorted((text for text in control if len(text) > 1), key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, texts))) if texts else None
        self._begin = begin
        self._one_system = False  # the system's message is put in front of the user's
        self._formatter = self._formatter_of(template, begin, end) if template else None
        if self._formatter is None:
            self.state, self.stop = ("broken" if template else "missing"), _PLAIN_STOP

    def _formatter_of(self, template: str, begin: str, end: str) -> Jinja2ChatFormatter | None:
        """The template, tried; some know no system messages."""
        try:
            formatter = Jinja2ChatFormatter(template=template, eos_token=end, bos_token=begin)
        except _TROUBLE:
            return None
        for self._one_system in (False, True):
            if _try(formatter, self._arranged(_TRIAL)) is not None:
                return formatter
        return None

    def render(self, messages: Sequence[Message]) -> tuple[str, bool]:
        """The text, and whether the token that begins a sequence is still to be put in front."""
        safe = [Message(m.role, self._disarm(m.content)) for m in messages]
        text = _try(self._formatter, self._arranged(safe)) if self._formatter else None
        if text is None:
            return _plain(safe), True
        return text, not (self._begin and text.startswith(self._begin))

    def _arranged(self, messages: Sequence[Message]) -> list[Message]:
        system = [m.content for m in messages if m.role == "system"]
        if not self._one_system or not system:
            return list(messages)
        others = [m for m in messages if m.role != "system"]
        if not others or others[0].role != "user":
            return [Message("user", "\n\n".join(system)), *others]
        return [Message("user", "\n\n".join([*system, others[0].content])), *others[1:]]

    def _disarm(self, text: str) -> str:
        """Break up the texts of control tokens: <|end|> becomes < |end|>."""
        if self._control is None:
            return text
        return self._control.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


def _try(formatter: Jinja2ChatFormatter, messages: Sequence[Message]) -> str | None:
    """What a template makes of messages; None if it refuses them."""
    try:
        plain: Any = [{"role": m.role, "content": m.content} for m in messages]
        return str(formatter(messages=plain).prompt)
    except _TROUBLE:
        return None


def _plain(messages: Sequence[Message]) -> str:
    names = {"system": "", "user": "User: ", "assistant": "Assistant: "}
    parts = [f"{names[m.role]}{m.content}" for m in messages]
    return "\n\n".join([*parts, "Assistant:"])
