"""A planning domain: typed facts and the actions that change them.

domain = Domain(
    facts={"ammo": Int(0, 30), "stance": Symbol("stand", "crouch"), "enemy_down": Bool()},
    actions=[
        Action("crouch", does={"stance": "crouch"}),
        Action("reload", cost=2, needs={"ammo": At.most(0)}, does={"ammo": 30}),
        Action("shoot", needs={"ammo": At.least(1)}, does={"ammo": Add(-1), "enemy_down": True}),
    ],
)
plan = domain.plan({"ammo": 0, "stance": "stand", "enemy_down": False}, {"enemy_down": True})
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import DomainError
from .cache import PlanCache, plan_cached
from .domain_rules import conditions_of, rules_of, scale_of
from .domain_state import State
from .domain_terms import Action, Add, At, Bool, Fact, Int, Not, Set, Symbol, is_name
from .goap import Plan, check_budget
from .goap_goal import Goal

__all__ = ["Action", "Add", "At", "Bool", "Domain", "Int", "Not", "Set", "Symbol"]

_GOALS = 256  # prepared goals that a domain keeps


class Domain:
    """Facts and actions, checked once.

    Args:
        facts: types by name.
        actions: kept in the order of their names, by which ties are decided.

    Raises:
        DomainError: a mistake in a fact or an action; names it and says what was expected.
    """

    def __init__(self, facts: Mapping[str, Fact], actions: Iterable[Action]) -> None:
        self.facts = _checked_facts(facts)
        self.actions = _checked_actions(actions)
        self.scale = scale_of(self.actions)
        self.rules = rules_of(self.facts, self.actions, self.scale)
        self.fingerprint = self._digest()
        self._goals: dict[Any, Goal] = {}

    def _digest(self) -> bytes:
        """Covers facts, and of every action its name, cost, conditions and effects."""
        rules = [
            (
                rule.name,
                rule.step,
                sorted((name, mask.tobytes()) for name, mask in rule.needs.items()),
                sorted((name, after.tobytes()) for name, after in rule.does.items()),
            )
            for rule in self.rules
        ]
        text = repr((list(self.facts.items()), self.scale, rules))
        return hashlib.blake2b(text.encode(), digest_size=16).digest()

    def goal(self, wanted: Mapping[str, Any]) -> Goal:
        """Prepare a goal: conditions by fact. The newest are kept.

        Raises:
            DomainError: an unknown fact, a value out of bounds, or a condition that never holds.
        """
        try:
            known = self._goals.get(key := tuple(wanted.items()))
        except (AttributeError, TypeError):
            raise DomainError(
                f"a goal must be a mapping of conditions by fact, got {wanted!r}"
            ) from None
        if known is None:
            masks = conditions_of(self.facts, wanted, "goal")
            known = Goal(self.facts, self.rules, self.scale, masks, self.fingerprint)
            if len(self._goals) >= _GOALS:
                self._goals.pop(next(iter(self._goals)))
            self._goals[key] = known
        return known

    def plan(
        self,
        state: State,
        goal: Goal | Mapping[str, Any],
        *,
        max_expansions: int = 1000,
        seconds: float | None = None,
        cache: PlanCache | None = None,
    ) -> Plan:
        """The cheapest plan; of several the shortest; of several the first by names of actions.

        Args:
            state: a value for every fact.
            goal: conditions by fact, or what `goal` made of them.
            max_expansions: the budget, 0 to 1,048,575 states whose successors are looked at.
            seconds: an outer stop, looked at now and then; it makes results depend on the machine.
            cache: where to look first and where to put what was found.

        Raises:
            DomainError: a mistake in the state, the goal or the budget.
        """
        prepared = self.prepared(goal)
        check_budget(max_expansions, seconds)
        number = prepared.number(state)
        return plan_cached(prepared, number, max_expansions, cache, seconds)

    def prepared(self, goal: Goal | Mapping[str, Any]) -> Goal:
        """The goal, prepared unless it is already.

        Raises:
            DomainError: it was prepared by a domain of other facts or actions.
        """
        if not isinstance(goal, Goal):
            return self.goal(goal)
        if goal.origin != self.fingerprint:
            raise DomainError("the goal was prepared by another domain; use this domain's `goal`")
        return goal


def _checked_facts(facts: Any) -> dict[str, Fact]:
    if not isinstance(facts, Mapping) or not facts:
        raise DomainError(f"facts must be a mapping of at least one type by name, got {facts!r}")
    for name, fact in facts.items():
        if not is_name(name):
            raise DomainError(f"the name of a fact must be a text that is not empty, got {name!r}")
        if not isinstance(fact, Fact):
            raise DomainError(f"fact {name}: expected a Bool(), an Int or a Symbol, got {fact!r}")
    return dict(facts)


def _checked_actions(actions: Iterable[Any]) -> tuple[Action, ...]:
    found = list(actions)
    for action in found:
        if not isinstance(action, Action):
            raise DomainError(f"actions: expected an Action, got {action!r}")
    for name, count in Counter(action.name for action in found).items():
        if count > 1:
            raise DomainError(f"action {name}: {count} actions have this name; names must differ")
    return tuple(sorted(found, key=lambda action: action.name))
