"""Bad input for worlds, entities, components and values: an error each, and nothing is lost."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astraweave import (
    Body,
    Contact,
    Entity,
    Fixed,
    Goal,
    Gpu,
    Look,
    Position,
    Resource,
    Team,
    World,
    collision_filter,
    component,
    rgb,
)
from astraweave.errors import (
    AstraError,
    ComponentError,
    ComponentNotRegistered,
    EcsError,
    EntityNotFound,
    ResourceNotFound,
    UsageError,
)
from tests.integration.support import Case, Wear, assert_refused


def one(world: World) -> Any:
    return world.select(Team)[0]


def dead(world: World) -> Entity:
    entity = world.spawn(Team(1))
    world.despawn(entity)
    return entity


def redefine(world: World, folder: Path) -> None:
    world.spawn(component(type("Team", (), {"__annotations__": {"other": Fixed}}))(1))


CASES: dict[str, Case] = {
    # -- worlds
    "negative seed": (UsageError, "seed must be", lambda w, f: World(w.gpu, seed=-1)),
    "large seed": (UsageError, "seed must be", lambda w, f: World(w.gpu, seed=2**32)),
    "rate zero": (
        UsageError,
        "rate .* must be a whole number, 1 to 1000",
        lambda w, f: World(w.gpu, rate=0),
    ),
    "rate too high": (UsageError, "rate .* must be", lambda w, f: World(w.gpu, rate=1001)),
    "no threads": (EcsError, "threads must be", lambda w, f: World(w.gpu, threads=0)),
    "negative ticks": (UsageError, "ticks must be a whole number, 0", lambda w, f: w.step(-1)),
    "no ticks to profile": (UsageError, "ticks", lambda w, f: w.profile(0)),
    # -- entities
    "dead handle": (EntityNotFound, "does not exist", lambda w, f: w.read(Team, dead(w))),
    "unknown handle": (EntityNotFound, "entity 99999", lambda w, f: w.despawn(Entity(99999, 0))),
    "wrong generation": (EntityNotFound, "generation 7", lambda w, f: w.set(Entity(0, 7), Team(1))),
    "despawned twice": (EcsError, "named twice", lambda w, f: w.despawn([one(w), one(w)])),
    "handle of text": (ComponentError, "entity handles", lambda w, f: w.despawn("abc")),
    "handle of floats": (ComponentError, "entity handles", lambda w, f: w.read(Team, [1.5])),
    "negative handle": (ComponentError, "entity handles", lambda w, f: w.set(-1, Team(1))),
    "alive text": (ComponentError, "entity handles", lambda w, f: w.is_alive("x")),
    "negative count": (ComponentError, "count must be", lambda w, f: w.spawn(Team(1), count=-1)),
    "half an entity": (ComponentError, "count must be", lambda w, f: w.spawn(Team(1), count=1.5)),
    "text count": (ComponentError, "count must be", lambda w, f: w.spawn(Team(1), count="3")),
    "handle of parts": (
        ComponentError,
        "entity handles",
        lambda w, f: w.despawn(Entity("x", None)),  # type: ignore[arg-type]
    ),
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
    "NaN": (
        ComponentError,
        r"Position\.xyz: .*finite",
        lambda w, f: w.spawn(Position((np.nan, 0, 0))),
    ),
    "out of range": (
        ComponentError,
        r"Position\.xyz: 40000.* outside",
        lambda w, f: w.set(one(w), Position((0, 40000, 0))),
    ),
    "two numbers": (
        ComponentError,
        r"Position\.xyz: expected 3",
        lambda w, f: w.spawn(Position((1, 2))),
    ),
    "text": (ComponentError, r"Team\.id: expected numbers", lambda w, f: w.add(one(w), Team("x"))),
    "negative unsigned": (
        ComponentError,
        r"Team\.id: -1 is outside",
        lambda w, f: w.spawn(Team(-1)),
    ),
    "half a team": (
        ComponentError,
        r"Team\.id: expected whole numbers, got 1\.5",
        lambda w, f: w.spawn(Team([1, 1.5])),
    ),
    "missing field": (ComponentError, r"Goal\.position is missing", lambda w, f: w.spawn(Goal())),
    "unknown field": (ComponentError, "no field colour", lambda w, f: w.spawn(Team(colour=1))),
    "a class": (ComponentError, "component values", lambda w, f: w.spawn(Team)),
    "given twice": (ComponentError, "Team is given twice", lambda w, f: w.spawn(Team(1), Team(2))),
    "a number": (ComponentError, "component values", lambda w, f: w.spawn(3)),
    "another Team": (ComponentError, "two different components are named Team", redefine),
    "absent component": (
        ComponentNotRegistered,
        "Wear: entity 0 does not have it",
        lambda w, f: (w.register(Wear), w.set(one(w), Wear(1))),
    ),
    "unregistered": (ComponentNotRegistered, "component Body", lambda w, f: w.read(Body)),
    "not a component": (ComponentError, "int is not a component", lambda w, f: w.read(int)),
    "values for others": (
        ComponentError,
        "different lengths",
        lambda w, f: w.set(w.select(Team)[:3], Team([1, 2])),
    ),
    "an event as component": (
        ComponentError,
        "is an event",
        lambda w, f: w.spawn(Contact(1, 2, 3)),
    ),
    "events of nobody": (ResourceNotFound, "Contact", lambda w, f: w.events(Contact)),
    "unknown resource": (ResourceNotFound, "nowhere", lambda w, f: w.resource(Resource("nowhere"))),
    "colour": (UsageError, "#rrggbb", lambda w, f: w.spawn(Look(0, rgb("red")))),
    "layers": (AstraError, "16 bits", lambda w, f: collision_filter(1 << 16)),
    "half a layer": (AstraError, "16 bits", lambda w, f: collision_filter(mask=0.5)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused_and_changes_nothing(gpu: Gpu, tmp_path: Path, case: str) -> None:
    assert_refused(gpu, CASES[case], tmp_path)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 30
