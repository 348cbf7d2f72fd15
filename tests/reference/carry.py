"""NumPy twin of carrying: where things are after a tick, from who carries them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
HEIGHT, AHEAD, WALKS = 62259, 49152, 24  # 0.95 m, 0.75 m in Q16.16; 24/1024 m/s


def carry(
    things: Ints, by: Ints, ahead: Ints, who: Any, places: Ints, velocities: Ints
) -> tuple[Ints, Ints]:
    """Places and holds of things after a tick, in Q16.16.

    Args:
        things, ahead: of the things, (n, 3) and (n, 2).
        by: entity index of who carries each.
        who: entity indices of those who may carry, with their places and velocities, (m, 3).
    """
    things, ahead = things.copy(), ahead.copy()
    rows = {int(index): row for row, index in enumerate(who)}
    for n, index in enumerate(by.tolist()):
        if index not in rows:
            continue
        row = rows[index]
        pace = np.clip(velocities[row][[0, 2]] >> 6, -16384, 16384)
        speed = int(np.floor(np.sqrt(float(pace @ pace))))  # exact below 2^52
        if speed > WALKS:
            ahead[n] = np.trunc(pace * AHEAD / speed).astype(np.int64)
        x, y, z = places[row]
        things[n] = x + ahead[n][0], y + HEIGHT, z + ahead[n][1]
    return things, ahead
