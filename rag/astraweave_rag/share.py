"""Gossip: what one character tells another, with the way it went and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from .errors import RecallError
from .kinds import ARCHIVE
from .memory import Memory
from .record import Draft, Filter, Record

HEARD = "heard from"  # relation of a rumour to the memory of who told it
TRUST = 0.8  # of what is told, if nothing else is said
FAINTEST = 0.1  # confidence below which nothing is told any more


class Provenance(Struct, frozen=True):
    """Where a memory comes from.

    Args:
        origin: names the memory with which it began, the same for all rumours of it.
        path: who told it to whom, the one whose memory it was first; empty for an experience.
        confidence: 1 for an experience, less with each telling.
    """

    origin: str
    path: tuple[str, ...] = ()
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0

    @property
    def hops(self) -> int:
        """How often it was told."""
        return len(self.path)

    def plain(self) -> dict[str, Any]:
        """As a dictionary that JSON can hold."""
        return {"origin": self.origin, "path": list(self.path), "confidence": self.confidence}


def provenance(record: Record) -> Provenance:
    """Where a memory comes from; what says nothing about that is an experience."""
    told: Any = record.data.get("heard")
    if told is None:
        text = "\n".join((record.persona, str(record.tick), record.text))
        return Provenance(blake2b(text.encode(), digest_size=8).hexdigest())
    try:
        return msgspec.convert(told, Provenance)
    except msgspec.ValidationError as error:
        raise RecallError(f"memory {record.key}: its provenance is malformed: {error}") from error


def attribution(record: Record) -> str:
    """The same in words for a prompt or a player: `heard from Bram, who had it from Ada`."""
    path = provenance(record).path
    return "" if not path else "heard from " + ", who had it from ".join(reversed(path))


def tell(
    teller: Memory, listener: Memory, keys: Iterable[int], *, tick: int, trust: float = TRUST
) -> list[Record]:
    """Tell somebody some memories, all or none; what is new or better known to the listener.

    What the listener told first, or knows as surely, is not told again. Confidence and importance
    fall by the trust; a rumour that comes a second time in a better way replaces the first.

    Args:
        tick: when.
        trust: of the listener in the teller, 0 to 1.

    Raises:
        RecallError: the two have different stores or are the same, or a trust out of range.
        StoreError: the teller has no such memory.
    """
    _check(teller, listener, trust)
    store = teller.store
    with store.together():
        records = store.records(sorted(set(keys)))
        foreign = next((one for one in records if one.persona != teller.persona), None)
        if foreign is not None:
            raise RecallError(
                f"gossip: memory {foreign.key} belongs to {foreign.persona!r}; "
                f"{teller.persona!r} can tell only its own"
            )
        heard = [_hear(teller, listener, one, tick, trust) for one in records]
        return [one for one in heard if one is not None]


def gossip(
    teller: Memory, listener: Memory, *, tick: int, most: int = 3, trust: float = TRUST
) -> list[Record]:
    """Tell what is worth most and new to the listener, a few memories at a time.

    Raises:
        RecallError: as for `tell`.
    """
    _check(teller, listener, trust)
    choice = Filter(persona=teller.persona, kinds=("episodic", "semantic", "emotional", "social"))
    records = teller.store.select(choice)
    records.sort(key=lambda one: (teller.fading.halvings(one, tick), one.key))
    with teller.store.together():
        heard: list[Record] = []
        for record in records:
            if len(heard) == most:
                break
            new = _hear(teller, listener, record, tick, trust)
            heard += [] if new is None else [new]
        return heard


def _hear(
    teller: Memory, listener: Memory, record: Record, tick: int, trust: float
) -> Record | None:
    known = provenance(record)
    confidence = round(known.confidence * trust, 6)
    if confidence < FAINTEST or listener.persona in known.path:
        return None
    source = f"heard/{known.origin}"
    chosen = Filter(persona=listener.persona, source=source)
    before = next((one for one in listener.store.select(chosen) if one.source == source), None)
    told = Provenance(known.origin, (*known.path, teller.persona), confidence)
    draft = _draft(record, told, tick, trust, source)
    if before is not None:
        return _better(listener, before, draft, told, record.key)
    heard = listener.remember_all([draft])[0]
    listener.store.link([(heard.key, record.key, HEARD)])
    return heard


def _draft(record: Record, told: Provenance, tick: int, trust: float, source: str) -> Draft:
    return Draft(
        text=record.text,
        kind="social",
        tags=record.tags,
        tick=tick,
        importance=round(record.importance * trust, 6),
        source=source,
        data={**record.data, "heard": told.plain(), "happened": record.tick},
    )


def _better(
    listener: Memory, before: Record, draft: Draft, told: Provenance, source: int
) -> Record | None:
    """The rumour brought up to date, if it comes in a better way than before, with its link."""
    if before.kind == ARCHIVE or provenance(before).confidence >= told.confidence:
        return None
    store = listener.store
    store.unlink(store.links(from_key=before.key, relation=HEARD))
    store.link([(before.key, source, HEARD)])
    return store.update(
        before.key, text=draft.text, tick=draft.tick, importance=draft.importance, data=draft.data
    )


def _check(teller: Memory, listener: Memory, trust: float) -> None:
    if teller.store is not listener.store:
        raise RecallError("gossip: teller and listener must share one store")
    if teller.persona == listener.persona:
        raise RecallError(f"gossip: {teller.persona!r} cannot tell itself anything")
    if not 0 < trust <= 1:
        raise RecallError(f"gossip: trust must be above 0 and at most 1, got {trust}")
