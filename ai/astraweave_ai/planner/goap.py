"""Goal-oriented action planning: the plan from a state to a goal, or why there is none.

The plan is the canonical one of `search.astar`: the cheapest, of those the shortest, of those the
first by the names of its actions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

from ..errors import DomainError
from .domain_rules import LENGTH_BITS
from .domain_terms import is_number, is_whole
from .goap_explain import Reach, describe
from .goap_goal import Goal
from .search import IMPOSSIBLE, OUT_OF_BUDGET, SOLVED, astar

MAX_EXPANSIONS = (1 << LENGTH_BITS) - 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What the planner answers.

    Args:
        status: SOLVED, IMPOSSIBLE or OUT_OF_BUDGET.
        expanded: states whose successors were looked at, what budgets count.
        generated: successors that were looked at.
        actions: names in order; empty also where the goal holds already.
        cost: sum of the actions' costs; None unless solved.
        explain: makes the reason.
    """

    status: str
    expanded: int
    generated: int
    actions: tuple[str, ...] = ()
    cost: float | None = None
    explain: Callable[[], str] = field(default=str, compare=False, repr=False)  # str() is empty

    @property
    def reason(self) -> str:
        """Why there is no plan, one line for each fact; empty if there is one.

        Found when it is asked for, because most plans that fail are never read.
        """
        return self.explain()

    @property
    def found(self) -> bool:
        """Whether there is a plan."""
        return self.status == SOLVED

    def __str__(self) -> str:
        if not self.found:
            return self.reason
        return f"{', '.join(self.actions) or 'nothing to do'} (cost {self.cost:g})"


def check_budget(max_expansions: Any, seconds: Any = None) -> None:
    """Raise DomainError unless it is a number of expansions that prices allow, and a time."""
    if type(max_expansions) is int and 0 <= max_expansions <= MAX_EXPANSIONS and seconds is None:
        return  # nearly always; a plan from the cache takes a few µs in all
    if not is_whole(max_expansions) or not 0 <= max_expansions <= MAX_EXPANSIONS:
        raise DomainError(
            f"max_expansions must be a whole number from 0 to {MAX_EXPANSIONS:,}, "
            f"got {max_expansions!r}"
        )
    if seconds is not None and not (is_number(seconds) and seconds >= 0):
        raise DomainError(f"seconds must be a number of 0 or more, or None, got {seconds!r}")


def plan_from(goal: Goal, state: int, max_expansions: int, seconds: float | None = None) -> Plan:
    """The canonical plan from the state of this number, or why there is none."""
    found = astar(_From(goal, state), max_expansions=max_expansions, seconds=seconds)
    effort = found.expanded, found.generated
    if found.solved:
        names = tuple(goal.every_rule[index].name for index in found.plan)
        return Plan(SOLVED, *effort, names, _cost(goal, found.cost))
    if found.status == OUT_OF_BUDGET and not _lines(goal, state):
        return Plan(OUT_OF_BUDGET, *effort, explain=partial(_told_budget, found.expanded))
    return Plan(IMPOSSIBLE, *effort, explain=partial(_told_impossible, goal, state, max_expansions))


def _lines(goal: Goal, state: int) -> list[str]:
    """What is out of reach even where facts are looked at one by one."""
    return Reach(goal.facts, goal.rules, goal.codes(state)).lines(goal.wanted)


def _told_impossible(goal: Goal, state: int, max_expansions: int) -> str:
    return "\n".join(_lines(goal, state) or _together(goal, state, max_expansions))


def _cost(goal: Goal, price: float | None) -> float:
    cost = Fraction(int(price or 0) >> LENGTH_BITS, goal.scale)
    return int(cost) if cost.denominator == 1 else float(cost)


def _together(goal: Goal, state: int, max_expansions: int) -> list[str]:
    """What to say where nothing is out of reach when facts are looked at one by one."""
    told = {name: f"{name} {describe(goal.facts[name], goal.wanted[name])}" for name in goal.wanted}
    never = [
        name for name in told if len(told) == 1 or _fails_alone(goal, name, state, max_expansions)
    ]
    if not never:
        return [f"no order of actions reaches all of these at once: {', '.join(told.values())}"]
    reach = Reach(goal.facts, goal.rules, goal.codes(state))
    return [
        f"no order of actions reaches {told[name]}: {reach.makers(name, goal.wanted[name])}"
        for name in never
    ]


def _fails_alone(goal: Goal, name: str, state: int, max_expansions: int) -> bool:
    """Whether one fact of the goal is impossible even without the others."""
    alone = Goal(goal.facts, goal.every_rule, goal.scale, {name: goal.wanted[name]}, goal.origin)
    codes = goal.codes(state)
    weights = zip(alone.relevant, alone.space.weights, strict=True)
    start = sum(codes[fact] * weight for fact, weight in weights)
    found = astar(_From(alone, start), max_expansions=max_expansions)
    return found.status == IMPOSSIBLE


def _told_budget(expanded: int) -> str:
    return (
        f"not found within the budget: {expanded:,} states were expanded; there may be a plan: "
        "allow more expansions or time, or begin nearer to the goal"
    )


class _From:
    """A goal and a state to start from, as A* wants them."""

    def __init__(self, goal: Goal, initial: int) -> None:
        self.initial = initial
        self.is_goal, self.successors, self.estimate = goal.is_met, goal.successors, goal.estimate
