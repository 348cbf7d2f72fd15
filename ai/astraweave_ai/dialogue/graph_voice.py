"""Answers without a model: a free sentence is matched to choices, errands, topics and facts.

The first that applies counts: the number or the very text of a choice, errands, what was missing of
an errand, then whatever shares most words. If nothing fits, that is what is said.
"""

from __future__ import annotations

from dataclasses import dataclass

from .cast import Member
from .errand import Errand, Lexicon
from .hearing import Heard, complete, hear, stranger
from .runner import Offer, Runner, Status
from .words import GREETINGS, closest, content, stem, tokens

_ON = 8  # nodes that are said in a row


@dataclass(frozen=True)
class Said:
    """What a character answers.

    Args:
        text: its words; empty: what it says depends on what becomes of the errands.
        errands: what it was asked for, if it was.
        question: what it asks then.
    """

    text: str = ""
    errands: tuple[Errand, ...] = ()
    question: str = ""


def answer(member: Member, text: str, lexicon: Lexicon) -> Said:
    """What a member of the cast says to a sentence; its graph moves on."""
    runner, pending = member.runner, member.pending
    member.pending = None
    greeting = _begin(runner)
    chosen = _named(text, runner.offers())
    if chosen is not None:
        return _choose(member, chosen, lexicon)
    heard = hear(text, lexicon, member.persona.name, member.last)
    if heard and (name := stranger(text, lexicon, member.persona.name)):
        return Said(f"Nobody here is called {name}.")
    if not heard and pending is not None:
        done = complete(pending, text, lexicon)
        heard = [done] if done is not None else []
    return _asked(member, heard) if heard else _about(member, text, lexicon, greeting)


def _begin(runner: Runner) -> str:
    """Start the dialogue where it is not under way; what is said then."""
    if runner.status is Status.WAITING:
        return ""
    runner.start()
    return _speech(runner)


def _speech(runner: Runner) -> str:
    """What is said at this node, and at those that follow without a choice."""
    texts = [runner.text]
    while _goes_on(runner) and len(texts) < _ON:
        texts.append(runner.text)
    return " ".join(texts)


def _goes_on(runner: Runner) -> bool:
    """Advance where nothing can be chosen; whether more is said then."""
    return runner.status is Status.AT_NODE and runner.advance() is not Status.FINISHED


def _named(text: str, offers: list[Offer]) -> Offer | None:
    """The choice that is given by its place in the list or by its very words."""
    words = tokens(text)
    if len(words) == 1 and words[0].isdecimal():
        place = int(words[0]) - 1
        return offers[place] if 0 <= place < len(offers) else None
    return next((offer for offer in offers if tokens(offer.text) == words), None)


def _choose(member: Member, offer: Offer, lexicon: Lexicon) -> Said:
    """Make a choice; one that reads like an errand is one."""
    member.runner.choose(offer.number)
    heard = hear(offer.text, lexicon, member.persona.name)
    ended = member.runner.status is Status.FINISHED
    text = "" if ended else _speech(member.runner)
    if heard and not any(one.missing for one in heard):
        return Said(text, _asked(member, heard).errands)
    return Said(text or member.line("parts"))


def _asked(member: Member, heard: list[Heard]) -> Said:
    """What is clear is done; the first of what is not is asked."""
    member.last = heard[-1].errand
    member.pending = next((one for one in heard if one.missing), None)
    clear = tuple(one.errand for one in heard if not one.missing)
    return Said(errands=clear, question=member.pending.question if member.pending else "")


def _about(member: Member, text: str, lexicon: Lexicon, greeting: str) -> Said:
    """The choice, topic or fact that shares most words with a sentence."""
    runner, facts = member.runner, member.persona.facts
    offers, topics = runner.offers(), runner.topics()
    candidates = [(offer.text, *offer.choice.words) for offer in offers]
    candidates += [node.topics for node in topics]
    candidates += [(fact,) for fact in facts]
    match = closest(_without_name(text, member), candidates)
    if match.chosen is None:
        return _lost(member, text, greeting, [candidates[number][0] for number in match.tied])
    number = match.chosen
    if number < len(offers):
        return _choose(member, offers[number], lexicon)
    number -= len(offers)
    if number < len(topics):
        runner.go(topics[number].id)
        return Said(_speech(runner))
    return Said(facts[number - len(topics)])


def _lost(member: Member, text: str, greeting: str, tied: list[str]) -> Said:
    """Nothing fits, or several things do."""
    if tied:
        return Said(f"Do you mean: {' – or: '.join(tied[:3])}?")
    if not content(_without_name(text, member)) - GREETINGS and GREETINGS.intersection(
        tokens(text)
    ):
        return Said(greeting or member.runner.text)
    return Said(member.line("lost"))


def _without_name(text: str, member: Member) -> str:
    """A sentence without the name of who is spoken to: it is no part of what is said."""
    name = {stem(word) for word in tokens(member.persona.name)}
    return " ".join(word for word in tokens(text) if stem(word) not in name)
