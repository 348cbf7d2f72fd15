"""Errands: what a character can be asked for in words, and how a sentence is understood as one.

The grammar is small on purpose. A sentence asks for something only if it begins, after words of
courtesy, with a verb from the table, and is no denial. "Bran carries the crate" asks for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from .words import LONGEST, set_of, stem, tokens

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
        to = "to " if self.kind in ("bring", "go") else ""
        parts = verb, _article(self.thing), self.where and to + _article(self.where)
        return " ".join(part for part in parts if part)


def _article(name: str) -> str:
    """The name of a person as it is, that of anything else with its article."""
    return f"the {name}" if name[:1].islower() and name != SPEAKER else name


class Kind(NamedTuple):
    """A kind of errand: what one calls it, and what it needs to be told."""

    summary: str
    verbs: tuple[str, ...]
    thing: bool = False
    where: bool = False
    person: bool = False  # `where` is a person


KINDS: dict[str, Kind] = {
    "bring": Kind(
        "carry a thing to a place or a person",
        ("bring", "carry", "fetch", "get", "take", "move", "deliver", "put", "give", "hand"),
        thing=True,
        where=True,
    ),
    "guard": Kind(
        "keep watch at a place until told otherwise",
        ("guard", "watch over", "watch", "protect", "stand guard", "keep watch", "keep an eye",
         "look after"),
        where=True,
    ),
    "follow": Kind(
        "walk behind a person until told otherwise",
        ("follow", "come with", "walk with", "go with", "accompany"),
        where=True,
        person=True,
    ),
    "go": Kind("walk to a place or a person", ("go", "walk", "run", "come", "head"), where=True),
    "stay": Kind("stay where it is for a while", ("stay", "wait", "stop here", "stand still")),
    "stop": Kind(
        "give up what it was asked for",
        ("stop", "never mind", "forget it", "enough", "leave it", "go home", "carry on"),
    ),
}  # fmt: skip
_COURTESY = set_of(
    "a ah and are be can could dear favour friend good hello hey hi i id if kind "
    "kindly like me mind morning must need now oh ok okay please quickly so then to want will "
    "would you your"
)
_DENIALS = set_of("not dont never cannot cant wont without")
_QUESTIONS = set_of("what who whom whose where when why how which did do does is was were have has")
_ME = set_of("me us myself here")


@dataclass(frozen=True)
class Lexicon:
    """What the names in errands mean: for each name, the texts by which it is called."""

    things: Mapping[str, tuple[str, ...]]
    places: Mapping[str, tuple[str, ...]]
    people: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Heard:
    """What was made of a sentence.

    Args:
        errand: what is asked for, as far as it was said.
        missing: "thing" or "where" if that was not said; empty if nothing is missing.
    """

    errand: Errand
    missing: str = ""


def hear(text: str, lexicon: Lexicon, to: str = "") -> Heard | None:
    """The first errand that a text asks for; None if it asks for none.

    Args:
        text: as it was said.
        lexicon: the names that there are.
        to: the name of who is spoken to; it may stand in front.
    """
    for clause in re.split(r"[.!;,\n]|\band then\b|\bthen\b", text[:LONGEST]):
        found = _hear_clause(tokens(clause), lexicon, frozenset(tokens(to)))
        if found is not None:
            return found
    return None


def complete(before: Errand, missing: str, text: str, lexicon: Lexicon) -> Heard | None:
    """An errand with what was missing, if a text says that; None if it does not."""
    thing, where = _names(tokens(text), lexicon, before.kind)
    found = {"thing": thing, "where": where}[missing]
    if not found:
        return None
    return _checked(msgspec.structs.replace(before, **{missing: found}))


def _hear_clause(words: list[str], lexicon: Lexicon, to: frozenset[str]) -> Heard | None:
    if not words or words[0] in _QUESTIONS:
        return None
    first = next((at for at, w in enumerate(words) if w not in _COURTESY | to), len(words))
    kind, rest = _verb(words[first:])
    if kind is None or ("i" in words[:first] and "you" not in words[:first]):
        return None  # "I would like to go" is about oneself
    if kind != "stop" and _DENIALS.intersection(words):
        return None
    thing, where = _names(rest, lexicon, kind)
    return _checked(Errand(kind, thing, where))


def missing_of(errand: Errand) -> str:
    """What an errand of its kind needs and does not say: "thing" or "where", or nothing."""
    kind = KINDS[errand.kind]
    if kind.thing and not errand.thing:
        return "thing"
    return "where" if kind.where and not errand.where else ""


def _checked(errand: Errand) -> Heard:
    return Heard(errand, missing_of(errand))


def _verb(words: list[str]) -> tuple[str | None, list[str]]:
    """The kind whose verb a sentence begins with, the longest one, and the words after it."""
    verbs = [(len(v := verb.split()), v, kind) for kind, one in KINDS.items() for verb in one.verbs]
    for length, verb, kind in sorted(verbs, key=lambda one: -one[0]):
        if words[:length] == verb:
            return kind, words[length:]
    return None, words


def _names(words: list[str], lexicon: Lexicon, kind: str) -> tuple[str, str]:
    """The thing that words name first, and the place or person that they name last."""
    wanted = KINDS[kind]
    goals: dict[str, tuple[str, ...]] = {**({} if wanted.person else lexicon.places)}
    goals |= lexicon.people
    thing = _first(words, lexicon.things) if wanted.thing or not wanted.person else ""
    where = _last(words, goals)
    if not where and _ME.intersection(words):
        where = SPEAKER
    if not wanted.thing:  # one can guard a thing, or go to it
        return "", where or thing
    return thing, where


def _places(words: list[str], names: Mapping[str, tuple[str, ...]]) -> list[tuple[int, int, str]]:
    """Where names are said: position, minus the length, name; the longest first at each."""
    stems, found = [stem(word) for word in words], []
    for name, texts in names.items():
        for text in texts:
            called = [stem(word) for word in tokens(text)]
            for at in range(len(stems) - len(called) + 1):
                if called and stems[at : at + len(called)] == called:
                    found.append((at, -len(called), name))
    return sorted(found)


def _first(words: list[str], names: Mapping[str, tuple[str, ...]]) -> str:
    found = _places(words, names)
    return found[0][2] if found else ""


def _last(words: list[str], names: Mapping[str, tuple[str, ...]]) -> str:
    found = _places(words, names)
    return min(found, key=lambda one: (-one[0], one[1]))[2] if found else ""
