"""How fast a window's world goes: real time becomes whole ticks and a rest."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_TICKS = 8  # in one frame; time that is left over is dropped


@dataclass
class Pace:
    """Turns real time into ticks, and tells how far between two ticks a frame is."""

    rate: int
    speed: float = 1.0
    paused: bool = False
    steps: int = 0  # single steps that were asked for
    left: float = 0.0  # ticks that are due in part

    def ticks(self, seconds: float) -> int:
        """Whole ticks that are due after another `seconds` of real time."""
        if self.paused:
            due, self.steps, self.left = self.steps, 0, 0.0
            return due
        self.left += seconds * self.rate * self.speed
        due = int(self.left)
        self.left -= due
        return min(due, _MOST_TICKS)

    @property
    def alpha(self) -> float:
        """Weight of the newer tick in the picture."""
        return 1.0 if self.paused else self.left

    @property
    def state(self) -> str:
        """For people."""
        return "paused" if self.paused else f"{self.speed:g}× speed"
