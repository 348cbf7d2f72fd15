"""Every component of the engine and the examples survives the GPU bit for bit, in every row."""

from collections.abc import Callable
from typing import Any, get_type_hints

import numpy as np
import pytest

from astraweave import Pass, Position, Team, World, event
from astraweave.ecs.commands import ATTACH, SET, Command
from astraweave.ecs.component import Component
from tests.integration.support import (
    Everything,
    Shown,
    Wear,
    engine_components,
    raw_records,
    spawn_raw,
    values_of,
)

MakeWorld = Callable[..., World]
ALL = [Everything, Wear, Shown, *engine_components()]
ROWS = 3000  # more than the first capacity, so that columns grow in between


def same(got: Any, expected: Any, layout: Any) -> None:
    for field in layout.fields:
        assert np.array_equal(got[field.name], expected[field.name]), field.name


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_raw_bits_survive(world: MakeWorld, kind: Any) -> None:
    made, layout = world(), kind.layout
    made.register(kind, Everything)  # another column beside it
    expected = raw_records(layout, ROWS, np.random.default_rng(11))
    handles = [spawn_raw(made, **{layout.name: expected[:900]})]
    same(made.read(kind, raw=True), expected[:900], layout)
    made.shuffle(1)
    handles.append(spawn_raw(made, **{layout.name: expected[900:]}))
    assert made.storage.capacity >= ROWS > 1024
    same(made.read(kind, raw=True), expected, layout)
    made.shuffle(2)
    same(made.read(kind, raw=True), expected, layout)

    every = np.concatenate(handles)
    half = np.random.default_rng(3).permutation(ROWS)[: ROWS // 2]
    changed = raw_records(layout, len(half), np.random.default_rng(12))
    made.apply(Command(0, 0, 0, SET, every[half], {layout.name: changed}))
    expected[half] = changed
    made.shuffle(3)
    same(made.read(kind, raw=True), expected, layout)
    backwards = every[::-1].copy()
    same(made.read(kind, backwards, raw=True), expected[::-1], layout)
    same(made.read(kind, int(every[7]), raw=True), expected[7], layout)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_values_survive(world: MakeWorld, kind: Any) -> None:
    made = world()
    records = raw_records(kind.layout, 300, np.random.default_rng(5))
    values = values_of(kind, records)
    handles = made.spawn(values)
    assert np.array_equal(made.read(kind), kind.layout.decode(records))
    assert np.array_equal(made.read(kind, handles[5]), kind.layout.decode(records)[5])
    made.set(handles[:100], values_of(kind, records[100:200]))
    assert np.array_equal(made.read(kind, handles[:100]), kind.layout.decode(records[100:200]))


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_attached_to_entities_without_it(world: MakeWorld, kind: Any) -> None:
    made = world()
    made.register(kind)
    handles = (
        made.spawn(Team(np.arange(200))) if kind is not Team else made.spawn(Wear(), count=200)
    )
    chosen = np.random.default_rng(1).permutation(200)[:77]
    records = raw_records(kind.layout, 77, np.random.default_rng(6))
    made.apply(Command(0, 0, 0, ATTACH, handles[chosen], {kind.layout.name: records}))
    assert np.array_equal(np.sort(handles[chosen]), made.select(kind))
    same(made.read(kind, handles[chosen], raw=True), records, kind.layout)


def test_one_value_for_all_has_no_garbage_in_its_padding(world: MakeWorld) -> None:
    made = world()
    made.spawn(Everything(1, (2, 3), 4, (5, 6, 7), 8), count=500)
    made.flush()
    words = made.storage.read("Everything").view(np.uint32).reshape(500, -1)
    assert (words == words[0]).all()
    layout = Everything.layout
    padding = [w for w in range(layout.words) if not layout.used_words >> w & 1]
    assert padding
    assert not words[:, padding].any()


def test_gpu_sees_the_offsets_that_numpy_writes(
    world: MakeWorld, shader: Callable[..., str]
) -> None:
    """A shader that names every field moves it into another entity's same field."""
    layout = Everything.layout
    copies = "".join(f"    everything[slot].{f.name} = copied.{f.name};\n" for f in layout.fields)
    path = shader(f"fn each(slot: u32) {{\n    let copied = everything[1u];\n{copies}}}")
    made = world()
    made.use(Pass(path, writes=(Everything,)))
    records = raw_records(layout, 9, np.random.default_rng(8))
    made.register(Everything)
    spawn_raw(made, Everything=records)
    made.step()
    got = made.read(Everything, raw=True)
    for row in range(9):
        same(got[row], records[1], layout)


def test_events_of_every_field_type(world: MakeWorld, shader: Callable[..., str]) -> None:
    hints = get_type_hints(Everything, include_extras=True)
    annotations = {f.name: hints[f.name] for f in Everything.layout.fields}
    Seen = event(type("Seen", (), {"__annotations__": annotations}))
    fields = ", ".join(f"source.{f.name}" for f in Everything.layout.fields)
    path = shader(
        "fn each(slot: u32) {\n    let source = everything[slot];\n"
        f"    emit_seen(Seen({fields}));\n}}"
    )
    made = world()
    made.use(Pass(path, (Everything,), emits=(Seen,)))
    records = raw_records(Everything.layout, 50, np.random.default_rng(9))
    made.register(Everything)
    spawn_raw(made, Everything=records)
    made.step()
    got, expected = made.events(Seen), Everything.layout.decode_fields(records)
    order = np.lexsort(
        [
            lane
            for f in reversed(Everything.layout.fields)
            for lane in np.atleast_2d(records[f.name].reshape(50, -1).T)[::-1]
        ]
    )
    for name in got.dtype.names:
        assert np.array_equal(got[name], expected[name][order]), name


def test_all_components_were_found() -> None:
    names = {kind.__name__ for kind in engine_components()}
    assert {"Position", "Velocity", "Body", "Goal", "Team", "Look", "Errand", "Orbit"} <= names
    assert all(issubclass(kind, Component) for kind in engine_components())
    assert Position in engine_components()
