"""Finds the instances of actions that can be reached at all, ignoring what actions delete.

Semi-naive: each round matches only the facts that the last one brought with one condition, and
joins the other conditions over all facts so far.

Source: Helmert, Concise Finite-Domain Representations for PDDL Planning Tasks, 2009 (section 6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .joins import Getter, Index, Join, Row, getter
from .model import Atom, Domain, Problem, Schema
from .plans import Facts, Planner

MAX_INSTANCES = 500_000  # of all actions together; they take some 4 kB each

Fact = tuple[str, Row]
Fill = tuple[str, Getter]  # a predicate, and what takes its arguments from a row


class OutOfBudget(Exception):
    """Grounding would take more time or memory than there is; the message says which."""


class _Room:
    """How many more instances there may be, of all actions together."""

    def __init__(self) -> None:
        self.left = MAX_INSTANCES

    def take(self, name: str) -> None:
        """Count an instance of the action `name`."""
        self.left -= 1
        if self.left < 0:
            raise OutOfBudget(
                f"more than {MAX_INSTANCES:,} ground actions can be reached, which is too many; "
                f"the last one was of {name}"
            )


class Reached:
    """What can be reached: rows of each predicate, and instances of each action."""

    def __init__(
        self,
        static: dict[str, set[Row]],
        facts: dict[str, set[Row]],
        instances: list[tuple[Pattern, list[Row]]],
    ) -> None:
        self.static = static  # of the predicates that no action changes
        self.facts = facts
        self.instances = instances


class Pattern:
    """An action whose atoms can be filled in from a row of constants and parameters."""

    def __init__(self, schema: Schema, constants: Row) -> None:
        self.schema = schema
        self.offset = len(constants)  # where a row's parameters begin
        terms = [*constants, *(each.name for each in schema.parameters)]
        self.places = {text: place for place, text in enumerate(terms)}
        self.adds = [self.fill(part.atom) for part in schema.effect if part.positive]

    def fill(self, atom: Atom) -> Fill:
        """The predicate of `atom`, and what makes its arguments from a row."""
        predicate, terms = atom
        return predicate, getter([self.places[term] for term in terms])


def reach(domain: Domain, problem: Problem, check: Callable[[], None]) -> Reached:
    """All that can be reached from the initial facts; `check` is called now and then."""
    changing = sorted({part.predicate for each in domain.schemas.values() for part in each.effect})
    first: dict[str, list[Row]] = {predicate: [] for predicate in domain.predicates}
    for predicate, row in problem.initial:
        first[predicate].append(row)
    static = {each: rows for each, rows in first.items() if each not in changing}
    facts = Facts(problem, static)
    room = _Room()
    actions = [_Action(schema, facts, changing, room, check) for schema in domain.schemas.values()]
    reached = {each: set(first[each]) for each in changing}
    delta = {each: first[each] for each in changing}
    for action in actions:
        _collect(action.start(), reached, delta)
    while any(delta.values()):
        check()
        for predicate, rows in delta.items():
            facts.add(predicate, rows)
        fresh: dict[str, list[Row]] = {each: [] for each in changing}
        for action in actions:
            _collect(action.advance(delta), reached, fresh)
        delta = fresh
    instances = [(action.pattern, list(action.rows)) for action in actions]
    return Reached({each: set(rows) for each, rows in static.items()}, reached, instances)


def _collect(
    found: Iterable[Fact], reached: dict[str, set[Row]], fresh: dict[str, list[Row]]
) -> None:
    for predicate, row in found:
        known = reached[predicate]
        if row not in known:
            known.add(row)
            fresh[predicate].append(row)


class _Action:
    """One action with its joins, one for each condition that a new fact may meet."""

    def __init__(
        self,
        schema: Schema,
        facts: Facts,
        changing: list[str],
        room: _Room,
        check: Callable[[], None],
    ) -> None:
        planner = Planner(schema, facts)
        self.room = room
        self.check = check
        self.pattern = Pattern(schema, planner.constants)
        self.rows: dict[Row, None] = {}  # instances so far, in the order in which they were found
        self.joins: list[tuple[str, Index, Join]] = []
        self.at_start: list[Join] = []
        if not planner.possible:
            return
        for atom in planner.atoms:
            if atom[0] in changing:
                rest = [each for each in planner.atoms if each is not atom]
                delta = planner.delta(atom)
                self.joins.append((atom[0], delta, planner.plan([atom, *rest], delta)))
        if not self.joins:
            self.at_start.append(planner.plan(planner.atoms))

    def start(self) -> Iterator[Fact]:
        """What is added by instances that need no fact that changes."""
        for join in self.at_start:
            yield from self._instances(join)

    def advance(self, delta: dict[str, list[Row]]) -> Iterator[Fact]:
        """What is added by the instances that the new facts in `delta` allow."""
        for predicate, index, join in self.joins:
            if delta[predicate]:
                index.rows = {}
                index.add(delta[predicate])
                yield from self._instances(join)

    def _instances(self, join: Join) -> Iterator[Fact]:
        known = self.rows
        for row in join.rows(self.check):
            if row not in known:
                known[row] = None
                self.room.take(self.pattern.schema.name)
                for predicate, values in self.pattern.adds:
                    yield predicate, values(row)
