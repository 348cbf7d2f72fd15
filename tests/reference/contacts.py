"""NumPy twin of contacts: spheres (or discs) push and kick each other from one common state."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fixed import I32, I64, U32, dot_q16, isqrt, magnitude, mul_q16, scale_q16, with_sign
from .grid import Constants, neighbours
from .obstacles import ONE, collides, unit_q16

Bodies = NDArray[Any]  # raw records of Body: radius, inverse_mass, restitution, collision


def share(a: I32, b: I32) -> I32:
    """a / (a + b) in Q16, rounded down after both were cut to 16 bits."""
    sums = a.astype(np.int64) + b
    shift = np.maximum(np.frexp(sums.astype(np.float64))[1] - 16, 0)
    return (((a.astype(np.int64) >> shift) << 16) // np.maximum(sums >> shift, 1)).astype(np.int32)


def resolve(
    ids: U32,
    position: I32,
    velocity: I32,
    body: Bodies,
    is_member: NDArray[np.bool_],
    constants: Constants,
) -> tuple[I32, I32, I64]:
    """Positions and velocities after the pass, and its events (a, b, speed) in ascending order.

    Rows are everything with a position; members have a velocity and a body too.
    """
    i, j = neighbours(position, constants["GRID_REACH"], constants)
    met = is_member[i] & is_member[j] & collides(body["collision"][i], body["collision"][j])
    met &= (body["radius"][i] > 0) & (body["radius"][j] > 0)
    i, j = i[met], j[met]
    d = position[i] - position[j]
    if constants["FLAT"]:
        d[:, 1] = 0
    reach = np.minimum(body["radius"][i] + body["radius"][j], np.int32(constants["GRID_REACH"]))
    d2, touches = _square(d, reach, constants["FINE"])
    i, j, d, reach, d2 = (x[touches] for x in (i, j, d, reach, d2))

    sideways = np.where(ids[i] < ids[j], ONE, -ONE)[:, None] * np.array([1, 0, 0])
    normal = np.where((d2 == 0)[:, None], sideways.astype(np.int32), unit_q16(d))
    depth = reach - (isqrt(d2).astype(np.int32) << constants["FINE"])
    speed = dot_q16(velocity[i] - velocity[j], normal)
    touching = np.bincount(i, minlength=len(ids)).astype(np.int32)
    several = np.maximum(touching[i], touching[j])
    push, kick = _impulses(body[i], body[j], normal, depth, speed, several, constants)
    return (
        position + _total(i, push, len(ids)),
        velocity + _total(i, kick, len(ids)),
        _events(ids[i], ids[j], -speed, constants["EVENT_SPEED"]),
    )


def _square(d: I32, reach: I32, fine: int) -> tuple[U32, NDArray[np.bool_]]:
    """Squared distance in units of 2^fine, and whether it is below the reach."""
    close = (np.abs(d).view(np.uint32) < reach.view(np.uint32)[:, None]).all(axis=-1)
    near = with_sign(magnitude(d) >> np.uint32(fine), d)
    d2 = (near * near).sum(axis=-1, dtype=np.int32).view(np.uint32)
    limit = reach.view(np.uint32) >> np.uint32(fine)
    return d2, close & (d2 < limit * limit)


def _impulses(
    me: Bodies,
    it: Bodies,
    normal: I32,
    depth: I32,
    speed: I32,
    several: I32,
    constants: Constants,
) -> tuple[I32, I32]:
    """What each contact does to the position and the velocity of its first body."""
    ours, theirs = me["inverse_mass"], it["inverse_mass"]
    weight = share(ours, theirs)
    ease = mul_q16(np.minimum(ONE, 3 * ONE // 2 // several), constants["STIFFNESS"])
    push = scale_q16(normal, mul_q16(mul_q16(depth, weight), ease))
    restitution = np.maximum(me["restitution"], it["restitution"])
    bounce = np.where(-speed > constants["REST_SPEED"], restitution, 0)
    gain = mul_q16(-speed, ONE + bounce)
    gain = with_sign(magnitude(gain) // several.view(np.uint32), gain)
    kick = scale_q16(normal, mul_q16(gain, weight))
    movable = (ours > 0)[:, None]
    approaching = movable & (speed < 0)[:, None]
    return np.where(movable, push, 0), np.where(approaching, kick, 0)


def _total(i: NDArray[np.intp], values: I32, count: int) -> I32:
    """Sums by row, modulo 2^32."""
    sums = np.zeros((count, 3), np.int32)
    np.add.at(sums, i, values)
    return sums


def _events(a: U32, b: U32, speed: I32, threshold: int) -> I64:
    told = (a < b) & (speed > threshold)
    rows = np.stack([a[told], b[told], speed[told]], axis=-1).astype(np.int64)
    return rows[np.lexsort(rows.T[::-1])]
