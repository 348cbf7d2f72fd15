"""Entity indices of handles, and what a percept shows of the entity of a handle."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astraweave import Context

INDEX = 0xFFFFFFFF  # the lower half of a handle; the upper one is its generation


def index_of(handle: Any) -> int:
    """The index of one handle: what orders, steps and sensed columns name an entity by."""
    return int(handle) & INDEX


def indices_of(handles: Any) -> NDArray[np.int64]:
    """The indices of an array of handles, in the same order."""
    return (np.asarray(handles, np.uint64) & np.uint64(INDEX)).astype(np.int64)


def handle_of(context: Context, kind: Any, index: int) -> np.uint64 | None:
    """Handle of an entity index, as the percept has it; None if it has no such component."""
    handles = context.percept.handles(kind)
    row = int(np.searchsorted(handles & np.uint64(INDEX), index))
    return (
        np.uint64(handles[row]) if row < len(handles) and index_of(handles[row]) == index else None
    )


def value_of(context: Context, kind: Any, handle: Any) -> Any:
    """A component of an entity in the percept; None if it has none there."""
    handles = context.percept.handles(kind)
    row = int(np.searchsorted(handles & np.uint64(INDEX), index_of(handle)))
    there = row < len(handles) and int(handles[row]) == int(handle)
    return context.percept.read(kind)[row] if there else None
