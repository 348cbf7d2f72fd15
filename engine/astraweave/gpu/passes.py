"""A pass is declared, not wired: from what it reads and writes come its bindings and its hazards.

The preamble generated here is all that a shader sees of the world, so the shader compiler itself
refuses a read or a write that was not declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

import wgpu

from ..errors import PassError
from .checks import (
    check_constants,
    check_presentation,
    check_resource,
    check_threads,
    whole,
)
from .device import FOLD, Gpu, fold
from .shader import Source, compile_module, compose, rewrite

MAX_STORAGE_BUFFERS = 8  # core WebGPU's limit for one stage


class Threads(Enum):
    """How many threads a pass has when it is not a fixed number."""

    PER_ENTITY = "one for each entity that has the required components"
    PER_SLOT = "one for each storage slot, dead ones included"


PER_ENTITY = Threads.PER_ENTITY
PER_SLOT = Threads.PER_SLOT


@dataclass(frozen=True)
class Resource:
    """A GPU buffer of plain elements that belongs to a module.

    `length` None means one element per entity slot; the buffer then grows with the world. It does
    not move with its entity when the storage is sorted: what must last longer than a tick belongs
    into a component.
    """

    name: str
    element: str = "u32"
    length: int | None = None
    is_atomic: bool = False

    def __post_init__(self) -> None:
        check_resource(self.name, self.element, self.length)

    @property
    def atomic(self) -> Resource:
        """The same buffer seen as atomics."""
        return replace(self, is_atomic=True)

    @property
    def variable(self) -> str:
        """Name of the WGSL array."""
        return self.name.replace(".", "_")

    @property
    def stride(self) -> int:
        """Bytes of one element."""
        lanes = {"vec2": 2, "vec4": 4}.get(self.element[:4], 1)
        return 4 * lanes


# Per slot: entity id and component mask (0 for a dead slot).
ENTITIES = Resource("entity", "vec2<u32>")

TICK_STRUCT = """\
struct Tick {
    index: u32,   // ticks since the start
    phase: u32,   // index modulo rate
    rate: u32,    // ticks per second
    seed: u32,
    slots: u32,   // storage slots in use
    shared_mask: u32,  // mask bits that every slot in use has
    live: u32,    // living entities
    spare: u32,
}
"""
TICK_BYTES = 32


@dataclass(frozen=True)
class Binding:
    """One storage buffer of a pass."""

    key: str  # what hazards are computed from
    variable: str
    type: str  # WGSL type of the variable
    writes: bool
    declaration: str = ""


@dataclass(frozen=True)
class Pass:
    """One GPU dispatch with everything it touches.

    The shader defines `fn each(index: u32)`, called once for each slot (of an entity that has all
    components in `requires`) or once for each number below `threads`. With `own_entry` it defines
    the `@compute` entry point `main` itself, for work that shares memory in a workgroup.

    Args:
        shader: path under wgsl/, beside the caller's working folder, or absolute.
        reads, writes: component classes and resources; what is written may also be read.
        emits: event classes; the shader calls `emit_<event>(value)`.
        requires: components an entity must have; default: all that are read or written.
        constants: WGSL constants of the preamble; a component class gives the bits that an entity
            which has it shows in `entity[slot].y`, for components that are not required.
        name: default: the shader's path without suffix.
    """

    shader: str | Path
    reads: tuple[Any, ...] = ()
    writes: tuple[Any, ...] = ()
    emits: tuple[Any, ...] = ()
    threads: Threads | int = PER_ENTITY
    own_entry: bool = False
    requires: tuple[Any, ...] | None = None
    constants: Mapping[str, Any] = field(default_factory=dict)
    workgroup_size: int = 64
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            path = Path(self.shader)
            folder = f"{path.parent.name}/" if path.parent.name else ""
            object.__setattr__(self, "name", folder + path.stem)
        for one in ("reads", "writes", "emits"):
            if not isinstance(getattr(self, one), tuple):
                raise PassError(f"pass {self.name}: {one} must be a tuple, such as ({one[:-1]},)")
        if not isinstance(self.threads, Threads):
            check_threads(self.name, self.threads)
        whole(self.workgroup_size, f"pass {self.name}: workgroup_size", 1, 256)
        self.bindings()
        check_constants(self.name, self.constants)
        check_presentation(self.name, self.reads, self.writes, self.emits)

    def bindings(self) -> list[Binding]:
        """Storage buffers in binding order, entity table first where it is needed.

        Raises:
            PassError: not a component or resource, something declared twice, or too many.
        """
        data = [(kind, False) for kind in self.reads] + [(kind, True) for kind in self.writes]
        guarded = self.threads is PER_ENTITY and not self.own_entry
        if guarded and ENTITIES not in self.reads + self.writes:
            data.insert(0, (ENTITIES, False))
        found = [self._binding(kind, writes) for kind, writes in data]
        for kind in self.emits:
            found.append(_event_binding(self, kind))
        keys = [b.key for b in found]
        for key in keys:
            if keys.count(key) > 1:
                raise PassError(f"pass {self.name}: {key} is declared twice; writes includes reads")
        if len(found) > MAX_STORAGE_BUFFERS:
            raise PassError(
                f"pass {self.name} binds {len(found)} storage buffers ({', '.join(keys)}); "
                f"portable shaders have at most {MAX_STORAGE_BUFFERS}"
            )
        return found

    def _binding(self, kind: Any, writes: bool) -> Binding:
        if isinstance(kind, Resource):
            element = f"atomic<{kind.element}>" if kind.is_atomic else kind.element
            return Binding(kind.name, kind.variable, f"array<{element}>", writes or kind.is_atomic)
        layout = getattr(kind, "layout", None)
        if layout is None or layout.event:
            raise PassError(f"pass {self.name}: {kind!r} is neither a component nor a resource")
        return Binding(layout.name, layout.variable, f"array<{layout.name}>", writes, layout.wgsl)

    @property
    def components(self) -> tuple[Any, ...]:
        """Component classes that are read or written."""
        return tuple(kind for kind in self.reads + self.writes if hasattr(kind, "layout"))

    @property
    def required(self) -> tuple[Any, ...]:
        """Components that an entity must have for its thread to run."""
        return self.components if self.requires is None else self.requires

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Resources that are read or written."""
        return tuple(kind for kind in self.reads + self.writes if isinstance(kind, Resource))


