"""From two PDDL files to an answer: a plan, a proof that there is none, or neither in time."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from ..planner.mutex import without_exclusive
from ..planner.outcome import IMPOSSIBLE, OUT_OF_BUDGET, Outcome
from ..planner.task import Task
from .domain import parse_domain
from .ground import ground
from .model import Domain, Problem
from .problem import parse_problem
from .reach import OutOfBudget
from .reader import load


class Answer:
    """What the planner says of a problem."""

    def __init__(
        self,
        outcome: Outcome,
        plan: tuple[str, ...],
        optimal: bool,
        seconds: float,
        explanation: tuple[str, ...],
    ) -> None:
        self.status = outcome.status  # "solved", "impossible" or "out_of_budget"
        self.plan = plan  # actions such as "(move a b)"; empty unless solved
        self.cost = outcome.cost  # None unless solved
        self.optimal = optimal  # whether no plan can cost less
        self.expanded = outcome.expanded  # states whose successors were generated
        self.generated = outcome.generated
        self.seconds = seconds  # for reading, grounding and searching
        self.explanation = explanation  # why there is no plan; empty if solved


def solve(
    domain_path: str, problem_path: str, *, fast: bool = False, seconds: float | None = None
) -> Answer:
    """Plan for the problem in one file by the domain in another.

    Args:
        domain_path: a PDDL domain.
        problem_path: a PDDL problem of that domain.
        fast: take the first plan found instead of a cheapest one.
        seconds: when to give up.

    Raises:
        DomainError: a file cannot be read or understood, or wants what is not supported.
    """
    started = perf_counter()
    domain = parse_domain(load(domain_path))
    problem = parse_problem(load(problem_path), domain)
    deadline = None if seconds is None else started + seconds

    def late() -> bool:
        return deadline is not None and perf_counter() > deadline

    def check() -> None:
        if late():
            raise OutOfBudget("the time was over before all actions were grounded")

    try:
        names, outcome = _plan(domain, problem, fast, check, deadline)
        why = _why(domain, problem, outcome, check, late)
    except OutOfBudget as reason:
        names, outcome = (), Outcome(OUT_OF_BUDGET, (), None, 0, 0, 0.0)
        why = [str(reason)]
    optimal = outcome.solved and not fast
    return Answer(outcome, names, optimal, perf_counter() - started, tuple(why))


def _plan(
    domain: Domain,
    problem: Problem,
    fast: bool,
    check: Callable[[], None],
    deadline: float | None,
) -> tuple[tuple[str, ...], Outcome]:
    task = without_exclusive(ground(domain, problem, check), check)
    left = None if deadline is None else max(0.0, deadline - perf_counter())
    outcome = _search(task, fast, left)
    return tuple(task.operators[number].name for number in outcome.plan), outcome


# What follows imports only what is used: of the time that a small task takes, most goes there.


def _search(task: Task, fast: bool, seconds: float | None) -> Outcome:
    if fast:
        from ..planner.satisficing import some_plan

        return some_plan(task, seconds=seconds)
    from ..planner.optimal import optimal_plan

    return optimal_plan(task, seconds=seconds)


def _why(
    domain: Domain,
    problem: Problem,
    outcome: Outcome,
    check: Callable[[], None],
    late: Callable[[], bool],
) -> list[str]:
    if outcome.status == OUT_OF_BUDGET and late():
        return ["the search was not over when the time was"]
    if outcome.status == OUT_OF_BUDGET:
        return [f"the search stopped after {outcome.generated:,} states, to bound the memory"]
    if outcome.status == IMPOSSIBLE:
        from .explain import explain

        try:
            return explain(domain, problem, check)
        except OutOfBudget:
            return ["the time was over before it was found out why"]
    return []
