"""What a sentence asks for: it is cut into orders, and each order is read by its little words.

- A sentence is cut at commas. What then begins, after words of courtesy, with the verb of an errand
  is an order; "and" or "then" before a verb begins the next one.
- After the verb, prepositions say what a name is for: after "to" and "at" a goal, after "from"
  where a thing is now, after none what the verb is about.
- What names nothing is kept, so that the answer can say what is not known. With two goals for one
  thing, or none, nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .errand import ENDLESS, KINDS, SPEAKER, Errand, Lexicon, in_words, missing_of
from .phrases import ABOUT, AT, FROM, TO, Part, is_idle, parts_of
from .words import GREETINGS, LONGEST, STOP_WORDS, set_of, tokens

_COURTESY = set_of(
    "a ah also and anyone are as be begin can could dear do favour first friend good got have "
    "hello help hey hi hurry i id if just keep kind kindly like look maybe me mind morning must "
    "need next now oh ok okay perhaps please possibly quick quickly should so somebody someone "
    "start thanks then to try up want will would you your"
)
_TO_DOING = set_of("begin keep mind start try")  # "would you mind taking"
_DENIALS = set_of("not dont never cannot cant wont without")
_QUESTIONS = set_of("what who whom whose where when why how which did do does is was were have has")
_LATER = re.compile(r"\b(if|when|whenever|unless|once)\b(?! you\b)")  # orders for another time
_AFTERTHOUGHTS = set_of("after because before so than until till when while if as")
_CALLED = set_of("listen right sir sorry thank alright and but well")
_ASKING = [[], *([word] for word in _QUESTIONS)]
_VERBS = sorted(
    ((verb.split(), kind) for kind, one in KINDS.items() for verb in one.verbs),
    key=lambda verb: -len(verb[0]),
)
_DOING = {  # "taking": "take"; of wrong spellings among them nobody makes use
    form: verb[0]
    for verb, _ in _VERBS
    for form in (f"{verb[0]}ing", f"{verb[0].removesuffix('e')}ing", f"{verb[0]}{verb[0][-1]}ing")
}


@dataclass(frozen=True)
class Heard:
    """What was made of an order.

    Args:
        errand: what is asked for, as far as it was said.
        missing: "thing" or "where" if that is not clear; empty if nothing is missing.
        unknown: words in its place that name nothing.
        options: names in its place, of which only one can be meant.
    """

    errand: Errand
    missing: str = ""
    unknown: str = ""
    options: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        """What one asks for what is missing."""
        if self.options:
            told = " or ".join(in_words(name) for name in self.options)
            return f"{told[0].upper()}{told[1:]}?"
        asked: str = getattr(KINDS[self.errand.kind], self.missing)
        return f"I know no {self.unknown}. {asked}" if self.unknown else asked


class _Order(NamedTuple):
    """A kind of errand, and the words after its verb."""

    kind: str
    rest: Sequence[str]


class _Slot(NamedTuple):
    """What was said for a thing or a goal: names, of which one must be left, or unknown words."""

    names: tuple[str, ...] = ()
    unknown: str = ""

    @property
    def name(self) -> str:
        return self.names[0] if len(self.names) == 1 else ""


def hear(text: str, lexicon: Lexicon, to: str = "", last: Errand | None = None) -> list[Heard]:
    """The errands that a text asks for, in the order in which they are done; empty if it asks none.

    Args:
        text: as it was said.
        lexicon: the names that there are.
        to: the name of who is spoken to; it may stand in front.
        last: what "it" and "there" mean.
    """
    found: list[Heard] = []
    for part in _clauses(text):
        words = tokens(part)
        for order in _orders(words, frozenset(tokens(to))):
            if order.kind == "stop" or not _DENIALS.intersection(words):
                found = _joined(found, _read(order, lexicon, last))
                last = found[-1].errand if found else last
    return sorted(found, key=lambda heard: heard.errand.kind in ENDLESS)


def complete(before: Heard, text: str, lexicon: Lexicon) -> Heard | None:
    """An errand with what was missing, if a text says that or something else; None if neither."""
    words, old = tokens(text), before.errand
    if not words or words[0] in _QUESTIONS or _DENIALS.intersection(words):
        return None
    for said in _read(_Order(old.kind, words), lexicon, old):
        new = Errand(old.kind, old.thing or said.errand.thing, old.where or said.errand.where)
        if new != old:
            return Heard(new, missing_of(new))
        if said.missing == before.missing and (said.unknown or said.options):
            return Heard(old, before.missing, said.unknown, said.options)
    return None


def stranger(text: str, lexicon: Lexicon, to: str = "") -> str:
    """Whom a text calls in front or at its end ("Zork, follow me"), if nobody has that name."""
    first, comma, rest = text[:LONGEST].replace(":", ",").partition(",")
    passed = _COURTESY | _CALLED | STOP_WORDS | GREETINGS | frozenset(tokens(to))
    for called in (f"{first[:1].upper()}{first[1:]}", rest.rpartition(",")[2]) if comma else ():
        name = [word.strip(".!?") for word in called.split() if not passed.issuperset(tokens(word))]
        proper = all(word[:1].isupper() or word.isdigit() for word in name)
        known = any(part.names for part in parts_of(tokens(called), lexicon))
        if 1 <= len(name) <= 2 and proper and not known and not _orders(tokens(called)):
            return " ".join(name)
    return ""


# -- orders ----------------------------------------------------------------------------------------


def _clauses(text: str) -> list[str]:
    """What stands between commas, in sentences that are about now and are no questions."""
    sentences = re.split(r"[.!?;\n]", text[:LONGEST])
    parts = (re.split("[,:]", one) for one in sentences if not _LATER.search(one.casefold()))
    return [part for some in parts for part in some if tokens(part)[:1] not in _ASKING]


def _orders(words: Sequence[str], to: Collection[str] = ()) -> list[_Order]:
    """The orders in a clause that begins with one; "go" before another verb is none of its own."""
    kind, at = _verb(words, to)
    if not kind:
        return []
    rest = words[at:]
    for place, word in enumerate(rest):
        bare = kind == "go" and place == 0  # "go and guard", "go guard"
        if (bare or word in ("and", "then")) and (more := _orders(rest[place:], to)):
            return more if bare else [_Order(kind, rest[:place]), *more]
    if words[at - 1] == "come" and is_idle(rest):
        rest = ["here"]
    return [_Order(kind, rest)]


def _verb(words: Sequence[str], to: Collection[str]) -> tuple[str, int]:
    """The kind whose verb comes after words of courtesy, and the place after it."""
    for at, word in enumerate(words):
        begun = list(words[at : at + 4])
        if at and words[at - 1] in _TO_DOING:
            begun[0] = _DOING.get(word, word)
        for verb, kind in _VERBS:
            if begun[: len(verb)] == verb:
                own = "i" in words[:at] and "you" not in words[:at]  # "I would like to go"
                return ("", 0) if own else (kind, at + len(verb))
        if word not in _COURTESY and word not in to:
            break
    return "", 0


# -- errands ---------------------------------------------------------------------------------------


def _read(order: _Order, lexicon: Lexicon, last: Errand | None) -> list[Heard]:
    """The errands of an order; none if it is about nothing that can be meant, as in "take care"."""
    kind, words = KINDS[order.kind], _plain(order.rest, last)
    parts = parts_of(words, lexicon)
    if order.kind == "stay":
        place = _slot([part for part in parts if part.sort == "place" and part.role in (TO, AT)])
        return [*([_heard("go", _Slot(), place)] if place.names else []), Heard(Errand("stay"))]
    if not kind.where:
        return [Heard(Errand(order.kind))]
    found = []
    where = _Slot()
    for load in _loads(parts) if kind.thing else [parts]:
        goals = _goals(order.kind, load)
        where = _slot(goals) if goals else where  # "the crate to the gate and the sack"
        things = _things(load, goals, lexicon) if kind.thing else []
        if things or goals or is_idle(words):
            found += [_heard(order.kind, thing, where) for thing in things or [_Slot()]]
    return found


def _plain(words: Sequence[str], last: Errand | None) -> list[str]:
    """Words up to an afterthought, with names for "it" and "there"."""
    end = next((at for at, word in enumerate(words) if word in _AFTERTHOUGHTS), len(words))
    thing, where = (last.thing, last.where) if last is not None else ("", "")
    goal = tokens(where if where != SPEAKER else "me")
    meant = dict.fromkeys(("it", "them"), tokens(thing) or goal) if last is not None else {}
    if where:
        meant["there"] = ["to", *goal]
    return [name for word in words[:end] for name in meant.get(word, [word])]


def _loads(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts in groups, each with things and their goals: "the crate to the inn and the sack …"."""
    groups: list[list[Part]] = [[]]
    for part in parts:
        about = [one for one in groups[-1] if _can_be_carried(one)]
        full = about and len(about) < len(groups[-1])
        if full and _can_be_carried(part) and (part.names or part.linked):
            groups.append([])
        groups[-1].append(part)
    return groups


