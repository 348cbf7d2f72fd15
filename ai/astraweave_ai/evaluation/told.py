"""What a language model is told of a scenario: the brief as plain lines.

Names stand in quotation marks in what may be shortened: a name can be any word, even an article.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..llm.facts import Mission
from ..llm.quote import quoted
from .scenario import Brief, Goal, Watcher

_GOALS = {
    "visited": "reach {name} once",
    "at": "be at {name} in the end",
    "defeated": "defeat {name}",
    "alive": "{name} stays alive",
    "revived": "{name} is up again",
    "healthy": "{name} has at least {least:g} health",
    "used": "use {name}",
    "open": "{name} is open",
    "said": "say {name}",
    "unseen": "no enemy ever sees you",
    "spared": "{name} is not hurt",
    "shaken": "morale of {name} is at most {least:g}",
    "rallied": "morale of {name} is at least {least:g}",
    "kit_at": "a kit lies at {name}",
}


def mission_of(brief: Brief, done: tuple[str, ...] = ()) -> Mission:
    """The mission; `done` are the mind's own steps and how they ended, the newest last."""
    return Mission(
        tuple(_goal(goal) for goal in brief.goals),
        tuple(f"never {act}" for act in brief.forbidden),
        (*_notes(brief), *done),
        names={index: name for name, index in brief.ids.items()},
    )


def _goal(goal: Goal) -> str:
    text = _GOALS[goal.what].format(name=goal.name or "you", least=goal.least)
    return f"{text} (within {goal.within:g} m)" if goal.what in ("visited", "at") else text


def _notes(brief: Brief) -> Iterator[str]:
    yield f"the field is {brief.size[0]:g} x {brief.size[1]:g} m"
    for name, (x, z) in brief.people.items():
        side = "ally" if brief.sides[name] else "enemy"
        points = brief.health.get(name)
        how = f", {points[0]} of {points[1]} health" if points else ""
        yield f"{quoted(name)} ({brief.ids.get(name, 0)}, {side}{how}) was at {x:g},{z:g}"
    for door in brief.doors:
        x, _, z = door.at
        yield f"{quoted(door.name)} is a closed door at {x:g},{z:g}, a box until it opens"
    for thing in brief.things:
        opens = f" opens {quoted(thing.opens)}" if thing.opens else " can be used"
        after = f", only after {quoted(thing.after)}" if thing.after else ""
        yield f"{quoted(thing.name)}{opens} by Interact{after}"
    if brief.has("unseen"):
        yield from map(_watch, brief.watchers)


def _watch(watcher: Watcher) -> str:
    where = "all round" if watcher.looks is None else (
        f"towards {watcher.looks:g} degrees from x to z, {watcher.half_angle:g} to either side"
    )  # fmt: skip
    route = " to ".join(f"{x:g},{z:g}" for x, z in watcher.route)
    walks = f", walking {route} and back" if route else ""
    return f"{quoted(watcher.name)} sees {watcher.sees:g} m {where}{walks}"
