"""What the model's memory holds: the tokens of each sequence, and the cells that they share.

Sequences that begin alike share the cells of their beginning, so it is computed once. A sequence
whose request has ended is kept until its place or its cells are needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol


class Cells(Protocol):
    """Where keys and values lie."""

    cells: int
    sequences: int
    partial: bool  # whether a sequence can be shared or forgotten in part

    def copy(self, source: int, target: int, length: int) -> None:
        """Let an empty sequence share the first tokens of another."""

    def trim(self, sequence: int, length: int) -> bool:
        """Forget what a sequence holds beyond its first tokens; False: not possible in part."""


def common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two lists begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


class Prefixes:
    """Keeps account of sequences, and shares and forgets them.

    Attributes:
        tokens: what each sequence holds.
        used: cells that at least one sequence needs.
    """

    def __init__(self, memory: Cells) -> None:
        self._memory = memory
        self.tokens: list[list[int]] = [[] for _ in range(memory.sequences)]
        self._cells: list[list[int]] = [[] for _ in range(memory.sequences)]
        self._holders: dict[int, int] = {}
        self._next_cell = 0
        self._last_use = [0] * memory.sequences
        self._clock = 0

    @property
    def used(self) -> int:
        """Cells that at least one sequence needs."""
        return len(self._holders)

    @property
    def free(self) -> int:
        """Cells that no sequence needs."""
        return self._memory.cells - self.used

    def extend(self, sequence: int, tokens: Sequence[int]) -> None:
        """Tokens were computed for a sequence."""
        new = range(self._next_cell, self._next_cell + len(tokens))
        self._next_cell = new.stop
        self.tokens[sequence] += tokens
        self._hold(sequence, new)

    def trim(self, sequence: int, length: int) -> int:
        """Forget all but the first tokens of a sequence; returns how many it still holds."""
        if not self._memory.trim(sequence, length):
            length = 0
            self._memory.trim(sequence, 0)
        for cell in self._cells[sequence][length:]:
            self._holders[cell] -= 1
            if not self._holders[cell]:
                del self._holders[cell]
        del self._cells[sequence][length:], self.tokens[sequence][length:]
        return min(length, len(self.tokens[sequence]))

    def share(self, source: int, target: int, length: int) -> None:
        """Let `target` begin with the first tokens of `source`; what it held is forgotten."""
        self.trim(target, 0)
        self._memory.copy(source, target, length)
        self.tokens[target] = self.tokens[source][:length]
        self._hold(target, self._cells[source][:length])

    def use(self, sequence: int) -> None:
        """A sequence is of interest now."""
        self._clock += 1
        self._last_use[sequence] = self._clock

    def best(self, prompt: Sequence[int]) -> tuple[int, int]:
        """The sequence that begins most like a prompt, and for how many tokens.

        At least one token of a prompt has to be computed, or nothing would follow from it.
        """
        if not self._memory.partial:
            return 0, 0
        most = len(prompt) - 1
        lengths = [min(most, common(tokens, prompt)) for tokens in self.tokens]
        length = max(lengths)
        return lengths.index(length), length

    def oldest(self, among: Iterable[int]) -> int | None:
        """An empty sequence, or else the one that was of interest longest ago."""
        return min(among, key=lambda s: (bool(self.tokens[s]), self._last_use[s], s), default=None)

    def _hold(self, sequence: int, cells: Iterable[int]) -> None:
        added = list(cells)
        self._cells[sequence] += added
        for cell in added:
            self._holders[cell] = self._holders.get(cell, 0) + 1
