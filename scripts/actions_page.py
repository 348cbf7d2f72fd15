"""Writes docs/reference/actions.md from the registry: `python scripts/actions_page.py`.

A test compares the page with what this makes. What it does not know how to say of an ability it
names by field and value, so that nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any

from astraweave import Ability, Aims, Guard, Posture, Walk
from astraweave_ai import vocabulary
from astraweave_ai.effects import WEAPONS
from astraweave_ai.registry import Action, ActionRegistry, Category, Policy

PAGE = Path(__file__).resolve().parents[1] / "docs/reference/actions.md"
HEAD = """# Actions

The {count} actions of `standard_actions()`, as minds write them in the steps of a plan. Lengths are
in metres, times in seconds, stamina and health in points, morale from 0 to 1.
[Add your own](../how-to/add-an-action.md) beside them; how they are carried out says
[Let agents act](../how-to/combat.md), and what the guard refuses
[Check plans](../how-to/check-plans.md).

- **arguments**: what a step must say, and after `=` what is taken if it does not. A `target` is an
  entity index.
- **rules**: whom or what it is about, how far away that may be, and what it costs each time.
- **times**: `windup` until it takes effect, `lasts` after that, `every` between two effects,
  `again after` by which counter of cooldowns.
- **effects**: on the target, then on its agent; then the components that Python writes once it is
  done.

This page is made by `python scripts/actions_page.py`.
"""
COLUMNS = ("action", "arguments", "rules", "times", "effects")
AIMS = {
    Aims.NOTHING: "",
    Aims.SELF: "oneself",
    Aims.ENEMY: "an enemy",
    Aims.ALLY: "an ally",
    Aims.DOWNED_ALLY: "an ally who is down",
    Aims.ANYONE: "anyone",
    Aims.PLACE: "a place",
}
POSTURES = {Posture.STAND: "stands up", Posture.CROUCH: "crouches", Posture.PRONE: "lies down"}
GUARDS = {
    Guard.BLOCK: "keeps half of all harm off",
    Guard.DODGE: "keeps all harm off",
    Guard.PARRY: "keeps the next harm off",
}
WALKS = {
    Walk.TO_PLACE: "walks there",
    Walk.TO_TARGET: "walks up",
    Walk.FROM_TARGET: "walks away",
    Walk.AROUND_TARGET: "circles",
    Walk.FOLLOW_TARGET: "follows",
    Walk.HOLD: "stands still",
}
COUNTERS = {
    getattr(vocabulary, name): name.lower()
    for name in ("SHOTS", "BLOWS", "GUARDS", "THROWS", "WORDS", "SPECIAL")
}
COSTS = ("rounds", "smokes", "charges", "kits", "stamina")
TIMES = ("windup", "lasts", "period", "counter", "cooldown")
SAID = {
    *COSTS,
    *TIMES,
    "weapons",
    "name",
    "aims",
    "reach",
    "sight",
    "damage",
    "accuracy",
    "accuracy_far",
}
SAID |= {"heal", "revive", "suppress", "rally", "posture", "guard", "guard_lasts", "reload", "rest"}
SAID |= {"walk", "speed", "arrive"}


def page(registry: ActionRegistry) -> str:
    """The whole page: a table for each category."""
    parts = [HEAD.format(count=len(registry))]
    schemas = registry.schema()["$defs"]
    for category in Category:
        rows = [_row(each, schemas[each.name]) for each in registry if each.category is category]
        if rows:
            lines = [f"## {category.capitalize()}", "", _line(COLUMNS), _line(["---"] * 5)]
            parts.append("\n".join([*lines, *map(_line, rows), ""]))
    return "\n".join(parts)


def _line(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def _row(action: Action, schema: dict[str, Any]) -> tuple[str, ...]:
    properties = {k: v for k, v in schema["properties"].items() if k != "act"}
    required = schema["required"]
    cells = (
        (_argument(name, kind, name in required) for name, kind in properties.items()),
        _rules(action),
        _times(action.ability),
        _effects(action),
    )
    return f"`{action.name}`: {action.summary}", *(_said(cell) for cell in cells)


def _said(phrases: Iterator[str]) -> str:
    return ", ".join(phrases).replace("|", "\\|")


def _argument(name: str, schema: dict[str, Any], required: bool) -> str:
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high = schema.get("maximum")
    told = f"`{name}`" if required else f"`{name}` = {schema['default']:g}"
    if "enum" in schema:
        return f"{told} ({' or '.join(map(str, schema['enum']))})"
    if name == "target" or high is None:
        return told
    return f"{told} ({f'above {above:g}' if low is None else f'{low:g}'} to {high:g})"


def _rules(action: Action) -> Iterator[str]:
    own = action.ability
    aim = AIMS[own.aims]
    if own.reach:
        aim += f" within {own.reach:g}"
    if own.sight:
        aim += " in sight"
    if aim:
        yield aim
    for name in COSTS:
        if amount := getattr(own, name):
            yield f"{amount} {name if amount > 1 or name == 'stamina' else name[:-1]}"
    if own.weapons:
        yield f"with {' or '.join(WEAPONS[kind] for kind in own.weapons)}"
    if action.rule is not None:
        told = (action.rule.__doc__ or "a rule of its own").splitlines()[0].rstrip(".")
        yield told[0].lower() + told[1:]
    if action.policy is not Policy.RESTRICTED:
        yield f"**{action.policy.value}**"


def _times(own: Ability) -> Iterator[str]:
    for field, word in (("windup", "windup"), ("lasts", "lasts"), ("period", "every")):
        if seconds := getattr(own, field):
            yield f"{word} {seconds:g}"
    if own.cooldown:
        yield f"again after {own.cooldown:g} ({COUNTERS.get(own.counter, own.counter)})"


def _effects(action: Action) -> Iterator[str]:
    own = action.ability
    if own.damage:
        far = own.accuracy if own.accuracy_far is None else own.accuracy_far
        chance = (
            f"{own.accuracy:.0%}" if far == own.accuracy else f"{own.accuracy:.0%} to {far:.0%}"
        )
        chance += " far away" if far != own.accuracy else ""
        yield f"damage {own.damage}" + ("" if chance == "100%" else f" ({chance})")
    for name in ("heal", "revive"):
        if amount := getattr(own, name):
            yield f"{name} {amount}"
    for name, sign in (("suppress", "-"), ("rally", "+")):
        if part := getattr(own, name):
            yield f"morale {sign}{part:g}"
    yield from _on_agent(own)
    yield from _others(own)
    if action.writes:
        yield "writes " + " ".join(f"`{kind.__name__}`" for kind in action.writes)


def _on_agent(own: Ability) -> Iterator[str]:
    if own.posture is not None:
        yield POSTURES[own.posture]
    if own.guard is not Guard.NONE:
        yield f"{GUARDS[own.guard]} for {own.guard_lasts:g}"
    if own.reload:
        yield "all rounds back"
    if own.rest:
        yield f"stamina +{own.rest}"
    if own.walk is not Walk.NONE:
        speed = f" at {own.speed:g} m/s" if own.speed else ""
        near = f" to within {own.arrive:g}" if own.walk is Walk.TO_TARGET else ""
        yield WALKS[own.walk] + near + speed


def _others(own: Ability) -> Iterator[str]:
    """Fields that nothing here knows, unless they are as they are by default."""
    for field in fields(own):
        value = getattr(own, field.name)
        if field.name not in SAID and value != field.default:
            yield f"{field.name} {value.name.lower() if isinstance(value, Enum) else value}"


if __name__ == "__main__":
    PAGE.write_text(page(vocabulary.standard_actions()), encoding="utf-8")
