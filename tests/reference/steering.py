"""NumPy twin of steering: velocities turn towards goals and slow down on arrival."""

import numpy as np

from .fixed import I32, length_q16, scale_q16
from .grid import Constants
from .obstacles import halved, unit_q16


def steer(position: I32, velocity: I32, goal: I32, speed: I32, constants: Constants) -> I32:
    """Velocities after one tick; `goal` and `speed` are the fields of `Goal`."""
    d = _level(halved(goal) - halved(position), constants)
    brake = 4 * np.minimum(length_q16(d), np.uint32(0x1FFFFFFF)).astype(np.int32)
    wish = scale_q16(unit_q16(d), np.minimum(speed, brake))
    change = _level(wish - velocity, constants)
    return velocity + scale_q16(change, np.int32(constants["GAIN"]))


def _level(vector: I32, constants: Constants) -> I32:
    return vector * np.array([1, 0, 1], np.int32) if constants["FLAT"] else vector
