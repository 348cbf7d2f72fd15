"""Which vectors are nearest to another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .embed import Vectors
from .rank import cosines
from .store import Store

Keys = NDArray[np.int64]


def nearest(
    store: Store, query: Vectors, count: int, keys: list[int] | None = None
) -> list[tuple[int, float]]:
    """Keys and cosines of the memories nearest to a vector, the nearest first, ties by key."""
    among = np.array(store.keys() if keys is None else sorted(keys), np.int64)
    if not len(among):
        return []
    scores = cosines(store.vectors(among.tolist()), query)
    order = np.lexsort((among, -scores))[:count]
    return [(int(among[i]), float(scores[i])) for i in order]