def _event_binding(owner: Pass, kind: Any) -> Binding:
    """Events share one buffer with their count, which comes first."""
    layout = getattr(kind, "layout", None)
    if layout is None or not layout.event:
        raise PassError(f"pass {owner.name}: {kind!r} is not an event; decorate it with @event")
    name, buffer = layout.variable, f"{layout.variable}_events"
    declaration = (
        f"{layout.wgsl}"
        f"struct {layout.name}Events {{\n"
        f"    count: atomic<u32>,\n    list: array<{layout.name}>,\n}}\n"
        f"fn emit_{name}(value: {layout.name}) {{\n"
        f"    let at = atomicAdd(&{buffer}.count, 1u);\n"
        f"    if (at < arrayLength(&{buffer}.list)) {{ {buffer}.list[at] = value; }}\n"
        f"}}\n"
    )
    return Binding(layout.name, buffer, f"{layout.name}Events", True, declaration)


def preamble(declared: Pass, required_mask: int) -> str:
    """Constants, structs and bindings of a pass as WGSL."""
    lines = [TICK_STRUCT, "@group(0) @binding(0) var<uniform> tick: Tick;\n"]
    lines.append(f"const FOLD = {FOLD}u;\nconst WORKGROUP_SIZE = {declared.workgroup_size}u;\n")
    constants = {"REQUIRED": required_mask, **declared.constants}
    lines += [f"const {name} = {_literal(value)};\n" for name, value in constants.items()]
    for index, b in enumerate(declared.bindings()):
        access = "read_write" if b.writes else "read"
        lines.append(b.declaration)
        lines.append(
            f"@group(1) @binding({index}) var<storage, {access}> {b.variable}: {b.type};\n"
        )
    return "".join(lines)


def _literal(value: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value}u" if value > 0x7FFFFFFF else str(value)


