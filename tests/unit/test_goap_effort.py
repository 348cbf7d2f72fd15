"""How many states are expanded: no more than the plan has where the estimate sees everything."""

from typing import Any

import pytest
from hypothesis import given, settings

from astraweave_ai.planner.domain import Action, Add, Bool, Domain, Int
from astraweave_ai.planner.goap_goal import PATTERN
from astraweave_ai.planner.search import IMPOSSIBLE, OUT_OF_BUDGET, SOLVED
from tests.reference.goap_domains import questions


@settings(max_examples=40)
@given(questions())
def test_estimates_fall_by_no_more_than_an_action_costs(
    monkeypatch: pytest.MonkeyPatch, question: Any
) -> None:
    """They are consistent, and 0 at the goal, and so at most what is left, however it is split."""
    domain, _, goal = question
    for states in (1, 6, PATTERN):
        monkeypatch.setattr("astraweave_ai.planner.goap_goal.PATTERN", states)
        prepared = Domain(domain.facts, domain.actions).goal(goal)
        for state in range(prepared.space.count):
            here = prepared.estimate(state)
            assert here == 0 or not prepared.is_met(state)
            for _, step, after in prepared.successors(state):
                there = prepared.estimate(after)
                assert there is None or (here is not None and here <= step + there)


@settings(max_examples=40)
@given(questions())
def test_where_one_table_holds_all_facts_only_the_plan_is_expanded(question: Any) -> None:
    domain, state, goal = question
    prepared = domain.goal(goal)
    if prepared.space.count <= PATTERN and all(rule.step < 1 << 50 for rule in prepared.rules):
        plan = domain.plan(state, prepared)
        assert plan.expanded == len(plan.actions)
        assert plan.status in (SOLVED, IMPOSSIBLE)


@pytest.mark.parametrize("count", [9, 10, 14, 30])
def test_wishes_that_have_nothing_to_do_with_each_other(count: int) -> None:
    """All orders cost the same, and the first by names comes without a look at the others."""
    names = [f"f{i:02}" for i in range(count)]
    domain = Domain(
        {name: Bool() for name in names}, [Action(name, does={name: True}) for name in names]
    )
    nothing, everything = dict.fromkeys(names, False), dict.fromkeys(names, True)
    plan = domain.plan(nothing, everything)
    assert (plan.actions, plan.expanded) == (tuple(names), count)
    less = domain.plan(nothing, everything, max_expansions=count - 1)
    assert (less.status, less.expanded) == (OUT_OF_BUDGET, count - 1)


def test_two_counters_of_a_hundred() -> None:
    domain = Domain(
        {"n": Int(0, 100), "m": Int(0, 100)},
        [Action("b", does={"n": Add(1)}), Action("a", does={"m": Add(1)})],
    )
    plan = domain.plan({"n": 0, "m": 0}, {"n": 100, "m": 100})
    assert (plan.actions, plan.expanded) == (("a",) * 100 + ("b",) * 100, 200)
