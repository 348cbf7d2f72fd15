"""The checksum: sees every bit of the simulation and nothing else, whatever the slots."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave import Gpu, Look, Position, Team, World
from astraweave.ecs.commands import SET, Command
from tests.integration.support import (
    Everything,
    Shown,
    Wear,
    drifting,
    engine_components,
    expected_checksum,
    raw_records,
    spawn_raw,
)

MakeWorld = Callable[..., World]
CHECKED = [k for k in (Everything, Wear, *engine_components()) if not k.layout.presentation]


def set_raw(world: World, handle: Any, kind: Any, records: Any) -> None:
    handles = np.atleast_1d(np.asarray(handle, np.uint64))
    world.apply(Command(world.tick, 0, 0, SET, handles, {kind.layout.name: records}))


@pytest.mark.parametrize("kind", CHECKED, ids=lambda kind: kind.__name__)
def test_every_single_bit_counts(world: MakeWorld, kind: Any) -> None:
    made, layout = world(), kind.layout
    made.register(kind)
    records = raw_records(layout, 33, np.random.default_rng(3))
    handles = spawn_raw(made, **{layout.name: records})
    original = made.checksum()
    seen = {original.hex}
    row = np.random.default_rng(4).integers(33)
    used = [word for word in range(layout.words) if layout.used_words >> word & 1]
    for word in used:
        for bit in range(32):
            changed = records[row : row + 1].copy()
            changed.view(np.uint32)[word] ^= np.uint32(1 << bit)
            set_raw(made, handles[row], kind, changed)
            now = made.checksum()
            assert now.differing(original) == [layout.name]
            seen.add(now.hex)
    assert len(seen) == 1 + 32 * len(used), "and every one of them in its own way"
    set_raw(made, handles[row], kind, records[row : row + 1])
    assert made.checksum().hex == original.hex


def test_equals_the_twin_in_numpy(gpu: Gpu) -> None:
    made = drifting(gpu, 777)
    made.register(Everything)
    spawn_raw(made, Everything=raw_records(Everything.layout, 400, np.random.default_rng(1)))
    for _ in range(3):
        assert made.checksum().hex == expected_checksum(made)
        made.step(5)
        made.shuffle(made.tick)


def test_slots_do_not_matter(gpu: Gpu) -> None:
    made = drifting(gpu, 3000)
    made.despawn(made.select()[::7])
    before = made.checksum()
    for seed in range(5):
        made.shuffle(seed)
        assert made.checksum().hex == before.hex
        assert made.checksum().differing(before) == []


def test_who_has_what_matters(world: MakeWorld) -> None:
    made = world()
    made.register(Team, Wear)
    a, b = made.spawn(Team([1, 2]))
    seen = [made.checksum().hex]

    def remember() -> None:
        seen.append(made.checksum().hex)

    made.set([a, b], Team([2, 1]))  # the same values, exchanged
    remember()
    made.set([a, b], Team([1, 2]))
    assert made.checksum().hex == seen[0]
    made.attach(a, Wear(0, 0))
    remember()
    made.detach(a, Wear)
    made.attach(b, Wear(0, 0))
    remember()
    made.detach(b, Wear)
    assert made.checksum().hex == seen[0]
    made.spawn()
    remember()
    made.despawn(b)
    remember()
    assert len(set(seen)) == len(seen)


def test_the_same_words_in_two_components_differ(world: MakeWorld) -> None:
    """Not even exchanging the values of two components of one shape cancels out."""
    from astraweave import U32, component

    made = world()
    left, right = (
        component(type(name, (), {"__annotations__": {"id": U32}})) for name in ("Left", "Right")
    )
    a = made.spawn(left(1), right(2))
    before = made.checksum().hex
    made.set(a, left(2), right(1))
    assert made.checksum().hex != before


def test_presentation_is_left_out(world: MakeWorld) -> None:
    made = world()
    plain = made.spawn(Team(np.arange(10)))
    before = made.checksum()
    made.attach(plain, Look(1), Shown(3.5))
    assert made.checksum().hex == before.hex
    assert "Look" not in made.checksum().parts
    made.set(plain, Look(2), Shown(4.5, (1, 2, 3)))
    made.detach(plain[:3], Look)
    assert made.checksum().hex == before.hex


@pytest.mark.parametrize("first", range(0, len(CHECKED), 24))
def test_components_that_nobody_has_do_not_count(world: MakeWorld, first: int) -> None:
    made = world()
    made.spawn(Team(np.arange(10)))
    before = made.checksum().hex
    made.register(*CHECKED[first : first + 24])  # a world has room for 31
    assert made.checksum().hex == before


def test_dead_entities_do_not_count(world: MakeWorld) -> None:
    made, other = world(), world()
    handles = made.spawn(Team(np.arange(10)))
    made.despawn(handles[5:])
    other.spawn(Team(np.arange(5)))
    assert made.checksum().hex == other.checksum().hex
    made.despawn(handles[:5])
    assert made.checksum().hex == world().checksum().hex == "0" * 32


@settings(max_examples=25)
@given(data=st.data())
def test_a_function_of_the_state_alone(gpu: Gpu, data: st.DataObject) -> None:
    """The same values reached on two ways: at once, and piece by piece in a random order."""
    count = data.draw(st.integers(1, 40))
    values = data.draw(st.lists(st.integers(0, 2**32 - 1), min_size=count, max_size=count))
    direct = World(gpu)
    direct.spawn(Team(values), Position(np.zeros((count, 3))))
    detour = World(gpu, seed=99)
    handles = np.atleast_1d(detour.spawn(Position(np.ones((count, 3)))))
    for i in data.draw(st.permutations(range(count))):
        detour.attach(handles[i], Team(values[i]), Wear(3))
        detour.set(handles[i], Position((0, 0, 0)))
    detour.detach(handles, Wear)
    detour.step(data.draw(st.integers(0, 20)))
    detour.shuffle(1)
    assert detour.checksum().hex == direct.checksum().hex


def test_observers_get_the_checksum_of_every_tick(gpu: Gpu) -> None:
    def watched(chunks: list[int]) -> list[str]:
        made, seen = drifting(gpu), []
        made.ticks_done.append(lambda first, sums: seen.extend([s.hex for s in sums]))
        for count in chunks:
            made.step(count)
        assert seen[-1] == made.checksum().hex
        return seen

    whole = watched([100])
    assert len(set(whole)) == len(whole) == 100
    assert watched([1] * 100) == watched([33, 67]) == whole


def test_reading_the_checksum_changes_nothing(gpu: Gpu) -> None:
    quiet, loud = drifting(gpu), drifting(gpu)
    quiet.step(70)
    for _ in range(70):
        loud.checksum()
        loud.step()
    assert loud.checksum().hex == loud.checksum().hex == quiet.checksum().hex


def test_hex_is_128_bits(gpu: Gpu) -> None:
    one = drifting(gpu).checksum()
    assert len(one.hex) == 32
    assert int(one.hex, 16) >= 0
    assert set(one.parts) == {"entities", "Position", "Velocity", "Team"}
