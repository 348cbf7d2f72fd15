"""The words of a planning domain: typed facts, conditions on them, effects, and actions.

Every fact has finitely many values, numbered from 0 by its *codes*. A condition is then the set of
codes that meet it, an effect is a map from codes to codes, and all that plans, bakes or looks up
tables works on these alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DomainError

MAX_VALUES = 1 << 16  # of one fact
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Bool:
    """A fact that holds or does not."""

    size = 2
    expected = "True or False"

    def code(self, value: Any) -> int | None:
        """0 or 1; None for anything that is not equal to one of them."""
        return int(value) if is_number(value) and value in (0, 1) else None

    def value(self, code: int) -> bool:
        """What a code stands for."""
        return bool(code)


@dataclass(frozen=True)
class Int:
    """A whole number from `low` to `high`, both included; at most 65,536 values."""

    low: int
    high: int

    def __post_init__(self) -> None:
        for bound in (self.low, self.high):
            if not is_whole(bound):
                raise DomainError(f"Int: bounds must be whole numbers, got {bound!r}")
        if self.low > self.high:
            raise DomainError(f"Int: low must not exceed high, got {self.low} to {self.high}")
        if self.size > MAX_VALUES:
            raise DomainError(
                f"Int: {self.low} to {self.high} are {self.size:,} values; "
                f"at most {MAX_VALUES:,}: count in larger units"
            )

    @property
    def size(self) -> int:
        """How many values there are."""
        return int(self.high) - int(self.low) + 1

    @property
    def expected(self) -> str:
        """What a value has to be, for messages."""
        return f"a whole number from {self.low} to {self.high}"

    def code(self, value: Any) -> int | None:
        """The distance from `low`; None for anything that is not one of the values."""
        inside = is_number(value) and self.low <= value <= self.high
        return int(value) - int(self.low) if inside and value == int(value) else None

    def value(self, code: int) -> int:
        """What a code stands for."""
        return int(self.low) + code


@dataclass(frozen=True, init=False)
class Symbol:
    """One of several names, such as `Symbol("stand", "crouch", "prone")`."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        for name in names:
            if not is_name(name):
                raise DomainError(f"Symbol: names must be texts that are not empty, got {name!r}")
        if not 1 <= len(set(names)) == len(names):
            raise DomainError(f"Symbol: one name or several different ones, got {names!r}")
        if len(names) > MAX_VALUES:
            raise DomainError(f"Symbol: at most {MAX_VALUES:,} names, got {len(names):,}")
        object.__setattr__(self, "names", names)

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.names)

    @property
    def expected(self) -> str:
        """What a value has to be, for messages."""
        return "one of " + ", ".join(repr(name) for name in self.names)

    def code(self, value: Any) -> int | None:
        """The place among the names; None for any other value."""
        known = isinstance(value, str) and value in self.names
        return self.names.index(value) if known else None

    def value(self, code: int) -> str:
        """What a code stands for."""
        return self.names[code]


Fact = Bool | Int | Symbol


@dataclass(frozen=True)
class At:
    """A comparison of an `Int` fact, made by `At.least`, `At.most` or `At.between`."""

    low: int | None
    high: int | None

    @staticmethod
    def least(low: int) -> At:
        """`low` or more."""
        return At(low, None)

    @staticmethod
    def most(high: int) -> At:
        """`high` or less."""
        return At(None, high)

    @staticmethod
    def between(low: int, high: int) -> At:
        """From `low` to `high`, both included."""
        return At(low, high)

    def __str__(self) -> str:
        if self.low is None:
            return f"at most {self.high}"
        return f"at least {self.low}" if self.high is None else f"{self.low} to {self.high}"


@dataclass(frozen=True)
class Not:
    """The contrary of a value or of a comparison."""

    what: Any

    def __str__(self) -> str:
        return f"not {told(self.what)}"


@dataclass(frozen=True)
class Set:
    """The effect that gives a fact this value; a plain value means the same."""

    value: Any


