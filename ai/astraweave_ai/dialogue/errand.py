"""Errands: what a character can be asked for in words, and the names that these words may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

SPEAKER = "you"  # the name of who asks, in errands


class Errand(msgspec.Struct, frozen=True):
    """Something asked for: a kind, and names of a thing and of a place or person."""

    kind: str
    thing: str = ""
    where: str = ""

    def __str__(self) -> str:
        return self._told(self.kind)

    @property
    def doing(self) -> str:
        """What one sees somebody do who is at it: "guards the well"."""
        return self._told("goes" if self.kind == "go" else f"{self.kind}s")

    def _told(self, verb: str) -> str:
        to = "to " if self.kind in KINDS and KINDS[self.kind].to else ""
        parts = verb, in_words(self.thing), self.where and to + in_words(self.where)
        return " ".join(part for part in parts if part)


def in_words(name: str) -> str:
    """The name of a person as it is, that of anything else with its article."""
    return f"the {name}" if name[:1].islower() and name != SPEAKER else name


class Kind(NamedTuple):
    """A kind of errand: what one calls it, what it needs to be told, and how that is asked for."""

    summary: str
    verbs: tuple[str, ...]
    thing: str = ""  # the question for it; empty: it needs none
    where: str = ""
    to: bool = False  # `where` is said after "to": it is no object of the verb
    person: bool = False  # `where` is a person


KINDS: dict[str, Kind] = {
    "bring": Kind(
        "carry a thing to a place or a person",
        ("bring", "carry", "fetch", "get", "take", "move", "deliver", "put", "give", "hand",
         "pick up", "grab", "drop"),
        thing="What shall I bring?",
        where="Where to?",
        to=True,
    ),
    "guard": Kind(
        "keep watch at a place until told otherwise",
        ("guard", "watch over", "watch", "protect", "stand guard", "keep watch",
         "keep an eye on", "look after"),
        where="What shall I guard?",
    ),
    "follow": Kind(
        "walk behind a person until told otherwise",
        ("follow", "come with", "walk with", "go with", "come along with", "accompany"),
        where="Whom shall I follow?",
        person=True,
    ),
    "go": Kind(
        "walk to a place or a person",
        ("go", "walk", "run", "come", "head", "stop by", "stop at"),
        where="Where to?",
        to=True,
    ),
    "stay": Kind("stay where it is for a while", ("stay", "wait", "stop here", "stand still")),
    "stop": Kind(
        "give up what it was asked for",
        ("stop", "never mind", "forget it", "enough", "leave it", "leave me", "go home", "go away",
         "get lost", "carry on"),
    ),
}  # fmt: skip


ENDLESS = ("guard", "follow")  # kinds that end when something else is asked for


def missing_of(errand: Errand) -> str:
    """What an errand of its kind needs and does not say: "thing" or "where", or nothing."""
    kind = KINDS[errand.kind]
    if kind.thing and not errand.thing:
        return "thing"
    return "where" if kind.where and not errand.where else ""


@dataclass(frozen=True)
class Lexicon:
    """What the names in errands mean: for each name, the texts by which it is called.

    Args:
        things: several may share a text, which then means the first of them.
        places, people: likewise.
        at: for some things, the name of the place where each is.
    """

    things: Mapping[str, tuple[str, ...]]
    places: Mapping[str, tuple[str, ...]]
    people: Mapping[str, tuple[str, ...]]
    at: Mapping[str, str] = field(default_factory=dict)
