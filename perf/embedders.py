"""How true, how fast and how good embedders by llama.cpp are, beside the hashing embedder.

    python -m perf.embedders [MODEL] [--type f16] [--documents N] [--parts P …] [--out FILE]

MODEL is a folder or an installed package with a sentence-transformer of the MiniLM family; without
it the tiny model of the tests is used, whose vectors mean nothing, so that only the parts without
quality are run. Nothing is downloaded. What is measured:

fidelity   cosine of each text's vector to the NumPy twin in float64, for f32, f16 and q8_0; texts
           are the queries of the labelled set and odd ones.
latency    a whole hybrid search in a store, each query for the first time, so that no cache helps;
           in turn with the same queries in a store with the hashing embedder. The vectors of the
           documents are random, since the time does not depend on them. On the wall clock, and as
           CPU time of both processes, which is what an otherwise idle machine would take.
quality    nDCG@10 and recall@10 on the labelled set, and paired tests against the hashing embedder.

On a busy machine set OPENBLAS_NUM_THREADS=1: threads of the twin would wait for each other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from astraweave_rag import Draft, HashingEmbedder, Store, search
from astraweave_rag.bert import read_model
from astraweave_rag.embed import Embedder, Vectors
from astraweave_rag.llama import LlamaEmbedder
from astraweave_rag.minilm import KINDS, Kind, convert, find
from perf import retrieval_quality as quality
from perf.plan_pddl import RESULTS, cpu
from perf.retrieval.labelled import corpus, queries
from tests.reference.bert import Bert
from tests.tiny_bert import write_folder

ODD = (
    "",
    "naïve Ångström façade, “quoted” – and dashed…",
    "東京の古い橋 と 村",
    "Где находится колодец?",
    "E=mc² ≈ 3.5% of #42 (v2.0-rc1) @home /usr/bin",
    "don't can't won't it's O'Brien's",
    "ALL CAPS AND camelCase and snake_case",
    "😀 emoji 🏰 in between 🗡️",
    "a b c d e f g 1 2 3",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
)
# Cosines of three texts that the makers of all-MiniLM-L6-v2 print in their first example.
EXAMPLE = ("The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium.")
PRINTED = (0.6660, 0.1046, 0.1411)
FIDELITY = {"f32": 0.999, "f16": 0.999, "q8_0": 0.99}  # cosines to the twin, at least
SLOWEST = 50.0  # ms of a query's p95
ROUND = 500  # documents that are added together
THROUGHPUT = 100  # texts that are embedded together
PARTS = ("fidelity", "latency", "quality")


def fidelity(folder: Path, scratch: Path, texts: list[str]) -> dict[str, Any]:
    """Cosines to the twin by kind of numbers."""
    twin, room = Bert(folder), read_model(folder).context
    texts = [text for text in texts if len(twin.tokens(text)) <= room]
    expected = twin.embed(texts)
    found: dict[str, Any] = {"texts": len(texts)}
    for kind in KINDS:
        path = convert(folder, scratch / f"{kind}.gguf", kind)
        with LlamaEmbedder(path) as embedder:
            cosines = (embedder.embed(texts).astype(np.float64) * expected).sum(axis=1)
        found[kind] = {
            "mib": round(path.stat().st_size / 2**20, 1),
            "least": round(float(cosines.min()), 6),
            "mean": round(float(cosines.mean()), 6),
            "target": FIDELITY[kind],
            "least_text": texts[int(cosines.argmin())],
        }
    return found


def example(embedder: Embedder) -> dict[str, list[float]]:
    """Cosines of the makers' example beside those that they print."""
    rows = embedder.embed(EXAMPLE).astype(np.float64)
    cosines = (rows @ rows.T)[np.triu_indices(3, 1)]
    return {"printed": list(PRINTED), "ours": cosines.round(4).tolist()}


def documents(count: int) -> list[str]:
    """Texts of the labelled set's sentences, each with a number of its own."""
    sentences = [s.strip() for p in corpus().values() for s in p.text.split(". ") if len(s) > 20]
    return [f"{sentences[i % len(sentences)][:300]} ({i})" for i in range(count)]


class Drawn:
    """In place of an embedder while a store is filled: random rows of length 1."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self._rng = np.random.default_rng(0)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Random rows, as many as texts."""
        rows = self._rng.normal(size=(len(texts), self.dimensions))
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def latency(model: LlamaEmbedder, count: int, place: Path) -> dict[str, Any]:
    """Milliseconds of queries that were never asked before, by embedder."""
    asked, texts = [query.text for query in queries(corpus())], documents(count)
    embedders: dict[str, Embedder] = {"hashing": HashingEmbedder(), "llama": model}
    with ExitStack() as stack:
        stores = {}
        for name, embedder in embedders.items():
            with Store(place / name, embedder=Drawn(embedder)) as store:
                for first in range(0, count, ROUND):
                    store.add_many([Draft(text=text) for text in texts[first : first + ROUND]])
            stores[name] = stack.enter_context(Store(place / name, embedder=embedder))
            search(stores[name], "a first query loads what later ones share")
        found: dict[str, Any] = {"documents": count, "queries": len(asked)}
        found |= in_turn(stores, model, asked)
    found["llama"]["target_p95_ms"] = SLOWEST
    started = clocks(model)
    model.embed(texts[:THROUGHPUT])
    wall, cpu_time = (end - start for start, end in zip(started, clocks(model), strict=True))
    found["texts_per_second"] = round(THROUGHPUT / wall, 1)
    found["texts_per_cpu_second"] = round(THROUGHPUT / cpu_time, 1)
    return found


