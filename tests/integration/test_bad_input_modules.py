"""Bad input for modules, shaders, systems and files: an error each, and nothing is lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astraweave import (
    Bounds,
    Box,
    Contacts,
    Gpu,
    Grid,
    Look,
    Motion,
    Obstacles,
    Pass,
    Plane,
    Recording,
    Separation,
    Snapshot,
    Steering,
    Team,
    Velocity,
    World,
    replay,
)
from astraweave.app.scene import load_scene
from astraweave.errors import (
    AmbiguityError,
    AstraError,
    CapacityError,
    EcsError,
    FormatError,
    GraphError,
    PassError,
    ShaderError,
    SystemExecutionFailed,
    UsageError,
)
from tests.integration.support import Case, Wear, assert_refused, drifting

P0 = (0, 0, 0)


def one(world: World) -> Any:
    return world.select(Team)[0]


def written(folder: Path, text: str) -> str:
    (folder / "bad.wgsl").write_text(text)
    return str(folder / "bad.wgsl")


def compiled(world: World, folder: Path, text: str, **declared: Any) -> None:
    world.use(Pass(written(folder, text), **{"writes": (Wear,)} | declared))
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


def module(made: Any) -> Any:
    return lambda world, folder: (world.use(made()), world.prepare())


def _file(path: Path) -> Path:
    path.write_text("")
    return path


def _recording(gpu: Gpu) -> Recording:
    from astraweave import Recorder

    return Recorder(drifting(gpu, seed=77), "x", {}).finish()


CASES: dict[str, Case] = {
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
    "box of two": (UsageError, "box centre must be three", module(lambda: Box((1, 2), (1, 1, 1)))),
    "half of two": (UsageError, "box half size must be three", module(lambda: Box(P0, (1, 1)))),
    "box of text": (UsageError, "box centre must be three", module(lambda: Box("abc", (1, 1, 1)))),
    "infinite box": (UsageError, "three finite", module(lambda: Box((0, np.inf, 0), (1, 1, 1)))),
    "bouncy box": (UsageError, "restitution", module(lambda: Box(P0, (1, 1, 1), restitution="x"))),
    "filtered box": (UsageError, "box collision", module(lambda: Box(P0, (1, 1, 1), collision=-1))),
    "plane of two": (UsageError, "plane normal must be three", module(lambda: Plane((0, 1)))),
    "NaN plane": (UsageError, "plane normal must be three", module(lambda: Plane((0, np.nan, 0)))),
    "plane of text": (UsageError, "plane normal", module(lambda: Plane(("0", "1", "0")))),
    "huge plane": (UsageError, "plane normal", module(lambda: Plane((0, 10**400, 0)))),
    "offset": (UsageError, "plane offset", module(lambda: Plane(offset="high"))),
    "bare box": (
        UsageError,
        "shapes must be a tuple",
        module(lambda: Obstacles(Box(P0, (1, 1, 1)))),
    ),
    "no shape": (UsageError, "Box or a Plane", module(lambda: Obstacles((P0,)))),
    "size of two": (UsageError, "grid size must be three", module(lambda: Grid(size=(64, 64)))),
    "size of one": (UsageError, "grid size must be three", module(lambda: Grid(size=64))),
    "cell of two": (
        UsageError,
        "grid cell must be three",
        module(lambda: Grid((9, 9, 9), cell=(2, 2))),
    ),
    "cell of text": (
        UsageError,
        "grid cell must be three",
        module(lambda: Grid((9, 9, 9), cell="2")),
    ),
    "reach": (UsageError, "grid reach", module(lambda: Grid((9, 9, 9), reach="far"))),
    "low of two": (
        UsageError,
        "grid low must be three",
        module(lambda: Grid((9, 9, 9), low=(0, 0))),
    ),
    "bounds of two": (UsageError, "bounds.high must be three", module(lambda: Bounds(P0, (1, 1)))),
    "flat bounds": (UsageError, "bounds.high must be three", module(lambda: Bounds.flat("wide"))),
    "no bounds": (UsageError, "bounds must be Bounds", module(lambda: Motion(bounds=(P0, P0)))),
    "gravity of one": (UsageError, "gravity must be three", module(lambda: Motion(gravity=-9.81))),
    "text damping": (UsageError, "damping must be a finite", module(lambda: Motion(damping="x"))),
    "no grid": (UsageError, "contacts: grid must be a Grid", module(lambda: Contacts(9))),
    "grid's class": (UsageError, "separation: grid must be", module(lambda: Separation(Grid))),
    "text stiffness": (
        UsageError,
        "stiffness must be a finite",
        module(lambda: Contacts(Grid((9, 9, 9)), stiffness="x")),
    ),
    "text response": (UsageError, "response must be", module(lambda: Steering(response="x"))),
    # -- shaders
    "missing shader": (
        ShaderError,
        "nowhere.wgsl not found",
        lambda w, f: (w.use(Pass("nowhere.wgsl", writes=(Wear,))), w.prepare()),
    ),
    "syntax": (
        ShaderError,
        r"bad\.wgsl:1: ",
        lambda w, f: compiled(w, f, "fn each(i: u32) { let = ; }"),
    ),
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
    "empty snapshot": (
        FormatError,
        "is not a snapshot",
        lambda w, f: Snapshot.load(damaged(f, b"")),
    ),
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
    "no entities": (
        UsageError,
        "positive",
        lambda w, f: load_scene("crowd").make(w.gpu, entities=0),
    ),
    "too many": (
        CapacityError,
        "holds at most",
        lambda w, f: load_scene("crowd").make(w.gpu, entities=1 << 40),
    ),
    "no adapter": (AstraError, "no adapter matches 'xyz'", lambda w, f: Gpu.open("xyz")),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused_and_changes_nothing(gpu: Gpu, tmp_path: Path, case: str) -> None:
    assert_refused(gpu, CASES[case], tmp_path)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 30
