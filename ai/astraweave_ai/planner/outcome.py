"""What every search of this package returns."""

from __future__ import annotations

SOLVED = "solved"
IMPOSSIBLE = "impossible"
OUT_OF_BUDGET = "out_of_budget"


class Outcome:
    """What a search found, and what it took."""

    __slots__ = ("cost", "expanded", "generated", "plan", "seconds", "status")

    def __init__(
        self,
        status: str,
        plan: tuple[int, ...],
        cost: float | None,
        expanded: int,
        generated: int,
        seconds: float,
    ) -> None:
        self.status = status  # SOLVED, IMPOSSIBLE or OUT_OF_BUDGET
        self.plan = plan  # operator indices; empty unless solved
        self.cost = cost  # None unless solved; whole if the operators' costs are
        self.expanded = expanded  # states whose successors were generated
        self.generated = generated
        self.seconds = seconds

    def __repr__(self) -> str:
        found = f"{len(self.plan)} operators, cost {self.cost}, " if self.solved else ""
        return f"<Outcome {self.status}: {found}{self.expanded} states expanded>"

    @property
    def solved(self) -> bool:
        """Whether there is a plan."""
        return self.status == SOLVED
