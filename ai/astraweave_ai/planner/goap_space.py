"""All states of some facts, numbered, and what the cheapest plan from each of them costs.

State `s` has, for the i-th fact, the code `s // weight[i] % size[i]`. The planner solves a small
space to estimate, a bake solves a whole one, both with `cost_to_go`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .domain_rules import Rule
from .domain_terms import Mask

UNREACHED = 1 << 62  # the price where no plan is
Prices = NDArray[np.int64]
States = NDArray[np.int32]


class Moves(NamedTuple):
    """What one action does: from each state in `source` to that in `target`."""

    rule: int  # its index
    step: int
    source: States
    target: States


@dataclass(frozen=True)
class FactSpace:
    """Names and numbers of values of the facts, the first one varying fastest."""

    names: tuple[str, ...]
    sizes: tuple[int, ...]

    @cached_property
    def weights(self) -> tuple[int, ...]:
        """How much one more in the code of each fact adds to the number of a state."""
        return tuple(prod(self.sizes[:i]) for i in range(len(self.sizes)))

    @property
    def count(self) -> int:
        """Number of states."""
        return prod(self.sizes)

    @cached_property
    def _digits(self) -> dict[str, States]:
        """What each code of each fact adds to the number of a state."""
        parts = zip(self.names, self.sizes, self.weights, strict=True)
        return {name: np.arange(size, dtype=np.int32) * np.int32(w) for name, size, w in parts}

    def count_of(self, wanted: Mapping[str, Mask]) -> int:
        """Number of the states in which these conditions hold."""
        parts = zip(self.names, self.sizes, strict=True)
        return prod(int(wanted[name].sum()) if name in wanted else size for name, size in parts)

    def states(self, wanted: Mapping[str, Mask]) -> States:
        """All states in which these conditions hold; facts outside of the space are ignored."""
        return _sums(
            digits[wanted[name]] if name in wanted else digits
            for name, digits in self._digits.items()
        )

    def moves(self, rule: Rule) -> Moves:
        """An action as far as it concerns these facts."""
        after = {
            name: self._digits[name][codes]
            for name, codes in rule.does.items()
            if name in self._digits
        }
        target = _sums(
            after.get(name, digits)[rule.needs.get(name, slice(None))]
            for name, digits in self._digits.items()
        )
        return Moves(rule.index, rule.step, self.states(rule.needs), target)


def _sums(digits: Iterable[States]) -> States:
    """The states that combine one of these digits of each fact."""
    numbers = np.zeros(1, np.int32)
    for own in digits:
        numbers = np.add.outer(own, numbers).ravel()
    return numbers


def cost_to_go(count: int, moves: Iterable[Moves], goal: States) -> Prices:
    """The price of the cheapest plan from each of `count` states; UNREACHED where there is none.

    Prices spread backwards from the goal over all actions at once, from whichever states became
    cheaper, until none does: the fixed point is what Dijkstra's algorithm finds, without its queue.

    Source: Bellman, On a Routing Problem, 1958.
    """
    moves = [move for move in moves if len(move.source)]
    prices = np.full(count, UNREACHED, np.int64)
    prices[goal] = 0
    cheaper = prices == 0
    while cheaper.any():
        recent, cheaper = cheaper, np.zeros(count, np.bool_)
        for move in moves:
            through = recent[move.target].nonzero()[0]
            if not len(through):
                continue
            states = move.source[through]
            price = prices[move.target[through]] + move.step
            better = price < prices[states]
            states = states[better]
            prices[states] = price[better]
            cheaper[states] = True
    return prices
