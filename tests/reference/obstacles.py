"""NumPy twin of obstacles: discs and spheres meet static boxes and planes, one after the other."""

import numpy as np
from numpy.typing import NDArray

from .fixed import (
    I32,
    U32,
    dot_q16,
    length_q16,
    magnitude,
    mul_q16_trunc,
    normalize_q30,
    scale_q16,
    with_sign,
)
from .grid import Constants

ONE = 1 << 16


def halved(v: I32) -> I32:
    """v / 2 rounded towards zero."""
    return with_sign(magnitude(v) >> np.uint32(1), v)


def unit_q16(d: I32) -> I32:
    """d / |d| in Q16, rounded towards zero."""
    n = normalize_q30(d)
    return with_sign(magnitude(n) >> np.uint32(14), n)


def meet_statics(
    position: I32,
    velocity: I32,
    radius: I32,
    collision: U32,
    shapes: I32,
    constants: Constants,
) -> tuple[I32, I32]:
    """Positions and velocities after the pass; `shapes` are the rows of `Obstacles.data()`."""
    p, v = position, velocity
    for a, b, c in shapes[: 3 * constants["STATIC_COUNT"]].reshape(-1, 3, 4):
        meet = _meet_box if a[3] == 0 else _meet_plane
        normal, depth, touches = meet(p, radius, a, b, constants)
        touches = touches & collides(collision, c[:1].view(np.uint32))
        after = _respond(p, v, normal, depth, b[3], constants)
        p, v = (
            np.where(touches[:, None], new, old) for new, old in zip(after, (p, v), strict=True)
        )
    return p, v


Meeting = tuple[I32, I32, NDArray[np.bool_]]  # normal in Q16, depth, whether they touch


def collides(a: U32, b: U32) -> NDArray[np.bool_]:
    """Each is in a layer (low 16 bits) of the other's mask (high 16 bits)."""
    return ((a & (b >> np.uint32(16)) & 0xFFFF) != 0) & ((b & (a >> np.uint32(16)) & 0xFFFF) != 0)


def _meet_plane(p: I32, radius: I32, a: I32, b: I32, constants: Constants) -> Meeting:
    half = dot_q16(halved(p), a[None, :3]) - halved(b[:1])
    depth = radius - 2 * np.maximum(half, np.int32(-(1 << 28)))
    return np.broadcast_to(a[:3], p.shape), depth, (half < radius) & (depth > 0)


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
    touches = inside | (close & (depth > 0))
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
    slide = v - scale_q16(normal, speed)
    slowed = scale_q16(slide, np.int32(ONE - constants["FRICTION"]))
    reflected = slowed - scale_q16(normal, mul_q16_trunc(speed, bounce))
    return p + scale_q16(normal, depth), np.where((speed < 0)[:, None], reflected, v)
