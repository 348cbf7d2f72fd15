"""NumPy twin of the senses: brute force over all pairs, in whole numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import blockers
from .fixed import I64, U32, atan2_turn, cos_turn, sin_turn

NOBODY, NO_TEAM, FAR = 0xFFFFFFFF, 8, 0x7FFFFFFF
QUARTER = 1 << 30
Bools = NDArray[np.bool_]


@dataclass
class Scene:
    """What can be seen, rows by entity index: raw places, teams (8: none), layers, kinds."""

    index: I64
    place: I64
    team: I64
    layers: I64
    kinds: I64
    boxes: I64  # (n, 2, 3)
    balls: I64  # (n, 4)


def directions(angle: NDArray[np.uint32]) -> I64:
    """Unit vectors in Q16, rows (x, z)."""
    both = np.stack([cos_turn(angle), sin_turn(angle)], axis=-1).astype(np.int64)
    return (both + 8192) >> 14


def turned(
    facing: U32, velocity: I64, has_facing: Bools, has_velocity: Bools, before: U32
) -> NDArray[np.uint32]:
    """Where agents look: as their Facing says, else along their velocity, else as before."""
    x, z = velocity[:, 0].astype(np.int32), velocity[:, 2].astype(np.int32)
    moves = has_velocity & ((x != 0) | (z != 0))
    return np.where(has_facing, facing, np.where(moves, atan2_turn(z, x), before)).astype(np.uint32)


def in_view(facing: U32, half: U32, d: I64) -> Bools:
    """Whether differences (n, m, 2) are in the fields of view of n agents."""

    def is_left(angle: U32) -> Bools:
        e = directions(angle)[:, None]
        return e[..., 0] * d[..., 1] - e[..., 1] * d[..., 0] >= 0

    def is_right(angle: U32) -> Bools:
        e = -directions(angle)[:, None]
        return e[..., 0] * d[..., 1] - e[..., 1] * d[..., 0] >= 0

    first, last = is_left(facing - half), is_right(facing + half)
    ahead = is_left(facing - np.uint32(QUARTER)) | (half > QUARTER // 2)[:, None]
    wide, narrow = (half > QUARTER)[:, None], first & last & ahead
    return np.where((half >= 2 * QUARTER)[:, None], True, np.where(wide, first | last, narrow))


def wanted_teams(teams: I64, own: I64) -> I64:
    """A bit for each team that agents look for, from Senses.teams and their own team."""
    mine = np.where(own < NO_TEAM, 1 << own, 0)
    others = np.where(own < NO_TEAM, 0xFF & ~mine, 0)
    return (teams & 0x1FF) | np.where(teams & 0x200, mine, 0) | np.where(teams & 0x400, others, 0)


def seen(
    scene: Scene, agents: I64, senses: NDArray[np.void], facing: U32, constants: Mapping[str, int]
) -> Bools:
    """Which row sees which, shape (agents, entities); `agents` are rows of the scene."""
    d = scene.place[None] - scene.place[agents][:, None]
    radius = senses["radius"].astype(np.int64).clip(0, constants["REACH"])
    matrix = (np.abs(d) <= radius[:, None, None]).all(axis=-1)
    d = np.where(matrix[..., None], d, 0)  # so that squares fit
    matrix &= (d**2).sum(axis=-1) <= (radius**2)[:, None]
    matrix[np.arange(len(agents)), agents] = False
    teams = wanted_teams(senses["teams"].astype(np.int64), scene.team[agents])
    matrix &= (teams[:, None] >> scene.team[None]) & 1 == 1
    matrix &= scene.layers[None] & senses["layers"].astype(np.int64)[:, None] & 0xFFFF != 0
    kinds = senses["kinds"].astype(np.int64)[:, None]
    matrix &= scene.kinds[None] & kinds == kinds
    matrix &= in_view(facing, senses["half_angle"], d[..., ::2])
    rows, columns = np.nonzero(matrix)
    eyes = scene.place.copy()
    eyes[:, 1] = np.minimum(eyes[:, 1], FAR - constants["EYE"]) + constants["EYE"]
    ends = eyes[agents[rows]], eyes[columns]
    matrix[rows, columns] = blockers.in_sight(*ends, scene.boxes, scene.balls)
    return matrix


def sense(
    scene: Scene, agents: I64, senses: NDArray[np.void], facing: U32, constants: Mapping[str, int]
) -> tuple[I64, I64, I64, I64]:
    """Indices (n, 8), distances (n, 8), counts by team (n, 8) and in all (n)."""
    matrix = seen(scene, agents, senses, facing, constants)
    index = np.full((len(agents), 8), NOBODY, np.int64)
    distance = np.full((len(agents), 8), FAR, np.int64)
    teams = np.zeros((len(agents), 8), np.int64)
    for row, agent in enumerate(agents):
        who = np.flatnonzero(matrix[row])
        d2 = ((scene.place[who] - scene.place[agent]) ** 2).sum(axis=-1)
        order = np.lexsort([scene.index[who], d2])[: constants["SEEN"]]
        index[row, : len(order)] = scene.index[who[order]]
        distance[row, : len(order)] = [root(int(v)) for v in d2[order]]
        teams[row] = np.bincount(scene.team[who], minlength=9)[:8]
    return index, distance, teams, matrix.sum(axis=-1)


def root(value: int) -> int:
    """floor(sqrt(value)), exact; squares are below 2^46, where float64 is within 1."""
    guess = int(value**0.5)
    return next(r for r in (guess + 1, guess, guess - 1) if r * r <= value)
