"""Events: sorted, of the last tick only, and never silently lost."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest

from astraweave import I32, U32, Contact, Fixed, Gpu, Pass, Team, World, event
from astraweave.app.scene import load_scene
from astraweave.errors import AmbiguityError, ComponentError, EventOverflow, ResourceNotFound

MakeWorld = Callable[..., World]
EMIT = (
    "fn each(slot: u32) {{\n"
    "    let seen = Seen(i32(team[slot].id) - 5, tick.index, 65536 * i32(tick.index));\n"
    "    if ({when}) {{ emit_seen(seen); }}\n"
    "}}"
)


@event
class Seen:
    who: I32
    tick: U32
    time: Fixed
    capacity: ClassVar[int] = 100


def emitting(world: World, shader: Callable[..., str], when: str) -> World:
    world.use(Pass(shader(EMIT.format(when=when)), (Team,), emits=(Seen,)))
    return world


def test_sorted_by_fields(world: MakeWorld, shader: Callable[..., str]) -> None:
    made = emitting(world(), shader, "true")
    made.spawn(Team(np.random.default_rng(1).permutation(100)))
    made.step()
    seen = made.events(Seen)
    assert seen["who"].tolist() == list(range(-5, 95)), "negative numbers come first"
    assert not seen["tick"].any()
    made.shuffle(3)
    made.step()
    assert made.events(Seen)["who"].tolist() == list(range(-5, 95))
    assert (made.events(Seen)["time"] == 1.0).all()


@pytest.mark.parametrize("chunks", [[1] * 10, [10], [3, 7]])
def test_of_the_last_tick_only(world: MakeWorld, shader: Callable[..., str], chunks: list) -> None:
    made = emitting(world(), shader, "team[slot].id == tick.index")
    made.spawn(Team(np.arange(50)))
    for count in chunks:
        made.step(count)
    assert made.events(Seen).tolist() == [(9 - 5, 9, 9.0)]


def test_no_events(world: MakeWorld, shader: Callable[..., str]) -> None:
    made = emitting(world(), shader, "false")
    made.spawn(Team(np.arange(50)))
    made.step(2)
    assert made.events(Seen).shape == (0,)
    assert made.events(Seen).dtype.names == ("who", "tick", "time")


def test_overflow_is_an_error_that_says_what_to_do(
    world: MakeWorld, shader: Callable[..., str]
) -> None:
    made = emitting(world(), shader, "true")
    handles = made.spawn(Team(np.arange(100)))
    made.step()
    assert len(made.events(Seen)) == 100, "just fits"
    made.spawn(Team(3))
    before = made.checksum().hex
    made.step()
    with pytest.raises(EventOverflow, match=r"101 events of Seen in one tick; .* 100: set"):
        made.events(Seen)
    assert made.checksum().hex == before
    made.despawn(handles[:50])
    made.step()
    assert len(made.events(Seen)) == 51, "the next tick starts anew"


def test_events_that_no_pass_emits(world: MakeWorld) -> None:
    made = world()
    with pytest.raises(ResourceNotFound, match="events of Seen"):
        made.events(Seen)
    with pytest.raises(TypeError):
        made.events(int)


def test_events_are_no_components(world: MakeWorld) -> None:
    made = world()
    for act in (lambda: made.spawn(Seen(1, 2, 3)), lambda: made.register(Seen)):
        with pytest.raises(ComponentError, match="Seen is an event"):
            act()
    assert "Seen" not in made.layouts


def test_two_modules_that_emit_the_same_event_need_an_order(world: MakeWorld, shader) -> None:
    made = emitting(world(), shader, "false")
    other = Pass(
        shader(EMIT.format(when="team[slot].id == 1u"), "b.wgsl"), (Team,), emits=(Seen,), name="b"
    )
    with pytest.raises(AmbiguityError, match="Seen"):
        made.use(other)
    name = made.graph.passes[0].name
    made.use(other, after=name)
    made.spawn(Team(np.arange(3)))
    made.step()
    assert made.events(Seen)["who"].tolist() == [-4]


def test_contacts_of_a_scene_are_the_same_whatever_the_slots(gpu: Gpu) -> None:
    """Order and number of events are those of the entities, not of threads."""
    seen = []
    for seed in (None, 1, 2):
        made, _ = load_scene("bounce").make(gpu, entities=600, seed=2)
        made.step(70)
        if seed is not None:
            made.shuffle(seed)
        made.step(15)
        seen.append(made.events(Contact))
    assert len(seen[0]) > 5
    assert (seen[0]["a"] < seen[0]["b"]).all()
    assert np.array_equal(seen[0], seen[1])
    assert np.array_equal(seen[0], seen[2])
