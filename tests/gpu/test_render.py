"""Drawing: what is culled, how many draws, where between two ticks, what a picture holds."""

import gc
import math

import numpy as np
import pytest

from astraweave.ecs.world import World
from astraweave.errors import UsageError
from astraweave.gpu.device import Gpu
from astraweave.render import splat
from astraweave.render.camera import Camera, frustum_planes
from astraweave.render.frame import origin_of
from astraweave.render.look import BOX, CAPSULE, QUAD, SPHERE, Look, rgb
from astraweave.render.remember import Remember
from astraweave.render.renderer import Renderer
from astraweave.render.view import Ground, StaticBox, View
from astraweave.sim.components import Position, Velocity
from astraweave.sim.motion import Motion

pytestmark = pytest.mark.gpu
MESHES = (BOX, SPHERE, CAPSULE, QUAD)
WIDTH, HEIGHT = 160, 90


@pytest.fixture(scope="module")
def gpu():
    return Gpu.open()


def scatter(gpu, count, seed=4, reach=60.0, centre=(0.0, 0.0, 0.0)):
    """A world of all meshes, and its (handles, positions, sizes, meshes)."""
    rng = np.random.default_rng(seed)
    world = World(gpu)
    places = rng.uniform(-reach, reach, (count, 3)) * (1, 0.1, 1) + centre
    sizes = rng.uniform(0.2, 3.0, (count, 3)).astype(np.float32)
    meshes = np.arange(count) % 4
    colors = rgb(rng.integers(0, 256, count), 120, 60)
    handles = world.spawn(Position(places), Look(meshes, colors, sizes))
    return world, handles, np.rint(places * 65536) / 65536, sizes, meshes


def least_distances(view, width, height, places, sizes, meshes):
    """NumPy twin of the cull pass: distance to the nearest plane plus radius; below 0 is culled."""
    origin = origin_of(view.camera)
    planes = frustum_planes(view.camera.view_projection(width / height, origin)).astype(float)
    centres = places - origin
    centres[:, 1] += np.where(meshes == CAPSULE, 0.5 * sizes[:, 1], 0)
    distances = centres @ planes[:, :3].T + planes[:, 3]
    return distances.min(axis=1) + 0.5 * np.linalg.norm(sizes.astype(float), axis=1)


@pytest.mark.parametrize("centre", [(0, 0, 0), (30000, 50, -30000)])
@pytest.mark.parametrize("yaw", [0.3, 2.5])
def test_visible_entities_are_those_of_the_numpy_twin(gpu, centre, yaw):
    world, handles, places, sizes, meshes = scatter(gpu, 3000, centre=centre)
    dead = np.arange(3000) % 7 == 0
    world.despawn(handles[dead])
    without = np.arange(3000) % 11 == 1
    world.detach(handles[without & ~dead], Look)
    eye = np.add(centre, (3, 8, 5))
    ahead = np.array([math.sin(yaw), -0.1, math.cos(yaw)])
    view = View(Camera(eye=tuple(eye), target=tuple(eye + 10 * ahead), near=0.5, far=40))
    renderer = Renderer(world, WIDTH, HEIGHT, view)
    renderer.render()
    least = least_distances(view, WIDTH, HEIGHT, places, sizes, meshes)
    ids = (handles & np.uint64(0xFFFFFFFF)).astype(np.int64)
    clear = np.abs(least) > 2e-3
    wanted = set(ids[(least > 0) & clear & ~dead & ~without])
    seen = set(renderer.visible_ids().tolist()) - set(ids[~clear])
    assert 50 < len(wanted) < 1500
    assert seen == wanted
    assert renderer.visible == len(renderer.visible_ids())


def test_visible_set_does_not_depend_on_slots(gpu):
    world, *_ = scatter(gpu, 1500)
    renderer = Renderer(world, WIDTH, HEIGHT, View(Camera(far=50)))
    renderer.render()
    before = renderer.visible_ids()
    world.shuffle(3)
    renderer.render()
    np.testing.assert_array_equal(renderer.visible_ids(), before)


def test_at_most_twelve_draw_calls_for_four_meshes(gpu):
    world, *_ = scatter(gpu, 500)
    boxes = tuple(StaticBox((x, 1, 0), (1, 1, 1)) for x in range(0, 40, 4))
    renderer = Renderer(world, WIDTH, HEIGHT, View(boxes=boxes))
    renderer.render()
    assert 4 <= renderer.draw_calls <= 12
    assert renderer.bytes < 100e6


