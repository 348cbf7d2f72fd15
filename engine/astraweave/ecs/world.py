"""The world: entities in GPU columns, changed by commands and ticks, read as NumPy arrays.

Data goes round one way: commands up, ticks on the GPU, percepts and readbacks down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import EcsError, UsageError
from ..gpu.checks import whole
from ..gpu.device import Gpu
from ..gpu.frame import TickUniforms
from ..gpu.graph import FrameGraph
from ..gpu.passes import Pass
from ..gpu.timing import PassTimes
from . import snapshot
from .apply import Applier
from .checksum import Checksum, Checksummer
from .commands import ADD, ATTACH, DESPAWN, DETACH, SET, SPAWN, Command, CommandWriter
from .component import Layout, layout_of
from .entities import EntityTable, Handles, as_handles, entity_of
from .kept import Kept, Stateful
from .module import Added, Module, SinglePass
from .reads import Reads
from .registry import Registry
from .runner import Runner
from .schedule import Schedule, System
from .snapshot import Snapshot
from .storage import Storage
from .values import for_count


class World(Reads):
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
        self.kept = Kept()
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

    def keep(self, name: str, thing: Stateful) -> None:
        """Let a thing with `save_state` and `load_state` take part in snapshots, under a name."""
        self.kept.add(name, thing)

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

    # -- the whole state ---------------------------------------------------------------------------

    def checksum(self) -> Checksum:
        """Checksum of the present state; a function of the state alone."""
        self.flush()
        self._uniforms.write([self._row(self.tick)])
        return self._checksummer.compute(self._uniforms, self.registry.checked, self.tick)

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
