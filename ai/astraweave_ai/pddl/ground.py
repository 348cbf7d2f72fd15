"""Grounds a domain and a problem: every action that can be reached, with objects for variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..errors import DomainError
from ..planner.task import Task
from .joins import Row
from .model import EQUAL, Domain, Literal, Problem, show_atom
from .prune import Action, Goal, prune
from .reach import Fill, Pattern, reach

Fills = list[Fill]

_CHECK_EVERY = 2048  # instances


def ground(domain: Domain, problem: Problem, check: Callable[[], None] = lambda: None) -> Task:
    """The task of `problem`; `check` is called now and then, and may raise to stop the work."""
    reached = reach(domain, problem, check)
    actions: list[Action] = []
    for pattern, rows in reached.instances:
        instantiation = _Instantiation(pattern, problem, reached.static)
        for start in range(0, len(rows), _CHECK_EVERY):
            check()
            actions.extend(instantiation.actions(rows[start : start + _CHECK_EVERY]))
    goal = list(_goal(problem, reached.static))
    return prune(actions, reached.facts, problem.initial, goal, check)


class _Instantiation:
    """What the instances of one action have in common."""

    def __init__(self, pattern: Pattern, problem: Problem, static: dict[str, set[Row]]) -> None:
        schema = pattern.schema
        self.pattern = pattern
        self.problem = problem
        self.static = static
        condition = [part for part in schema.condition if part.predicate != EQUAL]
        fixed = [part for part in condition if part.predicate in static]
        changing = [part for part in condition if part.predicate not in static]
        self.absent = self._fill(fixed, positive=False)  # the joins saw to what is present
        self.pre = self._fill(changing, positive=True)
        self.negative = self._fill(changing, positive=False)
        self.add = self._fill(schema.effect, positive=True)
        self.delete = self._fill(schema.effect, positive=False)
        self.costs = [pattern.fill(cost) for cost in schema.costs if not isinstance(cost, int)]
        self.base = sum(cost for cost in schema.costs if isinstance(cost, int))

    def _fill(self, parts: Iterable[Literal], *, positive: bool) -> Fills:
        return [self.pattern.fill(part.atom) for part in parts if part.positive == positive]

    def actions(self, rows: list[Row]) -> Iterator[Action]:
        """One action for each row, unless a condition on what never changes fails."""
        name, offset = self.pattern.schema.name, self.pattern.offset
        for row in rows:
            if any(values(row) in self.static[predicate] for predicate, values in self.absent):
                continue
            yield Action(
                f"({' '.join((name, *row[offset:]))})",
                {(predicate, values(row)) for predicate, values in self.pre},
                {(predicate, values(row)) for predicate, values in self.negative},
                {(predicate, values(row)) for predicate, values in self.add},
                {(predicate, values(row)) for predicate, values in self.delete},
                self._cost(row) if self.problem.priced else 1,
            )

    def _cost(self, row: Row) -> int:
        cost = self.base
        for name, values in self.costs:
            function = name, values(row)
            if function not in self.problem.costs:
                where, what = self.problem.where, show_atom(function)
                raise DomainError(f"{where}: the cost function {what} has no value here")
            cost += self.problem.costs[function]
        return cost


def _goal(problem: Problem, static: dict[str, set[Row]]) -> Iterator[Goal]:
    """The parts of the goal that do not hold for good."""
    for part in problem.goal:
        if part.predicate == EQUAL:
            settled = (part.terms[0] == part.terms[1]) == part.positive
        elif part.predicate in static:
            settled = (part.terms in static[part.predicate]) == part.positive
        else:
            settled = False
        if not settled:
            yield part.positive, part.atom
