"""The GPU: which adapter is used, what it can do, and the one device that everything shares.

Limits and features are asked for, never assumed; what is absent has a fallback or a clear error.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import numpy as np
import wgpu
from numpy.typing import NDArray

from ..errors import AdapterNotFound, CapacityError, DeviceLost, GpuError
from .download import Download, read_now, start_download
from .wrapper_types import prepare_types

ADAPTER_VARIABLE = "ASTRAWEAVE_ADAPTER"
_OPTIONAL_FEATURES = ("timestamp-query", "indirect-first-instance")
_LARGE_LIMITS = ("max-buffer-size", "max-storage-buffer-binding-size")
# Real GPUs first, Vulkan-class back ends before GL, software last.
_KIND_ORDER = ("DiscreteGPU", "IntegratedGPU", "VirtualGPU", "Unknown", "CPU")
_BACKEND_ORDER = ("Vulkan", "Metal", "D3D12", "OpenGL")

INSTALL_HINT = (
    "no GPU adapter was found; on Debian or Ubuntu a software one comes with "
    "'sudo apt-get install mesa-vulkan-drivers'"
)


@dataclass(frozen=True)
class AdapterInfo:
    """One adapter as the driver describes it; `index` is what `--adapter` takes."""

    index: int
    name: str
    backend: str
    kind: str
    driver: str

    @property
    def is_software(self) -> bool:
        """True for drivers that run on the CPU (llvmpipe, SwiftShader, WARP)."""
        return self.kind == "CPU"

    def __str__(self) -> str:
        return f"{self.name} ({self.backend}, {self.driver})"


def _set_runtime_folder() -> None:
    # EGL prints an error for each probe when the variable is missing, as it is in most containers.
    if os.name == "posix" and "XDG_RUNTIME_DIR" not in os.environ:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.gettempdir()


def _rank(adapter: Any) -> tuple[int, int]:
    kind, backend = adapter.info["adapter_type"], adapter.info["backend_type"]
    return (
        _KIND_ORDER.index(kind) if kind in _KIND_ORDER else len(_KIND_ORDER),
        _BACKEND_ORDER.index(backend) if backend in _BACKEND_ORDER else len(_BACKEND_ORDER),
    )


def _enumerate() -> list[tuple[AdapterInfo, Any]]:
    _set_runtime_folder()
    prepare_types()
    try:
        found = sorted(wgpu.gpu.enumerate_adapters_sync(), key=_rank)
    except RuntimeError as error:
        raise AdapterNotFound(f"{INSTALL_HINT} ({error})") from error
    return [(_describe(index, adapter), adapter) for index, adapter in enumerate(found)]


def _describe(index: int, adapter: Any) -> AdapterInfo:
    info = adapter.info
    return AdapterInfo(
        index=index,
        name=info["device"],
        backend=info["backend_type"],
        kind=info["adapter_type"],
        driver=info["description"] or "driver not named",
    )


def list_adapters() -> list[AdapterInfo]:
    """All adapters, the one that is chosen by default first."""
    return [info for info, _ in _enumerate()]


def choose_adapter(wanted: str | None = None) -> tuple[AdapterInfo, Any]:
    """Adapter by index or by words of its name, back end or driver; default: the fastest kind.

    A whole number is an index and nothing else: "5" is not the driver "LLVM 15".

    Raises:
        AdapterNotFound: nothing matches; the message lists what there is.
    """
    found = _enumerate()
    if not found:
        raise AdapterNotFound(INSTALL_HINT)
    wanted = wanted if wanted is not None else os.environ.get(ADAPTER_VARIABLE)
    if not wanted:
        return found[0]
    if wanted.isdecimal():
        matches = [pair for pair in found if pair[0].index == int(wanted)]
    else:
        matches = [pair for pair in found if _matches(pair[0], wanted)]
    if not matches:
        have = "; ".join(f"{info.index}: {info}" for info, _ in found)
        raise AdapterNotFound(f"no adapter matches {wanted!r}; there is {have}")
    return matches[0]


def _matches(info: AdapterInfo, wanted: str) -> bool:
    words = f"{info.name} {info.backend} {info.driver}".lower()
    return all(word in words for word in wanted.lower().split())


class Gpu:
    """A device with its queue; create one with `Gpu.open()` and share it between worlds."""

    def __init__(self, info: AdapterInfo, adapter: Any) -> None:
        self.info = info
        features = [name for name in _OPTIONAL_FEATURES if name in adapter.features]
        limits = {name: adapter.limits[name] for name in _LARGE_LIMITS}
        try:
            self.device: Any = adapter.request_device_sync(
                label="astraweave", required_features=features, required_limits=limits
            )
        except RuntimeError as error:
            raise GpuError(f"{info} refused a device: {error}") from error
        self.queue: Any = self.device.queue
        self.features = frozenset(features)
        self.max_binding: int = self.device.limits["max-storage-buffer-binding-size"]
        self.max_buffer: int = self.device.limits["max-buffer-size"]
        self._buffers: WeakSet[Any] = WeakSet()
        self._made: dict[Hashable, Any] = {}

    @classmethod
    def open(cls, adapter: str | None = None) -> Gpu:
        """Open the adapter that `adapter` or the environment names, else the fastest."""
        return cls(*choose_adapter(adapter))

    @classmethod
    def default(cls) -> Gpu:
        """The device that worlds use unless they are given one; opened once."""
        wanted = os.environ.get(ADAPTER_VARIABLE, "")
        if wanted not in _defaults:
            _defaults[wanted] = cls.open()
        return _defaults[wanted]

    def shared(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` gives, made once for each key: worlds share pipelines and layouts."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    @property
    def allocated(self) -> int:
        """Bytes of all buffers and textures of the engine that are alive on this device."""
        return sum(int(getattr(item, "astra_bytes", 0)) for item in self._buffers)

    def track(self, item: Any, size: int) -> None:
        """Count a buffer or texture in `allocated` for as long as it lives."""
        item.astra_bytes = size
        self._buffers.add(item)

    @property
    def clock(self) -> str:
        """Where pass times come from: software drivers write meaningless GPU timestamps."""
        timestamps = "timestamp-query" in self.features and not self.info.is_software
        return "gpu timestamps" if timestamps else "fenced wall clock"

    def buffer(self, label: str, size: int, usage: int | None = None) -> Any:
        """A zeroed buffer of at least `size` bytes.

        Raises:
            CapacityError: the adapter cannot hold or bind that much.
        """
        size = max(16, (size + 15) & ~15)
        self.require_fits(label, size)
        storage = wgpu.BufferUsage.STORAGE | wgpu.BufferUsage.COPY_SRC | wgpu.BufferUsage.COPY_DST
        with self.guard():
            created = self.device.create_buffer(label=label, size=size, usage=usage or storage)
        self.track(created, size)
        return created

    def release(self, buffer: Any) -> None:
        """Give a buffer's memory back."""
        self._buffers.discard(buffer)
        buffer.destroy()

    def require_fits(self, label: str, size: int) -> None:
        """Raise CapacityError for a buffer that the adapter cannot hold or bind."""
        limit = min(self.max_binding, self.max_buffer)
        if size > limit:
            raise CapacityError(
                f"{label} needs {size / 2**20:,.0f} MiB; "
                f"{self.info.name} binds at most {limit / 2**20:,.0f} MiB"
            )

    def constant(self, data: NDArray[Any]) -> Any:
        """A storage buffer with contents, for the dispatches of one submit."""
        raw = np.ascontiguousarray(data)
        with self.guard():
            return self.device.create_buffer_with_data(data=raw, usage=wgpu.BufferUsage.STORAGE)

    def write(self, buffer: Any, data: NDArray[Any], offset: int = 0) -> None:
        """Queue an upload; it takes effect before the next submit. Size in multiples of 4 bytes."""
        if data.nbytes:
            with self.guard():
                self.queue.write_buffer(buffer, offset, np.ascontiguousarray(data))

    def read(self, buffer: Any, size: int, offset: int = 0) -> NDArray[np.uint8]:
        """Wait for all submitted work and copy bytes back."""
        if not size:
            return np.zeros(0, np.uint8)
        with self.guard():
            return read_now(self.device, buffer, offset, size)

    def download(self, parts: dict[str, tuple[Any, int]]) -> dict[str, Download]:
        """Start copying the first bytes of buffers back; nothing waits until `result()`.

        Small parts share a buffer, since each mapping costs as much as many dispatches.
        """
        with self.guard():
            return start_download(self.device, parts)

    def submit(self, *commands: Any) -> None:
        """Submit finished command buffers."""
        with self.guard():
            self.queue.submit(list(commands))

    def wait(self, buffer: Any) -> None:
        """Block until everything submitted so far has run (a 4-byte read is the fence)."""
        self.read(buffer, 4)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Turn the driver's errors into ours."""
        try:
            yield
        except wgpu.GPUOutOfMemoryError as error:
            raise CapacityError(f"{self.info.name} is out of memory: {error}") from error
        except (wgpu.GPUError, RuntimeError) as error:
            words = str(error).lower()
            if "device is lost" in words or "device lost" in words:
                raise DeviceLost(
                    f"{self.info.name} was lost; open a new Gpu and restore a snapshot ({error})"
                ) from error
            raise GpuError(f"{self.info.name}: {error}") from error


_defaults: dict[str, Gpu] = {}


def fold(groups: int) -> tuple[int, int]:
    """Split a count of workgroups over two dimensions; one holds at most 65,535."""
    return (groups, 1) if groups <= FOLD else (FOLD, -(-groups // FOLD))


FOLD = 32768


def describe_all(adapters: Sequence[AdapterInfo]) -> str:
    """One line per adapter, for people."""
    return "\n".join(f"{a.index}: {a} [{a.kind}]" for a in adapters)
