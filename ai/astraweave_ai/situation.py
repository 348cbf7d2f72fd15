"""The state that rules are checked against: one tick of the world as arrays on the CPU.

Rows are entities by ascending index; what an entity lacks reads as zero. Nothing here changes the
world: a situation is a copy, and the GPU checks the same rules again when a step begins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from astraweave import (
    Ammo,
    Barrier,
    Bounds,
    Box,
    Cooldowns,
    Goal,
    Health,
    Morale,
    Position,
    Smoke,
    Stamina,
    Stance,
    Team,
    Weapon,
    World,
)

from .components import Interactive, Pickup, Signal
from .handles import indices_of

Array = NDArray[Any]
KINDS: tuple[Any, ...] = (
    Position, Team, Health, Stamina, Ammo, Cooldowns, Morale, Stance,
    Weapon, Signal, Interactive, Pickup,
)  # fmt: skip


class Ways(Protocol):
    """What the guard asks of a navigation map; `NavigationMap` answers it."""

    def blocked(self, points: Array) -> Array:
        """Whether an agent cannot stand at each place, shape (n, 3) to (n,)."""

    def reachable(self, start: Array, goal: Array) -> Array:
        """Whether there is a way between each two places."""

    def straight(self, start: Array, goal: Array) -> Array:
        """Whether one can walk straight between each two places."""

    def distance(self, start: Array, goal: Array) -> Array:
        """Metres of the way between each two places."""


@dataclass(frozen=True)
class Situation:
    """One tick.

    Args:
        tick: that it describes.
        rate: ticks per second.
        who: entity indices, ascending.
        columns: component values by component name, one row for each of `who`.
        present: for each component, which rows have it.
        boxes: low and high corners of what blocks sight, shape (n, 2, 3), metres.
        clouds: centre and radius of smoke, shape (n, 4).
        bounds: of the world, where there are any.
        ways: where one can walk, if known.
    """

    tick: int
    rate: int
    who: NDArray[np.uint32]
    columns: Mapping[str, Array]
    present: Mapping[str, NDArray[np.bool_]]
    boxes: Array = field(default_factory=lambda: np.zeros((0, 2, 3)))
    clouds: Array = field(default_factory=lambda: np.zeros((0, 4)))
    bounds: Bounds | None = None
    ways: Ways | None = None

    def row(self, entity: int) -> int | None:
        """Row of an entity index, None if there is no such entity."""
        row = int(np.searchsorted(self.who, entity))
        return row if row < len(self.who) and self.who[row] == entity else None

    def has(self, kind: Any, row: int) -> bool:
        """Whether the entity of a row has a component."""
        present = self.present.get(kind.__name__)
        return bool(present is not None and present[row])

    def value(self, kind: Any, row: int, name: str = "") -> Any:
        """A component's value, or one field of it; zero where the entity lacks it."""
        column = self.columns.get(kind.__name__)
        if column is None:
            return 0
        found = column[row]
        return found[name] if name and column.dtype.names else found

    def sees(self, a: Sequence[float], b: Sequence[float]) -> bool:
        """Whether nothing that blocks sight is between two places; only touching blocks nothing."""
        start, end = np.asarray(a, np.float64), np.asarray(b, np.float64)
        return not hides(start, end, self.boxes, self.clouds)

    def is_clear(self, point: Array) -> bool:
        """Whether a point is inside no box."""
        low, high = self.boxes[:, 0], self.boxes[:, 1]
        return not bool(((low < point) & (point < high)).all(axis=1).any())


def hides(start: Array, end: Array, boxes: Array, clouds: Array) -> bool:
    """Whether a box (low and high corners) or a cloud (centre, radius) is between two places."""
    return _crosses_boxes(start, end, boxes) or _crosses_balls(start, end, clouds)


def situation_of(
    world: World,
    boxes: Sequence[Box] = (),
    bounds: Bounds | None = None,
    ways: Ways | None = None,
) -> Situation:
    """The world as it is now; waits for the GPU.

    Args:
        world: read, not changed.
        boxes: static ones, those that `Blockers` has.
        bounds, ways: as in `Situation`.
    """
    handles = world.select(Position)
    who = indices_of(handles).astype(np.uint32)
    columns: dict[str, Array] = {}
    present: dict[str, NDArray[np.bool_]] = {}
    for kind in (*KINDS, Goal):
        if kind.__name__ not in world.layouts:
            continue
        rows = np.searchsorted(who, indices_of(world.select(Position, kind)))
        values = world.read(kind, world.select(Position, kind))
        column = np.zeros((len(who), *values.shape[1:]), values.dtype)
        column[rows] = values
        columns[kind.__name__] = column
        present[kind.__name__] = np.isin(np.arange(len(who)), rows)
    return Situation(
        world.tick,
        world.rate,
        who,
        columns,
        present,
        np.concatenate([_corners(boxes), _barriers(world)]),
        _clouds(world),
        bounds,
        ways,
    )


def _corners(boxes: Sequence[Box]) -> Array:
    centre = np.array([box.centre for box in boxes], np.float64).reshape(-1, 3)
    half = np.array([box.half for box in boxes], np.float64).reshape(-1, 3)
    return np.stack([centre - half, centre + half], axis=1)


def _barriers(world: World) -> Array:
    if "Barrier" not in world.layouts:
        return np.zeros((0, 2, 3))
    found = world.select(Position, Barrier)
    centre, half = world.read(Position, found), world.read(Barrier, found)
    return np.stack([centre - half, centre + half], axis=1)


def _clouds(world: World) -> Array:
    if "Smoke" not in world.layouts:
        return np.zeros((0, 4))
    found = world.select(Position, Smoke)
    smoke = world.read(Smoke, found)
    active = smoke["ticks"] > 0
    return np.column_stack([world.read(Position, found)[active], smoke["radius"][active]])


def _crosses_boxes(a: Array, b: Array, boxes: Array) -> bool:
    """Slabs (Kay and Kajiya, 1986); a point strictly inside is needed."""
    if not len(boxes):
        return False
    low, high = boxes[:, 0], boxes[:, 1]
    d = b - a
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (low - a) / d, (high - a) / d
    within = (low < a) & (a < high)
    still = d == 0
    enter = np.where(still, np.where(within, -np.inf, np.inf), np.minimum(first, second))
    leave = np.where(still, np.where(within, np.inf, -np.inf), np.maximum(first, second))
    return bool((np.maximum(enter.max(axis=1), 0) < np.minimum(leave.min(axis=1), 1)).any())


def _crosses_balls(a: Array, b: Array, balls: Array) -> bool:
    if not len(balls):
        return False
    d, m = b - a, balls[:, :3] - a
    length = float(d @ d)
    along = np.clip((m @ d) / length, 0, 1) if length else np.zeros(len(balls))
    gap = m - along[:, None] * d
    return bool(((gap * gap).sum(axis=1) < balls[:, 3] ** 2).any())
