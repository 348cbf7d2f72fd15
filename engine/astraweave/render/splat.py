"""Splats: the cull pass itself draws entities of a few pixels, far cheaper than any triangle.

Only worlds with room for many entities have them; the buffer of pixels costs a clear each frame.
"""

from __future__ import annotations

from typing import Any

import wgpu

from ..gpu.device import Gpu
from .target import Target

MANY = 16384  # slots above which entities may be splats
RADIUS = 3.0  # pixels of an entity's bounds below which it is one


class Splats:
    """The buffer of pixels, with the bind group of the draw that puts it into the picture."""

    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        self._size = (0, 0)
        entry = {
            "binding": 0,
            "visibility": wgpu.ShaderStage.FRAGMENT,
            "buffer": {"type": "read-only-storage"},
        }
        self.layout = gpu.device.create_bind_group_layout(label="splats", entries=[entry])
        self.group: Any = None
        self.pixels = gpu.buffer("splats", 4)  # the cull pass binds it in any case

    @property
    def radius(self) -> float:
        """Pixels below which the cull pass makes splats; 0 for never."""
        return RADIUS if self.group is not None else 0.0

    @property
    def bytes(self) -> int:
        """GPU memory."""
        return int(self.pixels.size)

    def bind(self, target: Target, capacity: int) -> None:
        """Follow the size of the picture and of the storage, in slots."""
        size = (target.width, target.height)
        if capacity <= MANY or size == self._size:
            return
        self._size = size
        self._gpu.release(self.pixels)
        self.pixels = self._gpu.buffer("splats", 4 * size[0] * size[1])
        self.group = self._gpu.device.create_bind_group(
            layout=self.layout, entries=[{"binding": 0, "resource": {"buffer": self.pixels}}]
        )

    def clear(self, encoder: Any) -> None:
        """Empty the pixels, before the cull pass."""
        if self.radius:
            encoder.clear_buffer(self.pixels)
