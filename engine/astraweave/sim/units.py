"""Conversions of module parameters into the integers that shaders use."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Real
from typing import Any

from ..errors import UsageError

ONE = 1 << 16
Vector = tuple[float, float, float]


def number(value: Any, what: str) -> float:
    """A finite number as a float.

    Raises:
        UsageError: something else; names `what`.
    """
    try:
        if isinstance(value, Real) and math.isfinite(value):
            return float(value)
    except OverflowError:  # a whole number that no float holds
        pass
    raise UsageError(f"{what} must be a finite number, got {value!r}")


def vector3(values: Any, what: str) -> Vector:
    """Three finite numbers as floats.

    Raises:
        UsageError: something else; names `what`.
    """
    try:
        x, y, z = (number(v, what) for v in values)
    except (TypeError, ValueError, UsageError):
        raise UsageError(f"{what} must be three finite numbers, got {values!r}") from None
    return x, y, z


def q16(value: float, what: str, low: float = -32768.0, high: float = 32767.99) -> int:
    """A number as Q16.16.

    Raises:
        UsageError: not finite or outside [low, high]; names `what`.
    """
    number(value, what)
    if not low <= value <= high:
        raise UsageError(f"{what} must be {low:g} to {high:g}, got {value}")
    return round(value * ONE)


def decay(rate_per_second: float, ticks: int, what: str) -> int:
    """What a tick leaves of something that decays at 1/s, in Q16.

    Raises:
        UsageError: negative, not finite, or so small that it would round to no decay.
    """
    if number(rate_per_second, what) < 0:
        raise UsageError(f"{what} must not be negative, got {rate_per_second}")
    # Decimal's exp is correctly rounded everywhere; the C library's need not be.
    keep = round(Decimal(-rate_per_second / ticks).exp() * ONE)
    if rate_per_second and keep == ONE:
        raise UsageError(
            f"{what} {rate_per_second} is too small to act; at least {ticks / ONE:.4g}"
        )
    return keep


def vector_constants(name: str, values: Vector, what: str) -> dict[str, int]:
    """`NAME_X`, `NAME_Y` and `NAME_Z` in Q16.16."""
    vector3(values, what)
    return {f"{name}_{axis}": q16(v, what) for axis, v in zip("XYZ", values, strict=True)}
