"""What a node answers when it is ticked."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """The last answer of a node; the numbers are those of saved runs."""

    IDLE = 0  # never ticked, or halted
    RUNNING = 1
    SUCCESS = 2
    FAILURE = 3
    SKIPPED = 4  # a precondition kept it from being ticked


# Nodes compare by identity, which is the fastest comparison that Python has.
IDLE = Status.IDLE
RUNNING = Status.RUNNING
SUCCESS = Status.SUCCESS
FAILURE = Status.FAILURE
SKIPPED = Status.SKIPPED
