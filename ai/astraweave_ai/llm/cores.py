"""How many threads and sequences a model works with."""

from __future__ import annotations

import os


def threads_for(wanted: int) -> int:
    """Threads of the CPU: as wanted, or one less than there are, so that frames have one."""
    return wanted if wanted > 0 else max(1, (os.cpu_count() or 2) - 1)


def sequences_for(waiting: int, fewest: int, most: int) -> int:
    """Requests to work on at once: few with a short queue, for each ends sooner then."""
    if waiting > 100:
        return most
    if waiting > 50:
        return (fewest + most) // 2
    return fewest


def step_seconds(waiting: int) -> float:
    """How long a step may take: short steps react sooner, long ones compute more of prompts."""
    return 0.2 if waiting > 50 else 0.1
