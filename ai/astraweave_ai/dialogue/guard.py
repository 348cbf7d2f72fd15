"""The guard of characters with personas: what a persona does not allow never happens.

It stands before every plan of these characters, whether a planner, a dialogue graph or a language
model made it. Then come the rules of every `ToolGuard`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from astraweave import Reason

from ..guard import ToolGuard, Verdict
from ..handles import index_of
from ..plan import PlanIntent, Step
from ..registry import ActionRegistry
from ..situation import Situation

Rule = Callable[[int, tuple[Step, ...]], str]
STEPS = 64  # of one plan


class PersonaGuard(ToolGuard):
    """A `ToolGuard` with a list of allowed actions for each character.

    Args:
        registry: the actions that there are.
        rules: each says why an agent (entity index) cannot do these steps, or nothing.
    """

    def __init__(self, registry: ActionRegistry, *rules: Rule) -> None:
        super().__init__(registry)
        self._rules = rules
        self._may: dict[int, frozenset[str]] = {}

    def permit(self, agent: Any, may: Collection[str]) -> None:
        """From now on an agent (handle) may take these actions and no others.

        Raises:
            ActionError: a name that is no action.
        """
        for name in may:
            self.registry[name]
        self._may[index_of(agent)] = frozenset(may)

    def check(self, agent: int, plan: PlanIntent, situation: Situation) -> Verdict:
        """Whether an agent (entity index) may carry out a plan; nothing is changed."""
        refused = self._denied(agent, plan, situation)
        if refused is None:
            return super().check(agent, plan, situation)
        self.audit.append(refused)
        return refused

    def _denied(self, agent: int, plan: PlanIntent, situation: Situation) -> Verdict | None:
        def refusal(reason: Reason, step: int | None, text: str) -> Verdict:
            return Verdict(situation.tick, agent, plan, reason, step, text)

        if len(plan.steps) > STEPS:
            told = f"a plan has at most {STEPS} steps, got {len(plan.steps)}"
            return refusal(Reason.UNKNOWN, None, told)
        may = self._may.get(agent)
        for number, step in enumerate(plan.steps):
            if may is not None and step.act not in may:
                told = f"{step.act} is not what this character may do"
                return refusal(Reason.UNKNOWN, number, told)
        for rule in self._rules:
            if told := rule(agent, plan.steps):
                return refusal(Reason.INVALID_TARGET, None, told)
        return None
