"""The nearest memories to a vector: exact by scanning, by a graph where there are too many."""

from __future__ import annotations

import atexit
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from . import index_file
from .embed import Vectors
from .graph import Graph
from .rank import Numbers
from .reads import Moment
from .record import EVERYTHING
from .rows import vectors_of
from .slots import Floats, Slots
from .write import KEPT

if TYPE_CHECKING:
    from .store import Store

EXACT_UP_TO = 20_000  # candidates that are scanned; perf/memory_search.py measures the crossover
_FILTERED = 5 / 2  # so many times more are scanned behind a filter, for which a graph looks far
_AT_ONCE = 2  # slots that a search adds to the graph, so that none takes long
_MORE = 16  # neighbours that are looked at beyond those wanted
_PART = 256  # slots that are added before a builder looks whether it should stop
_SMALL = 1024  # slots below which empty ones do not matter


class Builder(Thread):
    """Makes an index without empty slots, with a graph if it is large, while the old one serves."""

    def __init__(self, slots: Slots, revision: int) -> None:
        super().__init__(name="astraweave-rag-index", daemon=True)
        self.revision = revision
        kept = slots.occupied()
        self._keys, self._rows = slots.keys[kept], slots.rows[kept]
        self._stopped = Event()
        self.made: tuple[Slots, Graph | None] | None = None

    def run(self) -> None:
        # A program that ends without closing its store must not pull the interpreter from under it.
        atexit.register(self.stop)
        try:
            self._make()
        finally:
            atexit.unregister(self.stop)

    def _make(self) -> None:
        slots = Slots(self._rows.shape[1])
        slots.put(self._keys, self._rows)
        graph = Graph(slots.dimensions) if slots.live > EXACT_UP_TO else None
        judged = EXACT_UP_TO  # the size at which the graph is judged; it gets worse as it grows
        while graph is not None and graph.size < slots.used:
            if self._stopped.is_set():
                return
            graph.add(slots.rows[graph.size : min(graph.size + _PART, slots.used)])
            if graph.size >= min(judged, slots.used):
                judged *= 2
                graph = graph if graph.tune(slots) else None
        self.made = slots, graph

    def stop(self) -> None:
        """Give up, and wait until that has happened."""
        self._stopped.set()
        self.join()


