"""Memory and its peers behind one face: build, search, search with a filter, close."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Protocol

import numpy as np

from perf.memory_texts import sentence, sentences

WANTED = 10
CONNECTIVITY, EFFORT = 16, 128  # the same for all graphs
Search = Callable[[Any], list[int]]


class Watch:
    """Times what happens inside `with`, by the wall clock and by the processor's."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def __enter__(self) -> None:
        self._begun = perf_counter(), process_time()

    def __exit__(self, *_: object) -> None:
        self.cpu.append(process_time() - self._begun[1])
        self.wall.append(perf_counter() - self._begun[0])

    def spread(self) -> dict[str, float]:
        """Percentiles in ms."""
        wall, cpu = (np.array(seconds) * 1e3 for seconds in (self.wall, self.cpu))
        found = {f"p{p}": float(np.percentile(wall, p)) for p in (50, 95, 99)}
        found |= {f"cpu_p{p}": float(np.percentile(cpu, p)) for p in (50, 95)}
        return {name: round(value, 4) for name, value in found.items()}


class Peer(Protocol):
    """A library with vectors in it; results are the numbers of rows."""

    def search(self, query: Any) -> list[int]: ...

    def filtered(self, limit: int) -> Search:
        """A search among rows whose mark is below a limit."""
        ...

    def more(self, kind: str) -> dict[str, Any]:
        """What is measured of this library only."""
        ...

    def close(self) -> None: ...


class Ours:
    """Text, metadata and vectors in a store, found by its index."""

    def __init__(self, rows: Any, marks: Any, folder: Path) -> None:
        from astraweave_rag import Draft, Store

        texts = sentences(len(rows), 1)
        self.store = Store(folder / "store.db")
        for start in range(0, len(rows), 5000):
            part = range(start, min(start + 5000, len(rows)))
            drafts = [Draft(text=texts[i], tick=int(marks[i])) for i in part]
            self.store.add_many(drafts, rows[start : start + 5000])
        self.store.build_index()

    def search(self, query: Any) -> list[int]:
        return [key - 1 for key, _ in self.store.nearest(query, WANTED)]

    def filtered(self, limit: int) -> Search:
        from astraweave_rag import Filter

        choice = Filter(until=limit - 1)
        return lambda query: [key - 1 for key, _ in self.store.nearest(query, WANTED, choice)]

    def more(self, kind: str) -> dict[str, Any]:
        from astraweave_rag import Draft, search

        if kind != "texts":  # the queries are texts, which must be in the space of the vectors
            return {}
        rng = np.random.default_rng(4)
        result: dict[str, Any] = {"end_to_end": {}}
        for mode in ("vector", "lexical", "hybrid"):
            queries = [sentence(rng, 4, 9) for _ in range(300)]
            watch = Watch()
            for query in queries:
                with watch:
                    search(self.store, query, k=WANTED, mode=mode)  # type: ignore[arg-type]
            result["end_to_end"][mode] = watch.spread()
        result |= self._scans()
        adding, after = Watch(), Watch()
        for _ in range(300):
            draft, query = Draft(text=sentence(rng)), sentence(rng, 4, 9)
            with adding:
                self.store.add(draft)
            with after:
                search(self.store, query, k=WANTED, mode="vector")
        return {**result, "add": adding.spread(), "vector_after_add": after.spread()}

    def _scans(self) -> dict[str, Any]:
        """What scanning costs where a graph could answer, all vectors and 30 % of them."""
        from astraweave_rag import EVERYTHING, Filter

        rng, result = np.random.default_rng(6), {}
        rows = self.store.vectors(rng.integers(1, len(self.store), 100).tolist())
        for name, choice in (("scan", EVERYTHING), ("scan of 30 %", Filter(until=2999))):
            watch = Watch()
            for row in rows:
                with watch:
                    self.store.nearest(row, WANTED, choice, exact=True)
            result[name] = watch.spread()
        return result

    def close(self) -> None:
        self.store.close()


