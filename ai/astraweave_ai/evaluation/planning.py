"""A mind that plans missions: from goals and facts to the cheapest way to do it all, by GOAP.

It knows what kinds of goals there are and what each action is good for, and nothing of any
scenario. Where to walk comes from the ground as it sees it, in which order from the planner, and
how to fight from the fighter's skills.
"""

from __future__ import annotations

import math

from ..handles import index_of
from ..minds import FIGHTER, GoapMind
from ..minds.fighter_plan import AIMS, DOMAIN
from ..minds.outlook import distance, health
from ..plan import PlanIntent, Step
from .field import FieldView
from .knowledge import Knowledge
from .mission import Problem
from .scenario import Brief

_FIT = 0.5  # of full health: below it one recovers first
_LOST = 5  # points of health that tell that somebody fires


class MissionMind:
    """Plans anew whenever it has nothing to do.

    Args:
        brief: goals, and what is known besides what one sees.
    """

    name = "goap"

    def __init__(self, brief: Brief) -> None:
        self.why = ""
        self.effort = 1
        self._brief = brief
        self._knowledge = Knowledge(brief)
        self._fighter = GoapMind(FIGHTER, DOMAIN, AIMS)
        self._best = 0  # points of health that it has had at most

    def think(self, percept: FieldView) -> PlanIntent | None:
        """Fight if it has to, else go on with the mission."""
        self._knowledge.see(percept)
        if self._has_to_fight(percept):
            plan = self._fighter.think(percept)  # type: ignore[arg-type]
            self.why, self.effort = f"fight: {self._fighter.why}", self._fighter.effort
            if plan is not None:
                return plan
        elif steps := self._recover(percept):
            self.why = "recover"
            return PlanIntent(f"goap-{percept.tick}", steps)
        problem = Problem(self._brief, self._knowledge, percept)
        names, self.effort, self.why = problem.solve()
        steps = problem.steps(names)
        return PlanIntent(f"goap-{percept.tick}", steps) if steps else None

    def learn(self, step: Step, done: bool) -> None:
        """How one of its steps ended."""
        if done:
            self._knowledge.did(step)

    def _recover(self, percept: FieldView) -> tuple[Step, ...]:
        """Treat one's own wounds before anything else, while nobody is near."""
        state = percept.me.state["health"]
        kits = int(percept.me.state["ammo"]["kits"])
        own = (g.least for g in self._brief.goals if g.what == "healthy" and not g.name)
        missing = max([float(state["most"]) * _FIT, *own]) - float(state["points"])
        seen = any(health(foe) > 0 for foe in percept.enemies)
        count = min(kits, math.ceil(missing / 20))
        if seen or count <= 0 or (self._brief.has("healthy") and self._patients()):
            return ()
        return tuple(Step("Heal", {"target": percept.index}) for _ in range(count))

    def _patients(self) -> bool:
        """Whether kits are needed for others."""
        return any(goal.what == "healthy" and goal.name for goal in self._brief.goals)

    def _has_to_fight(self, percept: FieldView) -> bool:
        """Whether an enemy in sight is to be defeated, or fires, and may be fought."""
        state = percept.me.state
        self._best = max(self._best, points := int(state["health"]["points"]))
        may = "Attack" not in self._brief.forbidden and not self._brief.has("unseen")
        armed = state["ammo"]["rounds"] or state["ammo"]["most"]
        up = [foe for foe in percept.enemies if health(foe) > 0]
        if not (may and armed and up):
            return False
        names = self._knowledge.names
        wanted = {goal.name for goal in self._brief.goals if goal.what == "defeated"}
        spared = {goal.name for goal in self._brief.goals if goal.what == "spared"}
        near = min(up, key=lambda foe: (distance(percept.me.pos, foe.pos), foe.id))
        if names.get(index_of(near.id)) in spared:
            return False
        meant = any(names.get(index_of(foe.id)) in wanted for foe in up)
        return meant or points <= self._best - _LOST
