"""Plans: what a mind wants to do, step by step, as data that can be checked and logged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from .errors import ActionError


class Step(msgspec.Struct, frozen=True):
    """One action with its arguments, such as `Step("MoveTo", {"x": 4.0, "z": 2.0})`."""

    act: str
    arguments: Mapping[str, Any] = {}

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.act}({given})"


class PlanIntent(msgspec.Struct, frozen=True):
    """A plan before it is checked; `plan_id` names it in logs and is chosen by its maker."""

    plan_id: str
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return f"{self.plan_id}: {' → '.join(map(str, self.steps)) or 'nothing to do'}"

    def to_json(self) -> bytes:
        """In the form that minds exchange: `{"plan_id": …, "steps": [{"act": …, …}]}`."""
        steps = [{"act": step.act, **step.arguments} for step in self.steps]
        return msgspec.json.encode({"plan_id": self.plan_id, "steps": steps})


def plan_of(plan_id: str, *steps: Step) -> PlanIntent:
    """A plan of these steps.

    Raises:
        ActionError: a name that is no text, what is no `Step`, or a step whose action has no name
            or whose arguments have none.
    """
    if not isinstance(plan_id, str):
        raise ActionError(f"plan_of: plan_id must be a str, got {plan_id!r}")
    for number, step in enumerate(steps):
        _check(f"plan {plan_id!r}, step {number}", step)
    return PlanIntent(plan_id, steps)


def _check(told: str, step: Any) -> None:
    if not isinstance(step, Step):
        wanted = 'a Step such as Step("Wait", {"duration": 1.0})'
        raise ActionError(f"{told}: expected {wanted}, got {type(step).__name__} {step!r}")
    act: Any = step.act  # whatever the types say: nothing has checked them
    arguments: Any = step.arguments
    if not isinstance(act, str):
        raise ActionError(f"{told}: expected an action's name, got {act!r}")
    if not isinstance(arguments, Mapping):
        wanted = 'arguments by name such as {"duration": 1.0}'
        raise ActionError(f"{told}, {act}: expected {wanted}, got {arguments!r}")
