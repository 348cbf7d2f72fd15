"""Runs ticks on the GPU: one encoder, one compute pass and one submit for a batch of ticks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from ..errors import ShaderError
from ..gpu.checks import check_added
from ..gpu.device import Gpu
from ..gpu.dispatches import Dispatches
from ..gpu.frame import BATCH, TickUniforms
from ..gpu.graph import FrameGraph
from ..gpu.passes import Kernel, Pass, Resource
from ..gpu.shader import Source, resolve
from ..gpu.timing import BatchTimer, PassTimes, time_passes
from .checksum import Checksummer
from .events import buffer_size
from .module import Added, Module
from .resources import check_resources, check_sources, passes_of
from .storage import Storage

MaskOf = Callable[[Sequence[Any]], int]
SORT_EVERY = 64  # ticks between two sorts of the storage by grid cell


@dataclass
class Runner:
    """The compiled frame graph of a world and how to encode its ticks."""

    gpu: Gpu
    storage: Storage
    uniforms: TickUniforms
    checksummer: Checksummer
    rate: int
    shaders: Path | None = None
    encode_ms: deque[float] = field(default_factory=lambda: deque(maxlen=4096))  # newest
    graph: FrameGraph | None = None
    _kernels: list[Kernel] = field(default_factory=list)
    _order: Kernel | None = None
    timer: BatchTimer | None = None
    _ready: dict[tuple[int, int, int], Dispatches] = field(default_factory=dict)
    _clears: list[Any] = field(default_factory=list)
    _uploaded: set[int] = field(default_factory=set)  # modules whose resources have their data

    def __post_init__(self) -> None:
        clear = Pass("ecs/clear.wgsl", writes=(Resource("counter"),), threads=1, workgroup_size=1)
        self._clear = Kernel(self.gpu, clear, 0, self.uniforms.layout)

    def check(self, added: Sequence[Added], components: Collection[str]) -> None:
        """Raise what `build` would: an impossible graph, shader, resource or content."""
        FrameGraph([a.group(self.rate) for a in added])
        modules = [a.module for a in added]
        check_resources(self.gpu, modules, self.rate, components)

    def compile(self, added: Sequence[Added], mask_of: MaskOf) -> None:
        """Compile the passes of modules; pipelines are kept by the device."""
        for a in added:
            for p in passes_of(a.module, self.rate):
                self._compile(p, mask_of)

    def build(self, added: Sequence[Added], mask_of: MaskOf) -> None:
        """Compose, check and compile all passes; the previous graph stays if anything fails."""
        graph = FrameGraph([a.group(self.rate) for a in added])
        check_sources([a.module for a in added], self.rate)
        orders = [order for a in added if (order := a.module.order())]
        kernels = [self._compile(p, mask_of) for p in graph.passes]
        sorter = self._compile(orders[0], mask_of) if orders else None
        for a in added:
            self._provide(a.module)
        self._uploaded = {id(a.module) for a in added}
        self.graph, self._kernels, self._order = graph, kernels, sorter
        self._ready.clear()

    def _compile(self, declared: Pass, mask_of: MaskOf) -> Kernel:
        check_added(declared.name, declared.constants)
        mask = mask_of(declared.required)
        numbers = {
            name: mask_of((value,)) if hasattr(value, "layout") else value
            for name, value in declared.constants.items()
        }
        constants = {"RATE": self.rate, **numbers}
        found = resolve(declared.shader, self.shaders)
        complete = replace(declared, shader=found, constants=constants)
        return Kernel(self.gpu, complete, mask, self.uniforms.layout)

    def _provide(self, module: Module) -> None:
        """Allocate the module's resources and upload what they start with."""
        for p in passes_of(module, self.rate):
            for resource in p.resources:
                self._allocate(resource)
            for kind in p.emits:
                self._provide_event(kind)
        if id(module) in self._uploaded:
            return  # what it has become since may not be lost
        for resource, data in module.data().items():
            self.gpu.write(self.storage.buffers[resource.name], data)

    def _allocate(self, resource: Resource) -> None:
        if resource.name in self.storage.buffers:
            return
        if resource.length is None:
            self.storage.add_per_slot(resource.name, resource.stride)
        else:
            self.storage.add_fixed(resource.name, resource.length * resource.stride)

    def _provide_event(self, kind: Any) -> None:
        name = kind.layout.name
        if name not in self.storage.buffers:
            self.storage.add_fixed(name, buffer_size(kind))
            self._clears.append(self._clear.group_of({"counter": self.storage.buffers[name]}))

    def run(self, rows: Sequence[Sequence[int]], checksums: bool, sorts: bool) -> None:
        """Encode and submit one tick for each row of uniforms (at most a batch).

        With `checksums` each tick is folded; with `sorts` the storage is sorted after the last.
        """
        started = perf_counter()
        self.uniforms.write(rows)
        dispatches = self._prepared()
        encoder = self.gpu.device.create_command_encoder(label="ticks")
        timing = self.timer.writes() if self.timer else None
        compute_pass = encoder.begin_compute_pass(label="ticks", timestamp_writes=timing)
        for row in range(len(rows)):
            self.uniforms.select(compute_pass, row)
            dispatches.record(compute_pass)
            if checksums:
                self.checksummer.encode(compute_pass)
        if sorts and self._order:
            self._dispatch(compute_pass, self._order)
            self.storage.encode_permute(compute_pass, rows[-1][6])
            self.storage.fresh = 0
        compute_pass.end()
        if self.timer:
            self.timer.resolve(encoder)
        self.gpu.submit(encoder.finish())
        self.encode_ms.append(1e3 * (perf_counter() - started) / len(rows))

    def _prepared(self) -> Dispatches:
        """The dispatches of one tick; kept while neither buffers nor sizes change."""
        key = (self.storage.version, self.storage.slots, len(self._kernels))
        if key not in self._ready:
            if len(self._ready) > 3:
                self._ready.clear()
            self._ready[key] = self._prepare()
        return self._ready[key]

    def _prepare(self) -> Dispatches:
        dispatches = Dispatches()
        for group in self._clears:
            dispatches.add(self._clear.pipeline, group, 1, 1)
        for kernel in self._kernels:
            group = kernel.group(self.storage.buffers, self.storage.version)
            dispatches.add(kernel.pipeline, group, *kernel.workgroups(self.storage.slots))
        return dispatches

    def _dispatch(self, compute_pass: Any, kernel: Kernel) -> None:
        compute_pass.set_pipeline(kernel.pipeline)
        group = kernel.group(self.storage.buffers, self.storage.version)
        compute_pass.set_bind_group(1, group)
        compute_pass.dispatch_workgroups(*kernel.workgroups(self.storage.slots))

    def _forget_events(self, compute_pass: Any) -> None:
        if self._clears:
            compute_pass.set_pipeline(self._clear.pipeline)
        for group in self._clears:
            compute_pass.set_bind_group(1, group)
            compute_pass.dispatch_workgroups(1)

    def reload(self) -> list[ShaderError]:
        """Compile passes anew whose shaders were saved; those that fail keep what they had."""
        errors: list[ShaderError] = []
        for place, kernel in enumerate(self._kernels):
            try:
                self._kernels[place] = kernel.renewed()
            except ShaderError as error:
                errors.append(error)
        self._ready.clear()
        return errors

    def shaders_changed(self) -> bool:
        """Whether a file of a pass was saved since it was compiled."""
        return any(kernel.is_stale() for kernel in self._kernels)

    def sources(self) -> list[tuple[str, Source]]:
        """Name and composed WGSL of every pass."""
        return [(kernel.declared.name, kernel.source) for kernel in self._kernels]

    def batch(self, tick: int, wanted: int) -> int:
        """Ticks until the next sort, or as many as one submit takes."""
        if self.sorts_after(tick):
            return min(wanted, 1)
        until_sort = SORT_EVERY - tick % SORT_EVERY if self._order else BATCH
        return min(wanted, until_sort, BATCH)

    def sorts_after(self, tick: int) -> bool:
        """Whether the storage is sorted after this tick: now and then, and after many spawns."""
        many = 8 * self.storage.fresh > self.storage.slots
        return self._order is not None and (many or (tick + 1) % SORT_EVERY == 0)

    def profile(self, row: Sequence[int]) -> PassTimes:
        """Run one tick with every pass timed apart."""
        self.uniforms.write([row])
        timed = [(k.declared.name, self._encoder_of(k)) for k in self._kernels]
        if self._clears:
            timed.insert(0, ("ecs/clear", self._clear_events))
        return time_passes(self.gpu, timed, self.storage.buffers["entity"])

    def _clear_events(self, compute_pass: Any) -> None:
        self.uniforms.select(compute_pass, 0)
        self._forget_events(compute_pass)

    def _encoder_of(self, kernel: Kernel) -> Callable[[Any], None]:
        def encode(compute_pass: Any) -> None:
            self.uniforms.select(compute_pass, 0)
            self._dispatch(compute_pass, kernel)

        return encode
