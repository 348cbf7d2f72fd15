"""How ticks are timed: wall and GPU clocks, pass by pass, and the bytes that a pass has to move.

Every figure is the median of repeats with the least and the most, and says its clock. Samples of
several workloads are meant to be interleaved: `Measurement.round` takes one of each kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from astraweave import Resource, World
from astraweave.ecs import snapshot
from astraweave.gpu.passes import ENTITIES, Pass
from astraweave.gpu.timing import BatchTimer, time_passes

WALL, GPU = "wall clock, fenced", "gpu timestamps"
PERIOD = 64  # ticks between two sorts of the storage; samples hold whole periods
_LONGEST = 16 * PERIOD

BYTES_FORMULA = (
    "for each pass the sum, over what it declares to read and write, of element bytes × elements "
    "(entities, or the resource's length); once for what is read, once for a resource that is "
    "written, twice for a component that is written (fetched and stored) and for atomics; a "
    "neighbour's record counts once however often it is looked at, entity masks not at all"
)


class TooSlow(Exception):
    """A size that would take longer than the time limit."""


def spread(values: list[float], clock: str) -> dict[str, Any]:
    """Median [min-max] in milliseconds, with the clock."""
    numbers = {"median": float(np.median(values)), "min": min(values), "max": max(values)}
    rounded = {name: float(f"{v:.4g}") for name, v in numbers.items()}
    return {**rounded, "samples": len(values), "clock": clock}


def fence(world: World) -> None:
    """Wait until everything submitted has run."""
    world.gpu.wait(world.storage.buffers[ENTITIES.name])


def wall_batched(world: World, ticks: int) -> float:
    """Wall ms per tick of one `step(ticks)`, up to 16 ticks a submit, then a fence."""
    fence(world)
    started = perf_counter()
    world.step(ticks)
    fence(world)
    return 1e3 * (perf_counter() - started) / ticks


def wall_single(world: World, ticks: int) -> float:
    """Wall ms per tick of `ticks` times `step(1)`, one tick a submit, then one fence."""
    fence(world)
    started = perf_counter()
    for _ in range(ticks):
        world.step()
    fence(world)
    return 1e3 * (perf_counter() - started) / ticks


def gpu_batched(world: World, ticks: int) -> float:
    """GPU ms per tick, whole batches by timestamps at their beginning and end, sorts included."""
    timer = world.runner.timer = BatchTimer(world.gpu)
    total, end = 0.0, world.tick + ticks
    try:
        while world.tick < end:
            left = end - world.tick
            left = world.schedule.until_due(world.tick, left)
            world.step(world.runner.batch(world.tick, left))
            total += timer.read()
    finally:
        world.runner.timer = None
    return total / ticks


def encode_times(world: World, ticks: int) -> list[float]:
    """Python ms of each `step(1)` while the adapter is idle: schedule, encode, submit."""
    times = []
    for _ in range(ticks):
        fence(world)
        started = perf_counter()
        world.step()
        times.append(1e3 * (perf_counter() - started))
    fence(world)
    return times


def sort_times(world: World, periods: int) -> list[float]:
    """What the sort of the storage adds to the tick that does it, ms; empty if nothing sorts."""
    if not world.runner.sorts_after(PERIOD - 1):
        return []
    tick = gpu_batched if world.gpu.clock == GPU else wall_batched
    times = []
    for _ in range(periods):
        world.step((PERIOD - 4 - world.tick) % PERIOD)
        fence(world)
        plain = [tick(world, 1) for _ in range(3)]
        times.append(max(0.0, tick(world, 1) - float(np.median(plain))))
    return times


def pass_bytes(declared: Pass, entities: int) -> int:
    """Bytes that one run has to move at least, by `BYTES_FORMULA`."""

    def size(kind: Any) -> int:
        if isinstance(kind, Resource):
            return kind.stride * (kind.length or entities)
        return int(kind.layout.stride) * entities

    def times(kind: Any) -> int:
        return 2 if not isinstance(kind, Resource) or kind.is_atomic else 1

    reads = sum(size(kind) for kind in declared.reads if kind != ENTITIES)
    return reads + sum(times(kind) * size(kind) for kind in declared.writes if kind != ENTITIES)


def passes(world: World, ticks: int) -> list[dict[str, Any]]:
    """Median ms of every pass, timed apart, with the bytes it has to move."""
    moved = {p.name: pass_bytes(p, world.count) for p in world.graph.passes}
    found = [] if world.gpu.clock == GPU else [_floor(world)]
    for name, ms in world.profile(ticks):
        entry: dict[str, Any] = {"name": name, "ms": float(f"{ms:.4g}")}
        if size := moved.get(name):
            entry |= {
                "mib": round(size / 2**20, 2),
                "gb_per_s": float(f"{size / 1e6 / max(ms, 1e-6):.3g}"),
            }
        found.append(entry)
    return found


def _floor(world: World) -> dict[str, Any]:
    """What the fenced wall clock shows for no work at all; it is part of every pass's figure."""
    nothing = [("nothing (submit and fence)", lambda compute_pass: None)]
    entity = world.storage.buffers[ENTITIES.name]
    runs = [time_passes(world.gpu, nothing, entity)[0] for _ in range(21)]
    return {"name": runs[0][0], "ms": float(f"{np.median([ms for _, ms in runs]):.4g}")}


