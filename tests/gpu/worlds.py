"""Random worlds, and the same ticks in NumPy: what the GPU must agree with to the last bit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Imported for their names too: modules say `after=` one that may be absent from a world.
from astraweave.ecs.module import Module
from astraweave.ecs.world import World
from astraweave.gpu.device import Gpu
from astraweave.gpu.passes import Resource
from astraweave.sim.components import (
    Body,
    Contact,
    Goal,
    Position,
    Team,
    Velocity,
    collision_filter,
)
from astraweave.sim.contacts import Contacts
from astraweave.sim.grid import Grid
from astraweave.sim.motion import Motion
from astraweave.sim.obstacles import Obstacles
from astraweave.sim.separation import Separation
from astraweave.sim.steering import Steering
from tests.reference import checksum, contacts, motion, obstacles, separation, steering

ONE = 1 << 16
SIZES = (1, 2, 63, 64, 65, 1000, 5000)
KINDS = (Position, Velocity, Body, Goal, Team)
Rows = NDArray[np.intp]
Rng = np.random.Generator


@cache
def gpu() -> Gpu:
    """One device for all worlds of the tests."""
    return Gpu.open()


def metres(raw: ArrayLike) -> NDArray[np.float64]:
    """Raw Q16.16 as metres, exactly."""
    return np.asarray(raw) / ONE


def constants_of(module: Module, rate: int) -> dict[str, int]:
    """The constants of all passes of a module."""
    return {name: value for p in module.passes(rate) for name, value in p.constants.items()}


# --- worlds in NumPy --------------------------------------------------------------------------


@dataclass
class Twin:
    """A world as arrays indexed by entity: who has which component, and raw values."""

    tick: int
    rate: int
    has: dict[str, NDArray[np.bool_]]
    data: dict[str, NDArray[Any]]
    events: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 3), np.int64))
    records: tuple[Rows, NDArray[np.int32]] | None = None  # who is in the grid, and where

    @classmethod
    def of(cls, world: World) -> "Twin":
        """A copy of the world's present state."""
        count = len(world.entities.mask)
        has, data = {}, {}
        for kind in KINDS:
            name = kind.layout.name
            world.register(kind)
            ids = (world.select(kind) & np.uint64(0xFFFFFFFF)).astype(np.intp)
            has[name], data[name] = np.zeros(count, np.bool_), np.zeros(count, kind.layout.dtype)
            has[name][ids] = True
            data[name][ids] = world.read(kind, raw=True)
        return cls(world.tick, world.rate, has, data)

    def rows(self, *names: str) -> Rows:
        """Entities that have all these components, ascending."""
        return np.flatnonzero(np.all([self.has[name] for name in names], axis=0))

    def column(self, name: str, rows: Rows, part: str = "xyz") -> NDArray[Any]:
        """A field of some entities."""
        return np.ascontiguousarray(self.data[name][rows][part])

    def step(self, *modules: Module, ticks: int = 1) -> None:
        """Advance by a number of ticks of these modules, in this order."""
        for _ in range(ticks):
            for module in modules:
                _STEPS[type(module)](self, module)
            self.tick += 1

    def put(self, rows: Rows, position: NDArray[Any], velocity: NDArray[Any]) -> None:
        """Write positions and velocities of entities that have them."""
        for name, values in (("Position", position), ("Velocity", velocity)):
            owners = self.has[name][rows]
            self.data[name]["xyz"][rows[owners]] = values[owners]


def _motion(twin: Twin, module: Motion) -> None:
    rows = twin.rows("Position", "Velocity")
    p, v = twin.column("Position", rows), twin.column("Velocity", rows)
    twin.put(rows, *motion.move(p, v, module._constants(twin.rate), twin.tick, twin.rate))


def _steering(twin: Twin, module: Steering) -> None:
    rows = twin.rows("Position", "Velocity", "Goal")
    p, v = twin.column("Position", rows), twin.column("Velocity", rows)
    goal, speed = twin.column("Goal", rows, "position"), twin.column("Goal", rows, "speed")
    twin.put(rows, p, steering.steer(p, v, goal, speed, constants_of(module, twin.rate)))


def _grid(twin: Twin, module: Grid) -> None:
    rows = twin.rows("Position")
    twin.records = rows, twin.column("Position", rows)


