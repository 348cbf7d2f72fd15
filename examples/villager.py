"""A village to talk to: ask a character for something, and it is done in the world.

Type into the window, or say it on the command line, several sentences with | between them:
--say "Bran, bring the crate to the gate | Odo, guard the well". The map, the personas and what can
be said with them are in village/. A language model answers with `--model NAME`, else the graphs.
"""

import time
import tomllib
from math import radians
from pathlib import Path
from textwrap import fill
from typing import Annotated

import msgspec
import numpy as np

from astraweave import (
    BOX,
    QUAD,
    SPHERE,
    Box,
    Camera,
    Context,
    Conversation,
    Ground,
    Labels,
    Look,
    Position,
    Spoken,
    StaticBox,
    View,
    World,
    rgb,
    scene,
)
from astraweave_ai.arena import Arena
from astraweave_ai.carry import Carried, Hands, carry_actions
from astraweave_ai.dialogue.cast import Cast
from astraweave_ai.dialogue.errand import Errand
from astraweave_ai.dialogue.graph import load_graph
from astraweave_ai.dialogue.guard import PersonaGuard
from astraweave_ai.dialogue.helper import Chore
from astraweave_ai.dialogue.model_voice import ModelVoice, open_model, trouble_with
from astraweave_ai.dialogue.persona import load_persona
from astraweave_ai.dialogue.surroundings import Place, Surroundings
from astraweave_ai.dialogue.talk import Talk
from astraweave_ai.errors import MindError
from astraweave_ai.vocabulary import standard_actions

FILES = Path(__file__).with_name("village")
MAP = tomllib.loads((FILES / "map.toml").read_text(encoding="utf-8"))
(WIDTH, DEPTH), (WELL_X, WELL_Z), (GATE_X, GATE_Z) = MAP["size"], MAP["well"], MAP["gate"]
PLAYER = "Traveller"
PAUSE = 60  # ticks between an answer and the next sentence of --say
WALL, ROOF, WOOD, STONE = "#e3d7bf", "#a4563f", "#7d5a3c", "#9a9a94"
GLASS, WATER, EARTH, LEAF, WHEAT = "#5f7f92", "#3f6f8f", "#d3c19a", "#5c7a3d", "#d2b255"
HINT = "Wim, bring the blue crate to the gate"

HALF = GATE_Z / 2 - 1.0, (DEPTH - GATE_Z) / 2 - 1.0  # lengths of the fence on both sides
FENCE = (
    Box((GATE_X, 0.45, HALF[0]), (0.1, 0.45, HALF[0])),
    Box((GATE_X, 0.45, DEPTH - HALF[1]), (0.1, 0.45, HALF[1])),
)
WELL = Box((WELL_X, 0.4, WELL_Z), (0.85, 0.4, 0.85))


def ground(xz: list[float]) -> tuple[float, float, float]:
    return xz[0], 0.0, xz[1]


def chore(where: str, told: str, seconds: float = 0.0) -> Chore:
    """A part of somebody's day, as map.toml has it."""
    if told in MAP["things"]:
        return Chore(Errand("bring", told, where), f"carries the {told} to the {where}")
    return Chore(Errand("work", where=where), told, seconds)


