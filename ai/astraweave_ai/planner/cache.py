"""Plans that were made before, by exactly what they depend on.

A key holds the goal's fingerprint, which covers every fact, action and cost of the domain; the
number of the relevant state; and the budget. So an answer from the cache is the answer that the
planner would give, and whether there is a cache changes no result.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from ..errors import MindError
from .domain_terms import is_whole
from .goap import Plan, plan_from
from .goap_goal import Goal
from .search import OUT_OF_BUDGET

Key = tuple[bytes, int, int]  # fingerprint of the goal, state, budget


@dataclass(frozen=True)
class CacheStatistics:
    """What a cache did since it was made.

    Args:
        hits: questions that needed no search; in a batch, one for each agent.
        misses: questions that needed one.
        evictions: plans that gave way to newer ones.
        size: plans that are held.
    """

    hits: int
    misses: int
    evictions: int
    size: int

    @property
    def hit_rate(self) -> float:
        """Share of the questions that needed no search, 0 to 1; 0 before the first."""
        return self.hits / max(1, self.hits + self.misses)


class PlanCache:
    """The plans that were asked for last, at most `capacity`; every operation is O(1).

    Not for two threads at once: systems that share one declare that they write it.
    """

    def __init__(self, capacity: int = 2048) -> None:
        if not is_whole(capacity) or capacity < 1:
            raise MindError(f"plan cache: the capacity must be 1 or more, got {capacity!r}")
        self.capacity = capacity
        self._plans: OrderedDict[Key, Plan] = OrderedDict()
        self._hits = self._misses = self._evictions = 0

    def __contains__(self, key: object) -> bool:
        return key in self._plans

    def get(self, key: Key) -> Plan | None:
        """The plan kept under this key, which becomes the newest."""
        plan = self._plans.get(key)
        if plan is None:
            self._misses += 1
            return None
        self._plans.move_to_end(key)
        self._hits += 1
        return plan

    def put(self, key: Key, plan: Plan) -> None:
        """Keep a plan; the one that was not asked for longest gives way."""
        self._plans[key] = plan
        if len(self._plans) > self.capacity:
            self._plans.popitem(last=False)
            self._evictions += 1

    def count_shared(self, agents: int) -> None:
        """Count agents that share the answer to a question that another of a batch asked."""
        self._hits += agents

    @property
    def statistics(self) -> CacheStatistics:
        """Counts so far."""
        return CacheStatistics(self._hits, self._misses, self._evictions, len(self._plans))

    def clear(self) -> None:
        """Forget all plans; the counts stay."""
        self._plans.clear()


def plan_cached(
    goal: Goal, state: int, budget: int, cache: PlanCache | None, seconds: float | None = None
) -> Plan:
    """The plan from the state of this number: out of the cache, or made and put there."""
    if cache is None:
        return plan_from(goal, state, budget, seconds)
    key = (goal.fingerprint, state, budget)
    plan = cache.get(key)
    if plan is None:
        plan = plan_from(goal, state, budget, seconds)
        if plan.status != OUT_OF_BUDGET or plan.expanded == budget:  # not stopped by the clock
            cache.put(key, plan)
    return plan
