"""A model of arithmetic for tests of batching: the next token is a hash of all tokens before it.

It keeps cells and sequences as llama.cpp does and fails a test that breaks a rule of its. A token
that is computed after anything but the right tokens before it changes the answer.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

from astraweave_ai.llm.work import ABORTED, DONE, NO_ROOM, Row

END = 99  # the token that ends an answer


class FakeSampler:
    """Counts how often it is freed."""

    def __init__(self) -> None:
        self.freed = 0

    def free(self) -> None:
        self.freed += 1


def next_token(tokens: Sequence[int]) -> int:
    return zlib.crc32(repr(list(tokens)).encode()) % (END + 1)


def expected(prompt: Sequence[int], most: int) -> list[int]:
    """The answer of the model on its own: tokens, END included."""
    tokens = list(prompt)
    while len(tokens) < len(prompt) + most:
        tokens.append(next_token(tokens))
        if tokens[-1] == END:
            break
    return tokens[len(prompt) :]


class FakeEngine:
    """See `work.Engine`.

    Args:
        aborts: steps, by number, that are aborted halfway.
        partial: as of a model with recurrent memory, if False.
    """

    def __init__(
        self,
        cells: int = 400,
        sequences: int = 8,
        batch: int = 64,
        aborts: Sequence[int] = (),
        partial: bool = True,
    ) -> None:
        self.cells, self.sequences, self.batch, self.partial = cells, sequences, batch, partial
        self.now = 0.0
        self.per_row, self.per_step = 0.001, 0.0  # seconds
        self.sizes: list[int] = []  # rows of each step
        self.computed = 0  # rows
        self.largest = 0  # rows of a step
        self._aborts = set(aborts)
        self._steps = 0
        # A cell holds (position, token, sequences).
        self._memory: list[tuple[int, int, set[int]]] = []
        self._rows: list[Row] = []

    def held(self, sequence: int) -> list[int]:
        cells = sorted((p, t) for p, t, owners in self._memory if sequence in owners)
        assert [p for p, _ in cells] == list(range(len(cells))), "positions without gaps or doubles"
        return [t for _, t in cells]

    def decode(self, rows: Sequence[Row], abort: Callable[[], bool]) -> int:
        assert 0 < len(rows) <= self.batch, "more tokens than a batch holds end the process"
        self._steps += 1
        self.now += self.per_step
        self.sizes.append(len(rows))
        self.largest = max(self.largest, len(rows))
        stop = len(rows) // 2 if self._steps in self._aborts else len(rows)
        if len(self._memory) + len(rows) > self.cells:
            return NO_ROOM
        for row in rows[:stop]:
            assert row.position == len(self.held(row.sequence))
            self._memory.append((row.position, row.token, {row.sequence}))
            self.now += self.per_row
            self.computed += 1
            if abort():
                return ABORTED
        self._rows = list(rows)
        return DONE if stop == len(rows) else ABORTED

    def choose(self, sampler: Any, row: int) -> int | None:
        assert not sampler.freed
        assert self._rows[row].wanted
        return next_token(self.held(self._rows[row].sequence))

    def copy(self, source: int, target: int, length: int) -> None:
        assert self.partial
        assert not self.held(target)
        for position, _, owners in self._memory:
            if source in owners and position < length:
                owners.add(target)

    def trim(self, sequence: int, length: int) -> bool:
        if length and length < len(self.held(sequence)) and not self.partial:
            return False
        for position, _, owners in self._memory:
            if position >= length:
                owners.discard(sequence)
        self._memory = [cell for cell in self._memory if cell[2]]
        return True

    def piece(self, token: int) -> bytes:
        return f"{token} ".encode()

    def ends(self, token: int) -> bool:
        return token == END

    @property
    def used(self) -> int:
        return len(self._memory)
