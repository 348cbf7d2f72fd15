"""What several tests need: components of every field type, random records, small worlds."""

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import astraweave
from astraweave import (
    F32,
    I32,
    U32,
    Angle,
    EntityRef,
    Fixed,
    Gpu,
    Motion,
    Position,
    Quat,
    Team,
    Vec2,
    Vec3,
    Vec3F,
    Vec4,
    Vec4F,
    Velocity,
    World,
    component,
)
from astraweave.app.scene import load_scene, scene_names
from astraweave.ecs.commands import SPAWN, Command
from astraweave.ecs.component import Component, Layout
from astraweave.errors import AstraError
from tests.reference import checksum as twin


@component
class Everything:
    """Every field type of the simulation, in an order that needs padding."""

    whole: I32 = 0
    plane: Vec2 = (0, 0)
    count: U32 = 0
    place: Vec3 = (0, 0, 0)
    length: Fixed = 0
    wide: Vec4 = (0, 0, 0, 0)
    heading: Angle = 0
    other: EntityRef = (0, 0)
    turn: Quat = (0, 0, 0, 1)


@component
class Wear:
    """A component without padding that nothing moves."""

    points: Fixed = 0
    wounds: I32 = 0


@component(presentation=True)
class Shown:
    """Every field type that may be drawn only."""

    glow: F32 = 0
    tint: Vec3F = (0, 0, 0)
    kind: U32 = 0
    matrix: Vec4F = (0, 0, 0, 0)


def engine_components() -> list[Any]:
    """Every component class that the engine and the examples define."""
    for found in pkgutil.walk_packages(astraweave.__path__, "astraweave."):
        # The window needs packages that a headless machine may lack; it defines no component.
        if found.name != "astraweave.app.window":
            importlib.import_module(found.name)
    for name in scene_names():
        load_scene(name)
    classes: dict[str, Any] = {}
    for kind in Component.__subclasses__():
        if kind.__module__.startswith("astraweave") and not kind.layout.event:
            classes.setdefault(f"{kind.__module__}.{kind.__name__}", kind)
    return [classes[name] for name in sorted(classes)]


def raw_records(layout: Layout, count: int, rng: np.random.Generator) -> NDArray[Any]:
    """Random records: any bits in integers, finite numbers in floats, the extremes among them."""
    records = np.zeros(count, layout.dtype)
    for field in layout.fields:
        shape = records[field.name].shape
        limits = field.type.limits
        if limits:
            drawn = rng.uniform(limits.low, limits.high, shape)
            drawn.flat[:2] = limits.low, limits.high
            values = field.type.encode(drawn, field.name)
        elif field.type.is_float:
            values = rng.normal(0, 1000, shape).astype(np.float32)
        else:
            bits = rng.integers(0, 1 << 32, shape, np.uint32)
            bits.flat[: 4 * field.type.count] = np.repeat(
                np.array([0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000], np.uint32), field.type.count
            )[: bits.size]
            values = bits.view(np.dtype(field.type.scalar))
        records[field.name] = values
    return records


def values_of(kind: Any, records: NDArray[Any]) -> Any:
    """A component value with the contents of raw records, as a user would write it."""
    decoded = kind.layout.decode_fields(records)
    return kind(**{field.name: decoded[field.name] for field in kind.layout.fields})


def spawn_raw(world: World, **records: NDArray[Any]) -> NDArray[np.uint64]:
    """Spawn entities with raw records by component name; the components must be registered."""
    count = len(next(iter(records.values())))
    nobody = np.zeros(count, np.uint64)
    return world.apply(Command(world.tick, 0, 0, SPAWN, nobody, dict(records)))


def indices(handles: Any) -> NDArray[np.uint32]:
    """Entity indices of handles."""
    return (np.asarray(handles, np.uint64) & np.uint64(0xFFFFFFFF)).astype(np.uint32)


def expected_checksum(world: World) -> str:
    """The checksum of a world, computed in NumPy from what it reads back."""
    parts = {"entities": twin.fold_identity(indices(world.select()))}
    for name, (layout, _) in world.layouts.items():
        if layout.presentation:
            continue
        kind = type(name, (), {"layout": layout})
        ids = indices(world.select(kind))
        if len(ids):
            records = world.read(kind, raw=True)
            parts[name] = twin.fold(ids, records, layout.key, layout.used_words)
    return twin.as_hex(parts)


def drifting(gpu: Gpu, count: int = 64, seed: int = 5, **options: Any) -> World:
    """A small world whose every tick changes its checksum."""
    world = World(gpu, seed=seed, **options)
    world.use(Motion(gravity=(0, -9.81, 0)))
    rng = np.random.default_rng(seed)
    world.spawn(
        Position(rng.uniform(-100, 100, (count, 3))),
        Velocity(rng.normal(0, 3, (count, 3))),
        Team(np.arange(count) % 4),
    )
    return world


# A case of bad input: its error, words of the message, and what is done to a world.
Case = tuple[type[AstraError], str, Callable[[World, Path], Any]]


def assert_refused(gpu: Gpu, case: Case, folder: Path) -> None:
    """The error of a case comes, and the world is and goes on as if nothing had been."""
    error, words, act = case
    world, pristine = drifting(gpu), drifting(gpu)
    with pytest.raises(error, match=words):
        act(world, folder)
    for ticks in (0, 3):
        world.step(ticks)
        pristine.step(ticks)
        assert (world.tick, world.count) == (pristine.tick, 64)
        assert world.checksum().hex == pristine.checksum().hex
