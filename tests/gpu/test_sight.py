"""Segments against boxes and balls: the shader, its NumPy twin and rational numbers agree."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from astraweave import U32, Blockers, Pass, Vec3, Vec4, World, component
from tests.gpu import worlds
from tests.gpu.worlds import ONE, Rng, metres
from tests.reference import blockers as twin

pytestmark = pytest.mark.gpu
Rows = NDArray[np.int64]
LOW, HIGH = -(1 << 31), (1 << 31) - 1


@component
class Trial:
    """A segment, and a shape: a box by its corners, or a ball by `low` and a radius (w)."""

    a: Vec3
    b: Vec3
    low: Vec3
    high: Vec4
    seen: U32 = 0


TRIAL = """\
//! import lib/sight.wgsl
fn each(slot: u32) {
    let t = trial[slot];
    let box = crosses_box(t.a, t.b, t.low, t.high.xyz);
    let ball = crosses_ball(t.a, t.b, t.low, t.high.w);
    trial[slot].seen = select(0u, 1u, box) | select(0u, 2u, ball);
}
"""


def on_gpu(folder: Path, a: Rows, b: Rows, low: Rows, high: Rows) -> Any:
    """Whether each segment crosses its box, and its ball."""
    path = folder / "trial.wgsl"
    path.write_text(TRIAL, encoding="utf-8")
    world = World(worlds.gpu())
    world.use(Blockers())
    world.use(Pass(path, Blockers.reads, (Trial,)), after="blockers")
    world.spawn(Trial(metres(a), metres(b), metres(low), metres(high)))
    world.step()
    seen = world.read(Trial)["seen"]
    return (seen & 1) == 1, (seen & 2) == 2


def rows(extent: int, radius: int) -> Callable[[Rng, int], tuple[Rows, ...]]:
    """Segments, boxes and balls with coordinates up to `extent` (raw); some share coordinates."""

    def make(rng: Rng, n: int) -> tuple[Rows, ...]:
        a, b, low, high = rng.integers(-extent, extent, (4, n, 3))
        b = np.where(rng.random((n, 3)) < 0.2, a, b)
        a = np.where(rng.random((n, 3)) < 0.1, low, a)
        low, high = np.minimum(low, high), np.maximum(low, high) + 1
        return a, b, low, np.column_stack([high, rng.integers(0, radius + 1, n)])

    return make


def grazing(rng: Rng, n: int) -> tuple[Rows, ...]:
    """Segments through an edge, a corner or along a face of their box, or one unit beside it."""
    a, _, low, high = rows(1 << 20, 1 << 20)(rng, n)
    middle = (low + high[:, :3]) // 2
    on = np.where(rng.random((n, 3)) < 0.5, low, high[:, :3])
    on = np.where(rng.random((n, 3)) < 0.3, middle, on) + rng.integers(-1, 2, (n, 3))
    high[:, 3] = np.sqrt(((on - low) ** 2).sum(axis=1)).astype(np.int64) + rng.integers(-1, 2, n)
    return a, 2 * on - a, low, np.column_stack([high[:, :3], high[:, 3].clip(0, 1 << 22)])


CASES = {
    "units": rows(5, 6),
    "a metre": rows(ONE, ONE),
    "100 m": rows(100 * ONE, 64 * ONE),
    "8 km": rows(1 << 29, 64 * ONE),
    "grazing": grazing,
}


@pytest.mark.parametrize("case", CASES)
def test_segments_agree(case: str, tmp_path: Path) -> None:
    a, b, low, high = CASES[case](np.random.default_rng(1), 4000)
    box, ball = on_gpu(tmp_path, a, b, low, high)
    assert np.array_equal(box, twin.crosses_box(a, b, low, high[:, :3]))
    assert np.array_equal(ball, twin.crosses_ball(a, b, low, high[:, 3]))
    assert 0 < box.mean() < 1
    assert 0 < ball.mean() < 1


def test_boxes_agree_over_the_whole_range(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    a, b, low, high = rng.integers(LOW, HIGH + 1, (4, 4000, 3))
    ends = rng.choice([LOW, LOW + 1, -1, 0, 1, HIGH - 1, HIGH], (4, 4000, 3))
    chosen = rng.random((4, 4000, 3)) < 0.3
    a, b, low, high = np.where(chosen, ends, np.stack([a, b, low, high]))
    low, high = np.minimum(low, high - 1).clip(LOW), np.maximum(low, high).clip(LOW + 1)
    box, _ = on_gpu(tmp_path, a, b, low, np.column_stack([high, np.zeros(4000, np.int64)]))
    assert np.array_equal(box, twin.crosses_box(a, b, low, high))
    assert 0.01 < box.mean() < 0.99


@pytest.mark.parametrize("level", [False, True], ids=["aslant", "level"])
@pytest.mark.parametrize("bits", [13, 15, 18, 22, 28])
def test_boxes_agree_where_bits_are_dropped(bits: int, level: bool, tmp_path: Path) -> None:
    """Segments that miss or meet an edge by a unit or none, of lengths that do not fit 15 bits."""
    rng = np.random.default_rng(bits)
    a, _, low, high = rows(1 << bits, 1)(rng, 4000)
    high = high[:, :3]
    on = np.where(rng.random((4000, 3)) < 0.5, low, high) + rng.integers(-1, 2, (4000, 3))
    b = 2 * on - a
    if level:
        low[:, 1], high[:, 1] = np.minimum(a, b)[:, 1] - 1, np.maximum(a, b)[:, 1] + 1
    box, _ = on_gpu(tmp_path, a, b, low, np.column_stack([high, np.zeros(4000, np.int64)]))
    assert np.array_equal(box, twin.crosses_box(a, b, low, high))
    assert 0.05 < box.mean() < 0.95


point = st.tuples(*[st.integers(-6, 6)] * 3)
anywhere = st.tuples(*[st.integers(LOW, HIGH)] * 3)


def array(*points: Any) -> list[Rows]:
    return [np.array([p], np.int64) for p in points]


@given(a=point | anywhere, b=point | anywhere, low=point | anywhere, half=point)
def test_boxes_are_exact(a: Any, b: Any, low: Any, half: Any) -> None:
    high = tuple(v + abs(h) + 1 for v, h in zip(low, half, strict=True))
    found = bool(twin.crosses_box(*array(a, b, low, high))[0])
    assert found == twin.exact_box(a, b, low, high)


@given(a=point, b=point, centre=point, radius=st.integers(0, 9), scale=st.integers(1, 1 << 18))
def test_balls_are_exact(a: Any, b: Any, centre: Any, radius: int, scale: int) -> None:
    a, b, centre = (tuple(v * scale for v in p) for p in (a, b, centre))
    radius *= scale
    found = bool(twin.crosses_ball(*array(a, b, centre), np.array([radius]))[0])
    assert found == twin.exact_ball(a, b, centre, radius)


@pytest.mark.parametrize(
    ("a", "b", "crossed"),
    [
        ((-4, 0, 0), (4, 0, 0), True),  # through the middle
        ((-4, 1, 0), (4, 1, 0), False),  # along a face
        ((-4, 0, 0), (-1, 0, 0), False),  # up to a face
        ((-4, 0, 0), (0, 0, 0), True),  # into it
        ((1, 0, 0), (4, 0, 0), False),  # away from a face
        ((1, 0, 0), (0, 0, 0), True),  # inwards from a face
        ((-2, 0, 0), (0, 2, 0), False),  # across an edge
        ((-4, -1, 0), (4, 2, 0), True),  # over a corner
        ((0, 0, 0), (0, 0, 0), True),  # a point inside
        ((1, 0, 0), (1, 0, 0), False),  # a point on a face
        ((-9, 9, 0), (9, 9, 0), False),  # past it
    ],
)
def test_what_only_touches_a_box_blocks_nothing(a: Any, b: Any, crossed: bool) -> None:
    ends = array(a, b, (-1, -1, -1), (1, 1, 1))
    assert bool(twin.crosses_box(*ends)[0]) == crossed
    assert twin.exact_box(a, b, (-1, -1, -1), (1, 1, 1)) == crossed
