"""Snapshots: the whole world at one tick, to save, to load, or to roll back to.

Kept by entity id, not by slot, so that a snapshot of one adapter restores on any other. Of Python,
it holds the state of those things that `World.keep` was given.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ..errors import FormatError
from ..gpu.passes import ENTITIES
from . import container
from .entities import ALIVE, Ids
from .readback import Capture
from .schedule import LATENCY

if TYPE_CHECKING:
    from .world import World

_MAGIC, _VERSION = b"AWSNAP", 1


class PerceptEntry(msgspec.Struct):
    """A percept that was on its way."""

    tick: int
    columns: dict[str, bytes]
    generation: bytes
    bits: dict[str, int]


class Snapshot(msgspec.Struct):
    """All state of a world; arrays as little-endian bytes."""

    tick: int
    seed: int
    rate: int
    layouts: list[dict[str, Any]]
    generation: bytes
    mask: bytes
    free: bytes
    columns: dict[str, bytes]  # raw records of living entities in ascending order; absent ones zero
    percepts: list[PerceptEntry]
    states: dict[str, bytes] = {}  # of the things that the world keeps, by name

    def save(self, path: str | Path) -> None:
        """Write to a file (UsageError if that is not possible)."""
        container.save(path, _MAGIC, _VERSION, self)

    @classmethod
    def load(cls, path: str | Path) -> Snapshot:
        """Read a snapshot.

        Raises:
            UsageError: no such file. FormatError: truncated, damaged or of another version.
        """
        return container.load(path, _MAGIC, _VERSION, cls, "snapshot")


def take(world: World) -> Snapshot:
    """The present state of a world; waits for the GPU."""
    world.flush()
    ids = world.entities.alive()
    who, mask = world.storage.read_entities()
    slot_of = np.zeros(len(world.entities.mask), np.int64)
    slot_of[who[mask != 0]] = np.flatnonzero(mask)
    columns = {}
    for name, (layout, bit) in world.layouts.items():
        words = world.storage.read(name).view(np.uint32).reshape(-1, layout.words)[slot_of[ids]]
        words[(world.entities.mask[ids] >> np.uint32(bit)) & 1 == 0] = 0
        columns[name] = words.tobytes()
    generation, masks, free = world.entities.state()
    return Snapshot(
        tick=world.tick,
        seed=world.seed,
        rate=world.rate,
        layouts=container.layouts_as_data(world.layouts),
        generation=generation.tobytes(),
        mask=masks.tobytes(),
        free=free.tobytes(),
        columns=columns,
        percepts=[_as_entry(tick, c) for tick, c in world.schedule.readback.in_flight()],
        states=world.kept.save(),
    )


def _as_entry(tick: int, capture: Capture) -> PerceptEntry:
    columns, generation, bits = capture.state()
    raw = {name: column.tobytes() for name, column in columns.items()}
    return PerceptEntry(tick, raw, generation.tobytes(), bits)


def restore(world: World, snapshot: Snapshot) -> None:
    """Make the world what it was; it must have the same components registered.

    Raises:
        FormatError: the snapshot does not fit the world's components, what it keeps, or itself;
            nothing changed.
        CapacityError: the adapter cannot hold it; nothing changed.
    """
    if not (snapshot.tick >= 0 and 0 <= snapshot.seed < 1 << 32):
        raise FormatError(f"snapshot: tick {snapshot.tick} or seed {snapshot.seed} is impossible")
    generation, masks, free = _table(snapshot, _bits_here(world, snapshot))
    ids = np.flatnonzero(masks).astype(np.uint32)
    columns = {ENTITIES.name: np.stack([ids, masks[ids]], axis=1).astype(np.uint32)}
    for entry in snapshot.layouts:
        name = entry["name"]
        words = _words(snapshot.columns.get(name, b""), name)
        if len(words) != world.layouts[name][0].words * len(ids):
            raise FormatError(f"snapshot: {name} holds {len(words)} words for {len(ids)} entities")
        columns[name] = words.reshape(len(ids), world.layouts[name][0].words)
    captures = {p.tick: _as_capture(p, world, snapshot.tick) for p in snapshot.percepts}
    world.kept.check(snapshot.states)
    world.flush()
    world.storage.reserve(len(ids))
    world.kept.load(snapshot.states)
    world.entities.load(generation, masks, free)
    world.storage.slots = 0
    world.storage.append(columns, len(ids))
    world.storage.index_all()
    world.tick, world.seed = snapshot.tick, snapshot.seed
    world.schedule.readback.load(captures)


def _words(raw: bytes, what: str) -> Ids:
    if len(raw) % 4:
        raise FormatError(f"snapshot: {what} holds {len(raw)} bytes, which are not whole words")
    return np.frombuffer(raw, "<u4").astype(np.uint32)


def _table(snapshot: Snapshot, bits: dict[int, int]) -> tuple[Ids, Ids, Ids]:
    """Generations, masks with the bits of this world, and free indices."""
    generation = _words(snapshot.generation, "the generations")
    masks, free = _words(snapshot.mask, "the masks"), _words(snapshot.free, "the free indices")
    unknown = np.uint32(~sum(1 << there for there in bits) & 0xFFFFFFFF)
    if (
        len(generation) != len(masks)
        or (masks & unknown).any()
        or (masks[masks != 0] & ALIVE == 0).any()
        or not np.array_equal(np.sort(free), np.flatnonzero(masks == 0))
        or snapshot.columns.keys() != {entry["name"] for entry in snapshot.layouts}
    ):
        raise FormatError("snapshot: the entity table contradicts itself")
    return generation, _translate(masks, bits), free


def _as_capture(entry: PerceptEntry, world: World, tick: int) -> Capture:
    generation = _words(entry.generation, "a percept")
    columns = {name: np.frombuffer(raw, np.uint8) for name, raw in entry.columns.items()}
    pairs = _words(entry.columns.get(ENTITIES.name, b""), "a percept")
    rows = len(pairs) // 2
    sizes = {ENTITIES.name: 8 * rows}
    sizes |= {name: layout.stride * rows for name, (layout, _) in world.layouts.items()}
    sizes |= world.schedule.readback.event_sizes
    if (
        not tick - LATENCY <= entry.tick <= tick
        or any(len(raw) != sizes.get(name, len(raw)) for name, raw in columns.items())
        or any(not 0 <= entry.bits.get(name, -1) < 32 for name in columns if name in world.layouts)
        or (pairs[::2][pairs[1::2] != 0] >= len(generation)).any()
    ):
        raise FormatError(f"snapshot: the percept of tick {entry.tick} contradicts itself")
    return Capture.arrived(columns, generation, entry.bits)


def _bits_here(world: World, snapshot: Snapshot) -> dict[int, int]:
    """Mask bit in the snapshot: mask bit in this world."""
    here = {entry["name"]: entry for entry in container.layouts_as_data(world.layouts)}
    bits = {0: 0}
    for place, entry in enumerate(snapshot.layouts, 1):
        name = str(entry.get("name"))
        if here.pop(name, None) != entry:
            raise FormatError(f"snapshot: component {name} is not registered here with that layout")
        bits[place] = world.layouts[name][1]
    if snapshot.rate != world.rate:
        raise FormatError(
            f"snapshot: {snapshot.rate} ticks per second, this world has {world.rate}"
        )
    return bits


def _translate(masks: Ids, bits: dict[int, int]) -> Ids:
    out = np.zeros_like(masks)
    for there, here in bits.items():
        out |= ((masks >> np.uint32(there)) & np.uint32(1)) << np.uint32(here)
    return out
