"""What comes to a character's mind in its situation: for prompts, and for facts of minds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from astraweave_rag import Context, Hit, assemble
from astraweave_rag.memory import Memory

from .minds.role import Facts, Role
from .percept import WorldSnapshot

MOST = 5  # memories that enter a context
BUDGET = 256  # tokens of them
Names = Mapping[Any, str]  # by handle: an index may be somebody else's tomorrow
Judge = Callable[[WorldSnapshot, list[Hit]], Facts]


def situation(snapshot: WorldSnapshot, names: Names) -> str:
    """What a character's situation is about, in words to search by."""
    known = {int(one): name for one, name in names.items()}

    def called(who: list[Any]) -> str:
        return ", ".join(dict.fromkeys(known.get(int(one.id), "somebody") for one in who))

    health = snapshot.me.state.get("health")
    wounded = health is not None and 2 * health["points"] < health["most"]
    parts = {
        "self": known.get(int(snapshot.me.id), ""),
        "enemies": called(list(snapshot.enemies)),
        "friends": called(list(snapshot.allies)),
        "others": called(list(snapshot.neutrals)),
        "near": ", ".join(dict.fromkeys(p.kind for p in snapshot.points_of_interest if p.kind)),
        "objective": snapshot.objective.kind if snapshot.objective is not None else "",
        "state": "wounded" if wounded else "",
    }
    return "; ".join(f"{name}: {told}" for name, told in parts.items() if told) or "alone"


def recollect(
    memory: Memory, snapshot: WorldSnapshot, names: Names, *, now: int, k: int = MOST
) -> list[Hit]:
    """A character's own memories that its situation brings to mind: fitting, new, weighty ones."""
    return memory.recall(situation(snapshot, names), now=now, k=k, common=False)


def context_of(
    memory: Memory,
    snapshot: WorldSnapshot,
    names: Names,
    *,
    now: int,
    k: int = MOST,
    budget: int = BUDGET,
) -> Context:
    """The same as numbered lines for a prompt, with the keys that the numbers stand for."""
    return assemble(recollect(memory, snapshot, names, now=now, k=k), budget)


def dangers(_snapshot: WorldSnapshot, hits: list[Hit]) -> Facts:
    """Facts from what comes to mind: how much it is, whether it is harm, and how grave."""
    harm = [hit.record for hit in hits if "harm" in hit.record.tags]
    gravest = max((one.importance for one in harm), default=0.0)
    return {
        "remembers": len(hits),
        "remembers_harm": bool(harm),
        "gravity": min(4, int(5 * gravest)),  # a small whole number, as planners want it
    }


def with_memory(
    role: Role,
    memory_of: Callable[[int], Memory],
    names: Names,
    now: Callable[[int], int],
    judge: Judge = dangers,
) -> Role:
    """A role whose facts include what the character remembers.

    Args:
        role: what it can tell and do without.
        memory_of: the memory of an agent (handle), such as `Remembering.memory`.
        names: of entities, by handle.
        now: the calendar's tick of a tick, such as `Remembering.now`.
        judge: makes facts of what comes to mind.
    """
    latest: dict[int, tuple[tuple[int, int], Facts]] = {}  # by handle: when, and what

    def facts(snapshot: WorldSnapshot) -> Facts:
        me, memory = snapshot.me.id, memory_of(snapshot.me.id)
        moment = (snapshot.tick, memory.store.revision)
        if me not in latest or latest[me][0] != moment:
            hits = recollect(memory, snapshot, names, now=now(snapshot.tick))
            latest[me] = (moment, judge(snapshot, hits))
        return {**role.facts(snapshot), **latest[me][1]}

    return replace(role, facts=facts)
