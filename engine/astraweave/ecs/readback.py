"""Readbacks with a fixed latency: copied after a tick, delivered a set number of ticks later.

The copy goes into a mappable buffer whose mapping is asked for at once and waited for only at
delivery, so the tick never stalls unless the GPU is further behind than the latency.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import ComponentNotRegistered, ResourceNotFound
from ..gpu.passes import ENTITIES
from .component import Layout, layout_of
from .entities import Entity, Handles
from .events import buffer_size, decode_events

if TYPE_CHECKING:
    from .world import World

Bytes = npt.NDArray[np.uint8]


class Capture:
    """Columns of one tick, on their way or arrived.

    What is made of them is kept for the other systems of the tick, and cannot be written to.
    """

    def __init__(
        self, pending: dict[str, Any], generations: npt.NDArray[np.uint32], bits: dict[str, int]
    ) -> None:
        self._pending = pending
        self._generations = generations
        self._bits = bits
        self._arrived: dict[str, Bytes] = {}
        self._by_id: tuple[npt.NDArray[np.intp], npt.NDArray[np.uint32]] | None = None
        self._handles: dict[str, tuple[npt.NDArray[np.intp], Handles]] = {}
        self._same: dict[bytes, tuple[npt.NDArray[np.intp], Handles]] = {}  # by who holds it
        self._values: dict[tuple[str, str], npt.NDArray[Any]] = {}

    @classmethod
    def arrived(
        cls, columns: dict[str, Bytes], generations: npt.NDArray[np.uint32], bits: dict[str, int]
    ) -> Capture:
        """A capture whose bytes are here already."""
        capture = cls({}, generations, bits)
        capture._arrived = columns
        return capture

    def state(self) -> tuple[dict[str, Bytes], npt.NDArray[np.uint32], dict[str, int]]:
        """Columns, generations and mask bits, for a snapshot; waits for the copies."""
        self.wait()
        return self._arrived, self._generations, self._bits

    def wait(self) -> None:
        """Wait for the copies."""
        for name, download in self._pending.items():
            self._arrived[name] = download.result()
        self._pending = {}

    def holds(self, name: str) -> bool:
        """Whether a column or the events of that name were captured."""
        return name in self._arrived or name in self._pending

    def _raw(self, name: str) -> Bytes:
        if name not in self._arrived:
            raise ResourceNotFound(f"{name} in this percept; declare it in the system's reads")
        return self._arrived[name]

    def _slots(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint32]]:
        """Slots of all entities by ascending id, and their rows of the entity table."""
        if self._by_id is None:
            pairs = self._raw(ENTITIES.name).view(np.uint32).reshape(-1, 2)
            slots = np.flatnonzero(pairs[:, 1])
            slots = slots[np.argsort(pairs[slots, 0], kind="stable")]
            self._by_id = slots, pairs[slots]
        return self._by_id

    def _holders(self, layout: Layout) -> tuple[npt.NDArray[np.intp], Handles]:
        """Slots that hold the component, by ascending entity id, and the handles."""
        self._raw(layout.name)
        known = self._handles.get(layout.name)
        if known is None:
            _, rows = self._slots()
            held = rows[:, 1] & np.uint32(1 << self._bits[layout.name]) != 0
            known = self._handles[layout.name] = self._among(held)
        return known

    def _among(self, held: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], Handles]:
        """Slots and handles of some entities; many components are held by the same ones."""
        key = held.tobytes()
        known = self._same.get(key)
        if known is None:
            slots, rows = self._slots()
            ids = rows[held, 0]
            handles = (self._generations[ids].astype(np.uint64) << np.uint64(32)) | ids
            handles.flags.writeable = False
            known = self._same[key] = slots[held], handles
        return known

    def handles(self, layout: Layout) -> Handles:
        """Handles of the entities that had the component, read-only."""
        return self._holders(layout)[1]

    def values(self, layout: Layout, name: str = "", of: Handles | None = None) -> npt.NDArray[Any]:
        """Decoded values, or those of one field, in the order of `handles`, or of some handles."""
        if len(layout.fields) == 1:
            name = name or layout.fields[0].name
        slots, handles = self._holders(layout)
        if of is not None:
            return self._decoded(layout, name, slots[_rows(layout, handles, of)])
        known = self._values.get((layout.name, name))
        if known is None:
            known = self._values[layout.name, name] = self._decoded(layout, name, slots)
            known.flags.writeable = False
        return known

    def _decoded(self, layout: Layout, name: str, slots: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
        """Values at slots; of one field if it is named, and then nothing else is touched."""
        words = self._raw(layout.name).view(np.uint32).reshape(-1, layout.stride // 4)
        if not name:
            # As rows of words: NumPy picks records of a structured dtype ten times more slowly.
            return layout.decode(np.take(words, slots, axis=0).view(layout.dtype).reshape(-1))
        field = layout.field(name)
        raw = np.empty((len(slots), field.type.count), np.uint32)
        for lane in range(field.type.count):  # and rows more slowly than numbers
            raw[:, lane] = words[:, field.offset // 4 + lane][slots]
        values = field.type.from_raw(raw.view("<" + field.type.scalar))
        return values if field.type.count > 1 else values[:, 0]

    def events(self, kind: Any) -> npt.NDArray[Any]:
        """Decoded events of the tick."""
        return decode_events(kind, self._raw(layout_of(kind).name))


def _rows(layout: Layout, handles: Handles, of: Handles) -> npt.NDArray[np.intp] | slice:
    """Where some handles are among all; most often side by side, which is found at once."""
    if not len(of):
        return slice(0)
    first = int(np.searchsorted(handles, of[0]))
    together = slice(first, first + len(of))
    if np.array_equal(handles[together], of):
        return together
    rows = np.minimum(np.searchsorted(handles, of), len(handles) - 1)
    lacking = of[handles[rows] != of] if len(handles) else of
    if len(lacking):
        who = Entity(int(lacking[0]) & 0xFFFFFFFF, int(lacking[0]) >> 32)
        raise ComponentNotRegistered(layout.name, f"{who} had none at the tick of this percept")
    return rows


class Readback:
    """Captures of the last ticks, and which columns they hold."""

    def __init__(self, world: World, latency: int) -> None:
        self._world = world
        self._latency = latency
        self._kinds: list[Any] = []
        self._captures: dict[int, Capture] = {}

    def want(self, kinds: Iterable[Any]) -> None:
        """Capture these components and events from now on."""
        for kind in kinds:
            if not kind.layout.event:
                self._world.register(kind)
            if kind not in self._kinds:
                self._kinds.append(kind)

    def capture_if_new(self, tick: int) -> None:
        """Start copying the present state unless it was captured already."""
        if not self._kinds or tick in self._captures:
            return
        world = self._world
        world.flush()
        sizes = self._sizes()
        pending = world.gpu.download({n: (world.storage.buffers[n], s) for n, s in sizes.items()})
        bits = {name: bit for name, (_, bit) in world.layouts.items()}
        self._captures[tick] = Capture(pending, world.entities.generation.copy(), bits)
        self._captures.pop(tick - self._latency - 1, None)

    def _sizes(self) -> dict[str, int]:
        storage = self._world.storage
        sizes = {ENTITIES.name: storage.slots * ENTITIES.stride}
        for kind in self._kinds:
            layout = kind.layout
            if not layout.event:
                sizes[layout.name] = storage.slots * layout.stride
            elif layout.name in storage.buffers:
                sizes[layout.name] = storage.buffers[layout.name].size
        return sizes

    @property
    def event_sizes(self) -> dict[str, int]:
        """Bytes of the event buffers that are captured."""
        return {k.layout.name: -(-buffer_size(k) // 16) * 16 for k in self._kinds if k.layout.event}

    def in_flight(self) -> list[tuple[int, Capture]]:
        """Captures that may still be delivered, by tick."""
        return sorted(self._captures.items())

    def load(self, captures: dict[int, Capture]) -> None:
        """Replace the captures by those of a snapshot."""
        self._captures = captures

    def deliver(self, tick: int) -> Capture | None:
        """The capture of a tick, waited for; None before there is one."""
        capture = self._captures.get(tick)
        if capture:
            capture.wait()
        return capture
