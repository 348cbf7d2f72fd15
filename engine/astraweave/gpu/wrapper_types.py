"""C types of the wrapper, parsed together.

The wrapper names a type in words whenever it makes a struct, and cffi parses each name that it has
not met yet. Before each it declares all 440 names of the header anew, 40 ms for every name: three
seconds of the start of a program. Here all names are parsed in one go, in 34 ms.
docs/decisions/0029 has the figures.
"""

from __future__ import annotations

from functools import cache

from cffi import CDefError, FFIError
from wgpu.backends.wgpu_native import ffi

_STRUCTS = """
    AdapterInfo BindGroupDescriptor BindGroupEntry BindGroupLayoutDescriptor BindGroupLayoutEntry
    BlendComponent BlendState BufferBindingLayout BufferDescriptor BufferMapCallbackInfo
    ChainedStruct Color ColorTargetState CommandBufferDescriptor CommandEncoderDescriptor
    ComputePassDescriptor ComputePipelineDescriptor ComputeState DepthStencilState
    DeviceDescriptor DeviceExtras DeviceLostCallbackInfo Extent3D FragmentState
    InstanceDescriptor Limits MultisampleState NativeLimits Origin3D PassTimestampWrites
    PipelineLayoutDescriptor PrimitiveState PrimitiveStateExtras QuerySetDescriptor
    QueueDescriptor RenderBundleDescriptor RenderBundleEncoderDescriptor
    RenderPassColorAttachment RenderPassDepthStencilAttachment RenderPassDescriptor
    RenderPipelineDescriptor RequestDeviceCallbackInfo ShaderModuleDescriptor ShaderSourceWGSL
    StencilFaceState TexelCopyBufferInfo TexelCopyBufferLayout TexelCopyTextureInfo
    TextureDescriptor TextureViewDescriptor UncapturedErrorCallbackInfo VertexAttribute
    VertexBufferLayout VertexState
"""
_ARRAYS = """
    Adapter BindGroupEntry BindGroupLayout BindGroupLayoutEntry ColorTargetState CommandBuffer
    FeatureName RenderBundle RenderPassColorAttachment TextureFormat VertexAttribute
    VertexBufferLayout
"""
_PLAIN = ("intptr_t", "uintptr_t", "char []", "uint8_t *", "uint8_t []", "uint32_t []")
_CALLBACKS = (
    "void(WGPUDevice const *, WGPUDeviceLostReason, WGPUStringView, void *, void *)",
    "void(WGPUDevice const *, WGPUErrorType, WGPUStringView, void *, void *)",
    "void(WGPUMapAsyncStatus, WGPUStringView, void *, void *)",
    "void(WGPURequestDeviceStatus, WGPUDevice, WGPUStringView, void *, void *)",
)


@cache
def prepare_types() -> int:
    """Parse what the wrapper will ask for; returns how many types are ready.

    Without it everything works as well, and later. So where another version of the wrapper or of
    cffi has other names, nothing is prepared.
    """
    known = getattr(ffi, "_parsed_types", None)
    if not isinstance(known, dict):
        return 0
    names = [f"WGPU{name} *" for name in _STRUCTS.split()]
    names += [f"WGPU{name}[]" for name in _ARRAYS.split()]
    names += _PLAIN
    # Parameters of one function: pointers, since an array or a function cannot be a parameter.
    pointers = [_pointer_to(name) for name in names]
    functions = [name.replace("void(", "void(*)(", 1) for name in _CALLBACKS]
    try:
        parsed = ffi.typeof(f"void(*)({', '.join([*pointers, *functions])})").args
    except (CDefError, FFIError):
        return 0
    for name, pointer in zip(names, parsed[: len(names)], strict=True):
        known.setdefault(name, (pointer.item, False))
    for name, function in zip(_CALLBACKS, parsed[len(names) :], strict=True):
        known.setdefault(name, (function, True))
    return len(parsed)


def _pointer_to(name: str) -> str:
    if name.endswith("[]"):
        return f"{name[:-2].strip()} (*)[]"
    return f"{name}*"
