"""A small stage with two characters, things and places, for tests of talks."""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from astraweave import Box, Gpu, Position, World
from astraweave_ai.arena import Arena
from astraweave_ai.carry import Carried, Hands, carry_actions
from astraweave_ai.dialogue.cast import Cast, Member
from astraweave_ai.dialogue.graph import parse_graph
from astraweave_ai.dialogue.guard import PersonaGuard
from astraweave_ai.dialogue.model_voice import ModelVoice
from astraweave_ai.dialogue.persona import Persona
from astraweave_ai.dialogue.surroundings import Place, Surroundings
from astraweave_ai.dialogue.talk import Talk
from astraweave_ai.errors import LlmError
from astraweave_ai.llm.mock import MockModel
from astraweave_ai.llm.model import Request
from astraweave_ai.vocabulary import standard_actions

GRAPH = """
title = "Small talk"
start = "hello"
variables = { met = 0 }

[[nodes]]
id = "hello"
text = "Good day."
effects = [{ var = "met", add = 1 }]

[[nodes.choices]]
text = "How is trade?"
to = "trade"

[[nodes.choices]]
text = "Please guard the well."
to = "yes"

[[nodes.choices]]
text = "Goodbye."

[[nodes]]
id = "trade"
text = "Slow."
next = "prices"

[[nodes]]
id = "prices"
text = "And prices rise."
topics = ["prices"]

[[nodes]]
id = "yes"
text = "Like a rock."
"""
ABLE = ("MoveTo", "Wait", "Lift", "PutDown", "KeepWatch", "Follow")
ERRANDS = ("bring", "guard", "go", "follow", "stay", "stop")
PLACES = {
    "gate": Place((8.0, 0, 3.0)),
    "well": Place((6.0, 0, 6.4), (6.0, 0, 7.6), ("fountain",)),
}


class Stage:
    """Bran can do all that is asked for; Odo does not carry. You stand between them."""

    ODO = 18  # its entity index

    def __init__(
        self,
        gpu: Gpu,
        model: ModelVoice | None = None,
        *,
        you: str = "You",
        crate: str = "crate",
        seed: int = 0,
    ) -> None:
        self.hands, registry = Hands(), standard_actions()
        for action in carry_actions(self.hands):
            registry.add(action)
        self.world = World(gpu, seed=seed)
        boxes = [Box((6, 0.5, 7.6), (0.6, 0.5, 0.6))]
        self.arena = Arena(self.world, (12, 10), boxes, registry=registry, sight=10.0)
        self.hands.watch(self.world)
        self.town = Surroundings(self.arena, self.hands, PLACES)
        self.crate = self.world.spawn(Position((4.8, 0.3, 2.6)), Carried())
        self.town.add_thing(crate, self.crate)
        self.cast = Cast(self.town, PersonaGuard(registry, self.hands.refusal))
        self.bran = self.join("Bran", ABLE, (3.6, 0, 3.0))
        self.odo = self.join("Odo", ("MoveTo", "Wait", "KeepWatch"), (5.0, 0, 5.0))
        self.you = self.arena.add((2.6, 0, 4.8), 0)
        self.town.add_person(you, self.you)
        self.cast.guard.permit(self.you, ("Approach",))
        self.talk = Talk(self.cast, self.you, you, model)
        self.world.step(3)

    def join(self, name: str, may: Sequence[str], place: Any) -> Member:
        facts = ("Iron comes up the east road.",)
        persona = Persona(
            name=name, role="a villager", may=tuple(may), errands=ERRANDS, facts=facts
        )
        return self.cast.join(persona, parse_graph(GRAPH), place)

    def say(self, *texts: str, to: str = "", ticks: int = 2) -> list[str]:
        """Say something and let time pass; who said what since, and by which mind."""
        before = len(self.talk.log.lines)
        for text in texts:
            self.talk.say(text, to)
        self.world.step(ticks)
        return [told(line) for line in list(self.talk.log.lines)[before:]]

    def until(self, done: Callable[[], bool], most: int = 400) -> bool:
        """Whether something comes true within so many ticks."""
        end = self.world.tick + most
        while not done() and self.world.tick < end:
            self.world.step(5)
        return done()


def told(line: Any) -> str:
    return f"{line.who} [{line.mind}]: {line.text}" if line.mind else f"{line.heading}: {line.text}"


def mock(*answers: str | LlmError, **more: Any) -> MockModel:
    """A model that gives these answers one after the other, and then the last one for ever."""
    left = list(answers)

    def reply(request: Request, random: Random) -> str | LlmError:
        return left.pop(0) if len(left) > 1 else left[0]

    return MockModel(reply, context=16_384, **more)


def spoken(say: str, *calls: Any) -> str:
    """An answer as models give it."""
    return json.dumps({"say": say, "do": list(calls)})
