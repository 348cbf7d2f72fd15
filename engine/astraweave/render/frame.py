"""The uniform that all shaders of a frame share (wgsl/render/frame.wgsl)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import wgpu
from numpy.typing import NDArray

from ..gpu.device import Gpu
from .camera import Camera, frustum_planes
from .look import channels
from .view import Ground, View

_V4 = ("<f4", 4)
FRAME = np.dtype(
    [
        ("view_projection", "<f4", (4, 4)),  # columns first, as WGSL wants them
        ("planes", "<f4", (6, 4)),
        *((name, *_V4) for name in ("eye", "sun", "right", "up", "forward")),
        *(
            (name, *_V4)
            for name in ("sky", "horizon", "ground", "line", "phase", "picture", "range")
        ),
        ("origin", "<i4", 3),
        ("slots", "<u4"),
        ("drawn", "<u4"),
        ("moving", "<u4"),
        ("remembered", "<u4"),
        ("region", "<u4"),
    ]
)
_STEP = 64.0  # metres between possible origins
_HAZE = 0.083  # exponent of what haze leaves of a colour at the target's distance
_ONE = 1 << 16


@dataclass(frozen=True)
class Slots:
    """What the cull pass has to know about the storage."""

    count: int = 0
    drawn: int = 0
    moving: int = 0
    remembered: int = 0
    region: int = 0
    splat_radius: float = 0.0  # pixels


def origin_of(camera: Camera) -> NDArray[np.float64]:
    """The point near the eye that places are drawn relative to; exact in Q16.16."""
    snapped = np.rint(np.asarray(camera.eye) / _STEP) * _STEP
    return np.asarray(np.clip(snapped, -32704.0, 32704.0))


class FrameUniform:
    """The uniform buffer and its bind group."""

    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        usage = wgpu.BufferUsage.UNIFORM | wgpu.BufferUsage.COPY_DST
        self.buffer = gpu.buffer("frame", FRAME.itemsize, usage)
        stages = wgpu.ShaderStage.COMPUTE | wgpu.ShaderStage.VERTEX | wgpu.ShaderStage.FRAGMENT
        entry = {"binding": 0, "visibility": stages, "buffer": {"type": "uniform"}}
        self.layout = gpu.device.create_bind_group_layout(label="frame", entries=[entry])
        self.group = gpu.device.create_bind_group(
            layout=self.layout, entries=[{"binding": 0, "resource": {"buffer": self.buffer}}]
        )
        self._host = np.zeros(1, FRAME)
        self._seen: tuple[View, float, int] | None = None

    def write(self, view: View, width: int, height: int, slots: Slots, alpha: float) -> None:
        """Upload the frame; `alpha` is the weight of the newer of two ticks."""
        seen = (view, width / height, height)
        if seen != self._seen:
            self._look(view, width / height, height)
            self._seen = seen
        row = self._host[0]
        row["sun"][3] = alpha
        row["picture"] = (width, height, slots.splat_radius, 0.0)
        row["slots"], row["drawn"], row["moving"] = slots.count, slots.drawn, slots.moving
        row["remembered"], row["region"] = slots.remembered, slots.region
        self._gpu.write(self.buffer, self._host)

    def _look(self, view: View, aspect: float, height: int) -> None:
        row, camera = self._host[0], view.camera
        origin = origin_of(camera)
        matrix = camera.view_projection(aspect, origin)
        tangent = math.tan(camera.fov / 2)
        right, up, forward = camera.axes()
        row["view_projection"] = matrix.T
        row["planes"] = frustum_planes(matrix)
        row["eye"] = (*(np.asarray(camera.eye) - origin), height / 2 / tangent)
        row["sun"][:3] = np.asarray(view.sun) / np.linalg.norm(view.sun)
        row["right"][:3], row["up"][:3] = right * tangent * aspect, up * tangent
        row["forward"][:3] = forward
        row["sky"][:3] = channels(view.sky.top)
        row["horizon"] = (*channels(view.sky.horizon), _HAZE / camera.distance)
        depth = camera.far / (camera.far - camera.near)
        octaves = math.log2(camera.near), math.log2(camera.far / camera.near)
        row["range"] = (*octaves, depth, -camera.near * depth)
        row["origin"] = np.rint(origin * _ONE)
        self._set_ground(row, view.ground, origin)

    def _set_ground(self, row: Any, ground: Ground | None, origin: NDArray[np.float64]) -> None:
        row["phase"] = row["line"] = 0.0
        row["ground"] = (0, 0, 0, -1e6)
        if ground is None:
            return
        cells = 1.0 / ground.spacing if ground.spacing else 0.0
        row["ground"] = (*channels(ground.color), ground.height - origin[1])
        row["line"] = (*channels(ground.line), cells)
        # Whole tens of cells may be left out: every tenth line is a thick one.
        row["phase"] = (*np.mod(origin[[0, 2]] * cells, 10.0), 1.0, 0.0)
