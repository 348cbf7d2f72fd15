"""NumPy twin of the blockers: what is listed, and whether it lies between two places."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fixed import I64

Bools = NDArray[np.bool_]
MAX_BOXES, MAX_SMOKES, MAX_RADIUS = 256, 64, 64 << 16
LONGEST = 1 << 30  # of a line of sight along an axis
LOW, HIGH = -(1 << 31), (1 << 31) - 1


def boxes(static: I64, position: I64, half: I64) -> tuple[I64, int]:
    """Corners (n, 2, 3), static ones first, then by entity index, and how many drop out."""
    solid = (half > 0).all(axis=-1)
    corners = np.stack([position - half, position + half], axis=1)[solid]
    every = np.concatenate([static.reshape(-1, 2, 3), corners]).clip(LOW, HIGH)
    return every[:MAX_BOXES], max(0, len(every) - MAX_BOXES)


def smokes(position: I64, radius: I64, ticks: I64) -> tuple[I64, int, I64]:
    """Centres and radii (n, 4) by entity index, how many drop out, and the ticks that are left."""
    there = (ticks > 0) & (radius > 0)
    balls = np.column_stack([position, np.minimum(radius, MAX_RADIUS)])[there]
    left = np.maximum(ticks - 1, 0)
    return balls[:MAX_SMOKES], max(0, len(balls) - MAX_SMOKES), left


def crosses_box(a: I64, b: I64, low: I64, high: I64) -> Bools:
    """Whether segments have a point strictly inside boxes; rows of all four go together."""
    first, last = np.minimum(a, b), np.maximum(a, b)
    near = ((last > low) & (first < high)).all(axis=-1)
    up = b >= a
    span = np.maximum(last - first, 1).astype(np.uint64)
    enter = np.maximum(np.where(up, low - a, a - high), 0).astype(np.uint64)
    leave = np.where(up, high - a, a - low).clip(0).astype(np.uint64)
    leave = np.minimum(leave, span)  # as lengths, of the span
    for i, j in ((0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)):
        near &= enter[:, i] * span[:, j] < leave[:, j] * span[:, i]
    return near


def crosses_ball(a: I64, b: I64, centre: I64, radius: I64) -> Bools:
    """Whether segments have a point strictly inside balls; rows of all four go together."""
    first, last = np.minimum(a, b) - radius[:, None], np.maximum(a, b) + radius[:, None]
    hit: Bools = ((centre > first) & (centre < last)).all(axis=-1)
    for row in np.flatnonzero(hit):  # products of 128 bits
        m, d = (centre[row] - a[row]).astype(object), (b[row] - a[row]).astype(object)
        m2, d2, along, r2 = m @ m, d @ d, m @ d, int(radius[row]) ** 2
        if along <= 0:
            hit[row] = m2 < r2
        elif along >= d2:
            hit[row] = (m - d) @ (m - d) < r2
        else:
            hit[row] = (m2 - r2) * d2 < along**2
    return hit


def in_sight(a: I64, b: I64, box: I64, ball: I64) -> Bools:
    """Whether nothing lies between the places of each row; boxes (n, 2, 3), balls (n, 4)."""
    free = (np.abs(b - a) <= LONGEST).all(axis=-1)
    for low, high in box:
        free &= ~crosses_box(a, b, np.broadcast_to(low, a.shape), np.broadcast_to(high, a.shape))
    for x, y, z, radius in ball:
        centre = np.broadcast_to(np.array([x, y, z]), a.shape)
        rows = np.flatnonzero(free)
        size = np.full(len(rows), radius)
        free[rows] = ~crosses_ball(a[rows], b[rows], centre[rows], size)
    return free


# --- the same in rational numbers, by the definition ------------------------------------------


def _inside_slabs(a: Any, b: Any, low: Any, high: Any) -> Iterator[tuple[Fraction, Fraction]]:
    """For each axis that bounds them, the open interval of parameters inside the slab."""
    for start, end, under, over in zip(a, b, low, high, strict=True):
        if start == end:
            yield (
                (Fraction(-1), Fraction(2)) if under < start < over else (Fraction(1), Fraction(0))
            )
        else:
            ends = (Fraction(under - start, end - start), Fraction(over - start, end - start))
            yield min(ends), max(ends)


def exact_box(a: Any, b: Any, low: Any, high: Any) -> bool:
    """Whether some t of [0, 1] is in all open intervals, for whole numbers of any size."""
    slabs = list(_inside_slabs(a, b, low, high))
    enter, leave = max(s[0] for s in slabs), min(s[1] for s in slabs)
    return enter < leave and enter < 1 and leave > 0


def exact_ball(a: Any, b: Any, centre: Any, radius: int) -> bool:
    """Whether the point of the segment that is nearest to the centre is inside."""
    d = [end - start for start, end in zip(a, b, strict=True)]
    m = [c - start for c, start in zip(centre, a, strict=True)]
    length = sum(v * v for v in d)
    t = Fraction(sum(u * v for u, v in zip(m, d, strict=True)), length) if length else Fraction(0)
    t = min(max(t, Fraction(0)), Fraction(1))
    return sum((u - t * v) ** 2 for u, v in zip(m, d, strict=True)) < radius * radius
