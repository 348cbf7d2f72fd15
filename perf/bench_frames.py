"""500 entities of four meshes at 1280×720 for 1,000 frames with a tick each."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
import pytest

from astraweave import Gpu
from perf.conftest import CLOCK, record
from perf.scenes import parade
from perf.workloads import require_all_visible

FRAMES = 1_000


@pytest.mark.benchmark(timer=CLOCK, group="frames, 500 entities of 4 meshes, 1280×720, with a tick")
def test_frames(benchmark: Any, gpu: Gpu) -> None:
    renderer_module = pytest.importorskip("astraweave.render.renderer")
    before = gpu.allocated
    world, view = parade(gpu, 500)
    renderer = renderer_module.Renderer(world, 1280, 720, view)
    times = []
    for number in range(FRAMES + 20):
        started = perf_counter()
        world.step()
        renderer.render()
        renderer.wait()
        if number >= 20:  # the first ones compile and allocate
            times.append(1e3 * (perf_counter() - started))
    require_all_visible(renderer, 500)
    p50, p95, p99 = np.percentile(times, (50, 95, 99))
    record(
        benchmark,
        times,
        clock="wall clock, fenced",
        p50_ms=round(float(p50), 3),
        p95_ms=round(float(p95), 3),
        p99_ms=round(float(p99), 3),
        draw_calls=renderer.draw_calls,
        visible=renderer.visible,
        engine_bytes=gpu.allocated - before,
    )
