"""A graph of near vectors for stores too large to scan: usearch's HNSW over whole numbers.

Malkov and Yashunin 2016, "Efficient and robust approximate nearest neighbor search using
hierarchical navigable small world graphs". Dot products of whole numbers are the same on every
machine, so equal additions in equal order make equal graphs.
"""

from __future__ import annotations

import numpy as np
from usearch.index import Index

from .embed import Vectors
from .rank import Numbers
from .slots import Codes, Slots

CONNECTIVITY, EFFORT = 16, 128  # neighbours of a node; candidates looked at when one is added
_EFFORTS = (128, 256, 512)  # of a search, the least that finds enough; 512 take as long as a scan
_MOST_EFFORT = 4096  # where a filter or empty slots take most candidates away
_ENOUGH, _NEAREST, _SAMPLE = 0.99, 10, 200  # of the nearest that are found, of so many rows
_LEVELS, _REACH = 127, 6.0  # whole numbers up to 127; they reach to 6 times the mean component


def _coded(rows: Vectors) -> Codes:
    """Rows in whole numbers on one scale for all; the few components beyond it are cut off.

    A graph gives candidates only, whose exact products are computed afterwards.
    """
    scale = _LEVELS * rows.shape[1] ** 0.5 / _REACH
    return np.asarray(np.clip(np.rint(rows * np.float32(scale)), -_LEVELS, _LEVELS), np.int8)


class Graph:
    """Neighbours of the slots 0 to `size` − 1; nodes are added, never removed.

    Args:
        effort: how many candidates a search keeps in view.
    """

    def __init__(self, dimensions: int, effort: int = _EFFORTS[-1]) -> None:
        self.effort = effort
        self._index = Index(
            ndim=dimensions,
            metric="ip",
            dtype="i8",
            connectivity=CONNECTIVITY,
            expansion_add=EFFORT,
            expansion_search=effort,
        )

    @property
    def size(self) -> int:
        """How many slots are in the graph."""
        return len(self._index)

    @property
    def memory(self) -> int:
        """Bytes that the graph takes."""
        return int(self._index.memory_usage)

    def add(self, rows: Vectors) -> None:
        """Add the next slots, in order and by one thread: the graph depends on the order."""
        first = self.size
        self._index.add(np.arange(first, first + len(rows)), _coded(rows), threads=1)

    def near(self, query: Vectors, count: int) -> Numbers:
        """About the nearest slots, the nearest first."""
        if not self.size:
            return np.zeros(0, np.int64)
        effort = min(max(self.effort, count), _MOST_EFFORT)
        self._index.expansion_search = effort  # type: ignore[misc]
        matches = self._index.search(_coded(query[None])[0], min(count, self.size), threads=1)
        return np.asarray(matches.keys, np.int64).ravel()

    def tune(self, slots: Slots) -> bool:
        """Take the least effort that finds 99 % of what a scan finds; False if none does.

        How hard it is to find neighbours through neighbours depends on the vectors: those of
        embedding models lie near a surface of few dimensions and are easy, those of hashed words
        have no such surface, and random ones are hopeless.
        """
        inside = np.arange(self.size)
        rows = slots.rows[np.linspace(0, self.size - 1, min(_SAMPLE, self.size)).astype(np.int64)]
        count = _NEAREST + 1  # a row is the nearest to itself
        least = [slots.best(row, slots.scan(row, count, inside), count)[1][-1] for row in rows]
        for self.effort in _EFFORTS:
            found = [slots.best(row, self.near(row, 2 * count), count)[1] for row in rows]
            hits = [(f >= known).sum() - 1 for f, known in zip(found, least, strict=True)]
            if np.mean(hits) >= _ENOUGH * _NEAREST:
                return True
        return False

    def to_bytes(self) -> bytes:
        """The graph as it is kept in a file."""
        return bytes(self._index.save() or b"")

    @classmethod
    def from_bytes(cls, data: bytes, dimensions: int, effort: int) -> Graph:
        """The graph of these bytes, which must be unchanged: damaged ones end the process."""
        graph = cls(dimensions, effort)
        graph._index.load(data)
        return graph