def test_entities_that_come_later_are_drawn_though_storage_grows(gpu):
    world = World(gpu)
    view = View(Camera(eye=(0, 3, 12), target=(0, 0, 0)))
    renderer = Renderer(world, WIDTH, HEIGHT, view)
    renderer.render()
    assert renderer.visible == 0
    look = Look(SPHERE, rgb("#ff0000"), (0.1, 0.1, 0.1))
    for count in (1, 5000):
        world.spawn(Position(np.zeros((count, 3))), look)
        renderer.render()
    assert renderer.visible == 5001
    assert len(renderer.visible_ids()) == 5001


def test_a_world_without_looks_shows_ground_and_boxes(gpu):
    world = World(gpu)
    world.spawn(Position((0, 0, 0)))
    view = View(Camera(), boxes=(StaticBox((0, 1, 0), (1, 1, 1), "#ff0000"),))
    renderer = Renderer(world, WIDTH, HEIGHT, view)
    image = renderer.image()
    assert renderer.visible == 0
    assert renderer.visible_ids().size == 0
    assert ((image[..., 0] > 100) & (image[..., 1] < 60)).sum() > 50


def reddish(image):
    """Where (row, column) the middle of what is red lies, and how many pixels it has."""
    rows, columns = np.nonzero(image[..., 0] > 1.5 * image[..., 1].astype(int))
    return (
        rows.mean() if len(rows) else math.nan,
        columns.mean() if len(rows) else math.nan,
        len(rows),
    )


def test_frames_lie_between_two_ticks(gpu):
    world = World(gpu, rate=10)
    world.use(Remember(), Motion())
    look = Look(SPHERE, rgb("#ff0000"), (1, 1, 1))
    world.spawn(Position((0, 0, 0)), Velocity((20, 0, 0)), look)
    view = View(Camera(eye=(1, 0, 12), target=(1, 0, 0)), ground=None)
    renderer = Renderer(world, 320, 180, view)
    world.step(1)
    columns = []
    for alpha in (0.0, 0.5, 1.0):
        renderer.render(alpha)
        columns.append(reddish(renderer.image())[1])
    assert columns[2] - columns[0] > 30
    assert columns[1] == pytest.approx((columns[0] + columns[2]) / 2, abs=1.0)


def test_a_jump_is_not_drawn_as_motion(gpu):
    world = World(gpu, rate=10)
    world.use(Remember(), Motion())
    look = Look(SPHERE, rgb("#ff0000"), (1, 1, 1))
    one = world.spawn(Position((50, 0, 0)), Velocity((0, 0, 0)), look)
    world.step(1)
    world.set(one, Position((0, 0, 0)))
    renderer = Renderer(world, 160, 90, View(Camera(eye=(0, 0, 12), target=(0, 0, 0)), ground=None))
    renderer.render(0.1)
    assert reddish(renderer.image())[1] == pytest.approx(79.5, abs=1.0)


def test_remembering_leaves_the_checksum_alone(gpu):
    sums = []
    for modules in ((Motion(),), (Remember(), Motion())):
        world = World(gpu)
        world.use(*modules)
        world.spawn(Position(np.eye(3)), Velocity(np.eye(3)), Look(BOX))
        world.step(5)
        sums.append(world.checksum().hex)
    assert sums[0] == sums[1]


def crowded(gpu):
    """20,000 figures, most of them of a few pixels, and a view of them."""
    world = World(gpu)
    places = np.random.default_rng(6).uniform(0, 200, (20000, 3)) * (1, 0, 1)
    colors = np.where(places[:, 0] < 100, rgb("#d9574a"), rgb("#3f7fbf"))
    world.spawn(Position(places), Look(CAPSULE, colors, (0.5, 1.75, 0.5)))
    return world, View(Camera.framing((0, 0, 0), (200, 2, 200), pitch=0.2))


def test_splats_are_counted_and_leave_nobody_out(gpu):
    world, view = crowded(gpu)
    renderer = Renderer(world, 480, 270, view)
    renderer.render()
    assert renderer.visible == 20000
    np.testing.assert_array_equal(renderer.visible_ids(), np.arange(20000))
    assert renderer.draw_calls <= 12


def test_splats_look_like_the_meshes_they_stand_for(gpu, monkeypatch):
    world, view = crowded(gpu)
    images = []
    for many in (splat.MANY, 1 << 30):
        monkeypatch.setattr(splat, "MANY", many)
        image = Renderer(world, 480, 270, view, samples=4).image().astype(float)
        images.append(image[..., :3].reshape(27, 10, 48, 10, 3).mean(axis=(1, 3)))
    apart = np.abs(images[0] - images[1])
    assert apart.mean() < 6
    assert apart.max() < 80
    assert images[0].std() > 15


