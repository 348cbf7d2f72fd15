"""A mind that plans: goals by priority, and the cheapest skills that lead to the first in need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from ..errors import MindError
from ..percept import WorldSnapshot
from ..plan import PlanIntent
from ..planner.cache import PlanCache
from ..planner.domain import Domain
from ..planner.goap import Plan
from .role import Role


@dataclass(frozen=True)
class Aim:
    """Something to achieve: conditions by fact, and those under which it matters at all."""

    name: str
    wanted: Mapping[str, Any]
    when: Mapping[str, Any] = field(default_factory=dict)


class GoapMind:
    """Plans for the first aim that matters and can be reached.

    The domain's actions are called like skills, as `Role.named` reads them.

    Args:
        role: gives a value to each of the domain's facts, and steps to each of its actions.
        domain: what the skills need and do.
        aims: the most important first.
        cache: of plans; may be shared by minds that think on one thread.
        max_expansions: the budget of one plan.

    Raises:
        MindError: an action that is no skill.
        DomainError: an aim that the domain cannot express.
    """

    name = "goap"

    def __init__(
        self,
        role: Role,
        domain: Domain,
        aims: Sequence[Aim],
        *,
        cache: PlanCache | None = None,
        max_expansions: int = 1000,
    ) -> None:
        self.why = ""
        self.effort = 1  # states expanded by the last thought, at least 1
        self.cache = PlanCache() if cache is None else cache
        self._role, self._domain, self._budget = role, domain, max_expansions
        self._aims = [(aim, domain.goal(aim.when), domain.goal(aim.wanted)) for aim in aims]
        self._skills = {action.name: role.named(action.name) for action in domain.actions}
        if not aims:
            raise MindError("GoapMind: give at least one aim")

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """The plan for the first aim that matters and for which there is one."""
        known = self._role.facts(percept)
        state = {name: known[name] for name in self._domain.facts}
        told, self.effort = [], 1
        intent = None
        for aim, matters, wanted in self._aims:
            if not matters.is_met(matters.number(state)) or wanted.is_met(wanted.number(state)):
                continue
            plan = self._domain.plan(state, wanted, max_expansions=self._budget, cache=self.cache)
            self.effort += plan.expanded
            skills = [skill for name in plan.actions for skill in self._skills[name]]
            steps = self._role.steps(skills, percept) if plan.found else None
            told.append(f"{aim.name}: {_told(plan)}")
            if steps:
                intent = PlanIntent(f"goap-{percept.tick}", steps)
                break
        self.why = "; ".join(told) or "nothing to achieve"
        return intent


def _told(plan: Plan) -> str:
    """A plan in words, repetitions counted."""
    if not plan.found:
        return plan.reason.splitlines()[0]
    runs = ((name, len(list(run))) for name, run in groupby(plan.actions))
    names = (f"{name} ×{count}" if count > 1 else name for name, count in runs)
    return f"{', '.join(names)} (cost {plan.cost:g})"
