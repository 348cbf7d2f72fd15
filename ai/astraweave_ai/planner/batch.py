"""Plans for many agents at once: each different situation is planned for once.

Situations are compared by relevant facts alone, in arrays, so that the work in Python grows with
the number of different situations and not with the number of agents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .bake import NO_PLAN, NOTHING, UNDECIDED, check_action_count
from .cache import PlanCache, plan_cached
from .domain import Domain
from .domain_state import array_codes
from .domain_terms import Codes
from .goap import Plan, check_budget
from .goap_goal import Goal
from .goap_space import FactSpace
from .search import OUT_OF_BUDGET

_LARGEST = 1 << 62  # number of states that one int64 tells apart


@dataclass(frozen=True)
class Plans:
    """The plans of many agents.

    Args:
        plans: one for each different situation.
        which: for each agent, the index of its plan.
        work: for each plan, the expansions that were made for it now; 0 if it was in the cache.
        names: of the domain's actions, in their order.
    """

    plans: tuple[Plan, ...]
    which: NDArray[np.intp]
    work: NDArray[np.int64]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.which)

    def __getitem__(self, agent: int) -> Plan:
        return self.plans[int(self.which[agent])]

    @property
    def efforts(self) -> NDArray[np.int64]:
        """For each agent what `Agenda.charge` takes; the first of a kind bears the work for all."""
        efforts = np.ones(len(self.which), np.int64)
        _, first = np.unique(self.which, return_index=True)
        efforts[first] += self.work[self.which[first]]
        return efforts

    @property
    def first(self) -> NDArray[np.uint8]:
        """For each agent the index of its next action, or NOTHING, NO_PLAN or UNDECIDED.

        Raises:
            DomainError: the domain has more actions than a byte tells apart.
        """
        check_action_count(len(self.names))
        index = {name: i for i, name in enumerate(self.names)}
        choices = [_choice(plan, index) for plan in self.plans]
        return np.array(choices, np.uint8)[self.which]


def _choice(plan: Plan, index: Mapping[str, int]) -> int:
    if plan.found:
        return index[plan.actions[0]] if plan.actions else NOTHING
    return UNDECIDED if plan.status == OUT_OF_BUDGET else NO_PLAN


def plan_many(
    domain: Domain,
    facts: Mapping[str, ArrayLike],
    goal: Goal | Mapping[str, Any],
    *,
    max_expansions: int = 1000,
    cache: PlanCache | None = None,
) -> Plans:
    """The plan of each agent, the same as `Domain.plan` makes.

    Args:
        facts: for every fact an array with a value for each agent, or one value for all. Those of
            a Symbol are names or their places among the fact's names.
        goal: conditions by fact, or what `Domain.goal` made of them.
        max_expansions: the budget of each different situation.
        cache: where to look first and where to put what was found.

    Raises:
        DomainError: a mistake in the facts, the goal or the budget.
    """
    prepared = domain.prepared(goal)
    check_budget(max_expansions)
    codes = array_codes(domain.facts, facts, prepared.relevant)
    states, which = _different(codes, prepared.space)
    plans, work = [], []
    for state in states:
        known = cache is not None and (prepared.fingerprint, state, max_expansions) in cache
        plan = plan_cached(prepared, state, max_expansions, cache)
        plans.append(plan)
        work.append(0 if known else plan.expanded)
    if cache is not None:
        cache.count_shared(len(which) - len(plans))
    names = tuple(action.name for action in domain.actions)
    return Plans(tuple(plans), which, np.array(work, np.int64), names)


def _different(codes: Codes, space: FactSpace) -> tuple[list[int], Codes]:
    """The numbers of all different states, and for each agent the index of its own."""
    key = np.zeros(codes.shape[1], np.int64)
    bound = 1  # keys are below
    for column, size in zip(codes[::-1], space.sizes[::-1], strict=True):
        if bound * size > _LARGEST:
            known = np.unique(key)
            key, bound = np.searchsorted(known, key), len(known)
        key = key * size + column
        bound *= size
    states = np.unique(key)
    which = np.searchsorted(states, key)  # much faster than by sorting indices
    if space.count <= _LARGEST:
        return states.tolist(), which
    some = np.zeros(len(states), np.intp)
    some[which] = np.arange(len(which))  # an agent of each state
    rows = codes[:, some].T.tolist()
    return [sum(c * w for c, w in zip(row, space.weights, strict=True)) for row in rows], which
