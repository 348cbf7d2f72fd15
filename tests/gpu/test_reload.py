"""Saving a shader while a world runs: a good one takes effect, a broken one changes nothing."""

import os
from pathlib import Path

import numpy as np

from astraweave import Pass, Position, World

RISE = "fn each(slot: u32) { position[slot].xyz.y += 65536; }\n"


def save(path: Path, text: str, age: int) -> None:
    """Write a shader with a modification time of its own."""
    path.write_text(text)
    os.utime(path, ns=(age, age))


def test_a_saved_shader_replaces_the_old_and_a_broken_one_does_not(gpu, tmp_path):
    shader = tmp_path / "rise.wgsl"
    save(shader, RISE, 10**18)
    world = World(gpu)
    world.use(Pass(shader, writes=(Position,)))
    entity = world.spawn(Position((0, 0, 0)))
    world.step()
    assert not world.runner.shaders_changed()

    save(shader, RISE.replace("+= 65536", "+= oops"), 2 * 10**18)
    assert world.runner.shaders_changed()
    (error,) = world.runner.reload()
    assert (error.path, error.line) == ("rise.wgsl", 1)
    assert world.runner.reload() == []  # told once for each time it is saved
    world.step()
    assert np.array_equal(world.read(Position, entity), [0, 2, 0])

    save(shader, RISE.replace("65536", "131072"), 3 * 10**18)
    assert world.runner.reload() == []
    world.step()
    assert np.array_equal(world.read(Position, entity), [0, 4, 0])
