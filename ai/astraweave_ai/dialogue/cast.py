"""Characters who talk: a persona, a body, a mind, and where each is in its dialogue graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from astraweave import Entity

from ..errors import MindError
from ..percept_model import Vector
from .errand import Errand
from .graph import Graph
from .guard import PersonaGuard
from .hearing import Heard
from .helper import Chore, Helper
from .persona import Persona
from .runner import Runner
from .surroundings import Surroundings


@dataclass
class Member:
    """One of them.

    Args:
        persona: who it is.
        handle: its body.
        mind: what decides for it.
        runner: of its dialogue.
    """

    persona: Persona
    handle: Entity
    mind: Helper
    runner: Runner
    pending: Heard | None = None  # an errand of which something was not said yet
    last: Errand | None = None  # that was spoken of: what "it" and "there" mean
    _turns: dict[str, int] = field(default_factory=dict)

    def line(self, kind: str) -> str:
        """The next of its persona's texts of a kind, such as "agrees"."""
        texts: tuple[str, ...] = getattr(self.persona, kind)
        turn = self._turns.get(kind, 0)
        self._turns[kind] = turn + 1
        return texts[turn % len(texts)]


class Cast:
    """All who can be talked to, by name.

    Args:
        world: their surroundings.
        guard: becomes the guard of the arena's orchestrator: every plan goes through it.
    """

    def __init__(self, world: Surroundings, guard: PersonaGuard) -> None:
        self.world, self.guard = world, guard
        self.members: dict[str, Member] = {}
        world.arena.orchestrator.guard = guard

    def join(
        self,
        persona: Persona,
        graph: Graph,
        place: Vector,
        chores: Sequence[Chore] = (),
        *more: Any,
        words: Sequence[str] = (),
        color: str = "#4878d0",
        team: int = 0,
    ) -> Member:
        """A new character. Where its dialogue stands goes back with a world that is restored.

        Args:
            persona, graph: who it is and what can be said with it.
            place: where it begins.
            chores: its own round.
            more: components in place of the usual ones, or besides.
            words: what it is called besides its name.

        Raises:
            MindError: somebody has that name already.
        """
        if persona.name in self.members:
            raise MindError(f"cast: two characters are named {persona.name!r}; names must differ")
        arena = self.world.arena
        mind = Helper(persona.name, self.world, chores, rate=arena.world.rate)
        handle = arena.add(place, team, mind, *more, color=color)
        self.world.add_person(persona.name, handle, *words)
        self.guard.permit(handle, persona.may)
        member = self.members[persona.name] = Member(persona, handle, mind, Runner(graph))
        arena.world.keep(f"dialogue with {persona.name}", member.runner)
        return member
