"""The render pipelines: entities, ground, shadows, splats and sky, for one target format."""

from __future__ import annotations

from typing import Any

import wgpu

from ..gpu.device import Gpu
from ..gpu.shader import compile_module, compose
from .mesh import VERTEX_BYTES
from .target import DEPTH

_MESH = {
    "array_stride": VERTEX_BYTES,
    "step_mode": "vertex",
    "attributes": [
        {"shader_location": 0, "format": "float32x3", "offset": 0},
        {"shader_location": 1, "format": "snorm8x4", "offset": 12},
    ],
}
_SLOTS = {
    "array_stride": 4,
    "step_mode": "instance",
    "attributes": [{"shader_location": 2, "format": "uint32", "offset": 0}],
}
_CORNERS = {
    "array_stride": 16,
    "step_mode": "vertex",
    "attributes": [{"shader_location": 0, "format": "float32x4", "offset": 0}],
}
# What lies below is multiplied by one minus alpha.
_DARKEN = {
    "color": {"src_factor": "zero", "dst_factor": "one-minus-src-alpha", "operation": "add"},
    "alpha": {"src_factor": "zero", "dst_factor": "one", "operation": "add"},
}


class Pipelines:
    """All pipelines; `instances` is the layout of the bind group with the instance buffer."""

    def __init__(
        self, gpu: Gpu, frame_layout: Any, splat_layout: Any, color_format: str, samples: int
    ) -> None:
        self._device = gpu.device
        self._format, self._samples = color_format, samples
        entry = {
            "binding": 0,
            "visibility": wgpu.ShaderStage.VERTEX,
            "buffer": {"type": "read-only-storage"},
        }
        self.instances = gpu.device.create_bind_group_layout(label="instances", entries=[entry])
        make_layout = gpu.device.create_pipeline_layout
        alone = make_layout(bind_group_layouts=[frame_layout])
        both = make_layout(bind_group_layouts=[frame_layout, self.instances])
        self.entity = self._make("entity", both, [_MESH, _SLOTS], cull="back")
        self.shadow = self._make("shadow", both, [_MESH, _SLOTS], depth=False, blend=_DARKEN)
        self.ground = self._make("ground", alone, [_CORNERS])
        resolve = make_layout(bind_group_layouts=[frame_layout, splat_layout])
        self.resolve = self._make("resolve", resolve, [])
        self.sky = self._make("sky", alone, [], depth=False)

    def _make(
        self,
        name: str,
        layout: Any,
        buffers: list[Any],
        *,
        cull: str = "none",
        depth: bool = True,
        blend: Any = None,
    ) -> Any:
        source = compose(f"render/{name}.wgsl")
        module = compile_module(self._device, source, name)
        target = {"format": self._format, **({"blend": blend} if blend else {})}
        return self._device.create_render_pipeline(
            label=name,
            layout=layout,
            vertex={"module": module, "entry_point": "vertex", "buffers": buffers},
            primitive={"topology": "triangle-list", "front_face": "ccw", "cull_mode": cull},
            depth_stencil={
                "format": DEPTH,
                "depth_write_enabled": depth,
                "depth_compare": "less-equal",
            },
            multisample={"count": self._samples},
            fragment={"module": module, "entry_point": "fragment", "targets": [target]},
        )
