"""Growth: capacity doubles, nothing is lost, and a world that cannot grow stays as it was."""

import gc
from collections.abc import Callable

import numpy as np
import pytest

from astraweave import Gpu, Motion, Position, Team, Velocity, World
from astraweave.errors import ArchetypeStorageFull, CapacityError, EntityNotFound
from astraweave.gpu.passes import ENTITIES
from tests.integration.support import Everything, Wear, drifting

MakeWorld = Callable[..., World]


def test_capacity_doubles(world: MakeWorld) -> None:
    made = world()
    seen = [made.storage.capacity]
    for _ in range(90):
        made.spawn(Team(np.arange(100)))
        made.flush()
        if made.storage.capacity != seen[-1]:
            seen.append(made.storage.capacity)
    assert seen == [1024, 2048, 4096, 8192, 16384]
    assert np.array_equal(made.read(Team), np.tile(np.arange(100), 90))


def test_growth_by_one_spawn(world: MakeWorld) -> None:
    made = world()
    handles = made.spawn(Team(np.arange(5)))
    made.spawn(Team(np.arange(5000)), Wear(7))
    assert made.storage.capacity == 8192
    assert made.read(Team, handles).tolist() == [0, 1, 2, 3, 4]
    assert (made.read(Wear)["points"] == 7).all()


def test_growth_while_ticking_changes_no_result(world: MakeWorld, gpu: Gpu) -> None:
    """The same commands in a world that starts large enough."""
    hashes = []
    for reserve in (0, 20_000):
        made = world(seed=1)
        made.storage.reserve(reserve)
        made.use(Motion(gravity=(0, -9.81, 0)))
        rng = np.random.default_rng(2)
        for _ in range(8):
            made.spawn(
                Position(rng.uniform(-9, 9, (1500, 3))), Velocity(rng.normal(0, 1, (1500, 3)))
            )
            made.step(3)
        hashes.append(made.checksum().hex)
    assert hashes[0] == hashes[1]


def test_spawn_despawn_respawn_of_100_000(world: MakeWorld) -> None:
    made, rng = world(), np.random.default_rng(7)
    made.use(Motion())
    place = rng.integers(-1000, 1000, (100_000, 3))
    first = made.spawn(Position(place), Velocity(np.zeros((100_000, 3))))
    gone = rng.permutation(100_000)[:50_000]
    kept = np.delete(np.arange(100_000), gone)
    made.despawn(first[gone])
    made.step(20)
    assert made.count == 50_000
    assert np.array_equal(made.read(Position, first[kept]), place[kept])
    second = made.spawn(Position(place[gone] + 5000), Team(np.arange(50_000)))
    made.step(20)
    assert np.array_equal(made.read(Position, first[kept]), place[kept])
    assert np.array_equal(made.read(Position, second), place[gone] + 5000)
    assert np.array_equal(made.read(Team, second), np.arange(50_000))
    assert not np.isin(second, first).any()
    for dead in first[gone][::997]:
        assert not made.is_alive(int(dead))
        for refused in (
            made.despawn,
            lambda h: made.read(Position, h),
            lambda h: made.set(h, Team(1)),
        ):
            with pytest.raises(EntityNotFound):
                refused(int(dead))
    assert all(made.is_alive(int(h)) for h in first[kept][::997])


def test_holes_are_used_again_instead_of_growing(world: MakeWorld) -> None:
    made = world()
    handles = made.spawn(Team(np.zeros(1000)))
    for i in range(30):
        made.despawn(handles[:900])
        handles = np.concatenate([handles[900:], made.spawn(Team(np.full(900, i)))])
        made.flush()
    assert made.storage.capacity <= 2048
    assert made.count == 1000
    assert np.array_equal(np.sort(made.read(Team)), np.sort(made.read(Team, handles)))


class TestWithoutRoom:
    """A device that binds little memory."""

    @pytest.fixture
    def full(self, world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> World:
        made = drifting(world().gpu, 1000)
        made.prepare()
        # Room for 4096 positions of 16 bytes.
        monkeypatch.setattr(made.gpu, "max_binding", 16 * 4096)
        return made

    def test_spawning_too_many_changes_nothing(self, full: World) -> None:
        before = full.checksum().hex, full.count, full.storage.capacity
        with pytest.raises(CapacityError, match=r"needs 0 MiB|binds at most"):
            full.spawn(Position(np.zeros((5000, 3))), Velocity(np.zeros((5000, 3))))
        assert (full.checksum().hex, full.count, full.storage.capacity) == before
        full.spawn(Position(np.ones((3096, 3))), Velocity(np.zeros((3096, 3))))
        assert full.count == 4096
        full.step()
        with pytest.raises(CapacityError):
            full.spawn(Team(1))
        assert full.count == 4096

    def test_a_component_too_large_changes_nothing(self, full: World) -> None:
        full.storage.reserve(4096)
        gc.collect()
        before = full.checksum().hex, full.gpu.allocated
        for attempt in (
            lambda: full.spawn(Everything()),
            lambda: full.register(Everything),
            lambda: full.attach(full.select(Team)[:1], Everything()),
        ):
            with pytest.raises(CapacityError):
                attempt()
            assert "Everything" not in full.layouts
        assert (full.checksum().hex, full.gpu.allocated) == before
        full.step()

    def test_the_last_capacity_is_what_fits(self, full: World) -> None:
        full.gpu.max_binding = 16 * 3000
        full.spawn(Team(np.zeros(1500)))
        assert full.count == 2500
        assert full.storage.capacity == 3000


def test_31_components_fit_and_one_more_does_not(world: MakeWorld) -> None:
    from astraweave import U32, component

    kinds = [component(type(f"Tag{i}", (), {"__annotations__": {"value": U32}})) for i in range(32)]
    made = world()
    handles = made.spawn(*(kind(np.arange(5)) for kind in kinds[:31]))
    for kind in kinds[:31]:
        assert made.read(kind, handles).tolist() == [0, 1, 2, 3, 4]
    before = made.checksum().hex
    with pytest.raises(ArchetypeStorageFull, match="at most 31 component types") as caught:
        made.attach(handles, kinds[31](1))
    assert caught.value.maximum == 31
    assert made.checksum().hex == before
    assert made.select(*kinds[:31]).size == 5


def test_engine_bytes_are_counted(world: MakeWorld) -> None:
    gpu = world().gpu
    gc.collect()  # worlds of earlier tests give their buffers back now, not while we count
    before = gpu.allocated
    made = world()
    made.spawn(Team(np.zeros(10_000)))
    made.flush()
    held = {id(b): b.size for b in made.storage.buffers.values()}
    assert gpu.allocated - before >= sum(held.values()) == made.storage.bytes
    assert made.storage.buffers[ENTITIES.name].size == 8 * made.storage.capacity