def _can_be_carried(part: Part) -> bool:
    return part.role == ABOUT and part.sort in ("thing", "")


def _things(load: Sequence[Part], goals: Sequence[Part], lexicon: Lexicon) -> list[_Slot]:
    """What is to be carried; of several that are called so, one that is where it is said to be."""
    about = [part for part in load if _can_be_carried(part)]
    sources = [part for part in load if part.role in (FROM, AT) and part not in goals]
    places = {name for part in sources for name in part.names}
    known, found = any(part.names for part in about), []
    for part in about:
        there = [name for name in part.names if lexicon.at.get(name) in places]
        if part.names:
            found.append(_Slot(((*there, *part.names)[0],)))
        elif (part.article or goals) and (part.linked or not known):
            found.append(_Slot(unknown=part.words))
    return list(dict.fromkeys(found))


def _goals(name: str, parts: Sequence[Part]) -> list[Part]:
    """Where to: the parts that say so most plainly, known ones before unknown ones."""
    kind = KINDS[name]
    named = [part for part in parts if part.sort == "person" or (part.names and not kind.person)]
    if kind.thing:
        named = [part for part in named if not _can_be_carried(part)]
    for role in (TO, ABOUT, AT) if kind.to else (ABOUT, TO, AT):
        if known := [part for part in named if part.role == role]:
            return known
    return [part for part in parts if not part.names and _counts(name, part)][:1]


