"""Snapshots: a restored world has the same state, the same handles and the same future."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from astraweave import Context, Gpu, Look, Motion, Position, Snapshot, Team, Velocity, World
from astraweave.app.scene import load_scene
from astraweave.ecs.snapshot import restore, take
from astraweave.errors import CapacityError, EcsError, EntityNotFound, FormatError
from tests.integration.support import Everything, Wear, drifting, raw_records, spawn_raw

MakeWorld = Callable[..., World]


def thinking(gpu: Gpu, threads: int = 1) -> World:
    """A world whose systems act on percepts, so that those in flight matter."""
    world = drifting(gpu, 150, threads=threads)

    @world.system("perception", reads=(Position, Team), writes=(Position, Velocity, Team, Wear))
    def steer(context: Context) -> None:
        who, place = context.percept.handles(Position), context.percept.read(Position)
        context.set(who[::2], Velocity(-place[::2] / 20))
        if context.tick % 5 == 0:
            context.despawn(context.rng().permutation(who)[:3])
            context.spawn(Position(place[:2]), Velocity((1, 2, 3)), Team([1, 2]))
            context.spawn(Wear(context.tick))

    return world


def test_a_fresh_world_goes_on_like_the_old_one(gpu: Gpu, tmp_path: Path) -> None:
    made = thinking(gpu)
    made.step(13)
    taken = made.snapshot()
    taken.save(tmp_path / "world.save")
    then = made.checksum().hex
    made.step(20)
    end = made.checksum().hex, made.select().tolist()

    for snapshot in (taken, Snapshot.load(tmp_path / "world.save")):
        fresh = thinking(gpu, threads=4)
        fresh.restore(snapshot)
        assert (fresh.tick, fresh.seed, fresh.checksum().hex) == (13, made.seed, then)
        fresh.shuffle(2)
        fresh.step(20)
        assert (fresh.checksum().hex, fresh.select().tolist()) == end

    restore(made, taken)  # rollback in place
    made.step(20)
    assert (made.checksum().hex, made.select().tolist()) == end


@pytest.mark.parametrize("name", ["crowd", "bounce", "hello_compute"])
def test_scenes_go_on_the_same(gpu: Gpu, name: str) -> None:
    made, _ = load_scene(name).make(gpu, entities=300, seed=4)
    made.step(37)
    taken = take(made)
    made.step(30)
    fresh, _ = load_scene(name).make(gpu, entities=300, seed=4)
    restore(fresh, taken)
    fresh.step(30)
    assert fresh.checksum().hex == made.checksum().hex


def test_every_column_comes_back(world: MakeWorld) -> None:
    made = world()
    made.register(Everything, Team, Look)
    rng = np.random.default_rng(3)
    records = {k.layout.name: raw_records(k.layout, 500, rng) for k in (Everything, Look)}
    handles = spawn_raw(made, **records)
    made.spawn(Team(np.arange(200)))
    made.despawn(handles[::3])
    kept = np.delete(np.arange(500), np.arange(0, 500, 3))
    taken = take(made)
    fresh = world()
    fresh.register(Team, Look, Everything)  # in another order: the mask bits differ
    fresh.spawn(Team(np.zeros(5000)))  # and with something in the way
    restore(fresh, taken)
    for name, kind in (("Everything", Everything), ("Look", Look)):
        got = fresh.read(kind, handles[kept], raw=True)
        for field in kind.layout.fields:
            assert np.array_equal(got[field.name], records[name][kept][field.name])
    assert fresh.read(Team).tolist() == list(range(200))
    assert fresh.checksum().hex == made.checksum().hex
    assert fresh.count == made.count


def test_handles_survive_and_the_dead_stay_dead(world: MakeWorld) -> None:
    made = world()
    a, b, c = made.spawn(Team([1, 2, 3]))
    made.despawn(b)
    taken = take(made)
    later = made.spawn(Team(4))
    fresh = world()
    fresh.register(Team)
    restore(fresh, taken)
    assert fresh.read(Team, [c, a]).tolist() == [3, 1]
    for dead in (int(b), later):
        with pytest.raises(EntityNotFound):
            fresh.read(Team, dead)
    assert fresh.spawn(Team(9)) == later, "the same handle is given out next"


def test_an_empty_world(world: MakeWorld) -> None:
    taken = take(world())
    made = world()
    made.spawn(Team(np.arange(10)))
    made.step(3)
    restore(made, taken)
    assert (made.count, made.tick, made.checksum().hex) == (0, 0, "0" * 32)
    made.spawn(Team([7, 8]))
    assert made.read(Team).tolist() == [7, 8]


def test_taking_one_changes_nothing(gpu: Gpu) -> None:
    made, other = thinking(gpu), thinking(gpu)
    for _ in range(10):
        take(made)
        made.step(2)
    other.step(20)
    assert made.checksum().hex == other.checksum().hex


def test_the_same_state_gives_the_same_bytes(gpu: Gpu, tmp_path: Path) -> None:
    files = []
    for seed in (1, 2):
        made = drifting(gpu, 100)
        made.step(5)
        made.shuffle(seed)
        take(made).save(tmp_path / f"{seed}.save")
        files.append((tmp_path / f"{seed}.save").read_bytes())
    assert files[0] == files[1]


def changed(snapshot: Snapshot, **fields: Any) -> Snapshot:
    return msgspec.structs.replace(snapshot, **fields)


@pytest.fixture
def taken(gpu: Gpu) -> Snapshot:
    made = thinking(gpu)
    made.step(7)
    made.despawn(made.select()[:5])
    return take(made)


def damaged(taken: Snapshot) -> dict[str, Snapshot]:
    """Snapshots that contradict themselves or do not fit."""
    columns, layouts = taken.columns, taken.layouts
    other = [dict(entry) for entry in layouts]
    other[0]["stride"] = 99
    return {
        "layout": changed(taken, layouts=other),
        "layout without a name": changed(taken, layouts=[{}, *layouts[1:]]),
        "same layout twice": changed(taken, layouts=[layouts[0], *layouts]),
        "unknown component": changed(taken, layouts=[*layouts, {"name": "Nothing"}]),
        "rate": changed(taken, rate=30),
        "seed": changed(taken, seed=2**32),
        "tick": changed(taken, tick=-1),
        "short column": changed(taken, columns=columns | {"Team": columns["Team"][:-4]}),
        "odd column": changed(taken, columns=columns | {"Team": columns["Team"] + b"x"}),
        "missing column": changed(taken, columns={k: v for k, v in columns.items() if k != "Team"}),
        "strange column": changed(taken, columns=columns | {"Nothing": b""}),
        "generations": changed(taken, generation=taken.generation[:-4]),
        "odd generations": changed(taken, generation=taken.generation + b"x"),
        "odd masks": changed(taken, mask=taken.mask[:-1]),
        "no entities": changed(taken, mask=b"", generation=b""),
        "free beyond the end": changed(taken, free=np.uint32([10**6]).tobytes()),
        "free and alive": changed(taken, free=np.uint32([1]).tobytes()),
        "free twice": changed(taken, free=taken.free + taken.free),
        "odd free": changed(taken, free=b"xyz"),
        "mask of nobody": changed(taken, mask=np.uint32([2]).tobytes() + taken.mask[4:]),
        "mask bits": changed(taken, mask=np.uint32([0x80000001]).tobytes() + taken.mask[4:]),
        "percept": changed(taken, percepts=[changed(taken.percepts[-1], generation=b"abc")]),
        "percept column": changed(
            taken, percepts=[changed(taken.percepts[-1], columns={"entity": b"x"})]
        ),
        "percept rows": changed(
            taken,
            percepts=[
                changed(
                    taken.percepts[-1],
                    columns=taken.percepts[-1].columns | {"Position": b"\0" * 16},
                )
            ],
        ),
        "percept of nobody": changed(
            taken,
            percepts=[
                changed(
                    taken.percepts[-1],
                    columns=taken.percepts[-1].columns
                    | {"entity": np.uint32([10**6, 1]).tobytes()},
                )
            ],
        ),
        "percept bits": changed(taken, percepts=[changed(taken.percepts[-1], bits={})]),
    }


def test_what_does_not_fit_is_refused_whole(gpu: Gpu, taken: Snapshot) -> None:
    made = thinking(gpu)
    made.step(3)
    before = made.checksum().hex, made.tick, made.count
    reference = thinking(gpu)
    reference.step(8)
    for name, wrong in damaged(taken).items():
        try:
            restore(made, wrong)
        except FormatError as error:
            assert str(error).startswith("snapshot: ")  # noqa: PT017 - many in one world
        else:
            pytest.fail(f"{name} was accepted")
        assert (made.checksum().hex, made.tick, made.count) == before, name
    made.step(5)
    assert made.checksum().hex == reference.checksum().hex


def test_more_entities_than_fit(gpu: Gpu, taken: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    many = drifting(gpu, 5000)
    big = take(many)
    made = drifting(gpu)
    before = made.checksum().hex
    monkeypatch.setattr(gpu, "max_binding", 16 * 2000)
    with pytest.raises(CapacityError):
        restore(made, big)
    assert (made.checksum().hex, made.count) == (before, 64)
    made.step()


def test_restoring_needs_the_components(world: MakeWorld, taken: Snapshot) -> None:
    made = world()
    made.use(Motion())
    with pytest.raises(FormatError, match=r"component .* is not registered here"):
        restore(made, taken)


# -- what Python remembers -------------------------------------------------------------------------


class Memory:
    """A system that remembers: what it does depends on all that it saw."""

    def __init__(self, world: World, name: str = "memory") -> None:
        self.sums: list[int] = []
        world.keep(name, self)
        world.system("simulation", reads=(Position,), writes=(Velocity,), name=name)(self.think)

    def think(self, context: Context) -> None:
        who, place = context.percept.handles(Position), context.percept.read(Position)
        self.sums.append(int(np.floor(place.sum())))
        context.set(who[: len(self.sums)], Velocity((self.sums[0] % 7, len(self.sums) % 5, 1)))

    def save_state(self) -> bytes:
        return msgspec.json.encode(self.sums)

    def load_state(self, state: bytes) -> None:
        self.sums = msgspec.json.decode(state, type=list[int])


def test_what_is_kept_goes_back_with_the_world(gpu: Gpu, tmp_path: Path) -> None:
    world = drifting(gpu, 60)
    memory = Memory(world)
    world.step(9)
    taken, then = world.snapshot(), list(memory.sums)
    taken.save(tmp_path / "world.save")
    world.step(12)
    end = world.checksum().hex, list(memory.sums)
    world.restore(taken)
    assert memory.sums == then
    world.step(12)
    assert (world.checksum().hex, memory.sums) == end

    fresh = drifting(gpu, 60)
    again = Memory(fresh)
    fresh.restore(Snapshot.load(tmp_path / "world.save"))
    fresh.step(12)
    assert (fresh.checksum().hex, again.sums) == end


def test_what_is_not_kept_does_not_go_back(gpu: Gpu) -> None:
    """So the test above would fail if snapshots left `Memory` out."""
    world = drifting(gpu, 60)
    memory = Memory(world)
    world.step(9)
    taken = world.snapshot()
    world.step(12)
    end, later = world.checksum().hex, list(memory.sums)
    world.restore(taken)
    memory.sums = later
    world.step(12)
    assert world.checksum().hex != end


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ({}, "it holds the state of nothing; this world keeps first, second"),
        ({"first": b"[1]"}, "it holds the state of first; this world keeps first, second"),
        (
            {"first": b"[1]", "second": b"[1]", "third": b"[]"},
            "it holds the state of first, second, third; this world keeps first, second",
        ),
        ({"first": b"[1]", "second": b"[1"}, "second refuses its state: "),
        ({"first": b"{}", "second": b"[1]"}, "first refuses its state: "),
    ],
)
def test_states_that_do_not_fit_change_nothing(
    gpu: Gpu, states: dict[str, bytes], message: str
) -> None:
    world = drifting(gpu, 20)
    first, second = Memory(world, "first"), Memory(world, "second")
    world.step(3)
    taken = world.snapshot()
    world.step(4)
    before = world.checksum().hex, world.tick, list(first.sums), list(second.sums)
    with pytest.raises(FormatError, match=f"^snapshot: {message}"):
        world.restore(msgspec.structs.replace(taken, states=states))
    assert (world.checksum().hex, world.tick, first.sums, second.sums) == before
    world.restore(taken)
    assert world.tick == 3


def test_things_without_state_and_names_that_are_taken_are_refused(gpu: Gpu) -> None:
    world = drifting(gpu, 5)
    Memory(world)
    with pytest.raises(EcsError, match="under the name memory already"):
        Memory(world)
    nothing: Any = object()
    with pytest.raises(EcsError, match="keep: ghost has no method save_state"):
        world.keep("ghost", nothing)
