"""A companion clears the way: around a wall, past a rival who shoots back, to the exit.

Effects are real: walls and smoke block shots, fire shakes, wounds count. So minds that choose in
different ways fare differently, and `--compare` shows how.
"""

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from astraweave import (
    QUAD,
    Ammo,
    Box,
    Camera,
    Context,
    Entity,
    Health,
    Look,
    Position,
    View,
    World,
    rgb,
    scene,
)  # fmt: skip
from astraweave_ai.arena import Arena
from astraweave_ai.handles import index_of
from astraweave_ai.minds import fighter_mind
from astraweave_ai.minds.outlook import distance, enemy
from astraweave_ai.percept import WorldSnapshot
from astraweave_ai.plan import PlanIntent, Step, plan_of
from astraweave_ai.show import labels_of, show_fights

MINDS = ("rule", "utility", "goap", "tree", "arbiter")
WALL = Box(centre=(6, 1.5, 4.5), half=(0.2, 1.5, 3.5))  # one can pass at both ends
EXIT = (18.0, 0.0, 8.0)
OURS, THEIRS = 0, 1  # teams
ROUNDS = 30
LIMIT = 1_800  # ticks of a comparison, unless --ticks says otherwise


class Rival:
    """A simple mind: fires at whom it sees, and keeps its head down while it is shaken."""

    name = "rival"
    why = "on guard"

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
        shot = Step("Attack", {"target": index_of(foe.id)})
        return plan_of("fire", shot, Step("Wait", {"duration": 0.6}))


@dataclass
class Fight:
    """Who takes part, and how it ends."""

    arena: Arena
    names: dict[Entity, str]  # the player, the companion, rivals
    ending: str = "undecided"
    tick: int = 0  # of the ending, or the newest

    def __post_init__(self) -> None:
        self.player, self.companion, *self.rivals = self.names
        self.arena.world.system("post_simulation", name="referee")(self.watch)

    def watch(self, context: Context) -> None:
        """Call victory or defeat, once."""
        if self.ending != "undecided" or context.tick < 3:  # nothing is seen before
            return
        health, self.tick = self.arena.health, context.tick
        there = distance(self.arena.place(self.companion), EXIT) < 1.2
        if not health(self.player) or not health(self.companion):
            self.ending = "defeat"
        elif there and not any(map(health, self.rivals)):
            self.ending = "victory"

    def notes(self) -> list[tuple[str, str]]:
        """How it stands, and what the companion thought last."""
        health = (f"{name} {self.arena.health(agent)}" for agent, name in self.names.items())
        thoughts = self.arena.orchestrator.thoughts_of(self.companion)[-5:]
        told = "\n".join(f"{one.tick}: {one.why}" for one in thoughts)
        ending = (self.ending, f"at tick {self.tick:,}")
        return [ending, ("health", ", ".join(health)), ("thoughts", told)]

    def row(self) -> dict[str, Any]:
        """What a comparison tells."""
        arena, minds, me = self.arena, self.arena.orchestrator, self.companion
        ends = [end for end in minds.conductor.outcomes if end.agent == me.index]
        return {
            "mind": minds.minds[int(me)].name,
            "ending": self.ending,
            "tick": self.tick,
            "hp": arena.health(me),
            "rival": sum(map(arena.health, self.rivals)),
            "rounds": ROUNDS - int(arena.world.read(Ammo, me)["rounds"]),
            "refused": minds.refusals(me),  # plans, by the guard
            "failed": sum(not end.done for end in ends),  # steps, in the world
            "first plan in sight of the rival": minds.thoughts_of(me)[:2][-1].why,
        }


def begin(world: World, entities: int, mind: str) -> Fight:
    """The player and the companion behind the wall, rivals beyond it."""
    arena = Arena(world, size=(20, 10), boxes=[WALL], points={"exit": EXIT})
    hero = fighter_mind(mind, arena.orchestrator), Health(80, 80), Ammo(ROUNDS)
    names = {
        arena.add((2, 0, 2), OURS): "player",
        arena.add((2, 0, 3), OURS, *hero, objective="exit", color="#3fa34d"): "companion",
    }
    for number in range(max(1, entities - 2)):
        place = (12.0 + number // 7 % 8, 0.0, 2.0 + number % 7)
        names[arena.add(place, THEIRS, Rival(), Health(60, 60), color="#d1495b")] = "rival"
    return Fight(arena, names)


def comparison(world: World, entities: int, ticks: int) -> str:
    """The same scene once for each mind, each in a world of its own, at most for some ticks."""
    rows = []
    for mind in MINDS:
        own = World(world.gpu, seed=world.seed)
        fight = begin(own, entities, mind)
        while fight.ending == "undecided" and own.tick < ticks:
            own.step(min(20, ticks - own.tick))
        rows.append(fight.row())
    table = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in table)


@scene(entities=3, ticks=1_200)
def companion(
    world: World,
    entities: int,
    *,
    mind: Annotated[
        Literal["rule", "utility", "goap", "tree", "arbiter"], "what the companion thinks with"
    ] = "goap",
    compare: Annotated[bool, "let each kind of mind play the scene, and show how it fared"] = False,
    ticks: int = LIMIT,
) -> View:
    """A companion with a mind, a wall, smoke, and a rival who fires back."""
    fight = begin(world, entities, mind)
    show_fights(world)
    world.spawn(Position(EXIT), Look(QUAD, rgb("#f3b61f"), (1.6, 1, 1.6)))
    compared = cache(lambda: comparison(world, entities, ticks))
    return View(
        # Room on the left for the panel of a window.
        Camera.framing((-5, 0, 0), (20, 1, 10), yaw=0.15, pitch=0.85),
        boxes=fight.arena.shapes(),
        notes=lambda: fight.notes() + ([("minds", compared())] if compare else []),
        labels=lambda: labels_of(fight.arena.orchestrator, fight.names),
    )


if __name__ == "__main__":
    companion.main()
