"""Recording and replay: an honest recording agrees, an altered one fails at the right tick."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave import Context, Gpu, Position, Recorder, Recording, Team, Velocity, World, replay
from astraweave.app.scene import load_scene
from astraweave.errors import AstraError, FormatError, ReplayMismatch
from tests.integration.support import Wear, drifting

TICKS = 24


def scene(gpu: Gpu, **options: Any) -> World:
    """A world whose systems act on what they see."""
    world = drifting(gpu, 40, **options)

    @world.system("perception", reads=(Position,), writes=(Position, Velocity, Team, Wear))
    def steer(context: Context) -> None:
        who, place = context.percept.handles(Position), context.percept.read(Position)
        if context.tick % 3 == 0:
            context.set(who[:4], Velocity(-place[:4] / 20))
            context.add(who[5:7], Team([1, 2]))
        if context.tick % 6 == 0:
            context.spawn(Position(place[:2]), Velocity((1, 2, 3)), Team([1, 2]))
            context.attach(who[9], Wear(context.tick, 1))
            context.despawn(context.rng().permutation(who)[:2])

    return world


def record(gpu: Gpu, **options: Any) -> tuple[Recording, World]:
    """A recording of it, with commands of the program in between."""
    world = scene(gpu, **options)
    recorder = Recorder(world, "scene", {"entities": 40})
    world.step(8)
    world.set(world.select(Team)[3], Team(7))
    world.step(9)
    world.detach(world.select(Wear)[0], Wear)
    world.step(TICKS - 17)
    return recorder.finish(), world


@pytest.fixture(scope="module")
def recording(gpu: Gpu) -> Recording:
    return record(gpu)[0]


def altered(recording: Recording, index: int, **fields: Any) -> Recording:
    """The recording with one command changed."""
    commands = list(recording.commands)
    commands[index] = msgspec.structs.replace(commands[index], **fields)
    return msgspec.structs.replace(recording, commands=commands)


def find(recording: Recording, operation: str, after: int = 4) -> int:
    """Index of the first such command after a tick."""
    return next(
        i for i, c in enumerate(recording.commands) if c.operation == operation and c.tick > after
    )


def mismatch(gpu: Gpu, recording: Recording) -> ReplayMismatch:
    with pytest.raises(ReplayMismatch) as caught:
        replay(recording, scene(gpu))
    return caught.value


def test_a_replay_agrees(gpu: Gpu, tmp_path: Path) -> None:
    made, world = record(gpu)
    made.save(tmp_path / "it.rec")
    loaded = Recording.load(tmp_path / "it.rec")
    seen: list[int] = []
    last = replay(loaded, scene(gpu), seen.append)
    assert last.hex == world.checksum().hex == loaded.checksum(TICKS).hex
    assert loaded.ticks == TICKS
    assert seen[-1] == TICKS
    assert seen == sorted(seen)


def test_recordings_do_not_depend_on_threads_or_slots(gpu: Gpu, recording: Recording) -> None:
    again, _ = record(gpu, threads=8)
    assert msgspec.msgpack.encode(again) == msgspec.msgpack.encode(recording)
    shuffled = scene(gpu)
    shuffled.shuffle(9)
    assert replay(recording, shuffled).hex == recording.checksum(TICKS).hex


def test_systems_do_not_run_in_a_replay(gpu: Gpu, recording: Recording) -> None:
    world = scene(gpu)

    @world.system("simulation")
    def never(context: Context) -> None:
        raise AssertionError("the log says what was decided")

    replay(recording, world)
    assert world.schedule.muted is False
    assert world.ticks_done == []


@pytest.mark.parametrize("name", ["crowd", "bounce", "hello_compute"])
def test_scenes(gpu: Gpu, name: str) -> None:
    made, _ = load_scene(name).make(gpu, entities=200, seed=3)
    recorder = Recorder(made, name, {"entities": 200})
    made.step(305)
    recording = recorder.finish()
    fresh, _ = load_scene(name).make(gpu, entities=200, seed=3, threads=2)
    assert replay(recording, fresh).hex == made.checksum().hex
    if name == "bounce":
        assert {c.operation for c in recording.commands} == {"add"}, "the kicks"


def test_an_altered_value(gpu: Gpu, recording: Recording) -> None:
    at = find(recording, "set")
    command = recording.commands[at]
    raw = bytearray(command.data["Velocity"])
    raw[0] ^= 1
    error = mismatch(gpu, altered(recording, at, data={"Velocity": bytes(raw)}))
    assert error.tick == command.tick + 1
    assert error.component == "Velocity", "too little to move anything within the tick"
    assert f"replay differs at tick {error.tick} in Velocity: recorded " in str(error)
    raw[2] ^= 1  # one metre per second more
    error = mismatch(gpu, altered(recording, at, data={"Velocity": bytes(raw)}))
    assert (error.tick, error.component) == (command.tick + 1, "Position")

    at = find(recording, "add")
    error = mismatch(gpu, altered(recording, at, data={"Team": np.uint32([1, 3]).tobytes()}))
    assert (error.tick, error.component) == (recording.commands[at].tick + 1, "Team")
    at = find(recording, "attach")
    wear = bytearray(recording.commands[at].data["Wear"])
    wear[-1] ^= 0x80
    error = mismatch(gpu, altered(recording, at, data={"Wear": bytes(wear)}))
    assert (error.tick, error.component) == (recording.commands[at].tick + 1, "Wear")


def test_another_entity(gpu: Gpu, recording: Recording) -> None:
    at = find(recording, "add")
    command = recording.commands[at]
    handles = np.frombuffer(command.entities, np.uint64).copy()
    handles[0] += np.uint64(20)
    error = mismatch(gpu, altered(recording, at, entities=handles.tobytes()))
    assert (error.tick, error.component) == (command.tick + 1, "Team")
    at = find(recording, "despawn")
    handles = np.frombuffer(recording.commands[at].entities, np.uint64).copy()
    handles[0] = 39 if handles[0] != 39 and handles[1] != 39 else 38
    error = mismatch(gpu, altered(recording, at, entities=handles.tobytes()))
    assert (error.tick, error.component) == (recording.commands[at].tick + 1, "entities")


def test_another_tick(gpu: Gpu, recording: Recording) -> None:
    at = find(recording, "add")
    tick = recording.commands[at].tick
    for moved, first in (
        (tick + 1, tick + 1),
        (tick - 1, tick),
        (TICKS + 50, tick + 1),
        (-5, tick + 1),
    ):
        error = mismatch(gpu, altered(recording, at, tick=moved))
        assert (error.tick, error.component) == (first, "Team")


def test_another_operation(gpu: Gpu, recording: Recording) -> None:
    at = find(recording, "add")
    error = mismatch(gpu, altered(recording, at, operation="set"))
    assert (error.tick, error.component) == (recording.commands[at].tick + 1, "Team")


def test_a_command_left_out(gpu: Gpu, recording: Recording) -> None:
    for operation in ("set", "add", "spawn", "despawn", "attach", "detach"):
        at = find(recording, operation)
        commands = [c for i, c in enumerate(recording.commands) if i != at]
        error = mismatch(gpu, msgspec.structs.replace(recording, commands=commands))
        assert error.tick in (recording.commands[at].tick, recording.commands[at].tick + 1)


def test_impossible_commands(gpu: Gpu, recording: Recording) -> None:
    at = find(recording, "add")
    tick = recording.commands[at].tick
    for fields in (
        {"entities": np.uint64([10**9, 2]).tobytes()},
        {"data": {"Nothing": b"1234"}},
        {"data": {"Team": b"123"}},
        {"data": {"Team": b"1234"}},
        {"data": {"Team": b"1234" * 3}},
        {"operation": "spawn"},
    ):
        error = mismatch(gpu, altered(recording, at, **fields))
        assert error.tick == tick
        assert error.component in ("commands", "entities")


def test_an_altered_checksum(gpu: Gpu, recording: Recording) -> None:
    raw = bytearray(recording.checksums)
    row = 16 * len(recording.components)
    place = recording.components.index("Velocity")
    raw[10 * row + 16 * place] ^= 1
    error = mismatch(gpu, msgspec.structs.replace(recording, checksums=bytes(raw)))
    assert (error.tick, error.component) == (10, "Velocity")


def test_another_world(gpu: Gpu, recording: Recording) -> None:
    for other, words in (
        (scene(gpu, seed=6), "the recording has seed 5, this world seed 6"),
        (scene(gpu, rate=30), "the recording has rate 60, this world rate 30"),
        (World(gpu, seed=5), "component Position of the recording is not registered"),
    ):
        with pytest.raises(FormatError, match=words):
            replay(recording, other)
    late = scene(gpu)
    late.step()
    with pytest.raises(FormatError, match="starts at tick 0, this world is at 1"):
        replay(recording, late)
    one_more = scene(gpu)
    one_more.spawn(Team(0))
    with pytest.raises(ReplayMismatch) as caught:
        replay(recording, one_more)
    assert caught.value.tick == 0


def test_recording_from_the_middle(gpu: Gpu) -> None:
    def half_way() -> World:
        world = scene(gpu)
        world.step(10)
        return world

    world = half_way()
    recorder = Recorder(world, "scene", {})
    world.step(10)
    recording = recorder.finish()
    assert (recording.first_tick, recording.ticks) == (10, 10)
    assert replay(recording, half_way()).hex == world.checksum().hex
    assert world.commands_applied == world.ticks_done == []


@settings(max_examples=40)
@given(data=st.data())
def test_hostile_recordings_end_in_one_of_our_errors(
    gpu: Gpu, recording: Recording, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(recording.commands) - 1))
    integers = st.integers(-(2**63), 2**63 - 1)
    fields = {
        "tick": st.one_of(st.integers(0, 30), integers),
        "source": integers,
        "sequence": integers,
        "operation": st.sampled_from(["spawn", "despawn", "set", "add", "attach", "detach"]),
        "entities": st.lists(st.integers(0, 2**64 - 1), max_size=4).map(
            lambda v: np.array(v, np.uint64).tobytes()
        ),
        "data": st.dictionaries(
            st.sampled_from(["Team", "Position", "Wear", "x"]), st.binary(max_size=40)
        ),
    }
    chosen = data.draw(st.sets(st.sampled_from(sorted(fields)), min_size=1, max_size=3))
    changes = {name: data.draw(fields[name]) for name in sorted(chosen)}
    world = scene(gpu)
    try:
        replay(altered(recording, at, **changes), world)
    except AstraError:
        assert world.schedule.muted is False
