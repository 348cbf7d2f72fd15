"""An orbit camera: drag to turn around a place, wheel to come nearer, pan to move the place."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from ..render.camera import Camera

_TURN = math.radians(0.35)  # for each pixel
_STEEPEST = math.radians(88)
_LOWEST = math.radians(3)
_NEAREST = 0.5  # metres


@dataclass
class Orbit:
    """Angles, distance and target around which a starting camera is moved."""

    start: Camera
    yaw: float = field(init=False)
    pitch: float = field(init=False)
    distance: float = field(init=False)
    target: tuple[float, float, float] = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Back to where it started."""
        away = np.subtract(self.start.eye, self.start.target)
        self.distance = self.start.distance
        self.yaw = math.atan2(away[0], away[2])
        self.pitch = math.asin(float(np.clip(away[1] / self.distance, -1.0, 1.0)))
        self.target = self.start.target

    def turn(self, right: float, down: float) -> None:
        """Follow a drag of so many pixels."""
        self.yaw = math.remainder(self.yaw - right * _TURN, math.tau)
        self.pitch = min(max(self.pitch + down * _TURN, _LOWEST), _STEEPEST)

    def zoom(self, steps: float) -> None:
        """Come nearer by so many notches of a wheel (a tenth of the distance each)."""
        furthest = self.start.far / 2
        self.distance = min(max(self.distance * 0.9**steps, _NEAREST), furthest)

    def pan(self, right: float, down: float, height: int) -> None:
        """Move the target so that it follows a drag in a picture `height` pixels high."""
        metres = 2 * self.distance * math.tan(self.start.fov / 2) / height
        x, _, z = self._away()
        flat = math.hypot(x, z)
        across, ahead = -right * metres, down * metres
        self.target = (
            self.target[0] + (across * z - ahead * x) / flat,
            self.target[1],
            self.target[2] + (-across * x - ahead * z) / flat,
        )

    def _away(self) -> tuple[float, float, float]:
        flat = math.cos(self.pitch)
        return flat * math.sin(self.yaw), math.sin(self.pitch), flat * math.cos(self.yaw)

    def camera(self) -> Camera:
        """The camera of the moment; near and far follow the distance."""
        away = self._away()
        x, y, z = (t + self.distance * a for t, a in zip(self.target, away, strict=True))
        ratio = self.distance / self.start.distance
        return Camera(
            eye=(x, y, z),
            target=self.target,
            fov=self.start.fov,
            near=self.start.near * ratio,
            far=max(self.start.far, self.start.far * ratio),
        )
