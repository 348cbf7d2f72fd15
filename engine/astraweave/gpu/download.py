"""Bytes on their way back from the GPU: copied at once, waited for when they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import numpy as np
import wgpu
from numpy.typing import NDArray

from .mapping import Mapping

_SHARE = 1 << 24  # bytes of a buffer in which parts of a download arrive together
_USAGE = wgpu.BufferUsage.COPY_DST | wgpu.BufferUsage.MAP_READ


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


class Download:
    """Bytes of one buffer on their way back from the GPU."""

    def __init__(self, landing: Mapping, offset: int, size: int) -> None:
        self._landing, self._offset, self._size = landing, offset, size

    def result(self) -> NDArray[np.uint8]:
        """The bytes; waits if they have not arrived."""
        return self._landing.bytes()[self._offset : self._offset + self._size]


def start_download(device: Any, parts: dict[str, tuple[Any, int]]) -> dict[str, Download]:
    """Submit copies of the first bytes of buffers."""
    encoder = device.create_command_encoder(label="download")
    landings: list[tuple[Any, dict[str, int]]] = []
    for names in _shares({name: size for name, (_, size) in parts.items()}):
        room = [-(-parts[name][1] // 16) * 16 for name in names]
        offsets = dict(zip(names, accumulate(room, initial=0), strict=False))
        staging = device.create_buffer(size=max(16, sum(room)), usage=_USAGE)
        for name, offset in offsets.items():
            buffer, size = parts[name]
            if size:
                encoder.copy_buffer_to_buffer(buffer, 0, staging, offset, size)
        landings.append((staging, offsets))
    device.queue.submit([encoder.finish()])
    downloads: dict[str, Download] = {}
    for staging, offsets in landings:
        landing = Mapping(device, staging)
        downloads |= {n: Download(landing, offset, parts[n][1]) for n, offset in offsets.items()}
    return downloads


def read_now(device: Any, buffer: Any, offset: int, size: int) -> NDArray[np.uint8]:
    """Wait for all submitted work and copy bytes back."""
    staging = device.create_buffer(size=size, usage=_USAGE)
    encoder = device.create_command_encoder(label="read")
    encoder.copy_buffer_to_buffer(buffer, offset, staging, 0, size)
    device.queue.submit([encoder.finish()])
    return Mapping(device, staging).bytes(all_work=True)
