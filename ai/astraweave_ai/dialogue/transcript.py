"""What was said and what was asked for, newest last, with whose words and whose plans these are."""

from __future__ import annotations

from collections import deque

import msgspec

GRAPH, GOAP = "graph", "GOAP"


class Line(msgspec.Struct, frozen=True):
    """One thing that was said or reported: when, by whom, whose words these are, and to whom."""

    tick: int
    who: str
    text: str
    mind: str = ""  # "graph", "GOAP", "model NAME"; empty: a player's own
    to: str = ""

    def __str__(self) -> str:
        return f"{self.tick:>5} {_by(self.heading, self.mind)}: {self.text}"

    @property
    def heading(self) -> str:
        """Who says it; of a player also to whom: "Ada to Bran"."""
        return f"{self.who} to {self.to}" if self.to and not self.mind else self.who


class Deed(msgspec.Struct, frozen=True):
    """Something that somebody was asked to do: what became of it, and which mind passed it on."""

    tick: int
    who: str
    what: str
    mind: str
    accepted: bool
    why: str

    def __str__(self) -> str:
        answer = "yes" if self.accepted else "no"
        return f"{self.tick:>5} {_by(self.who, self.mind)}: {self.what}: {answer}, {self.why}"


def _by(who: str, mind: str) -> str:
    return f"{who} [{mind}]" if mind else who


class Transcript:
    """The newest lines and deeds of the talks of one player.

    Args:
        speaker: the player's name.
        newest: how many of each are kept.
    """

    def __init__(self, speaker: str, newest: int = 1000) -> None:
        self.speaker = speaker
        self.lines: deque[Line] = deque(maxlen=newest)
        self.deeds: deque[Deed] = deque(maxlen=newest)

    def asked(self, tick: int, text: str, to: str) -> None:
        """The player says something."""
        self.lines.append(Line(tick, self.speaker, text, to=to))

    def answered(self, tick: int, who: str, text: str, mind: str) -> None:
        """A character says something to the player."""
        self.lines.append(Line(tick, who, text, mind, self.speaker))

    def between(self, name: str) -> list[tuple[str, str]]:
        """What was said between the player and a character, oldest first."""
        return [(line.who, line.text) for line in self.lines if name in (line.who, line.to)]
