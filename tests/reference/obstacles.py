"""NumPy twin of obstacles: discs and spheres meet static boxes and planes, one after the other."""

import numpy as np
from numpy.typing import NDArray

from .fixed import I32, length_q16, magnitude, mul_q16, normalize_q30, with_sign
from .grid import Constants

ONE = 1 << 16


def dot_q16(a: I32, b: I32) -> I32:
    """Scalar product of Q16.16 vectors, each term rounded down."""
    return mul_q16(a, b).sum(axis=-1, dtype=np.int32)


def unit_q16(d: I32) -> I32:
    """d / |d| in Q16, rounded towards zero."""
    n = normalize_q30(d)
    return with_sign(magnitude(n) >> np.uint32(14), n)


def meet_statics(
    position: I32, velocity: I32, radius: I32, shapes: I32, constants: Constants
) -> tuple[I32, I32]:
    """Positions and velocities after the pass; `shapes` are the rows of `Obstacles.data()`."""
    p, v = position, velocity
    for a, b in shapes[: 2 * constants["STATIC_COUNT"]].reshape(-1, 2, 4):
        meet = _meet_box if a[3] == 0 else _meet_plane
        normal, depth, touches = meet(p, radius, a, b, constants)
        after = _respond(p, v, normal, depth, b[3], constants)
        p, v = (
            np.where(touches[:, None], new, old) for new, old in zip(after, (p, v), strict=True)
        )
    return p, v


Meeting = tuple[I32, I32, NDArray[np.bool_]]  # normal in Q16, depth, whether they touch


def _meet_plane(p: I32, radius: I32, a: I32, b: I32, constants: Constants) -> Meeting:
    depth = radius - (dot_q16(p, a[None, :3]) - b[:1])
    return np.broadcast_to(a[:3], p.shape), depth, depth > 0


def _meet_box(p: I32, radius: I32, a: I32, b: I32, constants: Constants) -> Meeting:
    d = p - a[:3]
    if constants["FLAT"]:
        d = d * np.array([1, 0, 1], np.int32)
    half = b[:3]
    gap = d - np.clip(d, -half, half)
    inside = (gap == 0).all(axis=-1)
    axis, way = _way_out(d, half, constants)
    depth = np.where(inside, way + radius, radius - length_q16(gap).view(np.int32))
    close = (np.abs(gap).view(np.uint32) < radius.view(np.uint32)[:, None]).all(axis=-1)
    touches = close & (inside | (depth > 0))
    return np.where(inside[:, None], axis, unit_q16(gap)), depth, touches


def _way_out(d: I32, half: I32, constants: Constants) -> tuple[I32, I32]:
    """Unit axis (Q16) along which a point in the box is nearest to a face, and how far."""
    order = [0, 2] if constants["FLAT"] else [0, 2, 1]  # of equal ones the first wins
    left = (half - np.abs(d))[:, order]
    best = np.array(order)[left.argmin(axis=-1)]
    rows = np.arange(len(d))
    axis = np.zeros_like(d)
    axis[rows, best] = np.where(d[rows, best] < 0, -ONE, ONE)
    return axis, left.min(axis=-1)


def _respond(
    p: I32, v: I32, normal: I32, depth: I32, restitution: np.int32, constants: Constants
) -> tuple[I32, I32]:
    """Out of the shape by `depth`; what moves into it is reflected, and slowed along it."""
    speed = dot_q16(v, normal)
    bounce = np.where(-speed > constants["REST_SPEED"], restitution, 0)
    slide = v - mul_q16(normal, speed[:, None])
    slowed = slide - mul_q16(slide, np.int32(constants["FRICTION"]))
    reflected = slowed - mul_q16(normal, mul_q16(speed, bounce)[:, None])
    return p + mul_q16(normal, depth[:, None]), np.where((speed < 0)[:, None], reflected, v)