class Village:
    """Everybody and everything, and the conversation with them."""

    def __init__(self, world: World, entities: int, say: str, to: str, model: str) -> None:
        self.hands, registry = Hands(), standard_actions()
        for action in carry_actions(self.hands):
            registry.add(action)
        walls = [Box((x, 1.2, z), (a, 1.2, b)) for x, z, a, b in MAP["houses"].values()]
        boxes = (*walls, *FENCE, WELL)
        self.arena = Arena(world, (WIDTH, DEPTH), boxes, registry=registry, sight=12.0)
        self.hands.watch(world)
        self.town = Surroundings(self.arena, self.hands, places())
        for name, one in MAP["things"].items():
            self.put(world, name, one)
        self.cast = Cast(self.town, PersonaGuard(registry, self.hands.refusal))
        for number in range(max(1, entities - 1)):
            self.settle(number)
        player = self.arena.add(ground(MAP["player"]), 0, color="#f3c13a")
        self.town.add_person(PLAYER, player)
        self.cast.guard.permit(player, ("Approach",))
        voice = ModelVoice(lambda: open_model(model)) if model else None
        self.talk = Talk(self.cast, player, PLAYER, voice)
        self.talk.trouble = trouble_with(model)
        self.sentences = [one for one in map(str.strip, say.split("|")) if one]
        self.to, self.next, self.in_window, self.model = to, PAUSE // 2, False, model
        if to:
            self.talk.check(to)
        world.system("presentation", writes=(self, self.talk), name="script")(self.script)

    def put(self, world: World, name: str, one: dict) -> None:
        """A thing."""
        mesh = SPHERE if one.get("round") else BOX
        (x, z), rest = one["at"], one["size"][1] / 2
        look = Look(mesh, rgb(one["color"]), one["size"])
        thing = world.spawn(Position((x, rest, z)), Carried(rest=rest), look)
        self.town.add_thing(name, thing, *one["words"])

    def settle(self, number: int) -> None:
        """A villager; those without a file of their own are farmhands."""
        last = len(MAP["villagers"]) - 1
        one, more = MAP["villagers"][min(number, last)], number - last
        persona = load_persona(FILES / f"{one['file']}.toml", self.arena.registry)
        x, _, z = ground(one["at"])
        chores = [chore(*given) for given in one["chores"]]
        if more >= 0:
            persona = msgspec.structs.replace(persona, name=f"{persona.name} {more + 1}")
            x, z = x + more % 8 * 1.2, z + more // 8 % 3 * 1.2
            chores = chores[more % len(chores) :] + chores[: more % len(chores)]
        graph = load_graph(FILES / f"{one['file']}.talk.toml")
        self.cast.join(persona, graph, (x, 0.0, z), chores, color=one["color"])

    def script(self, context: Context) -> None:
        """Say what --say says, sentence by sentence; keep to real time while a model thinks."""
        if self.talk.is_answering:
            self.next = context.tick + PAUSE
            if self.talk.model is not None and not self.in_window:
                time.sleep(1 / self.arena.world.rate)  # or the run ends before the answer comes
        elif self.sentences and context.tick >= self.next:
            self.talk.say(self.sentences.pop(0), self.to)
            self.next = context.tick + PAUSE

    # -- what is told ----------------------------------------------------------------------------

    def notes(self) -> list[tuple[str, str]]:
        """Who answers, what was said, what was asked for, and where things are."""
        log = self.talk.log
        who = "graph and GOAP" + (f", after model {self.model}" if self.model else "; no model")
        said, deeds = ([*map(str, one)] for one in (log.lines, log.deeds))
        things = [f"{name} {self.whereabouts(name)}" for name in self.town.things]
        rows = {"answers": who, "said": "\n".join(said[-40:]), "deeds": "\n".join(deeds[-40:])}
        if self.in_window:  # the panel of the conversation has the rest
            rows = {"answers": who, "deeds": "\n".join(deeds[-4:])}
        if self.talk.trouble:
            rows["trouble"] = self.talk.trouble
        return [*rows.items(), ("things", "\n".join(things))]

    def whereabouts(self, thing: str) -> str:
        holder = self.hands.holder(self.town.things[thing])
        for name, one in self.town.people.items():
            if one.index == holder:
                return f"in {name}'s hands"
        near = self.town.nearest_place(self.town.where(thing))
        return f"at the {near}" if near else "between the houses"

    # -- what a window shows ---------------------------------------------------------------------

    def labels(self) -> Labels:
        """What each of them says or does, and you at last."""
        names = [*self.cast.members, PLAYER]
        held = [self.hands.held_by(self.town.people[name]) is not None for name in names]
        over = np.array([(0, 2.7 if full else 2.0, 0) for full in held])
        places = np.array([self.town.where(name) for name in names]) + over
        return Labels(places, lambda row: self.label(names[row]), np.full(len(names), -1.0))

    def label(self, name: str) -> str:
        line, tick = self.talk.unfinished, self.arena.world.tick
        spoken = [one for one in self.talk.log.lines if one.who == name and tick - one.tick < 300]
        spoken += [line] if line is not None and line.who == name else []
        who = "You" if name == PLAYER else name
        if spoken:
            return fill(f"{who}: “{spoken[-1].text}”", 38)
        return who if name == PLAYER else f"{name}: {self.cast.members[name].mind.doing}"

    def say(self, text: str) -> None:
        """What is typed or chosen in the window."""
        try:
            self.talk.say(text)
        except MindError as error:
            self.talk.trouble = str(error)

    def choices(self) -> list[str]:
        self.in_window = True  # a picture shows the lines alone
        return list(self.talk.choices())

    def lines(self) -> list[Spoken]:
        line = self.talk.unfinished
        lines = [*self.talk.log.lines, *([line] if line is not None else [])]
        return [Spoken(one.heading, one.text, one.mind, not one.mind) for one in lines]


def places() -> dict[str, Place]:
    return {
        name: Place(
            ground(one["spot"]), ground(one.get("middle", one["spot"])), tuple(one["words"])
        )
        for name, one in MAP["places"].items()
    }


# -- scenery ---------------------------------------------------------------------------------------


