"""A perspective camera: matrices for WebGPU's clip space, where depth runs from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import UsageError

Vector = tuple[float, float, float]
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Camera:
    """Where from and whereto one looks, in metres; y is up.

    Args:
        eye, target: places in the world.
        up: any vector that does not point along the view.
        fov: vertical angle of view, radians.
        near, far: distances between which things are drawn, metres.
    """

    eye: Vector = (12.0, 9.0, 16.0)
    target: Vector = (0.0, 0.0, 0.0)
    up: Vector = (0.0, 1.0, 0.0)
    fov: float = math.radians(32)
    near: float = 0.1
    far: float = 2000.0

    def __post_init__(self) -> None:
        if not np.isfinite([*self.eye, *self.target, *self.up]).all():
            raise UsageError(f"camera: eye {self.eye}, target {self.target} must be finite")
        if not 0.0 < self.near < self.far:
            raise UsageError(f"camera: near {self.near} must be positive and below far {self.far}")
        if not 0.01 <= self.fov <= 3.0:
            raise UsageError(f"camera: fov must be 0.01 to 3 radians, got {self.fov}")
        if not np.linalg.norm(np.cross(self._forward, self.up)):
            raise UsageError("camera: up must not point along the view, and eye is not the target")

    @property
    def _forward(self) -> NDArray[np.float64]:
        return np.subtract(self.target, self.eye, dtype=np.float64)

    @property
    def distance(self) -> float:
        """From the eye to the target, metres."""
        return float(np.linalg.norm(self._forward))

    def axes(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Unit vectors to the right, upwards and forwards in the picture."""
        forward = _unit(self._forward)
        right = _unit(np.cross(forward, self.up))
        return right, np.cross(right, forward), forward

    def view_projection(self, aspect: float, origin: ArrayLike = (0.0, 0.0, 0.0)) -> Matrix:
        """World to clip space, shape (4, 4), for column vectors `m @ (x, y, z, 1)`.

        `origin` is subtracted from the world first, so that far places keep their precision.
        """
        right, up, forward = self.axes()
        eye = np.subtract(self.eye, origin, dtype=np.float64)
        view = np.eye(4)
        view[:3, :3] = right, up, -forward
        view[:3, 3] = -(view[:3, :3] @ eye)
        return np.asarray(self._projection(aspect) @ view).astype(np.float32)

    def _projection(self, aspect: float) -> NDArray[np.float64]:
        zoom = 1.0 / math.tan(self.fov / 2)
        depth = self.far / (self.near - self.far)
        return np.array(
            [
                [zoom / aspect, 0, 0, 0],
                [0, zoom, 0, 0],
                [0, 0, depth, self.near * depth],
                [0, 0, -1, 0],
            ]
        )

    @classmethod
    def framing(
        cls,
        low: Sequence[float],
        high: Sequence[float],
        *,
        yaw: float = math.radians(28),
        pitch: float = math.radians(34),
        aspect: float = 16 / 9,
    ) -> Camera:
        """Look down at an angle at the box from `low` to `high`, so that it fills the picture.

        `yaw` turns around the vertical (0: along -z), `pitch` is the angle below the horizon.
        """
        target = (np.asarray(low, float) + np.asarray(high, float)) / 2
        back = (
            math.cos(pitch) * math.sin(yaw),
            math.sin(pitch),
            math.cos(pitch) * math.cos(yaw),
        )
        start = cls(eye=_tuple(target + back), target=_tuple(target))
        return _frame(start, low, high, aspect)


def _frame(
    camera: Camera, low: Sequence[float], high: Sequence[float], aspect: float = 16 / 9
) -> Camera:
    """Move along the view until every corner is inside, then centre what is seen."""
    corners = np.array([[x, y, z] for x in _ends(low, high, 0) for y in _ends(low, high, 1)
                        for z in _ends(low, high, 2)])  # fmt: skip
    if not np.isfinite(corners).all():
        raise UsageError(f"framing: low {low} and high {high} must be finite")
    right, up, forward = camera.axes()
    target = corners.mean(axis=0)
    tan_y = math.tan(camera.fov / 2) * 0.92  # a margin around the box
    tan_x = tan_y * aspect
    distance = 1.0
    for _ in range(8):  # distance and centre depend on each other; this converges fast
        off = corners - target
        x, y, z = off @ right, off @ up, off @ forward
        distance = float(np.maximum(np.abs(x) / tan_x - z, np.abs(y) / tan_y - z).max())
        distance = max(distance, 1.0)
        px, py = x / (distance + z), y / (distance + z)
        shift = np.array([px.max() + px.min(), py.max() + py.min()]) * distance / 2
        target = target + right * shift[0] + up * shift[1]
    return replace(
        camera,
        eye=_tuple(target - forward * distance),
        target=_tuple(target),
        near=distance / 100,
        far=distance * 40,
    )


def _ends(low: Sequence[float], high: Sequence[float], axis: int) -> tuple[float, float]:
    return float(low[axis]), float(high[axis])


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))


def _tuple(vector: NDArray[np.float64]) -> Vector:
    return float(vector[0]), float(vector[1]), float(vector[2])


def frustum_planes(view_projection: Matrix) -> Matrix:
    """Six planes (nx, ny, nz, d), shape (6, 4), unit normals inwards: inside is n·p + d >= 0.

    Left, right, bottom, top, near, far (Gribb and Hartmann 2001, for depth 0 to 1).
    """
    x, y, z, w = np.asarray(view_projection, np.float64)
    planes = np.array([w + x, w - x, w + y, w - y, z, w - z])
    planes /= np.linalg.norm(planes[:, :3], axis=1, keepdims=True)
    return planes.astype(np.float32)
