"""Soldiers: one mind for an army of thousands, who plan with GOAP and act by orders.

All that an army knows are arrays: facts of all who think in a tick are computed at once, every
different situation is planned for once and kept in a cache, and the first actions of the plans
become orders in one command. Each soldier has goals in order of need: calm down, get treated, help
the fallen, win.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from astraweave import (
    NOBODY,
    Ammo,
    Context,
    Cooldowns,
    Destination,
    Health,
    Morale,
    NavigationMap,
    Order,
    OrderState,
    Position,
    Posture,
    Reason,
    Sensed,
    Smoke,
    Stamina,
    Stance,
    World,
)

from .agenda import Agenda
from .ground import CoverMap, spread
from .handles import indices_of
from .planner.batch import plan_many
from .planner.cache import PlanCache
from .registry import ActionRegistry
from .soldier_plan import ACTS, DOMAIN, GOALS

Array = NDArray[Any]
RANGE = 17.0  # metres from which soldiers fire
HURT, SHAKEN = 50, 0.4  # points and morale below which they think of themselves
HELP = 15.0  # metres within which they look after the fallen
COVER = 14.0  # metres that they run for cover
_HEAVY = 1e12
_STUCK = 120  # ticks for which who found no way tries none of its own


class Army:
    """Decides for all soldiers of one side, in a system of the stage `ai_planning`.

    Args:
        world: theirs, with Combat of the registry's abilities, Sense and Navigation.
        name: of the side.
        agents: handles; each is a fighter (`FIGHTER`) with Sensed, Morale and Destination.
        registry: the actions.
        spots: places behind cover, shape (n, 3), metres.
        outwards: for each the level direction away from its wall, shape (n, 3).
        ways: where one can walk.
        points: objectives, shape (k, 3); flow field number k leads to point k.
        route: for each agent the points that it fights its way along, shape (agents, m).
        turn: it thinks at ticks that leave this remainder (first) by that number (second), so
            that armies take turns.
        budget_ms: planning work for each of its ticks.
    """

    reads: ClassVar[tuple[Any, ...]] = (
        Position, Health, Stamina, Ammo, Cooldowns, Morale, Stance, Order, Sensed,
    )  # fmt: skip
    writes: ClassVar[tuple[Any, ...]] = (Order, Destination, Position, Smoke)

    def __init__(
        self,
        world: World,
        name: str,
        agents: Array,
        registry: ActionRegistry,
        spots: Array,
        outwards: Array,
        ways: NavigationMap,
        points: Array,
        route: Array,
        *,
        turn: tuple[int, int] = (0, 1),
        budget_ms: float = 2.0,
    ) -> None:
        self.name, self.agents = name, agents
        self.cache = PlanCache()
        self.agenda = Agenda(len(agents), budget_ms, every=12)
        self.intents = np.full(len(agents), -1, np.int64)  # of each agent, index in DOMAIN.actions
        self.up = len(agents)
        self.fights = True  # whoever made it may end the fight
        self.seen: dict[str, Array] = {}  # the newest percept, one row an agent
        self.everyone: tuple[Array, Array] = (agents[:0], agents[:0])  # indices and places
        self._spots, self._outwards = spots, outwards
        self._places = spread(ways, points, route)
        self._near, self._turn = CoverMap(spots), turn
        self._route, self._leg = route, np.zeros(len(agents), np.int64)
        self._since = np.full(len(agents), -1, np.int64)  # tick of the last order
        self._stuck = np.zeros(len(agents), np.int64)  # tick until which it follows its route
        self._thrown = np.zeros(len(agents), bool)  # whether smoke is still to come of the order
        self._helper = np.full(len(agents), -1, np.int64)  # of each fallen one, who goes there
        self._claims = np.full(len(agents), -1, np.int64)  # spots that they run to or are at
        self._numbers = {act: registry.number(act) for act in set(ACTS.values())}
        self._names = [action.name for action in DOMAIN.actions]
        abilities = [self._numbers[ACTS[name]] for name in self._names]
        self._ability = np.array(abilities, np.int64)
        self._goals = [DOMAIN.goal(wanted) for wanted in GOALS]
        system = world.system("ai_planning", reads=self.reads, writes=self.writes, name=name)
        system(self._think)

    # -- a tick ----------------------------------------------------------------------------------

    def _think(self, context: Context) -> None:
        if context.tick % self._turn[1] != self._turn[0]:
            return
        seen = self.seen = self._look(context)
        up = seen["Health"]["points"] > 0
        self.up = int(up.sum())
        order = seen["Order"]
        known = self._since < context.percept.tick
        over = np.isin(order["state"], (OrderState.IDLE, OrderState.DONE, OrderState.REFUSED))
        self._follow_throws(context, order, known)
        lost = known & (order["state"] == OrderState.REFUSED) & (order["reason"] == Reason.NO_PATH)
        self._stuck[lost] = context.tick + _STUCK
        walking = np.isin(order["ability"], [self._numbers[a] for a in ("MoveTo", "Approach")])
        self.agenda.priority[:] = np.where(up & known, np.where(over, 4, walking), 0)
        due = self.agenda.due(context.tick)
        if len(due) and self.fights:
            self._decide(context, due)

    def _look(self, context: Context) -> dict[str, Array]:
        percept = context.percept
        index = indices_of(percept.handles(Position))
        self.everyone = index, percept.read(Position)
        columns = {kind.__name__: (kind, "") for kind in self.reads if kind is not Sensed}
        columns |= {name: (Sensed, name) for name in ("near", "near_distance")}
        rows: dict[int, Array | slice] = {}  # by handles, which components share
        found = {}
        for name, column in columns.items():
            handles = percept.handles(column[0])
            if id(handles) not in rows:
                rows[id(handles)] = _rows(handles, self.agents)
            found[name] = percept.read(*column)[rows[id(handles)]]
        return found

    def _follow_throws(self, context: Context, order: Array, known: Array) -> None:
        done = self._thrown & known & (order["state"] == OrderState.DONE)
        self._thrown &= ~(done | (known & (order["state"] == OrderState.REFUSED)))
        if done.any():
            context.spawn(Position(order["place"][done] + (0, 1, 0)), Smoke(3.0, 480))

    def _decide(self, context: Context, due: Array) -> None:
        scene = _Scene(self, due, context.tick)
        facts = scene.facts()
        goal = np.select(
            [~facts["calm"], ~facts["whole"] & facts["kit"], facts["fallen"]], [0, 1, 2], 3
        )
        choice, efforts = np.full(len(due), -1, np.int64), np.ones(len(due), np.int64)
        for number, wanted in enumerate(self._goals):
            who = np.flatnonzero(goal == number)
            if not len(who):
                continue
            some = {name: values[who] for name, values in facts.items()}
            plans = plan_many(DOMAIN, some, wanted, cache=self.cache)
            first = plans.first.astype(np.int64)
            choice[who] = np.where(first < len(self._names), first, -1)
            efforts[who] = plans.efforts
        # With nothing to gain here, or no way to where it is, the route leads on.
        close_in = choice == self._names.index("close in")
        choice[(choice < 0) | (close_in & scene.stuck)] = self._names.index("advance")
        self.agenda.charge(due, context.tick, efforts)
        self._order(context, due, choice, scene)

    def _order(self, context: Context, due: Array, choice: Array, scene: _Scene) -> None:
        place, whom = scene.aims(choice)
        order = self.seen["Order"][due]
        number = self._ability[choice]
        same = (order["ability"] == number) & (order["state"] == OrderState.UNDER_WAY)
        moved = np.abs(order["place"] - place).max(axis=1) > 0.5
        new = ~same | (moved & (order["whom"] == NOBODY)) | (order["whom"] != whom)
        fires = np.isin(choice, [self._names.index(n) for n in ("fire", "fire from cover")])
        new &= ~(fires & (self.seen["Cooldowns"]["c0"][due] > 0))  # the weapon is not ready
        self.intents[due] = choice
        self._claim(due, choice, scene)
        who, handles = due[new], self.agents[due[new]]
        if not len(who):
            return
        context.set(handles, Order(ability=number[new], whom=whom[new], place=place[new]))
        self._since[who] = context.tick
        self._thrown[who] = number[new] == self._numbers["ThrowSmoke"]
        walks = new & (choice == self._names.index("advance"))
        if walks.any():
            field = self._route[due[walks], self._leg[due[walks]]]
            context.set(self.agents[due[walks]], Destination(place[walks], field))

    def _claim(self, due: Array, choice: Array, scene: _Scene) -> None:
        """Who runs for cover or stays in it holds its spot; of several the first gets it."""
        helps = np.isin(choice, [self._names.index(n) for n in ("go to the fallen", "get it up")])
        self._helper[np.isin(self._helper, due)] = -1
        rows, first = np.unique(np.where(helps, scene.fallen, -1), return_index=True)
        self._helper[rows[rows >= 0]] = due[first[rows >= 0]]
        holds = choice == self._names.index("take cover")
        holds |= scene.run < 0.9
        wanted = np.where(holds, scene.spot, -1)
        self._claims[due] = -1
        spots, first = np.unique(wanted, return_index=True)
        self._claims[due[first[spots >= 0]]] = spots[spots >= 0]

    def told(self) -> tuple[str, ...]:
        """What each agent is about, in words."""
        health = self.seen["Health"]["points"] if self.seen else np.zeros(len(self.agents))
        return tuple(
            self._names[intent] if points > 0 and intent >= 0 else "is down"
            for intent, points in zip(self.intents.tolist(), health.tolist(), strict=True)
        )


def _rows(handles: Array, agents: Array) -> Array | slice:
    """Where agents are among handles; most often side by side, and then nothing is copied."""
    first = int(np.searchsorted(handles, agents[0]))
    together = slice(first, first + len(agents))
    if np.array_equal(handles[together], agents):
        return together
    return np.searchsorted(handles, agents)


class _Scene:
    """What those who think in this tick see, and where their actions would be aimed."""

    def __init__(self, army: Army, due: Array, tick: int) -> None:
        self.army, self.due = army, due
        seen: Mapping[str, Array] = {name: rows[due] for name, rows in army.seen.items()}
        self.seen = seen
        self.place = seen["Position"]
        self.stuck = army._stuck[due] > tick
        self.enemy = seen["near"][:, 0].astype(np.int64)
        self.distance = seen["near_distance"][:, 0]
        self.sees = self.enemy != NOBODY
        row = np.searchsorted(army.everyone[0], np.where(self.sees, self.enemy, 0))
        where = army.everyone[1][np.minimum(row, len(army.everyone[1]) - 1)]
        self.threat = np.where(self.sees[:, None], where, self.place)
        self.fallen, self.gap = self._nearest_fallen()
        self.spot, self.run = self._nearest_cover()

    def _nearest_fallen(self) -> tuple[Array, Array]:
        """For each the row of the nearest fallen comrade, and how far it is."""
        army = self.army
        down = np.flatnonzero(army.seen["Health"]["points"] <= 0)
        if not len(down):
            return np.zeros(len(self.due), np.int64), np.full(len(self.due), np.inf)
        d = self.place[:, None, ::2] - army.seen["Position"][down][None, :, ::2]
        square = (d * d).sum(axis=2)
        best = square.argmin(axis=1)
        return down[best], np.sqrt(square[np.arange(len(best)), best])

    def _nearest_cover(self) -> tuple[Array, Array]:
        """For each the nearest spot that has its wall towards the threat, and how far it is."""
        army, rows = self.army, np.arange(len(self.due))
        some = army._near.of(self.place)
        d = self.place[:, None, ::2] - army._spots[some][..., ::2]
        square = (d * d).sum(axis=2)
        to_threat = self.threat[:, None, ::2] - army._spots[some][..., ::2]
        wrong = (to_threat * army._outwards[some][..., ::2]).sum(axis=2) > 0
        claims = army._claims[army._claims >= 0]
        taken = np.bincount(claims, minlength=len(army._spots)) > 0
        others = taken[some] & (army._claims[self.due][:, None] != some)
        square = np.where(wrong | others, _HEAVY, square)
        best = square.argmin(axis=1)
        return some[rows, best], np.sqrt(square[rows, best])

    def _may_help(self) -> Array:
        """Whether nobody else is on the way to the fallen one."""
        army = self.army
        helper = army._helper[self.fallen]
        gone = (helper >= 0) & (army.seen["Health"]["points"][helper] <= 0)
        return np.asarray((helper < 0) | gone | (helper == self.due))

    def facts(self) -> dict[str, Array]:
        """The facts of the domain, one array each."""
        seen = self.seen
        crouched = seen["Stance"]["posture"] == Posture.CROUCH
        covered = (self.run < 0.9) & crouched
        beside = self.gap < 1.7
        smoke = (seen["Ammo"]["smokes"] > 0) & (seen["Cooldowns"]["c3"] == 0)
        return {
            "sees": self.sees,
            "near": self.sees & (self.distance < RANGE),
            "loaded": seen["Ammo"]["rounds"] > 0,
            "cover": (self.run < COVER) & (seen["Stamina"]["points"] >= 5) & ~self.stuck,
            "covered": covered,
            "whole": seen["Health"]["points"] >= HURT,
            "calm": seen["Morale"] >= SHAKEN,
            "hidden": covered | ~self.sees,
            "kit": seen["Ammo"]["kits"] > 0,
            "smoke": smoke & (self.distance > 6),
            "fallen": (self.gap < HELP)
            & ~self.stuck
            & self._may_help()
            & (~self.sees | (self.distance > 10)),
            "beside": beside,
            "helped": np.zeros(len(self.due), bool),
            "won": np.zeros(len(self.due), bool),
        }

    def aims(self, choice: Array) -> tuple[Array, Array]:
        """Place and target (entity index or NOBODY) of each action."""
        army = self.army
        names = np.array(army._names)[choice]
        place = np.zeros((len(choice), 3))
        whom = np.full(len(choice), NOBODY, np.int64)
        index = indices_of(army.agents)
        at_enemy = np.isin(names, ("close in", "fire", "fire from cover", "fall back"))
        whom[at_enemy] = self.enemy[at_enemy]
        treat, revive = names == "treat", names == "get it up"
        whom[treat] = index[self.due[treat]]
        whom[revive] = index[self.fallen[revive]]
        to_fallen, cover = names == "go to the fallen", names == "take cover"
        place[to_fallen] = army.seen["Position"][self.fallen[to_fallen]]
        place[cover] = army._spots[self.spot[cover]]
        smoke = names == "throw smoke"
        place[smoke] = self.place[smoke] + 0.4 * np.clip(
            self.threat[smoke] - self.place[smoke], -20, 20
        )
        advance = names == "advance"
        place[advance] = self._objective()[advance]
        return place, whom

    def _objective(self) -> Array:
        """The present place of each one's route; the next one where it is reached."""
        army, due = self.army, self.due
        leg = army._leg[due]
        reached = np.hypot(*(army._places[due, leg] - self.place)[:, ::2].T) < 3.0
        leg = army._leg[due] = np.minimum(leg + reached, army._route.shape[1] - 1)
        return np.asarray(army._places[due, leg])
