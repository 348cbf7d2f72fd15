"""The list of blockers, and what it hides, agree with NumPy."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from astraweave import (
    U32,
    Barrier,
    Blockers,
    BlockersOverflow,
    Box,
    Motion,
    Obstacles,
    Pass,
    Position,
    Smoke,
    Vec3,
    Velocity,
    World,
    component,
)
from astraweave.errors import ComponentError, UsageError
from tests.gpu import worlds
from tests.gpu.worlds import ONE, Rng, metres
from tests.reference import blockers as twin

pytestmark = pytest.mark.gpu
Rows = NDArray[np.int64]
LOW, HIGH = -(1 << 31), (1 << 31) - 1


# --- the list ---------------------------------------------------------------------------------


def listed(world: World) -> tuple[Rows, Rows, Rows]:
    """Boxes (n, 6), clouds (n, 4), sorted, and the header."""
    words = world.resource(Blockers.reads[0]).view(np.int32).reshape(-1, 4).astype(np.int64)
    boxes, clouds = words[0, :2]
    pairs = words[1 : 1 + 2 * boxes, :3].reshape(boxes, 6)
    return in_order(pairs), in_order(words[513 : 513 + clouds]), words[0]


def in_order(found: Rows) -> Rows:
    return found[np.lexsort(found.T[::-1])]


def state(world: World, kind: Any) -> Any:
    """Raw positions and values of what has a kind of component, by entity index."""
    owners = world.select(Position, kind)
    return world.read(Position, owners, raw=True)["xyz"].astype(np.int64), world.read(
        kind, owners, raw=True
    )


def expected(world: World, static: Rows) -> tuple[Any, Any]:
    """What the next tick has to list, with how many drop out, if nothing moves in it."""
    place, barrier = state(world, Barrier)
    boxes, lost = twin.boxes(static, place, barrier["half"].astype(np.int64))
    place, smoke = state(world, Smoke)
    radius, ticks = smoke["radius"].astype(np.int64), smoke["ticks"].astype(np.int64)
    clouds, lost_clouds, left = twin.smokes(place, radius, ticks)
    return (in_order(boxes.reshape(-1, 6)), in_order(clouds), left), (lost, lost_clouds)


def static_boxes(rng: Rng, count: int) -> tuple[Box, ...]:
    place, half = rng.uniform(-40, 40, (count, 3)), rng.uniform(0.1, 4, (count, 3))
    return tuple(Box(tuple(p), tuple(h)) for p, h in zip(place, half, strict=True))


def corners(boxes: tuple[Box, ...]) -> Rows:
    low = [
        [np.rint(c * ONE) - np.rint(h * ONE) for c, h in zip(b.centre, b.half, strict=True)]
        for b in boxes
    ]
    high = [
        [np.rint(c * ONE) + np.rint(h * ONE) for c, h in zip(b.centre, b.half, strict=True)]
        for b in boxes
    ]
    return np.stack([np.array(low), np.array(high)], axis=1).astype(np.int64).reshape(-1, 2, 3)


def populate(world: World, rng: Rng, barriers: int, smokes: int, extent: int = 40 * ONE) -> None:
    """Barriers, clouds, both at once, and neither; some of no size or spent; some ended again."""

    def place(n: int) -> Position:
        return Position(metres(rng.integers(-extent, extent, (n, 3))))

    def halves(n: int) -> Barrier:
        return Barrier(metres(rng.integers(0, 4 * ONE, (n, 3)) * (rng.random((n, 1)) < 0.9)))

    def clouds(n: int) -> Smoke:
        return Smoke(metres(rng.integers(0, 6 * ONE, n)), rng.integers(0, 5, n))

    world.spawn(place(7), Velocity())
    made = [
        world.spawn(place(barriers), halves(barriers)),
        world.spawn(place(smokes), clouds(smokes)),
    ]
    made.append(world.spawn(place(5), halves(5), clouds(5)))
    world.spawn(halves(3), clouds(3))  # without a place
    world.shuffle(int(rng.integers(1 << 32)))
    world.despawn(rng.permutation(np.concatenate(made))[: (barriers + smokes) // 5])


@pytest.mark.parametrize(
    ("static", "barriers", "smokes"),
    [(0, 0, 0), (3, 40, 20), (256, 9, 90), (200, 100, 70), (0, 2000, 1500), (255, 1, 64)],
)
def test_the_list_agrees(static: int, barriers: int, smokes: int) -> None:
    rng = np.random.default_rng(barriers)
    boxes = static_boxes(rng, static)
    world = World(worlds.gpu())
    world.use(Blockers(boxes))
    populate(world, rng, barriers, smokes)
    for tick in range(6):
        (box, cloud, left), lost = expected(world, corners(boxes))
        world.step()
        found = listed(world)
        assert np.array_equal(found[0], box)
        assert np.array_equal(found[1], cloud)
        assert found[2].tolist() == [len(box), len(cloud), 0, 0]
        assert np.array_equal(state(world, Smoke)[1]["ticks"], left)
        told = {int(kind): int(n) for kind, n in world.events(BlockersOverflow)}
        assert told == {kind: n for kind, n in enumerate(lost) if n}
        world.shuffle(tick)


def test_corners_stop_at_the_ends_of_the_range() -> None:
    world = World(worlds.gpu())
    world.use(Blockers((Box((32767, 0, -32768), (5, 5, 5)),)))
    world.spawn(Position([(32767.9, -32768, 0)] * 2), Barrier([(9, 9, 9), (16384, 1, 1)]))
    (box, _, _), _ = expected(world, corners((Box((32767, 0, -32768), (5, 5, 5)),)))
    world.step()
    assert np.array_equal(listed(world)[0], box)
    assert box.max() == HIGH
    assert box.min() == LOW


def test_the_list_holds_the_state_after_motion() -> None:
    world = World(worlds.gpu())
    world.use(Motion(), Blockers())
    world.spawn(Position((0, 0, 0)), Velocity((60, 0, 0)), Barrier((0.5, 0.5, 0.5)))
    world.step(3)
    assert listed(world)[0][0].tolist() == [
        int(2.5 * ONE),
        -ONE // 2,
        -ONE // 2,
        int(3.5 * ONE),
        ONE // 2,
        ONE // 2,
    ]


def test_smoke_blocks_for_as_many_ticks_as_it_says() -> None:
    world = World(worlds.gpu())
    world.use(Blockers())
    world.spawn(Position((0, 0, 0)), Smoke(2, 3))
    blocking = []
    for _ in range(5):
        world.step()
        blocking.append(len(listed(world)[1]))
    assert blocking == [1, 1, 1, 0, 0]


# --- sight through the list -------------------------------------------------------------------


@component
class Line:
    """A line of sight and whether it is free."""

    a: Vec3
    b: Vec3
    free: U32 = 0


LINE = """\
//! import lib/sight.wgsl
fn each(slot: u32) {
    line[slot].free = select(0u, 1u, in_sight(line[slot].a, line[slot].b));
}
"""


def lines(folder: Path, seed: int, extent: int) -> tuple[World, tuple[Box, ...]]:
    """A world with blockers and 2,000 lines of sight."""
    path = folder / "line.wgsl"
    path.write_text(LINE, encoding="utf-8")
    rng = np.random.default_rng(seed)
    boxes = static_boxes(rng, int(rng.integers(0, 12)))
    world = World(worlds.gpu())
    world.use(Blockers(boxes), Obstacles(boxes, radius=0.3))
    world.use(Pass(path, Blockers.reads, (Line,)), after="blockers")
    populate(world, rng, 12, 9)
    ends = rng.integers(-extent, extent, (2, 2000, 3))
    world.spawn(Line(metres(ends[0]), metres(ends[1])))
    return world, boxes


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("extent", [50 * ONE, 3 << 28], ids=["50 m", "12 km"])
def test_in_sight_agrees_and_slots_do_not_show(seed: int, extent: int, tmp_path: Path) -> None:
    world, boxes = lines(tmp_path, seed, extent)
    other, _ = lines(tmp_path, seed, extent)
    for tick in range(3):
        other.shuffle(tick)
        (box, cloud, _), _ = expected(world, corners(boxes))
        world.step()
        other.step()
        line = world.read(Line, raw=True)
        a, b = line["a"].astype(np.int64), line["b"].astype(np.int64)
        free = twin.in_sight(a, b, box.reshape(-1, 2, 3), cloud)
        assert np.array_equal(line["free"] == 1, free)
        assert free.any()
        assert other.checksum().differing(world.checksum()) == []


# --- errors -----------------------------------------------------------------------------------


def test_bad_input_is_named() -> None:
    with pytest.raises(UsageError, match="256 static boxes, got 257"):
        Blockers([Box((0, 0, 0), (1, 1, 1))] * 257)
    for wrong in (Box((0, 0, 0), (1, 1, 1)), ["box"], 3):
        with pytest.raises(UsageError, match="must be a sequence of Box"):
            Blockers(wrong)  # type: ignore[arg-type]
    with pytest.raises(ComponentError, match=r"Barrier\.half"):
        World(worlds.gpu()).spawn(Position((0, 0, 0)), Barrier((-1, 1, 1)))
