"""Pictures on llvmpipe look like the committed ones, within a tolerance."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from astraweave.ecs.world import World
from astraweave.gpu.device import Gpu, list_adapters
from astraweave.render.camera import Camera
from astraweave.render.look import BOX, CAPSULE, QUAD, SPHERE, Look, rgb
from astraweave.render.renderer import Renderer
from astraweave.render.target import save_png
from astraweave.render.view import StaticBox, View
from astraweave.sim.components import Position, Velocity

FOLDER = Path(__file__).resolve().parent
MEAN = 1.0  # of 255, over all pixels and channels
FEW = 0.004  # share of pixels that may differ by more than MUCH
MUCH = 40
PALETTE = ("#d9574a", "#3f7fbf", "#e0a63a", "#4f9d69")


def llvmpipe():
    return next((str(a.index) for a in list_adapters() if "llvmpipe" in a.name.lower()), None)


@pytest.fixture(scope="module")
def gpu():
    index = llvmpipe()
    if index is None:
        pytest.skip("golden pictures are compared on llvmpipe, which is not installed")
    return Gpu.open(index)


def crowd(world):
    """Four teams of figures around a wall."""
    turns = np.arange(80) * (2 * np.pi / 80)
    radius = 5 + 2.2 * (np.arange(80) % 3)
    places = np.stack([radius * np.cos(turns), 0 * turns, radius * np.sin(turns)], axis=1)
    colors = np.array([rgb(c) for c in PALETTE])[np.arange(80) // 20]
    world.spawn(Position(places), Velocity(-0.1 * places), Look(CAPSULE, colors, (0.5, 1.75, 0.45)))
    wall = tuple(StaticBox((x, 0.6, 0), (0.9, 0.6, 0.3)) for x in (-2, 0, 2))
    return View(Camera.framing((-10, 0, -10), (10, 2, 10)), boxes=wall)


def shapes(world):
    """Spheres, boxes and a quad at several heights."""
    for i in range(24):
        mesh = (SPHERE, BOX)[i % 2]
        place = (2.0 * (i % 6) - 5, 0.5 + 0.4 * (i % 5), 2.0 * (i // 6) - 3)
        world.spawn(Position(place), Look(mesh, rgb(PALETTE[i % 4]), (1, 1, 1)))
    world.spawn(Position((0, 0.01, 5)), Look(QUAD, rgb("#7fbf9f"), (4, 1, 2)))
    return View(Camera.framing((-6, 0, -4), (6, 3, 6)))


def differences(image, golden):
    """Mean difference, share of very different pixels, and a picture of both."""
    apart = np.abs(image[..., :3].astype(int) - golden[..., :3].astype(int))
    marked = np.clip(apart * 4, 0, 255).astype(np.uint8)
    opaque = np.full((*marked.shape[:2], 1), 255, np.uint8)
    return apart.mean(), (apart.max(axis=2) > MUCH).mean(), np.concatenate([marked, opaque], axis=2)


@pytest.mark.gpu
@pytest.mark.parametrize("scene", [crowd, shapes])
def test_picture_is_the_golden_one(gpu, scene, update_golden, tmp_path):
    world = World(gpu)
    view = scene(world)
    image = Renderer(world, 480, 270, view, samples=4).image()
    assert image[..., :3].std() > 8  # not blank
    path = FOLDER / f"{scene.__name__}.png"
    if update_golden:
        save_png(image, path)
    golden = np.asarray(Image.open(path).convert("RGBA"))
    assert golden.shape == image.shape
    mean, share, marked = differences(image, golden)
    if mean > MEAN or share > FEW:
        save_png(image, tmp_path / path.name)
        save_png(marked, tmp_path / f"{scene.__name__}_difference.png")
        pytest.fail(
            f"{path.name}: mean difference {mean:.2f} (at most {MEAN}), {100 * share:.2f} % of the "
            f"pixels differ much (at most {100 * FEW} %); see {tmp_path}"
        )


def test_a_changed_picture_is_noticed():
    golden = np.asarray(Image.open(FOLDER / "crowd.png").convert("RGBA"))
    moved = np.roll(golden, 2, axis=1)
    mean, share, _ = differences(moved, golden)
    assert mean > MEAN or share > FEW
