"""Steering: velocities turn towards goals."""

from __future__ import annotations

from dataclasses import dataclass

from ..ecs.module import Module
from ..errors import UsageError
from ..gpu.passes import Pass
from .components import Goal, Position, Velocity
from .units import ONE, decay, number


@dataclass(frozen=True)
class Steering(Module):
    """Accelerates what has a Goal towards it.

    Args:
        response: 1/s; how fast a velocity approaches the wished one.
        flat: heights do not matter (a 2D crowd).
    """

    name = "steering"

    response: float = 4.0
    flat: bool = True

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """One pass."""
        if not number(self.response, "response") > 0:
            raise UsageError(f"response must be positive, got {self.response}")
        gain = ONE - decay(self.response, rate, "response")
        constants = {"GAIN": gain, "FLAT": self.flat}
        return (Pass("sim/steer.wgsl", (Position, Goal), (Velocity,), constants=constants),)
