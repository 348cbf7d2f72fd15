"""A guestbook: a character remembers who asked it what, and can be asked about that.

It understands questions in English about questions: who asks ("What did Mira ask?", "what did I
ask?"), about what ("Who asked about the dragon?") and when ("yesterday"). The rest is not its.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from astraweave_rag import Filter, Record
from astraweave_rag.memory import Memory
from astraweave_rag.quote import Quote, content, own_quotes

_QUESTION = "question"  # tag of what is remembered
_ASKING = {"ask", "asks", "asked", "asking", "question", "questions"}
_ANYBODY = {"anybody", "anyone", "somebody", "someone", "everybody", "people"}
_DAYS = {"today": 0, "yesterday": 1}  # ago


class Guestbook:
    """What a character remembers of who asked it what.

    Args:
        memory: of the character.
        day: that it is, from 1 on.
        names: of those who may ask.
    """

    def __init__(self, memory: Memory, day: int, names: Iterable[str]) -> None:
        self.memory, self.day, self.names = memory, day, tuple(names)

    def tick(self, tick: int, ago: int = 0) -> int:
        """A tick of this day, or of one some days ago, in the calendar."""
        return (self.day - 1 - ago) * self.memory.fading.day + tick

    def enter(self, who: str, question: str, tick: int) -> Record:
        """Remember that somebody asked."""
        return self.memory.remember(
            f"{who} asked: {question}", tick=self.tick(tick), tags=(who, _QUESTION),
            source=f"day {self.day}, {who}", importance=0.6,
            data={"who": who, "deed": "ask", "question": question, "day": self.day},
        )  # fmt: skip

    def before(self, who: str) -> str:
        """What somebody asked last before this day; empty if it is not remembered."""
        choice = Filter(tags=(who, _QUESTION), until=self.tick(-1))
        past = [one.record.data for one in own_quotes(self.memory, set(), choice, most=1)]
        return "".join(f"{one['question']} (day {one['day']})" for one in past)

    def about(self, who: str, question: str) -> list[Quote] | None:
        """What answers a question about questions, oldest first; None if it is no such question.

        Args:
            who: asks, and is meant by "I".
        """
        said = set(re.findall(r"\w+", question.casefold()))
        if not _ASKING & said:
            return None
        whose = [name for name in self.names if name.casefold() in said]
        whose += [who] if "i" in said and who not in whose else []
        when = [ago for day, ago in _DAYS.items() if day in said]
        topic = content(question) - _ASKING - _ANYBODY - {*_DAYS, *map(str.casefold, whose)}
        since, until = (
            (self.tick(0, max(when)), self.tick(-1, min(when) - 1)) if when else (None, None)
        )
        tags: list[tuple[str, ...]] = [(name, _QUESTION) for name in whose] or [(_QUESTION,)]
        choices = [Filter(tags=one, since=since, until=until) for one in tags]
        found = [quote for one in choices for quote in own_quotes(self.memory, topic, one)]
        return found if found or whose or when else None
