"""Actions in codes: checked against the facts of their domain, and with whole costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from ..errors import DomainError
from .domain_terms import Action, Codes, Fact, Mask, codes_after, codes_that_meet

LENGTH_BITS = 20  # of a step; no plan has 2^20 actions


@dataclass(frozen=True)
class Rule:
    """An action in codes.

    `step` is what it adds to a plan's price: the cost times the domain's scale in the high bits,
    and 1 in the low `LENGTH_BITS`. Prices so order plans by cost and then by number of actions.
    """

    index: int  # among the actions in order of their names
    name: str
    step: int
    needs: dict[str, Mask]
    does: dict[str, Codes]  # only facts that it can change


def scale_of(actions: Sequence[Action]) -> int:
    """The least number that makes all costs whole, taking floats as the decimals they print as."""
    return lcm(*(_cost(action).denominator for action in actions))


def rules_of(facts: Mapping[str, Fact], actions: Sequence[Action], scale: int) -> tuple[Rule, ...]:
    """Actions in codes; they must be in the order of their names.

    Raises:
        DomainError: an unknown fact, a value out of bounds, or a condition that never holds.
    """
    return tuple(_rule(facts, i, action, scale) for i, action in enumerate(actions))


def _rule(facts: Mapping[str, Fact], index: int, action: Action, scale: int) -> Rule:
    where = f"action {action.name}"
    step = int(_cost(action) * scale) << LENGTH_BITS | 1
    needs = conditions_of(facts, action.needs, f"{where}: needs")
    does = {}
    for name, effect in action.does.items():
        fact = known_fact(facts, name, f"{where}: does")
        after = codes_after(effect, fact, f"{where}: does {name}")
        if (after != np.arange(fact.size)).any():
            does[name] = after
    return Rule(index, action.name, step, needs, does)


def _cost(action: Action) -> Fraction:
    return Fraction(str(action.cost))


def conditions_of(
    facts: Mapping[str, Fact], wanted: Mapping[str, Any], where: str
) -> dict[str, Mask]:
    """For each fact named, which of its codes are wanted; what always holds is left out.

    Raises:
        DomainError: an unknown fact, a value out of bounds, or a condition that never holds.
    """
    masks = {
        name: codes_that_meet(condition, known_fact(facts, name, where), f"{where} {name}")
        for name, condition in wanted.items()
    }
    return {name: mask for name, mask in masks.items() if not mask.all()}


def known_fact(facts: Mapping[str, Fact], name: Any, where: str) -> Fact:
    """The type of a fact.

    Raises:
        DomainError: the domain has no such fact.
    """
    try:
        return facts[name]
    except (KeyError, TypeError):
        known = ", ".join(facts) or "none"
        raise DomainError(f"{where} {name!r}: no such fact; the domain has: {known}") from None