@dataclass(frozen=True)
class Add:
    """The effect that adds to an `Int` fact, which stops at its bounds."""

    amount: int


@dataclass(frozen=True)
class Action:
    """Something that an agent can do, as the planner sees it.

    Args:
        name: plans consist of names, and ties are decided by them.
        cost: 0 or more, whole or not; it counts as the decimal number that it prints as.
        needs: conditions by fact: a value, `At…` or `Not(…)`.
        does: effects by fact: a value, `Set(…)` or `Add(…)`.
    """

    name: str
    cost: float = 1
    needs: Mapping[str, Any] = field(default_factory=dict)
    does: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise DomainError(f"an action's name must be a text that is not empty: {self.name!r}")
        where = f"action {self.name}"
        if isinstance(self.cost, bool) or not is_number(self.cost) or not 0 <= self.cost < math.inf:
            raise DomainError(f"{where}: the cost must be a number of 0 or more, got {self.cost!r}")
        for part in ("needs", "does"):
            if not isinstance(getattr(self, part), Mapping):
                raise DomainError(f"{where}: {part} must be a mapping by fact, such as a dict")


def is_name(value: Any) -> bool:
    """Whether it is a text that is not empty."""
    return isinstance(value, str) and bool(value)


def is_whole(value: Any) -> bool:
    """Whether it is a whole number of any integer type."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether it is a real number or a truth value, of any type."""
    return isinstance(value, Real | np.bool_)


def told(value: Any) -> str:
    """A value or a condition as people read it."""
    return str(value) if isinstance(value, At | Not) else repr(value)


def code_of(fact: Fact, value: Any, where: str) -> int:
    """The code of a value.

    Raises:
        DomainError: the fact has no such value; names `where`.
    """
    code = fact.code(value)
    if code is None:
        raise DomainError(f"{where}: expected {fact.expected}, got {value!r}")
    return code


def codes_that_meet(condition: Any, fact: Fact, where: str) -> Mask:
    """Which codes of a fact meet a condition.

    Raises:
        DomainError: a condition that this fact cannot be asked, or that no value meets.
    """
    met = _meets(condition, fact, where)
    if not met.any():
        raise DomainError(f"{where}: no value is {told(condition)}; it would never hold")
    return met


def _meets(condition: Any, fact: Fact, where: str) -> Mask:
    if isinstance(condition, Not):
        return ~_meets(condition.what, fact, where)
    if isinstance(condition, Set | Add):
        raise DomainError(f"{where}: {condition!r} is an effect, not a condition")
    codes = np.arange(fact.size)
    if not isinstance(condition, At):
        return np.equal(codes, code_of(fact, condition, where))
    if not isinstance(fact, Int):
        raise DomainError(f"{where}: only an Int can be {condition}; this is {fact.expected}")
    low = 0 if condition.low is None else code_of(fact, condition.low, where)
    high = fact.size - 1 if condition.high is None else code_of(fact, condition.high, where)
    return (low <= codes) & (codes <= high)


def codes_after(effect: Any, fact: Fact, where: str) -> Codes:
    """For each code of a fact, the code that an effect makes of it.

    Raises:
        DomainError: an effect that this fact cannot have.
    """
    codes = np.arange(fact.size)
    if isinstance(effect, At | Not):
        raise DomainError(f"{where}: {effect!r} is a condition, not an effect")
    if not isinstance(effect, Add):
        value = effect.value if isinstance(effect, Set) else effect
        return np.full_like(codes, code_of(fact, value, where))
    amount = effect.amount
    if not isinstance(fact, Int):
        raise DomainError(f"{where}: only an Int can be added to; this is {fact.expected}")
    if not is_whole(amount):
        raise DomainError(f"{where}: only whole numbers can be added, got {amount!r}")
    reach = max(-fact.size, min(int(amount), fact.size))  # more would saturate as well
    return np.clip(codes + reach, 0, fact.size - 1)
