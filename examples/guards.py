"""Guards patrol, chase whom they see, search where it hid, and return: behaviour trees from XML.

The trees are in guards.xml. Their leaves are the actions of the registry and the few below.
"""

from dataclasses import dataclass
from math import dist, radians
from pathlib import Path
from typing import Any

import numpy as np

from astraweave import (
    BOX,
    ENEMIES,
    Ability,
    Aims,
    Box,
    Camera,
    Context,
    Entity,
    Ground,
    Labels,
    Look,
    Position,
    Sensed,
    Senses,
    StaticBox,
    Team,
    View,
    Walk,
    World,
    rgb,
    scene,
)
from astraweave_ai import tree
from astraweave_ai.arena import Arena
from astraweave_ai.handles import index_of
from astraweave_ai.orchestrator import Orchestrator
from astraweave_ai.percept import PointOfInterest, WorldSnapshot
from astraweave_ai.plan import Step, plan_of
from astraweave_ai.registry import Action, ActionRegistry, Category, Deed
from astraweave_ai.tree import Input, Output, Status, TreeFactory, TreeRun
from astraweave_ai.vocabulary import standard_actions

SIDE, AHEAD, AROUND = 28.0, 6.5, 10.0  # metres: the courtyard, what guards and intruders see
EVERY = 6  # ticks from one thought to the next
GUARDS, INTRUDERS = 0, 1  # teams
COLORS, GREY, GOLD = ("#2e6f95", "#d1495b"), rgb("#6f6f6f"), rgb("#f3b61f")

WALLS = (  # centres and half sizes in metres; an outer wall with two gates, and two inside
    Box((14, 0.9, 0.2), (14, 0.9, 0.2)), Box((14, 0.9, 27.8), (14, 0.9, 0.2)),
    Box((0.2, 0.9, 6), (0.2, 0.9, 6)), Box((0.2, 0.9, 22), (0.2, 0.9, 6)),
    Box((27.8, 0.9, 6), (0.2, 0.9, 6)), Box((27.8, 0.9, 22), (0.2, 0.9, 6)),
    Box((14, 0.9, 14), (3, 0.9, 0.2)), Box((14, 0.9, 23), (0.2, 0.9, 2.5)),
)  # fmt: skip
BUILDINGS = (
    Box((8, 1.2, 8), (3, 1.2, 2.5)), Box((20, 1.2, 19), (2.5, 1.2, 4)),
    Box((20.5, 1.8, 7), (1.8, 1.8, 1.8)), Box((7, 1.0, 20), (2, 1.0, 3)),
)  # fmt: skip
ROUTES = (  # around the buildings
    ((3.5, 0, 4), (12.5, 0, 4), (12.5, 0, 12), (3.5, 0, 12)),
    ((16, 0, 13), (24, 0, 13), (24, 0, 24.5), (16, 0, 24.5)),
    ((17, 0, 3.5), (24.5, 0, 3.5), (24.5, 0, 11), (17, 0, 11)),
    ((3, 0, 15), (10.5, 0, 15), (10.5, 0, 24), (3, 0, 24)),
)
TREASURES = (
    (14, 0, 2.5), (26, 0, 5), (25.5, 0, 19), (14.8, 0, 19),
    (11, 0, 19), (2.5, 0, 2.5), (2.5, 0, 19), (15, 0, 9),
)  # fmt: skip
REFUGES = (
    (1.8, 0, 26), (26, 0, 2.2), (26, 0, 26), (1.8, 0, 10),
    (14, 0, 15.5), (24, 0, 11), (12.5, 0, 26), (14, 0, 6),
)  # fmt: skip
GATES = ((1.2, 0, 14), (26.8, 0, 14))


def near(spots: tuple, count: int, rng: np.random.Generator) -> np.ndarray:
    """So many places, each close to one of the spots."""
    return np.resize(spots, (count, 3)) + rng.uniform(-0.5, 0.5, (count, 3)) * (1, 0, 1)


def take(context: Context, deed: Deed) -> None:
    context.despawn(deed.target)


