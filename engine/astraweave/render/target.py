"""The textures that a frame is drawn into, and how they become pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import wgpu
from numpy.typing import NDArray
from PIL import Image

from ..errors import UsageError
from ..gpu.device import Gpu

DEPTH = "depth32float"
_MAX_SIDE = 8192


class Target:
    """Colour, depth and, with several samples, the texture that is resolved into the colour.

    With `own_color` False the colour comes from outside, such as a window.
    """

    def __init__(
        self, gpu: Gpu, width: int, height: int, color_format: str, samples: int, own_color: bool
    ) -> None:
        if not (1 <= width <= _MAX_SIDE and 1 <= height <= _MAX_SIDE):
            raise UsageError(f"a picture is 1 to {_MAX_SIDE} pixels a side, got {width}×{height}")
        self._gpu, self.width, self.height = gpu, width, height
        self.samples = samples
        self.format = color_format
        self._textures: list[Any] = []
        self.bytes = 0
        color = self._make(color_format, 1) if own_color else None
        several = self._make(color_format, samples) if samples > 1 else None
        self.color = color
        self._view = color.create_view() if color else None
        self._several = several.create_view() if several else None
        self._depth = self._make(DEPTH, samples).create_view()

    def _make(self, texture_format: str, samples: int) -> Any:
        usage = wgpu.TextureUsage.RENDER_ATTACHMENT
        if samples == 1 and texture_format != DEPTH:
            usage |= wgpu.TextureUsage.COPY_SRC
        with self._gpu.guard():
            texture = self._gpu.device.create_texture(
                size=(self.width, self.height, 1),
                format=texture_format,
                sample_count=samples,
                usage=usage,
            )
        self._textures.append(texture)
        size = 4 * self.width * self.height * samples
        self.bytes += size
        self._gpu.track(texture, size)
        return texture

    def release(self) -> None:
        """Give the memory back."""
        for texture in self._textures:
            self._gpu.release(texture)
        self._textures.clear()
        self.bytes = 0

    def begin(self, encoder: Any, outside: Any = None) -> Any:
        """A render pass into the own colour texture or into a view from outside."""
        view = outside if outside is not None else self._view
        color = {
            "view": view if self._several is None else self._several,
            "resolve_target": None if self._several is None else view,
            "clear_value": (0, 0, 0, 1),
            "load_op": "clear",
            "store_op": "store" if self._several is None else "discard",
        }
        depth = {
            "view": self._depth,
            "depth_clear_value": 1.0,
            "depth_load_op": "clear",
            "depth_store_op": "discard",
        }
        return encoder.begin_render_pass(
            label="draw", color_attachments=[color], depth_stencil_attachment=depth
        )

    def image(self) -> NDArray[np.uint8]:
        """The colours, shape (height, width, 4); waits for the GPU."""
        return read_texture(self._gpu, self.color, self.width, self.height, self.format)


def read_texture(
    gpu: Gpu, texture: Any, width: int, height: int, texture_format: str
) -> NDArray[np.uint8]:
    """A colour texture of 8-bit channels as (height, width, 4) RGBA, opaque."""
    with gpu.guard():
        raw = gpu.queue.read_texture(
            {"texture": texture, "mip_level": 0, "origin": (0, 0, 0)},
            {"offset": 0, "bytes_per_row": 4 * width, "rows_per_image": height},
            (width, height, 1),
        )
    pixels = np.frombuffer(raw, np.uint8).reshape(height, width, 4).copy()
    if texture_format.startswith("bgra"):
        pixels = np.ascontiguousarray(pixels[..., [2, 1, 0, 3]])
    pixels[..., 3] = 255
    return pixels


def save_png(pixels: NDArray[np.uint8], path: str | Path) -> None:
    """Write a picture; folders above are made.

    Raises:
        UsageError: the path cannot be written; what stood there stays.
    """
    path = Path(path).resolve()  # a link stays one
    partial = path.with_name(path.name + ".partial")
    try:
        if path.exists() and not path.is_file():
            raise OSError("it is there and is no regular file")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            Image.fromarray(pixels).convert("RGB").save(partial, format="PNG")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"the picture cannot be written to {path}: {error}") from error
