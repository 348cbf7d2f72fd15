"""What the mock says to a prompt: it reads the facts out of it, and plans as best it can.

It sees nothing but the prompt, so it shows that a prompt tells what is needed. It is no language
model: it knows the lines in which goals are told. One answer in seven is spoilt, as those of small
models are, so that reading, repairing and falling back have something to do.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from random import Random

from ..llm.compress import expand
from ..llm.facts import Being, Facts
from ..llm.model import Request
from ..llm.quote import quoted
from ..percept_model import Vector
from ..plan import PlanIntent, Step

_NAME = r'"(?:[^"\\]|\\.)*"'  # as it is told
SPOILT = 0.15  # share of the answers
_FENCED = 0.2  # share that stands in a code fence among words
_REACH = 1.5  # metres at which it stops before what it wants to use
_CLOSE = 4.0  # metres up to which it goes to whom it cannot hit
_SAYS = {
    "REINFORCE": "CallReinforcements", "MARK": "MarkTarget", "COVER_ME": "RequestCover",
    "ATTACK_TOGETHER": "CoordinateAttack", "AMBUSH": "SetAmbush", "DISTRACT": "Distract",
    "REGROUP": "Regroup", "TAUNT": "Taunt",
}  # fmt: skip


def reply(request: Request, random: Random) -> str:
    """A plan for the situation in the last message but repairs."""
    facts = expand(request.messages[1].content)
    again = len(request.messages) > 2  # its first plan was refused
    plan = PlanIntent("mock", tuple(_steps(facts, again))[:6] or (Step("Scan"),))
    text = plan.to_json().decode()
    draw = random.random()
    if draw < SPOILT and not request.grammar:
        return random.choice(
            (text[: len(text) // 2], "I will do my best.", text.replace("act", "do"))
        )
    if draw < SPOILT:  # under a grammar an answer can only be legal and wrong
        far = PlanIntent("wild", (Step("AoEAttack", {"x": 0.0, "z": 0.0, "radius": 1.0}),))
        return far.to_json().decode()
    if draw < SPOILT + _FENCED and not request.grammar:
        return f"Here is my plan:\n```json\n{text}\n```\nGood luck!"
    return text


def _steps(facts: Facts, again: bool) -> Iterator[Step]:
    """The first goal that it can do something for; what opens doors before all others."""
    for line in (*_shut(facts), *facts.goals):
        steps = list(_towards(line, facts, again))
        if steps:
            yield from steps
            return


def _shut(facts: Facts) -> Iterator[str]:
    """What has to be used because something that it opens is still shut, in order."""
    for note in facts.notes:
        found = re.match(
            rf"({_NAME}) opens ({_NAME}) by Interact(?:, only after ({_NAME}))?$", note
        )
        if found and _is_shut(found[2], facts):
            yield from (f"use {json.loads(name)}" for name in (found[3], found[1]) if name)


def _is_shut(door: str, facts: Facts) -> bool:
    """Whether there is a box where the door, by its name as it is told, is."""
    notes = (re.match(rf"{re.escape(door)} is closed door at (.+?),(.+?),", n) for n in facts.notes)
    places = [(float(note[1]), float(note[2])) for note in notes if note]
    return any((block.place[0], block.place[2]) in places for block in facts.obstacles)


def _towards(line: str, facts: Facts, again: bool) -> Iterator[Step]:
    reach = re.match(r"(?:reach|be at) (.+?)(?: once| in the end) \(", line)
    if reach:
        place = _place_of(reach[1], facts)
        if place and _away(facts, place) > 1 and not _was_at(place, line, facts):
            yield _walk(place)
    elif match := re.match(r"use (.+)", line):
        yield from _use(match[1], facts)
    elif match := re.match(r"defeat (.+)", line):
        yield from _fight(match[1], facts, again)
    elif match := re.match(r"(.+) has at least (\d+) health", line):
        yield from _treat(match[1], int(match[2]), facts)
    elif match := re.match(r"(.+) is up again", line):
        yield from _revive(match[1], facts)
    elif match := re.match(r"say (\w+)", line):
        yield from _say(match[1], facts)
    elif match := re.match(r"morale of (.+) is at (most|least)", line):
        yield from _stir(match[1], match[2] == "most", facts)


def _was_at(place: Vector, line: str, facts: Facts) -> bool:
    """Whether it has been there before, where once is enough."""
    step = f"you did {_walk(place)}"
    return "once" in line and any(note.startswith(step[:-1]) for note in facts.notes)


def _use(name: str, facts: Facts) -> Iterator[Step]:
    spot = next((spot for spot in facts.points if spot.kind == name), None)
    done = spot is not None and f"you did Interact(target={spot.id})" in facts.notes
    if spot is not None and not done:
        yield from _go_near(spot.place, facts)
        yield Step("Interact", {"target": spot.id})
        yield Step("Wait")  # until what it opens is seen open


def _fight(name: str, facts: Facts, again: bool) -> Iterator[Step]:
    foe = _being(name, facts.enemies)
    rounds, most, *_ = facts.me.condition.supplies or (0, 0)
    if foe is None or (again and _away(facts, foe.place) > _CLOSE):
        place = foe.place if foe is not None else _place_of(name, facts)
        if place is not None:
            yield from _go_near(place, facts)
    elif foe.condition.health is not None and foe.condition.health[0] <= 0:
        return
    elif not rounds and most:
        yield Step("Reload")
    elif {"shots", "blows"} & facts.me.condition.waits.keys() or again:
        yield Step("Wait", {"duration": 0.6})
    elif not most:
        yield from _go_near(foe.place, facts)
        yield from (Step("QuickAttack", {"target": foe.id}), Step("Wait", {"duration": 0.6}))
    else:
        yield from (Step("Attack", {"target": foe.id}), Step("Wait", {"duration": 0.6}))


def _treat(name: str, least: int, facts: Facts) -> Iterator[Step]:
    who = facts.me if name == "you" else _being(name, facts.allies)
    health = who.condition.health if who is not None else None
    if who is None or health is None:
        place = _place_of(name, facts)
        if place is not None:
            yield from _go_near(place, facts)
    elif 0 < health[0] < least:
        yield from _go_near(who.place, facts)
        yield Step("Heal", {"target": who.id})


def _revive(name: str, facts: Facts) -> Iterator[Step]:
    who = _being(name, facts.allies)
    place = who.place if who is not None else _place_of(name, facts)
    down = who is None or who.condition.health is None or who.condition.health[0] <= 0
    if place is not None and down:
        yield from _go_near(place, facts)
        if who is not None:
            yield Step("Revive", {"target": who.id})


def _say(word: str, facts: Facts) -> Iterator[Step]:
    act = _SAYS.get(word, "")
    if any(note.startswith(f"you did {act}(") for note in facts.notes):
        return
    if word in ("MARK", "ATTACK_TOGETHER", "DISTRACT", "TAUNT"):
        if facts.enemies:
            yield Step(act, {"target": facts.enemies[0].id})
        else:
            yield from _seek(facts)
    elif act:
        yield Step(act)


def _stir(name: str, fear: bool, facts: Facts) -> Iterator[Step]:
    """Shake an enemy, or give an ally courage."""
    who = _being(name, facts.enemies if fear else facts.allies)
    if who is None:
        place = _place_of(name, facts)
        yield from _go_near(place, facts, 6.0) if place is not None else ()
    elif fear:
        yield Step("CoverFire", {"target": who.id})
    else:
        yield from _go_near(who.place, facts, 8.0)
        yield Step("UseAbility", {"target": who.id})


def _seek(facts: Facts) -> Iterator[Step]:
    """Towards the first enemy that it was told of."""
    for note in facts.notes:
        told = re.match(rf"({_NAME}) \(\d+, enemy\) was at ", note)
        if told and (place := _place_of(json.loads(told[1]), facts)) is not None:
            yield from _go_near(place, facts, 3.0)
            return


def _go_near(place: Vector, facts: Facts, keep: float = _REACH) -> Iterator[Step]:
    away = _away(facts, place)
    if away > keep:
        (x, _, z), part = facts.me.place, (away - keep * 0.8) / away
        yield _walk((x + (place[0] - x) * part, 0.0, z + (place[2] - z) * part))


def _walk(place: Vector) -> Step:
    return Step("MoveTo", {"x": round(place[0], 1), "z": round(place[2], 1)})


def _away(facts: Facts, place: Vector) -> float:
    return math.hypot(place[0] - facts.me.place[0], place[2] - facts.me.place[2])


def _being(name: str, among: tuple[Being, ...]) -> Being | None:
    return next((one for one in among if one.name == name), None)


def _place_of(name: str, facts: Facts) -> Vector | None:
    """Where something is that has this name: in sight, of interest, or told of."""
    for spot in facts.points:
        if spot.kind == name:
            return spot.place
    for being in (*facts.allies, *facts.enemies, *facts.neutrals):
        if being.name == name:
            return being.place
    for note in facts.notes:
        told = re.match(rf"{re.escape(quoted(name))} \(.*\) was at ([\d.]+),([\d.]+)", note)
        if told:
            return float(told[1]), 0.0, float(told[2])
    return None
