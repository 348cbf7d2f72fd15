"""Draws a world: one cull pass, one render pass, a few indirect draws, one submit a frame."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import wgpu
from numpy.typing import NDArray

from ..ecs.world import World
from ..errors import UsageError
from ..gpu.download import Download
from .cull import DRAW_BYTES, DRAWS_BYTES, Cull
from .frame import FrameUniform
from .mesh import SHADOW, all_meshes, pack
from .pipelines import Pipelines
from .splat import Splats
from .statics import Statics, upload
from .target import DEPTH, Target, save_png
from .view import View

_FORMAT = "rgba8unorm"


class Renderer:
    """Draws the entities of a world that have Position and Look.

    Args:
        world: read, never changed.
        width, height: of the picture in pixels.
        view: camera, light, ground and static boxes; may be replaced between frames.
        samples: 4 smooths edges, 1 is faster; default: 4, on a software adapter 1.
        color_format, own_color: for windows, which bring their own texture.

    Raises:
        UsageError: an impossible size or number of samples.
    """

    def __init__(
        self,
        world: World,
        width: int = 1280,
        height: int = 720,
        view: View | None = None,
        *,
        samples: int | None = None,
        color_format: str = _FORMAT,
        own_color: bool = True,
    ) -> None:
        if samples is None:
            samples = 1 if world.gpu.info.is_software else 4
        if samples not in (1, 4):
            raise UsageError(f"samples must be 1 or 4, got {samples}")
        self.world, self._gpu = world, world.gpu
        self.view = view or View()
        self.encode_ms: list[float] = []
        self._samples, self._own_color = samples, own_color
        self._target = Target(self._gpu, width, height, color_format, samples, own_color)
        self._frame = FrameUniform(self._gpu)
        words, indices, self._parts = pack(all_meshes())
        self._vertices = upload(self._gpu, "vertices", words, wgpu.BufferUsage.VERTEX)
        self._indices = upload(self._gpu, "indices", indices, wgpu.BufferUsage.INDEX)
        self._cull = Cull(world, self._frame, self._parts)
        self._splats = Splats(self._gpu)
        self._pipelines = Pipelines(
            self._gpu, self._frame.layout, self._splats.layout, color_format, samples
        )
        self._statics = Statics(self._gpu, self._pipelines.instances)
        self._bundle: Any = None
        self.draw_calls = 0

    # -- drawing ---------------------------------------------------------------------------------

    def render(self, alpha: float = 1.0) -> None:
        """Draw a frame into the own picture; `alpha` as in `encode`."""
        started = perf_counter()
        encoder = self._gpu.device.create_command_encoder(label="frame")
        self.encode(encoder, alpha)
        self._gpu.submit(encoder.finish())
        self.encode_ms.append(1e3 * (perf_counter() - started))

    def encode(self, encoder: Any, alpha: float = 1.0, target: Any = None) -> None:
        """Record a frame; `target` is a texture view of the renderer's format and size.

        `alpha` places entities between the last two ticks, from 0 (the older) to 1. Without a
        `Remember` module in the world the newer tick is drawn.
        """
        self.world.flush()
        self._splats.bind(self._target, self.world.storage.capacity)
        changed = self._cull.bind(self._splats.pixels)
        changed |= self._statics.update(self.view)
        if changed or self._bundle is None:
            self._bundle = self._record()
        size = self._target.width, self._target.height
        self._frame.write(self.view, *size, self._cull.slots(self._splats.radius), alpha)
        self._splats.clear(encoder)
        self._cull.encode(encoder)
        render_pass = self._target.begin(encoder, target)
        render_pass.execute_bundles([self._bundle])
        render_pass.end()

    def _record(self) -> Any:
        """All draws of a frame; front to back where the order is known, the sky last."""
        bundle = self._gpu.device.create_render_bundle_encoder(
            label="draws",
            color_formats=[self._target.format],
            depth_stencil_format=DEPTH,
            sample_count=self._samples,
        )
        bundle.set_bind_group(0, self._frame.group)
        bundle.set_index_buffer(self._indices, "uint16")
        bundle.set_vertex_buffer(0, self._vertices)
        self.draw_calls = 0
        bundle.set_pipeline(self._pipelines.entity)
        self._draw_entities(bundle)
        self._draw_boxes(bundle)
        self._draw_ground(bundle)
        self._draw_splats(bundle)
        bundle.set_pipeline(self._pipelines.sky)
        bundle.draw(3)
        self.draw_calls += 1
        return bundle.finish()

    def _draw_entities(self, bundle: Any) -> None:
        if not self._cull.has_entities:
            return
        bundle.set_bind_group(1, self._instances())
        for draw in range(SHADOW):
            self._draw_listed(bundle, draw)

    def _draw_listed(self, bundle: Any, draw: int) -> None:
        region = 4 * self._cull.region
        bundle.set_vertex_buffer(1, self._cull.lists, DRAWS_BYTES + draw * region, region)
        bundle.draw_indexed_indirect(self._cull.lists, draw * DRAW_BYTES)
        self.draw_calls += 1

    def _instances(self) -> Any:
        resource = {"buffer": self._cull.instances}
        return self._gpu.device.create_bind_group(
            layout=self._pipelines.instances, entries=[{"binding": 0, "resource": resource}]
        )

    def _draw_boxes(self, bundle: Any) -> None:
        if self._statics.count:
            bundle.set_bind_group(1, self._statics.group)
            bundle.set_vertex_buffer(1, self._statics.numbers)
            part = self._parts[0]
            bundle.draw_indexed(part.index_count, self._statics.count, part.first_index)
            self.draw_calls += 1

    def _draw_splats(self, bundle: Any) -> None:
        if self._splats.radius:
            bundle.set_pipeline(self._pipelines.resolve)
            bundle.set_bind_group(1, self._splats.group)
            bundle.draw(3)
            self.draw_calls += 1

    def _draw_ground(self, bundle: Any) -> None:
        if not self._statics.corner_count:
            return
        bundle.set_pipeline(self._pipelines.ground)
        bundle.set_vertex_buffer(0, self._statics.corners)
        bundle.draw(self._statics.corner_count)
        self.draw_calls += 1
        if self._cull.has_entities:
            bundle.set_pipeline(self._pipelines.shadow)
            bundle.set_vertex_buffer(0, self._vertices)
            bundle.set_bind_group(1, self._instances())
            self._draw_listed(bundle, SHADOW)

    # -- results ---------------------------------------------------------------------------------

    @property
    def width(self) -> int:
        """Pixels."""
        return self._target.width

    @property
    def height(self) -> int:
        """Pixels."""
        return self._target.height

    @property
    def visible(self) -> int:
        """Entities that the last frame drew; waits for the GPU."""
        return int(self._cull.counts().sum())

    def start_counting(self) -> Download:
        """Start the readback of what `visible` tells; nothing waits until `count_of`."""
        return self._cull.download()

    def count_of(self, download: Download) -> int:
        """Visible entities at the time of `start_counting`."""
        return int(self._cull.counts_in(download.result()).sum())

    def visible_ids(self) -> NDArray[np.uint32]:
        """Indices of the entities that the last frame drew, ascending; waits for the GPU."""
        return self._cull.listed()

    @property
    def bytes(self) -> int:
        """GPU memory of the renderer, textures included; a part of `Gpu.allocated`."""
        fixed = self._vertices.size + self._indices.size + self._frame.buffer.size
        return (
            self._target.bytes
            + self._cull.bytes
            + self._splats.bytes
            + self._statics.bytes
            + int(fixed)
        )

    def resize(self, width: int, height: int) -> None:
        """Draw pictures of another size from now on."""
        if (width, height) != (self.width, self.height):
            old, form = self._target, self._target.format
            self._target = Target(self._gpu, width, height, form, self._samples, self._own_color)
            old.release()

    def wait(self) -> None:
        """Block until the last frame is drawn."""
        self._gpu.wait(self._cull.lists)

    def image(self) -> NDArray[np.uint8]:
        """The last frame, uint8 RGBA, shape (height, width, 4); draws one if there is none."""
        if not self._own_color:
            raise UsageError("this renderer draws into a window; take its screenshot instead")
        if self._bundle is None:
            self.render()
        return self._target.image()

    def save_png(self, path: str | Path) -> None:
        """Write the last frame.

        Raises:
            UsageError: the path cannot be written.
        """
        save_png(self.image(), path)
