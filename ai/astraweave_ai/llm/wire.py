"""What the server and the process of its model say to each other; see server.py and worker.py."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import LlmError
from .model import Answer, Request


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a model is run.

    Args:
        context: tokens that all open requests share; one of them may use all.
        fewest, most: requests that are worked on at once, with a short and with a long queue.
        batch: tokens of one step, at most.
        gpu_layers: layers of the model to put on a GPU; -1: all. The GPU draws frames, too.
        threads: of the CPU; 0: one less than there are.
        niceness: how much the process yields to others; 0 to 19, without meaning on Windows.

    Raises:
        LlmError: a value is out of bounds.
    """

    context: int = 8192
    fewest: int = 4
    most: int = 8
    batch: int = 512
    gpu_layers: int = 0
    threads: int = 0
    niceness: int = 10

    def __post_init__(self) -> None:
        bounds = {
            "context": (16, 1 << 24),
            "most": (1, 64),
            "fewest": (1, self.most),
            "batch": (self.most, 1 << 16),
            "gpu_layers": (-1, 1 << 16),
            "threads": (0, 512),
            "niceness": (0, 19),
        }
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise LlmError(
                    f"options of a model: {name} must be {low} to {high}, got {getattr(self, name)}"
                )


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a model file holds. `template`: its chat template is used, missing or broken."""

    description: str
    architecture: str
    parameters: int
    size: int  # bytes
    vocabulary: int
    trained_context: int
    context: int  # tokens that one request may have
    template: str


class Totals(msgspec.Struct):
    """Work of a process since it started; times in seconds."""

    steps: int = 0
    prefilled: int = 0  # tokens of prompts that were computed
    reused: int = 0  # tokens of prompts that had been computed before
    generated: int = 0
    computing: float = 0.0
    loading: float = 0.0


class Load(msgspec.Struct, tag=True):
    """Open a model."""

    path: str
    options: Options


class Ask(msgspec.Struct, tag=True):
    """Work on a request that has `left` seconds left."""

    ticket: int
    request: Request
    left: float


class Cancel(msgspec.Struct, tag=True):
    """Leave off a request; `Gone` answers it."""

    ticket: int


class Count(msgspec.Struct, tag=True):
    """How many tokens has a text?"""

    number: int
    text: str


class Ready(msgspec.Struct, tag=True):
    """The model is loaded and warm."""

    about: About


class Unusable(msgspec.Struct, tag=True):
    """The model cannot be loaded."""

    reason: str


class Touched(msgspec.Struct, tag=True):
    """Native code works on a request from now on, or no longer: that may crash."""

    ticket: int
    now: bool


class Started(msgspec.Struct, tag=True):
    """A request has got its place in the batch."""

    ticket: int


class Spoke(msgspec.Struct, tag=True):
    """More of an answer."""

    ticket: int
    text: str


class Answered(msgspec.Struct, tag=True):
    """An answer is complete."""

    ticket: int
    answer: Answer
    totals: Totals


class Failed(msgspec.Struct, tag=True):
    """A request ended in an error; `kind` is its class in errors.py."""

    ticket: int
    kind: str
    text: str


class Gone(msgspec.Struct, tag=True):
    """A request that was cancelled is no longer worked on."""

    ticket: int


class Counted(msgspec.Struct, tag=True):
    """The tokens of a text."""

    number: int
    tokens: int


Order = Load | Ask | Cancel | Count
Report = Ready | Unusable | Touched | Started | Spoke | Answered | Failed | Gone | Counted


def order(message: Any) -> Order:
    """A message of the server's, as the child reads it."""
    found: Order = msgspec.convert(message, Order)
    return found


def reports(message: Any) -> list[Report]:
    """A message of the child's, as the server reads it.

    Raises:
        msgspec.ValidationError: it is none.
    """
    found: list[Report] = msgspec.convert(message, list[Report])
    return found
