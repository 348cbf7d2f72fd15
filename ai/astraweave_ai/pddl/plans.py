"""Chooses the order in which the conditions of an action are joined, and makes the indexes."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from .joins import Index, Join, Row, Shape, Step, getter
from .model import EQUAL, Atom, Names, Problem, Schema


class Facts:
    """The rows that are known of each predicate, and the indexes that want to hear of them."""

    def __init__(self, problem: Problem, static: dict[str, list[Row]]) -> None:
        self.static = static  # rows of the predicates that no action changes
        self.everything = frozenset(problem.objects)
        self._of_type: dict[Names, frozenset[str]] = {}
        self._objects = problem.objects
        self._indexes: dict[str, dict[Shape, Index]] = {}
        self._fan_out: dict[tuple[str, tuple[int, ...]], float] = {}

    def of_type(self, types: Names) -> frozenset[str]:
        """The objects that are of one of `types`."""
        if types not in self._of_type:
            wanted = set(types)
            self._of_type[types] = frozenset(
                name for name, own in self._objects.items() if not wanted.isdisjoint(own)
            )
        return self._of_type[types]

    def index(self, predicate: str, shape: Shape) -> Index:
        """The index of that shape; joins that ask the same share one."""
        known = self._indexes.setdefault(predicate, {})
        if shape not in known:
            known[shape] = Index(shape)
            known[shape].add(self.static.get(predicate, ()))
        return known[shape]

    def add(self, predicate: str, rows: list[Row]) -> None:
        """Tell the indexes of new facts."""
        for index in self._indexes.get(predicate, {}).values():
            index.add(rows)

    def fan_out(self, predicate: str, known: tuple[int, ...]) -> float:
        """How many rows of a static predicate agree at the places `known`, on average."""
        if (predicate, known) not in self._fan_out:
            rows = self.static[predicate]
            keys = set(map(getter(known), rows))
            self._fan_out[predicate, known] = len(rows) / max(1, len(keys))
        return self._fan_out[predicate, known]


class Planner:
    """Plans the joins of one action."""

    def __init__(self, schema: Schema, facts: Facts) -> None:
        self.facts = facts
        self.variables = [each.name for each in schema.parameters]
        self.objects = {each.name: facts.of_type(each.types) for each in schema.parameters}
        self.constants = tuple(dict.fromkeys(_constants(schema)))
        self.atoms = [
            part.atom for part in schema.condition if part.positive and part.predicate != EQUAL
        ]
        self.comparisons = [part for part in schema.condition if part.predicate == EQUAL]

    def plan(self, atoms: list[Atom], delta: Index | None = None) -> Join:
        """A join of `atoms`, the first of which is looked up in `delta` if there is one."""
        bound = {text: place for place, text in enumerate(self.constants)}
        todo = list(atoms)
        steps: list[Step] = []
        if delta is not None:
            steps.append(self._step(todo.pop(0), bound, delta))
        while todo:
            best = min(todo, key=lambda atom: self._cost(atom, bound))
            todo.remove(best)
            steps.append(self._step(best, bound))
        for name in self.variables:
            if name not in bound:
                objects = Index(((), (0,), (), ()))
                objects.add((each,) for each in sorted(self.objects[name]))
                steps.append(self._step(("", (name,)), bound, objects))
        order = [bound[each] for each in (*self.constants, *self.variables)]
        return Join(self.constants, steps, order)

    def delta(self, atom: Atom) -> Index:
        """An empty index for the facts that set off a join."""
        bound = {text: place for place, text in enumerate(self.constants)}
        return Index(self._shape(atom, bound))

    @property
    def possible(self) -> bool:
        """Whether no comparison of two constants fails for every instance."""
        return all(
            (a == b) == part.positive
            for part in self.comparisons
            for a, b in [part.terms]
            if a[0] != "?" and b[0] != "?"
        )

    def _cost(self, atom: Atom, bound: dict[str, int]) -> float:
        predicate, terms = atom
        if predicate in self.facts.static:
            known = tuple(place for place, term in enumerate(terms) if term in bound)
            return self.facts.fan_out(predicate, known)
        return float(prod(len(self.objects[term]) for term in {*terms} if term not in bound))

    def _shape(self, atom: Atom, bound: dict[str, int]) -> Shape:
        first: dict[str, int] = {}
        known, equal, allowed = [], [], []
        for place, term in enumerate(atom[1]):
            if term in bound:
                known.append(place)
            elif first.setdefault(term, place) != place:
                equal.append((first[term], place))
            elif self.objects[term] != self.facts.everything:
                allowed.append((place, self.objects[term]))
        return tuple(known), tuple(first.values()), tuple(equal), tuple(allowed)

    def _step(self, atom: Atom, bound: dict[str, int], index: Index | None = None) -> Step:
        predicate, terms = atom
        key = [bound[term] for term in terms if term in bound]
        shape = self._shape(atom, bound)
        before = set(bound)
        for place in shape[1]:
            bound[terms[place]] = len(bound)
        index = index or self.facts.index(predicate, shape)
        unequal: list[tuple[int, int]] = []
        equal: list[tuple[int, int]] = []
        for part in self.comparisons:
            a, b = part.terms
            if a in bound and b in bound and not before.issuperset((a, b)):
                (equal if part.positive else unequal).append((bound[a], bound[b]))
        return Step(index, key, unequal, equal)


def _constants(schema: Schema) -> Iterable[str]:
    atoms = [part.atom for part in (*schema.condition, *schema.effect)]
    atoms += [cost for cost in schema.costs if not isinstance(cost, int)]
    for _, terms in atoms:
        yield from (term for term in terms if term[0] != "?")
