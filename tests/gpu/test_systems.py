"""CPU systems: stages in order, declared access, failures that leave the world as it was."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from astraweave import STAGES, Context, Entity, Motion, Position, System, Team, Velocity, World
from astraweave.errors import (
    EcsError,
    EntityNotFound,
    ResourceNotFound,
    SystemExecutionFailed,
)
from tests.integration.support import Wear, drifting

MakeWorld = Callable[..., World]


def failure(world: World) -> BaseException:
    """Why the next tick fails."""
    with pytest.raises(SystemExecutionFailed) as caught:
        world.step()
    return caught.value.cause


def test_stages_run_in_order(world: MakeWorld) -> None:
    made = world()
    seen: list[tuple[int, str]] = []
    for stage in reversed(STAGES):
        made.system(stage, writes=("log",))(
            lambda context, stage=stage: seen.append((context.tick, stage))
        )
    made.step(2)
    before, after = STAGES[:6], STAGES[6:]
    expected = []
    for tick in (0, 1):
        expected += [(tick, s) for s in before] + [(tick + 1, s) for s in after]
    assert seen == expected


def test_systems_of_a_stage_run_in_the_order_of_registration(world: MakeWorld) -> None:
    made = world()
    seen: list[int] = []
    for i in range(5):
        made.system("sync", writes=("log",))(lambda context, i=i: seen.append(i))
    made.step(2)
    assert seen == [0, 1, 2, 3, 4] * 2


def test_commands_of_systems_are_applied_before_the_gpu_runs(world: MakeWorld) -> None:
    made = world()
    made.use(Motion())
    one = made.spawn(Position((0, 0, 0)), Velocity((0, 0, 0)))

    @made.system("ai_planning", writes=(Velocity,))
    def push(context: Context) -> None:
        context.set(one, Velocity((60, 0, 0)))

    made.step()
    assert made.read(Position, one).tolist() == [1, 0, 0]


def test_commands_come_in_the_order_of_registration(world: MakeWorld) -> None:
    """Not of stages: the last registered system has the last word, whatever its thread did."""
    made = world()
    one = made.spawn(Team(0))
    made.system("physics", writes=(Team,))(lambda context: context.set(one, Team(1)))
    made.system("pre_simulation", writes=(Team,))(lambda context: context.set(one, Team(2)))
    made.step()
    assert made.read(Team, one) == 2


def test_all_operations(world: MakeWorld) -> None:
    made = world()
    a, b, c = made.spawn(Team([1, 2, 3]), Wear(1))

    @made.system("simulation", writes=(Team, Wear, Position))
    def act(context: Context) -> None:
        context.set(a, Team(10))
        context.add([a, b], Team(5))
        context.despawn(c)
        context.detach(b, Wear)
        context.attach(b, Position((1, 2, 3)))
        context.spawn(Team([7, 8]), Wear(2))
        context.spawn(Team(9), count=2)

    made.step()
    assert made.read(Team, [a, b]).tolist() == [15, 7]
    assert not made.is_alive(int(c))
    assert np.sort(made.read(Team)).tolist() == [7, 7, 8, 9, 9, 15]
    assert made.read(Position).tolist() == [[1, 2, 3]]
    assert sorted(made.read(Wear)["points"].tolist()) == [1, 2, 2]


def test_resources_must_be_declared_and_present(world: MakeWorld) -> None:
    made = world()
    made.schedule.resources["score"] = [0]
    made.system("sync", writes=("score",))(lambda context: context.resource("score").append(1))
    made.step(3)
    assert made.schedule.resources["score"] == [0, 1, 1, 1]
    undeclared = world()
    undeclared.schedule.resources["score"] = []
    undeclared.system("sync", name="sneaky")(lambda context: context.resource("score"))
    cause = failure(undeclared)
    assert isinstance(cause, EcsError)
    assert "sneaky uses 'score' without declaring it" in str(cause)
    absent = world()
    absent.system("sync", reads=("score",))(lambda context: context.resource("score"))
    assert isinstance(failure(absent), ResourceNotFound)


def test_writes_must_be_declared(world: MakeWorld) -> None:
    for act in (
        lambda context, one: context.set(one, Team(1)),
        lambda context, one: context.add(one, Team(1)),
        lambda context, one: context.attach(one, Team(1)),
        lambda context, one: context.detach(one, Team),
        lambda context, one: context.spawn(Team(1)),
    ):
        made = world()
        one = made.spawn(Team(0), Wear(0))
        made.system("sync", writes=(Wear,), name="sneaky")(
            lambda context, act=act, one=one: act(context, one)
        )
        assert "sneaky writes Team without declaring it" in str(failure(made))
        assert made.read(Team).tolist() == [0]


def test_reads_must_be_declared(world: MakeWorld) -> None:
    made = drifting(world().gpu)
    made.system("sync", name="blind")(lambda context: context.percept)
    assert "blind declares no reads" in str(failure(made))

    made = drifting(world().gpu)
    made.system("sync", reads=(Velocity,))(lambda context: None)
    made.system("sync", reads=(Team,), name="sneaky")(
        lambda context: context.percept.read(Velocity)
    )
    made.step(2)
    cause = failure(made)
    assert isinstance(cause, EcsError)
    assert "Velocity" in str(cause)


def test_an_unknown_stage(world: MakeWorld) -> None:
    with pytest.raises(EcsError, match="no stage 'later'; there is pre_simulation, "):
        world().system("later")(lambda context: None)
    for threads in (0, -1):
        with pytest.raises(
            EcsError, match=f"threads must be a whole number, 1 to 1024, got {threads}"
        ):
            world(threads=threads)


@pytest.mark.parametrize("threads", [1, 4])
def test_a_failing_system_leaves_the_world_at_the_tick_before(gpu: Any, threads: int) -> None:
    made = drifting(gpu, threads=threads)
    made.system("pre_simulation", writes=(Team,))(lambda c: c.spawn(Team(1)))

    @made.system("physics", writes=(Team,))
    def fragile(context: Context) -> None:
        context.spawn(Team(2))
        if context.tick == 3:
            raise ZeroDivisionError("oops")

    made.step(3)
    before = made.checksum().hex, made.count
    with pytest.raises(
        SystemExecutionFailed, match="system fragile failed: ZeroDivisionError: oops"
    ):
        made.step(5)
    assert made.tick == 3
    assert (made.checksum().hex, made.count) == before
    with pytest.raises(SystemExecutionFailed) as caught:
        made.step()
    assert caught.value.name == "fragile"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert (made.checksum().hex, made.count) == before


def test_a_failing_last_stage_applies_no_command(gpu: Any) -> None:
    made = drifting(gpu)
    made.system("post_simulation", writes=(Team,))(lambda c: c.spawn(Team(1)))
    made.system("presentation")(lambda c: 1 // 0)
    with pytest.raises(SystemExecutionFailed):
        made.step(5)
    assert (made.tick, made.count) == (1, 64)


def test_what_is_gone_is_dropped_and_counted(world: MakeWorld) -> None:
    """A percept is two ticks old: what it showed may be dead, or without the component, by now."""
    made = world()
    a, b, c, d = made.spawn(Team([1, 2, 3, 4]), Wear(1))
    gone = made.spawn(Team(5))
    made.despawn(gone)
    made.system("sync", writes=(Wear,))(lambda x: (x.despawn(a), x.detach(b, Wear)))
    made.system("sync", writes=(Team, Wear))(
        lambda x: (x.set([a, b, c, d, gone], Team([5, 6, 7, 8, 9])), x.add([b, c], Wear([5, 6])))
    )
    made.step()
    assert made.schedule.dropped == 3
    assert made.read(Team, [b, c, d]).tolist() == [6, 7, 8]
    assert made.read(Wear)["points"].tolist() == [7, 1]
    assert not made.is_alive(int(a))
    made.step()
    assert made.schedule.dropped == 3 + 4, "a twice, gone, and the wear of b"


def test_entities_that_never_lived_are_an_error(world: MakeWorld) -> None:
    made = world()
    one = made.spawn(Team(0))
    for wrong in (Entity(5, 0), Entity(0, 1), [one, Entity(0, 9)]):
        bad = world()
        bad.spawn(Team(0))
        bad.system("sync", writes=(Team,))(lambda c, wrong=wrong: c.set(wrong, Team(1)))
        assert isinstance(failure(bad), EntityNotFound)
    made.system("sync")(lambda c: c.despawn([one, one]))
    assert "named twice" in str(failure(made))


def test_random_numbers_are_keyed(world: MakeWorld) -> None:
    def draws(seed: int, threads: int) -> dict[tuple[int, str, int], int]:
        made = world(seed=seed, threads=threads)
        out: dict[tuple[int, str, int], int] = {}
        for name in ("left", "right"):

            def draw(context: Context, name: str = name) -> None:
                for stream in (0, 1, 0):
                    value = int(context.rng(stream).integers(1 << 60))
                    assert out.setdefault((context.tick, name, stream), value) == value

            made.system("sync", name=name)(draw)
        made.step(4)
        return out

    one = draws(3, 1)
    assert len(set(one.values())) == len(one) == 16, "each key has its own numbers"
    assert draws(3, 8) == one
    assert not set(draws(4, 1).values()) & set(one.values())


@pytest.mark.parametrize("stream", [-1, 65536, 2**70])
def test_streams_have_16_bits(world: MakeWorld, stream: int) -> None:
    made = world()
    made.system("sync")(lambda c: c.rng(stream))
    assert "stream must be 0 to 65535" in str(failure(made))


def test_what_a_system_may_be(world: MakeWorld) -> None:
    made = world()
    system = made.schedule.add(System(lambda c: None, "sync", name="mine"))
    assert (system.name, system.source) == ("mine", 1)
    with pytest.raises(EcsError, match="reads must be a tuple"):
        System(lambda c: None, "sync", reads=Team)  # type: ignore[arg-type]
    with pytest.raises(EcsError, match="writes must be a tuple"):
        System(lambda c: None, "sync", writes=[Team])  # type: ignore[arg-type]
