"""Talk: a player says something, a character answers, and does what it agreed to if it may.

The words are a model's or the graph's; the plan is GOAP's; every line says whose it is. Whatever
comes of it reaches the world as commands, so a recording holds it, and a replay asks nobody.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from astraweave import Context, Entity

from ..errors import LlmError, MindError
from ..minds.outlook import distance
from ..plan import Step, plan_of
from .cast import Cast, Member
from .deeds import Deeds
from .graph_voice import answer
from .model_voice import ModelVoice
from .reply import Reply
from .transcript import GOAP, GRAPH, Line, Transcript
from .words import calls, plain

EARSHOT = 3.5  # metres up to which one need not come closer
_LISTENS = 240  # ticks that who was spoken to stays for more
_WAITING = 100  # sentences that wait for their turn


class Talk:
    """Conversations of one player with a cast.

    Args:
        cast: who can be talked to.
        speaker: the player's body.
        name: of the player, as the surroundings have it.
        model: answers first, where there is one.
        newest: lines and deeds to keep.
    """

    def __init__(
        self,
        cast: Cast,
        speaker: Entity,
        name: str,
        model: ModelVoice | None = None,
        newest: int = 1000,
    ) -> None:
        self.cast, self.model, self.trouble = cast, model, ""
        self.log = Transcript(name, newest)
        self._deeds = Deeds(cast, self.log)
        self.partner: Member | None = None  # who was spoken to last
        self._speaker, self._name = speaker, self.log.speaker
        self._heard: deque[tuple[str, str]] = deque()
        minds = cast.world.arena.orchestrator
        system = cast.world.arena.world.system(
            "simulation", writes=(minds, minds.conductor, self), name="talk"
        )
        system(self._run)

    # -- a player --------------------------------------------------------------------------------

    def say(self, text: str, to: str = "") -> None:
        """Say something, from the next tick on.

        Args:
            text: a sentence.
            to: a name; left out: who is named first or last in it, was spoken to last, or is
                nearest.

        Raises:
            MindError: nobody has that name, or too much waits for an answer.
        """
        if to:
            self.check(to)
        if len(self._heard) >= _WAITING:
            raise MindError(f"talk: {_WAITING} sentences wait for an answer; say this later")
        if line := plain(text):
            self._heard.append((line, to))

    def check(self, to: str) -> None:
        """Find out whether somebody has a name.

        Raises:
            MindError: nobody has.
        """
        if to not in self.cast.members:
            known = ", ".join(self.cast.members)
            raise MindError(f"talk: nobody is called {to!r}; there is {known}")

    @property
    def is_answering(self) -> bool:
        """Whether something that was said is not answered yet."""
        return bool(self._heard) or (self.model is not None and self.model.open is not None)

    @property
    def unfinished(self) -> Line | None:
        """What a character is saying right now, as far as it is there."""
        question = self.model.open if self.model else None
        if self.model is None or question is None:
            return None
        mind = f"model {self.model.model.name}"
        text = self.model.said_so_far() or "…"
        return Line(question.tick, question.member.persona.name, text, mind, self._name)

    def choices(self) -> list[str]:
        """What can be said to the partner by its graph."""
        return [offer.text for offer in self.partner.runner.offers()] if self.partner else []

    # -- a tick ----------------------------------------------------------------------------------

    def _run(self, context: Context) -> None:
        if self.cast.world.arena.orchestrator.snapshots is None:
            return
        self._report(context.tick)
        if self.model is not None:
            if self.model.open is not None:
                self.model.open.member.mind.listens_until = context.tick + _LISTENS
            ended = self.model.listen(context.tick)
            if ended is not None:
                self._take(context.tick, *ended)
        if self._heard and (self.model is None or self.model.open is None):
            self._address(context.tick, *self._heard.popleft())

    def _report(self, tick: int) -> None:
        """Tell how errands ended."""
        for name, member in self.cast.members.items():
            while member.mind.endings:
                ending = member.mind.endings.popleft()
                obstacle = self.cast.world.obstacle(ending.errand, name)
                word = member.line("done") if ending.done else f"I cannot: {obstacle}."
                self.log.answered(tick, name, word, GOAP)
                why = "the world is as it was asked to be" if ending.done else ending.why
                self._deeds.note(tick, name, ending.errand, GOAP, ending.done, why)

    def _address(self, tick: int, text: str, to: str) -> None:
        """Somebody is spoken to: it stops and answers, the player comes closer."""
        member = self.cast.members[to] if to else self._meant(text)
        if member is None or not self._is_there(member):
            return
        self.partner = member
        self.log.asked(tick, text, member.persona.name)
        member.mind.listens_until = tick + _LISTENS
        self._deeds.rethink(member)
        self._come_closer(tick, member)
        if self.model is None or not self._ask_model(tick, member, text):
            self._answer_by_graph(tick, member, text)

    def _meant(self, text: str) -> Member | None:
        """Who is meant: named in front, spoken to last, or nearest."""
        named = [name for name in self.cast.members if calls(text, name)]
        if named or self.partner:
            longest = max(named, key=len, default="")
            return self.cast.members[longest] if named else self.partner
        here, where = self._where(), self.cast.world.where
        order = sorted((distance(here, where(name)), name) for name in self.cast.members)
        return self.cast.members[order[0][1]] if order else None

    # -- answers ---------------------------------------------------------------------------------

    def _ask_model(self, tick: int, member: Member, text: str) -> bool:
        """Whether the model took the question."""
        if self.model is None:
            return False
        try:
            self.model.ask(
                member,
                text,
                tick,
                situation=self._situation(member),
                conversation=self.log.between(member.persona.name)[:-1],
                speaker=self._name,
                lexicon=self._lexicon(member),
            )
        except LlmError as error:
            self._note_trouble(error)
            return False
        return True

    def _take(self, tick: int, question: Any, reply: Reply | LlmError) -> None:
        """The model's answer; or the graph's in its place."""
        if not self._is_there(question.member):
            return
        if isinstance(reply, LlmError) or not (reply.say or reply.do) or self.model is None:
            self._note_trouble(reply if isinstance(reply, LlmError) else "it said nothing")
            self._answer_by_graph(tick, question.member, question.text)
            return
        mind = f"model {self.model.model.name}"
        if reply.say:
            self.log.answered(tick, question.member.persona.name, reply.say, mind)
        for call in reply.do:
            self._deeds.call(tick, question.member, call, mind)

    def _note_trouble(self, error: LlmError | str) -> None:
        kind = type(error).__name__ if isinstance(error, LlmError) else "Empty"
        self.trouble = f"{kind}: {plain(str(error), 120)}"

    def _answer_by_graph(self, tick: int, member: Member, text: str) -> None:
        said = answer(member, text, self._lexicon(member))
        if said.text:
            self.log.answered(tick, member.persona.name, said.text, GRAPH)
        for errand in said.errands:
            self._deeds.undertake(tick, member, errand, GRAPH, silent=bool(said.text))
        if said.question:
            self.log.answered(tick, member.persona.name, said.question, GRAPH)

    # -- the world -------------------------------------------------------------------------------

    def _come_closer(self, tick: int, member: Member) -> None:
        """The player's body walks up to whom it talks to, through the same guard."""
        minds = self.cast.world.arena.orchestrator
        if distance(self._where(), self.cast.world.where(member.persona.name)) <= EARSHOT:
            return
        plan = plan_of(f"come-{tick}", Step("Approach", {"target": member.handle.index}))
        if minds.guard.check(self._speaker.index, plan, minds.situation):
            minds.conductor.start(self._speaker, plan)

    def _where(self) -> Any:
        return self.cast.world.arena.place(self._speaker)

    def _is_there(self, member: Member) -> bool:
        """Whether a member of the cast still is in the world."""
        there = member.handle in (self.cast.world.arena.orchestrator.snapshots or ())
        if not there:
            self.trouble = f"{member.persona.name} is not there any more"
        return there

    def _lexicon(self, member: Member) -> Any:
        return self.cast.world.lexicon(self.cast.world.where(member.persona.name))

    def _situation(self, member: Member) -> dict[str, Any]:
        """What a member knows of the world, as plain data for a prompt."""
        world = self.cast.world
        near = {name: world.nearest_place(world.where(name)) or "on the way" for name in
                (*world.things, *world.people)}  # fmt: skip
        held = world.hands.held_by(member.handle)
        holds = next((name for name, one in world.things.items() if one.index == held), "nothing")
        return {
            "you do": member.mind.doing,
            "you carry": holds,
            "places": tuple(world.places),
            "things": {name: near[name] for name in world.things},
            "people": {name: near[name] for name in world.people},
        }
