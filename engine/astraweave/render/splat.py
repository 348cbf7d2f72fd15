"""Splats: entities of a few pixels are written by compute, far cheaper than any triangle.

Only worlds with room for many entities have them; the buffer of pixels costs a clear each frame.
"""

from __future__ import annotations

from typing import Any

import wgpu

from ..gpu.device import FOLD, Gpu, fold
from ..gpu.shader import compile_module, compose
from .cull import Cull
from .frame import FrameUniform
from .target import Target

MANY = 16384  # slots above which entities may be splats
RADIUS = 3.0  # pixels of an entity's bounds below which it is one


class Splats:
    """The splat pass with its buffer of pixels; `bind` when lists or the picture were replaced."""

    def __init__(self, gpu: Gpu, frame: FrameUniform, cull: Cull) -> None:
        self._gpu, self._frame, self._cull = gpu, frame, cull
        self._pixels: Any = None
        self._pipeline: Any = None
        self._group: Any = None
        visibility = wgpu.ShaderStage.FRAGMENT
        self.layout = _layout(gpu, "splats", ["read-only-storage"], visibility)
        self.group: Any = None  # for the resolve draw

    @property
    def radius(self) -> float:
        """Pixels below which the cull pass makes splats; 0 for never."""
        return RADIUS if self._cull.region > MANY and self._cull.has_entities else 0.0

    @property
    def bytes(self) -> int:
        """GPU memory."""
        return int(self._pixels.size) if self._pixels is not None else 0

    def bind(self, target: Target) -> None:
        """Follow changes of the lists and of the size of the picture."""
        if not self.radius:
            return
        if self._pipeline is None:
            self._compile()
        if self._pixels is not None:
            self._gpu.release(self._pixels)
        self._pixels = self._gpu.buffer("splats", 4 * target.width * target.height)
        lists = [self._cull.instances, self._cull.visible, self._cull.draws, self._pixels]
        self._group = self._make_group(self._pass_layout, lists)
        self.group = self._make_group(self.layout, [self._pixels])

    def _make_group(self, layout: Any, buffers: list[Any]) -> Any:
        entries = [{"binding": i, "resource": {"buffer": b}} for i, b in enumerate(buffers)]
        return self._gpu.device.create_bind_group(layout=layout, entries=entries)

    def _compile(self) -> None:
        device = self._gpu.device
        kinds = ["read-only-storage"] * 3 + ["storage"]
        self._pass_layout = _layout(self._gpu, "splat", kinds, wgpu.ShaderStage.COMPUTE)
        layouts = [self._frame.layout, self._pass_layout]
        source = compose("render/splat.wgsl", f"const FOLD = {FOLD}u;\n")
        self._pipeline = device.create_compute_pipeline(
            label="splat",
            layout=device.create_pipeline_layout(bind_group_layouts=layouts),
            compute={"module": compile_module(device, source, "splat"), "entry_point": "main"},
        )

    def encode(self, encoder: Any, slots: int) -> None:
        """Record the pass, after the cull pass."""
        if not self.radius:
            return
        encoder.clear_buffer(self._pixels)
        compute_pass = encoder.begin_compute_pass(label="splat")
        compute_pass.set_pipeline(self._pipeline)
        compute_pass.set_bind_group(0, self._frame.group)
        compute_pass.set_bind_group(1, self._group)
        compute_pass.dispatch_workgroups(*fold(-(-slots // 64)))
        compute_pass.end()


def _layout(gpu: Gpu, label: str, kinds: list[str], visibility: int) -> Any:
    entries = [
        {"binding": i, "visibility": visibility, "buffer": {"type": kind}}
        for i, kind in enumerate(kinds)
    ]
    return gpu.device.create_bind_group_layout(label=label, entries=entries)
