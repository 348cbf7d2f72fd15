"""The orchestrator: perceive, think, check, act, for any number of characters and kinds of minds.

One system turns each percept into snapshots, asks the minds of those who have nothing to do or are
startled, lets the guard check their plans as a whole, and hands what passes to the conductor. How
many think in a tick is a matter of budget, the same on every machine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from astraweave import Blockers, Bounds, Context, Goal, World

from .agenda import Agenda
from .arbiter import Mind
from .conduct import Conductor
from .errors import MindError
from .guard import ToolGuard, Verdict
from .guide import Guide
from .handles import INDEX, value_of
from .percept import Perception, Snapshots, WorldSnapshot
from .percept_columns import Columns
from .plan import PlanIntent
from .registry import ActionRegistry
from .situation import KINDS, Situation, Ways


@dataclass(frozen=True)
class Thought:
    """What an agent (entity index) thought in a tick, and what the guard said of its plan."""

    tick: int
    agent: int
    mind: str
    why: str
    plan: PlanIntent | None
    verdict: Verdict | None

    @property
    def refused(self) -> bool:
        """Whether there was a plan that the guard did not let pass."""
        return self.verdict is not None and not self.verdict


class Orchestrator:
    """Gives agents minds, in a system of the stage `perception`.

    Agents need Senses, Sensed and what `Conductor` needs. The system writes by the conductor alone.

    Args:
        world: theirs.
        registry: the actions; those of the world's Combat.
        blockers: the world's.
        guide: finds ways, where the world has navigation.
        guard: checks plans; by default one of the registry's own policies.
        bounds: outside of them nothing can be aimed at; those of the world's Combat.
        points, objectives: names of the kinds of PointOfInterest and Objective.
        around: metres up to which minds know of obstacles and points of interest.
        every: ticks from one thought of an agent to its next.
        rest: ticks from a refusal to the next thought, unless something startles the agent.
        budget_ms: time for thinking in each tick, counted in expansions of the planner.
        newest: thoughts to keep; one that repeats that there is nothing to do is left out.
    """

    def __init__(
        self,
        world: World,
        registry: ActionRegistry,
        blockers: Blockers,
        guide: Guide | None = None,
        *,
        guard: ToolGuard | None = None,
        bounds: Bounds | None = None,
        points: Mapping[int, str] | None = None,
        objectives: Mapping[int, str] | None = None,
        around: float = 20.0,
        every: int = 6,
        rest: int = 30,
        budget_ms: float = 2.0,
        newest: int = 1000,
    ) -> None:
        self.guard = guard or ToolGuard(registry)
        self.conductor = Conductor(world, registry, guide)
        self.perception = Perception(KINDS, KINDS, blockers, around, points or {}, objectives or {})
        self.minds: dict[int, Mind] = {}  # by handle
        self.thoughts: deque[Thought] = deque(maxlen=newest)
        self.latest: dict[int, Thought] = {}  # of each agent, by handle
        self.snapshots: Snapshots | None = None  # of the newest percept
        self.rate, self._bounds, self._world = world.rate, bounds, world
        self._guide = guide
        self._rest = rest
        self._agenda = Agenda(1, budget_ms, every)
        self._known: dict[int, _Known] = {}
        self._priority: dict[int, int] = {}
        self._since: dict[int, int] = {}  # tick of the assignment
        self._situation: Situation | None = None
        system = world.system(
            "perception",
            reads=self.perception.reads,
            writes=(self, self.conductor),
            name="minds",
        )
        system(self._think)

    def assign(self, agent: Any, mind: Mind, priority: int = 1) -> None:
        """Give an agent (handle) a mind; `priority` times its waiting decides who thinks first.

        Raises:
            MindError: it cannot think, or has no name.
        """
        if not callable(getattr(mind, "think", None)):
            raise MindError(f"a mind has a method think(percept), {mind!r} has none")
        if not isinstance(name := getattr(mind, "name", None), str):
            told = f"mind {mind!r} of agent {int(agent) & INDEX}: name must be a str, got {name!r}"
            raise MindError(f"{told}; give its class a name")
        fresh = int(agent) not in self.minds
        if fresh and self.minds:
            self._agenda.resize(np.arange(len(self.minds)), len(self.minds) + 1)
        self.minds[int(agent)], self._priority[int(agent)] = mind, priority
        self._since[int(agent)] = self._world.tick

    def dismiss(self, agent: Any) -> Mind:
        """Take an agent's (handle) mind away; what it is doing now it still ends.

        Returns:
            The mind.

        Raises:
            MindError: it has none.
        """
        if int(agent) not in self.minds:
            raise MindError(f"agent {int(agent) & INDEX} has no mind to dismiss; assign gives one")
        number = list(self.minds).index(int(agent))
        kept = np.delete(np.arange(len(self.minds)), number)
        self._agenda.resize(kept, max(1, len(kept)))
        for known in (self._priority, self._since, self._known, self.latest):
            known.pop(int(agent), None)
        return self.minds.pop(int(agent))

    def accepts(self, plan: PlanIntent, snapshot: WorldSnapshot) -> bool:
        """Whether the guard lets a plan pass now; what an `Arbiter` wants as `accept`."""
        return bool(self._check(snapshot.me.id, plan))

    @property
    def situation(self) -> Situation:
        """What the guard checks plans against: the newest percept.

        Raises:
            MindError: there is none yet.
        """
        if self.snapshots is None:
            raise MindError("the orchestrator has seen nothing yet: step the world 3 ticks first")
        if self._situation is None:
            columns = self.snapshots.columns
            ways = (self._guide.map, self._guide.open_map) if self._guide else (None, None)
            self._situation = situation_in(columns, self.rate, self._bounds, *ways)
        return self._situation

    def thoughts_of(self, agent: Any) -> list[Thought]:
        """The newest thoughts of an agent (handle), oldest first."""
        return [one for one in self.thoughts if one.agent == int(agent) & INDEX]

    def refusals(self, agent: Any) -> int:
        """How many plans of an agent (handle) the guard refused, of the newest verdicts."""
        index = int(agent) & INDEX
        return sum(not verdict for verdict in self.guard.audit if verdict.agent == index)

    # -- a tick ----------------------------------------------------------------------------------

    def _think(self, context: Context) -> None:
        self.snapshots = snapshots = self.perception.perceive(context.percept)
        self._situation = None
        if self._guide is not None:
            self._guide.heed(snapshots.columns.barriers)
        for agent in [one for one in self.minds if self._gone(context, one, snapshots)]:
            self.dismiss(agent)
        agents = list(self.minds)
        wanting = [self._wants(agent, snapshots, context.tick) for agent in agents]
        if not any(wanting):
            return
        self._agenda.priority[:] = np.multiply(wanting, [self._priority[agent] for agent in agents])
        due = self._agenda.due(context.tick)
        efforts = [self._decide(context, agents[number], snapshots) for number in due]
        self._agenda.charge(due, context.tick, np.array(efforts, np.int64))

    def _gone(self, context: Context, agent: int, snapshots: Snapshots) -> bool:
        """Whether a percept newer than its assignment shows nothing of an agent any more."""
        if agent in snapshots or context.percept.tick <= self._since[agent]:
            return False
        return all(value_of(context, kind, agent) is None for kind in self.perception.reads)

    def _wants(self, agent: int, snapshots: Snapshots, tick: int) -> bool:
        """Whether an agent is up, and idle or startled."""
        if agent not in snapshots:
            return False
        snapshot, last = snapshots[agent], self.latest.get(agent)
        if snapshot.health()[0] <= 0:
            return False
        rests = last is not None and last.refused and tick < last.tick + self._rest
        if not self.conductor.busy(agent) and not rests:
            return True
        eager = getattr(self.minds[agent], "eager", None)
        startled = _Known.of(snapshot).startles(self._known.get(agent))
        return startled or (eager is not None and eager(tick))

    def _decide(self, context: Context, agent: int, snapshots: Snapshots) -> int:
        """Let an agent think and act; the effort in expansions."""
        mind, snapshot = self.minds[agent], snapshots[agent]
        self._known[agent] = _Known.of(snapshot)
        plan, verdict = self._ask(agent, mind, snapshot), None
        if plan is not None and plan.steps:
            verdict = self._check(agent, plan)
            if verdict:
                self.conductor.start(agent, plan)
        thought = Thought(
            context.tick, agent & INDEX, mind.name, getattr(mind, "why", ""), plan, verdict
        )
        before = self.latest.get(agent)
        if plan is not None or before is None or before.why != thought.why:
            self.thoughts.append(thought)
        self.latest[agent] = thought
        return int(getattr(mind, "effort", 1))

    def _ask(self, agent: int, mind: Mind, snapshot: WorldSnapshot) -> PlanIntent | None:
        told = f"mind {mind.name} of agent {agent & INDEX} at tick {snapshot.tick}"
        try:
            plan: Any = mind.think(snapshot)
        except Exception as error:
            raise MindError(f"{told} failed: {type(error).__name__}: {error}") from error
        if plan is None or isinstance(plan, PlanIntent):
            return plan
        got = f"{type(plan).__name__} {plan!r:.80}"
        raise MindError(f"{told}: think must return a PlanIntent (plan_of) or None, got {got}")

    def failed(self, agent: Any) -> bool:
        """Whether an agent's (handle) last plan or step was refused, by the guard or the world."""
        last, index = self.latest.get(int(agent)), int(agent) & INDEX
        if last is not None and last.refused:
            return True
        ends = (end for end in reversed(self.conductor.outcomes) if end.agent == index)
        return not next((end.done for end in ends), True)

    def _check(self, agent: int, plan: PlanIntent) -> Verdict:
        return self.guard.check(agent & INDEX, plan, self.situation)


