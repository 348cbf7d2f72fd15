"""Says why a problem has no plan: which fact can never hold, and what stands in the way.

Nothing is ever deleted here, so what cannot be reached even so cannot be reached at all. What
stands in the way is told in the words of the domain: an action, and those of its conditions that no
fact can meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, islice

from ..planner.mutex import Pairs
from ..planner.task import Task, bits
from .ground import ground
from .joins import Row
from .model import EQUAL, Atom, Domain, Literal, Problem, Schema, show_atom
from .reach import reach

Bound = dict[str, str]  # objects by the variables that they stand for

_MOST_LINES = 12
_MOST_CHOICES = 2  # of objects for a condition, each of which is looked at
_TOGETHER = "each part of the goal can be reached by itself, but never all of them together"


def explain(
    domain: Domain, problem: Problem, check: Callable[[], None] = lambda: None
) -> list[str]:
    """Lines that say which facts can never hold and why, those of the goal first.

    `check` is called now and then, and may raise to stop the work.
    """
    found = list(_Explanation(domain, problem, check).lines())
    if not found:
        found = list(islice(_exclusive(ground(domain, problem, check), check), _MOST_LINES))
    return found or [_TOGETHER]


def _exclusive(task: Task, check: Callable[[], None]) -> Iterator[str]:
    """The pairs of facts of the goal of which each rules out the other."""
    pairs = Pairs(task, check)
    for one, other in combinations(bits(task.goal), 2):
        if not pairs.possible(1 << one | 1 << other):
            yield f"{task.facts[one]} and {task.facts[other]} can never hold at the same time"


class _Explanation:
    """What is known of one problem that has no plan."""

    def __init__(self, domain: Domain, problem: Problem, check: Callable[[], None]) -> None:
        self.domain = domain
        self.problem = problem
        reached = reach(domain, problem, check)
        self.known: dict[str, set[Row]] = reached.static | reached.facts

    def lines(self) -> Iterator[str]:
        """One line for each fact to blame, as far as they can be told."""
        blamed: dict[Atom, None] = {}
        for part in self.problem.goal:
            if not part.positive:
                yield from self._stays(part.atom)
            elif not self._met(part.atom):
                blamed[part.atom] = None
        for atom in _growing(blamed):
            yield f"{show_atom(atom)} can never hold: {self._why(atom, blamed)}"

    def _stays(self, atom: Atom) -> Iterator[str]:
        """Why a fact that must not hold holds for good, if it does so whatever is done."""
        initial = atom in self.problem.initial or atom[0] == EQUAL
        deletes = any(
            not part.positive and _unify(schema, part.atom, atom) is not None
            for schema in self.domain.schemas.values()
            for part in schema.effect
        )
        if initial and not deletes:
            yield f"(not {show_atom(atom)}) can never hold: no action deletes it"

    def _met(self, atom: Atom) -> bool:
        """Whether some fact that can be reached fits `atom`; its variables fit anything."""
        predicate, terms = atom
        if predicate == EQUAL:
            return terms[0] == terms[1] or "?" in (terms[0][0], terms[1][0])
        return any(_fits(terms, row) for row in self.known[predicate])

    def _why(self, atom: Atom, blamed: dict[Atom, None]) -> str:
        """What each action that could add `atom` lacks; that is to be explained next."""
        told = []
        for schema in self.domain.schemas.values():
            for part in schema.effect:
                bound = _unify(schema, part.atom, atom) if part.positive else None
                if bound is not None and self._typed(schema, bound):
                    told.append(self._lack(schema, bound, blamed))
        return "; ".join(dict.fromkeys(told)) or "it is not in :init, and no action adds it"

    def _typed(self, schema: Schema, bound: Bound) -> bool:
        """Whether the objects are of the types that the parameters want."""
        objects = self.problem.objects
        return all(
            not set(each.types).isdisjoint(objects[bound[each.name]])
            for each in schema.parameters
            if each.name in bound
        )

    def _lack(self, schema: Schema, bound: Bound, blamed: dict[Atom, None]) -> str:
        """What stands in the way of an action for some of its parameters."""
        conditions = [_bind(part, bound) for part in schema.condition if part.positive]
        missing = [atom for atom in conditions if not self._met(atom)]
        terms = tuple(bound.get(each.name, each.name) for each in schema.parameters)
        action = show_atom((schema.name, terms))
        if missing:
            if len(blamed) < _MOST_LINES:
                blamed.update((atom, None) for atom in missing if atom[0] != EQUAL)
            return f"{action} needs {' and '.join(map(show_atom, missing))}"
        choices = [bound | more for more in self._choices(conditions)]
        fitting = [more for more in choices if self._typed(schema, more)]
        if 0 < len(fitting) <= _MOST_CHOICES:
            return "; ".join(self._lack(schema, more, blamed) for more in fitting)
        needs = " and ".join(map(show_atom, conditions))
        return f"{action} needs {needs}, which no objects meet together"

    def _choices(self, conditions: list[Atom]) -> list[Bound]:
        """The objects for the variables of that condition which leaves the least choice."""
        least: list[Bound] | None = None
        for predicate, terms in conditions:
            if predicate != EQUAL and any(term[0] == "?" for term in terms):
                rows = [row for row in self.known[predicate] if _fits(terms, row)]
                if least is None or len(rows) < len(least):
                    least = [dict(zip(terms, row, strict=True)) for row in sorted(rows)]
        return least or []


def _growing(some: dict[Atom, None]) -> Iterator[Atom]:
    """The keys of `some`, with those that are added on the way."""
    done = 0
    while done < len(some):
        yield list(some)[done]
        done += 1


def _fits(terms: Row, row: Row) -> bool:
    bound: Bound = {}
    return all(
        bound.setdefault(term, value) == value if term[0] == "?" else term == value
        for term, value in zip(terms, row, strict=True)
    )


def _bind(part: Literal, bound: Bound) -> Atom:
    return part.predicate, tuple(bound.get(term, term) for term in part.terms)


def _unify(schema: Schema, effect: Atom, wanted: Atom) -> Bound | None:
    """The parameters of `schema` for which `effect` is `wanted`; None if there are none.

    A variable in `wanted` stands for any object, and binds nothing.
    """
    if effect[0] != wanted[0]:
        return None
    bound: Bound = {}
    for own, term in zip(effect[1], wanted[1], strict=True):
        if term[0] == "?":
            continue
        if bound.setdefault(own, term if own[0] == "?" else own) != term:
            return None
    return bound
