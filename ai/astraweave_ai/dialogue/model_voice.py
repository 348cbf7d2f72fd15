"""Answers of a language model: one open question at a time, read as it comes, never waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import LlmError, Timeout
from ..llm.library import find_model
from ..llm.mock import MockModel
from ..llm.model import LanguageModel, Priority, Request
from .cast import Member
from .errand import SPEAKER, Lexicon
from .prompt import messages
from .reply import Reply, parse_reply, reply_grammar, said_so_far

ANSWER = 160  # tokens
DEADLINE = 20.0  # seconds
PATIENCE = 3600  # ticks after which an answer counts as lost, whatever the clock says


def open_model(name: str) -> LanguageModel:
    """A model by its name in the library or its file; "mock" is one that only makes small talk.

    Raises:
        ModelUnusable: there is none.
    """
    if name == "mock":
        return MockModel()
    from ..llm.server import LlmServer

    file = find_model(name)
    return LlmServer(file, name=file.stem)


def trouble_with(name: str) -> str:
    """Why `open_model` would find nothing; empty if it would, or if no name is given."""
    try:
        if name not in ("", "mock"):
            find_model(name)
    except LlmError as error:
        return str(error)
    return ""


@dataclass(frozen=True)
class Question:
    """A sentence that a model was asked to answer."""

    member: Member
    text: str
    ticket: int
    tick: int


class ModelVoice:
    """Asks a model for one answer at a time.

    Args:
        model: or what opens it, when it is first asked for.
    """

    def __init__(self, model: LanguageModel | Callable[[], LanguageModel]) -> None:
        self._given = model
        self._model: LanguageModel | None = None
        self._asked = 0
        self.open: Question | None = None

    @property
    def model(self) -> LanguageModel:
        """The model, opened by now.

        Raises:
            LlmError: it cannot be opened.
        """
        if self._model is None:
            given: Any = self._given
            self._model = given if hasattr(given, "submit") else given()
        return self._model

    def ask(
        self,
        member: Member,
        text: str,
        tick: int,
        *,
        situation: Mapping[str, Any],
        conversation: Sequence[tuple[str, str]],
        speaker: str,
        lexicon: Lexicon,
    ) -> None:
        """Begin to ask.

        Raises:
            LlmError: the model cannot take the question now.
        """
        where = (SPEAKER, *lexicon.places, *lexicon.people)
        names = {"thing": (*lexicon.things,), "where": where, "person": (SPEAKER, *lexicon.people)}
        self._asked += 1
        request = Request(
            messages=messages(member.persona, situation, conversation, (speaker, text)),
            grammar=reply_grammar(member.persona.errands, names),
            max_tokens=ANSWER,
            seed=self._asked,
            priority=Priority.HIGH,
            deadline=DEADLINE,
        )
        self.open = Question(member, text, self.model.submit(request), tick)

    def said_so_far(self) -> str:
        """The words of the open answer, as far as they are there."""
        return said_so_far(self.model.partial(self.open.ticket)) if self.open else ""

    def listen(self, tick: int) -> tuple[Question, Reply | LlmError] | None:
        """The answer to the open question, or the error that it ended in, once it is there."""
        if self._model is None:
            return None  # what cannot be opened fails where it is asked, and the graph answers
        results, question = self._model.poll(), self.open
        if question is None:
            return None
        found = next((one for one in results if one.ticket == question.ticket), None)
        if found is None and tick - question.tick < PATIENCE:
            return None
        self.open = None
        if found is None:
            self.model.cancel(question.ticket)
            return question, Timeout(f"model {self.model.name}: no answer within {PATIENCE} ticks")
        if found.answer is None:
            return question, found.error or Timeout(f"model {self.model.name}: no answer came")
        try:
            return question, parse_reply(found.answer.text)
        except LlmError as error:
            return question, error

    def close(self) -> None:
        """End the model, if it was opened."""
        if self._model is not None:
            self._model.close()
