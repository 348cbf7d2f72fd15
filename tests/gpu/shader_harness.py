"""Runs a WGSL function over arrays on a GPU, one thread per row, on wgpu alone."""

import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import wgpu
from numpy.typing import NDArray

WGSL = Path(__file__).resolve().parents[2] / "wgsl"
WORKGROUP = 64
_IMPORT = re.compile(r"//!\s*import\s+(\S+)")

# A letter per WGSL type: its name and how many words it has.
TYPES = {
    "u": ("u32", 1),
    "i": ("i32", 1),
    "w": ("vec2<u32>", 2),
    "v": ("vec3<i32>", 3),
    "k": ("vec4<u32>", 4),
    "q": ("vec4<i32>", 4),
}


def compose(path: str, done: set[str] | None = None) -> str:
    """The text of wgsl/<path>, each imported file inlined once before it."""
    done = set() if done is None else done
    if path in done:
        return ""
    done.add(path)
    text = (WGSL / path).read_text(encoding="utf-8")
    return "".join(compose(name, done) for name in _IMPORT.findall(text)) + text


@cache
def device() -> wgpu.GPUDevice:
    """A device on the adapter whose summary contains $ASTRAWEAVE_ADAPTER, or the first Vulkan one.

    Raises:
        LookupError: there is no such adapter.
    """
    adapters = wgpu.gpu.enumerate_adapters_sync()
    wanted = os.environ.get("ASTRAWEAVE_ADAPTER", "")
    for adapter in adapters:
        if wanted.lower() in adapter.summary.lower() if wanted else "Vulkan" in adapter.summary:
            return adapter.request_device_sync()
    found = ", ".join(adapter.summary for adapter in adapters) or "none"
    raise LookupError(f"no adapter matches {wanted or 'Vulkan'!r}; found: {found}")


def wrapper(call: str, arguments: str, result: str) -> str:
    """A compute entry point that applies the expression ``call`` to each row.

    Args:
        call: a WGSL expression of a0, a1, … that yields the result.
        arguments: one letter of TYPES for each argument.
        result: one letter of TYPES.
    """
    lines, at = [], 0
    for number, letter in enumerate(arguments):
        name, words = TYPES[letter]
        values = ", ".join(f"given[row + {at + word}u]" for word in range(words))
        packed = f"vec{words}<u32>({values})" if words > 1 else values
        lines.append(f"    let a{number} = bitcast<{name}>({packed});")
        at += words
    name, words = TYPES[result]
    stores = [
        f"    answer[thread.x * {words}u + {word}u] = bitcast<u32>(r{f'[{word}]' * (words > 1)});"
        for word in range(words)
    ]
    return "\n".join(
        [
            "@group(0) @binding(0) var<storage, read> given: array<u32>;",
            "@group(0) @binding(1) var<storage, read_write> answer: array<u32>;",
            f"@compute @workgroup_size({WORKGROUP})",
            "fn main(@builtin(global_invocation_id) thread: vec3<u32>) {",
            f"    if (thread.x >= arrayLength(&answer) / {words}u) {{ return; }}",
            f"    let row = thread.x * {at}u;",
            *lines,
            f"    let r = {call};",
            *stores,
            "}",
        ]
    )


def words(array: NDArray[np.generic]) -> NDArray[np.uint32]:
    """The array as rows of u32: a 64-bit value becomes (low, high), a vector its components."""
    flat = np.ascontiguousarray(array)
    return flat.view(np.uint32).reshape(flat.shape[0], -1)


def evaluate(
    path: str, call: str, arguments: str, result: str, given: Sequence[NDArray[np.generic]]
) -> NDArray[np.uint32]:
    """Rows of result words of ``call`` over ``given``, one array per argument and equally long."""
    rows = np.concatenate([words(array) for array in given], axis=1)
    gpu = device()
    storage = wgpu.BufferUsage.STORAGE
    source = gpu.create_buffer_with_data(data=rows, usage=storage)
    size = rows.shape[0] * TYPES[result][1]
    target = gpu.create_buffer(size=4 * size, usage=storage | wgpu.BufferUsage.COPY_SRC)
    code = compose(path) + wrapper(call, arguments, result)
    pipeline = gpu.create_compute_pipeline(
        layout="auto",
        compute={
            "module": gpu.create_shader_module(label=path, code=code),
            "entry_point": "main",
        },
    )
    entries = [
        {"binding": number, "resource": {"buffer": buffer}}
        for number, buffer in enumerate((source, target))
    ]
    encoder = gpu.create_command_encoder()
    work = encoder.begin_compute_pass()
    work.set_pipeline(pipeline)
    layout = pipeline.get_bind_group_layout(0)
    work.set_bind_group(0, gpu.create_bind_group(layout=layout, entries=entries))
    work.dispatch_workgroups(-(-rows.shape[0] // WORKGROUP))
    work.end()
    gpu.queue.submit([encoder.finish()])
    return np.frombuffer(gpu.queue.read_buffer(target), np.uint32).reshape(rows.shape[0], -1)
