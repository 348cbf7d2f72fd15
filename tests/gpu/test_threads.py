"""Threads and delays must not be seen: conflicting systems in turn, the rest in any order."""

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from astraweave import Context, Gpu, Position, System, Team, Velocity, World
from tests.integration.support import Wear, drifting

Declare = Callable[..., Callable[[Callable[[Context], None]], System]]


def sleepy(world: World, sleeps: random.Random | None) -> Declare:
    """A decorator that adds systems which sleep before and after, at random."""

    def pause() -> None:
        if sleeps:
            time.sleep(sleeps.random() * 0.003)

    def declare(stage: str, reads: tuple = (), writes: tuple = ()) -> Any:
        def add(function: Callable[[Context], None]) -> System:
            def slow(context: Context) -> None:
                pause()
                function(context)
                pause()

            return world.schedule.add(System(slow, stage, reads, writes, function.__name__))

        return add

    return declare


def busy_world(gpu: Gpu, threads: int, sleeps: random.Random | None) -> World:
    """Systems of several stages that read percepts, share resources and issue commands."""
    world = drifting(gpu, 200, threads=threads)
    world.schedule.resources |= {"score": [1], "log": []}
    declare = sleepy(world, sleeps)

    @declare("perception", (Position, Team), (Velocity,))
    def steer(context: Context) -> None:
        who, place = context.percept.handles(Position), context.percept.read(Position)
        context.set(who[::3], Velocity(-place[::3] / 50))

    @declare("perception", (Position,), ("score",))
    def count(context: Context) -> None:
        score = context.resource("score")
        score.append((score[-1] * 31 + int(context.percept.read(Position)[0, 0])) % 1000)

    @declare("simulation", ("score",), (Team,))
    def recruit(context: Context) -> None:
        context.spawn(Team(context.resource("score")[-1] % 7), count=3)

    @declare("simulation", (), (Wear, "score"))
    def hurt(context: Context) -> None:
        score = context.resource("score")
        score.append(score[-1] * 17 % 1001)
        context.spawn(Wear(score[-1], int(context.rng().integers(100))))

    @declare("simulation", (Team,))
    def cull(context: Context) -> None:
        teams = context.percept.handles(Team)
        if context.tick == 8:
            context.despawn(context.rng(1).permutation(teams)[:20])

    @declare("post_simulation", (Velocity,), ("log", Velocity))
    def note(context: Context) -> None:
        context.resource("log").append(int(context.percept.tick))
        context.add(context.percept.handles(Velocity)[:2], Velocity((0.5, 0, 0)))

    return world


def test_same_result_with_any_number_of_threads(gpu: Gpu) -> None:
    found = set()
    for threads in (1, 2, 4, 8):
        for attempt in range(2):
            world = busy_world(gpu, threads, random.Random(threads * 10 + attempt))
            seen = []
            world.ticks_done.append(lambda first, sums, seen=seen: seen.extend(s.hex for s in sums))
            world.step(12)
            resources = world.schedule.resources
            found.add(
                (tuple(seen), world.checksum().hex, str(resources["score"]), str(resources["log"]))
            )
    world = busy_world(gpu, 1, None)
    world.step(12)
    assert len(found) == 1
    assert world.checksum().hex == found.pop()[1]


def test_systems_without_conflict_run_at_once(gpu: Gpu) -> None:
    """Two systems that wait for each other finish only if both run at the same time."""
    world = World(gpu, threads=2)
    meeting = threading.Barrier(2, timeout=20)
    for key in ("left", "right"):
        world.system("sync", writes=(key,))(lambda context: meeting.wait())
    world.step(2)
    assert world.tick == 2


@pytest.mark.parametrize(
    ("first", "second", "conflict"),
    [
        ({"writes": ("a",)}, {"writes": ("a",)}, True),
        ({"reads": ("a",)}, {"writes": ("a",)}, True),
        ({"writes": ("a",)}, {"reads": ("a",)}, True),
        ({"reads": ("a",)}, {"reads": ("a",)}, False),
        ({"writes": ("a",)}, {"writes": ("b",)}, False),
        ({"writes": (Team,)}, {"writes": (Team,)}, False),
        ({"reads": (Team,)}, {"writes": (Team,)}, False),
    ],
)
def test_conflicts(gpu: Gpu, first: dict, second: dict, conflict: bool) -> None:
    """Components never conflict: they are read from the past and written by ordered commands."""
    world = World(gpu)
    one = world.schedule.add(System(lambda c: None, "sync", **first, name="one"))
    two = world.schedule.add(System(lambda c: None, "sync", **second, name="two"))
    assert one.conflicts(two) is two.conflicts(one) is conflict
    waves = [[s.name for s in wave] for wave in world.schedule.waves("sync")]
    assert waves == ([["one"], ["two"]] if conflict else [["one", "two"]])


def test_waves_keep_the_order_of_conflicts(gpu: Gpu) -> None:
    rng = np.random.default_rng(5)
    world = World(gpu)
    for i in range(30):
        keys = [str(k) for k in rng.integers(0, 6, 3)]
        world.schedule.add(System(lambda c: None, "sync", tuple(keys[:2]), (keys[2],), str(i)))
    waves = world.schedule.waves("sync")
    place = {s.name: w for w, wave in enumerate(waves) for s in wave}
    assert len(place) == 30
    systems = [s for wave in waves for s in wave]
    for a in systems:
        for b in systems:
            if int(a.name) < int(b.name) and a.conflicts(b):
                assert place[a.name] < place[b.name]


def test_conflicting_systems_never_overlap(gpu: Gpu) -> None:
    world = World(gpu, threads=8)
    inside: list[str] = []
    overlaps: list[list[str]] = []

    def enter(context: Context) -> None:
        inside.append("x")
        if len(inside) > 1:
            overlaps.append(list(inside))
        time.sleep(0.001)
        inside.pop()

    for _ in range(6):
        world.system("sync", writes=("shared",))(enter)
    world.step(5)
    assert overlaps == []
