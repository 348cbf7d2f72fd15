"""Language models under examination: the world waits for their answers, as no game would."""

from __future__ import annotations

import time
from collections import deque

from ..llm.fallback import Tier
from ..llm.inbox import Inbox
from ..llm.mind import LlmMind, Tally
from ..percept import WorldSnapshot
from ..plan import PlanIntent, Step
from ..registry import ActionRegistry
from .scenario import Brief
from .stage import Play
from .told import mission_of

_NAP = 0.001  # seconds between two looks for an answer
_RECALLED = 6  # of its own steps
_MOST = 16  # thoughts: a model gets as many tries as a good mind needs, and some more


class WaitingMind:
    """Asks a language model and waits.

    Args:
        inbox: of the model.
        brief: its mission.
        play: whose guard is asked.
        registry: the actions.
        more: what `LlmMind` takes besides.
    """

    name = "llm"
    most = _MOST

    def __init__(
        self, inbox: Inbox, brief: Brief, play: Play, registry: ActionRegistry, **more: object
    ) -> None:
        self.why = ""
        self.own = True
        self._brief, self._ended = brief, deque[str](maxlen=_RECALLED)
        self._mind = LlmMind(
            inbox,
            registry,
            lambda _, plan: play.check(plan),
            mission=lambda _: mission_of(self._brief, tuple(self._ended)),
            area=((0.0, 0.0), brief.size),
            **more,  # type: ignore[arg-type]
        )

    @property
    def tally(self) -> Tally:
        """What asking has cost."""
        return self._mind.tally

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """The model's plan, or that of the rules of thumb in its place."""
        before = self._made_alone()
        self._mind.ask(percept.tick, percept)
        while (plan := self._mind.answer(percept.tick)) is None:
            time.sleep(_NAP)
        self.own = self._made_alone() == before
        self.why = self._mind.why
        return plan

    def learn(self, step: Step, done: bool) -> None:
        """How one of its steps ended, for the next prompt."""
        self._ended.append(f"you {'did' if done else 'failed to'} {step}")

    def _made_alone(self) -> int:
        tiers = self.tally.tiers
        return tiers[Tier.HEURISTIC] + tiers[Tier.EMERGENCY]
