"""The ground as a planning mind draws it from what it sees: where one can walk, where unseen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astraweave import Blockers, Navigation, NavigationMap

from ..percept_model import Obstacle, Vector

Array = NDArray[Any]
CELL = 0.5  # metres
EYE = 1.5  # at which sight is free or not
_RADIUS, _CLEARANCE = 0.3, 0.1
_BESIDE = 0.6  # metres more that watchers are taken to see
_WIDER = math.radians(8)  # to either side
_STOPS = 9  # places along a leg of a route from which a watcher is taken to look


@dataclass(frozen=True)
class Look:
    """From where somebody looks, how far, in which direction (None: all round) and how wide."""

    place: Vector
    reach: float
    towards: float | None = None  # radians
    half: float = math.pi


@dataclass(frozen=True)
class Cloud:
    """Smoke."""

    place: Vector
    radius: float


@lru_cache(maxsize=32)
def _navigation(size: tuple[float, float]) -> Navigation:
    return Navigation(Blockers(()), size, cell=CELL, radius=_RADIUS, clearance=_CLEARANCE)


@lru_cache(maxsize=256)
def ground(
    size: tuple[float, float],
    boxes: tuple[Obstacle, ...],
    looks: tuple[Look, ...] = (),
    clouds: tuple[Cloud, ...] = (),
) -> NavigationMap:
    """Where one can walk between boxes without being in anybody's sight."""
    centres = [box.pos for box in boxes]
    halves = [box.half for box in boxes]
    if looks:
        runs = _runs(exposed(size, boxes, looks, clouds))
        centres += [((a + b) / 2 * CELL, 1.0, (row + 0.5) * CELL) for row, a, b in runs]
        halves += [((b - a) / 2 * CELL, 1.0, CELL / 2 - 0.01) for _, a, b in runs]
    return NavigationMap(_navigation(size), np.array(centres).reshape(-1, 3),
                         np.array(halves).reshape(-1, 3))  # fmt: skip


def exposed(
    size: tuple[float, float],
    boxes: Sequence[Obstacle],
    looks: Iterable[Look],
    clouds: Sequence[Cloud] = (),
) -> NDArray[np.bool_]:
    """Which cells [z, x] somebody sees, with some margin."""
    columns, rows = (math.ceil(edge / CELL) for edge in size)
    x, z = np.meshgrid((np.arange(columns) + 0.5) * CELL, (np.arange(rows) + 0.5) * CELL)
    cells = np.stack([x.ravel(), np.full(x.size, EYE), z.ravel()], axis=1)
    seen = np.zeros(len(cells), np.bool_)
    for look in looks:
        near = np.flatnonzero(~seen & _in_view(look, cells))
        eye = np.array([look.place[0], look.place[1] + EYE, look.place[2]])
        seen[near] = free_lines(eye, cells[near], boxes, clouds)
    return seen.reshape(rows, columns)


def _in_view(look: Look, cells: Array) -> NDArray[np.bool_]:
    gap = cells[:, [0, 2]] - np.array([look.place[0], look.place[2]])
    away = np.hypot(gap[:, 0], gap[:, 1])
    near = away <= look.reach + _BESIDE
    if look.towards is None:
        return np.asarray(near)
    turn = np.arctan2(gap[:, 1], gap[:, 0]) - look.towards
    aside = np.abs((turn + math.pi) % (2 * math.pi) - math.pi)
    # Right beside a watcher the angle changes within a step.
    return np.asarray(near & ((aside <= look.half + _WIDER) | (away < _BESIDE)))


def free_lines(
    eye: Array, ends: Array, boxes: Sequence[Obstacle], clouds: Sequence[Cloud] = ()
) -> NDArray[np.bool_]:
    """Whether nothing is between an eye and each of some places (n, 3)."""
    free = np.ones(len(ends), np.bool_)
    way = ends - eye
    for box in boxes:
        free &= ~_crosses(eye, way, np.array(box.pos), np.array(box.half))
    for cloud in clouds:
        middle = np.array(cloud.place) - eye
        length = np.maximum((way * way).sum(axis=1), 1e-9)
        along = np.clip(way @ middle / length, 0, 1)
        gap = middle - along[:, None] * way
        # Smoke is counted on only where it is thick.
        free &= (gap * gap).sum(axis=1) >= (cloud.radius - 0.3) ** 2
    return free


def _crosses(eye: Array, way: Array, centre: Array, half: Array) -> NDArray[np.bool_]:
    """Slabs, as in `situation`; a box that is a little too small is on the safe side here."""
    with np.errstate(divide="ignore", invalid="ignore"):
        first = (centre - half - eye) / way
        second = (centre + half - eye) / way
    still = way == 0
    within = (np.abs(eye - centre) < half)[None]
    enter = np.where(still, np.where(within, -np.inf, np.inf), np.minimum(first, second))
    leave = np.where(still, np.where(within, np.inf, -np.inf), np.maximum(first, second))
    return np.asarray(np.maximum(enter.max(axis=1), 0) + 1e-6 < np.minimum(leave.min(axis=1), 1))


def _runs(cells: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Row, first column and end of each run of cells."""
    padded = np.pad(cells, ((0, 0), (1, 1))).astype(np.int8)
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    return list(zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True))


def along_route(route: Sequence[tuple[float, float]], reach: float, half: float) -> list[Look]:
    """How somebody looks who walks to and fro: from places on the way, in both directions."""
    looks = []
    for (ax, az), (bx, bz) in pairwise(route):
        there = math.atan2(bz - az, bx - ax)
        for step in range(_STOPS):
            part = step / (_STOPS - 1)
            place = (ax + (bx - ax) * part, 0.0, az + (bz - az) * part)
            looks += [Look(place, reach, there, half), Look(place, reach, there + math.pi, half)]
    return looks


def standing(place: Vector, within: NavigationMap, most: float = 1.6) -> Vector | None:
    """The place itself if one can stand there, else the nearest one; None if that is too far."""
    if not within.blocked([place])[0]:
        return place
    rows, columns = np.nonzero(~within.solid)
    if not len(rows):
        return None
    middles = within.middles(np.stack([columns, rows], axis=1))
    away = np.hypot(middles[:, 0] - place[0], middles[:, 2] - place[2])
    best = int(away.argmin())
    if away[best] > most:
        return None
    x, _, z = middles[best].tolist()
    return x, 0.0, z


def waypoints(within: NavigationMap, start: Vector, goal: Vector) -> list[Vector] | None:
    """Places to walk to one after the other, each in straight reach; None if there is no way."""
    path = within.path([start], [goal])
    if not len(path):
        return None
    places = [start, *(tuple(row) for row in path[1:].tolist())]
    chosen: list[Vector] = []
    at = 0
    while at < len(places) - 1:
        ends = np.array(places[at + 1 :])
        straight = within.straight([places[at]] * len(ends), ends)
        ahead = 1 + (int(np.flatnonzero(straight)[-1]) if straight.any() else 0)
        at += ahead
        x, _, z = places[at]
        chosen.append((x, 0.0, z))
    return [*chosen[:-1], goal]
