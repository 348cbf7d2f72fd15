"""The cache answers as the planner would, holds the newest plans, and counts what it does."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_ai.errors import MindError
from astraweave_ai.planner.cache import PlanCache
from astraweave_ai.planner.domain import Action, Add, At, Bool, Domain, Int
from astraweave_ai.planner.goap import Plan
from astraweave_ai.planner.search import OUT_OF_BUDGET, SOLVED
from tests.reference.goap_domains import questions, values

GOAL = {"n": At.least(5)}


def counting(cost: float = 1, step: int = 1, name: str = "up") -> Domain:
    """A number that can be raised, and a lamp that does not matter to it."""
    up = Action(name, cost, does={"n": Add(step)})
    return Domain({"n": Int(0, 9), "lamp": Bool()}, [up, Action("switch", does={"lamp": True})])


def state(n: int, lamp: bool = False) -> dict[str, Any]:
    return {"n": n, "lamp": lamp}


def counts(cache: PlanCache) -> tuple[int, int, int, int]:
    s = cache.statistics
    return s.hits, s.misses, s.evictions, s.size


def test_a_hit_is_the_same_plan() -> None:
    domain, cache = counting(), PlanCache()
    first = domain.plan(state(0), GOAL, cache=cache)
    assert first == domain.plan(state(0), GOAL)
    assert domain.plan(state(0), domain.goal(GOAL), cache=cache) is first
    assert counts(cache) == (1, 1, 0, 1)
    assert cache.statistics.hit_rate == 0.5


def test_only_what_matters_is_in_the_key() -> None:
    domain, cache = counting(), PlanCache()
    for lamp in (False, True):
        domain.plan(state(3, lamp), GOAL, cache=cache)
    assert counts(cache) == (1, 1, 0, 1)
    for other in (state(2), state(4)):
        domain.plan(other, GOAL, cache=cache)
    domain.plan(state(3), {"n": At.least(6)}, cache=cache)
    assert counts(cache) == (1, 4, 0, 4)


@pytest.mark.parametrize(
    "other", [counting(cost=1.25), counting(cost=1 + 1e-12), counting(step=2), counting(name="add")]
)
def test_another_action_set_misses(other: Domain) -> None:
    """Any change counts, the smallest change of a cost too."""
    cache = PlanCache()
    counting().plan(state(0), GOAL, cache=cache)
    assert other.plan(state(0), GOAL, cache=cache) == other.plan(state(0), GOAL)
    assert counts(cache) == (0, 2, 0, 2)


def test_an_equal_domain_hits() -> None:
    cache = PlanCache()
    for _ in range(2):
        counting(cost=1.5).plan(state(0), GOAL, cache=cache)
    assert counts(cache) == (1, 1, 0, 1)


def test_equal_ratios_of_costs_are_not_equal_costs() -> None:
    cache, found = PlanCache(), []
    for cost in (1, 2, 0.5):
        domain = Domain({"n": Int(0, 9)}, [Action("up", cost, does={"n": Add(1)})])
        found.append(domain.plan({"n": 4}, GOAL, cache=cache).cost)
    assert found == [1, 2, 0.5]


def test_budgets_are_kept_apart() -> None:
    domain, cache = counting(), PlanCache()
    assert domain.plan(state(0), GOAL, max_expansions=2, cache=cache).status == OUT_OF_BUDGET
    assert domain.plan(state(0), GOAL, max_expansions=5, cache=cache).status == SOLVED
    assert domain.plan(state(0), GOAL, max_expansions=2, cache=cache).status == OUT_OF_BUDGET
    assert counts(cache) == (1, 2, 0, 2)


def test_what_the_clock_stopped_is_not_kept() -> None:
    domain, cache = counting(), PlanCache()
    assert domain.plan(state(0), GOAL, seconds=0, cache=cache).status == OUT_OF_BUDGET
    assert domain.plan(state(0), GOAL, cache=cache).found
    assert counts(cache) == (0, 2, 0, 1)


def test_the_plan_not_asked_for_longest_gives_way() -> None:
    cache = PlanCache(capacity=2)
    keys = [(b"", i, 0) for i in range(3)]
    plans = [Plan(SOLVED, i, 0) for i in range(3)]
    cache.put(keys[0], plans[0])
    cache.put(keys[1], plans[1])
    assert cache.get(keys[0]) is plans[0]
    cache.put(keys[2], plans[2])
    assert [cache.get(key) for key in keys] == [plans[0], None, plans[2]]
    assert counts(cache) == (3, 1, 1, 2)
    cache.clear()
    assert counts(cache) == (3, 1, 1, 0)


def test_capacity() -> None:
    assert PlanCache().capacity == 2048
    for wrong in (0, -1, 1.5, True, None):
        with pytest.raises(MindError, match="the capacity must be 1 or more"):
            PlanCache(wrong)


@settings(max_examples=50)
@given(questions(), st.integers(1, 6), st.data())
def test_a_cache_changes_no_answer(question: Any, capacity: int, data: st.DataObject) -> None:
    """Against a list as the model of what it holds."""
    domain, _, goal = question
    every = st.fixed_dictionaries({name: values(fact) for name, fact in domain.facts.items()})
    cache, held = PlanCache(capacity), []
    expected = [0, 0, 0]
    for asked in data.draw(st.lists(every, max_size=20)):
        plan = domain.plan(asked, goal, cache=cache)
        assert plan == domain.plan(asked, goal)
        key = domain.goal(goal).number(asked)
        expected[0 if key in held else 1] += 1
        held = [k for k in held if k != key] + [key]
        if len(held) > capacity:
            held.pop(0)
            expected[2] += 1
    assert counts(cache) == (*expected, len(held))
