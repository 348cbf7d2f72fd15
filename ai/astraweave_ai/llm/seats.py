"""Which request works in which sequence of the model's memory, and what it need not compute.

A request takes over the beginning of its prompt from a sequence that begins alike. If such a one is
still being computed, it waits for it. Room for the whole prompt and answer is promised beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence

from .prefix import Prefixes, common
from .work import Engine, Slot, Work

WORTH = 16  # tokens: so many more must be shared that it is worth to wait for them


class Seats:
    """The requests under way, in the order in which they come first."""

    def __init__(self, engine: Engine) -> None:
        self.slots: list[Slot] = []
        self.prefixes = Prefixes(engine)
        self._engine = engine

    def pending(self, slot: Slot) -> int:
        """Tokens of a request that are known but not computed."""
        return len(slot.tokens) - len(self.prefixes.tokens[slot.sequence])

    def seat(self, work: Work) -> bool:
        """Begin to work on a request; False: there is no room for it now."""
        slot = self._place(work)
        if slot is None:
            return False
        self.slots.append(slot)
        self.slots.sort(key=lambda each: each.work.order)
        return True

    def leave(self, slot: Slot) -> None:
        """A request is over; what was computed stays, for whoever begins alike."""
        self.slots.remove(slot)
        self.prefixes.use(slot.sequence)

    def follow(self) -> list[Work]:
        """Who waited for another's prompt goes on; returns those whose leader ended too early."""
        orphans = []
        for slot in list(self.slots):
            leader = slot.leader
            if leader is None:
                continue
            if common(self.prefixes.tokens[leader.sequence], slot.work.prompt) >= slot.shared:
                self.prefixes.share(leader.sequence, slot.sequence, slot.shared)
                slot.leader = None
            elif leader not in self.slots:
                self.slots.remove(slot)
                orphans.append(slot.work)
        return orphans

    def forget_idle(self) -> bool:
        """Give up all that is kept for later; False: there is nothing."""
        idle = [sequence for sequence in self._idle() if self.prefixes.tokens[sequence]]
        for sequence in idle:
            self.prefixes.trim(sequence, 0)
        return bool(idle)

    def _idle(self) -> set[int]:
        return set(range(len(self.prefixes.tokens))) - {slot.sequence for slot in self.slots}

    def _place(self, work: Work) -> Slot | None:
        source, shared = self.prefixes.best(work.prompt)
        leader, planned = self._leader(work.prompt)
        idle = self._idle()
        if leader is not None and planned >= shared + WORTH:
            return self._behind(leader, planned, work, idle)
        if shared:
            return self._from(source, shared, work, idle)
        return self._anew(work, idle)

    def _leader(self, prompt: Sequence[int]) -> tuple[Slot | None, int]:
        """The request under way whose prompt begins most like another one, and for how long."""
        best: tuple[Slot | None, int] = None, 0
        for slot in self.slots if self._engine.partial else ():
            length = min(len(prompt) - 1, common(slot.work.prompt, prompt))
            if slot.leader is None and length > best[1]:
                best = slot, length
        return best

    def _behind(self, leader: Slot, shared: int, work: Work, idle: set[int]) -> Slot | None:
        target = self._empty(_size(work) - shared, idle)
        return None if target is None else Slot(work, target, leader, shared)

    def _anew(self, work: Work, idle: set[int]) -> Slot | None:
        target = self._empty(_size(work), idle)
        return None if target is None else Slot(work, target, None, 0)

    def _from(self, source: int, shared: int, work: Work, idle: set[int]) -> Slot | None:
        """Share what `source` holds; if it is idle and there is no room for both, take it over."""
        target = self._empty(_size(work) - shared, idle - {source})
        if target is not None:
            self.prefixes.use(source)
            self.prefixes.share(source, target, shared)
        elif source in idle:
            shared = self.prefixes.trim(source, shared)
            if self._make_room(_size(work) - shared, idle - {source}):
                target = source
        return None if target is None else Slot(work, target, None, shared)

    def _empty(self, cells: int, idle: set[int]) -> int | None:
        """An empty sequence of `idle`, with so many cells free; None: there is no room."""
        target = self.prefixes.oldest(idle)
        if target is None or not self._make_room(cells, idle):
            return None
        self.prefixes.trim(target, 0)
        return target

    def _make_room(self, cells: int, victims: set[int]) -> bool:
        """Forget idle sequences, the oldest first, until so many cells are free for good."""
        promised = sum(map(self._still_needs, self.slots))
        while self.prefixes.free - promised < cells:
            oldest = self.prefixes.oldest(s for s in victims if self.prefixes.tokens[s])
            if oldest is None:
                return False
            self.prefixes.trim(oldest, 0)
        return True

    def _still_needs(self, slot: Slot) -> int:
        held = slot.shared if slot.leader else len(self.prefixes.tokens[slot.sequence])
        return _size(slot.work) - held


def _size(work: Work) -> int:
    return len(work.prompt) + work.most
