"""The checksum folds on the GPU as in its NumPy twin: every value, owner and presence counts."""

import numpy as np
import pytest

from astraweave.ecs.component import component
from astraweave.ecs.fields import I32, U32, Angle, Vec2, Vec3, Vec4
from astraweave.ecs.world import World
from astraweave.sim.components import Body, Position, Team, Velocity
from tests.gpu import worlds
from tests.gpu.worlds import SIZES, Twin, checksum_parts, in_box, random_world
from tests.reference import checksum

pytestmark = pytest.mark.gpu


@component
class Wide:
    """Fields of every width, with padding between them and at the end."""

    a: I32
    b: Vec3
    c: Vec2
    d: Angle
    e: Vec4
    f: U32


def test_every_width_agrees() -> None:
    rng = np.random.default_rng(1)
    world = World(worlds.gpu())
    n = 300
    value = Wide(
        rng.integers(-(1 << 31), 1 << 31, n),
        rng.uniform(-100, 100, (n, 3)),
        rng.uniform(-100, 100, (n, 2)),
        rng.uniform(0, 6, n),
        rng.uniform(-100, 100, (n, 4)),
        rng.integers(0, 1 << 32, n),
    )
    ids = world.spawn(value).astype(np.uint32)
    layout = Wide.layout
    told = world.checksum().parts["Wide"]
    records = world.read(Wide, raw=True)
    assert np.array_equal(told, checksum.fold(ids, records, layout.key, layout.used_words))


@pytest.mark.parametrize("count", [*SIZES, 140_000])
@pytest.mark.parametrize("mixed", [False, True], ids=["alike", "mixed"])
def test_every_size_agrees(count: int, mixed: bool) -> None:
    world = random_world(
        np.random.default_rng(count), count, in_box(-9, 9), mixed=mixed, holes=mixed
    )
    parts = checksum_parts(world, Twin.of(world))
    told = world.checksum()
    for name, lanes in parts.items():
        assert np.array_equal(told.parts[name], lanes), name
    assert told.hex == checksum.as_hex(parts)


def test_slots_do_not_count() -> None:
    world = random_world(np.random.default_rng(2), 777, in_box(-9, 9), mixed=True)
    before = world.checksum().hex
    world.shuffle(5)
    assert world.checksum().hex == before


def test_an_empty_world_has_a_checksum() -> None:
    assert World(worlds.gpu()).checksum().hex == "0" * 32


def team_checksum(*teams: int) -> str:
    world = World(worlds.gpu())
    world.spawn(Team(np.array(teams)))
    return world.checksum().hex


def test_whose_value_it_is_counts() -> None:
    # An id and a value must not cancel: 0 ^ 1 = 1 ^ 0.
    different = [(0, 0), (1, 1), (0, 1), (1, 0), (2, 3), (3, 2)]
    assert len({team_checksum(*teams) for teams in different}) == len(different)


def test_the_smallest_change_of_any_part_counts() -> None:
    def told(change: int) -> str:
        p, v = np.zeros((2, 5, 3))
        radius = np.ones(5)
        unit = 1 / 65536
        target = [p[3], v[3], radius[3:4]][change % 3]
        target[-1] += unit if change else 0
        world = World(worlds.gpu())
        world.spawn(Position(p), Velocity(v), Body(radius))
        return world.checksum().hex

    assert len({told(change) for change in range(4)}) == 4


def test_presence_and_life_count() -> None:
    world = World(worlds.gpu())
    handles = world.spawn(Position(np.zeros((4, 3))), Velocity())
    seen = [world.checksum()]
    world.detach(handles[1], Velocity)
    seen.append(world.checksum())
    world.attach(handles[1], Velocity())
    assert world.checksum().hex == seen[0].hex
    world.despawn(handles[3])
    seen.append(world.checksum())
    assert seen[0].differing(seen[1]) == ["Velocity"]
    assert seen[0].differing(seen[2]) == ["entities", "Position", "Velocity"]
