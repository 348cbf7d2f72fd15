"""Twin of navigation in plain Python: the map by intervals, fields by Dijkstra, lines by fractions.

It follows the definitions, not the shaders: cells are compared with boxes by their corners,
distances come from a priority queue, and the cells of a line from its exact crossings.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .fixed import I32
from .grid import Constants

Cell = tuple[int, int]  # x, z
Corners = Sequence[tuple[Sequence[int], Sequence[int]]]  # low and high, in Q16.16
FAR = 0x3FFFFFFF
STRAIGHT, BY_FIELD, ARRIVED, NO_PATH = range(4)
NEIGHBOURS = ((1, 1), (-1, 1), (1, -1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1))


@dataclass
class Map:
    """Cells of the area: `tight` and `solid` by x, z."""

    constants: Constants
    tight: NDArray[np.bool_]
    solid: NDArray[np.bool_]

    @classmethod
    def of(cls, constants: Constants, boxes: Corners) -> "Map":
        """Draw boxes, each of them wider by the reach along x and z."""
        edge, reach = 1 << constants["NAV_SHIFT"], constants["REACH"]
        sides = [
            constants[f"NAV_LOW_{axis}"] + edge * np.arange(constants[f"NAV_{axis}"])
            for axis in "XZ"
        ]
        tight = np.zeros([len(side) for side in sides], np.bool_)
        solid = tight.copy()
        for low, high in boxes:
            if low[1] >= constants["BAND_HIGH"] or high[1] <= constants["BAND_LOW"]:
                continue
            touched, covered = [], []
            for side, axis in zip(sides, (0, 2), strict=True):
                first, last = int(low[axis]) - reach, int(high[axis]) + reach
                touched.append((side < last) & (side + edge > first))
                covered.append((side + edge // 2 < last) & (side + edge // 2 > first))
            tight |= np.outer(*touched)
            solid |= np.outer(*covered)
        return cls(constants, tight, solid)

    def place(self, p: Sequence[int]) -> Cell:
        """Place in 1/64 of a cell, brought into the area."""
        part, c = 1 << (self.constants["NAV_SHIFT"] - 6), self.constants
        x = (int(p[0]) - c["NAV_LOW_X"]) // part
        z = (int(p[2]) - c["NAV_LOW_Z"]) // part
        return min(max(x, 0), 64 * c["NAV_X"] - 1), min(max(z, 0), 64 * c["NAV_Z"] - 1)

    def metres(self, place: Cell, height: int) -> list[int]:
        """A place in 1/64 of a cell in Q16.16 metres."""
        part, c = 1 << (self.constants["NAV_SHIFT"] - 6), self.constants
        return [c["NAV_LOW_X"] + part * place[0], height, c["NAV_LOW_Z"] + part * place[1]]

    def steps(self, cell: Cell) -> Iterator[tuple[Cell, int]]:
        """Cells that can be entered from one that is not solid, and 5 or 7."""
        x, z = cell
        for i, k in NEIGHBOURS:
            beside = [(x + i, z + k), (x + i, z), (x, z + k)]
            if all(self.is_free(c) for c in beside):
                yield (x + i, z + k), 7 if i and k else 5

    def is_free(self, cell: Cell) -> bool:
        """In the area and not solid."""
        x, z = cell
        inside = 0 <= x < self.solid.shape[0] and 0 <= z < self.solid.shape[1]
        return inside and not self.solid[cell]


def middle(cell: Cell) -> Cell:
    """The middle of a cell in 1/64 of a cell."""
    return 64 * cell[0] + 32, 64 * cell[1] + 32


def field(area: Map, target: Cell) -> NDArray[np.int64]:
    """Distance of each cell (x, z) from a target, by Dijkstra's algorithm."""
    distance = np.full(area.solid.shape, FAR, np.int64)
    if area.solid[target]:
        return distance
    distance[target] = 0
    queue = [(0, target)]
    while queue:
        d, cell = heapq.heappop(queue)
        if d > distance[cell]:
            continue
        for other, step in area.steps(cell):  # steps can be taken back, but cost what they leave
            away = d + step * (3 if area.tight[other] else 1)
            if away < distance[other]:
                distance[other] = away
                heapq.heappush(queue, (away, other))
    return distance


