"""Who thinks when: agents share a budget of planning work at every tick.

The budget is given in milliseconds and kept in expansions, the unit of work that every planner
counts. So a slow machine takes longer for a tick, but no machine ever decides something else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import MindError

EXPANSIONS_A_MS = 100  # of the GOAP planner in Python, on a core of 2020 or later
_GUESS = 8  # expansions that a first thought is taken to cost


class Agenda:
    """Chooses the most urgent agents until the budget is used up.

    Urgency is priority times staleness, the ticks since an agent last thought; at equal urgency
    the agent with the smaller number comes first. So nobody starves whose priority is above 0.

    Args:
        agents: how many there are; they are numbered from 0.
        budget_ms: planning time for each tick.
        every: an agent does not think again sooner than after this many ticks.

    Raises:
        MindError: a budget or a number that is not positive.
    """

    def __init__(self, agents: int, budget_ms: float = 2.0, every: int = 1) -> None:
        if agents < 1 or not budget_ms > 0 or every < 1:
            raise MindError(
                "agenda: agents, budget and every must be positive, "
                f"got {agents}, {budget_ms}, {every}"
            )
        self.budget = max(1, round(budget_ms * EXPANSIONS_A_MS))
        self.every = every
        self.priority = np.ones(agents, np.int64)
        self.thought = np.full(agents, -every, np.int64)  # tick of the last thought
        self.cost = np.full(agents, _GUESS, np.int64)  # expansions of the last thought
        self.debt = 0  # expansions spent beyond the budget, paid back in the ticks that follow

    def resize(self, kept: NDArray[Any], agents: int) -> None:
        """Go on with these agents (numbers, in their new order) and new ones after them."""
        fresh = agents - len(kept)
        for name, first in (("priority", 1), ("thought", -self.every), ("cost", _GUESS)):
            rows = getattr(self, name)[kept]
            setattr(self, name, np.append(rows, np.full(fresh, first, np.int64)))

    def due(self, tick: int) -> NDArray[np.int64]:
        """Numbers of the agents whose turn it is, the most urgent first."""
        available = self.budget - self.debt
        self.debt = max(0, self.debt - self.budget)
        stale = tick - self.thought
        urgency = np.where(stale >= self.every, self.priority * stale, 0)
        waiting = np.flatnonzero(urgency)
        order = waiting[np.lexsort((waiting, -urgency[waiting]))]
        spent = np.cumsum(self.cost[order])
        count = int(np.searchsorted(spent, max(available, 0), side="right"))
        # One thought dearer than the whole budget must not wait for ever.
        return order[: max(count, int(available > 0 and len(order) > 0))]

    def charge(self, agents: NDArray[Any], tick: int, expansions: NDArray[Any]) -> None:
        """Note what the thoughts of these agents cost."""
        self.thought[agents] = tick
        self.cost[agents] = np.maximum(expansions, 1)
        self.debt += max(0, int(self.cost[agents].sum()) - self.budget)
