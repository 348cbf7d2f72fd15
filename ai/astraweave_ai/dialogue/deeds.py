"""From wishes to deeds: what is asked for is planned, checked by the guard, and begun if it may."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import ActionError, MindError
from ..percept import WorldSnapshot
from ..plan import PlanIntent, Step, plan_of
from .cast import Cast, Member
from .errand import KINDS, SPEAKER, Errand, missing_of
from .transcript import GRAPH, Deed, Transcript
from .words import plain


class Deeds:
    """What becomes of errands and of calls of tools.

    Args:
        cast: whose they are.
        log: where refusals and deeds are told.
    """

    def __init__(self, cast: Cast, log: Transcript) -> None:
        self._cast, self._log = cast, log

    def call(self, tick: int, member: Member, call: dict[str, Any], mind: str) -> None:
        """A wish of a model: an errand, or an action of the registry."""
        act = call.get("act")
        given = {name: value for name, value in call.items() if name != "act"}
        if not isinstance(act, str):
            self._refuse(tick, member, plain(repr(call), 80), mind, "it names no act")
        elif act in KINDS:
            texts = {name: str(given.get(name, "")) for name in ("thing", "where")}
            self.undertake(tick, member, Errand(act, **texts), mind, silent=True)
        else:
            self._attempt(tick, member, Step(act, given), mind)

    def undertake(
        self, tick: int, member: Member, errand: Errand, mind: str, silent: bool = False
    ) -> None:
        """Take an errand on, if persona, planner and guard agree."""
        errand = self._resolved(errand)
        plan, why, excuse = self._planned(member, errand)
        if why:
            self._refuse(tick, member, plain(str(errand), 80), mind, why, excuse)
            return
        now = True
        if errand.kind == "stop":
            member.mind.stop()
        else:
            now = member.mind.ask(errand)
        member.mind.listens_until = 0
        if not silent:
            self._log.answered(tick, member.persona.name, member.line("agrees"), GRAPH)
        told = _told(plan, member.mind.why) if now else "after what it is at"
        self.note(tick, member.persona.name, errand, mind, True, told)
        if now:
            self.rethink(member)

    def _planned(self, member: Member, errand: Errand) -> tuple[PlanIntent | None, str, str]:
        """GOAP's plan for an errand; or why it is not accepted, and how a player is told."""
        if errand.kind not in member.persona.errands and errand.kind != "stop":
            return None, f"the persona takes on no errand {errand.kind!r}", ""
        if missing := missing_of(errand):
            return None, f"it does not say which {missing}", ""
        if not self._cast.world.knows(errand):
            return None, "nothing and nobody here is called that", ""
        if errand.kind == "stop":
            return None, "", ""
        plan = member.mind.plan_for(errand, self._snapshot(member))
        if plan is None or not plan.steps:
            obstacle = self._cast.world.obstacle(errand, member.persona.name)
            return None, f"GOAP: {member.mind.why}", f"I cannot: {obstacle}."
        minds = self._cast.world.arena.orchestrator
        verdict = minds.guard.check(member.handle.index, plan, minds.situation)
        return plan, "" if verdict else f"guard: {verdict.text}", ""

    def _attempt(self, tick: int, member: Member, step: Step, mind: str) -> None:
        """One action, as a plan of its own."""
        minds = self._cast.world.arena.orchestrator
        try:
            step = Step(step.act, minds.guard.registry.typed(step))
        except ActionError as error:
            self._refuse(tick, member, plain(step.act, 40), mind, plain(str(error), 120))
            return
        plan = plan_of(f"talk-{tick}", step)
        verdict = minds.guard.check(member.handle.index, plan, minds.situation)
        if not verdict:
            self._refuse(tick, member, plain(str(step), 80), mind, f"guard: {verdict.text}")
            return
        minds.conductor.start(member.handle, plan)
        self.note(tick, member.persona.name, str(step), mind, True, verdict.text)

    def _refuse(
        self, tick: int, member: Member, what: str, mind: str, why: str, excuse: str = ""
    ) -> None:
        """Decline in the character's own words; the reason in full is for the log alone."""
        told = excuse or member.line("declines")
        self._log.answered(tick, member.persona.name, told, GRAPH)
        self.note(tick, member.persona.name, what, mind, False, why)

    def _resolved(self, errand: Errand) -> Errand:
        """With the player's name for "you"."""
        if errand.where != SPEAKER:
            return errand
        return msgspec.structs.replace(errand, where=self._log.speaker)

    def rethink(self, member: Member) -> None:
        """Let a member change its plan now."""
        minds, seen = self._cast.world.arena.orchestrator, self._snapshot(member)
        plan = member.mind.think(seen)
        if plan is not None and plan.steps and minds.accepts(plan, seen):
            minds.conductor.start(member.handle, plan)

    def _snapshot(self, member: Member) -> WorldSnapshot:
        snapshots = self._cast.world.arena.orchestrator.snapshots
        if snapshots is None:
            raise MindError("talk: nothing has been seen yet; step the world 3 ticks first")
        return snapshots[member.handle]

    def note(
        self, tick: int, who: str, what: Errand | str, mind: str, accepted: bool, why: str
    ) -> None:
        """Keep what became of something that was asked for."""
        self._log.deeds.append(Deed(tick, who, str(what), mind, accepted, why))


def _told(plan: PlanIntent | None, why: str) -> str:
    """A plan in words, as GOAP tells it."""
    return f"GOAP: {why}" if plan is not None else "at once"
