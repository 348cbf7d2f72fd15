"""The conductor: accepted plans become orders in the world, one step after the other.

A step ends when the world says so: done, or refused with a reason. Then comes the next one, or the
plan is over. All that is learned comes from percepts and all that is done are commands, so a
recording holds everything and a replay needs no mind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astraweave import NOBODY, Context, Order, OrderState, Position, Reason, Walk, World

from .guide import Guide
from .handles import INDEX, handle_of, index_of, indices_of
from .plan import PlanIntent, Step
from .registry import Action, ActionRegistry, Deed, Undo

_KEEP_UP = 30  # ticks between two looks for a way to somebody who moves
_STALLED = 3.0  # seconds after which a walk that leads nowhere is given up
_HEADWAY = 0.25  # metres
_PURSUITS = (Walk.TO_TARGET, Walk.FOLLOW_TARGET)
_OVER = (int(OrderState.IDLE), int(OrderState.DONE), int(OrderState.REFUSED))


@dataclass(frozen=True)
class Outcome:
    """How a step ended: at which tick, whose, of which plan, and why if it was refused."""

    tick: int
    agent: int  # entity index
    plan_id: str
    step: Step
    done: bool
    reason: Reason


@dataclass
class _Running:
    handle: np.uint64
    plan: PlanIntent
    step: int
    since: int  # tick in which the order was given
    until: int | None  # tick at which it is cut short
    undo: Undo | None = None  # of what was done when the step began
    seen_at: Any = None  # where the agent was when it last made headway
    seen_in: int = 0  # and in which tick


class Conductor:
    """Carries out plans of agents that have an Order.

    Args:
        world: in which; a system is added to its stage `ai_planning`.
        registry: the actions; those of the world's `Combat`.
        guide: finds ways, where the world has navigation.
        newest: outcomes to keep.
    """

    def __init__(
        self,
        world: World,
        registry: ActionRegistry,
        guide: Guide | None = None,
        newest: int = 1000,
    ) -> None:
        self.outcomes: deque[Outcome] = deque(maxlen=newest)
        self._registry, self._guide = registry, guide
        self._rate = world.rate
        self._running: dict[int, _Running] = {}
        self._waiting: list[tuple[np.uint64, PlanIntent]] = []
        self._notes: dict[tuple[str, int], int] = {}  # of deeds, for deeds
        written = [kind for action in registry for kind in action.writes]
        read = [kind for action in registry for kind in action.reads]
        writes = dict.fromkeys([Order, *written, *(Guide.writes if guide else ())])
        reads = dict.fromkeys([Order, Position, *read])
        world.system("ai_planning", reads=tuple(reads), writes=tuple(writes), name="conductor")(
            self._conduct
        )

    def start(self, agent: Any, plan: PlanIntent) -> None:
        """Carry out a plan that the guard accepted; what the agent was at is given up.

        Args:
            agent: handle.
            plan: without steps, the agent stops after its present one.
        """
        self._waiting.append((np.uint64(int(agent)), plan))

    def busy(self, agent: Any) -> bool:
        """Whether an agent (handle) has steps left, or one under way."""
        waiting = any(handle == int(agent) for handle, _ in self._waiting)
        return waiting or index_of(agent) in self._running

    def _conduct(self, context: Context) -> None:
        handles = context.percept.handles(Order)
        rows = {int(entity): row for row, entity in enumerate(indices_of(handles))}
        orders = context.percept.read(Order)
        for agent in sorted(self._running):
            self._look_after(context, agent, rows.get(agent), orders)
        for handle, plan in self._waiting:
            self._give(context, handle, plan, 0)
        self._waiting.clear()

    def _look_after(
        self, context: Context, agent: int, row: int | None, orders: NDArray[Any]
    ) -> None:
        running = self._running[agent]
        if row is None:
            self._end(context, agent)  # it is gone
            return
        if context.percept.tick <= running.since:
            return  # what is seen is older than the order
        step = running.plan.steps[running.step]
        state, reason = int(orders["state"][row]), Reason(int(orders["reason"][row]))
        cut = running.until is not None and context.tick >= running.until
        if state not in _OVER and not cut:
            if not self._stalls(context, running, step):
                self._keep_up(context, running, orders[row])
                return
            context.set(running.handle, Order())
            reason = Reason.PHYSICS_BLOCKED
        done = state == OrderState.DONE or cut
        if done:
            reason = self._follow_up(context, running, step, orders[row]) or Reason.NONE
            done = reason is Reason.NONE
        self.outcomes.append(
            Outcome(context.percept.tick, agent, running.plan.plan_id, step, done, reason)
        )
        if done:
            self._give(context, running.handle, running.plan, running.step + 1)
        else:
            self._end(context, agent)

    def _end(self, context: Context, agent: int) -> None:
        """The plan is over, and so is the use of a flow field."""
        running = self._running.pop(agent, None)
        if running is None:
            return
        if running.undo is not None:
            running.undo(context)
        if self._guide is not None:
            self._guide.release(np.array([running.handle]))

    def _stalls(self, context: Context, running: _Running, step: Step) -> bool:
        """Whether somebody walks and gets nowhere, such as behind others who stand."""
        if self._registry[step.act].ability.walk not in (Walk.TO_PLACE, Walk.TO_TARGET):
            return False
        here = place_of(context, running.handle)
        if running.seen_at is None or np.abs(here - running.seen_at).max() > _HEADWAY:
            running.seen_at, running.seen_in = here, context.tick
        return context.tick - running.seen_in > _STALLED * self._rate

    def _keep_up(self, context: Context, running: _Running, order: Any) -> None:
        """Who follows somebody is led anew now and then, for that one moves."""
        ability = self._registry[running.plan.steps[running.step].act].ability
        if self._guide is None or ability.walk not in _PURSUITS:
            return
        if (context.tick - running.since) % _KEEP_UP == 0:
            self._lead(context, running.handle, int(order["whom"]))

    def _lead(self, context: Context, handle: np.uint64, target: int) -> None:
        other = handle_of(context, Position, target)
        if self._guide is not None and other is not None:
            self._guide.lead(context, np.array([handle]), place_of(context, other)[None])

    def _follow_up(
        self, context: Context, running: _Running, step: Step, order: Any
    ) -> Reason | None:
        action = self._registry[step.act]
        if action.afterwards is None:
            return None
        target, place = int(order["whom"]), order["place"]
        return action.afterwards(
            context, self._deed(context, action, running.handle, target, place, step.arguments)
        )

    def _deed(
        self, context: Context, action: Action, handle: np.uint64, whom: int, place: Any, given: Any
    ) -> Deed:
        target = handle_of(context, Position, whom) if action.has_target else None
        where = place if action.has_place else place_of(context, handle)
        return Deed(handle, target, _xyz(where), given, self._notes)

    def _give(self, context: Context, handle: np.uint64, plan: PlanIntent, number: int) -> None:
        """The next order, or none: then the plan is over."""
        agent = index_of(handle)
        before = self._running.get(agent)
        if before is not None and before.undo is not None:
            before.undo(context)
            before.undo = None
        if number >= len(plan.steps):
            self._end(context, agent)
            return
        step = plan.steps[number]
        action, arguments = self._registry[step.act], self._registry.typed(step)
        until = None
        if 0 < arguments.get("duration", 0) < action.ability.lasts:
            seconds = action.ability.windup + arguments["duration"]
            until = context.tick + max(1, round(seconds * self._rate))
        running = self._running[agent] = _Running(handle, plan, number, context.tick, until)
        if self._guide is not None and action.ability.walk is Walk.TO_PLACE:
            place = [[arguments[name] for name in "xyz"]]
            self._guide.lead(context, np.array([handle]), place)
        elif action.ability.walk in _PURSUITS:
            self._lead(context, handle, arguments["target"])
        order = order_of(self._registry, action, arguments)
        if action.beforehand is not None:
            place = [arguments.get(name, 0.0) for name in "xyz"]
            whom = arguments.get("target", NOBODY)
            running.undo = action.beforehand(
                context, self._deed(context, action, handle, whom, place, arguments)
            )
        context.set(handle, order)


def order_of(registry: ActionRegistry, action: Action, arguments: Any) -> Order:
    """The order that a step of checked arguments stands for."""
    place = [arguments.get(name, 0.0) for name in "xyz"]
    target = arguments.get("target", NOBODY)
    return Order(ability=registry.number(action.name), whom=target, place=place)


def place_of(context: Context, handle: np.uint64) -> NDArray[Any]:
    """Where an agent was in the percept."""
    handles = context.percept.handles(Position)
    row = int(np.searchsorted(handles & np.uint64(INDEX), index_of(handle)))
    return np.asarray(context.percept.read(Position)[row])


def _xyz(place: Sequence[float] | NDArray[Any]) -> tuple[float, float, float]:
    return float(place[0]), float(place[1]), float(place[2])
