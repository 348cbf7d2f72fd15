"""A whole domain solved at once: the next action for each state, as a table to look up.

The table's choice is the first action of the plan that `Domain.plan` makes, for every state: the
cheapest plan, of those the shortest, of those the first by the names of its actions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DomainError
from .domain import Domain
from .domain_state import array_codes
from .domain_terms import Codes
from .goap_goal import Goal
from .goap_space import UNREACHED, FactSpace, Moves, Prices, cost_to_go

NOTHING = 255  # the goal holds: there is nothing to do
NO_PLAN = 254  # the goal is impossible
UNDECIDED = 253  # the planner's budget was too small; never in a table
MAX_ACTIONS = 253
MAX_STATES = 1 << 20
MAX_MOVES = 1 << 25  # of all actions together; 8 bytes each while the table is made

Choices = NDArray[np.uint8]


@dataclass(frozen=True)
class Baked:
    """The next action for each state and goal.

    Args:
        domain: what was solved.
        goals: in the order of the table's rows.
        space: numbers the states, by the facts that matter to any of the goals.
        table: one row for each goal, one column for each state: the index of an action in
            `domain.actions`, or NOTHING or NO_PLAN.
    """

    domain: Domain
    goals: tuple[Goal, ...]
    space: FactSpace
    table: Choices

    def choose(self, facts: Mapping[str, ArrayLike], goal: ArrayLike = 0) -> Choices:
        """The next action of many agents.

        Args:
            facts: arrays as for `plan_many`.
            goal: index of a goal, for all or for each agent.

        Raises:
            DomainError: a mistake in the facts, or no such goal.
        """
        goals = np.asarray(goal)
        if goals.dtype.kind not in "iu" or not ((goals >= 0) & (goals < len(self.goals))).all():
            raise DomainError(f"goal must be an index below {len(self.goals)}, got {goal!r}")
        codes = array_codes(self.domain.facts, facts, self.space.names)
        states: Codes = np.array(self.space.weights, np.intp) @ codes
        if goals.ndim > 1 or (goals.size not in (1, len(states)) and len(states) != 1):
            raise DomainError(f"goal: one or {len(states)} indices wanted, got {goals.shape}")
        return np.asarray(self.table[goals, states], np.uint8)


def bake(domain: Domain, goals: Sequence[Goal | Mapping[str, Any]]) -> Baked:
    """Solve a domain for all states of the facts that matter to these goals.

    Raises:
        DomainError: no goal, more states, actions or moves than a table may have, or costs whose
            sums 62 bits do not hold.
    """
    prepared = tuple(domain.prepared(goal) for goal in goals)
    if not prepared:
        raise DomainError("bake: give at least one goal")
    check_action_count(len(domain.actions))
    matter = {name for goal in prepared for name in goal.relevant}
    names = tuple(name for name in domain.facts if name in matter)
    space = FactSpace(names, tuple(domain.facts[name].size for name in names))
    _check_states(space)
    moves = _moves(domain, space)
    rows = [_choices(space, moves, space.states(goal.wanted)) for goal in prepared]
    return Baked(domain, prepared, space, np.array(rows))


def check_action_count(count: int) -> None:
    """Raise DomainError if a byte cannot tell so many actions apart."""
    if count > MAX_ACTIONS:
        raise DomainError(
            f"the domain has {count:,} actions; where choices are bytes at most {MAX_ACTIONS}"
        )


def _check_states(space: FactSpace) -> None:
    if space.count > MAX_STATES:
        told = " × ".join(f"{name} ({n})" for name, n in zip(space.names, space.sizes, strict=True))
        raise DomainError(
            f"bake: {space.count:,} states, at most {MAX_STATES:,}: {told}; count in larger units, "
            "or leave facts out"
        )


def _moves(domain: Domain, space: FactSpace) -> list[Moves]:
    """What each action does that concerns these facts, in the order of the actions."""
    known = set(space.names)
    rules = [rule for rule in domain.rules if rule.does.keys() & known]
    total = sum(space.count_of(rule.needs) for rule in rules)
    if total > MAX_MOVES:
        raise DomainError(
            f"bake: {len(rules)} actions make {total:,} moves between {space.count:,} states; "
            f"at most {MAX_MOVES:,}: leave facts or actions out"
        )
    if max((rule.step for rule in rules), default=0) >= UNREACHED // 2:
        raise DomainError(_TOO_DEAR)
    return [space.moves(rule) for rule in rules]


_TOO_DEAR = (
    "bake: sums of these costs, which are exact, do not fit 62 bits; round the costs, such as to "
    "hundredths"
)


def _choices(space: FactSpace, moves: Sequence[Moves], goal: Any) -> Choices:
    prices = cost_to_go(space.count, moves, goal)
    _check_prices(prices, moves)
    table = np.full(space.count, NO_PLAN, np.uint8)
    for move in reversed(moves):  # of several that are best, the first by name stays
        best = prices[move.target] + move.step == prices[move.source]
        table[move.source[best]] = move.rule
    table[goal] = NOTHING
    return table


def _check_prices(prices: Prices, moves: Sequence[Moves]) -> None:
    """No price may have come so near to UNREACHED that the next one was taken for it."""
    dearest = int(prices[prices < UNREACHED].max(initial=0))
    if dearest + max((move.step for move in moves), default=0) >= UNREACHED:
        raise DomainError(_TOO_DEAR)