def actions() -> ActionRegistry:
    """The standard ones, and what only guards and intruders do."""
    registry, way = standard_actions(), {"aims": Aims.PLACE, "walk": Walk.TO_PLACE}
    for summary, ability in (
        ("Walk fast.", Ability("Hurry", **way, speed=2.2)),
        ("Walk softly.", Ability("Sneak", **way, speed=1.7, arrive=1)),
        ("Run.", Ability("Flee", **way, speed=3.0, arrive=1)),
        ("Seize somebody.", Ability("Catch", Aims.ENEMY, 2.5, True, windup=0.1, damage=100)),
    ):
        registry.add(Action(ability.name, summary, Category.UTILITY, ability))
    ability = Ability("Take", Aims.ANYONE, 1.5, windup=1, walk=Walk.HOLD)
    registry.add(Action("Take", "Take a thing.", Category.UTILITY, ability, afterwards=take))
    return registry


def facts(seen: WorldSnapshot) -> dict[str, Any]:
    """What scripts and ports can name; enemy and treasure stay the last ones that were in sight."""
    me, things = seen.me.pos, seen.points_of_interest
    foes = [foe for foe in seen.enemies if foe.state["health"]["points"] > 0]

    def safety(spot: tuple) -> float:
        return min((dist(foe.pos, spot) for foe in foes), default=0.0) - dist(me, spot)

    return {
        "sees": bool(foes),
        "treasures": len(things),
        "gate": min(GATES, key=lambda gate: dist(me, gate)),
        "refuge": max((spot for spot in REFUGES if dist(me, spot) > 3), key=safety),
        **({"enemy": index_of(foes[0].id), "last_seen": foes[0].pos} if foes else {}),
        **({"treasure": index_of(things[0].id), "chest": things[0].pos} if things else {}),
    }


@dataclass
class Character:
    """Somebody with a tree, whose leaves see this as `context.owner`."""

    handle: Entity
    minds: Orchestrator
    run: TreeRun
    hands: Any = None  # give commands
    seen: Any = None  # the newest snapshot
    fate: str = ""

    def think(self, context: Context, snapshot: WorldSnapshot, noticed: bool) -> None:
        """Tick the tree, with facts on its blackboard."""
        self.run.owner, self.hands, self.seen = self, context, snapshot
        self.run.blackboard.update(facts(snapshot), noticed=noticed)
        if snapshot.me.state["health"]["points"] > 0:
            self.run.tick(context.tick)
            return
        self.fate = "caught"
        context.detach(self.handle, Team)  # nobody looks for it any more
        context.set(self.handle, Look(BOX, GREY, (0.6, 0.3, 1.6)))

    @property
    def activity(self) -> str:
        """The branch of its tree that is Running."""
        branches = self.run.tree.root.children
        active = (b.label.name for b in branches if self.run.status[b.index] is Status.RUNNING)
        return self.fate or next(active, "thinks")


class Act(tree.Action):
    """The leaf of an action in the registry, which gets from its ports with whom, or where."""

    times = 1

    def __init__(self, action: Action) -> None:
        self.name = action.name
        ports = {"target": action.has_target, "place": action.has_place}
        self.ports = {port: Input() for port, given in ports.items() if given}

    def start(self, context: tree.Context) -> Status:
        """The tool guard checks it, the conductor carries it out."""
        owner = context.owner
        given = {"target": context["target"]} if "target" in self.ports else {}
        if "place" in self.ports:
            given = dict(zip("xyz", context["place"], strict=True))
        plan = plan_of(self.name, *[Step(self.name, given)] * self.times)
        if not owner.minds.accepts(plan, owner.seen):
            return Status.FAILURE
        owner.minds.conductor.start(owner.handle, plan)
        return Status.RUNNING

    def resume(self, context: tree.Context) -> Status:
        minds, handle = context.owner.minds, context.owner.handle
        if minds.conductor.busy(handle):
            return Status.RUNNING
        return Status.FAILURE if minds.failed(handle) else Status.SUCCESS


class LookRound(Act):
    """The leaf that stands and looks to all four sides."""

    times = 4


def next_post(context: tree.Context) -> bool:
    """The leaf that names the next place of a route."""
    context.state = ((context.state or 0) + 1) % len(context["route"])
    context["post"] = context["route"][context.state]
    return True


def leave(context: tree.Context) -> bool:
    """The leaf with which an intruder is gone."""
    context.owner.fate = "got away"
    context.owner.hands.despawn(context.owner.handle)
    return True


