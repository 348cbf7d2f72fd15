"""An arena: a walled field with all that characters need to sense, think, walk and fight.

Everything here can be put together by hand in another way. It is what most games begin with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from astraweave import (
    ALLIES,
    CAPSULE,
    ENEMIES,
    Ammo,
    Blockers,
    Bounds,
    Box,
    Combat,
    Cooldowns,
    Destination,
    Entity,
    Goal,
    Grid,
    Health,
    Look,
    Morale,
    Motion,
    Navigation,
    Obstacles,
    Order,
    Position,
    Route,
    Sense,
    Sensed,
    Senses,
    Separation,
    Stamina,
    Stance,
    StaticBox,
    Steering,
    Team,
    Velocity,
    Weapon,
    World,
    rgb,
)

from .arbiter import Mind
from .components import KIT, Signal
from .errors import MindError
from .guide import Guide
from .handles import index_of
from .orchestrator import Orchestrator
from .percept import Objective, PointOfInterest
from .percept_model import Vector
from .registry import ActionRegistry
from .vocabulary import standard_actions

RADIUS = 0.3  # of a character, metres
SPEED = 2.0  # at which it goes where nothing else is said, metres per second


class Arena:
    """Fills a world with the modules of a fight, and with the characters that you add.

    Args:
        world: an empty one.
        size: of the field along x and z, metres; one corner is the origin.
        boxes: walls and crates.
        registry: the actions; by default the standard ones.
        points: places of interest by name; characters may have one as their objective.
        sight: how far characters see, metres.
        budget_ms: time for thinking in each tick, counted in expansions.
    """

    def __init__(
        self,
        world: World,
        size: tuple[float, float],
        boxes: Sequence[Box] = (),
        *,
        registry: ActionRegistry | None = None,
        points: Mapping[str, Vector] | None = None,
        sight: float = 24.0,
        budget_ms: float = 2.0,
    ) -> None:
        self.world, self.size, self.boxes = world, size, tuple(boxes)
        self.registry = registry or standard_actions()
        self.bounds = Bounds((0.0, -1.0, 0.0), (size[0], 8.0, size[1]))
        self.points = dict(points or {})
        self.blockers = Blockers(self.boxes)
        navigation = Navigation(self.blockers, size, cell=0.25, radius=RADIUS, clearance=0.05)
        self._use(navigation, sight)
        names = dict(enumerate(self.points, 1))
        self.orchestrator = Orchestrator(
            world,
            self.registry,
            self.blockers,
            Guide(world, navigation),
            bounds=self.bounds,
            points={**names, KIT: "kit"},
            objectives=names,
            around=sight,
            budget_ms=budget_ms,
        )
        self.sight = sight
        for kind, name in names.items():
            world.spawn(Position(self.points[name]), PointOfInterest(kind))

    def _use(self, navigation: Navigation, sight: float) -> None:
        grid = Grid(size=(self.size[0], 0, self.size[1]), cell=2.0)
        self.world.use(
            Steering(),
            Motion(max_speed=3.5, bounds=self.bounds),
            grid,
            # Things and smoke push nobody; walkers step aside before they touch.
            Separation(grid, RADIUS, comfort=0.8, strength=0.2, among=Velocity),
            Obstacles(self.boxes, radius=RADIUS, flat=True),
            self.blockers,
            Sense(grid, reach=sight),
            navigation,
            Combat(self.registry.abilities, self.blockers, navigation, bounds=self.bounds),
        )

    def add(
        self,
        place: Vector,
        team: int,
        mind: Mind | None = None,
        *more: Any,
        objective: str = "",
        color: str = "#4878d0",
    ) -> Entity:
        """A character.

        Args:
            place: between its feet, metres.
            team: a number; others are enemies.
            mind: decides what it does; None: nobody does.
            more: components in place of the usual ones, or besides.
            objective: the name of the point that it is to reach, if any.
            color: of its figure.

        Returns:
            Its handle; steps name a target by `handle.index`.

        Raises:
            MindError: there is no point of that name, or the place is outside the field.
        """
        if not (0 <= place[0] <= self.size[0] and 0 <= place[2] <= self.size[1]):
            raise MindError(
                f"arena: {place} is outside the field of {self.size[0]} × {self.size[1]} m"
            )
        usual = (
            Position(place), Velocity(), Goal(place, SPEED), Destination(place), Route(),
            Team(team), Health(), Stamina(), Ammo(), Cooldowns(), Stance(), Morale(), Order(),
            Weapon(), Signal(), Senses(self.sight, teams=ALLIES | ENEMIES), Sensed(),
            Look(CAPSULE, rgb(color), (0.6, 1.75, 0.6)),
        )  # fmt: skip
        components = {type(one): one for one in (*usual, *self._objective(objective), *more)}
        agent: Entity = self.world.spawn(*components.values())
        if mind is not None:
            self.orchestrator.assign(agent, mind)
        return agent

    def shapes(self, wall: str = "#8d8a86", rim: str = "#b9b4a8") -> list[StaticBox]:
        """The boxes, and a rim around the field, for `View.boxes`."""
        (x, z), low, thin = self.size, 0.1, 0.08
        sides = [(x / 2, -thin, x / 2, thin), (x / 2, z + thin, x / 2, thin)]
        sides += [(-thin, z / 2, thin, z / 2), (x + thin, z / 2, thin, z / 2)]
        edges = [StaticBox((a, low, b), (c, low, d), rim) for a, b, c, d in sides]
        return edges + [StaticBox(box.centre, box.half, wall) for box in self.boxes]

    def place(self, agent: Any) -> Vector:
        """Where a character (handle) was in the newest percept; the origin before the first."""
        x, y, z = self._newest("Position", agent, (0.0, 0.0, 0.0))
        return float(x), float(y), float(z)

    def health(self, agent: Any) -> int:
        """Its health there; 0 for who is down or gone."""
        return int(self._newest("Health", agent, (0,))[0])

    def _newest(self, kind: str, agent: Any, otherwise: Any) -> Any:
        seen = self.orchestrator.snapshots
        if seen is None or int(agent) not in seen:
            return otherwise
        return seen.columns.values[kind][index_of(agent)]

    def _objective(self, name: str) -> tuple[Objective, ...]:
        if not name:
            return ()
        if name not in self.points:
            known = ", ".join(self.points) or "none"
            raise MindError(f"arena: no point of interest is called {name!r}; there is {known}")
        return (Objective(self.points[name], 1 + list(self.points).index(name)),)
