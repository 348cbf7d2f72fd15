"""The tool guard: a whole plan is checked against the current world before anything happens.

A plan is accepted whole or not at all. Its steps are played forward on a copy of the agent's own
state: where it would stand, what it would have left, which cooldowns would still run. Others are
taken to stay as they are. The GPU checks the same rules once more when each step begins, because
by then the world has moved on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from astraweave import Reason

from .body import Body, Refusal
from .errors import ActionError
from .plan import PlanIntent, Step
from .registry import ActionRegistry, Policy
from .situation import Situation

NEWEST = 1000  # verdicts that the audit log keeps


@dataclass(frozen=True)
class Verdict:
    """What the guard said of a plan; truth value: whether it was accepted."""

    tick: int
    agent: int
    plan: PlanIntent
    reason: Reason = Reason.NONE
    step: int | None = None  # the first that was refused
    text: str = "accepted"

    def __bool__(self) -> bool:
        return self.reason is Reason.NONE


class ToolGuard:
    """Checks plans and keeps the newest verdicts in `audit`.

    Args:
        registry: the actions that there are.
        policies: other policies than those of the actions, by name.
        allow: if given, nothing else is ever accepted.
        deny: never accepted, whatever the policies say.
        newest: verdicts to keep.

    Raises:
        ActionError: a name that is no action, no policy, or a number of verdicts below 0.
    """

    def __init__(
        self,
        registry: ActionRegistry,
        *,
        policies: Mapping[str, Policy] | None = None,
        allow: Collection[str] | None = None,
        deny: Collection[str] = (),
        newest: int = NEWEST,
    ) -> None:
        self.registry = registry
        self._policies = {action.name: action.policy for action in registry}
        for name, policy in (policies or {}).items():
            registry[name]
            if policy not in list(Policy):
                known = ", ".join(Policy)
                raise ActionError(f"guard: {name} has the policy {policy!r}; there is {known}")
            self._policies[name] = Policy(policy)
        for name in (*(allow or ()), *deny):
            registry[name]
            if name in deny or (allow is not None and name not in allow):
                self._policies[name] = Policy.DENIED
        if allow is not None:
            self._policies |= dict.fromkeys(self._policies.keys() - set(allow), Policy.DENIED)
        if newest < 0:
            raise ActionError(f"guard: newest must be 0 or more verdicts to keep, got {newest}")
        self.audit: deque[Verdict] = deque(maxlen=newest)

    def policy(self, name: str) -> Policy:
        """How far an action is trusted here."""
        self.registry[name]
        return self._policies[name]

    def check(self, agent: int, plan: PlanIntent, situation: Situation) -> Verdict:
        """Whether an agent (entity index) may carry out a plan; nothing is changed."""
        verdict = self._judge(agent, plan, situation)
        self.audit.append(verdict)
        return verdict

    def _judge(self, agent: int, plan: PlanIntent, situation: Situation) -> Verdict:
        def refused(refusal: Refusal, step: int | None = None) -> Verdict:
            return Verdict(situation.tick, agent, plan, refusal.reason, step, refusal.text)

        row = situation.row(agent)
        if row is None:
            return refused(Refusal(Reason.INVALID_TARGET, f"there is no entity {agent}"))
        body = Body.of(situation, row)
        if body.down:
            return refused(Refusal(Reason.INVALID_TARGET, f"entity {agent} is down"))
        for number, step in enumerate(plan.steps):
            refusal = self._judge_step(body, step)
            if refusal:
                return refused(refusal, number)
        return Verdict(situation.tick, agent, plan)

    def _judge_step(self, body: Body, step: Step) -> Refusal | None:
        policy = self._policies.get(step.act)
        if policy is None:
            return Refusal(Reason.UNKNOWN, f"no action {step.act!r}")
        if policy is Policy.DENIED:
            return Refusal(Reason.UNKNOWN, f"{step.act} is denied")
        try:
            arguments = self.registry.typed(step)
        except ActionError as error:
            return Refusal(Reason.UNKNOWN, str(error))
        action = self.registry[step.act]
        refusal = body.take(action.ability, arguments, action.rule)
        return None if policy is Policy.ALLOWED else refusal
