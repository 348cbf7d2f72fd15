"""Search in memories, beside other libraries: `python -m perf.memory_search [--sizes 10000 …]`.

Every library gets the same vectors and answers the same queries in turn, in one process each, by
one thread. Times are of the wall clock; the files also hold the processor's time, which says more
on a machine that does other work. Vectors are drawn around a space of 32 dimensions, as those of
embedding models are; `--kind texts` takes the hashing embedder's vectors of generated texts,
`--kind uniform` vectors without any structure, the hardest there are. Searches end to end, from a
text to hits, are measured over generated texts with the hashing embedder. Recall is that of the
ten nearest by float64.
Libraries that are not installed are named as missing: `pip install faiss-cpu hnswlib chromadb`.
Writes perf/results/memory-search-<machine>.json and prints a table.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402

from perf import memory_peers  # noqa: E402
from perf.memory_texts import sentences  # noqa: E402

RESULTS = Path(__file__).parent / "results"
DIMENSIONS, QUERIES, WANTED = 384, 500, 10
SHARES = {"5 %": 0.05, "0.5 %": 0.005, "0.05 %": 0.0005, "30 %": 0.3}
BUDGETS = {10_000: 1.0, 100_000: 2.0}  # p95 in ms, of a search with a known vector
END_TO_END = 5.0
PATIENCE = 20.0  # seconds for the queries of one kind


def draw(kind: str, count: int, seed: int) -> Any:
    """Rows of length 1 of a kind; the same for a seed."""
    rng = np.random.default_rng(seed)
    if kind == "texts":
        from astraweave_rag import HashingEmbedder

        return HashingEmbedder(DIMENSIONS).embed(sentences(count, seed))
    rows = rng.standard_normal((count, DIMENSIONS))
    if kind == "latent":
        basis = np.random.default_rng(0).standard_normal((32, DIMENSIONS))
        rows = rng.standard_normal((count, 32)) @ basis + 1.5 * rows
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def tags(size: int) -> Any:
    """For each row a number 0 to 9,999, by which filters choose shares of all rows."""
    return np.random.default_rng(5).permutation(size) * 10_000 // size


def nearest(rows: Any, queries: Any, among: Any = None) -> list[set[int]]:
    """The ten nearest of each query, exactly."""
    ids = np.arange(len(rows)) if among is None else among
    wide = rows[ids].astype(np.float64)
    found = []
    for query in queries:
        scores = wide @ query.astype(np.float64)
        best = np.argpartition(-scores, min(WANTED, len(ids)) - 1)[:WANTED]
        found.append(set(ids[best].tolist()))
    return found


def timed(search: Callable[[Any], list[int]], queries: Any, truth: list[set[int]]) -> Any:
    """Times and recall of searches, after some that warm up; of fewer if they take very long."""
    start = perf_counter()
    for query in queries[:20]:
        search(query)
        if perf_counter() - start > PATIENCE / 10:
            break
    watch, shares = memory_peers.Watch(), []
    for query, expected in zip(queries, truth, strict=True):
        with watch:
            found = search(query)
        shares.append(len(set(found[:WANTED]) & expected) / max(1, len(expected)))
        if perf_counter() - start > PATIENCE:
            break
    asked = len(shares)
    return {**watch.spread(), "recall": round(float(np.mean(shares)), 4), "queries": asked}


def measure(library: str, kind: str, size: int) -> dict[str, Any]:
    """Everything about one library at one size; runs in a process of its own."""
    rows, queries, marks = draw(kind, size, 1), draw(kind, QUERIES, 2), tags(size)
    folder = Path(tempfile.mkdtemp(prefix="memory-search-"))
    gc.collect()
    before = memory_mib()
    try:
        start = perf_counter()
        peer = memory_peers.PEERS[library](rows, marks, folder)
        seconds = perf_counter() - start
        truth = nearest(rows, queries)
        result: dict[str, Any] = {"build_s": round(seconds, 2), "memory_mib": memory_mib() - before}
        result["query"] = timed(peer.search, queries, truth)
        result["filtered"] = {}
        for name, share in SHARES.items():
            limit = round(share * 10_000)
            among = np.flatnonzero(marks < limit)
            some = queries[:100]
            search = peer.filtered(limit)
            result["filtered"][name] = timed(search, some, nearest(rows, some, among))
        result |= peer.more(kind)
        peer.close()
        files = [path for path in folder.rglob("*") if path.is_file()]
        result["disk_mib"] = round(sum(path.stat().st_size for path in files) / 2**20, 1)
        return result
    finally:
        shutil.rmtree(folder)


def memory_mib() -> float:
    """Memory that this process has in use."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return float("nan")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text(encoding="utf-8"))
    return round(int(found[1]) / 1024, 1) if found else float("nan")


