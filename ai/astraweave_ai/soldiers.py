"""Soldiers: one mind for an army of thousands, who plan with GOAP and act by orders.

All that an army knows are arrays: facts of all who think in a tick are computed at once, every
different situation is planned for once and kept in a cache, and the first actions of the plans
become orders in one command. Each soldier has goals in order of need: calm down, get treated, help
the fallen, win.
"""

from __future__ import annotations

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
    Reason,
    Sensed,
    Smoke,
    Stamina,
    Stance,
    World,
)

from .agenda import Agenda
from .planner.batch import plan_many
from .planner.cache import PlanCache
from .registry import ActionRegistry
from .soldier_plan import ACTS, DOMAIN, GOALS, NAMES, among, number
from .soldier_scene import Field, Scene, Sight

Array = NDArray[Any]
_STUCK = 120  # ticks for which who found no way tries none of its own
_ADVANCE, _CLOSE_IN, _COVER = number("advance"), number("close in"), number("take cover")
_FIRES = among("fire", "fire from cover")
_HELPS = among("go to the fallen", "get it up")


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
        self.sight: Sight | None = None  # the newest
        self._field = Field(spots, outwards, ways, points, route)
        self._turn = turn
        self._since = np.full(len(agents), -1, np.int64)  # tick of the last order
        self._thrown = np.zeros(len(agents), bool)  # whether smoke is still to come of the order
        self._ability = np.array([registry.number(ACTS[name]) for name in NAMES], np.int64)
        self._smoke = registry.number("ThrowSmoke")
        self._walks = [registry.number(act) for act in ("MoveTo", "Approach")]
        self._goals = [DOMAIN.goal(wanted) for wanted in GOALS]
        system = world.system("ai_planning", reads=self.reads, writes=self.writes, name=name)
        system(self._think)

    # -- a tick ----------------------------------------------------------------------------------

    def _think(self, context: Context) -> None:
        if context.tick % self._turn[1] != self._turn[0]:
            return
        sight = self.sight = Sight(context.percept, self.agents)
        up = sight["points"] > 0
        self.up = int(up.sum())
        state, ability = sight["state"], sight["ability"]
        known = self._since < context.percept.tick
        refused = known & (state == OrderState.REFUSED)
        over = (state == OrderState.IDLE) | (state == OrderState.DONE)
        over |= state == OrderState.REFUSED
        self._follow_throws(context, sight, known & (state == OrderState.DONE), refused)
        lost = refused & (sight["reason"] == Reason.NO_PATH)
        self._field.stuck[lost] = context.tick + _STUCK
        walking = (ability == self._walks[0]) | (ability == self._walks[1])
        self.agenda.priority[:] = np.where(up & known, np.where(over, 4, walking), 0)
        due = self.agenda.due(context.tick)
        if len(due) and self.fights:
            self._decide(context, sight, due)

    def _follow_throws(self, context: Context, sight: Sight, done: Array, refused: Array) -> None:
        """Where a throw is done a cloud rises."""
        landed = self._thrown & done
        self._thrown &= ~(landed | refused)
        if landed.any():
            context.spawn(Position(sight["aim"][landed] + (0, 1, 0)), Smoke(3.0, 480))

    def _decide(self, context: Context, sight: Sight, due: Array) -> None:
        scene = Scene(sight, self._field, due, context.tick)
        facts = scene.facts()
        needs = [~facts["calm"], ~facts["whole"] & facts["kit"], facts["fallen"]]
        goal = np.select(needs, [0, 1, 2], 3)
        choice, efforts = np.full(len(due), -1, np.int64), np.ones(len(due), np.int64)
        for which, wanted in enumerate(self._goals):
            who = np.flatnonzero(goal == which)
            if not len(who):
                continue
            some = {name: facts[name][who] for name in wanted.relevant}
            plans = plan_many(DOMAIN, some, wanted, cache=self.cache)
            first = plans.first.astype(np.int64)
            choice[who] = np.where(first < len(NAMES), first, -1)
            efforts[who] = plans.efforts
        # With nothing to gain here, or no way to where it is, the route leads on.
        choice[(choice < 0) | ((choice == _CLOSE_IN) & scene.stuck)] = _ADVANCE
        self.agenda.charge(due, context.tick, efforts)
        self._order(context, sight, choice, scene)

    def _order(self, context: Context, sight: Sight, choice: Array, scene: Scene) -> None:
        """Give those orders that differ from what is under way."""
        due = scene.due
        place, whom = scene.aims(choice)
        ability = self._ability[choice]
        same = (sight["ability"][due] == ability) & (sight["state"][due] == OrderState.UNDER_WAY)
        moved = np.abs(sight["aim"][due] - place).max(axis=1) > 0.5
        new = ~same | (moved & (whom == NOBODY)) | (sight["whom"][due] != whom)
        new &= ~(_FIRES[choice] & (sight["until_shot"][due] > 0))  # the weapon is not ready
        self.intents[due] = choice
        self._claim(choice, scene)
        who = due[new]
        if not len(who):
            return
        ability, place = ability[new], place[new]
        order = Order(ability=ability, whom=whom[new], place=place)
        context.set(self.agents[who], order)
        self._since[who] = context.tick
        self._thrown[who] = ability == self._smoke
        walks = choice[new] == _ADVANCE
        if walks.any():
            on = who[walks]
            fields = self._field.route[on, self._field.leg[on]]
            context.set(self.agents[on], Destination(place[walks], fields))

    def _claim(self, choice: Array, scene: Scene) -> None:
        """Who runs for cover or stays in it holds its spot; of several the first gets it."""
        due, field = scene.due, self._field
        thinks = np.zeros(len(self.agents), np.bool_)
        thinks[due] = True
        # A helper of -1 asks about the last agent, and stays -1 either way.
        field.helper[thinks[field.helper]] = -1
        helps = _HELPS[choice]
        fallen, first = np.unique(scene.fallen[helps], return_index=True)
        field.helper[fallen] = due[helps][first]
        field.claims[due] = -1
        holds = (choice == _COVER) | scene.at_spot
        who, spots = due[holds], scene.spot[holds]
        _, first = np.unique(spots, return_index=True)
        field.claims[who[first]] = spots[first]

    def told(self) -> tuple[str, ...]:
        """What each agent is about, in words."""
        health = self.sight["points"] if self.sight else np.zeros(len(self.agents))
        return tuple(
            NAMES[intent] if points > 0 and intent >= 0 else "is down"
            for intent, points in zip(self.intents.tolist(), health.tolist(), strict=True)
        )
