"""The budgets, beside which every report puts what was measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """At most (or exactly) so much of one field of one result.

    Args:
        adapter: part of the adapter's name, lower case.
        result: name of a result of `perf.run`.
        path: keys of the figure in that result.
        most: the figure's unit.
        text: what is promised, for people.
    """

    adapter: str
    result: str
    path: tuple[str, ...]
    most: float
    text: str


_GPU, _WALL, _SINGLE = ("gpu_batched_ms",), ("wall_batched_ms",), ("wall_single_ms",)


def _median(adapter: str, result: str, path: tuple[str, ...], most: float, text: str) -> Budget:
    return Budget(adapter, result, (*path, "median"), most, text)


BUDGETS = (
    _median("h200", "crowd_plain 1048576", _GPU, 0.10, "crowd, 1,048,576 agents: GPU ms a tick"),
    _median("h200", "crowd_plain 1048576", _WALL, 0.12, "crowd, 1,048,576: wall ms, batched"),
    _median(
        "h200", "crowd_plain 1048576", _SINGLE, 0.12, "crowd, 1,048,576: wall ms, one a submit"
    ),
    _median("h200", "crowd_plain 10485760", _GPU, 1.2, "crowd, 10,485,760 agents: GPU ms a tick"),
    _median("h200", "crowd_plain 16384", _GPU, 0.03, "crowd, 16,384 agents: GPU ms, batched"),
    _median("h200", "circles 1000000", _WALL, 0.40, "Circles 3D, 1,000,000: wall ms, batched"),
    _median(
        "h200", "circles 1000000", _SINGLE, 0.40, "Circles 3D, 1,000,000: wall ms, one a submit"
    ),
    _median(
        "h200", "cull 1048576", ("cull_ms",), 0.15, "cull, level choice and splat of 1,048,576: ms"
    ),
    _median("h200", "crowd_plain 16384", ("encode_ms",), 0.12, "Python's part of a tick: ms"),
    _median("h200", "frames 500", ("encode_ms",), 0.35, "Python's part of a frame: ms"),
    _median("h200", "checksum 1048576", ("checksum_ms",), 0.05, "checksum of 1,048,576: GPU ms"),
    _median("h200", "spawn 1000000", ("spawn_ms",), 500.0, "spawn of 1,000,000 from arrays: ms"),
    _median("llvmpipe", "crowd_plain 16384", _WALL, 7.0, "crowd, 16,384 agents: wall ms a tick"),
    _median("llvmpipe", "crowd_plain 16384", ("encode_ms",), 0.6, "Python's part of a tick: ms"),
    _median("llvmpipe", "frames 500", ("encode_ms",), 0.6, "Python's part of a frame: ms"),
    Budget("llvmpipe", "frames 500", ("frame_ms", "p95"), 16.67, "500 drawn at 1280×720: p95 ms"),
    Budget("", "frames 500", ("draw_calls",), 12, "500 drawn: draw calls for 4 meshes"),
    Budget("", "frames 500", ("engine_bytes",), 100e6, "500 drawn: bytes on the GPU"),
)