def test_a_wall_hides_splats(gpu):
    world, view = crowded(gpu)
    wall = StaticBox((100, 20, 205), (300, 40, 1), "#00ff00")
    view = View(Camera(eye=(100, 4, 240), target=(100, 4, 0), far=1000), boxes=(wall,))
    image = Renderer(world, WIDTH, HEIGHT, view).image().astype(int)
    assert (image[..., 1] > image[..., 0]).all()
    assert (image[..., 1] > image[..., 2]).all()


@pytest.mark.parametrize("mesh", MESHES)
def test_every_mesh_stands_where_its_position_is(gpu, mesh):
    world = World(gpu)
    world.spawn(Position((0, 0, 0)), Look(mesh, rgb("#ff0000"), (2, 2, 2)))
    view = View(Camera(eye=(0, 4, 12), target=(0, 0, 0)), ground=None)
    renderer = Renderer(world, WIDTH, HEIGHT, view, samples=4)
    row, column, count = reddish(renderer.image())
    assert count > 60
    assert column == pytest.approx((WIDTH - 1) / 2, abs=1.5)
    if mesh == CAPSULE:
        assert row < HEIGHT / 2 - 3  # its feet are at its position
    else:
        assert row == pytest.approx((HEIGHT - 1) / 2, abs=3)


def test_what_is_in_front_hides_what_is_behind(gpu):
    world = World(gpu)
    red, blue = rgb("#ff0000"), rgb("#0000ff")
    camera = Camera(eye=(0, 0, 12), target=(0, 0, 0))
    for order in ((3.0, -3.0), (-3.0, 3.0)):
        world = World(gpu)
        for z in order:
            color = red if z > 0 else blue
            world.spawn(Position((0, 0, z)), Look(BOX, color, (2, 2, 2)))
        renderer = Renderer(world, WIDTH, HEIGHT, View(camera, ground=None))
        middle = renderer.image()[HEIGHT // 2, WIDTH // 2].astype(int)
        assert middle[0] > middle[2] + 100


def test_a_shadow_darkens_the_ground_below(gpu):
    view = View(Camera(eye=(0, 12, 0.1), target=(0, 0, 0)), sun=(0, 1, 0), ground=Ground(spacing=0))
    images = []
    for kinds in ((), (Look(SPHERE, 0xFFFFFFFF, (1, 1, 1)),)):
        world = World(gpu)
        world.spawn(Position((0, 1.5, 0)), *kinds)
        images.append(Renderer(world, WIDTH, HEIGHT, view).image().astype(int))
    darker = (images[0] - images[1])[..., :3].min(axis=2)
    assert (darker > 8).sum() > 20


def test_resizing_changes_the_picture_and_gives_memory_back(gpu):
    world, *_ = scatter(gpu, 10)
    renderer = Renderer(world, WIDTH, HEIGHT)
    gc.collect()
    small, allocated = renderer.bytes, gpu.allocated
    renderer.resize(320, 200)
    renderer.render()
    assert renderer.image().shape == (200, 320, 4)
    renderer.resize(WIDTH, HEIGHT)
    renderer.render()
    assert renderer.image().shape == (HEIGHT, WIDTH, 4)
    assert renderer.bytes - small == gpu.allocated - allocated


@pytest.mark.parametrize("size", [(0, 90), (160, -1), (100000, 90)])
def test_impossible_sizes_are_refused(gpu, size):
    with pytest.raises(UsageError, match="pixels"):
        Renderer(World(gpu), *size)


def test_other_sample_counts_are_refused(gpu):
    with pytest.raises(UsageError, match="samples"):
        Renderer(World(gpu), WIDTH, HEIGHT, samples=3)


def test_a_picture_is_saved_or_the_path_is_named(gpu, tmp_path):
    renderer = Renderer(World(gpu), WIDTH, HEIGHT)
    renderer.save_png(tmp_path / "new" / "picture.png")
    assert (tmp_path / "new" / "picture.png").read_bytes().startswith(b"\x89PNG")
    blocked = tmp_path / "file"
    blocked.write_text("kept")
    with pytest.raises(UsageError, match=r"file/picture\.png"):
        renderer.save_png(blocked / "picture.png")
    assert blocked.read_text() == "kept"
