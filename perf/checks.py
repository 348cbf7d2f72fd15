"""Is it right before it is timed: neighbours and results against brute force in NumPy."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astraweave import Position, Velocity, World
from astraweave.app.scene import load_scene
from perf.scenes import plain_modules
from tests.reference import motion, separation

Raw = NDArray[np.int32]
FINE = 3  # distances are measured in 2^-13 m
CIRCLES_REACH = 2 << 13
CIRCLES_ERROR = 5e-5  # metres, about 3 units of a position; a tick moves by up to 0.05 m
TOUCH = 1 << 16  # the sum of two radii of the plain crowd, Q16.16


class WrongResult(Exception):
    """A workload whose figures would be worthless."""


def sample(count: int) -> NDArray[np.int64]:
    """Rows that are compared."""
    wanted = 256 if count < 200_000 else 64 if count < 4_000_000 else 24
    return np.random.default_rng(3).integers(0, count, wanted)


def raw(world: World, kind: Any) -> Raw:
    """A component of one vector as stored integers, rows by entity index."""
    return np.ascontiguousarray(world.read(kind, raw=True)["xyz"])


def check(name: str, world: World) -> dict[str, Any]:
    """Step once and compare with NumPy.

    Raises:
        WrongResult: anything differs.
    """
    checks = {"crowd_plain": check_crowd, "circles": check_circles}
    return checks[name](world) if name in checks else {"checked": "by checksum only"}


def check_circles(world: World) -> dict[str, Any]:
    """Neighbour counts by the integer rule (0 < d² < 2¹⁴ squared), moves against float64."""
    module = sys.modules[load_scene("circles").build.__module__]
    before = raw(world, Position)
    world.step()
    after, counts = raw(world, Position), world.read(module.Circle)
    ids = sample(world.count)
    found = [_pulls(before, int(i)) for i in ids]
    wanted = np.array([count for count, _ in found])
    _same("neighbour counts", counts[ids], wanted)
    moves, moved = np.array([move for _, move in found]), (after[ids] - before[ids]) / 65536
    error = float(np.abs(moved - moves).max())
    if error > CIRCLES_ERROR:
        raise WrongResult(f"circles: moves differ from float64 by {error:.6f} m")
    return {
        "checked": f"{len(ids)} neighbour counts equal brute force",
        "neighbours_mean": round(float(counts.mean()), 3),
        "largest_error_of_moves_m": round(error, 7),
    }


def _pulls(place: Raw, i: int) -> tuple[int, NDArray[np.float64]]:
    """Neighbours of agent i by brute force, and its move in metres by the exact formula."""
    q = place >> FINE
    near = np.flatnonzero(np.abs(q[:, 0] - q[i, 0]) < CIRCLES_REACH)
    d = q[near].astype(np.int64) - q[i]
    d2 = (d * d).sum(axis=1)
    inside = (d2 > 0) & (d2 < CIRCLES_REACH**2)
    away, distance = d[inside] / 8192, np.sqrt(d2[inside]) / 8192
    force = np.sin(-2 * np.pi * distance / 2) * 0.05 / distance
    return int(inside.sum()), (away * force[:, None]).sum(axis=0) / max(1, inside.sum())


def check_crowd(world: World) -> dict[str, Any]:
    """Overlaps found through the GPU's grid against brute force, and results bit for bit."""
    tick, rate = world.tick, world.rate
    place, velocity = raw(world, Position), raw(world, Velocity)
    world.step()
    mover, grid, separator = plain_modules(world.count)
    constants = mover.passes(rate)[0].constants
    place, velocity = motion.move(place, velocity, constants, tick, rate)
    start, record = (world.resource(resource) for resource in grid.reads)
    records = record.view(np.int32).reshape(-1, 4)[: world.count]
    after = raw(world, Position), raw(world, Velocity)
    rules = separator.passes(rate)[0].constants
    ids = sample(world.count)
    overlaps = []
    for i in map(int, ids):
        near = _near(place, i)
        overlaps.append(_overlaps(place[near], place[i]))
        through_grid = _overlaps(_of_nine_cells(start, records, place[i], grid), place[i])
        _same("overlaps through the grid", through_grid, overlaps[-1])
        members = np.ones(len(near), np.bool_)
        wanted = separation.separate(
            near.astype(np.uint32), place[near], velocity[near], members, rules
        )
        own = int(np.searchsorted(near, i))
        _same("positions", after[0][i], wanted[0][own])
        _same("velocities", after[1][i], wanted[1][own])
    return {
        "checked": f"{len(ids)} overlap counts and results equal brute force, bit for bit",
        "overlaps_mean": round(float(np.mean(overlaps)), 3),
    }


def _near(place: Raw, i: int) -> NDArray[np.int64]:
    """Rows at most one diameter away along x and z."""
    rows = np.flatnonzero(np.abs(place[:, 0] - place[i, 0]) <= TOUCH)
    return rows[np.abs(place[rows, 2] - place[i, 2]) <= TOUCH]


def _overlaps(others: Raw, own: Raw) -> int:
    d = (others[:, [0, 2]] >> FINE).astype(np.int64) - (own[[0, 2]] >> FINE)
    return int(((d * d).sum(axis=1) < (TOUCH >> FINE) ** 2).sum()) - 1  # without itself


def _of_nine_cells(start: NDArray[np.uint32], records: Raw, own: Raw, grid: Any) -> Raw:
    """Records of the cells around a place, by the tables that the GPU made."""
    nx, _, nz = grid.cells
    x, z = (int(np.clip(own[a] >> grid.shifts[a], 0, n - 1)) for a, n in ((0, nx), (2, nz)))
    rows = range(max(z - 1, 0), min(z + 2, nz))
    spans = [(start[r * nx + max(x - 1, 0)], start[r * nx + min(x + 1, nx - 1) + 1]) for r in rows]
    return np.concatenate([records[first:last, :3] for first, last in spans])


def _same(what: str, got: Any, wanted: Any) -> None:
    if not np.array_equal(got, wanted):
        differing = int(np.sum(np.asarray(got) != np.asarray(wanted)))
        raise WrongResult(f"{what}: {differing} of {np.size(wanted)} differ from NumPy")
