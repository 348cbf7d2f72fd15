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
from .plan import PlanIntent, Step
from .registry import Action, ActionRegistry, Deed

_KEEP_UP = 30  # ticks between two looks for a way to somebody who moves
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
        more = [kind for action in registry for kind in action.writes]
        writes = dict.fromkeys([Order, *more, *(Guide.writes if guide else ())])
        world.system(
            "ai_planning", reads=(Order, Position), writes=tuple(writes), name="conductor"
        )(self._conduct)

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
        return waiting or int(agent) & 0xFFFFFFFF in self._running

    def _conduct(self, context: Context) -> None:
        handles = context.percept.handles(Order)
        index = (handles & np.uint64(0xFFFFFFFF)).astype(np.int64)
        rows = {int(entity): row for row, entity in enumerate(index)}
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
            self._end(agent)  # it is gone
            return
        if context.percept.tick <= running.since:
            return  # what is seen is older than the order
        step = running.plan.steps[running.step]
        state, reason = int(orders["state"][row]), Reason(int(orders["reason"][row]))
        cut = running.until is not None and context.tick >= running.until
        if state not in _OVER and not cut:
            self._keep_up(context, running, orders[row])
            return
        done = state == OrderState.DONE or cut
        self.outcomes.append(
            Outcome(context.percept.tick, agent, running.plan.plan_id, step, done, reason)
        )
        if not done:
            self._end(agent)
            return
        self._follow_up(context, running, step, orders[row])
        self._give(context, running.handle, running.plan, running.step + 1)

    def _end(self, agent: int) -> None:
        """The plan is over, and so is the use of a flow field."""
        running = self._running.pop(agent, None)
        if running is not None and self._guide is not None:
            self._guide.release(np.array([running.handle]))

    def _keep_up(self, context: Context, running: _Running, order: Any) -> None:
        """Who follows somebody is led anew now and then, for that one moves."""
        ability = self._registry[running.plan.steps[running.step].act].ability
        if self._guide is None or ability.walk not in _PURSUITS:
            return
        if (context.tick - running.since) % _KEEP_UP == 0:
            self._lead(context, running.handle, int(order["whom"]))

    def _lead(self, context: Context, handle: np.uint64, target: int) -> None:
        other = handle_of(context, target)
        if self._guide is not None and other is not None:
            self._guide.lead(context, np.array([handle]), place_of(context, other)[None])

    def _follow_up(self, context: Context, running: _Running, step: Step, order: Any) -> None:
        action = self._registry[step.act]
        if action.afterwards is None:
            return
        target = handle_of(context, int(order["whom"])) if action.has_target else None
        place = order["place"] if action.has_place else place_of(context, running.handle)
        action.afterwards(context, Deed(running.handle, target, _xyz(place), step.arguments))

    def _give(self, context: Context, handle: np.uint64, plan: PlanIntent, number: int) -> None:
        """The next order, or none: then the plan is over."""
        agent = int(handle) & 0xFFFFFFFF
        if number >= len(plan.steps):
            self._end(agent)
            return
        step = plan.steps[number]
        action, arguments = self._registry[step.act], self._registry.typed(step)
        until = None
        if 0 < arguments.get("duration", 0) < action.ability.lasts:
            seconds = action.ability.windup + arguments["duration"]
            until = context.tick + max(1, round(seconds * self._rate))
        self._running[agent] = _Running(handle, plan, number, context.tick, until)
        if self._guide is not None and action.ability.walk is Walk.TO_PLACE:
            place = [[arguments[name] for name in "xyz"]]
            self._guide.lead(context, np.array([handle]), place)
        elif action.ability.walk in _PURSUITS:
            self._lead(context, handle, arguments["target"])
        context.set(handle, order_of(self._registry, action, arguments))


def order_of(registry: ActionRegistry, action: Action, arguments: Any) -> Order:
    """The order that a step of checked arguments stands for."""
    place = [arguments.get(name, 0.0) for name in "xyz"]
    target = arguments.get("target", NOBODY)
    return Order(ability=registry.number(action.name), whom=target, place=place)


def handle_of(context: Context, entity: int) -> np.uint64 | None:
    """Handle of an entity index, as the percept has it; None if it has no Position."""
    handles = context.percept.handles(Position)
    index = handles & np.uint64(0xFFFFFFFF)
    row = int(np.searchsorted(index, entity))
    return np.uint64(handles[row]) if row < len(index) and int(index[row]) == entity else None


def place_of(context: Context, handle: np.uint64) -> NDArray[Any]:
    """Where an agent was in the percept."""
    handles = context.percept.handles(Position)
    row = int(np.searchsorted(handles & np.uint64(0xFFFFFFFF), int(handle) & 0xFFFFFFFF))
    return np.asarray(context.percept.read(Position)[row])


def _xyz(place: Sequence[float] | NDArray[Any]) -> tuple[float, float, float]:
    return float(place[0]), float(place[1]), float(place[2])
