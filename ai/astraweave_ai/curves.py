"""Response curves of utility scoring: from 0…1 to 0…1 in steps of 1/65536, equal on every machine.

A curve is a table of 1,025 values with straight lines between them. The values are computed with
50 decimal digits by Python's decimal module, whose roots, exponentials and logarithms are correctly
rounded, and then rounded to 1/65536; no processor's sine or logarithm takes part.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .errors import UtilityError

ONE = 65_536  # the number 1 in scores
PIECES = 1024
_STEP_BITS = 6  # 65536 / 1024 = 2⁶
# Exponents that no parameters exceed, and that every build of libmpdec allows.
_DIGITS = Context(50, ROUND_HALF_EVEN, Emin=-400_000_000, Emax=400_000_000)
_PI = Decimal("3.1415926535897932384626433832795028841971693993751058209749445923")
_LARGEST = Decimal(10_000)  # of a parameter
_HALF = Decimal("0.5")
_ZERO, _UNIT = Decimal(0), Decimal(1)


@dataclass(frozen=True)
class Curve:
    """A table of PIECES + 1 values from 0 to ONE; with a `jump`, two levels instead.

    A curve that jumps has its second value from `jump` on, exactly, and its first below.
    """

    name: str
    table: tuple[int, ...] = field(repr=False)
    jump: int | None = None

    def at(self, x: int) -> int:
        """The value at x, 0 to ONE; the last digit is rounded down between two values."""
        if self.jump is not None:
            return self.table[x >= self.jump]
        piece, rest = x >> _STEP_BITS, x & (1 << _STEP_BITS) - 1
        left = self.table[piece]
        return left + ((self.table[piece + 1] - left) * rest >> _STEP_BITS) if rest else left

    def at_all(self, x: NDArray[np.int64]) -> NDArray[np.int64]:
        """The same for many."""
        if self.jump is not None:
            levels: NDArray[np.int64] = self._array[(x >= self.jump).astype(np.int64)]
            return levels
        piece, rest = x >> _STEP_BITS, x & (1 << _STEP_BITS) - 1
        left = self._array[piece]
        right = self._array[np.minimum(piece + 1, PIECES)]
        between: NDArray[np.int64] = left + ((right - left) * rest >> _STEP_BITS)
        return between

    def inverted(self) -> Curve:
        """1 less the curve: for what speaks against an option."""
        return Curve(f"1 - {self.name}", tuple(ONE - value for value in self.table), self.jump)

    @cached_property
    def _array(self) -> NDArray[np.int64]:
        return np.array(self.table, np.int64)


def linear(slope: float = 1.0, offset: float = 0.0) -> Curve:
    """slope · x + offset."""
    m, b = _numbers(slope=slope, offset=offset)
    return _curve(f"linear({slope}, {offset})", lambda x: m * x + b)


def polynomial(exponent: float = 2.0, slope: float = 1.0, offset: float = 0.0) -> Curve:
    """slope · x^exponent + offset; the exponent is above 0."""
    k, m, b = _numbers(exponent=exponent, slope=slope, offset=offset)
    _positive("exponent", k)
    return _curve(
        f"polynomial({exponent}, {slope}, {offset})",
        lambda x: m * (x and (k * x.ln()).exp()) + b,
    )


def logistic(steepness: float = 10.0, midpoint: float = 0.5) -> Curve:
    """1 / (1 + exp(-steepness · (x - midpoint))): from low to high around the midpoint."""
    k, c = _numbers(steepness=steepness, midpoint=midpoint)
    return _curve(f"logistic({steepness}, {midpoint})", lambda x: 1 / (1 + (-k * (x - c)).exp()))


def logit(width: float = 5.0) -> Curve:
    """1/2 + ln(x / (1 - x)) / (2 · width): flat in the middle, steep at both ends."""
    (w,) = _numbers(width=width)
    _positive("width", w)
    return _curve(
        f"logit({width})",
        lambda x: x if x in (_ZERO, _UNIT) else _HALF + (x / (1 - x)).ln() / (2 * w),
    )


def sine(cycles: float = 0.5, phase: float = -0.25) -> Curve:
    """1/2 + sin(2π · (cycles · x + phase)) / 2; half a wave from 0 to 1 without arguments."""
    n, p = _numbers(cycles=cycles, phase=phase)
    return _curve(f"sine({cycles}, {phase})", lambda x: (1 + _sine_of_turns(n * x + p)) / 2)


def smoothstep(low: float = 0.0, high: float = 1.0) -> Curve:
    """3t² - 2t³ with t from 0 at `low` to 1 at `high`."""
    a, b = _numbers(low=low, high=high)
    if not a < b:
        raise UtilityError(f"a curve's low is {low} and its high {high}; expected low < high")

    def smooth(x: Decimal) -> Decimal:
        t = min(max((x - a) / (b - a), _ZERO), _UNIT)
        return t * t * (3 - 2 * t)

    return _curve(f"smoothstep({low}, {high})", smooth)


def step(at: float = 0.5, below: float = 0.0, above: float = 1.0) -> Curve:
    """`below` for x < at, else `above`; the jump is exact to 1/65536."""
    where, low, high = _numbers(at=at, below=below, above=above)
    name = f"step({at}, {below}, {above})"
    jump = int((where * ONE).to_integral_value(ROUND_FLOOR))  # as inputs are rounded
    return Curve(name, (_quantised(low), _quantised(high)), jump)


def points(*corners: tuple[float, float]) -> Curve:
    """Straight lines from corner to corner (x, y), x ascending; level before and after them."""
    if not corners:
        raise UtilityError("a curve of points needs at least one")
    xs = [_number("x", x) for x, _ in corners]
    ys = [_number("y", y) for _, y in corners]
    if any(not a < b for a, b in pairwise(xs)):
        raise UtilityError(f"the x of a curve's points have to ascend, but are {[*map(str, xs)]}")
    return _curve(f"points{corners}", lambda x: _between(xs, ys, x))


def _between(xs: Sequence[Decimal], ys: Sequence[Decimal], x: Decimal) -> Decimal:
    right = bisect_right(xs, x)
    if right in (0, len(xs)):
        return ys[min(right, len(xs) - 1)]
    x0, x1, y0, y1 = xs[right - 1], xs[right], ys[right - 1], ys[right]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def _curve(name: str, formula: Callable[[Decimal], Decimal]) -> Curve:
    """The table of a formula; values outside of 0 to 1 are cut."""
    with localcontext(_DIGITS):
        return Curve(
            name, tuple(_quantised(formula(Decimal(i) / PIECES)) for i in range(PIECES + 1))
        )


def _quantised(y: Decimal) -> int:
    return int((min(max(y, _ZERO), _UNIT) * ONE).to_integral_value(ROUND_HALF_EVEN))


def _numbers(**values: float) -> list[Decimal]:
    return [_number(name, value) for name, value in values.items()]


def _number(name: str, value: float) -> Decimal:
    """The shortest decimal number that stands for a float: 0.1 is one tenth."""
    number = Decimal(repr(float(value)))
    if not number.is_finite() or abs(number) > _LARGEST:
        raise UtilityError(f"a curve's {name} is {value}; expected a number within ±{_LARGEST:,}")
    return number


def _positive(name: str, value: Decimal) -> None:
    if value <= 0:
        raise UtilityError(f"a curve's {name} is {value}; expected more than 0")


def _sine_of_turns(turns: Decimal) -> Decimal:
    """sin(2π · turns) by its Taylor series, after reduction to a quarter of a turn."""
    turns -= turns.to_integral_value(ROUND_HALF_EVEN)  # within half a turn
    if abs(turns) > Decimal("0.25"):
        turns = (_HALF if turns > 0 else -_HALF) - turns
    x = 2 * _PI * turns
    term = total = x
    for n in range(2, 60, 2):  # (π/2)⁶⁰ / 60! is below 10⁻⁷⁰
        term *= -x * x / (n * (n + 1))
        total += term
    return total
