"""Plans for many agents are those that each of them would get alone, made once each."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_ai.errors import DomainError
from astraweave_ai.planner import batch
from astraweave_ai.planner.bake import NO_PLAN, NOTHING, UNDECIDED
from astraweave_ai.planner.batch import plan_many
from astraweave_ai.planner.cache import PlanCache
from astraweave_ai.planner.domain import Action, Add, At, Bool, Domain, Int, Symbol
from tests.reference.goap_domains import questions, values


@settings(max_examples=80)
@given(questions(), st.data(), st.sampled_from((1 << 62, 16, 1)))
def test_each_agent_gets_its_plan(
    monkeypatch: pytest.MonkeyPatch, question: Any, data: st.DataObject, largest: int
) -> None:
    """Also where states are too many for one integer, for which the bound is lowered here."""
    monkeypatch.setattr(batch, "_LARGEST", largest)
    domain, _, goal = question
    one = st.fixed_dictionaries({name: values(fact) for name, fact in domain.facts.items()})
    agents = data.draw(st.lists(one, max_size=12))
    arrays = {name: np.array([agent[name] for agent in agents]) for name in domain.facts}
    if not agents:
        arrays = {name: np.zeros(0, np.int64) for name in domain.facts}
    plans = plan_many(domain, arrays, goal)
    assert len(plans) == len(agents)
    assert [plans[i] for i in range(len(agents))] == [domain.plan(a, goal) for a in agents]
    numbers = {domain.goal(goal).number(agent) for agent in agents}
    assert len(plans.plans) == len(numbers)
    for agent, choice in enumerate(plans.first):
        plan = plans[agent]
        if plan.actions:
            assert domain.actions[choice].name == plan.actions[0]
        else:
            assert choice == (NOTHING if plan.found else NO_PLAN)


def squad() -> Domain:
    return Domain(
        {"ammo": Int(-2, 3), "stance": Symbol("stand", "crouch", "prone"), "safe": Bool()},
        [
            Action("crouch", 1, {"stance": "stand"}, {"stance": "crouch"}),
            Action("reload", 2, {"stance": "crouch"}, {"ammo": Add(2)}),
            Action("hide", 3, {"stance": "crouch", "ammo": At.least(1)}, {"safe": True}),
        ],
    )


def test_values_come_in_many_forms() -> None:
    forms: list[dict[str, Any]] = [
        {"ammo": [-2, 1, 3], "stance": ["stand", "prone", "crouch"], "safe": False},
        {"ammo": np.array([-2, 1, 3], np.int8), "stance": np.array([0, 2, 1]), "safe": [0, 0, 0]},
        {"ammo": np.array([-2.0, 1, 3]), "stance": [0, 2, 1], "safe": np.zeros(3, np.bool_)},
    ]
    firsts = [plan_many(squad(), form, {"safe": True}).first.tolist() for form in forms]
    assert firsts == [[0, NO_PLAN, 1]] * 3
    only = {"safe": True, "stance": "stand", "ammo": 3}
    assert plan_many(squad(), only, {"safe": False}).first.tolist() == [NO_PLAN]
    one = {"safe": [True, False], "stance": "prone", "ammo": 0}
    assert plan_many(squad(), one, {"safe": True}).first.tolist() == [NOTHING, NO_PLAN]


def test_facts_that_do_not_matter_may_be_absent() -> None:
    plans = plan_many(squad(), {"stance": ["stand", "crouch"]}, {"stance": "crouch"})
    assert plans.first.tolist() == [0, NOTHING]
    assert len(plan_many(squad(), {"stance": ["stand"] * 4}, {})) == 4


def test_a_budget_that_is_too_small() -> None:
    one = {"ammo": [-2, 3], "stance": "stand", "safe": False}
    plans = plan_many(squad(), one, {"safe": True}, max_expansions=2)
    assert plans.first.tolist() == [UNDECIDED, 0]


def test_states_beyond_64_bits() -> None:
    """Six facts of 65,536 values: 2^96 states."""
    big = {f"n{i}": Int(0, 65535) for i in range(6)}
    ups = [Action(f"up{i}", 1, {}, {f"n{i}": Add(1)}) for i in range(6)]
    domain = Domain(big, ups)
    rng = np.random.default_rng(5)
    arrays = {name: 65535 - (rng.random(40) < 0.1) for name in big}
    goal = dict.fromkeys(big, 65535)
    plans = plan_many(domain, arrays, goal)
    for agent in range(40):
        own = {name: int(array[agent]) for name, array in arrays.items()}
        assert plans[agent] == domain.plan(own, goal)
        assert plans[agent].cost == sum(value == 65534 for value in own.values())


def test_the_cache_counts_agents() -> None:
    cache = PlanCache()
    arrays = {"ammo": [1] * 6 + [2] * 3, "stance": "stand", "safe": False}
    first = plan_many(squad(), arrays, {"safe": True}, cache=cache)
    assert (cache.statistics.hits, cache.statistics.misses) == (7, 2)
    again = plan_many(squad(), arrays, {"safe": True}, cache=cache)
    assert (cache.statistics.hits, cache.statistics.misses) == (16, 2)
    assert all(a is b for a, b in zip(first.plans, again.plans, strict=True))


@pytest.mark.parametrize(
    ("message", "facts"),
    [
        ("facts: no values for stance, which matter here", {"ammo": 0, "safe": [True]}),
        ("facts: 'armour': no such fact", {"armour": [1]}),
        ("facts must be a mapping of arrays by fact", [1]),
        ("ammo: expected a whole number from -2 to 3, got 4 at 1", {"ammo": [3, 4]}),
        ("ammo: expected a whole number from -2 to 3, got 0.5 at 0", {"ammo": [0.5]}),
        ("ammo: expected a whole number from -2 to 3, got nan at 0", {"ammo": [np.nan]}),
        ("ammo: expected a whole number from -2 to 3, got 'x' at 0", {"ammo": ["x"]}),
        ("stance: expected one of 'stand', 'crouch', 'prone', got 'zzz' at 0", {"stance": "zzz"}),
        ("stance: expected one of 'stand', 'crouch', 'prone', got 3 at 0", {"stance": [3]}),
        ("safe: expected True or False, got 2 at 1", {"safe": [1, 2]}),
        (
            "arrays of one length, got shapes ammo: (2,), safe: (3,)",
            {"ammo": [1, 2], "safe": [0] * 3},
        ),
        ("arrays of one length, got shapes ammo: (1, 2)", {"ammo": [[1, 2]]}),
    ],
)
def test_mistakes(message: str, facts: Any) -> None:
    if isinstance(facts, dict) and "armour" not in facts and "no values" not in message:
        facts = {"ammo": 0, "stance": "stand", "safe": False} | facts
    with pytest.raises(DomainError) as error:
        plan_many(squad(), facts, {"safe": True})
    assert message in str(error.value)


def test_choices_are_bytes() -> None:
    many = Domain({"n": Int(0, 9)}, [Action(f"a{i}", does={"n": Add(1)}) for i in range(254)])
    plans = plan_many(many, {"n": [1]}, {"n": 9})
    assert plans[0].actions == ("a0",) * 8
    with pytest.raises(DomainError, match="254 actions; where choices are bytes at most 253"):
        _ = plans.first
