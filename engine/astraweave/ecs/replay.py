"""Recordings: what was done to a world and what became of it, tick by tick.

A recording names its scene and options, holds the commands that were applied after the scene was
built, and the checksums of every tick by component. A replay recomputes the world and stops at the
first tick that differs. Systems do not run in a replay: what they decided is in the commands.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ..errors import AstraError, FormatError, ReplayMismatch
from . import container
from .checksum import Checksum, as_hex
from .commands import OPERATIONS, SPAWN, Command, as_words
from .world import World

_MAGIC, _VERSION = b"AWREC\x00", 1


class CommandEntry(msgspec.Struct, array_like=True):
    """One command; arrays as bytes (handles: uint64, data: raw records by component)."""

    tick: int
    source: int
    sequence: int
    operation: str
    entities: bytes
    data: dict[str, bytes]


class Recording(msgspec.Struct):
    """Everything that a replay needs."""

    scene: str
    options: dict[str, int]
    seed: int
    rate: int
    first_tick: int
    layouts: list[dict[str, Any]]
    components: list[str]  # rows of `checksums`: for each tick, 16 bytes for each component
    checksums: bytes
    commands: list[CommandEntry]

    @property
    def ticks(self) -> int:
        """Recorded ticks."""
        return len(self.checksums) // max(1, 16 * len(self.components)) - 1

    def checksum(self, tick: int) -> Checksum:
        """Checksum after `tick` ticks."""
        size = 16 * len(self.components)
        start = (tick - self.first_tick) * size
        rows = np.frombuffer(self.checksums[start : start + size], np.uint32).reshape(-1, 4)
        return Checksum(dict(zip(self.components, rows, strict=True)))

    def save(self, path: str | Path) -> None:
        """Write to a file.

        Raises:
            UsageError: the path cannot be written.
        """
        container.save(path, _MAGIC, _VERSION, self)

    @classmethod
    def load(cls, path: str | Path) -> Recording:
        """Read a recording.

        Raises:
            UsageError: no such file. FormatError: truncated, damaged or of another version.
        """
        loaded = container.load(path, _MAGIC, _VERSION, cls, "recording")
        row = 16 * len(loaded.components)
        if not row or not loaded.checksums or len(loaded.checksums) % row:
            raise FormatError(
                f"{path}: checksums of {len(loaded.checksums)} bytes are not rows of {row}"
            )
        for entry in loaded.commands:
            if entry.operation not in OPERATIONS or len(entry.entities) % 8:
                raise FormatError(f"{path}: command at tick {entry.tick} is malformed")
        return loaded


class Recorder:
    """Records a world from now on; `finish` gives the recording."""

    def __init__(self, world: World, scene: str, options: dict[str, int]) -> None:
        self._world = world
        self._entries: list[CommandEntry] = []
        start = world.checksum()
        self._components = list(start.parts)
        self._rows = [start]
        self._recording = Recording(
            scene=scene,
            options=options,
            seed=world.seed,
            rate=world.rate,
            first_tick=world.tick,
            layouts=container.layouts_as_data(world.layouts),
            components=self._components,
            checksums=b"",
            commands=self._entries,
        )
        world.commands_applied.append(self._note)
        world.ticks_done.append(self._done)

    def _note(self, command: Command) -> None:
        data = {name: as_words(r).tobytes() for name, r in command.data.items()}
        handles = np.ascontiguousarray(command.entities).tobytes()
        head = (self._world.tick, command.source, command.sequence, command.operation)
        self._entries.append(CommandEntry(*head, handles, data))

    def _done(self, first: int, checksums: list[Checksum]) -> None:
        for one in checksums:
            self._components += [name for name in one.parts if name not in self._components]
        self._rows += checksums

    def finish(self) -> Recording:
        """Stop recording and return what was recorded."""
        self._world.commands_applied.remove(self._note)
        self._world.ticks_done.remove(self._done)
        zero = np.zeros(4, np.uint32)
        rows = [row.parts.get(name, zero) for row in self._rows for name in self._components]
        self._recording.checksums = np.concatenate(rows).astype("<u4").tobytes()
        return self._recording


def replay(
    recording: Recording, world: World, progress: Callable[[int], None] | None = None
) -> Checksum:
    """Recompute a recording in a freshly built world of the same scene; returns the last checksum.

    Raises:
        ReplayMismatch: the first tick that differs, with the component.
        FormatError: the world's components are not those of the recording.
    """
    known = {entry["name"]: entry for entry in container.layouts_as_data(world.layouts)}
    for entry in recording.layouts:
        if known.get(entry["name"], entry) != entry:
            raise FormatError(f"component {entry['name']} has another layout than in the recording")
    world.schedule.muted = True
    try:
        return _compare(recording, world, progress)
    finally:
        world.schedule.muted = False


def _compare(
    recording: Recording, world: World, progress: Callable[[int], None] | None
) -> Checksum:
    computed: list[Checksum] = []
    world.ticks_done.append(lambda first, checksums: computed.extend(checksums))
    last = world.checksum()
    _expect(recording, recording.first_tick, last)
    commands: dict[int, list[CommandEntry]] = {}
    for entry in recording.commands:
        commands.setdefault(entry.tick, []).append(entry)
    end = recording.first_tick + recording.ticks
    try:
        while world.tick < end:
            for entry in commands.get(world.tick, []):
                _apply(world, entry)
            following = min([tick for tick in commands if tick > world.tick] + [end])
            first = world.tick
            world.step(min(following - first, 64))
            for i, checksum in enumerate(computed):
                _expect(recording, first + i + 1, checksum)
            last = computed[-1]
            computed.clear()
            if progress:
                progress(world.tick)
    finally:
        world.ticks_done.pop()
    return last


def _apply(world: World, entry: CommandEntry) -> None:
    handles = np.frombuffer(entry.entities, "<u8").astype(np.uint64)
    head = (entry.tick, entry.source, entry.sequence, entry.operation)
    try:
        data = {
            name: np.frombuffer(raw, world.layouts[name][0].dtype)
            for name, raw in entry.data.items()
        }
        done = world.apply(Command(*head, handles, data))
    except (KeyError, ValueError, AstraError) as error:
        raise ReplayMismatch(entry.tick, "commands", entry.operation, str(error)) from error
    if entry.operation == SPAWN and not np.array_equal(done, handles):
        raise ReplayMismatch(entry.tick, "entities", str(handles[:1]), str(done[:1]))


def _expect(recording: Recording, tick: int, computed: Checksum) -> None:
    recorded = recording.checksum(tick)
    for name in recorded.differing(computed):
        zero = np.zeros(4, np.uint32)
        raise ReplayMismatch(
            tick,
            name,
            as_hex(recorded.parts.get(name, zero)),
            as_hex(computed.parts.get(name, zero)),
        )
