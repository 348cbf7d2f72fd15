"""Carrying: things that characters lift, that go with them on the GPU, and that they put down.

Carrying(world) goes into a world with `Combat`; `carry_actions` go into its registry before that.
A thing is an entity with Position and Carried.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from astraweave import (
    ENTITIES,
    NOBODY,
    U32,
    Ability,
    Aims,
    Context,
    Fixed,
    Module,
    Order,
    Pass,
    Position,
    Reason,
    Resource,
    Vec2,
    Velocity,
    Walk,
    World,
    component,
)

from .conduct import place_of
from .handles import index_of
from .plan import Step
from .registry import Action, Category, Deed

REACH = 1.8  # metres at which one lifts and puts down
HEIGHT = 0.95  # metres above the feet at which one holds the middle of a thing
AHEAD = 0.75  # metres in front of oneself; what is nearer than 0.6 m pushes one away
_SETTLE = 6  # ticks after which a percept must show what was done


@component
class Carried:
    """A thing that can be carried: by whom it is, and how high its middle is when it lies."""

    by: U32 = NOBODY  # entity index
    rest: Fixed = 0.3  # metres
    ahead: Vec2 = (0, AHEAD)  # where it is held, along x and z from who carries it, metres


class Carry(Module):
    """The passes: things follow those who carry them, in the same tick."""

    name = "carry"
    after = (
        "remember", "steering", "motion", "grid", "separation", "contacts", "obstacles",
        "blockers", "sense", "navigation", "combat",
    )  # fmt: skip

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """Write down places and velocities by entity index, then move things."""
        places, paces = Resource("carry.place", "vec4<i32>"), Resource("carry.pace", "vec2<i32>")
        constants = {"HEIGHT": round(HEIGHT * 65536), "AHEAD": round(AHEAD * 65536)}
        return (
            Pass(
                "ai/carry_places.wgsl",
                (ENTITIES, Position, Velocity, Order),
                (places, paces),
                requires=(Position, Velocity, Order),
            ),
            Pass("ai/carry.wgsl", (places, paces), (Carried, Position), constants=constants),
        )


class Hands:
    """Who carries what, from the newest percept and from what was done since.

    Call `watch` once, after the world has got its modules.
    """

    def __init__(self) -> None:
        self.things: dict[int, int] = {}  # handle by entity index
        self._by: dict[int, int] = {}  # who carries a thing, by their entity indices
        self._rest: dict[int, float] = {}  # how high the middle of each is when it lies
        self._done: dict[int, tuple[int, int]] = {}  # thing: who, and until when that counts

    def watch(self, world: World) -> None:
        """Give the world the passes, and follow what they do."""
        world.register(Carried)
        world.use(Carry())
        world.system("pre_simulation", reads=(Carried,), writes=(self,), name="hands")(self._see)

    def _see(self, context: Context) -> None:
        handles, rows = context.percept.handles(Carried), context.percept.read(Carried)
        index = (handles & np.uint64(0xFFFFFFFF)).tolist()
        self.things = dict(zip(index, handles.tolist(), strict=True))
        self._by = dict(zip(index, rows["by"].tolist(), strict=True))
        self._rest = dict(zip(index, rows["rest"].tolist(), strict=True))
        self._done = {thing: one for thing, one in self._done.items() if context.tick < one[1]}

    def holder(self, thing: Any) -> int | None:
        """The entity index of who carries a thing (handle or index)."""
        index = index_of(thing)
        by = self._done[index][0] if index in self._done else self._by.get(index, NOBODY)
        return None if by == NOBODY else by

    def held_by(self, agent: Any) -> int | None:
        """The entity index of the thing that an agent (handle or index) carries."""
        index = index_of(agent)
        return next((thing for thing in self.things if self.holder(thing) == index), None)

    def refusal(self, agent: int, steps: tuple[Step, ...]) -> str:
        """Why an agent (entity index) cannot do these steps with its hands; empty if it can."""
        held = self.held_by(agent)
        for step in steps:
            if step.act == "Lift":
                thing = int(step.arguments.get("target", NOBODY))
                if told := self._not_free(agent, thing, held):
                    return told
                held = thing
            elif step.act == "PutDown":
                if held is None:
                    return "PutDown: it carries nothing"
                held = None
        return ""

    def _not_free(self, agent: int, thing: int, held: int | None) -> str:
        if held is not None:
            return f"Lift: it carries thing {held} already"
        if thing not in self.things:
            return f"Lift: entity {thing} is nothing that can be carried"
        by = self.holder(thing)
        return f"Lift: entity {by} carries thing {thing}" if by not in (None, agent) else ""

    # -- what happens when it is done ------------------------------------------------------------

    def lift(self, context: Context, deed: Deed) -> Reason | None:
        """Take a thing, unless somebody was faster or the hands are full."""
        agent = index_of(deed.agent)
        if deed.target is None or self._not_free(agent, index_of(deed.target), self.held_by(agent)):
            return Reason.INVALID_TARGET
        self._note(context, index_of(deed.target), agent)
        ahead = _towards(place_of(context, deed.agent), place_of(context, deed.target))
        context.set(deed.target, Carried(agent, self._rest[index_of(deed.target)], ahead))
        return None

    def put_down(self, context: Context, deed: Deed) -> Reason | None:
        """Leave what is carried at the place."""
        thing = self.held_by(deed.agent)
        if thing is None:
            return Reason.INSUFFICIENT_RESOURCE
        self._note(context, thing, NOBODY)
        (x, _, z), rest = deed.place, self._rest[thing]
        handle = np.uint64(self.things[thing])
        context.set(handle, Carried(NOBODY, rest), Position((x, rest, z)))
        return None

    def _note(self, context: Context, thing: int, by: int) -> None:
        self._done[thing] = (by, context.tick + _SETTLE)


def _towards(a: Any, b: Any) -> tuple[float, float]:
    """From a towards b along x and z, `AHEAD` long."""
    x, z = float(b[0] - a[0]), float(b[2] - a[2])
    away = math.sqrt(x * x + z * z)
    return (x * AHEAD / away, z * AHEAD / away) if away > 0 else (0.0, AHEAD)


def carry_actions(hands: Hands) -> tuple[Action, ...]:
    """Lift, put down, follow and keep watch, for a registry."""
    return (
        Action(
            "Lift",
            "Lift a thing, to carry it.",
            Category.EQUIPMENT,
            Ability("Lift", Aims.ANYONE, REACH, windup=0.6, walk=Walk.HOLD),
            afterwards=hands.lift,
            writes=(Carried,),
        ),
        Action(
            "PutDown",
            "Put what one carries down at a place.",
            Category.EQUIPMENT,
            Ability("PutDown", Aims.PLACE, REACH, windup=0.6, walk=Walk.HOLD),
            afterwards=hands.put_down,
            writes=(Carried, Position),
        ),
        Action(
            "Follow",
            "Walk behind somebody.",
            Category.MOVEMENT,
            Ability("Follow", Aims.ANYONE, lasts=4.0, walk=Walk.FOLLOW_TARGET, arrive=1.8),
        ),
        Action(
            "KeepWatch",
            "Stand and watch for a while.",
            Category.UTILITY,
            Ability("KeepWatch", Aims.SELF, lasts=10.0, walk=Walk.HOLD),
        ),
    )
