"""A mind made of others: the arbiter chooses who of them decides."""

from __future__ import annotations

from ..arbiter import Arbiter, Mind, Mode, SlowMind
from ..orchestrator import Orchestrator
from ..percept import WorldSnapshot
from ..plan import PlanIntent


class ArbitratedMind:
    """Plans with GOAP, follows a slow mind when that has answered, and a tree in need.

    Args:
        orchestrator: whose guard is asked before a plan is taken.
        goap, tree: minds that answer at once.
        slow: one that takes its time, if there is one.
        ask_every, patience: as `Arbiter` has them, in ticks.
    """

    name = "arbiter"

    def __init__(
        self,
        orchestrator: Orchestrator,
        goap: Mind,
        tree: Mind,
        slow: SlowMind | None = None,
        *,
        ask_every: int = 900,
        patience: int = 300,
    ) -> None:
        self.why = ""
        self.arbiter = Arbiter(
            goap,
            tree,
            slow,
            accept=orchestrator.accepts,
            ask_every=ask_every,
            patience=patience,
        )
        self._busy = orchestrator.conductor.busy
        self._minds = {Mode.GOAP: goap, Mode.TREE: tree, Mode.SLOW: slow}

    @property
    def effort(self) -> int:
        """Of GOAP's last thought, in expansions."""
        return int(getattr(self._minds[Mode.GOAP], "effort", 1))

    def eager(self, tick: int) -> bool:
        """Whether it wants to think now, because the slow mind has answered."""
        return self.arbiter.eager(tick)

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """What the arbiter decides; never waits."""
        plan = self.arbiter.decide(percept.tick, percept, self._busy(percept.me.id))
        mode = self.arbiter.mode
        name = "goes on" if plan is None else plan.plan_id
        self.why = f"{mode} decides: {getattr(self._minds[mode], 'why', name)}"
        return plan if plan and plan.steps else None
