"""Facts in few tokens, and back: short words, no zeros that need not be, one line for each thing.

t120
me 3 "Ada" 2,2 t0 face1.5 hp80/100 st100 am30 s1 c1 k1 mo.8 stand
foe 14 12,2 t1 hp60 st100 am30 s1 c1 k1 mo.8 crouch w:shots=12
poi 9 "exit" 18,8
box 6,1.5,4.5 .2,1.5,3.5
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from astraweave import Posture

from ..errors import LlmError
from ..percept_model import Vector
from .facts import Being, Block, Condition, Facts, Said, Spot, one_line
from .quote import quoted

# Phrases of prose that say in many words what few can say: whole words, in any case. Single words
# are left out in lower case only: "A" may well be a name.
PHRASES = (
    (r"the (\w+) is at position", r"\1 pos:"),
    (r"is located at", "at"),
    (r"in order to", "to"),
    (r"there (?:is|are)", ""),
    (r"you (?:should|must|need to|have to)", ""),
    (r"the following", "this"),
)
FLUFF = r"please|very|really|just|actually|basically|currently|simply|the|a|an"
_PHRASES = [
    *((re.compile(rf"\b(?:{old})\b", re.I), new) for old, new in PHRASES),
    (re.compile(rf"\b(?:{FLUFF})\b"), ""),
]
_SIDES = {"foe": "enemies", "ally": "allies", "other": "neutrals"}
_TEXTS = {"goal": "goals", "rule": "rules", "know": "notes"}
_STRING = r'"(?:[^"\\]|\\.)*"'
_WORDS = re.compile(rf"{_STRING}|[\w.]+=\S+|\S+")
_POSTURES = tuple(posture.name.lower() for posture in Posture)


def shorten(text: str, names: Iterable[str] = ()) -> str:
    """Prose with long phrases abbreviated and fluff left out; more of it changes nothing.

    What stands in quotation marks stays as it is, and so do `names`.
    """
    told = sorted(filter(None, names), key=len, reverse=True)
    whole = "|".join([_STRING, *(rf"(?<!\w){re.escape(name)}(?!\w)" for name in told)])
    parts = re.split(f"({whole})", one_line(text))
    parts[::2] = map(_shortened, parts[::2])
    return one_line("".join(parts))


def _shortened(text: str) -> str:
    """The same between two names; a space at an end stays one."""
    before = ""
    while text != before:
        before = text
        for old, new in _PHRASES:
            text = old.sub(new, text)
        text = re.sub(r"\s+", " ", re.sub(r"\s+([:,.])", r"\1", text))
    return text


def compress(facts: Facts) -> str:
    """The facts, a line for each; notes are shortened, nothing else is left out.

    Names in notes stay if they stand in quotation marks, or if somebody or something in sight has
    them.
    """
    return "\n".join(_lines(facts))


def _lines(facts: Facts) -> Iterator[str]:
    yield f"t{facts.tick}"
    yield " ".join(["me", *_being(facts.me), f"face{_short(facts.facing)}"])
    for word, name in _SIDES.items():
        for being in getattr(facts, name):
            yield " ".join([word, *_being(being)])
    for spot in facts.points:
        yield f"poi {spot.id} {quoted(spot.kind)} {_place(spot.place)}"
    for block in facts.obstacles:
        yield f"{block.kind} {_place(block.place, True)} {_place(block.half, True)}"
    if facts.objective is not None:
        yield f"objective {quoted(facts.objective[0])} {_place(facts.objective[1])}"
    names = set(_names(facts))
    for word, name in _TEXTS.items():
        for text in getattr(facts, name):
            yield f"{word} {shorten(text, names) if word == 'know' else text}"
    for said in facts.heard:
        yield f"said {quoted(said.who)} {quoted(said.text)}"


def _names(facts: Facts) -> Iterator[str]:
    """Of all who and what the facts tell of."""
    yield from (one.name for one in (facts.me, *facts.allies, *facts.enemies, *facts.neutrals))
    yield from (spot.kind for spot in facts.points)


def _being(who: Being) -> Iterator[str]:
    yield str(who.id)
    if who.name:
        yield quoted(who.name)
    yield _place(who.place)
    if who.team is not None:
        yield f"t{who.team}"
    yield from _condition(who.condition)


def _condition(now: Condition) -> Iterator[str]:
    for word, pair in (("hp", now.health), ("st", now.stamina)):
        if pair is not None:
            yield word + _of_most(*pair)
    if now.supplies is not None:
        rounds, most, *rest = now.supplies
        yield "am" + _of_most(rounds, most)
        yield from (f"{word}{count}" for word, count in zip("sck", rest, strict=True) if count)
    if now.morale is not None:
        yield f"mo{_short(now.morale, 2)}"
    if now.posture is not None:
        yield now.posture
    if now.guard != "none":
        yield f"guard={now.guard}"
    yield from (f"w:{name}={ticks}" for name, ticks in now.waits.items())
    for name, value in now.more.items():
        yield f"{name}={json.dumps(value, separators=(',', ':'))}"


def _of_most(points: int, most: int) -> str:
    return str(points) if points == most else f"{points}/{most}"


def _short(value: float, places: int = 1) -> str:
    """A number without the zeros that say nothing."""
    text = f"{value:.{places}f}".rstrip("0").rstrip(".") if places else str(value)
    text = text.replace("-0.", "-.") if text.startswith("-0.") else text
    return text[1:] if text.startswith("0.") else text


def _place(place: Vector, whole: bool = False) -> str:
    """x,z of what stands on the ground, else x,y,z."""
    x, y, z = place
    return ",".join(map(_short, (x, y, z) if whole or y else (x, z)))


# -- and back --------------------------------------------------------------------------------------


def expand(text: str) -> Facts:
    """The facts of a compressed text.

    Raises:
        LlmError: a line that `compress` does not write; names it.
    """
    found: dict[str, list[Any]] = {}
    for number, line in enumerate(text.splitlines()):
        try:
            name, value = _read(line)
        except (ValueError, IndexError, KeyError, StopIteration) as error:
            raise LlmError(f"compressed facts: line {number + 1} is not one: {line!r}") from error
        found.setdefault(name, []).append(value)
    if not {"tick", "me"} <= found.keys():
        raise LlmError("compressed facts: expected a line of the tick and one of the agent itself")
    me, facing = found.pop("me")[0]
    one: dict[str, Any] = {
        "tick": found.pop("tick")[0],
        "objective": found.pop("objective", [None])[0],
    }
    lists: dict[str, Any] = {name: tuple(values) for name, values in found.items()}
    return Facts(me=me, facing=facing, **one, **lists)


def _read(line: str) -> tuple[str, Any]:
    word, _, rest = line.partition(" ")
    if word in _TEXTS:
        return _TEXTS[word], rest
    if re.fullmatch(r"t\d+", word) and not rest:
        return "tick", int(word[1:])
    parts = _WORDS.findall(rest)
    if word == "me":
        return "me", (_read_being(parts[:-1]), float(parts[-1].removeprefix("face")))
    if word in _SIDES:
        return _SIDES[word], _read_being(parts)
    if word == "poi":
        return "points", Spot(int(parts[0]), json.loads(parts[1]), _read_place(parts[2]))
    if word == "objective":
        return "objective", (json.loads(parts[0]), _read_place(parts[1]))
    if word == "said":
        return "heard", Said(*map(json.loads, parts))
    if word in ("box", "smoke"):
        return "obstacles", Block(word, *map(_read_place, parts))
    raise ValueError(word)


def _read_being(parts: list[str]) -> Being:
    rest = list(parts)
    number = int(rest.pop(0))
    name = json.loads(rest.pop(0)) if rest[0].startswith('"') else ""
    place = _read_place(rest.pop(0))
    team = int(rest.pop(0)[1:]) if rest and re.fullmatch(r"t\d+", rest[0]) else None
    return Being(number, name, place, team, _read_condition(rest))


def _read_condition(parts: Iterable[str]) -> Condition:
    pairs: dict[str, tuple[int, int]] = {}
    counts = dict.fromkeys("sck", 0)
    morale, posture, guard = None, None, "none"
    waits: dict[str, int] = {}
    more: dict[str, Any] = {}
    for part in parts:
        if part in _POSTURES:
            posture = part
        elif part.startswith("w:"):
            name, ticks = part[2:].split("=")
            waits[name] = int(ticks)
        elif part.startswith("guard="):
            guard = part.removeprefix("guard=")
        elif "=" in part:
            name, value = part.split("=", 1)
            more[name] = json.loads(value)
        elif part.startswith("mo"):
            morale = float(part[2:])
        elif part[:2] in ("hp", "st", "am"):
            pairs[part[:2]] = _read_pair(part[2:])
        else:
            counts[part[0]] = int(part[1:])
    return Condition(
        pairs.get("hp"), pairs.get("st"), _supplies(pairs, counts),
        morale, posture, guard, waits, more,
    )  # fmt: skip


def _supplies(
    pairs: Mapping[str, tuple[int, int]], counts: Mapping[str, int]
) -> tuple[int, ...] | None:
    return (*pairs["am"], *counts.values()) if "am" in pairs else None


def _read_pair(text: str) -> tuple[int, int]:
    points, _, most = text.partition("/")
    return int(points), int(most or points)


def _read_place(text: str) -> Vector:
    values = [float(part) for part in text.split(",")]
    x, y, z = values if len(values) == 3 else (values[0], 0.0, values[1])
    return x, y, z