@dataclass(frozen=True)
class _Known:
    """What an agent took into account when it thought: its health, and the enemies in sight."""

    quarter: int  # of its health
    enemies: frozenset[int]

    @classmethod
    def of(cls, snapshot: WorldSnapshot) -> _Known:
        points, most = snapshot.health()
        return cls(4 * points // max(1, most), snapshot.standing_enemies())

    def startles(self, before: _Known | None) -> bool:
        """Whether there is a new enemy, or a quarter of its health has gone."""
        return before is not None and (
            self.quarter < before.quarter or not self.enemies <= before.enemies
        )


def situation_in(
    columns: Columns,
    rate: int,
    bounds: Bounds | None = None,
    ways: Ways | None = None,
    open_ways: Ways | None = None,
) -> Situation:
    """The situation that a percept shows; the percept must hold `situation.KINDS`."""
    who = np.flatnonzero(columns.has["Position"])
    names = [kind.__name__ for kind in (*KINDS, Goal) if kind.__name__ in columns.has]
    smoke = columns.obstacles[:, 0] > 0
    boxes, clouds = columns.obstacles[~smoke], columns.obstacles[smoke]
    centre, half = boxes[:, 1:4], boxes[:, 4:]
    return Situation(
        columns.tick,
        rate,
        who.astype(np.uint32),
        {name: columns.values[name][who] for name in names},
        {name: columns.has[name][who] for name in names},
        np.stack([centre - half, centre + half], axis=1),
        clouds[:, 1:5],
        bounds,
        ways,
        open_ways,
    )