def _counts(name: str, part: Part) -> bool:
    """Whether unknown words are meant as a goal: "to sleep" and "follow Zork", not "go fishing"."""
    kind = KINDS[name]
    if part.role == ABOUT:
        return not kind.thing and (part.article or not kind.to)
    return part.role == TO or (part.role == AT and part.article)


def _slot(parts: Sequence[Part]) -> _Slot:
    names = dict.fromkeys(part.names[0] for part in parts if part.names)
    return _Slot((*names,), "" if names or not parts else parts[0].words)


def _heard(kind: str, thing: _Slot, where: _Slot) -> Heard:
    errand = Errand(kind, thing.name, where.name if where.name != thing.name else "")
    missing = missing_of(errand)
    slot = {"thing": thing, "where": where}.get(missing, _Slot())
    return Heard(errand, missing, slot.unknown, slot.names if len(slot.names) > 1 else ())


def _joined(found: list[Heard], new: list[Heard]) -> list[Heard]:
    """Errands in a row: "take the crate and go to the gate" is one."""
    if found and new and found[-1].missing == "where" and found[-1].errand.kind == "bring":
        thing, after = found[-1].errand.thing, new[0].errand
        if after.kind == "go" and after.where:
            return [*found[:-1], Heard(Errand("bring", thing, after.where)), *new[1:]]
        if after.kind == "bring" and after.thing == thing:
            return [*found[:-1], *new]
    return [*found, *new]
