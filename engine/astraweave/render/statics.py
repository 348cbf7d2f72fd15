"""What does not move: the ground, static boxes and the shadows that they throw on the ground."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import wgpu
from numpy.typing import NDArray

from ..gpu.device import Gpu
from .frame import origin_of
from .look import rgb
from .view import StaticBox, View

Points = NDArray[np.float64]
_LIT = 1.0
_SHADED = 0.80  # of the light that is left in a shadow
_LONGEST = 3.0  # metres of shadow for each metre of height
_AHEAD = 0x7FFF0000  # sine 0, cosine 1 as packed 16-bit snorm


def box_instances(boxes: Sequence[StaticBox], origin: Points) -> NDArray[np.uint32]:
    """Instances of the box mesh (wgsl/render/frame.wgsl), shape (n, 8) words."""
    out = np.zeros((len(boxes), 8), np.uint32)
    floats = out.view(np.float32)
    for row, words, box in zip(floats, out, boxes, strict=True):
        row[0:3] = np.asarray(box.centre) - origin
        row[4:7] = 2.0 * np.asarray(box.half)
        words[3] = _AHEAD
        words[7] = int(rgb(box.color))
    return out


def ground_corners(view: View, origin: Points) -> NDArray[np.float32]:
    """Triangles of the shadows and then of the ground: x, y, z and light, shape (n, 4)."""
    if view.ground is None:
        return np.zeros((0, 4), np.float32)
    height = view.ground.height
    pieces = [_fan(_shadow(box, view.sun, height), height) for box in view.boxes]
    reach = view.camera.far + 64.0
    square = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]]) * reach + origin[[0, 2]]
    corners = np.concatenate([*pieces, _fan(square, height, _LIT)])
    corners[:, :3] -= origin
    return corners.astype(np.float32)


def _shadow(box: StaticBox, sun: Sequence[float], height: float) -> Points:
    """Outline of the shadow in x and z: the hull of the corners along the light."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    corners = np.asarray(box.centre) + signs * box.half
    flat = float(np.hypot(sun[0], sun[2]))
    slope = np.array([sun[0], sun[2]]) / max(sun[1], flat / _LONGEST, 1e-6)
    above = np.maximum(corners[:, 1:2] - height, 0.0)
    return _hull(corners[:, [0, 2]] - above * slope)


def _hull(points: Points) -> Points:
    """Convex hull (Andrew's monotone chain)."""
    ordered = sorted(map(tuple, points))
    return np.array(_chain(ordered)[:-1] + _chain(ordered[::-1])[:-1])


def _chain(ordered: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    out: list[tuple[float, ...]] = []
    for p in ordered:
        while len(out) > 1 and _turn(out[-2], out[-1], p) <= 0:
            out.pop()
        out.append(p)
    return out


def _turn(a: Sequence[float], b: Sequence[float], c: Sequence[float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _fan(outline: Points, height: float, light: float = _SHADED) -> Points:
    """Triangles of a convex outline, shape (3 (n - 2), 4)."""
    corners = np.column_stack(
        [outline[:, 0], np.full(len(outline), height), outline[:, 1], np.full(len(outline), light)]
    )
    order = [(0, i, i + 1) for i in range(1, len(outline) - 1)]
    return corners[np.array(order, np.int64).ravel()]


def upload(gpu: Gpu, label: str, data: NDArray[Any], usage: int) -> Any:
    """A new buffer with contents (whole words)."""
    buffer = gpu.buffer(label, data.nbytes, usage | wgpu.BufferUsage.COPY_DST)
    gpu.write(buffer, data)
    return buffer


class Statics:
    """Buffers of the ground and the static boxes, renewed when the view or the origin changes.

    `layout` is that of the bind group with an instance buffer.
    """

    def __init__(self, gpu: Gpu, layout: Any) -> None:
        self._gpu, self._layout = gpu, layout
        self._made_for: Any = None
        self._buffers: list[Any] = []
        self.count = self.corner_count = 0
        self.group: Any = None
        self.numbers: Any = None
        self.corners: Any = None

    @property
    def bytes(self) -> int:
        """GPU memory."""
        return sum(buffer.size for buffer in self._buffers)

    def update(self, view: View) -> bool:
        """Follow the view; True if buffers were replaced."""
        origin = origin_of(view.camera)
        key = (tuple(origin), view.camera.far, view.ground, view.sun, tuple(view.boxes))
        if key == self._made_for:
            return False
        self._made_for = key
        for buffer in self._buffers:
            self._gpu.release(buffer)
        self._buffers.clear()
        self._make_boxes(box_instances(view.boxes, origin))
        corners = ground_corners(view, origin)
        self.corner_count = len(corners)
        if self.corner_count:
            self.corners = self._keep("ground", corners, wgpu.BufferUsage.VERTEX)
        return True

    def _make_boxes(self, instances: NDArray[np.uint32]) -> None:
        self.count = len(instances)
        if not self.count:
            return
        numbers = np.arange(self.count, dtype=np.uint32)
        self.numbers = self._keep("box numbers", numbers, wgpu.BufferUsage.VERTEX)
        boxes = self._keep("static boxes", instances, wgpu.BufferUsage.STORAGE)
        self.group = self._gpu.device.create_bind_group(
            layout=self._layout, entries=[{"binding": 0, "resource": {"buffer": boxes}}]
        )

    def _keep(self, label: str, data: NDArray[Any], usage: int) -> Any:
        self._buffers.append(upload(self._gpu, label, data, usage))
        return self._buffers[-1]
