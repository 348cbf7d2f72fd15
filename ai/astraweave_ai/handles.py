"""Entity indices of handles: what orders, sensed columns and steps name entities by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_INDEX = 0xFFFFFFFF  # the lower half of a handle; the upper one is its generation


def index_of(handle: Any) -> int:
    """The index of one handle."""
    return int(handle) & _INDEX


def indices_of(handles: Any) -> NDArray[np.int64]:
    """The indices of an array of handles, in the same order."""
    return (np.asarray(handles, np.uint64) & np.uint64(_INDEX)).astype(np.int64)
