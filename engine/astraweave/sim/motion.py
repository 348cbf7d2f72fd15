"""Motion without drift: whole seconds at constant velocity are exact to the last bit."""

from __future__ import annotations

from dataclasses import dataclass

from ..ecs.module import Module
from ..errors import UsageError
from ..gpu.passes import Pass
from .components import Position, Velocity
from .units import Vector, decay, q16, vector3, vector_constants

_LIMIT = 16384.0  # half the range, so that a fast step beyond it does not wrap


@dataclass(frozen=True)
class Bounds:
    """A box of the world, in metres, that motion is reflected at."""

    low: Vector = (-_LIMIT, -_LIMIT, -_LIMIT)
    high: Vector = (_LIMIT, _LIMIT, _LIMIT)

    def __post_init__(self) -> None:
        low, high = vector3(self.low, "bounds.low"), vector3(self.high, "bounds.high")
        if any(a >= b for a, b in zip(low, high, strict=True)):
            raise UsageError(f"bounds: low {self.low} must be below high {self.high}")

    @classmethod
    def flat(cls, width: float, depth: float | None = None) -> Bounds:
        """The plane from (0, 0) to (width, depth), any height."""
        return cls((0.0, -_LIMIT, 0.0), (width, _LIMIT, width if depth is None else depth))


@dataclass(frozen=True)
class Motion(Module):
    """Moves what has Position and Velocity.

    Args:
        gravity: metres per second squared.
        damping: 1/s; velocity falls by exp(-damping) in a second.
        max_speed: metres per second; 0 for none.
        bounds: where velocities are reflected.
    """

    name = "motion"
    after = ("remember", "steering")

    gravity: Vector = (0.0, 0.0, 0.0)
    damping: float = 0.0
    max_speed: float = 0.0
    bounds: Bounds | None = None

    def __post_init__(self) -> None:
        vector3(self.gravity, "gravity")
        if not (self.bounds is None or isinstance(self.bounds, Bounds)):
            raise UsageError(f"bounds must be Bounds or None, got {self.bounds!r}")

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """One pass; a lean one where velocities cannot change."""
        if self._is_plain:
            return (Pass("sim/drift.wgsl", (Velocity,), (Position,), name="sim/motion"),)
        return (Pass("sim/motion.wgsl", (), (Position, Velocity), constants=self._constants(rate)),)

    @property
    def _is_plain(self) -> bool:
        return not (any(self.gravity) or self.damping or self.max_speed or self.bounds)

    def _constants(self, rate: int) -> dict[str, int]:
        keep = decay(self.damping, rate, "damping")
        limit = q16(self.max_speed, "max_speed", 0.0)
        if self.max_speed and not limit:
            raise UsageError(f"max_speed {self.max_speed} is below the smallest speed, 1/65536 m/s")
        bounds = self.bounds or Bounds()
        return {
            **vector_constants("GRAVITY", self.gravity, "gravity"),
            "KEEP": keep,
            "MAX_SPEED": limit,
            "BOUNDED": self.bounds is not None,
            **vector_constants("LOW", bounds.low, "bounds.low"),
            **vector_constants("HIGH", bounds.high, "bounds.high"),
        }