def entry_point(declared: Pass) -> str:
    """The generated `main` that calls `each`; empty where the shader brings its own."""
    if declared.own_entry:
        return ""
    size = declared.workgroup_size
    limit = "tick.slots" if isinstance(declared.threads, Threads) else f"{declared.threads}u"
    guard = f"    if (index >= {limit}) {{ return; }}\n"
    if declared.threads is PER_ENTITY:
        # The mask is fetched only while entities of different make-up share the storage.
        guard += (
            "    if ((tick.shared_mask & REQUIRED) != REQUIRED"
            " && (entity[index].y & REQUIRED) != REQUIRED) { return; }\n"
        )
    return (
        f"@compute @workgroup_size({size})\n"
        "fn main(@builtin(workgroup_id) group: vec3<u32>,"
        " @builtin(local_invocation_index) lane: u32) {\n"
        "    let index = (group.y * FOLD + group.x) * WORKGROUP_SIZE + lane;\n"
        f"{guard}    each(index);\n}}\n"
    )


def compose_pass(declared: Pass, required_mask: int) -> Source:
    """The full WGSL of a pass."""
    return compose(declared.shader, preamble(declared, required_mask), entry_point(declared))


class Kernel:
    """A compiled pass: pipeline, explicit layouts, and bind groups cached by buffer version."""

    def __init__(self, gpu: Gpu, declared: Pass, required_mask: int, frame_layout: Any) -> None:
        self.declared = declared
        self.source = compose_pass(declared, required_mask)
        self._again = (gpu, declared, required_mask, frame_layout)
        self._written = self._times()
        self._gpu = gpu
        self._bindings = declared.bindings()
        access = tuple(b.writes for b in self._bindings)
        self._layout, self.pipeline = gpu.shared(
            (self.source.text, access), lambda: self._compile(access, frame_layout)
        )
        self._groups: dict[int, Any] = {}

    def _times(self) -> list[int]:
        return [path.stat().st_mtime_ns if path.exists() else 0 for path in self.source.files]

    def renewed(self) -> Kernel:
        """Itself, or the pass compiled anew if one of its files was saved since.

        Raises:
            ShaderError: the new text does not compile; told once for each time it is saved.
        """
        if not self.is_stale():
            return self
        self._written = self._times()
        return Kernel(*self._again)

    def is_stale(self) -> bool:
        """Whether one of its files was saved since it was compiled."""
        return self._times() != self._written

    def _compile(self, access: tuple[bool, ...], frame_layout: Any) -> tuple[Any, Any]:
        name, device = self.declared.name, self._gpu.device
        entries = [_layout_entry(i, writes) for i, writes in enumerate(access)]
        layout = device.create_bind_group_layout(label=name, entries=entries)
        module = compile_module(device, self.source, name)
        both = device.create_pipeline_layout(bind_group_layouts=[frame_layout, layout])
        compute = {"module": module, "entry_point": "main"}
        try:
            return layout, device.create_compute_pipeline(label=name, layout=both, compute=compute)
        except wgpu.GPUError as error:
            raise rewrite(str(error), self.source, name) from None

    def group(self, buffers: Mapping[str, Any], version: int) -> Any:
        """The bind group over the buffers of this version; the last two versions are kept."""
        if version not in self._groups:
            if len(self._groups) > 1:
                self._groups.clear()
            self._groups[version] = self.group_of(buffers)
        return self._groups[version]

    def group_of(self, buffers: Mapping[str, Any]) -> Any:
        """A bind group over the given buffers."""
        entries = [
            {"binding": i, "resource": {"buffer": buffers[b.key]}}
            for i, b in enumerate(self._bindings)
        ]
        return self._gpu.device.create_bind_group(layout=self._layout, entries=entries)

    def workgroups(self, slots: int) -> tuple[int, int]:
        """Dispatch size for `slots` storage slots in use."""
        d = self.declared
        threads = slots if isinstance(d.threads, Threads) else int(d.threads)
        return fold(-(-threads // d.workgroup_size))


def _layout_entry(index: int, writes: bool) -> dict[str, Any]:
    kind = "storage" if writes else "read-only-storage"
    return {
        "binding": index,
        "visibility": wgpu.ShaderStage.COMPUTE,
        "buffer": {"type": kind},
    }
