"""Worked examples for prompts: situations of their own, which no evaluation uses."""

from __future__ import annotations

from ..plan import PlanIntent, Step, plan_of
from .facts import Being, Condition, Facts, Spot

_WELL = Condition((100, 100), (100, 100), (0, 0, 0, 0, 0), 0.8, "stand")


def _at(number: int, x: float, z: float, team: int | None = 7) -> Being:
    return Being(number, "", (x, 0.0, z), team, _WELL)


EXAMPLES: tuple[tuple[Facts, PlanIntent], ...] = (
    (
        Facts(
            40,
            _at(901, 31.0, 52.0),
            0.0,
            points=(Spot(907, "bell", (31.0, 0.0, 60.0)),),
            goals=("use bell",),
        ),
        plan_of(
            "ring",
            Step("MoveTo", {"x": 31.0, "z": 59.0}),
            Step("Interact", {"target": 907}),
        ),
    ),
    (
        Facts(
            75,
            _at(902, 44.0, 80.0),
            1.6,
            enemies=(_at(911, 44.0, 86.0, 8),),
            goals=("say Taunt",),
        ),
        plan_of("mock", Step("Taunt", {"target": 911})),
    ),
)