def in_turn(
    stores: dict[str, Store], model: LlamaEmbedder, asked: list[str]
) -> dict[str, dict[str, float]]:
    """Times of a search in each store, and of the model alone, with texts that are new to it."""
    calls: dict[str, Callable[[str], object]] = {
        name: partial(search, store) for name, store in stores.items()
    }
    calls["llama_embedding_alone"] = lambda text: model.embed([text])
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for text in asked:
        for name, call in calls.items():
            wall, cpu_time = clocks(model)
            call(text)
            ended = clocks(model)
            times[name].append((ended[0] - wall, ended[1] - cpu_time))
    return {
        name: percentiles("wall", [wall for wall, _ in each])
        | percentiles("cpu", [cpu_time for _, cpu_time in each])
        for name, each in times.items()
    }


def clocks(model: LlamaEmbedder) -> tuple[float, float]:
    """Seconds on the wall clock, and seconds that both processes had a core (Linux)."""
    text = Path(f"/proc/{model.pid}/schedstat").read_text(encoding="ascii")
    return perf_counter(), process_time() + int(text.split()[0]) / 1e9


def percentiles(clock: str, seconds: list[float]) -> dict[str, float]:
    """p50, p95 and the most, in milliseconds."""
    p50, p95, most = np.quantile(np.array(seconds) * 1e3, (0.5, 0.95, 1.0)).round(3).tolist()
    return {f"{clock}_p50_ms": p50, f"{clock}_p95_ms": p95, f"{clock}_most_ms": most}


def compared(model: Embedder) -> dict[str, Any]:
    """Quality of both embedders, and what the model's adds, by mode."""
    values = {}
    for name, embedder in (("hashing", HashingEmbedder()), ("llama", model)):
        store, asked = quality.filled(embedder)
        with store:
            values[name] = quality.measure(store, asked)
    found: dict[str, Any] = {}
    for half in ("all", "held"):
        rows = np.array([half in ("all", quality.half_of(query)) for query in asked])
        part = {
            name: {m: {k: v[rows] for k, v in modes.items()} for m, modes in own.items()}
            for name, own in values.items()
        }
        chosen = [query for query, taken in zip(asked, rows, strict=True) if taken]
        found[half] = {name: quality.report(chosen, own) for name, own in part.items()}
        found[half]["llama - hashing"] = {
            measure: {
                mode: quality.compared(part["llama"][measure][mode], part["hashing"][measure][mode])
                for mode in quality.MODES[1:]
            }
            for measure in part["llama"]
        }
    return found


def describe() -> dict[str, Any]:
    """The machine and the versions."""
    packages = ("numpy", "gguf", "llama-cpp-python", "usearch")
    return {
        "machine": {"cpu": cpu(), "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2)},
        "versions": {"python": platform.python_version()} | {p: version(p) for p in packages},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "clock": "wall",
        "threads_of_llama_cpp": 1,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m perf.embedders", description=__doc__)
    parser.add_argument("model", nargs="?", help="a folder or an installed package")
    parser.add_argument("--type", choices=KINDS, default="f16", dest="kind")
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--out", type=Path, default=RESULTS / "embedders.json")
    args = parser.parse_args()
    kind: Kind = args.kind
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        folder = find(args.model) if args.model else write_folder(place / "tiny")
        document = describe() | {"model": args.model or "tiny, random weights", "kind": kind}
        if "fidelity" in args.parts:
            texts = [*ODD, *(query.text for query in queries(corpus()))]
            document["fidelity"] = fidelity(folder, place, texts)
            print(json.dumps(document["fidelity"], indent=1, ensure_ascii=False), flush=True)
        with LlamaEmbedder(convert(folder, place / "model.gguf", kind)) as embedder:
            document["embedder"] = embedder.name
            if "latency" in args.parts:
                document["latency"] = latency(embedder, args.documents, place)
                print(json.dumps(document["latency"], indent=1), flush=True)
            if args.model and "quality" in args.parts:
                document["example_of_all_minilm_l6_v2"] = example(embedder)
                document["quality"] = compared(embedder)
    args.out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(document.get("quality", {}).get("held", {}).get("llama - hashing"), indent=1))


if __name__ == "__main__":
    main()
