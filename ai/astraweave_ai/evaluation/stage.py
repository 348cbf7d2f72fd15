"""The stage: one world in which several scenarios take place side by side, behind walls.

They do not see, hear or meet each other, and what a mind does depends on its own scenario alone, so
that they can share the cost of a tick.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from astraweave import (
    ALLIES,
    ENEMIES,
    Ammo,
    Barrier,
    Combat,
    Context,
    Entity,
    Facing,
    Gpu,
    Grid,
    Health,
    Morale,
    Motion,
    Navigation,
    Obstacles,
    Position,
    Sense,
    Senses,
    Separation,
    Stamina,
    Steering,
    World,
)

from ..arbiter import Mind
from ..arena import RADIUS, Arena
from ..components import Interactive
from ..guard import Verdict
from ..handles import index_of
from ..percept import PointOfInterest
from ..plan import PlanIntent
from ..registry import ActionRegistry
from ..vocabulary import standard_actions
from .examined import THOUGHTS, Examined
from .field import Field
from .judge import Judge
from .layout import boxes, extent, layout, placed, points, walls
from .routines import routine_of
from .scenario import Brief, Person, Scenario, brief_of

RATE = 10  # ticks a second: enough for walking and shooting, and quick
SIGHT = 32.0  # metres
_APART = 0.3  # metres between two agents at least
_BUDGET = 1000.0  # ms in each tick: nobody waits because of what somebody else thinks

Check = Callable[[PlanIntent], Verdict]
MakeMind = Callable[[Brief, "Play"], Mind]


@dataclass
class Play:
    """One scenario on the stage."""

    scenario: Scenario
    field: Field
    hero: Entity
    index: dict[str, int]  # of people and things by name
    doors: dict[str, Entity]
    judge: Judge
    registry: ActionRegistry
    check: Check  # what the guard says of a plan of the hero in the field's coordinates
    examined: Examined | None = None

    @property
    def brief(self) -> Brief:
        """What its mind is told."""
        return brief_of(self.scenario, self.index)


class _Hall(Arena):
    """An arena in which one can walk right up to points and things.

    `Separation` keeps agents off all that has a place, and with the usual radius farther than they
    have to come to have arrived.
    """

    def _use(self, navigation: Navigation, sight: float) -> None:
        grid = Grid(size=(self.size[0], 0, self.size[1]), cell=2.0)
        self.world.use(
            Steering(),
            Motion(max_speed=3.5, bounds=self.bounds),
            grid,
            Separation(grid, radius=_APART / 2),
            Obstacles(self.boxes, radius=RADIUS, flat=True),
            self.blockers,
            Sense(grid, reach=sight),
            navigation,
            Combat(self.registry.abilities, self.blockers, navigation, bounds=self.bounds),
        )


class Stage:
    """Builds the world of some scenarios and runs it.

    Args:
        scenarios: at most about ten.
        gpu: on which; by default the best.
        registry: the actions.
    """

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        gpu: Gpu | None = None,
        registry: ActionRegistry | None = None,
        seed: int = 1,
    ) -> None:
        self.registry = registry or standard_actions()
        self.world = World(gpu, seed=seed, rate=RATE)
        fields = layout(scenarios)
        self.arena = _Hall(
            self.world,
            extent(fields),
            [*walls(fields), *boxes(scenarios, fields)],
            registry=self.registry,
            points=points(scenarios, fields),
            sight=SIGHT,
            budget_ms=_BUDGET,
        )
        handles = self.world.select(PointOfInterest) if self.arena.points else ()
        self._points = dict(zip(self.arena.points, handles, strict=True))
        self.plays = [
            self._set_up(one, field) for one, field in zip(scenarios, fields, strict=True)
        ]
        self.world.system(
            "post_simulation",
            writes=(Barrier,),
            name="judges",
        )(self._judge)

    def cast(self, make: MakeMind, only: str = "") -> None:
        """Give the heroes minds, and the others their routines; `only` in the scenario so named."""
        for play in self.plays:
            if only in ("", play.scenario.name):
                mind = make(play.brief, play)
                most = int(getattr(mind, "most", THOUGHTS))
                play.examined = Examined(mind, play.hero.index, play.field, self.registry, most)
                self.arena.orchestrator.assign(play.hero, play.examined)
                self._cast_others(play)

    def _cast_others(self, play: Play) -> None:
        for person in play.scenario.others:
            mind = routine_of(person, play.field)
            if mind is not None:
                handle = self.world.handles(play.index[person.name])[0]
                self.arena.orchestrator.assign(handle, mind)

    def run(self) -> None:
        """Until every scenario that has a mind is decided, or its time is over."""
        while any(self._goes_on(play) for play in self.plays):
            self.world.step(RATE)

    def _goes_on(self, play: Play) -> bool:
        one = play.examined
        if one is None or play.judge.decided:
            return False
        idle = one.stuck and not self.arena.orchestrator.conductor.busy(play.hero)
        return not idle and self.world.tick <= play.scenario.seconds * RATE

    # -- setting up ------------------------------------------------------------------------------

    def _set_up(self, scenario: Scenario, field: Field) -> Play:
        hero = self._add(scenario.hero, field, _objective(scenario, field))
        index = {scenario.hero.name: hero.index}
        index |= {one.name: self._add(one, field).index for one in scenario.others}
        for thing in scenario.things:
            handle = self._points[field.key(thing.name)]
            self.world.attach(handle, Interactive())
            index[thing.name] = index_of(handle)
        doors = {
            door.name: self.world.spawn(Position(placed(door.at, field)), Barrier(door.half))
            for door in scenario.doors
        }
        judge = Judge(scenario, field, index)
        return Play(
            scenario, field, hero, index, doors, judge, self.registry, self._check(hero, field)
        )

    def _add(self, person: Person, field: Field, objective: str = "") -> Entity:
        x, z = field.corner
        place = (x + person.at[0], 0.0, z + person.at[1])
        return self.arena.add(place, person.team, None, *_has(person), objective=objective)

    def _check(self, hero: Entity, field: Field) -> Check:
        minds = self.arena.orchestrator

        def check(plan: PlanIntent) -> Verdict:
            moved = field.outward(plan, self.registry)
            return minds.guard.check(hero.index, moved, minds.situation)

        return check

    # -- a tick ----------------------------------------------------------------------------------

    def _judge(self, context: Context) -> None:
        """Let every judge look; open the doors that were unlocked; tell minds how they fared."""
        seen = self.arena.orchestrator.snapshots
        if seen is None or seen.tick < 1:
            return  # nothing is sensed before
        for play in self.plays:
            if play.examined is None:
                continue
            play.judge.look(seen.columns)
            play.examined.over = play.judge.decided
            play.examined.follow(self.arena.orchestrator)
            self._open_doors(context, play)

    def _open_doors(self, context: Context, play: Play) -> None:
        for name in play.judge.opened & play.doors.keys():
            context.despawn(play.doors.pop(name))


def _has(person: Person) -> list[Any]:
    """Components of somebody, in place of the arena's usual ones."""
    filter_, whole = ALLIES | ENEMIES, math.pi
    half = whole if person.looks is None else math.radians(person.half_angle)
    facing = [] if person.looks is None else [Facing(math.radians(person.looks))]
    return [
        Health(person.health, person.most_health),
        Ammo(person.rounds, person.most_rounds, person.smokes, person.charges, person.kits),
        Stamina(person.stamina, 100),
        Morale(person.morale),
        Senses(min(person.sees, SIGHT), half, filter_),
        *facing,
    ]


def _objective(scenario: Scenario, field: Field) -> str:
    """The first place that the hero is to get to."""
    points = {one.name for one in scenario.points}
    first = next((g.name for g in scenario.goals if g.what in ("visited", "at")), "")
    return field.key(first) if first in points else ""
