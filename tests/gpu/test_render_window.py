"""The window: it opens, ticks, draws its panel, saves a screenshot and closes by itself."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from astraweave.app.window import Pace, run_window
from astraweave.ecs.world import World
from astraweave.errors import UsageError
from astraweave.render.view import View

ENGINE = Path(__file__).resolve().parents[2] / "engine"
PROGRAM = """
import sys
from astraweave.app.window import run_window
from astraweave.ecs.world import World
from astraweave.gpu.device import Gpu
from astraweave.render.camera import Camera
from astraweave.render.look import CAPSULE, Look, rgb
from astraweave.render.view import View
from astraweave.sim.components import Position, Velocity
from astraweave.sim.motion import Motion

world = World(Gpu.open())
world.use(Motion())
places = [(x, 0, z) for x in range(6) for z in range(6)]
look = Look(CAPSULE, rgb("#d9574a"), (0.5, 1.75, 0.5))
world.spawn(Position(places), Velocity([(1, 0, 0)] * 36), look)
view = View(Camera.framing((0, 0, 0), (6, 2, 6)))
run_window(world, view, "test", width=640, height=400, frames=30, screenshot=sys.argv[1])
print(world.tick)
"""


def missing():
    """Names of what a window needs and this machine lacks."""
    lacking = [name for name in ("glfw", "imgui_bundle", "rendercanvas") if not find_spec(name)]
    if not os.environ.get("DISPLAY") and not shutil.which("xvfb-run"):
        lacking.append("a display or xvfb-run")
    return lacking


@pytest.mark.gpu
@pytest.mark.skipif(bool(missing()), reason=f"missing: {', '.join(missing())}")
def test_a_window_runs_and_saves_what_it_shows(tmp_path):
    picture = tmp_path / "window.png"
    screen = ["xvfb-run", "-a", "-s", "-screen 0 1024x768x24"] if shutil.which("xvfb-run") else []
    paths = os.pathsep.join([str(ENGINE), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [*screen, sys.executable, "-c", PROGRAM, str(picture)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) > 0
    image = np.asarray(Image.open(picture)).astype(int)
    assert image.shape == (400, 640, 3)
    panel, scene = image[20:200, 20:200], image[:, 360:]
    assert panel.mean() < 100  # dark, with letters on it
    assert panel.max() > 200
    assert (scene[..., 0] > scene[..., 1] + 60).sum() > 200  # red figures


def test_figures_are_not_asked_for_without_frames():
    with pytest.raises(UsageError, match="frames"):
        run_window(World.__new__(World), View(), screenshot="x.png")
    with pytest.raises(UsageError, match="positive"):
        run_window(World.__new__(World), View(), frames=0)


def test_time_becomes_whole_ticks_and_a_rest():
    pace = Pace(60)
    assert pace.ticks(0.025) == 1
    assert pace.alpha == pytest.approx(0.5)
    assert pace.ticks(0.025) == 2
    pace.speed = 4.0
    assert pace.ticks(1 / 60) == 4


def test_a_slow_machine_drops_time_instead_of_falling_behind():
    pace = Pace(60)
    assert pace.ticks(10.0) == 8
    assert pace.ticks(1 / 60) == 1


def test_pausing_stops_time_and_steps_go_on():
    pace = Pace(60, paused=True)
    assert pace.ticks(1.0) == 0
    pace.steps = 2
    assert pace.ticks(1.0) == 2
    assert pace.ticks(1.0) == 0
    assert pace.alpha == 1.0
