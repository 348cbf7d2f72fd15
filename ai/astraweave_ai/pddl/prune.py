"""Makes a propositional task of ground actions, of what matters and nothing else.

A fact that always holds, an action that can never be applied and whatever does not help towards the
goal would only be carried along by the search. A condition that a fact does not hold becomes a
condition on a fact of its own, its complement, so that the search sees positive conditions only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..planner.task import Operator, Task
from .joins import Row
from .model import show_atom

Fact = tuple[str, Row]
Facts = set[Fact]
Goal = tuple[bool, Fact]

NOT = "not "  # in front of a predicate: its complement


class Action:
    """A ground action, its facts still by name; what is added stays even if it is deleted."""

    __slots__ = ("add", "cost", "delete", "name", "negative", "pre")

    def __init__(
        self, name: str, pre: Facts, negative: Facts, add: Facts, delete: Facts, cost: int
    ) -> None:
        self.name = name
        self.pre = pre
        self.negative = negative  # what must not hold
        self.add = add
        self.delete = delete
        self.cost = cost


def prune(
    actions: list[Action],
    reached: dict[str, set[Row]],
    initial: Iterable[Fact],
    goal: list[Goal],
    check: Callable[[], None],
) -> Task:
    """The task that has the same plans; `reached` holds all facts that can be reached."""
    start = set(initial)
    deleted = {fact for each in actions for fact in each.delete - each.add}
    forever = start - deleted
    negated = {fact for each in actions for fact in each.negative}
    negated |= {fact for positive, fact in goal if not positive}
    negated = {fact for fact in negated - forever if fact[1] in reached.get(fact[0], ())}
    start |= {_complement(fact) for fact in negated - start}
    actions = [
        each
        for each in actions
        if each.negative.isdisjoint(each.pre) and each.negative.isdisjoint(forever)
    ]
    for each in actions:
        _make_positive(each, negated, forever, reached)
    check()
    if negated:
        actions = _reachable(actions, start)
        check()
    wanted = {
        fact if positive else _complement(fact)
        for positive, fact in goal
        if not (fact in forever if positive else fact[1] not in reached.get(fact[0], (fact[1],)))
    }
    actions = _relevant(actions, wanted)
    check()
    return _Numbering(start, wanted).task(actions)


def _complement(fact: Fact) -> Fact:
    return NOT + fact[0], fact[1]


def _make_positive(
    action: Action, negated: Facts, forever: Facts, reached: dict[str, set[Row]]
) -> None:
    """Give `action` complements for its negative conditions, and take out what always holds."""
    add = action.add - forever
    delete = {fact for fact in action.delete - action.add if fact[1] in reached[fact[0]]}
    if negated:
        flipped = negated & add
        add |= {_complement(fact) for fact in negated & delete}
        delete |= {_complement(fact) for fact in flipped}
    # Not -=, which would go through all of `forever`.
    pre = action.pre - forever
    pre |= {_complement(fact) for fact in action.negative & negated}
    action.pre, action.negative, action.add, action.delete = pre, set(), add, delete


def _reachable(actions: list[Action], start: Facts) -> list[Action]:
    """The actions that can be reached if nothing is ever deleted."""
    reached = set(start)
    waiting: dict[Fact, list[Action]] = {}  # under one condition of each that is not yet reached
    ready = actions
    while ready:
        fresh: Facts = set()
        for each in ready:
            lacking = next((fact for fact in each.pre if fact not in reached), None)
            if lacking is None:
                fresh |= each.add - reached
            else:
                waiting.setdefault(lacking, []).append(each)
        reached |= fresh
        ready = [each for fact in fresh for each in waiting.pop(fact, ())]
    return [each for each in actions if each.pre <= reached]


def _relevant(actions: list[Action], goal: Facts) -> list[Action]:
    """The actions that may help towards the goal, with their relevant effects only."""
    adders: dict[Fact, list[int]] = {}
    for number, action in enumerate(actions):
        for fact in action.add - action.pre:
            adders.setdefault(fact, []).append(number)
    relevant = set(goal)
    todo = list(goal)
    useful: set[int] = set()
    while todo:
        for number in adders.get(todo.pop(), ()):
            if number not in useful:
                useful.add(number)
                fresh = actions[number].pre - relevant
                relevant |= fresh
                todo.extend(fresh)
    chosen = [actions[number] for number in sorted(useful)]
    for action in chosen:
        action.add &= relevant
        action.delete &= relevant
    return chosen


class _Numbering:
    """Gives facts and operators their numbers, in the order of their names."""

    def __init__(self, start: Facts, goal: Facts) -> None:
        self.start = start
        self.goal = goal

    def task(self, actions: list[Action]) -> Task:
        """The task of these `actions`; of those that do the same only the cheapest is kept."""
        found = set(self.goal)
        for action in actions:
            found |= action.pre | action.add | action.delete
        facts = sorted(found)
        number = {fact: 1 << place for place, fact in enumerate(facts)}

        def mask(some: Facts) -> int:
            return sum(number[fact] for fact in some)

        operators: dict[tuple[int, int, int], Operator] = {}
        for action in sorted(actions, key=lambda each: (each.cost, each.name)):
            sets = mask(action.pre), mask(action.add), mask(action.delete)
            operators.setdefault(sets, Operator(action.name, *sets, action.cost))
        return Task(
            tuple(map(_name, facts)),
            tuple(sorted(operators.values(), key=lambda each: each.name)),
            mask(self.start & found),
            mask(self.goal),
        )


def _name(fact: Fact) -> str:
    predicate, terms = fact
    atom = show_atom((predicate.removeprefix(NOT), terms))
    return f"(not {atom})" if predicate.startswith(NOT) else atom