def share_of(library: str, kind: str, size: int, answer: Any) -> None:
    answer.send(measure(library, kind, size))


def in_a_process(library: str, kind: str, size: int) -> dict[str, Any]:
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=share_of, args=(library, kind, size, theirs))
    child.start()
    theirs.close()
    try:
        return dict(ours.recv())
    except EOFError:
        return {"failed": "the process ended"}
    finally:
        child.join()


def tried(library: str, kind: str, size: int) -> dict[str, Any]:
    """Everything about one library at one size, if it is installed."""
    module = memory_peers.MODULES[library]
    if find_spec(module) is None:
        return {"failed": f"{module} is not installed"}
    print(f"{size:,} {kind}: {library} …", file=sys.stderr)
    return in_a_process(library, kind, size)


def machine() -> dict[str, Any]:
    """Where and with what this was measured."""
    cpu = Path("/proc/cpuinfo")
    text = cpu.read_text(encoding="utf-8") if cpu.is_file() else ""
    model = re.search(r"model name\s*:\s*(.+)", text)
    from importlib.metadata import PackageNotFoundError, version

    versions = {}
    for package in ("numpy", "usearch", "numkong", "faiss-cpu", "hnswlib", "chromadb"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "missing"
    import sqlite3

    return {
        "cpu": model[1] if model else platform.processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "versions": versions,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def table(results: dict[str, Any]) -> str:
    """The results of one size as Markdown."""
    head = ["library", "build s", "p50 ms", "p95 ms", "cpu p95 ms", "recall"]
    head += [f"{share}: p95 ms, recall" for share in SHARES] + ["memory MiB", "disk MiB"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for library, one in results.items():
        if "query" not in one:
            lines.append(f"| {library} | {one['failed']} |")
            continue
        query, filtered = one["query"], one["filtered"]
        cells = [
            library,
            one["build_s"],
            query["p50"],
            query["p95"],
            query["cpu_p95"],
            query["recall"],
        ]
        cells += [f"{filtered[share]['p95']}, {filtered[share]['recall']}" for share in SHARES]
        cells += [one["memory_mib"], one["disk_mib"]]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines)


def judge(size: int, one: dict[str, Any]) -> list[str]:
    """What misses its budget."""
    misses: list[str] = []
    if "query" not in one:
        return [f"{size:,}: {one['failed']}"]
    if one["query"]["p95"] >= BUDGETS.get(size, float("inf")):
        misses.append(f"{size:,}: search p95 {one['query']['p95']} ms, budget {BUDGETS[size]}")
    if one["query"]["recall"] < 0.99:
        misses.append(f"{size:,}: recall {one['query']['recall']}, budget 0.99")
    for name, found in one["filtered"].items():
        least = 1.0 if SHARES[name] * size <= 20_000 else 0.99
        if found["recall"] < least:
            misses.append(f"{size:,}, {name}: recall {found['recall']}, budget {least}")
    for mode, found in one.get("end_to_end", {}).items():
        if found["p95"] >= END_TO_END:
            misses.append(f"{size:,}: end to end, {mode}: {found['p95']} ms, budget {END_TO_END}")
    if "add" in one and one["add"]["p95"] >= 2.0:
        misses.append(f"{size:,}: add p95 {one['add']['p95']} ms, budget 2")
    return misses


def main() -> int:
    parser = argparse.ArgumentParser(prog="perf.memory_search", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--kind", choices=["latent", "texts", "uniform"], default="latent")
    known = list(memory_peers.PEERS)
    parser.add_argument("--libraries", nargs="+", choices=known, default=known)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    document: dict[str, Any] = {**machine(), "kind": args.kind, "sizes": {}, "misses": []}
    for size in args.sizes:
        found = document["sizes"][str(size)] = {}
        for library in args.libraries:
            found[library] = tried(library, args.kind, size)
        print(f"\n{size:,} vectors of {DIMENSIONS}, {args.kind}\n\n{table(found)}\n")
        if "astraweave_rag" in found:
            texts = found["astraweave_rag, texts"] = tried("astraweave_rag", "texts", size)
            print(table({"of texts": texts}))
            for name in ("end_to_end", "add", "vector_after_add", "scan", "scan of 30 %"):
                print(f"{name}: {json.dumps(texts.get(name))}")
            document["misses"] += judge(size, found["astraweave_rag"]) + judge(size, texts)
    print("\n".join(document["misses"]) or "all budgets are kept")
    slug = re.sub(r"[^a-z0-9]+", "-", f"{document['cpu']}-{document['cores']}-cores".lower())
    out = args.out or RESULTS / f"memory-search-{args.kind}-{slug.strip('-')}.json"
    out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
