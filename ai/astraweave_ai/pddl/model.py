"""A domain and a problem as they are written: schemas with variables, facts, a goal, costs.

These are plain classes because they are cheap to define: half of the time of a small task goes into
importing its planner.
"""

from __future__ import annotations

Names = tuple[str, ...]
Atom = tuple[str, Names]  # a predicate with its arguments: objects, or variables such as ?x
Signature = tuple[frozenset[str], ...]  # for each argument the types, one of which it is of

OBJECT = "object"  # the type of all objects
EQUAL = "="


def show_atom(atom: Atom) -> str:
    """`atom` as it is written in PDDL."""
    return f"({' '.join((atom[0], *atom[1]))})"


class Literal:
    """An atom that is to hold, or not to hold."""

    __slots__ = ("atom", "positive", "predicate", "terms")

    def __init__(self, positive: bool, atom: Atom) -> None:
        self.positive = positive
        self.atom = atom
        self.predicate, self.terms = atom


class Parameter:
    """A variable and the types that it may be of."""

    __slots__ = ("name", "types")

    def __init__(self, name: str, types: Names) -> None:
        self.name = name
        self.types = types


class Schema:
    """An action as the domain has it, with variables."""

    __slots__ = ("condition", "costs", "effect", "name", "parameters")

    def __init__(
        self,
        name: str,
        parameters: list[Parameter],
        condition: list[Literal],
        effect: list[Literal],
        costs: list[int | Atom],
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.condition = condition
        self.effect = effect
        self.costs = costs  # numbers and cost functions, to be added up


class Domain:
    """What actions there are."""

    __slots__ = ("constants", "functions", "name", "predicates", "schemas", "types")

    def __init__(
        self,
        name: str,
        types: dict[str, Names],
        constants: dict[str, Names],
        predicates: dict[str, Signature],
        functions: dict[str, Signature],
    ) -> None:
        self.name = name
        self.types = types  # each type's supertypes, itself included
        self.constants = constants  # each constant's types, supertypes included
        self.predicates = predicates  # what arguments each takes
        self.functions = functions
        self.schemas: dict[str, Schema] = {}


class Problem:
    """One situation, and what is wanted."""

    __slots__ = ("costs", "goal", "initial", "objects", "priced", "where")

    def __init__(
        self,
        objects: dict[str, Names],
        initial: list[Atom],
        costs: dict[Atom, int],
        goal: list[Literal],
        priced: bool,
        where: str,
    ) -> None:
        self.objects = objects  # with the domain's constants; each one's types with supertypes
        self.initial = initial
        self.costs = costs  # values of the cost functions
        self.goal = goal
        self.priced = priced  # whether to minimise (total-cost), or else the number of actions
        self.where = where  # file and line of the initial facts
