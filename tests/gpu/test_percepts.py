"""Percepts describe the world exactly two ticks ago, however fast or slow anything was."""

from collections.abc import Callable

import numpy as np
import pytest

from astraweave import (
    U32,
    Context,
    Gpu,
    Health,
    Motion,
    Pass,
    Position,
    Team,
    Velocity,
    World,
    event,
)
from astraweave.ecs.schedule import LATENCY
from astraweave.errors import ComponentError, ComponentNotRegistered
from tests.integration.support import Wear, drifting

MakeWorld = Callable[..., World]


def walking(world: World) -> World:
    """One entity whose x is the number of ticks."""
    world.use(Motion())
    world.spawn(Position((0, 0, 0)), Velocity((60, 0, 0)))
    return world


@pytest.mark.parametrize("stage", ["perception", "physics", "post_simulation"])
def test_latency_is_two_ticks(world: MakeWorld, stage: str) -> None:
    made, seen = walking(world()), []

    @made.system(stage, reads=(Position,))
    def look(context: Context) -> None:
        percept = context.percept
        seen.append((context.tick, percept.tick, float(percept.read(Position)[0, 0])))

    made.step(10)
    last = 9 if stage != "post_simulation" else 10
    assert LATENCY == 2
    assert seen == [(t, t - 2, t - 2.0) for t in range(2, last + 1)]


def test_percepts_do_not_see_later_changes(world: MakeWorld) -> None:
    made, seen = world(), []
    handles = made.spawn(Team([1, 2, 3]))

    @made.system("perception", reads=(Team,))
    def look(context: Context) -> None:
        p = context.percept
        seen.append((p.tick, p.handles(Team).tolist(), p.read(Team).tolist()))

    made.step()  # tick 0 is captured, then the world changes
    made.set(handles[0], Team(9))
    made.despawn(handles[1])
    new = made.spawn(Team(5))
    made.shuffle(1)
    made.step(4)
    before, after = handles.tolist(), [int(handles[0]), int(new), int(handles[2])]
    assert seen[0] == (0, before, [1, 2, 3])
    assert seen[1] == (1, before, [1, 2, 3]), "the state after tick 0, before the commands"
    assert seen[2] == (2, after, [9, 5, 3])


def test_rows_are_in_order_of_entity_index(gpu: Gpu) -> None:
    made, seen = drifting(gpu, 500), []

    @made.system("perception", reads=(Position, Team))
    def look(context: Context) -> None:
        handles = context.percept.handles(Position)
        seen.append((handles.tolist(), context.percept.read(Team).tolist()))

    made.step(2)
    made.shuffle(4)
    made.step(3)
    for handles, team in seen:
        assert handles == sorted(handles)
        assert team == [i % 4 for i in range(500)]


def test_only_entities_that_have_the_component(world: MakeWorld) -> None:
    made, seen = world(), []
    handles = made.spawn(Team(np.arange(10)))
    made.attach(handles[::2], Wear([0, 2, 4, 6, 8]))
    made.system("sync", reads=(Wear,))(
        lambda c: seen.append((c.percept.handles(Wear), c.percept.read(Wear)["points"]))
    )
    made.step(3)
    assert np.array_equal(seen[0][0], handles[::2])
    assert seen[0][1].tolist() == [0, 2, 4, 6, 8]


def test_an_empty_world(world: MakeWorld) -> None:
    made, seen = world(), []
    made.system("sync", reads=(Team,))(lambda c: seen.append(c.percept.read(Team).shape))
    made.step(4)
    assert seen == [(0,), (0,)]


def test_systems_added_late_wait_for_their_percept(world: MakeWorld) -> None:
    made, seen = walking(world()), []
    made.system("sync", reads=(Velocity,))(lambda c: None)
    made.step(5)
    made.system("sync", reads=(Position,))(
        lambda c: seen.append((c.tick, float(c.percept.read(Position)[0, 0])))
    )
    made.step(5)
    # State 5 was captured before anybody wanted positions; state 6 is the first that has them.
    assert seen == [(t, t - 2.0) for t in range(8, 10)]


def test_events_through_percepts(world: MakeWorld, shader: Callable[..., str]) -> None:
    @event
    class Passed:
        who: U32
        tick: U32

    path = shader(
        "fn each(slot: u32) {\n"
        "    if (tick.index % 3u == team[slot].id) {\n"
        "        emit_passed(Passed(entity[slot].x, tick.index));\n    }\n}"
    )
    made, seen = world(), []
    made.use(Pass(path, (Team,), emits=(Passed,)))
    made.spawn(Team(np.arange(12) % 3))
    made.system("perception", reads=(Passed,))(
        lambda c: seen.append((c.tick, c.percept.events(Passed).tolist()))
    )
    made.step(7)
    # The percept of state t holds the events of tick t - 1, which led to it.
    assert seen[0] == (2, [])
    for tick, events in seen[1:]:
        ran = tick - 3
        assert events == [(who, ran) for who in range(12) if who % 3 == ran % 3]
    assert len(seen) == 5


def test_batch_size_does_not_matter_to_percepts(gpu: Gpu) -> None:
    def run(chunks: list[int]) -> tuple[str, list[int]]:
        made, seen = drifting(gpu), []

        @made.system("perception", reads=(Position,), writes=(Velocity,))
        def act(context: Context) -> None:
            seen.append(context.percept.tick)
            context.set(
                context.percept.handles(Position), Velocity(-context.percept.read(Position) / 9)
            )

        for count in chunks:
            made.step(count)
        return made.checksum().hex, seen

    assert run([20]) == run([1] * 20) == run([7, 13])


def test_one_field_of_a_component_is_read_alone(world: MakeWorld) -> None:
    made, seen = world(), []
    made.spawn(Health([3, 5]), Position([(0, 0, 0), (1, 2, 3)]))

    @made.system("simulation", reads=(Health,))
    def look(context: Context) -> None:
        seen.append((context.percept.read(Health, "points"), context.percept.read(Health)))
        with pytest.raises(ComponentError, match=r"Health has no field 'power'; there is points"):
            context.percept.read(Health, "power")

    made.step(4)
    points, whole = seen[-1]
    assert points.tolist() == whole["points"].tolist() == [3, 5]
    assert not points.flags.writeable


def test_rows_of_some_entities_are_read_in_their_order(world: MakeWorld) -> None:
    made, seen = world(), []
    beings = made.spawn(Health([3, 5, 7, 9]), Position(np.arange(12).reshape(4, 3)))
    things = made.spawn(Position([(5, 5, 5)] * 2))

    @made.system("simulation", reads=(Health, Position))
    def look(context: Context) -> None:
        read = context.percept.read
        wanted = [beings[1:3], beings[[3, 0, 0]], beings[:0]]
        seen.append([read(Health, "points", of).tolist() for of in wanted])
        seen.append(read(Position, of=beings[[2]]).tolist())
        for of in (things, beings.max() + (np.uint64(1) << np.uint64(32))):
            with pytest.raises(ComponentNotRegistered, match=r"Health: entity .* had none"):
                read(Health, of=of)

    made.step(4)
    assert seen[-2:] == [[[5, 7], [9, 3, 3], []], [[6, 7, 8]]]
