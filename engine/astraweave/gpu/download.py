"""Bytes on their way back from the GPU: copied at once, waited for when they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import wgpu
from numpy.typing import NDArray

_SHARE = 1 << 24  # bytes of a buffer in which parts of a download arrive together


def _shares(sizes: dict[str, int]) -> Iterator[list[str]]:
    """Names of parts that share a buffer, in their order; a large part has one of its own."""
    some: list[str] = []
    for name, size in sizes.items():
        if some and sum(sizes[other] for other in some) + size > _SHARE:
            yield some
            some = []
        some.append(name)
    if some:
        yield some


class Landing:
    """A buffer in which bytes of the GPU arrive; read once, for all that share it."""

    def __init__(self) -> None:
        self.staging: Any = None
        self._promise: Any = None
        self._data: NDArray[np.uint8] | None = None

    def map(self) -> None:
        """Ask for the bytes, once the copy is submitted."""
        self._promise = self.staging.map_async("READ_NOSYNC")

    def bytes(self) -> NDArray[np.uint8]:
        """All of them; waits if they have not arrived."""
        if self._data is None:
            self._promise.sync_wait()
            self._data = np.frombuffer(self.staging.read_mapped(), np.uint8)
            self.staging.unmap()
            self.staging.destroy()
            self.staging = self._promise = None
        return self._data


class Download:
    """Bytes of one buffer on their way back from the GPU."""

    def __init__(self, landing: Landing, offset: int, size: int) -> None:
        self._landing, self.offset, self._size = landing, offset, size

    def result(self) -> NDArray[np.uint8]:
        """The bytes; waits if they have not arrived."""
        return self._landing.bytes()[self.offset : self.offset + self._size]


def start_download(device: Any, parts: dict[str, tuple[Any, int]]) -> dict[str, Download]:
    """Submit copies of the first bytes of buffers."""
    encoder = device.create_command_encoder(label="download")
    usage = wgpu.BufferUsage.COPY_DST | wgpu.BufferUsage.MAP_READ
    landings: list[Landing] = []
    downloads: dict[str, Download] = {}
    for names in _shares({name: size for name, (_, size) in parts.items()}):
        landing, end = Landing(), 0
        for name in names:
            downloads[name] = Download(landing, end, parts[name][1])
            end += -(-parts[name][1] // 16) * 16
        landing.staging = device.create_buffer(size=max(16, end), usage=usage)
        for name in names:
            buffer, size = parts[name]
            if size:
                offset = downloads[name].offset
                encoder.copy_buffer_to_buffer(buffer, 0, landing.staging, offset, size)
        landings.append(landing)
    device.queue.submit([encoder.finish()])
    for landing in landings:
        landing.map()
    return downloads
