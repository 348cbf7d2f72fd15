"""The world: entities in GPU columns, changed by commands and ticks, read as NumPy arrays.

Data goes round one way: commands up, ticks on the GPU, percepts and readbacks down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import EcsError, EntityNotFound, ResourceNotFound, UsageError
from ..gpu.checks import whole
from ..gpu.device import Gpu
from ..gpu.frame import TickUniforms
from ..gpu.graph import FrameGraph
from ..gpu.passes import Pass, Resource
from ..gpu.timing import PassTimes
from . import snapshot
from .apply import Applier
from .checksum import Checksum, Checksummer
from .commands import ADD, ATTACH, DESPAWN, DETACH, SET, SPAWN, Command, CommandWriter
from .component import Layout, layout_of
from .entities import Entity, EntityTable, Handles, Ids, as_handles
from .events import decode_events
from .module import Added, Module, SinglePass
from .registry import Registry
from .runner import Runner
from .schedule import Schedule, System
from .snapshot import Snapshot
from .storage import Storage
from .values import for_count


class World:
    """A deterministic simulation on one GPU.

    Args:
        gpu: the device to use; default: the fastest, or what ASTRAWEAVE_ADAPTER names.
        seed: of all random numbers (32 bits).
        rate: ticks per second.
        threads: for CPU systems that do not conflict; the result does not depend on it.
        shaders: a folder where passes find shaders that are not the engine's own.
    """

    def __init__(
        self,
        gpu: Gpu | None = None,
        *,
        seed: int = 0,
        rate: int = 60,
        threads: int = 1,
        shaders: Path | None = None,
    ) -> None:
        seed = whole(seed, "seed", 0, 0xFFFFFFFF, UsageError)
        rate = whole(rate, "rate (ticks per second)", 1, 1000, UsageError)
        self.gpu = gpu or Gpu.default()
        self.seed = seed
        self.rate = rate
        self.tick = 0
        self.entities = EntityTable()
        self.commands_applied: list[Callable[[Command], None]] = []  # observers, such as recordings
        self.ticks_done: list[Callable[[int, list[Checksum]], None]] = []
        self._uniforms = TickUniforms(self.gpu)
        parts = (self._uniforms.layout, self._uniforms.group)
        self.storage = Storage(self.gpu, *parts)
        self.registry = Registry(self.storage)
        self._writer = CommandWriter(self.gpu, self.storage, *parts)
        self._applier = Applier(self.entities, self.registry, self.storage, self._writer)
        self._checksummer = Checksummer(self.gpu, self.storage, self._uniforms.layout)
        self.runner = Runner(
            self.gpu, self.storage, self._uniforms, self._checksummer, rate, shaders
        )
        self.schedule = Schedule(self, threads)
        self._modules: list[Added] = []
        self._built = 0
        self._sequence = 0

    # -- what the world is made of ---------------------------------------------------------------

    def use(self, *modules: Module | Pass, after: str | Iterable[str] = ()) -> None:
        """Add modules or single passes; `after` names modules they follow.

        Raises:
            GraphError, AmbiguityError, ShaderError: the graph is impossible; nothing was added.
        """
        names = (after,) if isinstance(after, str) else tuple(after)
        added = []
        for module in modules:
            wrapped = SinglePass(module) if isinstance(module, Pass) else module
            if not isinstance(wrapped, Module):
                raise EcsError(f"{module!r} is neither a Module nor a Pass")
            added.append(Added(wrapped, names))
        self.runner.check(self._modules + added, self.layouts)
        self.runner.compile(added, self.registry.mask_of)
        self._modules += added

    @property
    def graph(self) -> FrameGraph:
        """The frame graph, built if modules were added since."""
        self._build()
        if self.runner.graph is None:
            self.runner.build([], self.registry.mask_of)
        return self.runner.graph or FrameGraph([])

    @property
    def layouts(self) -> dict[str, tuple[Layout, int]]:
        """Registered components: layout and mask bit by name."""
        return self.registry.layouts

    def register(self, *kinds: Any) -> None:
        """Make room for components; spawning and passes do it by themselves."""
        self.registry.register(*kinds)

    def prepare(self) -> None:
        """Compile all passes and upload pending commands now rather than at the first tick."""
        self._build()
        self.flush()

    def _build(self) -> None:
        if self._built == len(self._modules):
            return
        for added in self._modules:
            for p in added.module.passes(self.rate):
                self.register(*p.components)
        self.runner.build(self._modules, self.registry.mask_of)
        self._built = len(self._modules)

    def system(self, stage: str, **declared: Any) -> Callable[[Callable[..., None]], System]:
        """Decorator that adds a CPU system (see `Schedule.add`)."""

        def add(function: Callable[..., None]) -> System:
            return self.schedule.add(System(function, stage, **declared))

        return add

    # -- commands --------------------------------------------------------------------------------

    def spawn(self, *components: Any, count: int | None = None) -> Any:
        """New entities with these components.

        With plain values: one `Entity`. With arrays (or `count`): a uint64 array of handles.

        Raises:
            ComponentError: values that do not fit, or arrays of different lengths.
            CapacityError, ArchetypeStorageFull: too many; nothing was spawned.
        """
        records, single = for_count(components, count)
        self.register(*(type(c) for c in components))
        number = len(next(iter(records.values()))) if records else (1 if count is None else count)
        handles = self._issue(SPAWN, np.zeros(number, np.uint64), records)
        return entity_of(handles[0]) if single else handles

    def despawn(self, entities: Any) -> None:
        """End entities; their handles become invalid.

        Raises:
            EntityNotFound: a handle is not alive (or named twice); nothing was despawned.
        """
        self._issue(DESPAWN, as_handles(entities))

    def set(self, entities: Any, *components: Any) -> None:
        """Replace components that the entities have."""
        self._issue(SET, *self._spread(entities, components))

    def add(self, entities: Any, *components: Any) -> None:
        """Add to every field of components that the entities have."""
        self._issue(ADD, *self._spread(entities, components))

    def attach(self, entities: Any, *components: Any) -> None:
        """Give the entities components that they may not have yet."""
        self._issue(ATTACH, *self._spread(entities, components))

    def detach(self, entities: Any, *kinds: Any) -> None:
        """Take components away."""
        none = {layout_of(kind).name: np.zeros(0, layout_of(kind).dtype) for kind in kinds}
        self._issue(DETACH, as_handles(entities), none)

    def _spread(self, entities: Any, components: Sequence[Any]) -> tuple[Handles, dict[str, Any]]:
        handles = as_handles(entities)
        records, _ = for_count(components, len(handles))
        self.register(*(type(c) for c in components))
        return handles, records

    def _issue(
        self, operation: str, handles: Handles, data: dict[str, Any] | None = None
    ) -> Handles:
        return self.apply(Command(self.tick, 0, self._sequence, operation, handles, data or {}))

    def apply(self, command: Command) -> Handles:
        """Carry out one command now; returns the handles it concerns.

        Raises:
            EntityNotFound, ComponentNotRegistered, CapacityError: nothing has changed then.
        """
        done = self._applier.apply(command)
        self._sequence += 1
        for observe in self.commands_applied:
            observe(done)
        return done.entities

    def reserve(self, count: int) -> None:
        """Make room for that many more entities now.

        Raises:
            CapacityError, ArchetypeStorageFull: there cannot be so many; nothing has changed.
        """
        self._applier.reserve(count)

    def flush(self) -> None:
        """Send pending commands to the GPU; reads and ticks do it by themselves."""
        self._writer.flush()

    # -- time ------------------------------------------------------------------------------------

    def step(self, ticks: int = 1) -> None:
        """Advance by a number of ticks.

        Raises:
            SystemExecutionFailed: a CPU system raised; the world stays at the tick before.
        """
        ticks = whole(ticks, "ticks", 0, 1 << 62, UsageError)
        self._build()
        end = self.tick + ticks
        while self.tick < end:
            self.schedule.before_tick()
            self.flush()
            count = self.schedule.until_due(self.tick, end - self.tick)
            count = self.runner.batch(self.tick, count)
            self._run(count)
            self.schedule.after_tick()

    def _run(self, count: int) -> None:
        checksums = bool(self.ticks_done)
        if checksums:
            self._checksummer.prepare(self.registry.checked)
        first = self.tick
        rows = [self._row(first + i) for i in range(count)]
        self.runner.run(rows, checksums, self.runner.sorts_after(first + count - 1))
        self.tick += count
        if checksums:
            read = self._checksummer.read(first, count)
            for observe in self.ticks_done:
                observe(first, read)

    def _row(self, tick: int) -> list[int]:
        slots, live = self.storage.slots, self.entities.count
        common = self.entities.common if slots == live else 0
        return [tick & 0xFFFFFFFF, tick % self.rate, self.rate, self.seed, slots, common, live]

    def profile(self, ticks: int = 20) -> PassTimes:
        """Advance by `ticks`, each pass timed apart; medians in milliseconds (see `Gpu.clock`)."""
        ticks = whole(ticks, "ticks", 1, 1 << 62, UsageError)
        self._build()
        runs = []
        for _ in range(ticks):
            self.schedule.before_tick()
            self.flush()
            runs.append(self.runner.profile(self._row(self.tick)))
            self.tick += 1
            for observe in self.ticks_done:
                observe(self.tick - 1, [self.checksum()])
            self.schedule.after_tick()
        names = [name for name, _ in runs[0]]
        columns = zip(*[[ms for _, ms in run] for run in runs], strict=True)
        return [(n, float(np.median(c))) for n, c in zip(names, columns, strict=True)]

    # -- reads -----------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """Living entities."""
        return self.entities.count

    def read(self, kind: Any, entities: Any = None, *, raw: bool = False) -> NDArray[Any]:
        """Values of a component, in metres and the like; waits for the GPU.

        Without `entities`: of all that have it, in ascending order of entity index. With one
        `Entity`: its value. With several: in their order. With `raw`: the stored integers.

        Raises:
            EntityNotFound, ComponentNotRegistered
        """
        layout = layout_of(kind)
        bit = self.registry.bit(layout.name)
        ids = self.entities.alive(bit) if entities is None else self.entities.resolve(entities)
        self._applier.require(ids, layout.name, bit)
        records = self._records(layout, ids)
        values = records if raw else layout.decode(records)
        return values[0] if isinstance(entities, (Entity, int, np.integer)) else values

    def _records(self, layout: Layout, ids: Ids) -> NDArray[Any]:
        self.flush()
        if len(ids) == 1:
            slot = int(
                self.gpu.read(self.storage.buffers["slot_of"], 4, 4 * int(ids[0])).view(np.uint32)[
                    0
                ]
            )
            column = self.storage.buffers[layout.name]
            return self.gpu.read(column, layout.stride, slot * layout.stride).view(layout.dtype)
        who, mask = self.storage.read_entities()
        slot_of = np.zeros(len(self.entities.mask), np.int64)
        slot_of[who[mask != 0]] = np.flatnonzero(mask)
        return self.storage.read(layout.name).view(layout.dtype)[slot_of[ids]]

    def select(self, *kinds: Any) -> Handles:
        """Handles of the entities that have all of these components, in ascending order."""
        mask = self.registry.mask(layout_of(kind).name for kind in kinds)
        return self.entities.handles(self.entities.alive(mask))

    def handles(self, indices: Any) -> Handles:
        """Handles of living entities by index, such as events carry.

        Raises:
            EntityNotFound: an index at which nothing lives.
        """
        ids = np.atleast_1d(np.asarray(indices)).astype(np.uint32)
        known = ids < len(self.entities.mask)
        for index in ids[~known | (self.entities.mask[np.where(known, ids, 0)] == 0)]:
            raise EntityNotFound(f"entity index {index}")
        return self.entities.handles(ids)

    def is_alive(self, entity: Any) -> bool:
        """Whether a handle names a living entity."""
        handles = as_handles(entity)
        return len(handles) == 1 and bool(self.entities.lives(handles)[0])

    def events(self, kind: Any) -> NDArray[Any]:
        """Events of the last tick, sorted by their fields."""
        layout = layout_of(kind)
        name = layout.name
        if not layout.event or name not in self.storage.buffers:
            raise ResourceNotFound(f"events of {name}")
        buffer = self.storage.buffers[name]
        return decode_events(kind, self.gpu.read(buffer, buffer.size))

    def resource(self, resource: Resource) -> NDArray[np.uint32]:
        """The words of a module's buffer, for tests and tools."""
        if resource.name not in self.storage.buffers:
            raise ResourceNotFound(resource.name)
        buffer = self.storage.buffers[resource.name]
        return self.gpu.read(buffer, buffer.size).view(np.uint32)

    def checksum(self) -> Checksum:
        """Checksum of the present state; a function of the state alone."""
        self.flush()
        self._checksummer.prepare(self.registry.checked)
        self._uniforms.write([self._row(self.tick)])
        encoder = self.gpu.device.create_command_encoder(label="checksum")
        compute_pass = encoder.begin_compute_pass(label="checksum")
        self._uniforms.select(compute_pass, 0)
        self._checksummer.encode(compute_pass)
        compute_pass.end()
        self.gpu.submit(encoder.finish())
        return self._checksummer.read(self.tick, 1)[0]

    def snapshot(self) -> Snapshot:
        """All state, by entity and not by slot: to save, to load elsewhere, or to roll back to."""
        return snapshot.take(self)

    def restore(self, saved: Snapshot) -> None:
        """Become what the snapshot was; the same components must be registered.

        Raises:
            FormatError: the snapshot does not fit this world; nothing changed.
            EcsError: the world is being recorded, and a recording holds no restores.
        """
        if self.commands_applied:
            raise EcsError("restore: the world is being recorded; finish the recording first")
        snapshot.restore(self, saved)

    def shuffle(self, seed: int = 0) -> None:
        """Permute the storage slots at random; no result may change by it."""
        self.flush()
        self.storage.compact()
        order = np.random.default_rng(seed).permutation(self.storage.slots)
        self.storage.permute(order.astype(np.uint32), self.storage.slots)


def entity_of(handle: Any) -> Entity:
    """One 64-bit handle as an `Entity`."""
    return Entity(int(handle) & 0xFFFFFFFF, int(handle) >> 32)
