"""Where scenarios take place in one world: side by side, behind walls that nobody sees over."""

from __future__ import annotations

import math
from collections.abc import Sequence

from astraweave import Box

from .field import Field
from .scenario import Scenario

_GAP = 1.0  # metres between fields, with a wall in the middle
_WALL = 0.2  # half its thickness
_HEIGHT = 2.0  # half of its height


def layout(scenarios: Sequence[Scenario]) -> list[Field]:
    """Fields in rows that are about as wide as all of them are deep."""
    columns = math.ceil(math.sqrt(len(scenarios)))
    wide = max(one.size[0] for one in scenarios) + _GAP
    deep = max(one.size[1] for one in scenarios) + _GAP
    return [
        Field(one.name, (_GAP + n % columns * wide, _GAP + n // columns * deep), one.size)
        for n, one in enumerate(scenarios)
    ]


def extent(fields: Sequence[Field]) -> tuple[float, float]:
    """Size of a world that holds them, along x and z."""
    x = max(field.corner[0] + field.size[0] for field in fields) + _GAP
    z = max(field.corner[1] + field.size[1] for field in fields) + _GAP
    return x, z


def walls(fields: Sequence[Field]) -> list[Box]:
    """Four around each field."""
    boxes = []
    for field in fields:
        (x, z), (w, d), off = field.corner, field.size, _GAP / 2
        middle_x, middle_z = x + w / 2, z + d / 2
        for side in (z - off, z + d + off):
            boxes.append(Box((middle_x, _HEIGHT, side), (w / 2 + off + _WALL, _HEIGHT, _WALL)))
        for side in (x - off, x + w + off):
            boxes.append(Box((side, _HEIGHT, middle_z), (_WALL, _HEIGHT, d / 2 + off + _WALL)))
    return boxes


def boxes(scenarios: Sequence[Scenario], fields: Sequence[Field]) -> list[Box]:
    """The walls and crates of all scenarios."""
    return [
        Box(placed(box.at, field), box.half)
        for scenario, field in zip(scenarios, fields, strict=True)
        for box in scenario.boxes
    ]


def points(
    scenarios: Sequence[Scenario], fields: Sequence[Field]
) -> dict[str, tuple[float, float, float]]:
    """Points and things of all scenarios, by their names in the world."""
    return {
        field.key(one.name): placed((one.at[0], 0.0, one.at[1]), field)
        for scenario, field in zip(scenarios, fields, strict=True)
        for group in (scenario.points, scenario.things)
        for one in group
    }


def placed(place: tuple[float, float, float], field: Field) -> tuple[float, float, float]:
    """A place of a field in the world."""
    return place[0] + field.corner[0], place[1], place[2] + field.corner[1]