def leaves(rate: int, registry: ActionRegistry) -> TreeFactory:
    """All that the trees in guards.xml are made of."""
    factory = TreeFactory(rate)
    for action in registry:
        factory.register(Act(action), action.name)
    factory.register(LookRound(registry["Scan"]))
    factory.action("NextPost", route=Input(), post=Output())(next_post)
    factory.action("Leave")(leave)
    return factory


class Yard:
    """Everybody in the courtyard, and how it stands."""

    def __init__(self, world: World, entities: int) -> None:
        rng, registry = np.random.default_rng(world.seed), actions()
        self.arena = Arena(world, (SIDE, SIDE), (*WALLS, *BUILDINGS), registry=registry, sight=SIDE)
        file, factory = Path(__file__).with_name("guards.xml"), leaves(world.rate, registry)
        self.trees = [factory.load(file, name) for name in ("Guard", "Intruder")]
        self.guards, self.intruders = [], []
        for number in range(-(-4 * entities // 9)):
            route, first = ROUTES[number % len(ROUTES)], number // len(ROUTES) % 4
            route = route[first:] + route[:first]
            known = {"route": route, "post": route[0], "alert": False, "astray": False}
            ahead = Senses(AHEAD, radians(50), ENEMIES)
            self.guards.append(self.join(GUARDS, route[0], ahead, known))
        for place in near(REFUGES, entities - len(self.guards), rng):
            known, all_round = {"loot": 0, "scared": False}, Senses(AROUND, teams=ENEMIES)
            self.intruders.append(self.join(INTRUDERS, place, all_round, known))
        treasures = near(TREASURES, 2 * len(self.intruders), rng)
        world.spawn(Position(treasures), PointOfInterest(1), Look(BOX, GOLD, (0.9, 0.8, 0.9)))
        minds = self.arena.orchestrator
        writes = (minds, minds.conductor, Look, Team)
        world.system("simulation", writes=writes, name="trees")(self.think)

    def join(self, team: int, place: tuple, senses: Senses, known: dict[str, Any]) -> Character:
        """One more character; `known` is on its blackboard from the beginning."""
        handle = self.arena.add(place, team, None, senses, color=COLORS[team])
        return Character(handle, self.arena.orchestrator, self.trees[team].start(known))

    def think(self, context: Context) -> None:
        """Everybody thinks at every sixth tick."""
        snapshots = self.arena.orchestrator.snapshots
        if snapshots is None:
            return
        sensed = snapshots.read(Sensed)
        noticed = {*sensed["near"].flat, *sensed["far"].flat}
        for number, one in enumerate(self.guards + self.intruders):
            if not one.fate and (context.tick + number) % EVERY == 0:
                one.think(context, snapshots[one.handle], one.handle.index in noticed)

    def notes(self) -> list[tuple[str, str]]:
        """How it stands, and what the first guard is about."""
        fates, first = [one.fate for one in self.intruders], self.guards[0].run
        loot = sum(one.run.blackboard["loot"] for one in self.intruders)
        return [
            ("caught", f"{fates.count('caught')} of {len(fates)} intruders"),
            ("got away", f"{fates.count('got away')}"),
            ("treasures", f"{loot} of {2 * len(fates)} taken"),
            ("first guard", first.tree.ascii(first)),
        ]

    def labels(self) -> Labels:
        """What each of them is doing, and how well it is."""
        here = [one for one in self.guards + self.intruders if one.fate != "got away"]
        places = np.array([self.arena.place(one.handle) for one in here])
        levels = np.array([self.arena.health(one.handle) / 100 for one in here])
        return Labels(places + np.array([0, 2.1, 0]), lambda row: here[row].activity, levels)


@scene(entities=9, ticks=1_800)
def guards(world: World, entities: int) -> View:
    """Guards on their rounds chase and catch intruders who are after treasures."""
    yard = Yard(world, entities)
    drawn = [StaticBox(box.centre, box.half, "#96938c") for box in WALLS]
    drawn += [StaticBox(box.centre, box.half, "#b98d6b") for box in BUILDINGS]
    drawn += [StaticBox((x, y, z), (1, 0.1, 2), "#7fae8a") for x, y, z in GATES]
    return View(
        Camera.framing((0, 0, 0), (SIDE, 1, SIDE), yaw=radians(6), pitch=radians(44)),
        ground=Ground(color="#d9d2bf", line="#cbc2ab"),
        boxes=drawn,
        notes=yard.notes,
        labels=yard.labels,
    )


if __name__ == "__main__":
    guards.main()
