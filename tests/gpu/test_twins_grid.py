"""The neighbour grid sorts as its NumPy twin does and finds each neighbour exactly once."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from astraweave.ecs.component import component
from astraweave.ecs.fields import U32
from astraweave.ecs.world import World
from astraweave.gpu.passes import ENTITIES, PER_SLOT, Pass
from astraweave.sim.components import Position
from astraweave.sim.grid import RECORD, Grid
from tests.gpu.worlds import ONE, SIZES, Rng, Twin, in_box, random_world
from tests.reference import grid as twin_grid

pytestmark = pytest.mark.gpu

Place = Callable[[Rng, int], NDArray[np.int64]]
GRIDS = {
    "plane": Grid((16, 0, 16)),
    "space": Grid((12, 9, 14), low=(-3, -2.5, 1)),
    "uneven": Grid((8, 8, 8), cell=(0.5, 2.0, 1.0), reach=1.7),
    "wall": Grid((16, 9, 0)),
    "one cell": Grid((0, 0, 0)),
    "hashed plane": Grid((16, 0, 16), reach=3.0, hashed=True),
    "hashed wall": Grid((16, 16, 0), hashed=True),
    "hashed line": Grid((0, 0, 16), hashed=True),
    "hashed space": Grid((8, 6, 8), cell=1.0, low=(5, 5, 5), hashed=True),
    "hashed uneven": Grid((8, 16, 32), cell=(0.25, 2.0, 4.0), reach=2.0, hashed=True),
}


def on_borders(rng: Rng, n: int) -> NDArray[np.int64]:
    """Places on the borders of cells, or one unit beside them."""
    return rng.integers(-6, 24, (n, 3)) * (ONE // 2) + rng.integers(-1, 2, (n, 3))


def far_out(rng: Rng, n: int) -> NDArray[np.int64]:
    """Places within two metres of both ends of the range, where coordinates wrap."""
    return rng.integers(-2 * ONE, 2 * ONE, (n, 3)) % (1 << 32) - (1 << 31)


PLACES: dict[str, Place] = {
    "around": in_box(-4, 20),
    "inside": in_box(2, 6),
    "borders": on_borders,
    "far": far_out,
    "anywhere": lambda rng, n: rng.integers(-(1 << 31), 1 << 31, (n, 3)),
}


def sorted_world(grid: Grid, place: Place, count: int, seed: int, mixed: bool = True) -> World:
    """A world whose grid was filled in the last tick, and whose slots are as they were then."""
    world = random_world(np.random.default_rng(seed), count, place, mixed=mixed, holes=mixed)
    world.tick = 3  # far from a sort of the storage
    world.use(grid)
    world.prepare()
    world.storage.fresh = 0  # and no sort for what was spawned
    world.step(1)
    return world


def assert_sorted_like_twin(world: World, grid: Grid) -> None:
    twin, constants = Twin.of(world), grid.constants
    ids = twin.rows("Position")
    position = twin.column("Position", ids)
    starts = world.resource(grid.start)[: grid.count + 2].astype(np.int64)
    assert np.array_equal(starts, twin_grid.starts(position, world.count - len(ids), constants))
    records = world.resource(RECORD).view(np.int32).reshape(-1, 4)[: len(ids)]
    who = world.storage.read_entities()[0][records[:, 3]]
    cell = np.repeat(np.arange(grid.count), np.diff(starts[:-1]))
    where = twin_grid.indices(twin_grid.cells(position, constants), constants)
    told = np.column_stack([cell, who, records[:, :3]])
    expected = np.column_stack([where, ids, position])
    assert np.array_equal(told[np.lexsort(told.T[1::-1])], expected[np.lexsort(expected.T[1::-1])])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", GRIDS)
def test_records_agree(name: str, place: str) -> None:
    assert_sorted_like_twin(sorted_world(GRIDS[name], PLACES[place], 600, 1), GRIDS[name])


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("name", ["plane", "hashed space"])
def test_records_of_every_size_agree(name: str, count: int) -> None:
    world = sorted_world(GRIDS[name], PLACES["around"], count, count, mixed=count % 2 == 1)
    assert_sorted_like_twin(world, GRIDS[name])


@pytest.mark.parametrize("cells", [2045, 2046, 2047, 2048, 2049, 5000])
def test_records_agree_where_blocks_of_the_scan_end(cells: int) -> None:
    grid = Grid((cells * 0.5, 0, 0), cell=0.5)
    assert_sorted_like_twin(sorted_world(grid, in_box(0, cells * 0.5), 1000, 2), grid)


def test_many_blocks_agree() -> None:
    grid = Grid((300, 200, 300), cell=2.0)
    assert grid.blocks > 1000
    assert_sorted_like_twin(sorted_world(grid, in_box(-10, 310), 5000, 3), grid)


# --- neighbours -------------------------------------------------------------------------------


@component
class Found:
    """How many neighbours, and the sum of a number that belongs to each."""

    count: U32 = 0
    sum: U32 = 0


SHADER = """\
//! import lib/grid.wgsl
fn each(index: u32) {
    if (index >= grid_start[GRID_CELLS]) { return; }
    let own = grid_record[index];
    let area = grid_area(own.xyz, REACH);
    var seen = Found(0u, 0u);
    for (var k = 0u; k < area.rows; k++) {
        let span = grid_span(area, k);
        for (var i = span.x; i < span.y; i++) {
            let other = grid_record[i];
            let d = vec3<u32>(abs(own.xyz - other.xyz)) * vec3<u32>(USE_X, USE_Y, USE_Z);
            if (i == index || any(d > vec3<u32>(u32(REACH)))) { continue; }
            seen.count += 1u;
            seen.sum += (entity[other.w].x + 1u) * 2654435761u;
        }
    }
    found[own.w] = seen;
}
"""


def probe(grid: Grid, reach: int, folder: Path) -> Pass:
    """A pass that counts neighbours within the reach (raw) along the axes that matter."""
    path = folder / "probe.wgsl"
    path.write_text(SHADER, encoding="utf-8")
    used = {f"USE_{axis}": int(n > 1) for axis, n in zip("XYZ", grid.cells, strict=True)}
    return Pass(
        path,
        (ENTITIES, *grid.reads),
        (Found,),
        threads=PER_SLOT,
        requires=(Position,),
        constants={**grid.constants, **used, "REACH": reach},
    )


def brute_force(
    ids: NDArray[np.intp], position: NDArray[np.int32], reach: int
) -> NDArray[np.uint32]:
    """Count and sum over all pairs whose distance along every axis is within the reach."""
    d = position.astype(np.int64)[:, None] - position[None]
    near = (np.abs(d) <= reach).all(axis=-1) & ~np.eye(len(ids), dtype=np.bool_)
    weight = ((ids.astype(np.uint64) + np.uint64(1)) * np.uint64(2654435761)).astype(np.uint32)
    return np.column_stack([near.sum(axis=1), (near * weight).sum(axis=1, dtype=np.uint32)])


def assert_neighbours_exact(grid: Grid, part: float, place: str, folder: Path) -> None:
    """Search `part` of the grid's reach: on the GPU, by brute force and in the twin."""
    world = random_world(np.random.default_rng(6), 500, PLACES[place], mixed=True, holes=True)
    world.attach(world.select(Position), Found())
    reach = int(grid.constants["GRID_REACH"] * part)
    world.use(grid)
    world.use(probe(grid, reach, folder), after="grid")
    world.step(1)
    twin = Twin.of(world)
    ids = twin.rows("Position")
    position = twin.column("Position", ids)
    told = world.read(Found, raw=True)
    matters = (np.array(grid.cells) > 1).astype(np.int32)
    expected = brute_force(ids, position * matters, reach)
    assert expected[:, 0].sum() > 0
    assert np.array_equal(np.column_stack([told["count"], told["sum"]]), expected)
    i, j = twin_grid.neighbours(position, reach, grid.constants)
    assert len(set(zip(i.tolist(), j.tolist(), strict=True))) == len(i)
    assert np.array_equal(np.bincount(i, minlength=len(ids)), expected[:, 0])


@pytest.mark.parametrize("place", ["around", "inside", "borders"])
@pytest.mark.parametrize("part", [1.0, 0.37])
@pytest.mark.parametrize("name", GRIDS)
def test_every_neighbour_is_found_once(name: str, part: float, place: str, tmp_path: Path) -> None:
    assert_neighbours_exact(GRIDS[name], part, place, tmp_path)


@pytest.mark.parametrize("name", GRIDS)
def test_neighbours_are_exact_at_the_ends_of_the_range(name: str, tmp_path: Path) -> None:
    assert_neighbours_exact(GRIDS[name], 1.0, "far", tmp_path)
