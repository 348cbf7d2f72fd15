"""Events: what passes append on the GPU, sorted so that thread order cannot be seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ComponentError, EventOverflow
from ..gpu.checks import whole
from .component import layout_of

DEFAULT_CAPACITY = 16384


def capacity_of(kind: Any) -> int:
    """How many events of this kind a tick can hold: the class's `capacity: ClassVar[int]`."""
    capacity = getattr(kind, "capacity", DEFAULT_CAPACITY)
    return whole(capacity, f"{layout_of(kind).name}.capacity", 1, 1 << 31, ComponentError)


def buffer_size(kind: Any) -> int:
    """Bytes of the buffer: the count, padded to the struct's alignment, then the events."""
    layout = layout_of(kind)
    return layout.align + layout.stride * capacity_of(kind)


def decode_events(kind: Any, raw: NDArray[np.uint8]) -> NDArray[Any]:
    """Structured array of one tick's events, sorted by their fields in declared order.

    Raises:
        EventOverflow: more events than the buffer holds were emitted.
    """
    layout = layout_of(kind)
    count = int(raw[:4].view(np.uint32)[0])
    if count > capacity_of(kind):
        raise EventOverflow(
            f"{count:,} events of {layout.name} in one tick; it holds {capacity_of(kind):,}: "
            "set a larger `capacity: ClassVar[int]` on the class"
        )
    records = raw[layout.align :][: count * layout.stride].view(layout.dtype)
    lanes = [records[f.name].reshape(count, f.type.count) for f in layout.fields]
    keys = [lane[:, i] for lane in lanes for i in range(lane.shape[1])]
    order = np.lexsort(keys[::-1]) if count else np.zeros(0, np.intp)
    return layout.decode_fields(records[order])
