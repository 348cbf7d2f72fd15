"""NumPy twin of steering: velocities turn towards goals and slow down on arrival."""

import numpy as np

from .fixed import I32, length_q16, mul_q16, mul_q30, normalize_q30
from .grid import Constants


def steer(position: I32, velocity: I32, goal: I32, speed: I32, constants: Constants) -> I32:
    """Velocities after one tick; `goal` and `speed` are the fields of `Goal`."""
    d = _level(goal - position, constants)
    brake = 2 * np.minimum(length_q16(d), np.uint32(0x1FFFFFFF)).astype(np.int32)
    wish = mul_q30(normalize_q30(d), np.minimum(speed, brake)[:, None])
    change = _level(wish - velocity, constants)
    return velocity + mul_q16(change, np.int32(constants["GAIN"]))


def _level(vector: I32, constants: Constants) -> I32:
    return vector * np.array([1, 0, 1], np.int32) if constants["FLAT"] else vector
