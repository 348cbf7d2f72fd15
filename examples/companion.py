"""A companion clears the way: around a wall, past a rival who shoots back, to the exit.

Effects are real: walls and smoke block shots, fire shakes, wounds count. So minds that choose in
different ways fare differently, and `--compare` shows how.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from astraweave import (
    CAPSULE,
    QUAD,
    Ammo,
    Box,
    Camera,
    Context,
    Health,
    Look,
    Position,
    View,
    World,
    rgb,
    scene,
)
from astraweave_ai.arena import Arena
from astraweave_ai.minds import fighter_mind
from astraweave_ai.minds.fighter import distance, enemy
from astraweave_ai.percept import WorldSnapshot
from astraweave_ai.plan import PlanIntent, Step, plan_of
from astraweave_ai.show import labels_of, show_fights

MINDS = ("rule", "utility", "goap", "tree", "arbiter")
WALL = Box(centre=(6, 1.5, 4.5), half=(0.2, 1.5, 3.5))  # one can pass at both ends
EXIT = (18.0, 0.0, 8.0)
OURS, THEIRS = 0, 1  # teams
LIMIT = 1_800  # ticks of a comparison
Rows = list[tuple[str, str]]


class Rival:
    """A simple mind: fires at whom it sees, and keeps its head down while it is shaken."""

    name = "rival"
    why = ""

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """One thing at a time."""
        foe, (x, _, z) = enemy(percept), percept.me.pos
        if percept.me.state["morale"] < 0.4:
            self.why = "keeps its head down"
            return plan_of("duck", Step("TakeCover", {"x": x, "z": z}), Step("Wait"))
        if foe is None:
            self.why = "on guard"
            return None
        self.why = "fires"
        shot = Step("Attack", {"target": foe.id & 0xFFFFFFFF})
        return plan_of("fire", shot, Step("Wait", {"duration": 0.6}))


@dataclass
class Fight:
    """Who takes part, and how it ends."""

    arena: Arena
    names: dict[np.uint64, str]
    ending: str = "undecided"
    tick: int = 0  # of the ending, or the latest

    def __post_init__(self) -> None:
        self.player, self.companion, *self.rivals = self.names
        self.arena.world.system("post_simulation", name="referee")(self.watch)

    def watch(self, context: Context) -> None:
        """Call victory or defeat, once."""
        if self.ending != "undecided" or context.tick < 3:  # nothing is seen before
            return
        health, self.tick = self.arena.health, context.tick
        if not health(self.player) or not health(self.companion):
            self.ending = "defeat"
        elif distance(self.arena.place(self.companion), EXIT) < 1.2 and self.cleared:
            self.ending = "victory"

    @property
    def cleared(self) -> bool:
        """Whether no rival is up."""
        return not any(self.arena.health(rival) for rival in self.rivals)

    def notes(self) -> Rows:
        """How it stands, and what the companion thought last."""
        arena, minds = self.arena, self.arena.orchestrator
        mine = [t for t in minds.thoughts if t.agent == int(self.companion) & 0xFFFFFFFF]
        health = ", ".join(f"{name} {arena.health(agent)}" for agent, name in self.names.items())
        thoughts = "\n".join(f"{t.tick:>5}  {t.why}" for t in mine[-5:])
        return [(self.ending, f"at tick {self.tick:,}"), ("health", health), ("thoughts", thoughts)]

    def row(self) -> Sequence[object]:
        """A line of the comparison."""
        arena, minds = self.arena, self.arena.orchestrator
        first = next(t for t in minds.thoughts if t.agent == int(self.companion) & 0xFFFFFFFF)
        failed = sum(not o.done for o in minds.conductor.outcomes if o.agent == first.agent)
        spent = 30 - int(arena.world.read(Ammo, self.companion)["rounds"])
        hp = f"{arena.health(self.companion)} : {sum(map(arena.health, self.rivals))}"
        return first.mind, self.ending, self.tick, hp, spent, minds.refusals(self.companion), failed


def begin(world: World, entities: int, mind: str) -> Fight:
    """The player and the companion behind the wall, rivals beyond it."""
    arena = Arena(world, size=(20, 10), boxes=[WALL], points={"exit": EXIT})
    player = arena.add((2, 0, 2), OURS, None, look("#4878d0"))
    companion = arena.add((2, 0, 3), OURS, fighter_mind(mind, arena.orchestrator), look("#3fa34d"),
                          Health(80, 80), Ammo(rounds=30), objective="exit")  # fmt: skip
    names = {player: "player", companion: "companion"}
    for number in range(max(1, entities - 2)):
        place = (12.0 + number // 7 % 8, 0.0, 2.0 + number % 7)
        names[arena.add(place, THEIRS, Rival(), look("#d1495b"), Health(60, 60))] = "rival"
    return Fight(arena, names)


def look(color: str) -> Look:
    """A standing figure."""
    return Look(CAPSULE, rgb(color), (0.6, 1.75, 0.6))


def comparison(world: World, entities: int) -> str:
    """The same scene once for each mind, each in a world of its own."""
    lines = [("mind", "ending", "tick", "hp", "rounds", "refused", "failed")]
    for mind in MINDS:
        own = World(world.gpu, seed=world.seed)
        fight = begin(own, entities, mind)
        while fight.ending == "undecided" and own.tick < LIMIT:
            own.step(20)
        lines.append(fight.row())
    return "\n".join("{:<8} {:<10} {:>5} {:>8} {:>7} {:>8} {:>7}".format(*line) for line in lines)


@scene(entities=3, ticks=1_200)
def companion(
    world: World,
    entities: int,
    *,
    mind: Literal["rule", "utility", "goap", "tree", "arbiter"] = "goap",
    compare: bool = False,
) -> View:
    """A companion with a mind, a wall, smoke, and a rival who fires back."""
    fight = begin(world, entities, mind)
    show_fights(world)
    world.spawn(Position(EXIT), Look(QUAD, rgb("#f3b61f"), (1.6, 1, 1.6)))
    compared = cache(lambda: comparison(world, entities))
    return View(
        Camera.framing((0, 0, 0), (20, 1, 10), yaw=0.25, pitch=0.8),
        boxes=fight.arena.shapes(),
        notes=lambda: fight.notes() + ([("minds", compared())] if compare else []),
        labels=lambda: labels_of(fight.arena.orchestrator, fight.names),
    )


if __name__ == "__main__":
    companion.main()
