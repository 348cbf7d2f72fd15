"""The grammar of plans: what a model may say, made from the action registry.

Only registered actions with arguments of legal names, types and ranges can be sampled, targets only
among entities that the agent knows, and every answer ends. What is sampled may still be foolish or
impossible: the guard decides about that.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import inspect as types

from astraweave import Aims

from ..errors import ActionError
from ..handles import index_of
from ..percept import WorldSnapshot
from ..registry import Action, ActionRegistry, Policy
from . import gbnf
from .gbnf import Part

PLACES = 2  # decimals of a number
STEPS = 6  # of a plan
TEXT = 40  # characters of an argument that is a text
_FAR = 16384  # metres: no world is larger
_WHOLE = 2**53  # whole numbers up to here are the same in every JSON reader
_COMMA, _COLON = (gbnf.literal(mark) for mark in ",:")
_SPACE = gbnf.optional(gbnf.literal(" "))
_SAFE = r" !#-.0-Z^-z~"  # printable, without quotes, backslashes, brackets and slashes


@dataclass(frozen=True)
class Targets:
    """Entity indices that steps may name: the agent itself, and whom and what it knows."""

    me: int
    enemies: tuple[int, ...] = ()
    allies: tuple[int, ...] = ()  # on their feet
    fallen: tuple[int, ...] = ()  # allies who are down
    things: tuple[int, ...] = ()  # neutrals and points of interest

    @classmethod
    def of(cls, snapshot: WorldSnapshot) -> Targets:
        """What a snapshot shows."""
        up = [friend for friend in snapshot.allies if not _is_down(friend)]
        down = [friend for friend in snapshot.allies if _is_down(friend)]
        foes = [foe for foe in snapshot.enemies if not _is_down(foe)]
        things = (*snapshot.neutrals, *snapshot.points_of_interest)
        return cls(index_of(snapshot.me.id), *(_ids(each) for each in (foes, up, down, things)))

    def aimed_at(self, aims: Aims) -> tuple[int, ...]:
        """Those at which an ability may aim."""
        if aims is Aims.ENEMY:
            return self.enemies
        if aims is Aims.ALLY:
            return (self.me, *self.allies)
        if aims is Aims.DOWNED_ALLY:
            return self.fallen
        return (*self.enemies, *self.allies, *self.things)


@dataclass(frozen=True)
class Grammar:
    """GBNF, and the most bytes that an answer under it has: no model needs more tokens."""

    text: str
    longest: int
    actions: tuple[str, ...] = field(default=())


def plan_grammar(
    registry: ActionRegistry,
    targets: Targets | None = None,
    *,
    area: tuple[tuple[float, float], tuple[float, float]] | None = None,
    allow: Collection[str] | None = None,
    steps: int = STEPS,
) -> Grammar:
    """The grammar of plans of 1 to `steps` steps.

    Args:
        registry: the actions; those whose policy is DENIED are left out.
        targets: whom steps may name; None: any entity. Actions without a target are left out.
        area: lowest and highest (x, z) of places, metres.
        allow: if given, other actions are left out.
        steps: at most.

    Raises:
        ActionError: no action is left, or an argument of a type that cannot be bounded.
    """
    named = set(allow) if allow is not None else None
    for name in named or ():
        registry[name]
    actions = [
        action
        for action in registry
        if action.policy is not Policy.DENIED
        and (named is None or action.name in named)
        and not (targets and action.has_target and not targets.aimed_at(action.ability.aims))
    ]
    if not actions:
        raise ActionError("grammar: no action is left that a plan could be made of")
    if steps < 1:
        raise ActionError(f"grammar: a plan needs at least 1 step, got {steps}")
    rules = {f"a{n}": _action(action, targets, area) for n, action in enumerate(actions)}
    made = {"step": gbnf.choice(Part(name, rule.longest) for name, rule in rules.items())}
    listed = gbnf.repeated(
        Part("step", made["step"].longest), 1, steps, gbnf.sequence(_COMMA, _SPACE)
    )
    plan_id = _quoted(gbnf.characters("a-z0-9-", 1, 16))
    root = _object([("plan_id", plan_id, True), ("steps", _array(listed), True)])
    text, longest = gbnf.named({**made, **rules}, root)
    return Grammar(text, longest, tuple(action.name for action in actions))


def _action(action: Action, targets: Targets | None, area: Any) -> Part:
    """A step: the action, then its arguments in the order in which the registry has them."""
    members = [("act", _quoted(gbnf.literal(action.name)), True)]
    for name, kind, *default in action.fields():
        told = f"{action.name}.{name}"
        if name == "target" and targets is not None:
            part = gbnf.choice(
                gbnf.literal(str(one)) for one in targets.aimed_at(action.ability.aims)
            )
        elif action.has_place and name in ("x", "y", "z"):
            part = _coordinate(name, area)
        else:
            part = _argument(types.type_info(kind), told)
        members.append((name, part, not default))
    return _object(members)


def _coordinate(name: str, area: Any) -> Part:
    low, high = area or ((-_FAR, -_FAR), (_FAR, _FAR))
    axis = 1 if name == "z" else 0
    if name == "y":
        return _number(0.0, 8.0)
    return _number(low[axis], high[axis])


def _number(low: float, high: float, open_low: bool = False, open_high: bool = False) -> Part:
    """Decimals between two bounds, which are left out if they are open."""
    unit = 10**PLACES
    first, last = math.ceil(low * unit - 1e-9), math.floor(high * unit + 1e-9)
    first += open_low and first == round(low * unit)
    last -= open_high and last == round(high * unit)
    if first > last:
        raise ActionError(f"grammar: no number of {PLACES} decimals is in {low} to {high}")
    return gbnf.decimal(first, last, PLACES)


# -- arguments by type -----------------------------------------------------------------------------


def _argument(kind: types.Type, told: str) -> Part:
    """What an argument of a msgspec type may be."""
    if isinstance(kind, types.IntType):
        low, high = _bounds(kind, -_WHOLE, _WHOLE, 1)
        return gbnf.whole(math.ceil(low), math.floor(high))
    if isinstance(kind, types.FloatType):
        low, high = _bounds(kind, -_FAR, _FAR, 0)
        return _number(low, high, kind.gt is not None, kind.lt is not None)
    if isinstance(kind, types.BoolType):
        return gbnf.choice(map(gbnf.literal, ("true", "false")))
    if isinstance(kind, types.NoneType):
        return gbnf.literal("null")
    if isinstance(kind, types.StrType) and kind.pattern is None:
        least = kind.min_length or 0
        return _quoted(gbnf.characters(_SAFE, least, _most(kind.max_length, TEXT, least)))
    return _compound(kind, told)


def _compound(kind: types.Type, told: str) -> Part:
    if isinstance(kind, types.LiteralType):
        return _one_of(kind.values)
    if isinstance(kind, types.EnumType):
        return _one_of(member.value for member in kind.cls)
    if isinstance(kind, types.UnionType):
        return gbnf.choice(_argument(each, told) for each in kind.types)
    if isinstance(kind, types.ListType):
        least = kind.min_length or 0
        item, most = _argument(kind.item_type, told), _most(kind.max_length, STEPS, least)
        return _array(gbnf.repeated(item, least, most, _COMMA))
    raise ActionError(
        f"grammar: {told} has the type {type(kind).__name__}, which cannot be bounded; expected a "
        "number, a truth value, a text without pattern, a Literal, an Enum or a list of those"
    )


def _most(given: int | None, usual: int, least: int) -> int:
    return max(least, min(given, usual) if given is not None else usual)


def _bounds(kind: Any, low: float, high: float, step: int) -> tuple[float, float]:
    """The range of a number; open bounds of whole numbers are moved by one."""
    lows = [low, kind.ge, None if kind.gt is None else kind.gt + step]
    highs = [high, kind.le, None if kind.lt is None else kind.lt - step]
    least = max(value for value in lows if value is not None)
    return least, min(value for value in highs if value is not None)


def _one_of(values: Iterable[Any]) -> Part:
    return gbnf.choice(gbnf.literal(msgspec.json.encode(value).decode()) for value in values)


# -- JSON ------------------------------------------------------------------------------------------


def _quoted(part: Part) -> Part:
    return gbnf.sequence(gbnf.literal('"'), part, gbnf.literal('"'))


def _array(part: Part) -> Part:
    return gbnf.sequence(gbnf.literal("["), part, gbnf.literal("]"))


def _object(members: list[tuple[str, Part, bool]]) -> Part:
    """An object with members in this order; the first is always there."""
    parts = [gbnf.literal("{")]
    for number, (name, part, needed) in enumerate(members):
        pair = gbnf.sequence(_quoted(gbnf.literal(name)), _COLON, _SPACE, part)
        joined = pair if not number else gbnf.sequence(_COMMA, _SPACE, pair)
        parts.append(joined if needed else gbnf.optional(joined))
    return gbnf.sequence(*parts, gbnf.literal("}"))


def _is_down(who: Any) -> bool:
    return "health" in who.state and int(who.state["health"]["points"]) <= 0


def _ids(seen: Iterable[Any]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(index_of(one.id) for one in seen))