def _separation(twin: Twin, module: Separation) -> None:
    rows, p = twin.records or (np.zeros(0, np.intp), np.zeros((0, 3), np.int32))
    v, member = twin.column("Velocity", rows), twin.has["Velocity"][rows]
    c = constants_of(module, twin.rate)
    among = np.ones(len(rows), np.bool_)
    if module.among is not None:
        among = twin.has[module.among.layout.name][rows]
    after = separation.separate(rows.astype(np.uint32), p, v, member, among, c)
    moved = member & (after[0] != p).any(axis=-1)  # who is not pushed keeps its present place
    stay = twin.column("Position", rows)
    twin.put(rows, np.where(moved[:, None], after[0], stay), after[1])


def _contacts(twin: Twin, module: Contacts) -> None:
    rows, p = twin.records or (np.zeros(0, np.intp), np.zeros((0, 3), np.int32))
    v, body = twin.column("Velocity", rows), twin.data["Body"][rows]
    member = twin.has["Velocity"][rows] & twin.has["Body"][rows]
    c = constants_of(module, twin.rate)
    p, v, twin.events = contacts.resolve(rows.astype(np.uint32), p, v, body, member, c)
    twin.put(rows, p, v)


def _obstacles(twin: Twin, module: Obstacles) -> None:
    names = ("Position", "Velocity") if module.radius else ("Position", "Velocity", "Body")
    rows = twin.rows(*names)
    c = constants_of(module, twin.rate)
    if module.radius:
        radius = np.full(len(rows), c["RADIUS"], np.int32)
        collision = np.full(len(rows), collision_filter(), np.uint32)
    else:
        rows = rows[twin.column("Body", rows, "inverse_mass") != 0]
        radius = twin.column("Body", rows, "radius")
        collision = twin.column("Body", rows, "collision")
    shapes = next(iter(module.data().values()))
    p, v = twin.column("Position", rows), twin.column("Velocity", rows)
    twin.put(rows, *obstacles.meet_statics(p, v, radius, collision, shapes, c))


_STEPS: dict[type[Module], Callable[[Twin, Any], None]] = {
    Motion: _motion,
    Steering: _steering,
    Grid: _grid,
    Separation: _separation,
    Contacts: _contacts,
    Obstacles: _obstacles,
}


def checksum_parts(world: World, twin: Twin) -> dict[str, NDArray[np.uint32]]:
    """Lanes of every registered component, and of which entities live, from the twin's arrays."""
    alive = np.flatnonzero(world.entities.mask).astype(np.uint32)
    parts = {"entities": checksum.fold_identity(alive)}
    for name, (layout, _) in world.layouts.items():
        rows = twin.rows(name)
        records = twin.data[name][rows]
        parts[name] = checksum.fold(rows.astype(np.uint32), records, layout.key, layout.used_words)
    return parts


# --- agreement --------------------------------------------------------------------------------


def differences(world: World, twin: Twin) -> list[str]:
    """What differs between a world and its twin, for people; empty where all bits agree."""
    found, now = [], Twin.of(world)
    for name, records in now.data.items():
        for part in records.dtype.names or ():
            unlike = records[part] != twin.data[name][part]
            unlike = now.has[name] & (unlike.any(axis=-1) if unlike.ndim > 1 else unlike)
            for row in np.flatnonzero(unlike)[:3]:
                gpu_value, expected = records[part][row], twin.data[name][part][row]
                found.append(
                    f"{name}.{part} of entity {row}: GPU {gpu_value}, twin {expected}"
                    f" ({unlike.sum()} differ)"
                )
    return found


def contact_events(world: World) -> NDArray[np.int64]:
    """Contact events of the last tick as raw rows (a, b, speed), ascending."""
    words = world.resource(Resource(Contact.layout.name)).astype(np.int64)
    head, width = Contact.layout.align // 4, Contact.layout.words
    rows = words[head : head + width * words[0]].reshape(words[0], width)
    return rows[np.lexsort(rows.T[::-1])]


def assert_agree(world: World, *modules: Module, ticks: int = 1) -> Twin:
    """Use these modules, step on the GPU and in NumPy, and compare every integer."""
    world.use(*modules)
    twin = Twin.of(world)
    world.step(ticks)
    twin.step(*modules, ticks=ticks)
    assert differences(world, twin) == []
    if any(isinstance(module, Contacts) for module in modules):
        assert np.array_equal(contact_events(world), twin.events)
    return twin


