"""A graph of near vectors for stores too large to scan: usearch's HNSW over whole numbers.

Malkov and Yashunin 2016, "Efficient and robust approximate nearest neighbor search using
hierarchical navigable small world graphs". Dot products of whole numbers are the same on every
machine, so equal additions in equal order make equal graphs.
"""

from __future__ import annotations

import numpy as np
from usearch.index import Index

from .slots import Codes, Numbers

CONNECTIVITY, EFFORT = 16, 128  # neighbours of a node; candidates that are looked at
_MOST_EFFORT = 4096


class Graph:
    """Neighbours of the slots 0 to `size` − 1; nodes are added, never removed."""

    def __init__(self, dimensions: int) -> None:
        self._index = Index(
            ndim=dimensions,
            metric="ip",
            dtype="i8",
            connectivity=CONNECTIVITY,
            expansion_add=EFFORT,
            expansion_search=EFFORT,
        )

    @property
    def size(self) -> int:
        """How many slots are in the graph."""
        return len(self._index)

    @property
    def memory(self) -> int:
        """Bytes that the graph takes."""
        return int(self._index.memory_usage)

    def add(self, codes: Codes) -> None:
        """Add the next slots, in order and by one thread: the graph depends on the order."""
        first = self.size
        self._index.add(np.arange(first, first + len(codes)), codes, threads=1)

    def near(self, asked: Codes, count: int) -> Numbers:
        """About the nearest slots, the nearest first."""
        if not self.size:
            return np.zeros(0, np.int64)
        effort = min(max(EFFORT, count), _MOST_EFFORT)
        self._index.expansion_search = effort  # type: ignore[misc]
        matches = self._index.search(asked, min(count, self.size), threads=1)
        return np.asarray(matches.keys, np.int64).ravel()

    def to_bytes(self) -> bytes:
        """The graph as it is kept in a file."""
        return bytes(self._index.save() or b"")

    @classmethod
    def from_bytes(cls, data: bytes, dimensions: int) -> Graph:
        """The graph of these bytes, which must be unchanged: damaged ones end the process."""
        graph = cls(dimensions)
        graph._index.load(data)
        return graph
