"""The camera: clip space, frustum planes, framing, and the orbit camera around it."""

import math

import numpy as np
import pytest

from astraweave.app.orbit import Orbit
from astraweave.errors import UsageError
from astraweave.render.camera import Camera, frustum_planes
from astraweave.render.look import channels, rgb
from astraweave.render.mesh import all_meshes, pack

ASPECT = 16 / 9


def project(camera, point, origin=(0, 0, 0)):
    matrix = camera.view_projection(ASPECT, origin).astype(np.float64)
    clip = matrix @ np.append(np.subtract(point, origin), 1.0)
    return clip[:3] / clip[3]


def test_target_is_in_the_middle_and_depth_runs_from_0_to_1():
    camera = Camera(eye=(3, 4, 5), target=(1, 0, -2), near=0.5, far=80)
    forward = camera.axes()[2]
    np.testing.assert_allclose(project(camera, camera.target)[:2], 0, atol=1e-6)
    assert project(camera, camera.eye + 0.5 * forward)[2] == pytest.approx(0, abs=1e-5)
    assert project(camera, camera.eye + 80 * forward)[2] == pytest.approx(1, abs=1e-5)


def test_right_is_right_and_up_is_up():
    camera = Camera(eye=(0, 0, 10), target=(0, 0, 0))
    assert project(camera, (1, 0, 0))[0] > 0
    assert project(camera, (0, 1, 0))[1] > 0


def test_field_of_view_is_the_vertical_angle():
    camera = Camera(eye=(0, 0, 10), target=(0, 0, 0), fov=math.radians(60))
    top = 10 * math.tan(math.radians(30))
    assert project(camera, (0, top, 0))[1] == pytest.approx(1, abs=1e-6)
    assert project(camera, (top * ASPECT, 0, 0))[0] == pytest.approx(1, abs=1e-6)


def test_far_from_the_origin_millimetres_still_move_the_picture():
    place = np.array([30000.0, 0.0, 30000.0])
    camera = Camera(eye=tuple(np.add(place, (0, 1, 2))), target=tuple(place))
    moved = project(camera, np.add(place, (0.001, 0, 0)), place) - project(camera, place, place)
    near = Camera(eye=(0, 1, 2), target=(0, 0, 0))
    np.testing.assert_allclose(moved[0], project(near, (0.001, 0, 0))[0], rtol=1e-3)


def test_planes_agree_with_clip_space():
    camera = Camera(eye=(3, 4, 5), target=(1, 0, -2), near=0.5, far=80)
    planes = frustum_planes(camera.view_projection(ASPECT)).astype(np.float64)
    points = np.random.default_rng(1).uniform(-60, 60, (4000, 3))
    matrix = camera.view_projection(ASPECT).astype(np.float64)
    clip = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    x, y, z, w = clip.T
    inside = (np.abs(x) <= w) & (np.abs(y) <= w) & (z >= 0) & (z <= w)
    distances = points @ planes[:, :3].T + planes[:, 3]
    clear = np.abs(distances).min(axis=1) > 1e-3
    assert 20 < inside.sum() < 3900
    np.testing.assert_array_equal((distances >= 0).all(axis=1)[clear], inside[clear])


@pytest.mark.parametrize("size", [(1, 1, 1), (60, 2, 60), (4, 30, 4), (500, 1, 3)])
@pytest.mark.parametrize("centre", [(0, 0, 0), (4000, 10, -900)])
def test_framing_shows_the_whole_box_and_fills_the_picture(size, centre):
    low, high = np.subtract(centre, np.divide(size, 2)), np.add(centre, np.divide(size, 2))
    camera = Camera.framing(low, high)
    ends = list(zip(low, high, strict=True))
    corners = [(x, y, z) for x in ends[0] for y in ends[1] for z in ends[2]]
    seen = np.array([project(camera, c, centre) for c in corners])
    assert np.abs(seen[:, :2]).max() <= 1.0
    assert np.abs(seen[:, :2]).max() > 0.8
    assert seen[:, 2].min() > 0
    assert seen[:, 2].max() < 1
    assert camera.eye[1] > high[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"eye": (0, 0, 0), "target": (0, 0, 0)},
        {"eye": (0, 5, 0), "target": (0, 0, 0)},
        {"near": 0.0},
        {"near": 5.0, "far": 4.0},
        {"fov": 0.0},
        {"eye": (math.nan, 0, 0)},
    ],
)
def test_impossible_cameras_are_refused(wrong):
    with pytest.raises(UsageError):
        Camera(**wrong)


