"""The propositional (STRIPS) task that the planners of this package work on.

A set of facts is one integer whose bit i stands for `facts[i]`: union, difference and inclusion are
then single operations, and states are hashable in the same way everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator


class Operator:
    """One ground action; its sets of facts are bit masks."""

    __slots__ = ("add", "cost", "delete", "name", "pre")

    def __init__(self, name: str, pre: int, add: int, delete: int, cost: int) -> None:
        self.name = name
        self.pre = pre  # facts that have to hold
        self.add = add  # facts that hold afterwards, even if they are also deleted
        self.delete = delete  # facts that hold no longer
        self.cost = cost  # at least 0

    def apply(self, state: int) -> int:
        """The state after this operator; the caller has checked `pre`."""
        return state & ~self.delete | self.add


class Task:
    """Facts, operators in the order of their names, all that holds at first, and a goal."""

    __slots__ = ("facts", "goal", "initial", "operators")

    def __init__(
        self, facts: tuple[str, ...], operators: tuple[Operator, ...], initial: int, goal: int
    ) -> None:
        self.facts = facts
        self.operators = operators
        self.initial = initial
        self.goal = goal  # facts that have to hold in the end


def bits(mask: int) -> Iterator[int]:
    """Indices of the facts in `mask`, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
