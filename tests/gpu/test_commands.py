"""Commands: their order, several for one entity, and what observers are told."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from astraweave import Entity, Pass, Position, Team, Velocity, World
from astraweave.ecs.commands import Command
from astraweave.errors import ComponentError, ComponentNotRegistered, EcsError, EntityNotFound
from tests.integration.support import Wear

MakeWorld = Callable[..., World]


def test_one_and_many(world: MakeWorld) -> None:
    made = world()
    one = made.spawn(Team(5))
    assert isinstance(one, Entity)
    several = made.spawn(Team([1, 2]), Wear(3))
    same = made.spawn(Team(7), count=3)
    nobody = made.spawn(Team(np.zeros(0)))
    bare = made.spawn(count=2)
    assert [len(h) for h in (several, same, nobody, bare)] == [2, 3, 0, 2]
    assert several.dtype == same.dtype == nobody.dtype == np.uint64
    assert made.count == 8
    assert made.read(Team, one) == 5
    assert made.read(Team).tolist() == [5, 1, 2, 7, 7, 7]
    assert isinstance(made.spawn(), Entity)


def test_last_set_wins_and_adds_sum(world: MakeWorld) -> None:
    made = world()
    a, b = made.spawn(Team([10, 20]), Wear([1, 2]))
    made.set([a, b, a, a], Team([1, 2, 3, 4]))
    assert made.read(Team).tolist() == [4, 2]
    made.add([a, b, a], Team([1, 1, 5]))
    assert made.read(Team).tolist() == [10, 3]
    made.add([a, a], Wear([0.5, 0.25], [-1, -2]))
    assert made.read(Wear, a).tolist() == (1.75, -3)


def test_batches_are_applied_in_order(world: MakeWorld) -> None:
    made = world()
    a = made.spawn(Team(1))
    made.set(a, Team(5))
    made.add(a, Team(1))
    made.add(a, Team(1))
    made.set(a, Team(50))
    made.add(a, Team(3))
    assert made.read(Team, a) == 53
    made.add(a, Team(1))
    made.set(a, Team(7))
    assert made.read(Team, a) == 7


def test_everything_before_one_flush(world: MakeWorld) -> None:
    """Spawn, change, end and spawn again in one submit: the index is used by two entities."""
    made = world()
    first = made.spawn(Team(1), Wear(1))
    made.set(first, Team(2))
    made.despawn(first)
    second = made.spawn(Team(3))
    assert (second.index, second.generation) == (first.index, first.generation + 1)
    made.attach(second, Wear(9))
    made.add(second, Team(4))
    made.detach(second, Wear)
    made.attach(second, Position((1, 2, 3)))
    assert made.read(Team).tolist() == [7]
    assert made.select(Wear).size == 0
    assert made.read(Position, second).tolist() == [1, 2, 3]
    with pytest.raises(EntityNotFound):
        made.read(Team, first)


def test_attach_and_detach(world: MakeWorld) -> None:
    made = world()
    handles = made.spawn(Team(np.arange(6)))
    made.attach(handles[:4], Wear([1, 2, 3, 4]))
    made.detach(handles[1:3], Wear)
    assert made.select(Wear).tolist() == [handles[0], handles[3]]
    assert made.read(Wear)["points"].tolist() == [1, 4]
    with pytest.raises(ComponentNotRegistered, match="Wear: entity 1 does not have it; attach"):
        made.set(handles, Wear(5))
    assert made.read(Wear)["points"].tolist() == [1, 4], "nothing was set"
    made.detach(handles, Wear)
    made.attach(handles[0], Wear(8))
    assert made.read(Wear)["points"].tolist() == [8]


def test_passes_see_only_who_has_the_components(
    world: MakeWorld, shader: Callable[..., str]
) -> None:
    made = world()
    made.use(Pass(shader("fn each(slot: u32) { team[slot].id += 1u; }"), (Wear,), (Team,)))
    handles = made.spawn(Team(np.zeros(300)))
    made.step()
    assert not made.read(Team).any()
    made.attach(handles[::3], Wear(1))
    made.step(2)
    made.detach(handles[::6], Wear)
    made.step()
    expected = np.zeros(300)
    expected[::3] = 3
    expected[::6] = 2
    assert np.array_equal(made.read(Team), expected)


@pytest.mark.parametrize("count", [0, 1, 300])
def test_commands_for_no_entity_do_nothing(world: MakeWorld, count: int) -> None:
    made = world()
    made.spawn(Team(np.arange(count)), Wear(1), count=count)
    before = made.checksum().hex
    nobody = np.zeros(0, np.uint64)
    for act in (
        lambda: made.set(nobody, Team(5)),
        lambda: made.set([], Team(np.zeros(0))),
        lambda: made.add(nobody, Team(5)),
        lambda: made.attach(nobody, Wear(2)),
        lambda: made.detach(nobody, Wear),
        lambda: made.despawn(nobody),
        lambda: made.spawn(Team(1), count=0),
    ):
        act()
    assert made.checksum().hex == before
    made.step()
    assert made.read(Team, nobody).shape == (0,)


def test_observers_see_every_command_in_order(world: MakeWorld) -> None:
    made = world()
    seen: list[Command] = []
    made.commands_applied.append(seen.append)
    a = made.spawn(Team(1))
    made.step(3)
    made.set(a, Team(2))
    with pytest.raises(ComponentError):
        made.add(a, Team("x"))
    made.add(a, Team(3))
    made.despawn(a)
    assert [c.operation for c in seen] == ["spawn", "set", "add", "despawn"]
    assert [c.tick for c in seen] == [0, 3, 3, 3]
    assert all(c.source == 0 for c in seen)
    assert [c.sequence for c in seen] == [0, 1, 2, 3]
    assert all(c.entities.tolist() == [int(a)] for c in seen)


def test_a_refused_command_changes_nothing(world: MakeWorld) -> None:
    made = world()
    handles = made.spawn(Team([1, 2, 3]), Wear(1))
    dead = made.spawn(Team(9))
    made.despawn(dead)
    before = made.checksum().hex

    def refuse(error: type[Exception], act: Callable[[], Any]) -> None:
        with pytest.raises(error):
            act()
        assert made.checksum().hex == before

    refuse(EntityNotFound, lambda: made.set([*handles, dead], Team(5)))
    refuse(EntityNotFound, lambda: made.despawn([handles[0], dead]))
    refuse(EcsError, lambda: made.despawn([handles[0], handles[0]]))
    refuse(ComponentNotRegistered, lambda: made.set(handles, Team(5), Velocity()))
    refuse(ComponentNotRegistered, lambda: made.detach(handles, Position))
    refuse(ComponentError, lambda: made.set(handles, Team([1, 2])))
    refuse(ComponentError, lambda: made.spawn(Team([1, 2]), Wear([1, 2, 3])))
    refuse(EcsError, lambda: made.apply(Command(0, 0, 0, "explode", handles, {})))


def test_read_forms(world: MakeWorld) -> None:
    made = world()
    handles = made.spawn(Position([(1, 2, 3), (4, 5, 6)]), Team([7, 8]))
    assert made.read(Position).shape == (2, 3)
    assert made.read(Position, handles[1]).tolist() == [4, 5, 6]
    assert made.read(Position, int(handles[1])).tolist() == [4, 5, 6]
    assert made.read(Position, Entity(1, 0)).tolist() == [4, 5, 6]
    assert made.read(Position, [Entity(1, 0)]).tolist() == [[4, 5, 6]]
    assert made.read(Team, handles[::-1]).tolist() == [8, 7]
    assert made.read(Team, [handles[0]] * 3).tolist() == [7, 7, 7]
    assert made.read(Position, raw=True)["xyz"].tolist() == [
        [65536, 131072, 196608],
        [262144, 327680, 393216],
    ]
    assert np.array_equal(made.select(), made.select(Team))