def test_orbit_starts_where_the_camera_is_and_resets():
    start = Camera.framing((0, 0, 0), (40, 2, 40))
    orbit = Orbit(start)
    np.testing.assert_allclose(orbit.camera().eye, start.eye, atol=1e-9)
    orbit.turn(300, 40)
    orbit.zoom(5)
    orbit.pan(10, 20, 720)
    assert np.linalg.norm(np.subtract(orbit.camera().eye, start.eye)) > 1
    orbit.reset()
    np.testing.assert_allclose(orbit.camera().eye, start.eye, atol=1e-9)


def test_panning_moves_the_ground_with_the_pointer():
    orbit = Orbit(Camera.framing((0, 0, 0), (40, 2, 40)))
    place = orbit.target
    orbit.pan(100, 0, 720)
    x, y, _ = project(orbit.camera(), place)
    assert x == pytest.approx(2 * 100 / (720 * ASPECT), rel=0.02)
    assert y == pytest.approx(0, abs=1e-6)
    orbit.pan(0, 50, 720)
    assert project(orbit.camera(), place)[1] < -0.05


def test_orbit_stays_above_the_ground_and_never_turns_over():
    orbit = Orbit(Camera.framing((0, 0, 0), (40, 2, 40)))
    for down in (10000, -20000):
        orbit.turn(0, down)
        camera = orbit.camera()
        assert camera.eye[1] > camera.target[1]
    orbit.zoom(500)
    assert orbit.camera().distance > 0.4
    orbit.zoom(-5000)
    orbit.camera()


def test_colours_pack_as_rgba_bytes():
    assert int(rgb("#4f8fd9")) == 0xFFD98F4F
    assert int(rgb(79, 143, 217)) == 0xFFD98F4F
    np.testing.assert_array_equal(rgb([255, 0], 0, [0, 255]), [0xFF0000FF, 0xFFFF0000])
    assert channels("#ff0000") == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("wrong", ["red", "#12345", "#1234567", 256, -1, [0, 300], None])
def test_what_is_no_colour_is_refused(wrong):
    with pytest.raises(UsageError):
        rgb(wrong)


@pytest.mark.parametrize("mesh", all_meshes())
def test_triangles_face_outwards_like_their_normals(mesh):
    a, b, c = (mesh.position[mesh.triangles[:, i]] for i in range(3))
    across = np.cross(b - a, c - a)
    wanted = mesh.normal[mesh.triangles].sum(axis=1)
    assert (np.einsum("ij,ij->i", across, wanted) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(mesh.normal, axis=1), 1, atol=1e-9)


def test_meshes_are_of_unit_size_and_few_vertices():
    meshes = all_meshes()
    for mesh in meshes[:3]:
        extent = mesh.position.max(axis=0) - mesh.position.min(axis=0)
        assert (extent <= 1 + 1e-9).all()
        assert (extent > 0.85).all()
    for figure in meshes[3:5]:
        assert figure.position[:, 1].min() == 0
        assert figure.position[:, 1].max() == pytest.approx(1)
    assert sum(len(mesh.position) for mesh in meshes) < 300


def test_packed_meshes_keep_their_triangles():
    meshes = all_meshes()
    words, indices, parts = pack(meshes)
    positions = words.view(np.float32)[:, :3]
    for mesh, part in zip(meshes, parts, strict=True):
        own = indices[part.first_index :][: part.index_count].astype(int) + part.base_vertex
        wanted = mesh.position[mesh.triangles.ravel()]
        np.testing.assert_allclose(positions[own], wanted, atol=1e-6)