class VectorIndex:
    """What is nearest among the memories of a store; follows the store by itself.

    Up to 20,000 candidates are scanned, 50,000 behind a filter, and the answer is exact. Above, a
    graph gives candidates of which about one in a hundred may be missed; `exact` scans all the
    same. The graph is built by a thread of its own, and anew when a quarter of its slots is empty;
    until it is there, everything is scanned, and for good where a graph of these vectors is found
    to miss more. Not for two threads at once: the store has a lock.
    """

    def __init__(self, dimensions: int) -> None:
        self.slots = Slots(dimensions)
        self.graph: Graph | None = None
        self._seen = Moment()
        self.saved = 0  # slots of the graph in the file
        self._builder: Builder | None = None
        self._unfit = False  # vectors for which no graph is good enough

    # --- following the store -------------------------------------------------------------------

    def follow(self, store: Store) -> None:
        """Take over what was written since the last call; inside `reading`."""
        seen, now = self._seen, store.moment
        if seen.revision < 0:
            self._load(store)
        elif seen.was_undone(now):
            self._stop()
            self._compare(store, -1)
        elif now.revision - seen.revision >= KEPT:
            self._compare(store, seen.revision)
        elif now.revision != seen.revision:
            self._catch_up(store)
        self._seen = now
        self._swap(store)
        self._tend()

    def _load(self, store: Store) -> None:
        """Everything from the database, and the graph from its file if that fits."""
        found = index_file.load(store)
        keys, revisions, rows = _read(store, -1)
        if found is None:
            self.slots.put(keys, rows)
            return
        self.graph, self.saved = found.graph, found.graph.size
        old = revisions <= found.revision
        self.slots.restore(found.keys, keys[old], rows[old])
        new = self.slots.slots_of(keys) < 0
        self.slots.put(keys[new], rows[new])

    def _catch_up(self, store: Store) -> None:
        self.slots.remove(store.gone_since(self._seen.revision))
        keys, _, rows = _read(store, self._seen.revision)
        self.slots.put(keys, rows)

    def _compare(self, store: Store, since: int) -> None:
        """Take over what happened since a revision so long ago that what is gone may be unknown."""
        held = self.slots.keys[: self.slots.used]
        self.slots.remove(np.setdiff1d(held[held != 0], store.chosen(EVERYTHING)))
        keys, _, rows = _read(store, since)
        self.slots.put(keys, rows)

    def _swap(self, store: Store) -> None:
        """Take over what a builder has finished, and what happened since it began."""
        if self._builder is None or self._builder.is_alive():
            return
        builder, self._builder = self._builder, None
        if builder.made is None:
            return
        self.slots, self.graph = builder.made
        self._unfit = self.graph is None and self.slots.live > EXACT_UP_TO
        self.saved = 0
        self._compare(store, builder.revision)
        if self.graph is not None:
            self.save(store)

    def _tend(self) -> None:
        """Let the graph grow, and begin to build anew where that pays."""
        slots, graph = self.slots, self.graph
        if graph is not None and graph.size < slots.used:
            graph.add(slots.rows[graph.size : min(graph.size + _AT_ONCE, slots.used)])
        if self._builder is None and self._is_worn():
            self._builder = Builder(slots, self._seen.revision)
            self._builder.start()

    def _is_worn(self) -> bool:
        slots, graph = self.slots, self.graph
        empty = slots.used - slots.live
        if empty > max(_SMALL, slots.used // 4):
            return True
        behind = slots.used - graph.size if graph else slots.live
        return slots.live > EXACT_UP_TO and behind > slots.live // 8 and not self._unfit

    def build(self, store: Store) -> None:
        """Wait until everything is built that is being built, or should be."""
        with store.reading():
            self.follow(store)
            while self._builder is not None:
                self._builder.join()
                self.follow(store)
            while self.graph is not None and self.graph.size < self.slots.used:
                self._tend()

    def save(self, store: Store) -> None:
        """Write the graph beside the database, unless it is there already, or was undone."""
        if self._seen.was_undone(store.moment):
            return
        if self.graph is not None and self.saved != self.graph.size:
            held = self.slots.keys[: self.graph.size]
            kept = index_file.Kept(self._seen.revision, held, self.graph)
            if index_file.save(store, kept):
                self.saved = self.graph.size

    def close(self, store: Store) -> None:
        """End the builder; save a graph that is much newer than its file."""
        self._stop()
        if self.graph is not None and abs(self.graph.size - self.saved) > _SMALL:
            self.save(store)

    def _stop(self) -> None:
        if self._builder is not None:
            self._builder.stop()
            self._builder = None

    # --- answering -----------------------------------------------------------------------------

    def nearest(
        self, query: Vectors, count: int, keys: Numbers | None = None, exact: bool = False
    ) -> tuple[Numbers, Floats]:
        """Keys and cosines of the nearest memories, the nearest first, ties by key.

        Args:
            keys: only these, in ascending order.
        """
        slots = self._candidates(query, count, keys, exact)
        return self.slots.best(query, slots, count)

    def others(self, query: Vectors, nearest: Numbers, keys: Numbers) -> tuple[Numbers, Floats]:
        """Those keys that are not among the nearest, and their cosines to within a hundredth."""
        rest = keys[~np.isin(keys, nearest)]
        near = self.slots.rough(query, self.slots.slots_of(rest))
        order = np.argsort(-near, kind="stable")
        return rest[order], near[order]

    def _candidates(self, query: Vectors, count: int, keys: Numbers | None, exact: bool) -> Numbers:
        slots = self.slots
        among = None if keys is None else slots.slots_of(keys)
        few = slots.live if among is None else len(among) / _FILTERED
        if not (exact or few <= EXACT_UP_TO or self.graph is None):
            found = self._by_graph(self.graph, query, count, among)
            if len(found) >= count:
                return found
        return slots.scan(query, count, among)

    def _by_graph(self, graph: Graph, query: Vectors, count: int, among: Numbers | None) -> Numbers:
        """Candidates from the graph, as many more as a filter and empty slots will take away."""
        slots = self.slots
        share = slots.live if among is None else len(among) / 2
        want = int((count + _MORE) * slots.used / share) + 1
        found = graph.near(query, want)
        if among is not None:
            meant = np.zeros(slots.used, bool)
            meant[among] = True
            found = found[meant[found]]
        tail = np.arange(graph.size, slots.used)
        tail = tail if among is None else among[among >= graph.size]
        return np.union1d(found[slots.keys[found] != 0], slots.scan(query, count, tail))


def _read(store: Store, since: int) -> tuple[Numbers, Numbers, Vectors]:
    """Keys, revisions and vectors of what was written after a revision, in order of the keys."""
    # The plus keeps SQLite from reading all memories in the order of their keys for a few new ones.
    order = "+record.key" if since >= 0 else "record.key"
    found: list[Any] = store.rows(
        "SELECT record.key, record.revision, vector.value FROM record "
        f"JOIN vector ON vector.key = record.key WHERE record.revision > ? ORDER BY {order}",
        [since],
    )
    keys = np.array([row[0] for row in found], np.int64)
    revisions = np.array([row[1] for row in found], np.int64)
    return keys, revisions, vectors_of([row[2] for row in found], store.dimensions)
