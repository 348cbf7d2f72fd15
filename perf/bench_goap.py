"""Time of plans: from the cache, cold, with the goal prepared as well, for crowds; and of tables.

"Cold" is a plan that no cache holds. A goal is prepared once, when it is first asked for; "first"
is a plan with that work included.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from astraweave_ai.planner.bake import bake
from astraweave_ai.planner.batch import plan_many
from astraweave_ai.planner.cache import PlanCache
from astraweave_ai.planner.domain import Domain
from perf.conftest import CLOCK, record
from perf.goap import AFAR, RESCUE, WIN, WIN_TOGETHER, companion, fighter, random_states

# Domain, goal and the budgets in microseconds: a hit, a cold plan.
QUESTIONS = {
    "6 actions": (companion, RESCUE, 5, 300),
    "20 actions": (fighter, WIN, 5, 5000),
    "20 actions, 3 wishes": (fighter, WIN_TOGETHER, 5, 5000),
}
Question = tuple[Callable[[], Domain], dict[str, Any], int, int]
SAMPLED = 200


@pytest.fixture(params=QUESTIONS)
def question(request: pytest.FixtureRequest) -> Question:
    """A domain with a goal."""
    return QUESTIONS[request.param]


@pytest.mark.benchmark(group="a plan from the cache")
def test_hit(benchmark: Any, question: Question) -> None:
    make, wanted, hit_us, _ = question
    domain, cache = make(), PlanCache()
    goal, state = domain.goal(wanted), AFAR[make.__name__]
    first = domain.plan(state, goal, cache=cache)
    benchmark.extra_info.update(budget_us=hit_us, clock="wall clock")
    assert benchmark(lambda: domain.plan(state, goal, cache=cache)) is first


@pytest.mark.benchmark(group="a cold plan, from afar")
def test_cold(benchmark: Any, question: Question) -> None:
    make, wanted, _, cold_us = question
    domain = make()
    goal, state = domain.goal(wanted), AFAR[make.__name__]
    plan = benchmark(lambda: domain.plan(state, goal))
    assert plan.found
    benchmark.extra_info.update(
        budget_us=cold_us, clock="wall clock", expanded=plan.expanded, actions=len(plan.actions)
    )


@pytest.mark.benchmark(timer=CLOCK, group="cold plans, from random states")
def test_cold_from_random_states(benchmark: Any, question: Question) -> None:
    """Each sample is the shortest of three runs of one state."""
    make, wanted, _, cold_us = question
    domain = make()
    goal = domain.goal(wanted)
    found = [_best(domain, goal, state) for state in random_states(domain, SAMPLED)]
    expanded = [plan.expanded for _, plan in found]
    record(
        benchmark,
        [ms for ms, _ in found],
        budget_us=cold_us,
        clock="wall clock",
        p95_ms=float(np.percentile([ms for ms, _ in found], 95)),
        expanded_median=float(np.median(expanded)),
        expanded_most=max(expanded),
    )


def _best(domain: Domain, goal: Any, state: Any) -> tuple[float, Any]:
    times = []
    for _ in range(3):
        started = perf_counter()
        plan = domain.plan(state, goal)
        times.append(1e3 * (perf_counter() - started))
    return min(times), plan


@pytest.mark.benchmark(group="a first plan, from afar")
def test_first(benchmark: Any, question: Question) -> None:
    make, wanted, _, cold_us = question
    state = AFAR[make.__name__]
    benchmark.extra_info.update(budget_us=cold_us, clock="wall clock")
    plan = benchmark.pedantic(
        lambda domain: domain.plan(state, wanted), setup=lambda: ((make(),), {}), rounds=50
    )
    assert plan.found


@pytest.mark.parametrize("agents", [5_000, 100_000])
@pytest.mark.benchmark(group="plans of many agents, all in the cache")
def test_many(benchmark: Any, agents: int) -> None:
    """Two thousand situations, which is about what the cache holds."""
    domain, cache = fighter(), PlanCache()
    rng = np.random.default_rng(7)
    situation = rng.integers(2000, size=agents)
    facts = {n: rng.integers(f.size, size=2000)[situation] for n, f in domain.facts.items()}
    goal = domain.goal(WIN)
    plan_many(domain, facts, goal, cache=cache)
    plans = benchmark(lambda: plan_many(domain, facts, goal, cache=cache))
    benchmark.extra_info.update(situations=len(plans.plans), clock="wall clock")
    assert cache.statistics.evictions == 0


@pytest.mark.benchmark(group="a table")
def test_bake(benchmark: Any, question: Question) -> None:
    make, wanted, _, _ = question
    domain = make()
    baked = benchmark.pedantic(lambda: bake(domain, [wanted]), rounds=3, warmup_rounds=1)
    benchmark.extra_info.update(states=baked.space.count, clock="wall clock")
