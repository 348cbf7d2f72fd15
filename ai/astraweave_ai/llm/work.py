"""A request that is ready for the model, and its place in the batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from .model import Priority
from .prefix import Cells
from .speech import Speech

DONE, NO_ROOM, ABORTED = 0, 1, 2  # what a step may end with


class Row(NamedTuple):
    """A token to compute, and whether what follows it is wanted."""

    sequence: int
    position: int
    token: int
    wanted: bool


class Engine(Cells, Protocol):
    """A model that computes many sequences at once."""

    batch: int  # rows of a step, at most

    def decode(self, rows: Sequence[Row], abort: Callable[[], bool]) -> int:
        """Compute rows: DONE; NO_ROOM for them; ABORTED, some may be computed; or it is broken."""

    def choose(self, sampler: Any, row: int) -> int | None:
        """The token after a row of the last step; None if the grammar allows none."""

    def piece(self, token: int) -> bytes:
        """Bytes of a token."""

    def ends(self, token: int) -> bool:
        """Whether a token ends an answer."""


class Work:
    """A request as tokens.

    Args:
        prompt, most: tokens that are asked about, and that may be answered.
        sampler: chooses tokens; it is freed when the request ends.
        stop: texts that end the answer.
        born, deadline: on the batcher's clock.
    """

    def __init__(
        self,
        ticket: int,
        priority: Priority,
        prompt: list[int],
        most: int,
        sampler: Any,
        *,
        stop: Sequence[str] = (),
        born: float = 0.0,
        deadline: float = float("inf"),
    ) -> None:
        self.ticket, self.priority, self.prompt, self.most = ticket, priority, prompt, most
        self.sampler, self.stop, self.born, self.deadline = sampler, stop, born, deadline
        self.started: float | None = None

    @property
    def order(self) -> tuple[int, int]:
        """Smaller comes first."""
        return self.priority, self.ticket


class Slot:
    """A request under way.

    Attributes:
        sequence: of the model's memory.
        leader: a request whose prompt begins alike, as long as this one waits for that beginning.
        shared: tokens of the prompt that are not computed anew.
        tokens: the prompt, and the answer so far.
        first: when the first token of the answer was there.
    """

    def __init__(self, work: Work, sequence: int, leader: Slot | None, shared: int) -> None:
        self.work, self.sequence, self.leader, self.shared = work, sequence, leader, shared
        self.tokens = list(work.prompt)
        self.speech = Speech(work.stop)
        self.first: float | None = None
        self.written = 0
