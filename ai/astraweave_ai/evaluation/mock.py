"""What the mock says to a prompt: it reads the facts out of it, and plans as best it can.

It sees nothing but the prompt, so it shows that a prompt tells what is needed. It is no language
model: it knows the lines in which goals are told. One answer in seven is spoilt, as those of small
models are, so that reading, repairing and falling back have something to do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from random import Random

from ..llm.compress import expand
from ..llm.facts import Being, Facts
from ..llm.model import Request
from ..percept_model import Vector
from ..plan import PlanIntent, Step

SPOILT = 0.15  # share of the answers
_FENCED = 0.2  # share that stands in a code fence among words
_REACH = 1.5  # metres at which it stops before what it wants to use
_SHOT = 12.0  # metres from which it fires
_SAYS = {
    "REINFORCE": "CallReinforcements", "MARK": "MarkTarget", "COVER_ME": "RequestCover",
    "ATTACK_TOGETHER": "CoordinateAttack", "AMBUSH": "SetAmbush", "DISTRACT": "Distract",
    "REGROUP": "Regroup", "TAUNT": "Taunt",
}  # fmt: skip


def reply(request: Request, random: Random) -> str:
    """A plan for the situation in the last message but repairs."""
    facts = expand(request.messages[1].content)
    plan = PlanIntent("mock", tuple(_steps(facts, random))[:6] or (Step("Scan"),))
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


def _steps(facts: Facts, random: Random) -> Iterator[Step]:
    """The first goal that it can do something for."""
    for line in facts.goals:
        steps = list(_towards(line, facts, random))
        if steps:
            yield from steps
            return


def _towards(line: str, facts: Facts, random: Random) -> Iterator[Step]:
    reach = re.match(r"(?:reach|be at) (.+?)(?: once| in the end) \(", line)
    if reach and (place := _place_of(reach[1], facts)) and _away(facts, place) > 1:
        yield _walk(place)
    elif match := re.match(r"use (.+)", line):
        yield from _use(match[1], facts)
    elif match := re.match(r"defeat (.+)", line):
        yield from _fight(match[1], facts, random)
    elif match := re.match(r"(.+) has at least (\d+) health", line):
        yield from _treat(match[1], int(match[2]), facts)
    elif match := re.match(r"(.+) is up again", line):
        yield from _revive(match[1], facts)
    elif match := re.match(r"say (\w+)", line):
        yield from _say(match[1], facts)


def _use(name: str, facts: Facts) -> Iterator[Step]:
    spot = next((spot for spot in facts.points if spot.kind == name), None)
    if spot is not None:
        yield from _go_near(spot.place, facts)
        yield Step("Interact", {"target": spot.id})


def _fight(name: str, facts: Facts, random: Random) -> Iterator[Step]:
    foe = _being(name, facts.enemies)
    if foe is None:
        place = _place_of(name, facts)
        if place is not None:
            yield from _go_near(place, facts, 6.0)
    elif facts.me.condition.supplies and not facts.me.condition.supplies[0]:
        yield Step("Reload")
    elif "shots" in facts.me.condition.waits:
        yield Step("Wait", {"duration": 0.6})
    elif random.random() < 0.2 and _away(facts, foe.place) < _SHOT:
        yield from (Step("AimedShot", {"target": foe.id}), Step("Wait"))
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
    if word in ("MARK", "ATTACK_TOGETHER", "DISTRACT", "TAUNT"):
        if facts.enemies:
            yield Step(act, {"target": facts.enemies[0].id})
    elif act:
        yield Step(act)


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
        told = re.match(rf"{re.escape(name)} \(.*\) was at ([\d.]+),([\d.]+)", note)
        if told:
            return float(told[1]), 0.0, float(told[2])
    return None
