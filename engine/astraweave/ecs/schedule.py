"""CPU systems in eight stages: percepts in, commands out, the same result on any number of threads.

A system never touches the World: it reads a percept that describes the world a fixed number of
ticks ago and issues commands that are applied in the order of registration. So neither CPU speed
nor thread order can change a result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import EcsError, ResourceNotFound, SystemExecutionFailed
from ..gpu.checks import whole
from .apply import still_possible
from .commands import ADD, ATTACH, DESPAWN, DETACH, SET, SPAWN, Command
from .component import Layout, layout_of
from .entities import Handles, as_handles
from .readback import Capture, Readback
from .values import for_count

if TYPE_CHECKING:
    from .world import World

STAGES = (
    "pre_simulation",
    "perception",
    "simulation",
    "sync",
    "ai_planning",
    "physics",
    "post_simulation",
    "presentation",
)
_BEFORE, _AFTER = STAGES[:6], STAGES[6:]
LATENCY = 2  # ticks from the state that a percept describes to its delivery


@dataclass(frozen=True)
class Percept:
    """What a system sees: component values (and events) of one past tick, rows by entity index."""

    tick: int
    capture: Capture
    system: System

    def handles(self, kind: Any) -> Handles:
        """Handles of the entities that had the component, in ascending order."""
        return self.capture.handles(self._declared(kind))

    def read(self, kind: Any, name: str = "", of: Any = None) -> NDArray[Any]:
        """Values of a component, one row for each of `handles(kind)`; read-only.

        Args:
            name: only this field, which is faster than all of a large component.
            of: only of these handles, one row for each in their order.

        Raises:
            EcsError: the system did not declare that it reads it.
            ComponentError: there is no such field.
            ComponentNotRegistered: a handle in `of` had no such component at that tick.
        """
        some = None if of is None else as_handles(of)
        return self.capture.values(self._declared(kind), name, some)

    def events(self, kind: Any) -> NDArray[Any]:
        """Events of the tick, sorted by their fields."""
        self._declared(kind)
        return self.capture.events(kind)

    def _declared(self, kind: Any) -> Layout:
        layout = layout_of(kind)
        if not self.system.sees(layout):
            raise EcsError(f"system {self.system.name} reads {layout.name} without declaring it")
        return layout


@dataclass
class System:
    """A function `(context) -> None` with what it reads and writes.

    `reads`: components and events (from percepts) and Python resources; `writes`: components (by
    commands) and Python resources. Resources are named by any hashable that is not a component.
    `every`: it runs at ticks that are a multiple of this; in between, ticks need no Python.
    """

    function: Callable[[Context], None]
    stage: str
    reads: tuple[Any, ...] = ()
    writes: tuple[Any, ...] = ()
    name: str = ""
    every: int = 1
    source: int = field(default=0, init=False)
    _layouts: dict[str, Layout] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self.name = self.name or getattr(self.function, "__name__", "system")
        for one in ("reads", "writes"):
            if not isinstance(getattr(self, one), tuple):
                raise EcsError(f"system {self.name}: {one} must be a tuple, such as (Position,)")
        self._layouts = {k.layout.name: k.layout for k in self.reads if _is_data(k)}
        whole(self.every, f"system {self.name}: every", 1, 1 << 31, EcsError)
        if self.stage not in STAGES:
            raise EcsError(
                f"system {self.name}: no stage {self.stage!r}; there is {', '.join(STAGES)}"
            )

    def sees(self, layout: Layout) -> bool:
        """Whether it reads components of this layout."""
        known = self._layouts.get(layout.name)
        return known is layout or known == layout

    def conflicts(self, other: System) -> bool:
        """True if both touch a Python resource and one of them writes it."""
        mine, theirs = _resources(self.writes), _resources(other.writes)
        return bool(mine & (theirs | _resources(other.reads)) or theirs & _resources(self.reads))


def _is_data(kind: Any) -> bool:
    return hasattr(kind, "layout")


def _resources(kinds: Iterable[Any]) -> set[Any]:
    return {kind for kind in kinds if not _is_data(kind)}


class Context:
    """What a system is given: the tick, its percept, resources, and commands to issue."""

    def __init__(self, world: World, system: System, capture: Capture | None) -> None:
        self.tick = world.tick
        self.seed = world.seed
        self.issued: list[Command] = []
        self.seconds = 0.0  # of wall time that the system took
        self._world = world
        self._system = system
        self._capture = capture

    def run(self) -> None:
        """Call the system.

        Raises:
            SystemExecutionFailed: it raised; `cause` says what.
        """
        started = perf_counter()
        try:
            self._system.function(self)
        except Exception as error:
            raise SystemExecutionFailed(self._system.name, error) from error
        self.seconds = perf_counter() - started

    @property
    def name(self) -> str:
        """Of the system."""
        return self._system.name

    @property
    def percept(self) -> Percept:
        """The world some ticks ago; only for systems that declare reads."""
        if self._capture is None or not any(map(_is_data, self._system.reads)):
            raise EcsError(f"system {self._system.name} declares no reads of components")
        return Percept(self.tick - LATENCY, self._capture, self._system)

    def resource(self, key: Any) -> Any:
        """A Python resource that the system declared."""
        declared = self._system.reads + self._system.writes
        if key not in declared:
            raise EcsError(f"system {self._system.name} uses {key!r} without declaring it")
        if key not in self._world.schedule.resources:
            raise ResourceNotFound(str(key))
        return self._world.schedule.resources[key]

    def rng(self, stream: int = 0) -> np.random.Generator:
        """Random numbers keyed by seed, tick, system and stream; the same on every run."""
        if not 0 <= stream < 1 << 16:
            raise EcsError(f"system {self._system.name}: stream must be 0 to 65535, got {stream}")
        return np.random.Generator(
            np.random.Philox(key=[self.seed, self.tick << 32 | self._system.source << 16 | stream])
        )

    def spawn(self, *components: Any, count: int | None = None) -> None:
        """New entities at the next application of commands."""
        data, _ = for_count(components, count)
        number = len(next(iter(data.values()))) if data else (1 if count is None else count)
        self._issue(SPAWN, np.zeros(number, np.uint64), data)

    def despawn(self, entities: Any) -> None:
        """End entities."""
        self._issue(DESPAWN, as_handles(entities), {})

    def set(self, entities: Any, *components: Any) -> None:
        """Replace components."""
        self._issue_for(SET, entities, components)

    def add(self, entities: Any, *components: Any) -> None:
        """Add to components."""
        self._issue_for(ADD, entities, components)

    def attach(self, entities: Any, *components: Any) -> None:
        """Give components."""
        self._issue_for(ATTACH, entities, components)

    def detach(self, entities: Any, *kinds: Any) -> None:
        """Take components away."""
        none = {layout_of(kind).name: np.zeros(0, layout_of(kind).dtype) for kind in kinds}
        self._issue(DETACH, as_handles(entities), none)

    def _issue_for(self, operation: str, entities: Any, components: Sequence[Any]) -> None:
        handles = as_handles(entities)
        data, _ = for_count(components, len(handles))
        self._issue(operation, handles, data)

    def _issue(self, operation: str, handles: Handles, data: dict[str, Any]) -> None:
        allowed = {layout_of(kind).name for kind in self._system.writes if _is_data(kind)}
        for name in data:
            if name not in allowed:
                raise EcsError(f"system {self._system.name} writes {name} without declaring it")
        if operation != SPAWN:
            self._check(operation, handles)
        place = len(self.issued)
        self.issued.append(Command(self.tick, self._system.source, place, operation, handles, data))

    def _check(self, operation: str, handles: Handles) -> None:
        """What a percept showed may have ended since, but it must have lived."""
        table = self._world.entities
        unknown = handles[~table.lived(handles)]
        if len(unknown):
            table.resolve(unknown)
        if operation == DESPAWN and len(np.unique(handles)) != len(handles):
            raise EcsError("despawn: an entity is named twice")


class Schedule:
    """Systems by stage, their waves, percepts in flight, and Python resources."""

    def __init__(self, world: World, threads: int) -> None:
        threads = whole(threads, "threads", 1, 1024, EcsError)
        self.resources: dict[Any, Any] = {}
        self.seconds: dict[str, float] = {}  # of wall time by system, since the world was made
        self.dropped = 0  # rows of commands whose entity or component was gone by then
        self.muted = False  # a replay takes commands from the log instead
        self._world = world
        self._systems: list[System] = []
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self.readback = Readback(world, LATENCY)

    @property
    def busy(self) -> bool:
        """True if something has to happen on the CPU at every tick."""
        return bool(self._systems) and not self.muted

    def until_due(self, tick: int, wanted: int) -> int:
        """How many ticks (at most `wanted`) may pass before the CPU has something to do."""
        if not self.busy:
            return wanted
        if any(_is_data(kind) for system in self._systems for kind in system.reads):
            return 1  # each tick is captured for the percepts
        return min(wanted, *(s.every - tick % s.every for s in self._systems))

    def add(self, system: System) -> System:
        """Register a system; the order of registration is the order of its commands."""
        self._world.register(*(k for k in system.writes if _is_data(k)))
        self.readback.want(kind for kind in system.reads if _is_data(kind))
        system.source = len(self._systems) + 1
        self._systems.append(system)
        return system

    def waves(self, stage: str) -> list[list[System]]:
        """Systems of a stage in groups; inside a group none conflicts, groups run in turn."""
        waves: list[list[System]] = []
        for system in (s for s in self._systems if s.stage == stage):
            clash = [i for i, wave in enumerate(waves) if any(system.conflicts(s) for s in wave)]
            place = clash[-1] + 1 if clash else 0
            waves[place : place + 1] = [[*(waves[place] if place < len(waves) else []), system]]
        return waves

    def before_tick(self) -> None:
        """Run the stages that precede the GPU tick and apply their commands."""
        if self.busy:
            self.readback.capture_if_new(self._world.tick)
            self._run(_BEFORE)

    def after_tick(self) -> None:
        """Take the percept of the finished tick and run the last stages."""
        if self.busy:
            self.readback.capture_if_new(self._world.tick)
            self._run(_AFTER)

    def _run(self, stages: Sequence[str]) -> None:
        capture = self.readback.deliver(self._world.tick - LATENCY)
        contexts: list[Context] = []
        for stage in stages:
            for wave in self.waves(stage):
                due = [s for s in wave if self._world.tick % s.every == 0]
                ready = [s for s in due if _sees_enough(s, capture)]
                contexts += self._run_wave([Context(self._world, s, capture) for s in ready])
        self._apply(contexts)

    def _run_wave(self, contexts: list[Context]) -> list[Context]:
        if self._pool is None:
            for context in contexts:
                context.run()
        else:
            futures = [self._pool.submit(context.run) for context in contexts]
            wait(futures)  # none may go on while the failure of another is handled
            for future in futures:
                future.result()
        return contexts

    def _apply(self, contexts: list[Context]) -> None:
        for context in contexts:
            self.seconds[context.name] = self.seconds.get(context.name, 0.0) + context.seconds
        commands = [command for context in contexts for command in context.issued]
        self._world.reserve(sum(len(c.entities) for c in commands if c.operation == SPAWN))
        for command in sorted(commands, key=lambda c: (c.source, c.sequence)):
            possible = still_possible(command, self._world.entities, self._world.registry)
            self.dropped += len(command.entities) - len(possible.entities)
            if len(possible.entities):
                self._world.apply(possible)


def _sees_enough(system: System, capture: Capture | None) -> bool:
    """Whether the percept holds all that the system reads; not so right after its registration."""
    names = [kind.layout.name for kind in system.reads if _is_data(kind)]
    return not names or (capture is not None and all(map(capture.holds, names)))