def targets(area: Map, places: I32, fields: NDArray[np.uint32]) -> dict[int, Cell]:
    """Target cell of each field that has one: the first cell, row by row."""
    found: dict[int, Cell] = {}
    for place, number in zip(places, fields.tolist(), strict=True):
        if number < area.constants["NAV_FIELDS"]:
            x, z = (v // 64 for v in area.place(place))
            other = found.get(number, (x, z))
            found[number] = min((x, z), other, key=lambda cell: cell[::-1])
    return found


def line(a: Cell, b: Cell) -> list[Cell]:
    """Cells after the first that a line meets, both beside a corner included; 1/64 of a cell."""
    crossings = []
    for axis in (0, 1):
        first, last = a[axis] // 64, b[axis] // 64
        up = b[axis] > a[axis]
        for n in range(abs(last - first)):
            boundary = 64 * (first + 1 + n if up else first - n)
            when = Fraction(boundary - a[axis], b[axis] - a[axis])
            crossings.append((when, axis, 1 if up else -1))
    cell, met = [a[0] // 64, a[1] // 64], []
    by_time: dict[Fraction, list[tuple[int, int]]] = {}
    for when, axis, step in sorted(crossings):
        by_time.setdefault(when, []).append((axis, step))
    for moves in by_time.values():
        if len(moves) == 2:  # through a corner
            met += [(cell[0] + moves[0][1], cell[1]), (cell[0], cell[1] + moves[1][1])]
        for axis, step in moves:
            cell[axis] += step
        met.append((cell[0], cell[1]))
    return met


def is_straight(area: Map, a: Cell, b: Cell) -> bool:
    """Whether a line is free; tight cells do not matter beside its ends."""
    ends = [(a[0] // 64, a[1] // 64), (b[0] // 64, b[1] // 64)]
    if area.solid[ends[1]]:
        return False
    for cell in line(a, b):
        beside = any(max(abs(cell[0] - x), abs(cell[1] - z)) <= 1 for x, z in ends)
        if area.solid[cell] or (area.tight[cell] and not beside):
            return False
    return True


@dataclass
class Agent:
    """What navigation knows of an agent, raw."""

    index: int
    position: Sequence[int]
    place: Sequence[int]
    field: int
    arrive: int


def route(
    area: Map, agent: Agent, aims: dict[int, Cell], fields: dict[int, NDArray[np.int64]]
) -> tuple[Sequence[int], int]:
    """Position of an agent's goal, and the status of its route."""
    here, there = area.place(agent.position), area.place(agent.place)
    cell = here[0] // 64, here[1] // 64
    if is_straight(area, here, there):
        return agent.place, ARRIVED if _is_near(agent) else STRAIGHT
    if area.solid[cell]:
        out = _way_out(area, here)
        if out is None:
            return agent.place, NO_PATH
        return area.metres(middle(out), agent.position[1]), BY_FIELD
    if agent.field not in aims or fields[agent.field][cell] == FAR:
        return agent.position, NO_PATH
    if not is_straight(area, middle(aims[agent.field]), there):
        return agent.position, NO_PATH
    distance = fields[agent.field]
    if distance[cell] == 0:
        return agent.place, BY_FIELD
    ahead = _lane_ahead(area, here, _cell_ahead(area, here, distance), agent.index)
    return area.metres(ahead, agent.position[1]), BY_FIELD


def _is_near(agent: Agent) -> bool:
    """Within the radius in the plane, lengths halved towards zero and rounded down."""

    def halved(v: int) -> int:
        return abs(v) // 2 * (1 if v >= 0 else -1)

    x, z = (halved(int(agent.position[i])) - halved(int(agent.place[i])) for i in (0, 2))
    radius = max(agent.arrive, 0) // 2
    return x * x + z * z < (radius + 1) ** 2


def _way_out(area: Map, here: Cell) -> Cell | None:
    x, z = here[0] // 64, here[1] // 64
    around = [(x + i, z + k) for k in range(-6, 7) for i in range(-6, 7)]
    free = [cell for cell in around if area.is_free(cell)]

    def gap(cell: Cell) -> int:
        x, z = middle(cell)
        return (x - here[0]) ** 2 + (z - here[1]) ** 2

    return min(free, key=gap, default=None)


def _cell_ahead(area: Map, here: Cell, distance: NDArray[np.int64]) -> Cell:
    """The farthest in sight of 24 cells down the field, as halving finds it."""
    way, cell = [], (here[0] // 64, here[1] // 64)
    while len(way) < 24 and distance[cell]:
        weight = 3 if area.tight[cell] else 1
        cell = min(area.steps(cell), key=lambda s: distance[s[0]] + s[1] * weight)[0]
        way.append(cell)
    near, far, probe = 0, len(way), len(way) - 1
    while probe > near:
        free = is_straight(area, here, middle(way[probe]))
        near, far = (probe, far) if free else (near, probe)
        probe = (near + far) // 2
    return way[near]


def _lane_ahead(area: Map, here: Cell, cell: Cell, index: int) -> Cell:
    """The farthest lane to the right, of as many as the index gives, to which the line is free."""
    end = middle(cell)
    d = end[0] - here[0], end[1] - here[1]
    length = max(abs(d[0]), abs(d[1]), 1)
    most = 64 * area.constants["NAV_X"] - 1, 64 * area.constants["NAV_Z"] - 1
    for lane in range(1 + index % 4, 0, -1):
        shift = int(Fraction(-d[1] * 48 * lane, length)), int(Fraction(d[0] * 48 * lane, length))
        x, z = (min(max(e + s, 0), m) for e, s, m in zip(end, shift, most, strict=True))
        if is_straight(area, here, (x, z)):
            return x, z
    return end
