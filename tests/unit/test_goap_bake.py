"""A baked table holds, for every state, the first action of the plan that the planner makes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_ai.errors import DomainError
from astraweave_ai.planner.bake import MAX_STATES, NO_PLAN, NOTHING, Baked, bake
from astraweave_ai.planner.batch import plan_many
from astraweave_ai.planner.domain import Action, Add, At, Bool, Domain, Int
from perf.goap import RESCUE, WIN_TOGETHER, companion, fighter
from tests.reference import goap as brute
from tests.reference.goap_domains import COSTS, conditions, domains, some

MANY = 1_000_000


def every_state(domain: Domain) -> dict[str, np.ndarray]:
    """All states as arrays of values, for facts of few values."""
    columns = zip(*brute.all_states(domain), strict=True)
    return {name: np.array(column) for name, column in zip(domain.facts, columns, strict=True)}


def first_by_brute_force(domain: Domain, state: Any, goal: Any) -> int:
    best = brute.cheapest(domain, state, goal)
    if best is None:
        return NO_PLAN
    names = [action.name for action in domain.actions]
    return names.index(best[2][0]) if best[2] else NOTHING


@settings(max_examples=60)
@given(domains(costs=COSTS[:-1]), st.data())
def test_every_state_of_random_domains(domain: Domain, data: st.DataObject) -> None:
    goals = data.draw(st.lists(some(domain.facts, conditions, 3), min_size=1, max_size=3))
    baked = bake(domain, goals)
    states = every_state(domain)
    for index, goal in enumerate(goals):
        chosen = baked.choose(states, index)
        planned = plan_many(domain, states, goal, max_expansions=MANY).first
        assert np.array_equal(chosen, planned)
        rows = data.draw(st.lists(st.integers(0, len(chosen) - 1), max_size=3))
        for row in rows:
            state = tuple(column[row].item() for column in states.values())
            assert chosen[row] == first_by_brute_force(domain, state, goal)


@pytest.mark.parametrize("seed", range(3))
def test_states_of_the_measured_domains(seed: int) -> None:
    for domain, goal, count in ((companion(), RESCUE, 2000), (fighter(), WIN_TOGETHER, 300)):
        baked = bake(domain, [goal])
        rng = np.random.default_rng(seed)
        states = {}
        for name, fact in domain.facts.items():
            codes = rng.integers(fact.size, size=count)
            states[name] = codes + fact.low if isinstance(fact, Int) else codes
        planned = plan_many(domain, states, goal, max_expansions=MANY).first
        assert np.array_equal(baked.choose(states), planned)
        assert len(np.unique(planned)) > 4


def test_following_the_table_is_following_the_plan() -> None:
    domain = companion()
    baked = bake(domain, [RESCUE])
    state = {
        "place": "back",
        "ammo": 2,
        "smoke_ready": True,
        "smoke_up": False,
        "enemy_pinned": False,
        "player_down": True,
    }
    plan = domain.plan(state, RESCUE)
    done, now = [], tuple(state.values())
    while (choice := baked.choose(dict(zip(state, now, strict=True)))[0]) < NO_PLAN:
        done.append(domain.actions[choice].name)
        now = brute.after(domain, now, domain.actions[choice])
    assert choice == NOTHING
    assert tuple(done) == plan.actions


def test_goals_share_one_space() -> None:
    domain = Domain(
        {"a": Bool(), "b": Int(0, 2), "c": Bool()},
        [Action("set", does={"a": True}), Action("up", 1, {"a": True}, {"b": Add(1)})],
    )
    baked = bake(domain, [{"a": True}, {"b": 2}, {}])
    assert baked.space.names == ("a", "b"), "c matters to none"
    assert baked.table.shape == (3, 6)
    one = {"a": False, "b": 0}
    assert baked.choose(one, [0, 1, 2]).tolist() == [0, 0, NOTHING]
    assert baked.choose({"a": [True, True], "b": [1, 2]}, 1).tolist() == [1, NOTHING]
    for wrong in (3, -1, 0.5, [0, 3]):
        with pytest.raises(DomainError, match="goal must be an index below 3"):
            baked.choose(one, wrong)
    with pytest.raises(DomainError, match=r"goal: one or 2 indices wanted, got \(3,\)"):
        baked.choose({"a": [True, True], "b": 1}, [0, 1, 2])


def test_limits() -> None:
    wide = {f"n{i}": Int(0, 127) for i in range(4)}
    ups = [Action(f"up{i}", 1, {}, {f"n{i}": Add(1)}) for i in range(4)]
    near = Domain(wide, ups)
    assert bake(near, [{"n0": 127, "n1": 127}]).space.count == 1 << 14
    with pytest.raises(DomainError, match=r"2,097,152 states, at most 1,048,576: n0 \(128\) ×"):
        bake(near, [{"n0": 1, "n1": 1, "n2": 1}])
    with pytest.raises(DomainError, match="give at least one goal"):
        bake(near, [])
    many = Domain({"n": Int(0, 9)}, [Action(f"a{i}", does={"n": Add(1)}) for i in range(254)])
    with pytest.raises(DomainError, match="254 actions"):
        bake(many, [{"n": 9}])
    full = {f"b{i}": Bool() for i in range(20)}
    both = [Action(f"{v}{i}", does={f"b{i}": v}) for i in range(20) for v in (True, False)]
    with pytest.raises(DomainError, match="40 actions make 41,943,040 moves"):
        bake(Domain(full, both), [dict.fromkeys(full, True)])


def with_costs(small: float, large: float) -> Domain:
    return Domain(
        {"n": Int(0, 40), "m": Int(0, 1)},
        [
            Action("a", small, does={"n": Add(1)}),
            Action("b", large, {"n": At.most(30)}, {"n": Add(2), "m": 1}),
            Action("c", large, does={"m": 1}),
        ],
    )


@pytest.mark.parametrize("costs", [(0, 0), (0.001, 1e5), (1e5, 0.001), (1e-6, 1e6)])
def test_sums_of_costs_are_exact(costs: tuple[float, float]) -> None:
    domain, goal = with_costs(*costs), {"n": 40, "m": 1}
    states = every_state(domain)
    planned = plan_many(domain, states, goal, max_expansions=MANY).first
    assert np.array_equal(bake(domain, [goal]).choose(states), planned)


@pytest.mark.parametrize("costs", [(1e-6, 1e7), (1 / 3, 1.0), (1e300, 1.0), (1e-300, 1e300)])
def test_sums_that_do_not_fit_are_refused(costs: tuple[float, float]) -> None:
    with pytest.raises(DomainError, match="do not fit 62 bits; round the costs"):
        bake(with_costs(*costs), [{"n": 40, "m": 1}])


def test_the_largest_table() -> None:
    domain = Domain(
        {f"b{i}": Bool() for i in range(20)},
        [
            Action(f"a{i:02}", 1, {f"b{i - 1}": True} if i else {}, {f"b{i}": True})
            for i in range(20)
        ],
    )
    baked: Baked = bake(domain, [{"b19": True}])
    assert baked.table.shape == (1, MAX_STATES)
    state = {f"b{i}": i in (3, 7) for i in range(20)}
    assert baked.choose(state)[0] == 8, "as b7 holds, what comes before it does not matter"
