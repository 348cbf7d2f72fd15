"""A mind under examination: its plans, what the guard said, how long it took, how it ended."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..arbiter import Mind
from ..conduct import Outcome
from ..guard import Verdict
from ..handles import index_of
from ..orchestrator import Orchestrator
from ..percept import WorldSnapshot
from ..plan import PlanIntent, Step
from ..registry import ActionRegistry
from .field import Field, FieldView

THOUGHTS = 40  # after so many it is not asked any more: it gets nowhere
IDLE = 8  # thoughts one after the other that led to nothing


@dataclass
class Entry:
    """One plan."""

    tick: int
    plan: PlanIntent  # in the field's coordinates
    sent: PlanIntent  # in the world's
    own: bool  # whether it is the mind's own, not made in its place by rules of thumb
    verdict: Verdict | None = None

    @property
    def valid(self) -> bool:
        """Whether the guard let it pass."""
        return self.own and bool(self.verdict)


@dataclass
class Examined:
    """Stands between an orchestrator and a mind.

    Args:
        mind: takes views of a field; may have `learn(step, done)`, which is told how its steps
            ended, and `own`, which says whether its last plan was its own.
        agent: entity index of its character.
        field: where it is.
        registry: the actions.
        most: thoughts that it may have.
    """

    mind: Mind
    agent: int
    field: Field
    registry: ActionRegistry
    most: int = THOUGHTS
    over: bool = False
    entries: list[Entry] = dataclasses.field(default_factory=list)
    outcomes: list[Outcome] = dataclasses.field(default_factory=list)
    seconds: list[float] = dataclasses.field(default_factory=list)  # of each thought
    _last: Outcome | None = None
    _idle: int = 0

    def __post_init__(self) -> None:
        self.name = self.mind.name

    @property
    def why(self) -> str:
        """The mind's."""
        return str(getattr(self.mind, "why", ""))

    @property
    def stuck(self) -> bool:
        """Whether it had its thoughts, or none of the last ones led to anything."""
        return len(self.seconds) >= self.most or self._idle >= IDLE

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """The mind's plan, moved into the world."""
        if self.over or self.stuck:
            return None
        began = time.perf_counter()
        plan = self.mind.think(FieldView(percept, self.field))
        self.seconds.append(time.perf_counter() - began)
        self._idle += 1
        if plan is None or not plan.steps:
            return None
        sent = self.field.outward(plan, self.registry)
        own = bool(getattr(self.mind, "own", True))
        self.entries.append(Entry(percept.tick, plan, sent, own))
        return sent

    def follow(self, orchestrator: Orchestrator) -> None:
        """Note what the guard said and how steps ended; the mind learns of its own steps."""
        handle = next((one for one in orchestrator.minds if index_of(one) == self.agent), None)
        thought = orchestrator.latest.get(handle) if handle is not None else None
        if self.entries and thought is not None and thought.plan is self.entries[-1].sent:
            self.entries[-1].verdict = thought.verdict
            self._idle = 0 if thought.verdict else self._idle
        learn: Callable[[Step, bool], None] | None = getattr(self.mind, "learn", None)
        for outcome in self._new(orchestrator):
            self.outcomes.append(outcome)
            if learn is not None:
                learn(self.field.inward(outcome.step, self.registry), outcome.done)

    def _new(self, orchestrator: Orchestrator) -> list[Outcome]:
        found = []
        for outcome in reversed(orchestrator.conductor.outcomes):
            if outcome is self._last:
                break
            if outcome.agent == self.agent:
                found.append(outcome)
        if orchestrator.conductor.outcomes:
            self._last = orchestrator.conductor.outcomes[-1]
        return found[::-1]
