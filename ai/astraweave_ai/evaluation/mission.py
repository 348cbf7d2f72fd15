"""A mission as a planning problem: places, what can be done where, and what that is good for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from ..plan import Step
from ..planner.domain import Action, Add, At, Bool, Domain, Int, Symbol
from .doing import Doing, Way
from .field import FieldView
from .knowledge import TO_ENEMIES, Knowledge
from .places import HERE, Places
from .scenario import Brief, Door, Goal

PACE = 2.0  # metres a second, of a walk
_TREATED = 20  # points of a kit
_BUDGET = 2000  # expansions


class Problem:
    """What is to be done now.

    Args:
        brief: goals, and what is known.
        knowledge: what was seen and done so far.
        view: how it is now.
    """

    def __init__(self, brief: Brief, knowledge: Knowledge, view: FieldView) -> None:
        self._brief, self._known, self._view = brief, knowledge, view
        self._wanted = list(self._open_goals())
        self._ground = Places(brief, knowledge, view, self._wanted)
        self._ways: dict[str, Way] = {}

    def solve(self) -> tuple[tuple[str, ...], int, str]:
        """Names of actions, expansions, and why."""
        goal = dict(self._conditions())
        if not goal:
            return (), 1, "nothing to achieve"
        self._ground.hide()
        facts, state = self._facts()
        domain = Domain(facts, list(self._actions(facts)))
        plan = domain.plan(state, goal, max_expansions=_BUDGET)
        told = ", ".join(plan.actions) if plan.found else plan.reason.splitlines()[0]
        return plan.actions, plan.expanded + 1, told

    # -- goals -----------------------------------------------------------------------------------

    def _open_goals(self) -> Iterator[Goal]:
        """Goals that are not reached yet, as far as one knows."""
        known = self._known
        for goal in self._brief.goals:
            who = known.people.get(goal.name)
            done = {
                "visited": goal.name in known.visited,
                "said": goal.name in known.said,
                "used": goal.name in known.used,
                "open": all(door.name != goal.name for door in known.closed),
                "kit_at": goal.name in known.left,
                "shaken": goal.name in known.shaken,
                "defeated": who is not None and who.points <= 0,
                "revived": who is not None and who.points > 0 and who.seen,
                "healthy": self._needs(goal) == 0,
                "rallied": who is not None and who.seen and who.morale >= goal.least,
                "alive": True, "unseen": True, "spared": True, "at": False,
            }  # fmt: skip
            if not done[goal.what]:
                yield goal

    def _needs(self, goal: Goal) -> int:
        """Treatments until somebody is healthy."""
        if goal.what != "healthy":
            return 0
        who = self._known.people.get(goal.name)
        points = who.points if who else int(self._view.me.state["health"]["points"])
        if who is not None and not who.seen:
            points = min(points, int(goal.least) - 1)  # it has to be looked after
        points = points if points > 0 else _TREATED  # of one who was got up again
        return max(0, math.ceil((goal.least - points) / _TREATED))

    def _conditions(self) -> Iterator[tuple[str, Any]]:
        for goal in self._wanted:
            if goal.what == "at":
                yield "at", goal.name
            elif goal.what == "open":
                door = next(one for one in self._known.closed if one.name == goal.name)
                yield from ((f"used {name}", True) for name in self._ground.openers(door))
            elif goal.what == "healthy":
                yield f"needs {goal.name}", 0
            else:
                yield f"{goal.what} {goal.name}", True

    # -- the problem -----------------------------------------------------------------------------

    def _facts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Types of facts, and their values now."""
        ammo, known = self._view.me.state["ammo"], self._known
        facts: dict[str, Any] = {
            "at": Symbol(*self._ground.at), "screened": Bool(), "rounds": Bool(),
            "kits": Int(0, 8),
        }  # fmt: skip
        state: dict[str, Any] = {
            "at": HERE, "screened": False, "rounds": ammo["rounds"] > 0,
            "kits": min(8, ammo["kits"]),
        }  # fmt: skip
        for thing in self._brief.things:
            facts[f"used {thing.name}"], state[f"used {thing.name}"] = (
                Bool(),
                thing.name in known.used,
            )
        for goal in self._wanted:
            if goal.what == "healthy":
                needs = self._needs(goal)
                facts[f"needs {goal.name}"], state[f"needs {goal.name}"] = Int(0, needs), needs
            elif goal.what not in ("at", "used", "open"):
                facts[f"{goal.what} {goal.name}"] = Bool()
                state[f"{goal.what} {goal.name}"] = False
        for name, one in known.people.items():
            if one.ally:
                facts[f"up {name}"], state[f"up {name}"] = Bool(), one.points > 0
        return facts, state

    def _actions(self, facts: dict[str, Any]) -> Iterator[Action]:
        yield from self._walks()
        for thing in self._brief.things:
            if thing.name in self._ground.at:
                needs = {"at": thing.name, f"used {thing.name}": False}
                needs |= {f"used {thing.after}": True} if thing.after else {}
                yield Action(f"use {thing.name}", 0.5, needs, {f"used {thing.name}": True})
        if self._ground.cloud is not None:
            yield Action("smoke", 3, {"screened": False, "at": HERE}, {"screened": True})
        if self._view.me.state["ammo"]["most"]:
            yield Action("reload", 1.5, {"rounds": False}, {"rounds": True})
        yield from self._helps(facts)
        for goal in self._wanted:
            yield from self._deeds(goal)

    def _walks(self) -> Iterator[Action]:
        """From every place to every other, through doors once they are open."""
        variants = [
            (opened, screened)
            for screened in ((False, True) if self._ground.cloud else (False,))
            for count in range(len(self._ground.doors) + 1)
            for opened in combinations(self._ground.doors, count)
        ]
        best: dict[tuple[str, str], list[tuple[float, set[str]]]] = {}
        names = list(self._ground.at)
        starts = [self._ground.at[name] for name in names]
        for opened, screened in variants:
            free = self._ground.map(opened, screened)
            for end in names[1:]:
                ways = free.distance(starts, [self._ground.at[end]] * len(starts))
                for start, metres in zip(names, ways.tolist(), strict=True):
                    if start == end or not math.isfinite(metres):
                        continue
                    needed = {door.name for door in opened} | ({"smoke"} if screened else set())
                    shorter = best.setdefault((start, end), [])
                    if any(other <= needed and way <= metres + 1 for way, other in shorter):
                        continue
                    shorter.append((metres, needed))
                    yield self._walk(start, end, metres, opened, screened)

    def _walk(
        self, start: str, end: str, metres: float, opened: tuple[Door, ...], screened: bool
    ) -> Action:
        needs: dict[str, Any] = {"at": start}
        for door in opened:
            needs |= {f"used {name}": True for name in self._ground.openers(door)}
        if screened:
            needs["screened"] = True
        through = "".join(f" by {door.name}" for door in opened) + (" in smoke" if screened else "")
        name = f"go {start} to {end}{through}"
        self._ways[name] = end, opened, screened
        does: dict[str, Any] = {"at": end}
        if any(goal.what == "visited" and goal.name == end for goal in self._wanted):
            does[f"visited {end}"] = True
        return Action(name, max(0.1, round(metres / PACE, 2)), needs, does)

    def _helps(self, facts: dict[str, Any]) -> Iterator[Action]:
        for name, one in self._known.people.items():
            if one.ally and name in self._ground.at:
                done = {f"up {name}": True}
                done |= {f"revived {name}": True} if f"revived {name}" in facts else {}
                yield Action(f"revive {name}", 3, {"at": name, f"up {name}": False}, done)

    def _deeds(self, goal: Goal) -> Iterator[Action]:
        """What leads to one goal."""
        name, what, done = goal.name, goal.what, {f"{goal.what} {goal.name}": True}
        if what == "defeated" and name in self._ground.at:
            yield Action(f"shoot {name}", 4, {"at": name, "rounds": True}, done)
        if what == "defeated" and f"close to {name}" in self._ground.at:
            yield Action(f"strike {name}", 9, {"at": f"close to {name}"}, done)
        if what == "shaken" and name in self._ground.at:
            yield Action(f"suppress {name}", 3, {"at": name, "rounds": True}, done)
        if what == "healthy":
            at = {"at": name, f"up {name}": True} if name in self._known.people else {}
            spent = {f"needs {name}": Add(-1), "kits": Add(-1)}
            needs = {**at, "kits": At.least(1), f"needs {name}": At.least(1)}
            yield Action(f"treat {name}", 1.5, needs, spent)
        if what == "rallied" and name in self._ground.at:
            yield Action(f"rally {name}", 1, {"at": name, f"up {name}": True}, done)
        if what == "kit_at" and name in self._ground.at:
            yield Action(f"leave {name}", 1, {"at": name, "kits": At.least(1)},
                         {**done, "kits": Add(-1)})  # fmt: skip
        if what == "said":
            for foe in self._listeners(name):
                yield Action(
                    f"say {name}{foe and ' of '}{foe}", 1, {"at": foe} if foe else {}, done
                )

    def _listeners(self, word: str) -> list[str]:
        """About whom a word can be said; "" for one that is about nobody."""
        if word not in TO_ENEMIES:
            return [""]
        people = self._known.people.items()
        return [name for name, one in people if not one.ally and name in self._ground.at]

    def steps(self, names: Sequence[str]) -> tuple[Step, ...]:
        """The plan's actions as steps."""
        doing = Doing(self._brief, self._known, self._view, self._ground, self._ways)
        return doing.steps(names)
