"""Conversions of module parameters into the integers that shaders use."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..errors import UsageError

ONE = 1 << 16


def q16(value: float, what: str, low: float = -32768.0, high: float = 32767.99) -> int:
    """A number as Q16.16.

    Raises:
        UsageError: not finite or outside [low, high]; names `what`.
    """
    if not (math.isfinite(value) and low <= value <= high):
        raise UsageError(f"{what} must be {low:g} to {high:g}, got {value}")
    return round(value * ONE)


def vector_constants(name: str, values: Sequence[float], what: str) -> dict[str, int]:
    """`NAME_X`, `NAME_Y` and `NAME_Z` in Q16.16."""
    if len(values) != 3:
        raise UsageError(f"{what} needs three numbers, got {values}")
    return {f"{name}_{axis}": q16(v, what) for axis, v in zip("XYZ", values, strict=True)}
