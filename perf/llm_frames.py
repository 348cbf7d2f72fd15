"""What a language model at work costs the frames beside it.

    python -m perf.llm_frames [--entities N] [--blocks N] [--frames N] [--adapter A] [--out FILE]

A world of walkers runs at 60 frames a second: each frame is a tick, with a fence, and the scheduler
that listens to the model. Blocks of frames in which nobody asks alternate with blocks that begin
with a storm of 200 requests at three priorities, 5 % of them too late and two unreadable; in three
of the latter the process of the model is killed halfway. Times are those of the work of a frame, on
the wall clock; what counts is the difference of their 95th percentiles. A software adapter takes
every core, also that of the model: `LP_NUM_THREADS=0` keeps llvmpipe to one. On a machine that
is busy the CPU time of our own process says more, though it says nothing of waiting for a core.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import Any

import numpy as np

from astraweave import Gpu, World
from astraweave.app.scene import load_scene
from astraweave_ai.llm.scheduler import LlmScheduler, Question
from astraweave_ai.llm.server import LlmServer
from astraweave_ai.llm.wire import Options
from perf.machine import describe, slug
from perf.measure import fence
from tests.soak_llm import storm_requests
from tests.tiny_gguf import tiny_gguf

RESULTS = Path(__file__).parent / "results" / "minds"
FRAME = 1 / 60  # seconds
REQUESTS, KILLS = 200, 3


Times = list[tuple[float, float]]  # milliseconds of wall and of CPU time


def frames(world: World, count: int, kill: LlmServer | None) -> Times:
    """What so many frames take; the model's process is killed in their middle."""
    times = []
    for number in range(count):
        began, cpu = perf_counter(), process_time()
        world.step()
        fence(world)
        times.append((1e3 * (perf_counter() - began), 1e3 * (process_time() - cpu)))
        if kill is not None and number == count // 2 and kill.pid is not None:
            os.kill(kill.pid, signal.SIGKILL)
        sleep(max(0.0, began + FRAME - perf_counter()))
    return times


def drain(world: World, questions: list[Question]) -> dict[str, int]:
    """Let the rest of the questions end, outside of what is timed; how all of them ended."""
    while any(question.result is None for question in questions):
        world.step()
        sleep(0.001)
    ends: dict[str, int] = {}
    for question in questions:
        result = question.result
        name = type(result.error).__name__ if result and result.error else "answer"
        ends[name] = ends.get(name, 0) + 1
    return ends


def measure(world: World, server: LlmServer, blocks: int, count: int) -> dict[str, Any]:
    """Quiet and busy blocks in turn."""
    scheduler = LlmScheduler(world, server)
    draw = random.Random(1)
    quiet: Times = []
    busy: Times = []
    ends: dict[str, int] = {}
    frames(world, count, None)
    system = 0.0
    for block in range(blocks):
        quiet += frames(world, count, None)
        system -= world.schedule.seconds["llm"]
        questions = [scheduler.ask(request) for request in storm_requests(REQUESTS, draw)]
        busy += frames(world, count, server if block < KILLS else None)
        system += world.schedule.seconds["llm"]
        for name, number in drain(world, questions).items():
            ends[name] = ends.get(name, 0) + number
    found = {"quiet": np.array(quiet), "busy": np.array(busy)}
    wall, cpu = (
        {name: np.percentile(times[:, clock], (50, 95, 99)) for name, times in found.items()}
        for clock in (0, 1)
    )
    return {
        "frames": len(quiet),
        "p50_p95_p99_ms": {name: values.round(3).tolist() for name, values in wall.items()},
        "p95_change_ms": round(float(wall["busy"][1] - wall["quiet"][1]), 3),
        "p50_p95_p99_cpu_ms": {name: values.round(3).tolist() for name, values in cpu.items()},
        "p95_change_cpu_ms": round(float(cpu["busy"][1] - cpu["quiet"][1]), 3),
        "scheduler_mean_ms": round(1e3 * system / len(busy), 4),
        "ends": ends,
        "restarts": server.statistics.restarts,
        "answer_tokens": server.statistics.tokens,
    }


def main() -> int:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=1024)
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--adapter")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    gpu = Gpu.open(args.adapter)
    world, _ = load_scene("crowd").make(gpu, entities=args.entities, seed=7)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.gguf"
        tiny_gguf(path, layers=4, width=256, heads=8, hidden=704, numbers="F16")
        with LlmServer(path, options=Options(context=8192)) as server:
            server.ready()
            document = describe(gpu) | {
                "llama-cpp-python": version("llama-cpp-python"),
                "entities": args.entities,
                "niceness": server.options.niceness,
                **measure(world, server, args.blocks, args.frames),
            }
    out = args.out or RESULTS / f"llm_frames-{slug(gpu)}.json"
    out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(document, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
