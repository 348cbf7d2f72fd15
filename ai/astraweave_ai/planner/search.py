"""A* that finds the canonical plan: the cheapest one, and of several the first by names.

Which plan comes out is a property of the task alone. It does not depend on hash order, on the
heuristic or on the time that the search takes, so two machines, and a table baked from the same
task, choose the same actions.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from time import perf_counter
from typing import Protocol

from .outcome import IMPOSSIBLE, OUT_OF_BUDGET, SOLVED, Outcome

__all__ = ["IMPOSSIBLE", "OUT_OF_BUDGET", "SOLVED", "Outcome", "Space", "astar"]

_CLOCK_EVERY = 64  # expansions between two looks at the clock

Way = tuple[float, tuple[int, ...]]  # cost, operator indices
Node = tuple[float, tuple[int, ...], Way, int]  # f, operator indices, way, state


class Space(Protocol):
    """What A* has to know of a task; states are hashable integers.

    Operators are numbered in the order of their names, so that to compare indices is to compare
    names. Costs are above 0; whoever wants the shortest of the cheapest plans counts the actions
    in the costs, below all else. Whole costs are exact; floats are added up in plan order.
    """

    @property
    def initial(self) -> int:
        """The state to start from."""

    def is_goal(self, state: int, /) -> bool:
        """Whether a plan may end here."""

    def successors(self, state: int, /) -> Iterable[tuple[int, float, int]]:
        """(operator index, cost, state) of all that can be done here."""

    def estimate(self, state: int, /) -> float | None:
        """At most what the rest of the cheapest plan costs; None where no plan can start."""


def astar(
    space: Space, *, max_expansions: int | None = None, seconds: float | None = None
) -> Outcome:
    """Find the canonical plan of `space`, or say why there is none.

    Nodes are ordered by f, then by the names of the actions since the start, as in a dictionary:
    among equals the search goes deep, and where `estimate` is exact it expands nothing but the
    plan. The canonical plan's prefixes come before it, and it before every other plan of its cost,
    so the first goal that is taken out ends it. `estimate` has to be admissible; where it is not
    consistent, states are opened again. `seconds` is an outer stop for use by people: whoever
    needs the same answer everywhere sets `max_expansions`.

    Source: Hart, Nilsson and Raphael, A Formal Basis for the Heuristic Determination of Minimum
    Cost Paths, 1968.
    """
    started = perf_counter()
    frontier = _Frontier(space)
    expanded = generated = 0

    def outcome(status: str, plan: tuple[int, ...] = (), cost: float | None = None) -> Outcome:
        return Outcome(status, plan, cost, expanded, generated, perf_counter() - started)

    while frontier.queue:
        _, plan, way, state = heappop(frontier.queue)
        if frontier.best[state] is not way:
            continue  # a better way to this state was found since
        if space.is_goal(state):
            return outcome(SOLVED, plan, way[0])
        late = seconds is not None and not expanded % _CLOCK_EVERY
        if expanded == max_expansions or (late and perf_counter() - started > (seconds or 0)):
            return outcome(OUT_OF_BUDGET)
        expanded += 1
        generated += frontier.expand(state, way)
    return outcome(IMPOSSIBLE)


class _Frontier:
    """Open nodes, and the best known way and the estimate of every state that was generated."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.best: dict[int, Way] = {}
        self.estimates: dict[int, float | None] = {}
        self.queue: list[Node] = []
        self.open((0, ()), space.initial)

    def open(self, way: Way, state: int) -> None:
        """Put a state that is reached in a new or better way into the queue, unless it is dead."""
        if state not in self.best:
            self.estimates[state] = self.space.estimate(state)
        self.best[state] = way
        rest = self.estimates[state]
        if rest is not None:
            heappush(self.queue, (way[0] + rest, way[1], way, state))

    def expand(self, state: int, way: Way) -> int:
        """Open the successors that are worth it; returns how many there were."""
        cost, plan = way
        generated = 0
        best = self.best
        for operator, price, successor in self.space.successors(state):
            generated += 1
            known = best.get(successor)
            reached = cost + price
            if known is not None and known[0] < reached:
                continue
            new = (reached, (*plan, operator))
            if known is None or new < known:
                self.open(new, successor)
        return generated
