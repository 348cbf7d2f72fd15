"""NumPy twins of wgsl/lib/random.wgsl: random numbers as a function of (seed, tick, id, stream)."""

import numpy as np

from .fixed import I32, U32, mul_high


def pcg4d(key: U32) -> U32:
    """A 128-bit hash of keys of shape (..., 4): Jarzynski and Olano, JCGT 9(3), 2020."""
    # Arrays wrap silently; only 0-d operands would warn.
    with np.errstate(over="ignore"):
        mixed = np.asarray(key, np.uint32) * np.uint32(1664525) + np.uint32(1013904223)
        mixed = _mix(mixed)
        return _mix(mixed ^ (mixed >> np.uint32(16)))


def _mix(key: U32) -> U32:
    x, y, z, w = np.moveaxis(key, -1, 0)
    x = x + y * w
    y = y + z * x
    z = z + x * y
    w = w + y * z
    return np.stack([x, y, z, w], axis=-1)


def random4(seed: U32, tick: U32, entity: U32, stream: U32) -> U32:
    """Four independent u32 for each key, shape (..., 4): pcg4d, upper halves folded down."""
    keys = (np.asarray(key).astype(np.uint32) for key in (entity, tick, seed, stream))
    hashed = pcg4d(np.stack(np.broadcast_arrays(*keys), axis=-1))
    return hashed ^ (hashed >> np.uint32(16))


def random_below(r: U32, n: U32) -> U32:
    """r mapped to [0, n); 0 for n = 0."""
    return mul_high(r, n)


def random_range_q16(r: U32, low: I32, high: I32) -> I32:
    """r mapped to [low, high), for low <= high; low where they are equal."""
    base, end = np.asarray(low).astype(np.int64), np.asarray(high).astype(np.int64)
    offset = random_below(r, ((end - base) & 0xFFFFFFFF).astype(np.uint32))
    return (base + offset).astype(np.uint32).view(np.int32)