# --- random worlds ----------------------------------------------------------------------------


def random_world(
    rng: Rng,
    count: int,
    place: Callable[[Rng, int], NDArray[np.int64]],
    *,
    speed: float = 5.0,
    mixed: bool = False,
    holes: bool = False,
    rate: int = 60,
) -> World:
    """A world of `count` entities at raw positions `place(rng, n)`, at some tick, in random slots.

    With `mixed`, some lack components; with `holes`, a third more were spawned and ended.
    """
    world = World(gpu(), rate=rate, seed=1)
    world.tick = int(rng.integers(0, 10_000))
    extra = -(-count // 3) if holes else 0
    groups = _split(rng, count + extra, 6 if mixed else 1)
    handles = [_spawn(world, rng, n, place, speed, lacking) for lacking, n in enumerate(groups)]
    everyone = np.concatenate(handles)
    world.shuffle(int(rng.integers(1 << 32)))
    if extra:
        world.despawn(rng.permutation(everyone)[:extra])
    return world


def _split(rng: Rng, count: int, parts: int) -> Sequence[int]:
    cuts = np.sort(rng.integers(0, count + 1, parts - 1))
    return np.diff([0, *cuts, count]).tolist()


def _spawn(
    world: World,
    rng: Rng,
    n: int,
    place: Callable[[Rng, int], NDArray[np.int64]],
    speed: float,
    lacking: int,
) -> NDArray[np.uint64]:
    """`n` entities that have everything (0), or lack Velocity, Body, Goal, Position, or most."""
    position, goal = Position(metres(place(rng, n))), Goal(metres(place(rng, n)), speeds(rng, n))
    parts = [position, Velocity(metres(random_velocity(rng, n, speed))), random_body(rng, n), goal]
    kept = {0: (0, 1, 2, 3), 1: (0, 2, 3), 2: (0, 1, 3), 3: (0, 1, 2), 4: (1, 2, 3), 5: (0,)}[
        lacking
    ]
    team = Team(rng.integers(0, 4, n))
    return world.spawn(*(parts[k] for k in kept), team, count=n)


def speeds(rng: Rng, n: int) -> NDArray[np.float64]:
    """Walking speeds, some of them zero or negative."""
    return metres(rng.integers(-ONE // 4, 3 * ONE, n) * (rng.random(n) < 0.9))


def random_velocity(rng: Rng, n: int, speed: float) -> NDArray[np.int64]:
    """Raw velocities of all sizes up to `speed` a component; a fifth are zero."""
    limit = int(speed * ONE)
    v = rng.integers(-limit, limit + 1, (n, 3)) >> rng.integers(0, 17, (n, 1))
    return v * (rng.random((n, 1)) < 0.8)


def random_body(rng: Rng, n: int, radius: float = 1.0) -> Body:
    """Bodies up to a radius, a tenth of them points; of all masses, a fifth infinite.

    Layers and masks exclude some pairs.
    """
    layers = rng.choice([1, 1, 1, 2, 4, 0x8001, 0], n)
    masks = rng.choice([0xFFFF, 0xFFFF, 0xFFFF, 1, 3, 0x8000, 0], n)
    radii = rng.integers(0, int(radius * ONE) + 1, n) * (rng.random(n) < 0.9)
    inverse_mass = rng.integers(1, 256 * ONE, n) >> rng.integers(0, 24, n)
    return Body(
        radius=metres(radii),
        inverse_mass=metres(inverse_mass * (rng.random(n) < 0.8)),
        restitution=metres(rng.integers(0, ONE + 1, n)),
        collision=(masks << 16 | layers).astype(np.uint32),
    )


def in_box(low: float, high: float, flat: bool = False) -> Callable[[Rng, int], NDArray[np.int64]]:
    """Places uniform in a cube (or square), in metres; a tenth coincide with another."""

    def place(rng: Rng, n: int) -> NDArray[np.int64]:
        p = rng.integers(int(low * ONE), int(high * ONE) + 1, (n, 3))
        twice = rng.random(n) < 0.1
        if n:
            p[twice] = p[rng.integers(0, n, int(twice.sum()))]
        return p * [1, 0, 1] if flat else p

    return place
