"""A plan checker for PDDL that knows nothing of the planner: it reads the files and acts them out.

States are sets of atoms, actions are interpreted as they stand, nothing is compiled or pruned. It
can also plan, by trying everything in the order of cost, which is good for the smallest tasks only.
"""

import re
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count, product
from typing import Any

Atom = tuple[str, ...]
State = frozenset[Atom]


class InvalidPlan(Exception):
    """A step that does not exist or cannot be applied, or a goal that is not reached."""


def parse(text: str) -> Any:
    """Nested lists of words in lower case."""
    text = re.sub(r";[^\n]*", " ", text.lower())
    stack: list[list[Any]] = [[]]
    for token in text.replace("(", " ( ").replace(")", " ) ").split():
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token)
    (form,) = stack[0]
    return form


def typed(items: list[Any]) -> list[tuple[str, list[str]]]:
    """Names with the types that they were given."""
    found: list[tuple[str, list[str]]] = []
    names: list[str] = []
    while items:
        if items[0] == "-":
            kind = items[1]
            found += [(n, kind[1:] if isinstance(kind, list) else [kind]) for n in names]
            names, items = [], items[2:]
        else:
            names.append(items[0])
            items = items[1:]
    return found + [(n, ["object"]) for n in names]


class Task:
    """A domain and a problem, by their text."""

    def __init__(self, domain: str, problem: str) -> None:
        self.actions: dict[str, dict[str, Any]] = {}
        self.above: dict[str, list[str]] = {}
        self.objects: dict[str, list[str]] = {}
        self.state: State = frozenset()
        self.values: dict[Atom, int] = {}
        self.goal: Any = ["and"]
        self.priced = False
        for section in parse(domain)[2:] + parse(problem)[2:]:
            self._take(section)

    def _take(self, section: list[Any]) -> None:
        kind, *rest = section
        if kind == ":action":
            parts = dict(zip(rest[1::2], rest[2::2], strict=True))
            self.actions[rest[0]] = parts
        elif kind == ":types":
            for name, types in typed(rest):
                self.above.setdefault(name, []).extend(types)
        elif kind in (":constants", ":objects"):
            self.objects.update(typed(rest))
        elif kind == ":init":
            self.values = {tuple(f[1]): int(f[2]) for f in rest if f[0] == "="}
            self.state = frozenset(tuple(f) for f in rest if f[0] not in ("=", "not"))
        elif kind == ":goal":
            self.goal = rest[0]
        elif kind == ":metric":
            self.priced = True

    def is_a(self, name: str, types: list[str]) -> bool:
        """Whether an object is of one of the types."""
        todo, seen = list(self.objects[name]), set()
        while todo:
            kind = todo.pop()
            if kind in types:
                return True
            if kind not in seen:
                seen.add(kind)
                todo += self.above.get(kind, [])
        return "object" in types

    def holds(self, condition: Any, state: State, bound: dict[str, str]) -> bool:
        """Whether a condition holds when variables have these values."""
        if not condition:
            return True
        if condition[0] == "and":
            return all(self.holds(each, state, bound) for each in condition[1:])
        if condition[0] == "not":
            return not self.holds(condition[1], state, bound)
        atom = tuple(bound.get(term, term) for term in condition)
        return atom[1] == atom[2] if atom[0] == "=" else atom in state

    def bind(self, name: str, objects: tuple[str, ...]) -> dict[str, str] | None:
        """The values of an action's variables; None if there are too many or of the wrong type."""
        variables = typed(self.actions[name].get(":parameters", []))
        if len(variables) != len(objects):
            return None
        fitting = (
            value in self.objects and self.is_a(value, types)
            for (_, types), value in zip(variables, objects, strict=True)
        )
        return (
            {v: o for (v, _), o in zip(variables, objects, strict=True)} if all(fitting) else None
        )

    def apply(self, step: Atom, state: State) -> tuple[State, int] | None:
        """The state after a step and what it costs; None where it cannot be taken."""
        name, *objects = step
        bound = self.bind(name, tuple(objects)) if name in self.actions else None
        if bound is None or not self.holds(self.actions[name].get(":precondition"), state, bound):
            return None
        add: set[Atom] = set()
        delete: set[Atom] = set()
        cost = 0
        todo = [self.actions[name].get(":effect", ["and"])]
        while todo:
            effect = todo.pop()
            if effect and effect[0] == "and":
                todo += effect[1:]
            elif effect and effect[0] == "increase":
                cost += self._value(effect[2], bound)
            elif effect and effect[0] == "not":
                delete.add(tuple(bound.get(term, term) for term in effect[1]))
            elif effect:
                add.add(tuple(bound.get(term, term) for term in effect))
        return state - delete | add, cost if self.priced else 1

    def _value(self, amount: Any, bound: dict[str, str]) -> int:
        if isinstance(amount, str):
            return int(amount)
        return self.values[tuple(bound.get(term, term) for term in amount)]

    def steps(self) -> Iterator[Atom]:
        """Every action with every choice of objects."""
        for name, parts in self.actions.items():
            variables = typed(parts.get(":parameters", []))
            for objects in product(self.objects, repeat=len(variables)):
                if self.bind(name, objects) is not None:
                    yield (name, *objects)


def check(domain: str, problem: str, plan: list[str] | tuple[str, ...]) -> int:
    """The cost of a plan; raises InvalidPlan if it is none."""
    task = Task(domain, problem)
    state, total = task.state, 0
    for number, text in enumerate(plan, 1):
        result = task.apply(tuple(parse(text)), state)
        if result is None:
            raise InvalidPlan(f"step {number} cannot be taken: {text}")
        state, cost = result
        total += cost
    if not task.holds(task.goal, state, {}):
        raise InvalidPlan("the goal is not reached")
    return total


def cheapest(domain: str, problem: str) -> int | None:
    """What a cheapest plan costs, by uniform-cost search over all states; None if there is none."""
    task = Task(domain, problem)
    steps = list(task.steps())
    tie = count()
    queue = [(0, next(tie), task.state)]
    done: set[State] = set()
    while queue:
        cost, _, state = heappop(queue)
        if state in done:
            continue
        done.add(state)
        if task.holds(task.goal, state, {}):
            return cost
        for step in steps:
            result = task.apply(step, state)
            if result is not None and result[0] not in done:
                heappush(queue, (cost + result[1], next(tie), result[0]))
    return None
