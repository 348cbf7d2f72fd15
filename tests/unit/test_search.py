"""A*: the plan is the canonical one whatever the heuristic, and budgets are kept."""

from collections.abc import Iterable
from heapq import heappop, heappush

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.planner.search import IMPOSSIBLE, OUT_OF_BUDGET, SOLVED, astar
from astraweave_ai.planner.task import Task
from tests.reference.tasks import best, propositional, reachable, run, successors

LENGTH = 1 << 20  # a price is the cost times this and the number of actions


class Explicit:
    """A task as a space, with given estimates."""

    def __init__(self, task: Task, estimates: dict[int, int | None]) -> None:
        self.task = task
        self.initial = task.initial
        self.estimates = estimates
        self.opened: list[int] = []

    def is_goal(self, state: int) -> bool:
        return state & self.task.goal == self.task.goal

    def successors(self, state: int) -> Iterable[tuple[int, int, int]]:
        self.opened.append(state)
        return [
            (number, cost * LENGTH + 1, after)
            for number, cost, after in successors(self.task, state)
        ]

    def estimate(self, state: int) -> int | None:
        return self.estimates[state]


def true_prices(task: Task) -> dict[int, int | None]:
    plans = {state: best(task, state) for state in reachable(task)}
    return {
        state: None if plan is None else plan[0] * LENGTH + plan[1] for state, plan in plans.items()
    }


def expanded_by_length(space: Explicit) -> int:
    """Expansions of an A* that takes the shortest first among equal f, and then the first."""
    best_ways: dict[int, tuple[int, tuple[int, ...]]] = {}
    queue: list[tuple[int, int, tuple[int, ...], int, int]] = []
    expanded = 0

    def reach(price: int, plan: tuple[int, ...], state: int) -> None:
        rest = space.estimate(state)
        if rest is not None and (state not in best_ways or (price, plan) < best_ways[state]):
            best_ways[state] = price, plan
            heappush(queue, (price + rest, len(plan), plan, price, state))

    reach(0, (), space.initial)
    while queue:
        _, _, plan, price, state = heappop(queue)
        if best_ways[state] == (price, plan):
            if space.is_goal(state):
                break
            expanded += 1
            for number, step, after in space.successors(state):
                reach(price + step, (*plan, number), after)
    return expanded


@given(propositional(), st.data())
def test_the_plan_is_the_first_of_all_whatever_the_heuristic(
    task: Task, data: st.DataObject
) -> None:
    """Estimates are drawn below the true cost, so they are admissible and rarely consistent."""
    wanted = best(task, task.initial)
    drawn = {
        state: data.draw(st.none() | st.just(0))
        if cost is None
        else data.draw(st.integers(0, cost))
        for state, cost in true_prices(task).items()
    }
    for estimates in (drawn, dict.fromkeys(drawn, 0)):
        found = astar(Explicit(task, estimates))
        if wanted is None:
            assert (found.status, found.plan, found.cost) == (IMPOSSIBLE, (), None)
        else:
            assert found.status == SOLVED
            assert (found.cost // LENGTH, found.cost % LENGTH, found.plan) == wanted
            assert run(task, found.plan) == wanted[0]


@given(propositional())
def test_a_perfect_heuristic_expands_the_plan_and_nothing_else(task: Task) -> None:
    prices = true_prices(task)
    space = Explicit(task, prices)
    found = astar(space)
    assert found.expanded == len(space.opened) == len(found.plan)
    assert all(prices[state] is not None for state in space.opened)
    assert found.solved == (prices[task.initial] is not None)


@given(propositional(), st.data())
def test_it_never_expands_more_than_the_shortest_first_would(
    task: Task, data: st.DataObject
) -> None:
    """For consistent estimates: here the true price up to a bound, and none."""
    prices = true_prices(task)
    bound = data.draw(st.integers(0, max(price or 0 for price in prices.values())))
    for blind in (False, True):  # to dead ends
        known = {
            state: min(price, bound) if price is not None else bound if blind else None
            for state, price in prices.items()
        }
        space = Explicit(task, known)
        found = astar(space)
        assert len(space.opened) == len(set(space.opened)), "consistent: nothing is opened twice"
        assert found.expanded <= expanded_by_length(space)


@given(propositional(), st.integers(0, 20))
def test_a_budget_of_expansions_is_kept(task: Task, budget: int) -> None:
    space = Explicit(task, dict.fromkeys(reachable(task), 0))
    free = astar(space)
    space.opened.clear()
    found = astar(space, max_expansions=budget)
    assert found.expanded == len(space.opened) <= budget
    if free.expanded <= budget:
        assert (found.status, found.plan) == (free.status, free.plan)
    else:
        assert (found.status, found.plan, found.cost) == (OUT_OF_BUDGET, (), None)


class Endless:
    """A corridor without an end, each step of which costs a float."""

    initial = 0

    def __init__(self, goal: int = -1) -> None:
        self.goal = goal

    def is_goal(self, state: int) -> bool:
        return state == self.goal

    def successors(self, state: int) -> Iterable[tuple[int, float, int]]:
        return [(0, 0.5, state + 1)]

    def estimate(self, state: int) -> float:
        return 0.0


def test_time_is_an_outer_stop() -> None:
    found = astar(Endless(), seconds=0.02)
    assert found.status == OUT_OF_BUDGET
    assert not found.solved
    assert found.seconds >= 0.02


def test_costs_may_be_floats() -> None:
    found = astar(Endless(goal=7), max_expansions=100)
    assert found.cost == 3.5
    assert found.plan == (0,) * 7
    assert "solved" in repr(found)


@pytest.mark.parametrize("budget", [None, 0])
def test_a_goal_at_the_start_needs_nothing(budget: int | None) -> None:
    found = astar(Endless(goal=0), max_expansions=budget)
    assert (found.status, found.plan, found.cost, found.expanded) == (SOLVED, (), 0, 0)
