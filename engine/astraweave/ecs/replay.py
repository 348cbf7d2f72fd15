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

from ..errors import AstraError, ComponentNotRegistered, EcsError, FormatError, ReplayMismatch
from . import container
from .checksum import Checksum, as_hex
from .commands import DETACH, OPERATIONS, SPAWN, Command, as_words
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
    options: dict[str, bool | int | str]
    seed: int
    rate: int
    first_tick: int
    layouts: list[dict[str, Any]]
    components: list[str]  # rows of `checksums`: for each tick, 16 bytes for each component
    checksums: bytes
    closing: bytes  # the row after the commands that followed the last tick
    commands: list[CommandEntry]

    @property
    def ticks(self) -> int:
        """Recorded ticks."""
        return len(self.checksums) // max(1, 16 * len(self.components)) - 1

    def checksum(self, tick: int) -> Checksum:
        """Checksum after `tick` ticks."""
        size = 16 * len(self.components)
        start = (tick - self.first_tick) * size
        return self._row(self.checksums[start : start + size])

    @property
    def closing_checksum(self) -> Checksum:
        """Checksum when the recording ended."""
        return self._row(self.closing)

    def _row(self, raw: bytes) -> Checksum:
        rows = np.frombuffer(raw, np.uint32).reshape(-1, 4)
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
        if complaint := _complaint(loaded):
            raise FormatError(f"{path} is not a valid recording: {complaint}")
        return loaded


def _complaint(recording: Recording) -> str:
    """What is impossible in a recording; empty for a proper one."""
    row = 16 * len(recording.components)
    if not row or not recording.checksums or len(recording.checksums) % row:
        return f"checksums of {len(recording.checksums)} bytes are not rows of {row}"
    if len(recording.closing) != row:
        return f"the closing row has {len(recording.closing)} bytes, not {row}"
    if len(set(recording.components)) != len(recording.components):
        return "a component is named twice"
    if not all(isinstance(entry.get("name"), str) for entry in recording.layouts):
        return "a layout has no name"
    if not (recording.first_tick >= 0 and 0 <= recording.seed < 1 << 32 and recording.rate > 0):
        return "the first tick, the seed or the rate is impossible"
    for entry in recording.commands:
        if entry.operation not in OPERATIONS or len(entry.entities) % 8:
            return f"command at tick {entry.tick} is malformed"
    return ""


class Recorder:
    """Records a world from now on; `finish` gives the recording."""

    def __init__(self, world: World, scene: str, options: dict[str, bool | int | str]) -> None:
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
            layouts=[],
            components=self._components,
            checksums=b"",
            closing=b"",
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
        if self._note not in self._world.commands_applied:
            raise EcsError("this recording is finished already")
        self._world.commands_applied.remove(self._note)
        self._world.ticks_done.remove(self._done)
        closing = self._world.checksum()
        self._done(self._world.tick, [closing])
        self._rows.pop()
        self._recording.layouts = container.layouts_as_data(self._world.layouts)
        self._recording.checksums = b"".join(map(self._as_row, self._rows))
        self._recording.closing = self._as_row(closing)
        return self._recording

    def _as_row(self, checksum: Checksum) -> bytes:
        zero = np.zeros(4, np.uint32)
        parts = [checksum.parts.get(name, zero) for name in self._components]
        return np.concatenate(parts).astype("<u4").tobytes()


def replay(
    recording: Recording, world: World, progress: Callable[[int], None] | None = None
) -> Checksum:
    """Recompute a recording in a freshly built world of the same scene; returns the last checksum.

    Raises:
        ReplayMismatch: the first tick that differs, with the component.
        FormatError: the world's components are not those of the recording.
    """
    _require_same_kind(recording, world)
    world.schedule.muted = True
    computed: list[Checksum] = []

    def observe(first: int, checksums: list[Checksum]) -> None:
        computed.extend(checksums)

    world.ticks_done.append(observe)
    try:
        return _compare(recording, world, computed, progress)
    finally:
        world.ticks_done.remove(observe)
        world.schedule.muted = False


def _require_same_kind(recording: Recording, world: World) -> None:
    for what in ("seed", "rate"):
        recorded, here = getattr(recording, what), getattr(world, what)
        if recorded != here:
            raise FormatError(f"the recording has {what} {recorded}, this world {what} {here}")
    if world.tick != recording.first_tick:
        raise FormatError(
            f"the recording starts at tick {recording.first_tick}, this world is at {world.tick}"
        )
    known = {entry["name"]: entry for entry in container.layouts_as_data(world.layouts)}
    for entry in recording.layouts:
        if known.get(entry["name"]) != entry:
            raise FormatError(
                f"component {entry['name']} of the recording is not registered here, "
                "or has another layout; a scene registers what it uses later"
            )


def _compare(
    recording: Recording,
    world: World,
    computed: list[Checksum],
    progress: Callable[[int], None] | None,
) -> Checksum:
    last = world.checksum()
    _expect(recording, recording.first_tick, last)
    commands: dict[int, list[CommandEntry]] = {}
    for entry in recording.commands:
        commands.setdefault(entry.tick, []).append(entry)
    end = recording.first_tick + recording.ticks
    while world.tick < end:
        for entry in commands.get(world.tick, []):
            _apply(world, entry)
        following = min([tick for tick in commands if tick > world.tick] + [end])
        first = world.tick
        world.step(min(following - first, 64, end - first))
        for i, checksum in enumerate(computed):
            _expect(recording, first + i + 1, checksum)
        last = computed[-1]
        computed.clear()
        if progress:
            progress(world.tick)
    for entry in commands.get(end, []):
        _apply(world, entry)
    last = world.checksum()
    _compare_rows(recording.closing_checksum, end, last)
    return last


def _apply(world: World, entry: CommandEntry) -> None:
    handles = np.frombuffer(entry.entities, "<u8").astype(np.uint64)
    head = (entry.tick, entry.source, entry.sequence, entry.operation)
    try:
        data = {name: _records(world, name, raw) for name, raw in entry.data.items()}
        wanted = 0 if entry.operation == DETACH else len(handles)
        if any(len(records) != wanted for records in data.values()):
            raise FormatError(f"values for another number of entities than {len(handles)}")
        done = world.apply(Command(*head, handles, data))
    except (ValueError, AstraError) as error:
        raise ReplayMismatch(entry.tick, "commands", entry.operation, str(error)) from error
    if entry.operation == SPAWN and not np.array_equal(done, handles):
        raise ReplayMismatch(entry.tick, "entities", str(handles[:1]), str(done[:1]))


def _records(world: World, name: str, raw: bytes) -> Any:
    if name not in world.layouts:
        raise ComponentNotRegistered(name)
    return np.frombuffer(raw, world.layouts[name][0].dtype)


def _expect(recording: Recording, tick: int, computed: Checksum) -> None:
    _compare_rows(recording.checksum(tick), tick, computed)


def _compare_rows(recorded: Checksum, tick: int, computed: Checksum) -> None:
    for name in recorded.differing(computed):
        zero = np.zeros(4, np.uint32)
        raise ReplayMismatch(
            tick,
            name,
            as_hex(recorded.parts.get(name, zero)),
            as_hex(computed.parts.get(name, zero)),
        )
