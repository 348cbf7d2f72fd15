"""The figures of a run for people."""

from __future__ import annotations

from typing import Any

Rows = list[tuple[str, str]]


def summary(report: dict[str, Any]) -> str:
    """A few aligned lines; the same facts as `run --json`."""
    rows = _head(report) + _notes(report) + _passes(report) + _systems(report)
    rows.append(("memory", f"{report['engine_bytes'] / 2**20:.1f} MiB on the GPU"))
    rows.append(("checksum", report["checksum"]))
    rows += [(key, report[key]) for key in ("png", "recording") if key in report]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {text}" for name, text in rows)


def _head(report: dict[str, Any]) -> Rows:
    size = f"{report['entities']:,} entities, {report['ticks']:,} ticks, seed {report['seed']}"
    tick, encode = report["ms_per_tick"], report["encode_ms"]["p50"]
    spread = "not measured"
    if tick["p50"] is not None:
        spread = f"{tick['p50']:.3f} ms median, {tick['p95']:.3f} p95, {tick['p99']:.3f} p99"
    if encode is not None:
        spread += f"; Python {encode:.3f}"
    rows = [
        ("example", f"{report['example']}, {size}"),
        ("adapter", f"{report['adapter']} ({report['backend']}, {report['driver']})"),
        ("tick", spread),
    ]
    if "ms_per_frame" in report:
        frame = report["ms_per_frame"]
        drawn = f"{report['visible']:,} visible in {report['draw_calls']} draw calls"
        rows.append(("frame", f"{frame['p50']:.2f} ms median, {frame['p95']:.2f} p95; {drawn}"))
    return rows


def _notes(report: dict[str, Any]) -> Rows:
    """What the scene tells about itself; a text of several lines keeps them."""
    rows = []
    for name, text in report.get("notes", {}).items():
        first, *more = str(text).splitlines() or [""]
        rows += [(name, first), *(("", line) for line in more)]
    return rows


def _systems(report: dict[str, Any]) -> Rows:
    lines = [f"{one['ms']:8.4f} ms  {one['name']}" for one in report.get("systems", [])]
    if lines:
        lines[0] += "  (clock: wall clock; a tick on average)"
    return [("" if place else "systems", line) for place, line in enumerate(lines)]


def _passes(report: dict[str, Any]) -> Rows:
    lines = [f"{one['ms']:8.4f} ms  {one['name']}" for one in report["passes"]]
    if lines:
        lines[0] += f"  (clock: {report['clock']})"
    return [("" if place else "passes", line) for place, line in enumerate(lines)]
