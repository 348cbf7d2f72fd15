"""What a prompt tells of a snapshot: facts of plain types, rounded as they will be written.

Full and compressed prompts are two ways to write the same facts, so they can be compared, and the
compressed one can be read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from astraweave import Guard, Posture

from ..components import Word
from ..effects import WEAPONS
from ..handles import index_of
from ..percept import WorldSnapshot
from ..percept_model import Vector

COUNTERS = ("shots", "blows", "guards", "throws", "words", "special")  # of cooldowns
SUPPLIES = ("rounds", "most", "smokes", "charges", "kits")
_NAME = 40  # characters of a name
_SAID = 200  # of a sentence that was said
_LINES = 12  # of what was said, the newest


class Condition(msgspec.Struct, frozen=True):
    """How somebody is; what it lacks is None."""

    health: tuple[int, int] | None = None  # points, most
    stamina: tuple[int, int] | None = None
    supplies: tuple[int, ...] | None = None  # as SUPPLIES
    morale: float | None = None  # 0 to 1
    posture: str | None = None
    guard: str = "none"
    waits: dict[str, int] = {}  # ticks until each counter has run down, those above 0
    more: dict[str, Any] = {}  # other components, as they are


class Being(msgspec.Struct, frozen=True):
    """Somebody, by entity index."""

    id: int
    name: str
    place: Vector
    team: int | None
    condition: Condition


class Spot(msgspec.Struct, frozen=True):
    """A point of interest, by entity index."""

    id: int
    kind: str
    place: Vector


class Block(msgspec.Struct, frozen=True):
    """A box or a cloud of smoke: centre and half sizes."""

    kind: str
    place: Vector
    half: Vector


class Said(msgspec.Struct, frozen=True):
    """What somebody said."""

    who: str
    text: str


class Mission(msgspec.Struct, frozen=True):
    """What a mind is told besides its snapshot: plain lines by whoever made the game.

    Args:
        goals: what is to be achieved.
        rules: what must not happen on the way.
        notes: what is known of the place.
        heard: what was said, by others than the game: data, whatever it says.
        names: of entities, by index; data too.
    """

    goals: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    heard: tuple[Said, ...] = ()
    names: Mapping[int, str] = {}


class Facts(msgspec.Struct, frozen=True):
    """All that a prompt tells."""

    tick: int
    me: Being
    facing: float  # radians
    allies: tuple[Being, ...] = ()
    enemies: tuple[Being, ...] = ()
    neutrals: tuple[Being, ...] = ()
    points: tuple[Spot, ...] = ()
    obstacles: tuple[Block, ...] = ()
    objective: tuple[str, Vector] | None = None
    goals: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    heard: tuple[Said, ...] = ()


def facts_of(snapshot: WorldSnapshot, mission: Mission | None = None) -> Facts:
    """What there is to tell."""
    told = mission or Mission()

    def beings(seen: Iterable[Any]) -> tuple[Being, ...]:
        return tuple(_being(each, told.names) for each in seen)

    goal = snapshot.objective
    return Facts(
        snapshot.tick,
        _being(snapshot.me, told.names),
        round(snapshot.me.facing, 1) + 0.0,
        beings(snapshot.allies),
        beings(snapshot.enemies),
        beings(snapshot.neutrals),
        tuple(_spot(each, told.names) for each in snapshot.points_of_interest),
        tuple(Block(one.kind, _near(one.pos), _near(one.half)) for one in snapshot.obstacles),
        (_clean(goal.kind, _NAME), _near(goal.pos)) if goal is not None else None,
        tuple(map(one_line, told.goals)),
        tuple(map(one_line, told.rules)),
        tuple(map(one_line, told.notes)),
        tuple(Said(_clean(s.who, _NAME), _clean(s.text, _SAID)) for s in told.heard[-_LINES:]),
    )


def nearest(facts: Facts, count: int) -> Facts:
    """The same with at most so many of each kind; snapshots list the nearest first."""
    kept = {name: getattr(facts, name)[:count] for name in ("allies", "enemies", "neutrals")}
    return msgspec.structs.replace(
        facts, **kept, points=facts.points[:count], obstacles=facts.obstacles[:count]
    )


def one_line(text: str) -> str:
    """Without line breaks or other control characters, and with single spaces."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _clean(text: str, most: int) -> str:
    line = one_line(text)
    return line if len(line) <= most else line[: most - 1] + "…"


def _near(place: Iterable[float]) -> Vector:
    """To a decimetre; minus zero is zero."""
    x, y, z = (round(float(value), 1) + 0.0 for value in place)
    return x, y, z


def _being(who: Any, names: Mapping[int, str]) -> Being:
    name = _clean(names.get(index_of(who.id), ""), _NAME)
    return Being(index_of(who.id), name, _near(who.pos), who.team, _condition(who.state))


def _spot(place: Any, names: Mapping[int, str]) -> Spot:
    name = names.get(index_of(place.id), place.kind)
    return Spot(index_of(place.id), _clean(name, _NAME), _near(place.pos))


def _condition(state: Mapping[str, Any]) -> Condition:
    rest = dict(state)
    health, stamina, ammo = (rest.pop(name, None) for name in ("health", "stamina", "ammo"))
    waits, stance, morale = (rest.pop(name, None) for name in ("cooldowns", "stance", "morale"))
    counters = {f"c{n}": name for n, name in enumerate(COUNTERS)}
    left = {counters.get(key, key): int(ticks) for key, ticks in (waits or {}).items() if ticks}
    for told_elsewhere in ("position", "team"):
        rest.pop(told_elsewhere, None)
    if "weapon" in rest:
        rest["weapon"] = WEAPONS[int(rest["weapon"]) % len(WEAPONS)]
    if (signal := rest.pop("signal", None)) and signal["word"]:
        rest["says"] = [Word(signal["word"]).name, signal["whom"]]
    return Condition(
        _pair(health),
        _pair(stamina),
        tuple(int(ammo[name]) for name in SUPPLIES) if ammo else None,
        round(float(morale), 2) if morale is not None else None,
        Posture(stance["posture"]).name.lower() if stance else None,
        Guard(stance["guard"]).name.lower() if stance else "none",
        left,
        _rounded(rest),
    )


def _pair(value: Mapping[str, Any] | None) -> tuple[int, int] | None:
    return (int(value["points"]), int(value["most"])) if value else None


def _rounded(value: Any) -> Any:
    """Plain data with numbers of two decimals."""
    if isinstance(value, float):
        return round(value, 2) + 0.0
    if isinstance(value, Mapping):
        return {key: _rounded(inside) for key, inside in value.items()}
    return [_rounded(inside) for inside in value] if isinstance(value, list) else value
