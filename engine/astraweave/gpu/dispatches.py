"""Prepared dispatches, recorded with as little Python as there can be.

The wrapper checks for errors after every call, which costs ten times the call itself: at six passes
a tick that is most of a tick's CPU time. What is recorded here was checked when it was prepared
(pipelines, bind groups, sizes), and the encoder reports what is wrong with a pass when it is
finished. docs/decisions/0013 has the figures.
"""

from __future__ import annotations

from typing import Any

from wgpu.backends.wgpu_native import ffi, lib

_NO_OFFSETS = ffi.NULL


class Dispatches:
    """A list of dispatches that share bind group 0."""

    def __init__(self) -> None:
        self._calls: list[tuple[Any, Any, int, int]] = []
        self._alive: list[Any] = []

    def add(self, pipeline: Any, group: Any, x: int, y: int) -> None:
        """Append a dispatch of x times y workgroups with `group` as bind group 1."""
        self._calls.append((pipeline._internal, group._internal, x, y))
        self._alive += [pipeline, group]

    def record(self, compute_pass: Any) -> None:
        """Record all of them, in order."""
        raw = compute_pass._internal
        set_pipeline = lib.wgpuComputePassEncoderSetPipeline
        set_group = lib.wgpuComputePassEncoderSetBindGroup
        dispatch = lib.wgpuComputePassEncoderDispatchWorkgroups
        last = None
        for pipeline, group, x, y in self._calls:
            if pipeline is not last:
                set_pipeline(raw, pipeline)
                last = pipeline
            set_group(raw, 1, group, 0, _NO_OFFSETS)
            dispatch(raw, x, y, 1)
