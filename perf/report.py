"""Renders perf/results/*.json as one page with the budgets: `python -m perf.report`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from perf.budgets import BUDGETS, Budget

RESULTS = Path(__file__).parent / "results"
Document = dict[str, Any]
Row = list[str]

INTRODUCTION = """\
# Results

Written by `python -m perf.report` from the JSON files beside it, which `python -m perf.run` makes
on each machine. Times are milliseconds: median [least – most] of the repeats, all workloads of
ticks interleaved in one process. *wall* is the clock of the Python program with a fence at the end
of a sample, *GPU* the adapter's timestamps around batches of up to 16 ticks; the timestamps of
software adapters mean nothing, so there the wall clock times single passes too, each submitted and
waited for. *Python's part* is `world.step(1)` on an idle adapter, without the wait. The sort of the
storage, every 64th tick, is part of all figures of ticks. The plain crowd and Circles were compared
with brute force in NumPy before they were timed and again afterwards.
"""


def figure(value: Any) -> str:
    """`median [least – most]`."""
    if not value:
        return "–"
    return f"{value['median']:g} [{value['min']:g} – {value['max']:g}]"


def found(document: Document, budget: Budget) -> float | None:
    """The figure that a budget speaks of, if this machine has it."""
    results = {result["name"]: result for result in document["results"]}
    value: Any = results.get(budget.result)
    for key in budget.path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def judged(document: Document) -> list[tuple[Budget, float | None]]:
    """Budgets of this adapter with what was measured."""
    name = document["adapter"].lower()
    return [(b, found(document, b)) for b in BUDGETS if b.adapter in name]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table, aligned so that it can be read as text."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    padded = ["| " + " | ".join(c.ljust(w) for c, w in zip(x, widths)) + " |" for x in lines]  # noqa: B905
    rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
    return "\n".join([padded[0], rule, *padded[1:]])


def tick_rows(document: Document) -> list[Row]:
    rows = []
    for r in document["results"]:
        if "wall_batched_ms" in r:
            kinds = ("gpu_batched_ms", "wall_batched_ms", "wall_single_ms", "encode_ms")
            rows.append([r["name"], f"{r['entities']:,}", *(figure(r.get(k)) for k in kinds)])
    return rows


def pass_rows(document: Document) -> list[Row]:
    rows = []
    for r in document["results"]:
        for p in r.get("passes", ()):
            moved = [f"{p['mib']:g}", f"{p['gb_per_s']:g}"] if "mib" in p else ["–", "–"]
            rows.append([r["name"], p["name"], f"{p['ms']:g}", *moved])
        if sort := r.get("sort_ms"):
            rows.append([r["name"], "sort, every 64th tick", f"{sort['median']:g}", "–", "–"])
    return rows


def other_rows(document: Document) -> list[Row]:
    """Everything else that has a spread or percentiles."""
    rows = []
    for r in document["results"]:
        if "wall_batched_ms" in r or r["status"] != "ok":
            continue
        for key, value in r.items():
            if isinstance(value, dict) and "median" in value:
                rows.append([r["name"], key.removesuffix("_ms"), figure(value), value["clock"]])
            elif isinstance(value, dict) and "p50" in value:
                text = f"p50 {value['p50']:g}, p95 {value['p95']:g}, p99 {value['p99']:g}"
                rows.append([r["name"], key.removesuffix("_ms"), text, value["clock"]])
            elif key in ("draw_calls", "visible", "engine_bytes"):
                rows.append([r["name"], key, f"{value:,}", ""])
    return rows


def budget_rows(document: Document) -> list[Row]:
    rows = []
    for budget, value in judged(document):
        verdict = "not measured" if value is None else "kept" if value <= budget.most else "MISSED"
        if verdict == "MISSED" and value is not None:
            verdict += f" by {value / budget.most - 1:.0%}"
        measured = "–" if value is None else f"{value:,g}"
        rows.append([budget.text, f"≤ {budget.most:,g}", measured, verdict])
    return rows


def absent(document: Document) -> list[str]:
    """Sizes that did not fit and parts that failed, by name."""
    return [
        f"- {r['name']}: {'not measured' if r['status'] == 'skipped' else 'FAILED'}, {r['why']}"
        for r in document["results"]
        if r.get("status") != "ok"
    ]


def checksum_rows(document: Document) -> list[Row]:
    return [
        [r["name"], str(r.get("checksum_tick", "")), f"`{r['checksum']}`", r.get("checked", "")]
        for r in document["results"]
        if "checksum" in r
    ]


def peer_rows(document: Document) -> list[Row]:
    results = {r["name"]: r for r in document["results"]}
    return [
        [name, *(figure(results[name].get(k)) for k in ("wall_batched_ms", "wall_single_ms")), text]
        for name, text in document.get("peers", {}).items()
        if name in results
    ]


def section(document: Document) -> str:
    """One machine."""
    m, v = document["machine"], document["versions"]
    memory = f"{m['memory_gib']} GiB" if m["memory_gib"] else "unknown memory"
    parts = [
        f"## {document['adapter']}",
        f"{document['backend']}, {document['driver']}; passes by {document['clock']}. {m['cpu']}, "
        f"{m['cores']} cores, {memory}, load {m['load']} before the run. Python {v['python']}, "
        f"NumPy {v['numpy']}, wgpu {v['wgpu']}, astraweave {v['astraweave']}. {document['date']}, "
        f"{document['rounds']} rounds, {document['seconds']} s"
        + (", quick sizes." if document["quick"] else "."),
    ]
    head = ("workload", "entities", "GPU, batched", "wall, batched", "wall, one a submit")
    tables: list[tuple[str, Iterable[str], list[Row]]] = [
        ("Budgets", ("what", "budget", "measured", ""), budget_rows(document)),
        ("Ticks", (*head, "Python's part"), tick_rows(document)),
        ("Peers", ("workload", *head[3:], "wall ms of the peer"), peer_rows(document)),
        ("Passes", ("workload", "pass", "ms", "MiB moved", "GB/s"), pass_rows(document)),
        ("Others", ("part", "what", "ms", "clock"), other_rows(document)),
        ("Checks", ("workload", "tick", "checksum", "checked"), checksum_rows(document)),
    ]  # fmt: skip
    for title, names, rows in tables:
        if rows:
            parts += [f"### {title}", table(names, rows)]
    if lines := absent(document):
        parts += ["### Not measured", "\n".join(lines)]
    return "\n\n".join(parts)


def misses(documents: Iterable[Document]) -> list[str]:
    return [
        f"- {d['adapter']}: {budget.text}: {value:,g}, budget {budget.most:,g}"
        for d in documents
        for budget, value in judged(d)
        if value is not None and value > budget.most
    ]


def render(documents: list[Document]) -> str:
    """The whole page."""
    missed = "\n".join(misses(documents)) or "Every budget that was measured is kept."
    formula = documents[0]["bytes"] if documents else ""
    parts = [INTRODUCTION.strip(), f"Bytes moved are estimates: {formula}.", "## Misses", missed]
    return "\n\n".join([*parts, *(section(d) for d in documents)]) + "\n"


def as_text(document: Document) -> str:
    """One machine, for a terminal."""
    return section(document)


def main() -> int:
    """Entry point."""
    # Those of plans are of another form, and need no page.
    paths = sorted(p for p in RESULTS.glob("*.json") if not p.name.startswith("plan-"))
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    (RESULTS / "README.md").write_text(render(documents), encoding="utf-8")
    print(f"{RESULTS / 'README.md'}: {len(documents)} machines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
