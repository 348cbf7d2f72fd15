"""NumPy twin of the neighbour grid: cells of positions, first record of each cell, and neighbours.

Only the order inside a cell is left open, as it is on the GPU. Neighbours are found cell by cell
here, where the shaders read rows of cells as one stretch.
"""

from collections.abc import Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .fixed import I32, I64

Constants = Mapping[str, int]


def axes(constants: Constants, name: str) -> I32:
    """The constants NAME_X, NAME_Y and NAME_Z as a vector."""
    return np.array([constants[f"{name}_{axis}"] for axis in "XYZ"], np.int32)


def cells(position: I32, constants: Constants) -> I32:
    """Cell coordinates of positions, shape (n, 3): clamped, or wrapped in a hashed grid."""
    shift, count = axes(constants, "GRID_SHIFT"), axes(constants, "GRID")
    cell = (position >> shift) - (axes(constants, "GRID_LOW") >> shift)
    return cell & (count - 1) if constants["GRID_WRAP"] else np.clip(cell, 0, count - 1)


def indices(cell: I32, constants: Constants) -> I64:
    """Place of each cell in the table of starts; x runs fastest."""
    x, y, z = np.moveaxis(cell.astype(np.int64), -1, 0)
    return (z * constants["GRID_Y"] + y) * constants["GRID_X"] + x


def starts(position: I32, absent: int, constants: Constants) -> I64:
    """First record of each cell, then of the `absent` entities without a position, then the end."""
    total = constants["GRID_CELLS"]
    counts = np.bincount(indices(cells(position, constants), constants), minlength=total)
    return np.cumsum(np.concatenate([[0], counts, [absent]]))


def neighbours(
    position: I32, reach: int, constants: Constants
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows (i, j), i != j, of all ordered pairs at most `reach` (raw) apart along each axis.

    An axis of one cell does not matter. The world ends at the ends of the range, hashed or not.
    """
    own = cells(position, constants)
    where = indices(own, constants)
    order = np.argsort(where, kind="stable")
    sorted_cells = where[order]
    matters = axes(constants, "GRID") > 1
    spread = np.where(matters, -(-reach >> axes(constants, "GRID_SHIFT")), 0)
    found = []
    for offset in product(*(range(-r, r + 1) for r in spread)):
        cell, inside = _shifted(own, np.array(offset, np.int32), constants)
        first = np.searchsorted(sorted_cells, indices(cell, constants), "left")
        last = np.searchsorted(sorted_cells, indices(cell, constants), "right")
        count = np.where(inside, last - first, 0)
        i = np.repeat(np.arange(len(position)), count)
        place = np.arange(len(i)) - np.repeat(np.cumsum(count) - count, count)
        found.append((i, order[np.repeat(first, count) + place]))
    i, j = (np.concatenate(parts) for parts in zip(*found, strict=True))
    apart = np.abs(position[i].astype(np.int64) - position[j]) * matters
    near = (apart <= reach).all(axis=-1) & (i != j)
    return i[near], j[near]


def _shifted(cell: I32, offset: I32, constants: Constants) -> tuple[I32, NDArray[np.bool_]]:
    """Cells moved by an offset, and whether the grid has them."""
    count = axes(constants, "GRID")
    moved = cell + offset
    if constants["GRID_WRAP"]:
        return moved & (count - 1), np.ones(len(cell), np.bool_)
    return moved, ((moved >= 0) & (moved < count)).all(axis=-1)
