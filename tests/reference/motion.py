"""NumPy twin of motion: gravity, damping, speed limit, position and reflection at bounds."""

import numpy as np

from .fixed import I32, clamp_length_q16, exact_step, magnitude, mul_wide, with_sign
from .grid import Constants, axes


def drift(position: I32, velocity: I32, tick: int, rate: int) -> I32:
    """Positions after one tick at these velocities; any `rate` ticks in a row move by exactly v."""
    phase = np.uint32(tick % rate)
    return position + exact_step(velocity, phase, np.uint32(rate))


def move(
    position: I32, velocity: I32, constants: Constants, tick: int, rate: int
) -> tuple[I32, I32]:
    """Positions and velocities after one tick, for the constants of a `Motion` module."""
    v = _accelerate(velocity, constants, tick, rate)
    p = drift(position, v, tick, rate)
    return _reflect(p, v, constants) if constants["BOUNDED"] else (p, v)


def _accelerate(velocity: I32, constants: Constants, tick: int, rate: int) -> I32:
    gravity = axes(constants, "GRAVITY")
    v = velocity + exact_step(gravity, np.uint32(tick % rate), np.uint32(rate))
    if constants["KEEP"] != 1 << 16:
        kept = mul_wide(magnitude(v), np.uint32(constants["KEEP"])) >> np.uint64(16)
        v = with_sign(kept.astype(np.uint32), v)  # towards zero
    if constants["MAX_SPEED"] > 0:
        v = clamp_length_q16(v, np.int32(constants["MAX_SPEED"]))
    return v


def _reflect(p: I32, v: I32, constants: Constants) -> tuple[I32, I32]:
    low, high = axes(constants, "LOW"), axes(constants, "HIGH")
    under, over = p < low, p > high
    leaving = (under & (v < 0)) | (over & (v > 0))
    p = np.where(under, low + (low - p), p)
    p = np.where(over, high - (p - high), p)
    return np.clip(p, low, high), np.where(leaving, -v, v)
