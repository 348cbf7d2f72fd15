"""World events become memories: a CPU system that reads percepts and writes to a store.

What an event means is said by a rule. Those concerned remember what it tells, and so, less vividly,
do those who see one of them. What is remembered, and in which order, depends on the world alone:
events come sorted, characters are taken in the order of their handles, and no clock is read.

Events name entities by index, and an index is used again after a despawn. Characters and names are
therefore kept by handle, and an index means whoever lives there in the tick of the event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from astraweave import Context, Fell, Percept, Position, Sensed, Struck, World
from astraweave_rag import Draft, Store
from astraweave_rag.kinds import KINDS, Kind
from astraweave_rag.memory import Memory

from .errors import MindError
from .handles import INDEX, index_of, indices_of
from .percept_model import Vector

SECOND_HAND = 0.6  # of the importance, for those who only saw it
_MORTAL = 100.0  # points of damage that are as important as can be


@dataclass(frozen=True)
class Happening:
    """What one event means in words.

    Args:
        text: what is remembered.
        concerned: entity indices of those whom it happened to, or who did it.
        importance: 0 to 1, for those concerned.
        kind: of memory.
        tags: words to filter by.
        data: such as who did what to whom: `who`, `deed`, `whom`, `feeling` from -1 to 1.
        visible: whether those who see somebody concerned remember it too.
    """

    text: str
    concerned: tuple[int, ...]
    importance: float = 0.5
    kind: str = "episodic"
    tags: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    visible: bool = True


@dataclass(frozen=True)
class Scenery:
    """What rules may ask about the tick that an event is of."""

    tick: int
    names: Mapping[int, str]  # by entity index, of those who lived then
    places: Mapping[int, Vector]

    def name(self, index: int) -> str:
        """What somebody is called; `somebody` without a name."""
        return self.names.get(index, "somebody")


Rule = Callable[[Any, Scenery], Iterable[Happening]]


def struck(event: Any, scenery: Scenery) -> Iterator[Happening]:
    """Somebody was hit, or kept a blow off."""
    who, damage = int(event["entity"]), int(event["damage"])
    name = scenery.name(who)
    text = f"{name} was hit and lost {damage} points." if damage else f"{name} kept off a blow."
    yield Happening(
        text, (who,), min(1.0, 0.2 + damage / _MORTAL), tags=("harm",),
        data={"whom": name, "deed": "hit", "damage": damage},
    )  # fmt: skip


def fell(event: Any, scenery: Scenery) -> Iterator[Happening]:
    """Somebody went down."""
    who = int(event["entity"])
    name = scenery.name(who)
    data = {"whom": name, "deed": "fell"}
    yield Happening(f"{name} went down.", (who,), 0.9, tags=("harm",), data=data)


STANDARD: Mapping[Any, Rule] = {Struck: struck, Fell: fell}


class Remembering:
    """Gives characters memories of what happens, in a system of the stage `post_simulation`.

    Args:
        world: theirs.
        store: of all their memories; a file keeps them for the next day.
        personas: those who remember (handles) and by what name, each its own.
        names: what else is called by a name, besides them.
        rules: what events mean, by kind of event; those of combat by default.
        every: ticks from one write to the next; each is one transaction.
        day: ticks of a day, for half-lives; by default 24 hours.
        kinds: capacities and half-lives.
        start: tick of the calendar at the world's tick 0, so that a later day goes on from there.

    Raises:
        MindError: two of those who remember have one name.
    """

    def __init__(
        self,
        world: World,
        store: Store,
        personas: Mapping[Any, str],
        *,
        names: Mapping[Any, str] | None = None,
        rules: Mapping[Any, Rule] = STANDARD,
        every: int = 30,
        day: int | None = None,
        kinds: Mapping[str, Kind] = KINDS,
        start: int = 0,
    ) -> None:
        if len(set(personas.values())) != len(personas):
            raise MindError("memory: two characters who remember need two names")
        self.store, self.start = store, start
        self._rules, self._every = dict(rules), every
        called = {**(names or {}), **personas}
        self._names = {int(one): name for one, name in called.items()}
        self._known = np.array(sorted(self._names), np.uint64)  # handles, old generations first
        self._gone = np.zeros(len(self._known), bool)  # their index is somebody else's now
        self._here = {index_of(one): int(one) for one in self._known}  # handles by index
        days = world.rate * 86_400 if day is None else day
        self.memories = {
            int(one): Memory(store, name, kinds, days) for one, name in personas.items()
        }
        self._waiting: list[tuple[int, Draft]] = []  # handle and memory
        system = world.system(
            "post_simulation",
            reads=(*self._rules, Position, Sensed),
            writes=(self,),
            name="remembering",
        )
        system(self._notice)

    def memory(self, agent: Any) -> Memory:
        """The memory of a character (handle).

        Raises:
            MindError: it is none of those who remember.
        """
        known = self.memories.get(int(agent))
        if known is None:
            index, generation = index_of(agent), int(agent) >> 32
            raise MindError(
                f"memory: entity {index} (generation {generation}) is none of those who remember"
            )
        return known

    def now(self, tick: int) -> int:
        """The tick of the calendar at a tick of the world."""
        return self.start + tick

    def add(self, happening: Happening, tick: int, witnesses: Iterable[int] = ()) -> None:
        """Let those concerned, and witnesses (entity indices), remember something from now on.

        An index means whoever lives there as far as the system has seen.
        """
        concerned = set(happening.concerned)
        for index in sorted(concerned | set(witnesses)):
            handle = self._here.get(index)
            if handle in self.memories:
                share = 1.0 if index in concerned else SECOND_HAND
                self._waiting.append((handle, _draft(happening, share, self.now(tick))))

    def flush(self) -> int:
        """Write what was noticed since the last time, all or none; how many memories."""
        count = len(self._waiting)
        with self.store.together():
            for handle, memory in sorted(self.memories.items()):
                drafts = [draft for whose, draft in self._waiting if whose == handle]
                if drafts:
                    memory.remember_all(drafts)
        self._waiting.clear()
        return count

    # --- a tick --------------------------------------------------------------------------------

    def _notice(self, context: Context) -> None:
        percept = context.percept
        self._meet(percept)
        events = [
            (rule, event) for kind, rule in self._rules.items() for event in percept.events(kind)
        ]
        if events:
            names = {index: self._names[handle] for index, handle in self._here.items()}
            scenery = Scenery(percept.tick, names, _places(percept))
            found = [one for rule, event in events for one in rule(event, scenery)]
            sees = _sight(percept, self._here)
            for happening in found:
                seen = set(happening.concerned) if happening.visible else set()
                eyes = [index for index in sorted(sees) if sees[index] & seen]
                self.add(happening, percept.tick, eyes)
        if context.tick % self._every == 0 and self._waiting:
            self.flush()

    def _meet(self, percept: Percept) -> None:
        """Note which of those who are known live in a tick, and which index is another's by now."""
        handles = percept.handles(Position)
        indices, wanted = indices_of(handles), indices_of(self._known)
        rows = np.minimum(np.searchsorted(indices, wanted), max(len(indices) - 1, 0))
        there = self._known.copy()  # somebody without a place is taken at his word
        if len(indices):
            there = np.where(indices[rows] == wanted, handles[rows], there)
        self._gone |= there > self._known
        here = self._known[~self._gone & (there >= self._known)]
        self._here = {int(handle) & INDEX: int(handle) for handle in here}


def _draft(happening: Happening, share: float, tick: int) -> Draft:
    return Draft(
        text=happening.text,
        kind=happening.kind,
        tags=happening.tags,
        tick=tick,
        importance=round(happening.importance * share, 6),
        source="world",
        data=dict(happening.data),
    )


def _places(percept: Percept) -> Mapping[int, Vector]:
    rows = percept.read(Position).reshape(-1, 3)
    who = indices_of(percept.handles(Position))
    return {int(i): (float(x), float(y), float(z)) for i, (x, y, z) in zip(who, rows, strict=True)}


def _sight(percept: Percept, who: Iterable[int]) -> dict[int, set[int]]:
    """Whom each of some characters sees, by entity index."""
    wanted = set(who)
    rows = percept.read(Sensed)
    eyes = indices_of(percept.handles(Sensed))
    seen = np.concatenate([rows["near"], rows["far"]], axis=1)
    return {
        int(index): set(map(int, row))
        for index, row in zip(eyes, seen, strict=True)
        if int(index) in wanted
    }
