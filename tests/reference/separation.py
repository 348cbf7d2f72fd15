"""NumPy twin of separation: discs of one radius move and veer apart in the plane of x and z."""

import numpy as np
from numpy.typing import NDArray

from .fixed import I32, U32, magnitude, push_scale, scale_q14, with_sign
from .grid import Constants, neighbours

FINE = 3  # distances are in 2^-13 m


def separate(
    ids: U32,
    position: I32,
    velocity: I32,
    is_member: NDArray[np.bool_],
    is_among: NDArray[np.bool_],
    constants: Constants,
) -> tuple[I32, I32]:
    """Positions and velocities after the pass.

    Rows are everything with a position; what is no member (it has no velocity) is kept away from
    but does not move; nobody keeps away from what is not `is_among`.
    """
    diameter, comfort = constants["DIAMETER"], constants["COMFORT"]
    here = position[:, ::2] >> FINE
    i, j = neighbours(position, comfort << FINE, constants)
    d = here[i] - here[j]
    near = (np.abs(d).max(axis=-1) < comfort) & is_among[j]
    i, j, d = i[near], j[near], d[near]
    d2 = (d * d).sum(axis=-1, dtype=np.int32).astype(np.uint32)
    near = d2 < comfort**2
    i, j, d, d2 = i[near], j[near], d[near], d2[near]

    same = d2 == 0
    older = np.where(ids[i] < ids[j], 1, -1).astype(np.int32)
    parting = np.stack([older * (diameter // 2), np.zeros_like(older)], axis=-1)
    apart = _half(scale_q14(d, push_scale(d2, np.uint32(diameter))))
    apart = np.where((d2 < diameter**2)[:, None], apart, 0)
    push = _total(i, np.where(same[:, None], parting, apart), len(position))
    push = np.clip(push, -(diameter // 2), diameter // 2)

    away = scale_q14(d, push_scale(d2, np.uint32(comfort)))
    veer = away + _half(np.stack([away[:, 1], -away[:, 0]], axis=-1))
    wanted = ~same if comfort > diameter else np.zeros_like(same)
    urge = np.clip(_total(i, np.where(wanted[:, None], veer, 0), len(position)), -comfort, comfort)

    gained = _half(push * constants["RESPONSE"] + urge * constants["STRENGTH"])
    moves = is_member[:, None]
    return (
        position + np.where(moves, _flat(push << FINE), 0),
        velocity + np.where(moves, _flat(gained), 0),
    )


def _half(v: I32) -> I32:
    """v / 2 towards zero."""
    return with_sign(magnitude(v) // np.uint32(2), v)


def _total(i: NDArray[np.intp], values: I32, count: int) -> I32:
    """Sums by row, modulo 2^32."""
    sums = np.zeros((count, values.shape[-1]), np.int32)
    np.add.at(sums, i, values)
    return sums


def _flat(plane: I32) -> I32:
    """(x, z) as (x, 0, z)."""
    return np.stack([plane[:, 0], np.zeros_like(plane[:, 0]), plane[:, 1]], axis=-1)
