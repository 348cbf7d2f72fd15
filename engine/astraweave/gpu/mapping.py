"""Buffers mapped for the CPU, polled for only by who waits.

The wrapper has a thread that polls the device while a mapping is under way. It starts before the
driver knows of the mapping, so its waiting returns at once, and it asks again without a pause, a
hundred times for one mapping, with the locks that the mapping and the next submit need.
docs/decisions/0030 has the figures.
"""

from __future__ import annotations

from threading import Event
from time import sleep
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PAUSE = 50e-6  # seconds between two looks


class Mapping:
    """The bytes of a staging buffer, once the commands submitted before have run; read once."""

    def __init__(self, device: Any, staging: Any) -> None:
        self._device, self._staging = device, staging
        self._data: NDArray[np.uint8] | None = None
        poller: Any = getattr(device, "_poller", None)
        self._ours = hasattr(poller, "_event") and hasattr(device, "_poll")
        if not self._ours:  # another version of the wrapper: its thread does it
            self._promise = staging.map_async("READ_NOSYNC")
            return
        awake, poller._event = poller._event, Event()
        try:
            self._promise = staging.map_async("READ_NOSYNC")
        finally:
            poller._event = awake

    def bytes(self, *, all_work: bool = False) -> NDArray[np.uint8]:
        """All of them; waits if they have not arrived.

        Args:
            all_work: wait for everything that was submitted, which costs least where nothing was
                submitted since; else for this buffer only.
        """
        if self._data is None:
            while self._ours and self._promise._state == "pending":
                self._device._poll(all_work)
                if not all_work and self._promise._state == "pending":
                    sleep(_PAUSE)
            self._promise.sync_wait()
            self._data = np.frombuffer(self._staging.read_mapped(), np.uint8)
            self._staging.unmap()
            self._staging.destroy()
        return self._data