def house(x: float, z: float, a: float, b: float) -> list[StaticBox]:
    """Walls, a door, windows, a roof in steps and a chimney."""
    front = z + b
    roof = [(x, 2.5 + 0.28 * n, z, (b + 0.4) * (1 - n / 6)) for n in range(6)]
    return [
        StaticBox((x, 1.2, z), (a, 1.2, b), WALL),
        StaticBox((x, 0.75, front), (0.45, 0.75, 0.04), WOOD),
        *(StaticBox((x + s * a * 0.62, 1.35, front), (0.32, 0.32, 0.04), GLASS) for s in (-1, 1)),
        *(StaticBox((x, y, z), (a + 0.35, 0.14, half), ROOF) for x, y, z, half in roof),
        StaticBox((x + a * 0.6, 3.9, z - 0.3), (0.25, 0.8, 0.25), STONE),
    ]


def well_and_gate() -> list[StaticBox]:
    x, z, high = WELL_X, WELL_Z, 2.5
    return [
        StaticBox(WELL.centre, WELL.half, STONE),
        StaticBox((x, 0.81, z), (0.6, 0.02, 0.6), WATER),
        *(StaticBox((x + s * 0.75, 1.4, z), (0.07, 1.1, 0.07), WOOD) for s in (-1, 1)),
        *(StaticBox((x, high + 0.16 * n, z), (1.15, 0.08, 0.9 - 0.25 * n), ROOF) for n in range(3)),
        *(StaticBox(box.centre, box.half, WOOD) for box in FENCE),
        *(StaticBox((GATE_X, 1.4, GATE_Z + s * 2.1), (0.3, 1.4, 0.3), STONE) for s in (-1, 1)),
        StaticBox((GATE_X, 2.9, GATE_Z), (0.3, 0.14, 2.5), WOOD),
    ]


def fields() -> list[StaticBox]:
    """Tilda's beds, and wheat in front of the village."""
    beds = [(26.4 + n * 0.9, 0.08, 19.9) for n in range(5)]
    rows = [(11.0, 0.16, DEPTH + 1.2 + n * 0.62) for n in range(7)]
    wheat = [StaticBox(place, (9.0, 0.16, 0.2), WHEAT) for place in rows]
    return [StaticBox(place, (0.28, 0.08, 0.8), LEAF) for place in beds] + wheat


def pave(world: World) -> None:
    """Paths from the well to the gate and to every door; they are only drawn."""
    ends = [(WELL_X, GATE_Z, WIDTH, GATE_Z), (WELL_X - 1.2, WELL_Z, WELL_X + 1.2, WELL_Z)]
    for name in MAP["houses"]:
        x, z = MAP["places"]["garden" if name == "cottage" else name]["spot"]
        beside = x if z < GATE_Z else x + (4.2 if x < WELL_X else -3.6)
        ends += [(x, z, beside, z), (beside, z, beside, GATE_Z), (beside, GATE_Z, WELL_X, GATE_Z)]
    low, high = (
        np.minimum(*np.split(np.array(ends), 2, 1)),
        np.maximum(*np.split(np.array(ends), 2, 1)),
    )
    half = np.where(np.arange(len(ends)) == 1, 1.8, 0.55)[:, None]
    middle = np.insert((low + high) / 2, 1, 0.01 + 0.002 * np.arange(len(ends)), axis=1)
    size = np.insert(high - low + 2 * half, 1, 1.0, axis=1)
    world.spawn(Position(middle), Look(QUAD, rgb(EARTH), size))


def plant(world: World) -> None:
    """Trees, which are only drawn."""
    for height, width, tall, mesh, color in (
        (0.7, 0.3, 1.4, BOX, WOOD),
        (2.2, 2.2, 2.4, SPHERE, "#5f8a4a"),
        (3.3, 1.5, 1.6, SPHERE, "#6f9a55"),
    ):
        middles = np.insert(np.array(MAP["trees"]), 1, height, axis=1)
        world.spawn(Position(middles), Look(mesh, rgb(color), (width, tall, width)))


@scene(entities=6, ticks=2_400)
def villager(
    world: World,
    entities: int,
    *,
    say: Annotated[str, "what you say, sentence by sentence with | between them"] = "",
    to: Annotated[str, "whom all of --say is for; else who is named in it, or is nearest"] = "",
    model: Annotated[str, "a language model that answers: a name, a GGUF file, or mock"] = "",
) -> View:
    """Talk to villagers, ask them for something, and they do it."""
    village = Village(world, entities, say, to, model)
    pave(world)
    plant(world)
    houses = [box for one in MAP["houses"].values() for box in house(*one)]
    return View(
        # Near enough to know people; the panel of the conversation is at the lower right.
        Camera.framing((3, 0, 6), (WIDTH, 2, DEPTH), yaw=radians(8), pitch=radians(33)),
        ground=Ground(color="#a9bd84", line="#a4b87f", spacing=2.0),
        boxes=[*houses, *well_and_gate(), *fields()],
        notes=village.notes,
        labels=village.labels,
        conversation=Conversation(village.lines, village.choices, village.say, HINT),
    )


if __name__ == "__main__":
    villager.main()