class UsearchF16:
    """usearch by itself, float16."""

    def __init__(self, rows: Any, marks: Any, folder: Path) -> None:
        from usearch.index import Index

        self.index = Index(
            ndim=rows.shape[1],
            metric="ip",
            dtype="f16",
            connectivity=CONNECTIVITY,
            expansion_add=EFFORT,
            expansion_search=EFFORT,
        )
        self.index.add(np.arange(len(rows)), rows, threads=1)
        self.index.save(folder / "usearch")
        self.marks = marks

    def search(self, query: Any) -> list[int]:
        return list(self.index.search(query, WANTED, threads=1).keys.tolist())

    def filtered(self, limit: int) -> Search:
        """No filter in Python: more are fetched, and those that do not pass are dropped."""
        passes = self.marks < limit
        count = min(len(passes), 2 * WANTED * len(passes) // max(1, int(passes.sum())))

        def search(query: Any) -> list[int]:
            keys = self.index.search(query, count, threads=1).keys
            return list(keys[passes[keys]][:WANTED].tolist())

        return search

    def more(self, kind: str) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        pass


class Faiss:
    """faiss, HNSW over float32."""

    def __init__(self, rows: Any, marks: Any, folder: Path) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self.faiss, self.marks = faiss, marks
        metric = faiss.METRIC_INNER_PRODUCT
        self.index = faiss.IndexHNSWFlat(rows.shape[1], CONNECTIVITY, metric)
        self.index.hnsw.efConstruction = EFFORT
        self.index.hnsw.efSearch = EFFORT
        self.index.add(rows)
        faiss.write_index(self.index, str(folder / "faiss"))

    def search(self, query: Any) -> list[int]:
        return list(self.index.search(query[None], WANTED)[1][0].tolist())

    def filtered(self, limit: int) -> Search:
        chosen = self.faiss.IDSelectorBatch(np.flatnonzero(self.marks < limit))
        given = self.faiss.SearchParametersHNSW(sel=chosen, efSearch=EFFORT)
        return lambda query: list(
            self.index.search(query[None], WANTED, params=given)[1][0].tolist()
        )

    def more(self, kind: str) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        pass


class Hnswlib:
    """hnswlib, float32; its filter is a Python function."""

    def __init__(self, rows: Any, marks: Any, folder: Path) -> None:
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=rows.shape[1])
        self.index.init_index(len(rows), ef_construction=EFFORT, M=CONNECTIVITY)
        self.index.set_num_threads(1)
        self.index.add_items(rows, np.arange(len(rows)))
        self.index.set_ef(EFFORT)
        self.index.save_index(str(folder / "hnswlib"))
        self.marks = marks

    def search(self, query: Any) -> list[int]:
        return list(self.index.knn_query(query, WANTED)[0][0].tolist())

    def filtered(self, limit: int) -> Search:
        passes = (self.marks < limit).tolist()
        few = min(WANTED, sum(passes))

        def search(query: Any) -> list[int]:
            try:
                found = self.index.knn_query(query, few, filter=lambda i: passes[i])
            except RuntimeError:  # it found fewer than asked for
                return []
            return list(found[0][0].tolist())

        return search

    def more(self, kind: str) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        pass


class Chroma:
    """chromadb on disk, with its metadata filter."""

    def __init__(self, rows: Any, marks: Any, folder: Path) -> None:
        import chromadb
        from chromadb.config import Settings

        client = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))
        hnsw = {"space": "ip", "max_neighbors": CONNECTIVITY}
        effort = {"ef_construction": EFFORT, "ef_search": EFFORT, "num_threads": 1}
        self.collection = client.create_collection(
            "memories", configuration={"hnsw": {**hnsw, **effort}}, embedding_function=None
        )
        texts = sentences(len(rows), 1)
        for start in range(0, len(rows), 5000):
            part = range(start, min(start + 5000, len(rows)))
            self.collection.add(
                ids=[str(i) for i in part],
                embeddings=rows[start : start + 5000],
                documents=[texts[i] for i in part],
                metadatas=[{"mark": int(marks[i])} for i in part],
            )

    def search(self, query: Any) -> list[int]:
        found = self.collection.query(query_embeddings=query[None], n_results=WANTED, include=[])
        return [int(i) for i in found["ids"][0]]

    def filtered(self, limit: int) -> Search:
        where = {"mark": {"$lt": limit}}

        def search(query: Any) -> list[int]:
            found = self.collection.query(
                query_embeddings=query[None], n_results=WANTED, where=where, include=[]
            )
            return [int(i) for i in found["ids"][0]]

        return search

    def more(self, kind: str) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        pass


PEERS: dict[str, Callable[[Any, Any, Path], Peer]] = {
    "astraweave_rag": Ours,
    "usearch f16": UsearchF16,
    "faiss": Faiss,
    "hnswlib": Hnswlib,
    "chromadb": Chroma,
}
MODULES = {
    "astraweave_rag": "astraweave_rag",
    "usearch f16": "usearch",
    "faiss": "faiss",
    "hnswlib": "hnswlib",
    "chromadb": "chromadb",
}
