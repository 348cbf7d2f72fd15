"""Utility scoring: options are scored by considerations, each of which bends one input by a curve.

The scheme is the infinite axis utility system of Dave Mark (Game Developers Conference 2010 and
2013; Behavioral Mathematics for Game AI, 2009). Here it works on whole numbers only. A library's
sine or logarithm may differ in the last bit between processors, and two options whose scores lie
that near would then be chosen differently. So inputs, scores and weights are multiples of 1/65536;
curves are tables, made once with decimal arithmetic, which is the same everywhere, and interpolated
by integers. One agent scored in Python and a million scored by NumPy get the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .curves import ONE, Curve
from .errors import UtilityError

__all__ = ["ONE", "Combine", "Consideration", "Option", "Reasoner", "Scores"]

Scores = NDArray[np.int64]
_Number = TypeVar("_Number", int, Scores)

_BITS = 16
_LARGEST_INPUT = 2.0**31
_LARGEST_RANGE = 2.0**30  # so that (x - low) · 65536 stays within 63 bits
_LARGEST_WEIGHT = 1024.0


class Combine(Enum):
    """How the scores of considerations become one."""

    PRODUCT = "product"  # made up for their number: each factor below 1 would cost many twice
    MEAN = "mean"
    MINIMUM = "minimum"


@dataclass(frozen=True)
class Consideration:
    """One input, as a number from 0 (at `low` or below) to 1 (at `high` or above), bent by a curve.

    Raises a UtilityError if the range is empty or wider than 2³⁰.
    """

    input: str
    curve: Curve
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        bounded = all(math.isfinite(x) and abs(x) <= _LARGEST_INPUT for x in (self.low, self.high))
        if not bounded or not 2.0**-_BITS <= self.high - self.low <= _LARGEST_RANGE:
            raise UtilityError(
                f"consideration of {self.input!r}: the range is {self.low} to {self.high}; "
                "expected low < high, both within ±2³¹ and no more than 2³⁰ apart"
            )

    def score(self, value: float) -> int:
        """The score of one agent's input, in 1/65536."""
        low, high = _quantised(self.low), _quantised(self.high)
        inside = min(max(_checked(self.input, value), low), high)
        return self.curve.at((inside - low) * ONE // (high - low))

    def scores(self, values: Scores) -> Scores:
        """The same for inputs of many agents, in 1/65536."""
        low, high = _quantised(self.low), _quantised(self.high)
        return self.curve.at_all((np.clip(values, low, high) - low) * ONE // (high - low))


@dataclass(frozen=True)
class Option:
    """Something to choose, with the considerations that speak for and against it.

    `weight` multiplies its score: 2 for what is urgent. Raises a UtilityError for an option without
    considerations, or with a weight outside of 0 to 1,024.
    """

    name: str
    considerations: tuple[Consideration, ...]
    combine: Combine = Combine.PRODUCT
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.considerations:
            raise UtilityError(f"option {self.name!r}: expected at least one consideration")
        if not 0 <= self.weight <= _LARGEST_WEIGHT:
            raise UtilityError(
                f"option {self.name!r}: the weight is {self.weight}; expected 0 to 1,024"
            )


@dataclass(frozen=True)
class Reasoner:
    """Chooses the option with the highest score; of equal ones that whose name comes first.

    The option that an agent has already chosen is favoured, so that it does not waver: its score is
    raised by the fraction `momentum` of itself, and by `margin`. An option with score 0 is never
    chosen. Raises a UtilityError if there are no options, two of one name, or momentum or margin
    are outside of 0 to 1,024.
    """

    options: tuple[Option, ...]
    momentum: float = 0.0
    margin: float = 0.0

    def __post_init__(self) -> None:
        names = [option.name for option in self.options]
        if not names or len(set(names)) < len(names):
            raise UtilityError(f"a reasoner needs options of different names, not {names}")
        for what in ("momentum", "margin"):
            if not 0 <= getattr(self, what) <= _LARGEST_WEIGHT:
                raise UtilityError(f"the {what} is {getattr(self, what)}; expected 0 to 1,024")
        ordered = tuple(sorted(self.options, key=lambda option: option.name))
        object.__setattr__(self, "options", ordered)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the options, ascending: the order of all results."""
        return tuple(option.name for option in self.options)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of all inputs that are needed, ascending."""
        return tuple(sorted({c.input for option in self.options for c in option.considerations}))

    def scores(self, inputs: Mapping[str, float]) -> dict[str, int]:
        """Score of each option for one agent, in 1/65536, without momentum."""
        return {
            option.name: _combined(
                option, [c.score(_input(inputs, c.input)) for c in option.considerations]
            )
            for option in self.options
        }

    def choose(self, inputs: Mapping[str, float], current: str | None = None) -> str | None:
        """The best option of one agent whose option so far is `current`; None if all score 0.

        Raises a UtilityError for an input that is missing, not finite or beyond ±2³¹, and for a
        `current` that is not an option.
        """
        if current is not None and current not in self.names:
            raise UtilityError(f"the current option {current!r} is none of {', '.join(self.names)}")
        best, most = None, 0
        for name, score in self.scores(inputs).items():
            if name == current and score:
                score += self._bonus(score)
            if score > most:
                best, most = name, score
        return best

    def scores_of_all(self, inputs: Mapping[str, ArrayLike]) -> Scores:
        """Scores of many agents: a row for each option, a column for each agent.

        Inputs are arrays of one length, or single numbers for all.
        """
        columns = self._columns(inputs)
        return np.stack(
            [
                _combined_all(option, [c.scores(columns[c.input]) for c in option.considerations])
                for option in self.options
            ]
        )

    def choose_for_all(
        self, inputs: Mapping[str, ArrayLike], current: ArrayLike | None = None
    ) -> Scores:
        """For each agent the index of its best option in `names`, or -1 if all score 0.

        `current` are such indices. Raises a UtilityError as `choose` does.
        """
        scores = self.scores_of_all(inputs)
        if current is not None:
            rows = self._current(current, scores.shape[1])
            (agents,) = np.nonzero(rows >= 0)
            held = scores[rows[agents], agents]
            scores[rows[agents], agents] += np.where(held > 0, self._bonus(held), 0)
        best = np.argmax(scores, axis=0)  # the first of equal ones
        return np.where(scores.max(axis=0) > 0, best, -1)

    def explain(self, inputs: Mapping[str, float]) -> str:
        """The scores of one agent as text, from the best option to the worst."""
        scores = self.scores(inputs)
        options = sorted(self.options, key=lambda option: (-scores[option.name], option.name))
        return "\n".join(
            line for option in options for line in _explained(option, scores[option.name], inputs)
        )

    def _bonus(self, score: _Number) -> _Number:
        """What the score of the current option is raised by; at most 2⁵² on the way."""
        return (score * _quantised(self.momentum) >> _BITS) + _quantised(self.margin)

    def _columns(self, inputs: Mapping[str, ArrayLike]) -> dict[str, Scores]:
        found = {name: _checked_all(name, _input(inputs, name)) for name in self.inputs}
        sizes = {values.size for values in found.values() if values.ndim}
        if len(sizes) > 1 or any(values.ndim > 1 for values in found.values()):
            shapes = ", ".join(f"{name} {values.shape}" for name, values in found.items())
            raise UtilityError(f"inputs are of different shapes: {shapes}; expected one length")
        count = sizes.pop() if sizes else 1
        return {name: np.broadcast_to(values, (count,)) for name, values in found.items()}

    def _current(self, current: ArrayLike, count: int) -> Scores:
        rows = np.asarray(current)
        fits = rows.shape == (count,) and rows.dtype.kind in "iu"
        if not fits or (rows.size and not -1 <= rows.min() <= rows.max() < len(self.options)):
            raise UtilityError(
                f"current options: expected {count} whole numbers from -1 to "
                f"{len(self.options) - 1}, found {rows.dtype} of shape {rows.shape}"
            )
        return rows.astype(np.int64)


def _quantised(value: float) -> int:
    """In 1/65536, downwards; a product with a power of two is exact."""
    return math.floor(value * ONE)


def _input(inputs: Mapping[str, Any], name: str) -> Any:
    try:
        return inputs[name]
    except KeyError:
        known = ", ".join(sorted(inputs)) or "none"
        raise UtilityError(f"the input {name!r} is missing; given are: {known}") from None


def _checked(name: str, value: object) -> int:
    if not isinstance(value, (int, float, np.integer, np.floating, np.bool_)):
        number = math.nan
    else:
        number = value if isinstance(value, int) else float(value)  # a large int has no float
    if not abs(number) <= _LARGEST_INPUT:
        raise UtilityError(f"the input {name!r} is {value!r}; expected a number within ±2³¹")
    return _quantised(number)


def _checked_all(name: str, values: ArrayLike) -> Scores:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise UtilityError(f"the input {name!r} is no array: {error}") from None
    if array.dtype.kind not in "biuf" or not (np.abs(array.astype(float)) <= _LARGEST_INPUT).all():
        raise UtilityError(f"the input {name!r} holds what is not a number within ±2³¹")
    quantised: Scores = np.floor(array.astype(float) * ONE).astype(np.int64)
    return quantised


def _combined(option: Option, scores: Sequence[int]) -> int:
    """No product is larger than 2¹⁶ · 2²⁶."""
    count = len(scores)
    if option.combine is Combine.PRODUCT:
        product = ONE
        for score in scores:
            product = product * score >> _BITS
        combined = _made_up(product, count)
    else:
        combined = min(scores) if option.combine is Combine.MINIMUM else sum(scores) // count
    return combined * _quantised(option.weight) >> _BITS


def _combined_all(option: Option, scores: Sequence[Scores]) -> Scores:
    """The same operations on columns."""
    if option.combine is Combine.PRODUCT:
        product: Scores = np.full_like(scores[0], ONE)
        for score in scores:
            product = product * score >> _BITS
        combined: Scores = _made_up(product, len(scores))
    elif option.combine is Combine.MINIMUM:
        combined = np.min(scores, axis=0)
    else:
        combined = np.sum(scores, axis=0) // len(scores)
    return combined * _quantised(option.weight) >> _BITS


def _made_up(product: _Number, count: int) -> _Number:
    """Dave Mark's compensation: p + p (1 - p) (1 - 1/count)."""
    return product + (((ONE - product) * (ONE - ONE // count) >> _BITS) * product >> _BITS)


def _explained(option: Option, score: int, inputs: Mapping[str, float]) -> Iterator[str]:
    yield f"{option.name} {score / ONE:.3f}"
    for c in option.considerations:
        value = _input(inputs, c.input)
        yield f"    {c.input} {float(value):g} -> {c.score(value) / ONE:.3f} ({c.curve.name})"
