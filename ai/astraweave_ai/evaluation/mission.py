"""A mission as a planning problem: places, what can be done where, and what that is good for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from astraweave import NavigationMap, Posture

from ..body import EYES
from ..effects import WEAPONS
from ..minds.outlook import distance, towards
from ..percept_model import Obstacle, Vector
from ..plan import Step
from ..planner.domain import Action, Add, At, Bool, Domain, Int, Symbol
from .field import FieldView
from .knowledge import SAYS, Knowledge, Known
from .scenario import Brief, Door, Goal
from .terrain import Cloud, free_lines, ground, standing, waypoints

PACE = 2.0  # metres a second, of a walk
FIRE = 12.0  # metres from which one fires
HERE = "here"
MOST = 12  # steps of a plan
_SHOT, _PAUSE = 10, 0.55  # points of a shot; seconds between two
_BLOW = 25
_TREATED = 20  # points of a kit
_SMOKE = 3.0  # radius of a cloud, metres
_THROW = 14.0
_TRIES = 24  # clouds that are thought of
_BUDGET = 2000  # expansions
_TO_ENEMIES = ("MARK", "ATTACK_TOGETHER", "DISTRACT", "TAUNT")


class Problem:
    """What is to be done now.

    Args:
        brief: goals, and what is known.
        knowledge: what was seen and done so far.
        view: how it is now.
    """

    def __init__(self, brief: Brief, knowledge: Knowledge, view: FieldView) -> None:
        self._brief, self._known, self._view = brief, knowledge, view
        self._looks = knowledge.looks() if brief.has("unseen") else ()
        self._doors = tuple(door for door in knowledge.closed if self._openers(door))
        self._cloud: Cloud | None = None
        self._wanted = list(self._open_goals())
        self._places = self._all_places()
        self._ways: dict[str, tuple[str, tuple[Door, ...], bool]] = {}

    def solve(self) -> tuple[tuple[str, ...], int, str]:
        """Names of actions, expansions, and why."""
        goal = dict(self._conditions())
        if not goal:
            return (), 1, "nothing to achieve"
        if self._looks and not self._is_open():
            self._cloud = self._screen()
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
                yield from ((f"used {name}", True) for name in self._openers(door))
            elif goal.what == "healthy":
                yield f"needs {goal.name}", 0
            else:
                yield f"{goal.what} {goal.name}", True

    def _openers(self, door: Door) -> tuple[str, ...]:
        return tuple(one.name for one in self._brief.things if one.opens == door.name)

    # -- places ----------------------------------------------------------------------------------

    def _all_places(self) -> dict[str, Vector]:
        """Where something can be done: by the names of what is there."""
        found = {HERE: self._view.me.pos}
        named = {one.name for one in self._wanted}
        for point in self._brief.points:
            if point.name in named:
                found[point.name] = (point.at[0], 0.0, point.at[1])
        for thing in self._brief.things:
            if thing.name not in self._known.used or thing.name in named:
                found[thing.name] = (thing.at[0], 0.0, thing.at[1])
        for name, one in self._known.people.items():
            if name in named or self._is_spoken_of(one):
                place = self._beside(one) if one.ally else self._spot(one)
                if place is not None:
                    found[name] = place
                if not one.ally and (close := self._beside(one)) is not None:
                    found[f"close to {name}"] = close
        free = self._map(self._doors)
        stand = {name: standing(place, free) for name, place in found.items() if name != HERE}
        return {HERE: found[HERE], **{name: at for name, at in stand.items() if at is not None}}

    def _is_spoken_of(self, one: Known) -> bool:
        """Whether an enemy may be needed to say something about it."""
        words = {goal.name for goal in self._wanted if goal.what == "said"}
        return not one.ally and one.points > 0 and bool(words & set(_TO_ENEMIES))

    def _beside(self, one: Known) -> Vector | None:
        return standing(towards(one.place, self._view.me.pos, 1.2), self._map(self._doors))

    def _spot(self, foe: Known) -> Vector | None:
        """The first place on the way to an enemy from which it can be hit."""
        start, free = self._view.me.pos, self._map(self._doors)
        end = standing(foe.place, free)
        if end is None:
            return None
        path = [start, *map(tuple, free.path([start], [end]).tolist())]
        near = [place for place in path if distance(place, foe.place) <= FIRE]
        if not near:
            return None
        eye = np.array(foe.place) + np.array([0.0, EYES[Posture(foe.posture)], 0.0])
        ends = np.array(near) * np.array([1.0, 0.0, 1.0]) + np.array(
            [0.0, EYES[Posture.STAND], 0.0]
        )
        clear = free_lines(eye, ends, self._boxes(()), self._known.clouds)
        first = int(clear.argmax())
        first += 1 if first and clear[min(first + 1, len(clear) - 1)] else 0  # not at the very edge
        first = min(first, len(near) - 1)
        if not clear[first]:
            return None
        return (near[first][0], 0.0, near[first][2])

    # -- ways ------------------------------------------------------------------------------------

    def _boxes(self, opened: Sequence[Door]) -> tuple[Obstacle, ...]:
        shut = (door for door in self._known.closed if door not in opened)
        return (*self._known.walls, *(Obstacle("box", door.at, door.half) for door in shut))

    def _map(self, opened: Sequence[Door], screened: bool = False) -> NavigationMap:
        clouds = self._known.clouds
        if screened and self._cloud is not None:
            clouds = (*clouds, self._cloud)
        boxes = self._boxes(opened)
        return ground(self._brief.size, boxes, self._looks, clouds if self._looks else ())

    def _is_open(self) -> bool:
        """Whether all places can be reached unseen, once all doors are open."""
        ends = [place for name, place in self._places.items() if name != HERE]
        free = self._map(self._doors)
        return len(ends) > 0 and bool(free.reachable([self._view.me.pos], ends).all())

    def _screen(self) -> Cloud | None:
        """A cloud of smoke behind which a place can be reached that cannot be without."""
        ammo = self._view.me.state["ammo"]
        if not ammo["smokes"]:
            return None
        self._places = {**self._hidden_places(), **self._places}
        clear = ground(self._brief.size, self._boxes(self._doors))
        ends = [place for name, place in self._places.items() if name != HERE]
        for cloud in self._clouds(clear, ends):
            seen = ground(self._brief.size, self._boxes(self._doors), self._looks,
                          (*self._known.clouds, cloud))  # fmt: skip
            if seen.reachable([self._view.me.pos], ends).all():
                return cloud
        return None

    def _hidden_places(self) -> dict[str, Vector]:
        """Places that are watched now, which were left out for that."""
        clear = ground(self._brief.size, self._boxes(self._doors))
        looks, self._looks = self._looks, ()
        found = self._all_places()
        self._looks = looks
        return {name: at for name, at in found.items() if not clear.blocked([at])[0]}

    def _clouds(self, clear: NavigationMap, ends: Sequence[Vector]) -> Iterator[Cloud]:
        """Between each watcher and the way, nearer to the watcher first."""
        here, count = self._view.me.pos, 0
        for end in ends:
            path = clear.path([here], [end])[::4].tolist()
            for part in (0.35, 0.5, 0.65):
                for look in self._looks:
                    for place in path:
                        x, _, z = towards(look.place, tuple(place), 0.0)
                        x += (place[0] - x) * part
                        z += (place[2] - z) * part
                        if distance(here, (x, 0.0, z)) < _THROW and count < _TRIES:
                            count += 1
                            yield Cloud((round(x, 1), 1.5, round(z, 1)), _SMOKE)

    # -- the problem -----------------------------------------------------------------------------

    def _facts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Types of facts, and their values now."""
        ammo, known = self._view.me.state["ammo"], self._known
        facts: dict[str, Any] = {
            "at": Symbol(*self._places), "screened": Bool(), "rounds": Bool(),
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
            if thing.name in self._places:
                needs = {"at": thing.name, f"used {thing.name}": False}
                needs |= {f"used {thing.after}": True} if thing.after else {}
                yield Action(f"use {thing.name}", 0.5, needs, {f"used {thing.name}": True})
        if self._cloud is not None:
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
            for screened in ((False, True) if self._cloud else (False,))
            for count in range(len(self._doors) + 1)
            for opened in combinations(self._doors, count)
        ]
        best: dict[tuple[str, str], list[tuple[float, set[str]]]] = {}
        names = list(self._places)
        starts = [self._places[name] for name in names]
        for opened, screened in variants:
            free = self._map(opened, screened)
            for end in names[1:]:
                ways = free.distance(starts, [self._places[end]] * len(starts))
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
            needs |= {f"used {name}": True for name in self._openers(door)}
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
            if one.ally and name in self._places:
                done = {f"up {name}": True}
                done |= {f"revived {name}": True} if f"revived {name}" in facts else {}
                yield Action(f"revive {name}", 3, {"at": name, f"up {name}": False}, done)

    def _deeds(self, goal: Goal) -> Iterator[Action]:
        """What leads to one goal."""
        name, what, done = goal.name, goal.what, {f"{goal.what} {goal.name}": True}
        if what == "defeated" and name in self._places:
            yield Action(f"shoot {name}", 4, {"at": name, "rounds": True}, done)
        if what == "defeated" and f"close to {name}" in self._places:
            yield Action(f"strike {name}", 9, {"at": f"close to {name}"}, done)
        if what == "shaken" and name in self._places:
            yield Action(f"suppress {name}", 3, {"at": name, "rounds": True}, done)
        if what == "healthy":
            at = {"at": name, f"up {name}": True} if name in self._known.people else {}
            spent = {f"needs {name}": Add(-1), "kits": Add(-1)}
            needs = {**at, "kits": At.least(1), f"needs {name}": At.least(1)}
            yield Action(f"treat {name}", 1.5, needs, spent)
        if what == "rallied" and name in self._places:
            yield Action(f"rally {name}", 1, {"at": name, f"up {name}": True}, done)
        if what == "kit_at" and name in self._places:
            yield Action(f"leave {name}", 1, {"at": name, "kits": At.least(1)},
                         {**done, "kits": Add(-1)})  # fmt: skip
        if what == "said":
            for foe in self._listeners(name):
                yield Action(
                    f"say {name}{foe and ' of '}{foe}", 1, {"at": foe} if foe else {}, done
                )

    def _listeners(self, word: str) -> list[str]:
        """About whom a word can be said; "" for one that is about nobody."""
        if word not in _TO_ENEMIES:
            return [""]
        people = self._known.people.items()
        return [name for name, one in people if not one.ally and name in self._places]

    # -- steps -----------------------------------------------------------------------------------

    def steps(self, names: Sequence[str]) -> tuple[Step, ...]:
        """Actions as steps, as many as a plan may have."""
        found: list[Step] = []
        place = self._view.me.pos
        for name in names:
            if name in self._ways:
                end, opened, screened = self._ways[name]
                made = self._moves(place, self._places[end], self._map(opened, screened))
                place = self._places[end]
            else:
                made = list(self._done(name))
            if len(found) + len(made) > MOST:
                break
            found += made
            if name.startswith("revive "):
                break  # the guard takes others to stay as they are, so they stay down for it
        return tuple(found)

    def _moves(self, start: Vector, end: Vector, free: NavigationMap) -> list[Step]:
        """One walk, or one for each leg if it matters which way is taken."""
        if distance(start, end) < 0.4:
            return []
        legs = (waypoints(free, start, end) or [end]) if self._looks else [end]
        return [Step("MoveTo", {"x": round(x, 2), "z": round(z, 2)}) for x, _, z in legs]

    def _done(self, name: str) -> Iterator[Step]:
        verb, _, whom = name.partition(" ")
        index = {"target": self._brief.ids.get(whom, 0)}
        if verb == "use":
            yield Step("Interact", index)
            yield Step("Wait", {"duration": 0.5})  # until what it opens is open
        elif verb in ("shoot", "strike"):
            yield from self._hits(verb, whom)
        elif verb == "say":
            word, _, foe = whom.partition(" of ")
            yield Step(SAYS[word], {"target": self._brief.ids[foe]} if foe else {})
        elif verb == "smoke" and self._cloud is not None:
            x, y, z = self._cloud.place
            yield Step("ThrowSmoke", {"x": x, "z": z, "y": y})
            yield Step("Wait", {"duration": 0.5})
        elif verb == "reload":
            yield Step("Reload")
        elif verb == "treat" and whom not in self._known.people:
            yield Step("Heal", {"target": self._view.index})
        else:
            acts = {"treat": "Heal", "revive": "Revive", "rally": "UseAbility",
                    "suppress": "CoverFire", "leave": "DropItem"}  # fmt: skip
            yield Step(acts[verb], {} if verb == "leave" else index)

    def _weapon(self, verb: str) -> str:
        """The weapon that has to be taken in hand first, if any."""
        wanted = "rifle" if verb == "shoot" else "blade"
        held = self._view.me.state.get("weapon")
        return "" if held is None or WEAPONS[held % len(WEAPONS)] == wanted else wanted

    def _hits(self, verb: str, whom: str) -> Iterator[Step]:
        """A few shots or blows, then one looks again."""
        act, points = ("Attack", _SHOT) if verb == "shoot" else ("HeavyAttack", _BLOW)
        if weapon := self._weapon(verb):
            yield Step("EquipWeapon", {"weapon": weapon})
        pause = _PAUSE if verb == "shoot" else 1.0
        count = min(2, max(1, math.ceil(self._known.people[whom].points / points)))
        if self._view.me.state["cooldowns"]["c0" if verb == "shoot" else "c1"]:
            yield Step("Wait", {"duration": 1.0})
        for number in range(count):
            yield Step(act, {"target": self._brief.ids[whom]})
            yield Step("Wait", {"duration": pause})
            if verb == "strike" and number < count - 1:
                yield Step("Wait", {"duration": 0.6})
