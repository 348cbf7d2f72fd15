"""Plans are optimal, canonical and deterministic; failures are told apart and name the fact."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from astraweave_ai.planner.domain import Action, Add, At, Bool, Domain, Int, Symbol
from astraweave_ai.planner.goap_explain import Reach
from astraweave_ai.planner.goap_goal import PATTERN
from astraweave_ai.planner.search import IMPOSSIBLE, OUT_OF_BUDGET, SOLVED
from perf.goap import AFAR, RESCUE, WIN, WIN_TOGETHER, companion, fighter, random_states
from tests.reference import goap as brute
from tests.reference.goap_domains import SOLDIER, questions, soldier

MANY = 1_000_000
# -- plans -----------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(questions())
def test_the_plan_is_that_of_brute_force(question: Any) -> None:
    domain, state, goal = question
    best = brute.cheapest(domain, tuple(state.values()), goal)
    plan = domain.plan(state, goal, max_expansions=MANY)
    if best is None:
        assert plan.status == IMPOSSIBLE
        assert plan.cost is None
        assert plan.reason
    else:
        cost, _, names = best
        assert (plan.status, plan.actions, plan.reason) == (SOLVED, names, "")
        assert plan.cost == float(cost)


@settings(max_examples=40)
@given(questions())
def test_it_is_so_without_any_estimate(monkeypatch: pytest.MonkeyPatch, question: Any) -> None:
    """Which facts the estimate looks at may change the effort, never the plan."""
    domain, state, goal = question
    for states in (1, 4, 12):
        monkeypatch.setattr("astraweave_ai.planner.goap_goal.PATTERN", states)
        fresh = Domain(domain.facts, domain.actions)
        plan, other = (d.plan(state, goal, max_expansions=MANY) for d in (fresh, domain))
        assert (plan.status, plan.actions, plan.cost) == (other.status, other.actions, other.cost)


@settings(max_examples=40)
@given(questions())
def test_a_plan_does_what_it_says(question: Any) -> None:
    """Executed step by step by the meaning of the actions, it ends in the goal at its cost."""
    domain, state, goal = question
    plan = domain.plan(state, goal, max_expansions=MANY)
    named = {action.name: action for action in domain.actions}
    now = tuple(state.values())
    for name in plan.actions:
        assert brute.holds(domain, now, named[name].needs)
        now = brute.after(domain, now, named[name])
    assert brute.holds(domain, now, goal) == plan.found


@settings(max_examples=40)
@given(questions())
def test_irrelevant_facts_and_declared_order_change_nothing(question: Any) -> None:
    domain, state, goal = question
    relevant = domain.goal(goal).relevant
    plan = domain.plan(state, goal, max_expansions=MANY)
    for name, fact in domain.facts.items():
        if name not in relevant:
            other = {**state, name: fact.value(fact.size - 1)}
            assert domain.plan(other, goal, max_expansions=MANY) == plan
    turned = Domain(dict(reversed(domain.facts.items())), domain.actions[::-1])
    again = turned.plan(state, goal, max_expansions=MANY)
    assert (again.status, again.actions, again.cost) == (plan.status, plan.actions, plan.cost)


@pytest.mark.parametrize("goal", [WIN, WIN_TOGETHER, {"ally_down": False, "grenades": 2}])
def test_a_domain_of_twenty_actions(goal: dict[str, Any]) -> None:
    domain = fighter()
    assert len(domain.actions) == 20
    assert domain.goal(goal).space.count > 9 * PATTERN, "the estimate does not see all facts"
    for state in random_states(domain, 5, seed=1):
        best = brute.cheapest(domain, tuple(state.values()), goal)
        plan = domain.plan(state, goal, max_expansions=MANY)
        assert best is not None
        assert (plan.actions, plan.cost) == (best[2], float(best[0]))


def test_ties_go_to_fewer_actions_and_then_to_names() -> None:
    def pick(*actions: Action) -> tuple[str, ...]:
        domain = Domain({"n": Int(0, 4)}, actions)
        return domain.plan({"n": 0}, {"n": 2}).actions

    assert pick(Action("a", 1, does={"n": Add(1)}), Action("z", 2, does={"n": 2})) == ("z",)
    assert pick(Action("b", 1, does={"n": Add(1)}), Action("a", 1, does={"n": Add(1)})) == (
        "a",
        "a",
    )
    assert pick(Action("b", 0, does={"n": Add(2)}), Action("a", 0, does={"n": Add(1)})) == ("b",)


def test_costs_count_as_the_decimals_that_they_print_as() -> None:
    """In binary 0.1 + 0.2 is more than 0.3; here they tie, and the shorter plan wins."""
    domain = Domain(
        {"n": Int(0, 2)},
        [
            Action("a", 0.1, {"n": 0}, {"n": 1}),
            Action("b", 0.2, {"n": 1}, {"n": 2}),
            Action("c", 0.3, {"n": 0}, {"n": 2}),
        ],
    )
    plan = domain.plan({"n": 0}, {"n": 2})
    assert (plan.actions, plan.cost) == (("c",), 0.3)


@pytest.mark.parametrize("costs", [(1e300, 1e-300), (1e18, 1), (2.0**-40, 3.0)])
def test_costs_of_any_size_are_exact(costs: tuple[float, float]) -> None:
    large, small = costs
    domain = Domain(
        {"n": Int(0, 3), "m": Int(0, 9)},
        [
            Action("once", large, does={"n": 3}),
            Action("thrice", small, does={"n": Add(1)}),
            Action("wait", small, does={"m": Add(1)}),
        ],
    )
    cheap = large <= 3 * small
    plan = domain.plan({"n": 0, "m": 0}, {"n": 3, "m": 9})
    waits = ("wait",) * 9
    assert plan.actions == (("once", *waits) if cheap else ("thrice",) * 3 + waits)


def test_nothing_to_do() -> None:
    done = {**SOLDIER, "enemy_down": True}
    for goal in ({"enemy_down": True}, {}, {"ammo": At.least(0)}):
        plan = soldier().plan(done, goal)
        assert plan.found
        assert (plan.actions, plan.cost, plan.expanded) == ((), 0, 0)
    assert str(plan) == "nothing to do (cost 0)"


def test_what_matters_to_a_goal() -> None:
    domain = soldier()
    assert domain.goal({"enemy_down": True}).relevant == ("enemy_down", "ammo")
    assert domain.goal({"stance": "crouch"}).relevant == ("stance",)
    assert domain.goal({}).relevant == ()


# -- failures --------------------------------------------------------------------------------------


def test_budget_and_impossible_differ() -> None:
    domain = soldier()
    goal = {"enemy_down": True, "ammo": 30}
    assert domain.plan(SOLDIER, goal, max_expansions=10_000).found
    short = domain.plan(SOLDIER, goal, max_expansions=5)
    assert (short.status, short.expanded, short.cost) == (OUT_OF_BUDGET, 5, None)
    assert "not found within the budget: 5 states" in short.reason
    assert domain.plan(SOLDIER, goal, seconds=0).status == OUT_OF_BUDGET


@settings(max_examples=40)
@given(questions())
def test_a_larger_budget_never_loses_a_plan(question: Any) -> None:
    domain, state, goal = question
    plan = domain.plan(state, goal, max_expansions=MANY)
    for budget in (plan.expanded, plan.expanded + 1):
        assert domain.plan(state, goal, max_expansions=budget) == plan
    for budget in range(plan.expanded):
        less = domain.plan(state, goal, max_expansions=budget)
        assert less.expanded <= budget
        # To prove that there is no plan, it may be enough to look at the facts one by one.
        assert less.status == OUT_OF_BUDGET or (less.status == plan.status == IMPOSSIBLE)


def test_impossible_names_the_facts_and_what_they_lack() -> None:
    domain = soldier()
    unarmed = Domain(domain.facts, [a for a in domain.actions if a.name != "reload"])
    plan = unarmed.plan(SOLDIER, {"enemy_down": True})
    assert plan.status == IMPOSSIBLE
    assert plan.reason.splitlines() == [
        "enemy_down can never be True (it is False): shoot needs ammo at least 1",
        "ammo can never be at least 1 (it is 0): no action makes it so",
    ]
    assert str(plan) == plan.reason


def test_impossible_is_proved_even_where_the_budget_ends_first() -> None:
    """By facts one by one, although the states are too many to look at."""
    counters = {f"n{i}": Int(0, 99) for i in range(5)}
    ups = [Action(f"up{i}", does={f"n{i}": Add(1)}) for i in range(5)]
    last = Action("open", 1, {"key": True, **dict.fromkeys(counters, 99)}, {"door": True})
    domain = Domain({"door": Bool(), "key": Bool(), **counters}, [*ups, last])
    state = {"door": False, "key": False, **dict.fromkeys(counters, 0)}
    plan = domain.plan(state, {"door": True}, max_expansions=10)
    assert plan.status == IMPOSSIBLE
    assert "key can never be True" in plan.reason
    assert domain.plan({**state, "key": True}, {"door": True}).status == OUT_OF_BUDGET


def test_impossible_where_facts_exclude_each_other() -> None:
    domain = Domain(
        {"door": Symbol("open", "shut"), "lamp": Bool(), "gone": Bool()},
        [
            Action("open", does={"door": "open", "lamp": False}),
            Action("light", 1, {"door": "shut"}, {"lamp": True}),
            Action("leave", 1, {"door": "open", "lamp": True}, {"gone": True}),
        ],
    )
    state = {"door": "shut", "lamp": False, "gone": False}
    both = domain.plan(state, {"door": "open", "lamp": True})
    assert both.reason == "no order of actions reaches all of these at once: door 'open', lamp True"
    gone = domain.plan(state, {"gone": True})
    expected = "no order of actions reaches gone True: leave needs door 'open' and lamp True"
    assert gone.reason == expected
    assert domain.plan(state, {"gone": True, "door": "open"}).reason == expected


@settings(max_examples=50)
@given(questions())
def test_what_is_said_to_be_out_of_reach_is(question: Any) -> None:
    domain, state, goal = question
    prepared = domain.goal(goal)
    codes = prepared.codes(prepared.number(state))
    reach = Reach(domain.facts, prepared.rules, codes)
    seen = brute.reachable(domain, tuple(state.values()))
    for place, (name, fact) in enumerate(domain.facts.items()):
        if name in codes:
            assert all(reach.reached[name][fact.code(other[place])] for other in seen)
    plan = domain.plan(state, goal, max_expansions=MANY)
    unmet = reach.unmet(prepared.wanted)
    assert (plan.status == IMPOSSIBLE) or not unmet
    if plan.status == IMPOSSIBLE:
        first_of = [line.split()[0] for line in plan.reason.splitlines()]
        assert first_of[: len(unmet)] == unmet
        assert unmet or plan.reason.startswith("no order of actions reaches ")


# -- the measured domains --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "goal"), [(companion, RESCUE), (fighter, WIN), (fighter, WIN_TOGETHER)]
)
def test_plans_from_afar_hold_step_by_step(make: Any, goal: dict[str, Any]) -> None:
    """From each state on the way, the rest of the plan is the plan."""
    domain = make()
    state = AFAR[make.__name__]
    plan = domain.plan(state, goal)
    assert plan.found
    named = {action.name: action for action in domain.actions}
    now, left = tuple(state.values()), plan.actions
    for name in plan.actions:
        now, left = brute.after(domain, now, named[name]), left[1:]
        assert domain.plan(dict(zip(state, now, strict=True)), goal).actions == left


def test_actions_are_in_the_order_of_their_names() -> None:
    for first, second in pairwise(fighter().actions):
        assert first.name < second.name
