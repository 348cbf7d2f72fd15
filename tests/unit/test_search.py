"""A*: the plan is the canonical one whatever the heuristic, and budgets are kept."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.planner.search import IMPOSSIBLE, OUT_OF_BUDGET, SOLVED, astar
from astraweave_ai.planner.task import Task
from tests.reference.tasks import best, propositional, reachable, run, successors


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
        return successors(self.task, state)

    def estimate(self, state: int) -> int | None:
        return self.estimates[state]


def true_costs(task: Task) -> dict[int, int | None]:
    plans = {state: best(task, state) for state in reachable(task)}
    return {state: None if plan is None else plan[0] for state, plan in plans.items()}


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
        for state, cost in true_costs(task).items()
    }
    for estimates in (drawn, dict.fromkeys(drawn, 0)):
        found = astar(Explicit(task, estimates))
        if wanted is None:
            assert (found.status, found.plan, found.cost) == (IMPOSSIBLE, (), None)
        else:
            assert found.status == SOLVED
            assert (found.cost, len(found.plan), found.plan) == wanted
            assert run(task, found.plan) == found.cost


@given(propositional())
def test_a_perfect_heuristic_leaves_dead_ends_alone(task: Task) -> None:
    costs = true_costs(task)
    space = Explicit(task, costs)
    astar(space)
    assert all(costs[state] is not None for state in space.opened)
    assert len(space.opened) == len(set(space.opened)), "consistent, so nothing is opened twice"


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
