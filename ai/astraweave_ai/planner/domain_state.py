"""States in codes: one as a mapping, as quickly as Python can, or many as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DomainError
from .domain_rules import known_fact
from .domain_terms import Codes, Fact, Int, Mask, Symbol, code_of

State = Mapping[str, Any]


class _Digits(dict[Any, int]):
    """What each value of a fact adds to the number of a state; filled as values come up."""

    def __init__(self, name: str, fact: Fact, weight: int) -> None:
        super().__init__()
        self._fact = name, fact, weight

    def __missing__(self, value: Any) -> int:
        name, fact, weight = self._fact
        digit = self[value] = code_of(fact, value, f"state: {name}") * weight
        return digit


class StateNumbers:
    """Turns states into numbers in which each fact has a weight.

    Args:
        facts: all of the domain; a state has to give a value to each.
        weights: of the facts that count; the others are only checked.
    """

    def __init__(self, facts: Mapping[str, Fact], weights: Mapping[str, int]) -> None:
        self._facts = facts
        self._digits = [
            (name, _Digits(name, fact, weights.get(name, 0))) for name, fact in facts.items()
        ]

    def of(self, state: State) -> int:
        """The number of a state.

        Raises:
            DomainError: a fact that is missing or unknown, or a value out of bounds.
        """
        number = 0
        try:
            for name, digits in self._digits:
                number += digits[state[name]]
            if len(state) == len(self._digits):
                return number
        except (KeyError, TypeError):
            pass  # told below, by name
        raise self._mistake(state)

    def _mistake(self, state: Any) -> DomainError:
        if not isinstance(state, Mapping):
            return DomainError(f"a state must be a mapping from facts to values, got {state!r}")
        for name in state:
            known_fact(self._facts, name, "state:")
        missing = [name for name in self._facts if name not in state]
        if missing:
            return DomainError(f"state: no value for {', '.join(missing)}; give one to every fact")
        return DomainError(f"state: a value that cannot be compared, in {dict(state)!r}")


def array_codes(
    facts: Mapping[str, Fact], values: Mapping[str, ArrayLike], needed: Sequence[str]
) -> Codes:
    """The codes of the facts in `needed`: a row for each fact, a column for each agent.

    Args:
        facts: all of the domain.
        values: for each fact an array with a value for each agent, or one value for all.
        needed: which facts to take; the others may be absent, and are not looked at.

    Raises:
        DomainError: a fact that is missing or unknown, a value out of bounds, or lengths that
            differ.
    """
    if not isinstance(values, Mapping):
        raise DomainError(f"facts must be a mapping of arrays by fact, got {values!r}")
    for name in values:
        known_fact(facts, name, "facts:")
    missing = [name for name in needed if name not in values]
    if missing:
        raise DomainError(f"facts: no values for {', '.join(missing)}, which matter here")
    codes = np.zeros((len(needed), _agents(values)), np.intp)
    for row, name in zip(codes, needed, strict=True):
        row[:] = _column(name, facts[name], values[name])
    return codes


def _agents(values: Mapping[str, ArrayLike]) -> int:
    """How many agents there are: the one length of all arrays; 1 if there are only values."""
    shapes = {name: np.shape(value) for name, value in values.items() if np.ndim(value)}
    if len(set(shapes.values())) > 1 or any(len(shape) > 1 for shape in shapes.values()):
        told = ", ".join(f"{name}: {shape}" for name, shape in shapes.items())
        raise DomainError(f"facts must be arrays of one length, got shapes {told}")
    return int(next(iter(shapes.values()), (1,))[0])


def _column(name: str, fact: Fact, values: ArrayLike) -> Codes:
    """Codes of an array of values.

    Raises:
        DomainError: a value that the fact does not have; tells the first and who has it.
    """
    given = np.asarray(values)
    codes, known = _coded(fact, given)
    if not known.all():
        agent = int(np.flatnonzero(~known)[0])
        value = given.reshape(-1)[agent].item()
        raise DomainError(f"facts: {name}: expected {fact.expected}, got {value!r} at {agent}")
    return codes


def _coded(fact: Fact, given: NDArray[Any]) -> tuple[Codes, Mask]:
    """Codes of an array, and which of them are right."""
    if isinstance(fact, Symbol) and given.dtype.kind == "U":
        order = np.argsort(fact.names)
        place = order[np.searchsorted(fact.names, given, sorter=order).clip(max=fact.size - 1)]
        return place, np.array(fact.names)[place] == given
    if given.dtype.kind not in "biuf":
        return np.zeros(given.shape, np.intp), np.zeros(given.shape, np.bool_)
    low = int(fact.low) if isinstance(fact, Int) else 0
    inside = (given >= low) & (given < low + fact.size)
    whole = np.where(inside, given, 0).astype(np.intp) if given.dtype.kind == "f" else given
    known = inside & (whole == given) if given.dtype.kind == "f" else inside
    return whole.astype(np.intp) - low, known
