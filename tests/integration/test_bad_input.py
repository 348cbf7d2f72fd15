"""Bad input over the Python interface: a clear error each, and a world that has lost nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astraweave import (
    Body,
    Bounds,
    Box,
    Contact,
    Contacts,
    Entity,
    Fixed,
    Goal,
    Gpu,
    Grid,
    Look,
    Motion,
    Obstacles,
    Pass,
    Plane,
    Position,
    Recording,
    Resource,
    Separation,
    Snapshot,
    Steering,
    Team,
    Velocity,
    World,
    collision_filter,
    component,
    replay,
    rgb,
)
from astraweave.app.scene import load_scene
from astraweave.errors import (
    AmbiguityError,
    AstraError,
    CapacityError,
    ComponentError,
    ComponentNotRegistered,
    EcsError,
    EntityNotFound,
    FormatError,
    GraphError,
    PassError,
    ResourceNotFound,
    ShaderError,
    SystemExecutionFailed,
    UsageError,
)
from tests.integration.support import Health, drifting

Act = Callable[[World, Path], Any]
P0 = (0, 0, 0)


def one(world: World) -> Any:
    return world.select(Team)[0]


def dead(world: World) -> Entity:
    entity = world.spawn(Team(1))
    world.despawn(entity)
    return entity


def written(folder: Path, text: str) -> str:
    (folder / "bad.wgsl").write_text(text)
    return str(folder / "bad.wgsl")


def compiled(world: World, folder: Path, text: str, **declared: Any) -> None:
    world.use(Pass(written(folder, text), **{"writes": (Health,)} | declared))
    world.prepare()


def damaged(folder: Path, raw: bytes) -> Path:
    (folder / "file").write_bytes(raw)
    return folder / "file"


def failing(world: World, act: Callable[[Any], Any], **declared: Any) -> None:
    """A system with this body in a world of its own kind, taken away again."""
    systems = world.schedule._systems
    world.system("sync", **declared)(act)
    try:
        world.step()
    finally:
        systems.clear()


def module(made: Any) -> Act:
    return lambda world, folder: (world.use(made()), world.prepare())


def redefine(world: World, folder: Path) -> None:
    world.spawn(component(type("Team", (), {"__annotations__": {"other": Fixed}}))(1))


CASES: dict[str, tuple[type[AstraError], str, Act]] = {
    # -- worlds
    "negative seed": (UsageError, "seed must be", lambda w, f: World(w.gpu, seed=-1)),
    "large seed": (UsageError, "seed must be", lambda w, f: World(w.gpu, seed=2**32)),
    "rate zero": (UsageError, "rate must be 1 to 1000", lambda w, f: World(w.gpu, rate=0)),
    "rate too high": (UsageError, "rate must be", lambda w, f: World(w.gpu, rate=1001)),
    "no threads": (EcsError, "threads must be", lambda w, f: World(w.gpu, threads=0)),
    "negative ticks": (UsageError, "ticks must not be negative", lambda w, f: w.step(-1)),
    "no ticks to profile": (UsageError, "ticks", lambda w, f: w.profile(0)),
    # -- entities
    "dead handle": (EntityNotFound, "does not exist", lambda w, f: w.read(Team, dead(w))),
    "unknown handle": (EntityNotFound, "entity 99999", lambda w, f: w.despawn(Entity(99999, 0))),
    "wrong generation": (EntityNotFound, "generation 7", lambda w, f: w.set(Entity(0, 7), Team(1))),
    "despawned twice": (EcsError, "named twice", lambda w, f: w.despawn([one(w), one(w)])),
    "handle of text": (ComponentError, "entity handles", lambda w, f: w.despawn("abc")),
    "handle of floats": (ComponentError, "entity handles", lambda w, f: w.read(Team, [1.5])),
    "negative handle": (ComponentError, "entity handles", lambda w, f: w.set(-1, Team(1))),
    "negative count": (ComponentError, "negative", lambda w, f: w.spawn(Team(1), count=-1)),
    "lengths": (
        ComponentError,
        "different lengths",
        lambda w, f: w.spawn(Team([1, 2]), Position(np.zeros((3, 3)))),
    ),
    "count and length": (
        ComponentError,
        "different lengths",
        lambda w, f: w.spawn(Team([1, 2]), count=3),
    ),
    "a billion": (AstraError, "at most", lambda w, f: w.spawn(Team(1), count=100_000_000)),
    # -- components and values
    "NaN": (ComponentError, r"Position\.xyz: .*finite", lambda w, f: w.spawn(Position((np.nan, 0, 0)))),
    "out of range": (
        ComponentError,
        r"Position\.xyz: 40000.* outside",
        lambda w, f: w.set(one(w), Position((0, 40000, 0))),
    ),
    "two numbers": (ComponentError, r"Position\.xyz: expected 3", lambda w, f: w.spawn(Position((1, 2)))),
    "text": (ComponentError, r"Team\.id: expected numbers", lambda w, f: w.add(one(w), Team("x"))),
    "negative unsigned": (ComponentError, r"Team\.id: -1 is outside", lambda w, f: w.spawn(Team(-1))),
    "missing field": (ComponentError, r"Goal\.position is missing", lambda w, f: w.spawn(Goal())),
    "unknown field": (ComponentError, "no field colour", lambda w, f: w.spawn(Team(colour=1))),
    "a class": (ComponentError, "component values", lambda w, f: w.spawn(Team)),
    "given twice": (ComponentError, "Team is given twice", lambda w, f: w.spawn(Team(1), Team(2))),
    "a number": (ComponentError, "component values", lambda w, f: w.spawn(3)),
    "another Team": (ComponentError, "two different components are named Team", redefine),
    "absent component": (
        ComponentNotRegistered,
        "Health: entity 0 does not have it",
        lambda w, f: (w.register(Health), w.set(one(w), Health(1))),
    ),
    "unregistered": (ComponentNotRegistered, "component Body", lambda w, f: w.read(Body)),
    "not a component": (ComponentError, "int is not a component", lambda w, f: w.read(int)),
    "values for others": (
        ComponentError,
        "different lengths",
        lambda w, f: w.set(w.select(Team)[:3], Team([1, 2])),
    ),
    "an event as component": (ComponentError, "is an event", lambda w, f: w.spawn(Contact(1, 2, 3))),
    "events of nobody": (ResourceNotFound, "Contact", lambda w, f: w.events(Contact)),
    "unknown resource": (ResourceNotFound, "nowhere", lambda w, f: w.resource(Resource("nowhere"))),
    "colour": (UsageError, "#rrggbb", lambda w, f: w.spawn(Look(0, rgb("red")))),
    "layers": (AstraError, "16 bits", lambda w, f: collision_filter(1 << 16)),
    # -- passes, modules, graph
    "not a module": (EcsError, "neither a Module nor a Pass", lambda w, f: w.use("motion")),
    "a module's class": (EcsError, "neither a Module nor a Pass", lambda w, f: w.use(Motion)),
    "module twice": (GraphError, "two modules are named 'motion'", lambda w, f: w.use(Motion())),
    "after nobody": (GraphError, "does not exist", lambda w, f: w.use(Steering(), after="lunch")),
    "no order": (
        AmbiguityError,
        "Velocity",
        lambda w, f: w.use(Pass("x.wgsl", writes=(Velocity,))),
    ),
    "read and written": (
        PassError,
        "declared twice",
        lambda w, f: w.use(Pass("x.wgsl", (Team,), (Team,))),
    ),
    "drawn data": (
        PassError,
        "for presentation",
        lambda w, f: w.use(Pass("x.wgsl", (Look,), (Team,))),
    ),
    "negative damping": (UsageError, "damping", module(lambda: Motion(damping=-1))),
    "infinite gravity": (UsageError, "gravity", module(lambda: Motion(gravity=(0, np.inf, 0)))),
    "bounds": (UsageError, "must be below", module(lambda: Motion(bounds=Bounds((1, 0, 0), P0)))),
    "cell size": (UsageError, "power of two", module(lambda: Grid((9, 9, 9), cell=0.3))),
    "grid size": (UsageError, "grid size", module(lambda: Grid((np.nan, 9, 9)))),
    "too many cells": (
        UsageError,
        "use larger cells",
        module(lambda: Grid((9000, 9000, 9000), cell=1)),
    ),
    "box": (UsageError, "half sizes must be positive", module(lambda: Obstacles((Box(P0, P0),)))),
    "plane": (UsageError, "normal must not be zero", module(lambda: Obstacles((Plane(P0),)))),
    "stiffness": (
        UsageError,
        "stiffness",
        module(lambda: Contacts(Grid((9, 9, 9)), stiffness=2)),
    ),
    "comfort": (
        UsageError,
        "raise its reach",
        module(lambda: Separation(Grid((9, 0, 9), cell=1), comfort=3)),
    ),
    "response": (UsageError, "response", module(lambda: Steering(response=0))),
    # -- shaders
    "missing shader": (
        ShaderError,
        "nowhere.wgsl not found",
        lambda w, f: (w.use(Pass("nowhere.wgsl", writes=(Health,))), w.prepare()),
    ),
    "syntax": (ShaderError, r"bad\.wgsl:1: ", lambda w, f: compiled(w, f, "fn each(i: u32) { let = ; }")),
    "undeclared": (
        ShaderError,
        r"bad\.wgsl:2: ",
        lambda w, f: compiled(w, f, "fn each(i: u32) {\nteam[i].id = 1u;\n}"),
    ),
    "import": (
        ShaderError,
        r"bad\.wgsl:1: .*gone\.wgsl not found",
        lambda w, f: compiled(w, f, "//! import gone.wgsl"),
    ),
    "import of itself": (
        ShaderError,
        "import cycle",
        lambda w, f: compiled(w, f, "//! import bad.wgsl"),
    ),
    # -- systems
    "stage": (EcsError, "no stage 'lunch'", lambda w, f: w.system("lunch")(print)),
    "system raises": (SystemExecutionFailed, "KeyError", lambda w, f: failing(w, lambda c: {}[1])),
    "undeclared write": (
        SystemExecutionFailed,
        "without declaring it",
        lambda w, f: failing(w, lambda c: c.set(one(w), Team(1))),
    ),
    "undeclared read": (
        SystemExecutionFailed,
        "declares no reads",
        lambda w, f: failing(w, lambda c: c.percept),
    ),
    # -- files, scenes, adapters
    "no snapshot": (UsageError, "cannot be read", lambda w, f: Snapshot.load(f / "gone")),
    "empty snapshot": (FormatError, "is not a snapshot", lambda w, f: Snapshot.load(damaged(f, b""))),
    "foreign recording": (
        FormatError,
        "is not a recording",
        lambda w, f: Recording.load(damaged(f, b"AWSNAP\1\0")),
    ),
    "cut recording": (
        FormatError,
        "truncated or damaged",
        lambda w, f: Recording.load(damaged(f, b"AWREC\0\1\0abc")),
    ),
    "recording of tomorrow": (
        FormatError,
        "version 2",
        lambda w, f: Recording.load(damaged(f, b"AWREC\0\2\0" + bytes(50))),
    ),
    "replay elsewhere": (FormatError, "seed", lambda w, f: replay(_recording(w.gpu), w)),
    "no scene": (UsageError, "no example is named 'x'", lambda w, f: load_scene("x")),
    "empty scene": (
        UsageError,
        "defines no scene",
        lambda w, f: load_scene(str(_file(f / "empty.py"))),
    ),
    "no entities": (UsageError, "positive", lambda w, f: load_scene("crowd").make(w.gpu, entities=0)),
    "too many": (
        CapacityError,
        "holds at most",
        lambda w, f: load_scene("crowd").make(w.gpu, entities=1 << 40),
    ),
    "no adapter": (AstraError, "no adapter matches 'xyz'", lambda w, f: Gpu.open("xyz")),
}


def _file(path: Path) -> Path:
    path.write_text("")
    return path


def _recording(gpu: Gpu) -> Recording:
    from astraweave import Recorder  # noqa: PLC0415 - for this one case

    return Recorder(drifting(gpu, seed=77), "x", {}).finish()


@pytest.fixture(scope="module")
def future(gpu: Gpu) -> tuple[str, str]:
    """What becomes of a world to which nothing bad was done."""
    world = drifting(gpu)
    now = world.checksum().hex
    world.step(3)
    return now, world.checksum().hex


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused_and_changes_nothing(
    gpu: Gpu, future: tuple[str, str], tmp_path: Path, case: str
) -> None:
    error, words, act = CASES[case]
    world = drifting(gpu)
    with pytest.raises(error, match=words):
        act(world, tmp_path)
    assert (world.tick, world.count, world.checksum().hex) == (0, 64, future[0])
    world.step(3)
    assert world.checksum().hex == future[1], "and it goes on as if nothing had been"


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40
