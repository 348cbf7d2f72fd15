"""Brute-force planning: uniform-cost search over states as plain values, with exact costs.

Written from the meaning of facts, conditions and effects, without codes, masks, heuristics or
relevance. Slow; for small domains only.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from heapq import heappop, heappush
from itertools import product
from typing import Any

from astraweave_ai.planner.domain import Action, Add, At, Bool, Domain, Int, Not, Set

State = tuple[Any, ...]  # values in the order of the domain's facts
Label = tuple[Fraction, int, tuple[str, ...]]  # cost, number of actions, names


def meets(value: Any, condition: Any) -> bool:
    """Whether a value is as a condition wants it."""
    if isinstance(condition, Not):
        return not meets(value, condition.what)
    if isinstance(condition, At):
        low = value if condition.low is None else condition.low
        high = value if condition.high is None else condition.high
        return low <= value <= high
    return value == condition


def holds(domain: Domain, state: State, wanted: Mapping[str, Any]) -> bool:
    """Whether all conditions hold."""
    values = dict(zip(domain.facts, state, strict=True))
    return all(meets(values[name], condition) for name, condition in wanted.items())


def after(domain: Domain, state: State, action: Action) -> State:
    """The state that an action leads to."""
    values = dict(zip(domain.facts, state, strict=True))
    for name, effect in action.does.items():
        fact = domain.facts[name]
        if isinstance(effect, Add):
            assert isinstance(fact, Int)
            values[name] = min(max(values[name] + effect.amount, fact.low), fact.high)
        else:
            values[name] = effect.value if isinstance(effect, Set) else effect
    return tuple(values.values())


def cheapest(domain: Domain, start: State, goal: Mapping[str, Any]) -> Label | None:
    """The cheapest plan, of several the shortest, of several the first by names; None if none."""
    labels: dict[State, Label] = {}
    queue: list[tuple[Label, State]] = [((Fraction(0), 0, ()), start)]
    while queue:
        label, state = heappop(queue)
        if state in labels:
            continue
        labels[state] = label
        if holds(domain, state, goal):
            return label
        cost, length, names = label
        for action in domain.actions:
            if holds(domain, state, action.needs):
                price = cost + Fraction(str(action.cost))
                reached = after(domain, state, action)
                heappush(queue, ((price, length + 1, (*names, action.name)), reached))
    return None


def reachable(domain: Domain, start: State) -> set[State]:
    """All states that some order of actions leads to."""
    seen, left = {start}, [start]
    while left:
        state = left.pop()
        for action in domain.actions:
            if holds(domain, state, action.needs):
                reached = after(domain, state, action)
                if reached not in seen:
                    seen.add(reached)
                    left.append(reached)
    return seen


def all_states(domain: Domain) -> Iterator[State]:
    """Every combination of values."""
    return product(*(_values(fact) for fact in domain.facts.values()))


def _values(fact: Any) -> list[Any]:
    if isinstance(fact, Bool):
        return [False, True]
    return list(range(fact.low, fact.high + 1)) if isinstance(fact, Int) else list(fact.names)