@dataclass
class Measurement:
    """Samples of one world, taken round by round.

    Args:
        world: what is timed.
        ticks: of a sample; None: whole sort periods of about `aim` ms.
        warm: ticks before each sample.
        restart: every sample begins at this world's present state, for scenes that evolve.
        limit: seconds that a sample may take.

    Raises:
        TooSlow: the shortest sample would pass the limit.
    """

    world: World
    ticks: int | None = None
    warm: int = 0
    restart: bool = False
    limit: float = 10.0
    aim: float = 60.0
    samples: dict[str, list[float]] = field(default_factory=dict)
    _start: snapshot.Snapshot | None = None
    _ends: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._start = snapshot.take(self.world) if self.restart else None
        fence(self.world)
        tick = wall_batched(self.world, 1)  # compiles, fills caches
        tick = min(tick, wall_batched(self.world, 4))
        count = self.ticks or PERIOD * min(_LONGEST // PERIOD, max(1, round(self.aim / tick / 64)))
        if tick * count > 1e3 * self.limit:
            raise TooSlow(
                f"a tick takes {tick:.0f} ms: a sample of {count} ticks would pass the limit of "
                f"{self.limit:g} s"
            )
        self.ticks, self._tick_ms = count, tick

    def round(self) -> None:
        """One sample of each kind."""
        self._sample("wall_batched", wall_batched)
        self._sample("wall_single", wall_single)
        if self.world.gpu.clock == GPU:
            self._sample("gpu_batched", gpu_batched)

    def _sample(self, kind: str, measure: Callable[[World, int], float]) -> None:
        world, ticks = self.world, self.ticks or PERIOD
        if self._start is not None:
            snapshot.restore(world, self._start)
            world.step(self.warm)
        else:
            world.step((-world.tick) % 16 + self.warm)
        self.samples.setdefault(kind, []).append(measure(world, ticks))
        if self._start is not None:
            self._ends.add(world.checksum().hex)

    def result(self, heater: World | None = None) -> dict[str, Any]:
        """All samples, and what is measured once: passes, the sort, Python's part.

        `heater`: a world whose ticks bring an idle GPU's clocks up before passes are timed.
        """
        world, ticks = self.world, self.ticks or PERIOD
        few = max(3, min(20, round(2e3 / self._tick_ms)))
        encode = encode_times(world, 10 * few)
        if self._start is not None:  # passes as they are in the middle of a sample
            snapshot.restore(world, self._start)
            world.step(self.warm + ticks // 2)
        if heater:
            warm_up(heater, 0.5)
        timed_passes = {"passes_from_tick": world.tick, "passes": passes(world, few)}
        found: dict[str, Any] = {
            "ticks_a_sample": ticks,
            "warm_ticks": self.warm,
            **{
                f"{kind}_ms": spread(values, GPU if kind == "gpu_batched" else WALL)
                for kind, values in self.samples.items()
            },
            "encode_ms": spread(encode, "wall clock"),
            **timed_passes,
            "passes_clock": world.gpu.clock,
        }
        if times := sort_times(world, 3 if self._tick_ms < 20 else 1):
            found["sort_ms"] = {**spread(times, world.gpu.clock), "every_ticks": PERIOD}
        if self._ends:
            found["repeats_equal"] = len(self._ends) == 1
            found["checksum_after"] = sorted(self._ends)[0]
        return found


def measure(world: World, ticks: int | None = None, warm: int = 16, rounds: int = 5) -> Any:
    """The figures of one world alone; `perf.run` interleaves several instead."""
    measurement = Measurement(world, ticks, warm)
    for _ in range(rounds):
        measurement.round()
    return measurement.result()


def warm_up(world: World, seconds: float) -> None:
    """Keep the adapter busy until its clocks are up: an idle GPU is several times slower."""
    until = perf_counter() + seconds
    while perf_counter() < until:
        world.step(16)
        fence(world)
