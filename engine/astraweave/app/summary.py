"""The figures of a run for people."""

from __future__ import annotations

from typing import Any


def summary(report: dict[str, Any]) -> str:
    """A few aligned lines; the same facts as `run --json`."""
    tick, encode = report["ms_per_tick"], report["encode_ms"]
    lines = [
        (
            "example",
            f"{report['example']}, {report['entities']:,} entities, {report['ticks']:,} ticks, seed {report['seed']}",
        ),
        ("adapter", f"{report['adapter']} ({report['backend']}, {report['driver']})"),
        (
            "tick",
            f"{tick['p50']:.3f} ms median, {tick['p95']:.3f} p95, {tick['p99']:.3f} p99; {encode['p50']:.3f} ms of it Python",
        ),
    ]
    if "ms_per_frame" in report:
        frame = report["ms_per_frame"]
        lines.append(
            (
                "frame",
                f"{frame['p50']:.2f} ms median, {frame['p95']:.2f} p95; {report['visible']:,} visible in {report['draw_calls']} draw calls",
            )
        )
    for place, one in enumerate(report["passes"]):
        lines.append(
            (
                f"passes ({report['clock']})" if not place else "",
                f"{one['ms']:9.4f} ms  {one['name']}",
            )
        )
    lines.append(("memory", f"{report['engine_bytes'] / 2**20:.1f} MiB on the GPU"))
    lines.append(("checksum", report["checksum"]))
    lines += [(key, report[key]) for key in ("png", "recording") if key in report]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:<{width}}  {text}" for name, text in lines)
