"""Simulation shaders run within the limits of core WebGPU, and so on any adapter or browser."""

from typing import Any

import pytest

from astraweave import Gpu, World
from astraweave.app.scene import load_scene
from astraweave.gpu.device import choose_adapter

# Defaults of https://www.w3.org/TR/webgpu/#limits; no device may offer less.
CORE = {
    "max-bind-groups": 4,
    "max-dynamic-uniform-buffers-per-pipeline-layout": 8,
    "max-storage-buffers-per-shader-stage": 8,
    "max-uniform-buffers-per-shader-stage": 12,
    "max-uniform-buffer-binding-size": 65536,
    "max-storage-buffer-binding-size": 128 << 20,
    "max-buffer-size": 256 << 20,
    "max-compute-workgroup-storage-size": 16384,
    "max-compute-invocations-per-workgroup": 256,
    "max-compute-workgroup-size-x": 256,
    "max-compute-workgroup-size-y": 256,
    "max-compute-workgroup-size-z": 64,
    "max-compute-workgroups-per-dimension": 65535,
}


class CoreAdapter:
    """An adapter that grants the core limits and no optional feature."""

    def __init__(self, adapter: Any) -> None:
        self._adapter = adapter
        self.features: set[str] = set()
        self.limits = CORE

    def request_device_sync(self, **options: Any) -> Any:
        return self._adapter.request_device_sync(
            label="core", required_features=[], required_limits=CORE | options["required_limits"]
        )


@pytest.fixture(scope="module")
def core() -> Gpu:
    info, adapter = choose_adapter()
    return Gpu(info, CoreAdapter(adapter))


def test_the_device_has_no_more_than_the_core_limits(core: Gpu) -> None:
    assert {name: core.device.limits[name] for name in CORE} == CORE
    assert core.features == frozenset()
    assert core.clock == "fenced wall clock", "there is no timestamp query to ask for"


@pytest.mark.parametrize("name", ["crowd", "bounce", "hello_compute"])
def test_scenes_run_on_it_and_give_the_same(gpu: Gpu, core: Gpu, name: str) -> None:
    def run(device: Gpu) -> tuple[World, str]:
        world, _ = load_scene(name).make(device, entities=400, seed=3)
        world.step(40)
        world.shuffle(1)
        world.step(20)
        return world, world.checksum().hex

    world, checksum = run(core)
    assert checksum == run(gpu)[1]
    times = world.profile(2)
    assert [name for name, _ in times]
    assert all(ms > 0 for _, ms in times)
