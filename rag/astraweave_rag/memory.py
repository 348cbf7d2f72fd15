"""What one character remembers: kinds with room and half-lives, recall by situation, forgetting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import numpy as np

from .context import Context, assemble
from .errors import RecallError
from .kinds import ARCHIVE, DAY, KINDS, LATER, Fading, Kind
from .rank import Weights, best
from .record import Draft, Filter, Record
from .retrieve import Hit, Mode, search
from .store import Store

# As in Park et al. 2023, "Generative agents": relevance, recency and importance count the same.
BALANCED = Weights(relevance=1.0, recency=1.0, importance=1.0)
EVERYBODY = ""  # the persona of what all characters know


class Memory:
    """The memories of one character, in a store that it may share with others.

    All characters of a world share one store: what one tells another is then one write, and one
    file is saved with the world. A filter on the persona keeps them apart, and search within one
    persona is exact.

    Args:
        store: where they are kept.
        persona: the character's name in the store.
        kinds: capacity and half-life of each kind. The archive is added if it is not there, as
            consolidation needs it; consolidation also needs "episodic", gossip "social", and
            reflection "semantic" and "social".
        day: ticks of a day.

    Raises:
        RecallError: no persona, or kinds that make no sense.
    """

    def __init__(
        self, store: Store, persona: str, kinds: Mapping[str, Kind] = KINDS, day: int = DAY
    ) -> None:
        if not persona:
            raise RecallError("memory: a character needs a name; '' is what everybody knows")
        self.store, self.persona = store, persona
        self.fading = Fading(kinds, day)

    # --- remembering ---------------------------------------------------------------------------

    def remember(self, text: str, kind: str = "episodic", **fields: Any) -> Record:
        """Keep a memory; where there is no room left, the most faded one of the kind goes.

        Args:
            text: what is remembered.
            kind: one of the kinds.
            fields: further fields of a `Draft`: tick, importance, tags, source, data, wall.

        Raises:
            RecallError: no such kind or field.
            StoreError: a field is wrong.
        """
        unknown = set(fields) - set(Draft.__struct_fields__) | set(fields) & {"persona"}
        if unknown:
            raise RecallError(f"memory of {self.persona}: no field {sorted(unknown)} can be given")
        return self.remember_all([Draft(text=text, kind=kind, **fields)])[0]

    def remember_all(self, drafts: Iterable[Draft]) -> list[Record]:
        """Keep several memories, all or none; the persona of a draft is ignored.

        Older memories make room for new ones. Of more new ones than a kind has room for, those that
        are worth least are not kept either; what is kept comes back.
        """
        mine = [msgspec.structs.replace(draft, persona=self.persona) for draft in drafts]
        for draft in mine:
            self.fading.checked(draft.kind)
        with self.store.together():
            records = self.store.add_many(mine)
            gone: set[int] = set()
            for kind in sorted({record.kind for record in records}):
                new = [record.key for record in records if record.kind == kind]
                gone |= self._trimmed(kind, max(record.tick for record in records), new)
        return [record for record in records if record.key not in gone]

    def trim(self, kind: str, now: int) -> int:
        """Forget what is worth least of a kind where there are too many; how many those were."""
        with self.store.together():
            return len(self._trimmed(kind, now, []))

    def _trimmed(self, kind: str, now: int, new: list[int]) -> set[int]:
        """The keys of those; the new ones, which are of the kind, go last."""
        facts = self.store.facts
        facts.follow(self.store)
        places = facts.places_among(self.persona, kind)
        surplus = len(places) - self.fading.capacity(kind)
        if surplus <= 0:
            return set()
        halvings = self.fading.all_halvings(
            kind, facts.ticks[places], facts.importances[places], now
        )
        halvings[np.searchsorted(facts.keys[places], new)] -= LATER
        gone = facts.keys[places[best(halvings, surplus)]].tolist()
        self.store.delete(gone)
        return set(gone)

    # --- recalling -----------------------------------------------------------------------------

    def recall(
        self,
        query: str,
        *,
        now: int,
        k: int = 5,
        kinds: Iterable[str] = (),
        choice: Filter | None = None,
        common: bool = True,
        weights: Weights = BALANCED,
        diversity: float = 0.0,
        mode: Mode = "hybrid",
        floor: float = 0.0,
    ) -> list[Hit]:
        """What comes to mind, the best first.

        Args:
            query: a situation or a question in words.
            now: the present tick.
            k: at most so many.
            kinds: of these kinds alone; by default of all but the archive, whatever kind the lore
                has that everybody knows.
            choice: tags, times, importance, source and kinds of what is meant.
            common: with what everybody knows.
            weights: what relevance, recency and importance count for.
            diversity, mode: as in `search`.
            floor: leaves out what is less about the query than this share of the best match, both
                by words and by vectors; then what comes to mind may be less than `k`.

        Raises:
            RecallError: no such kind, kinds given twice, somebody else's memories, a wrong floor.
            QueryError: another argument makes no sense.
        """
        hits = search(
            self.store,
            query,
            k=k,
            filter=self._filter(kinds, choice, common),
            mode=mode,
            diversity=diversity,
            weights=weights,
            now=now,
            half_life=self._half_lives(),
        )
        return about(hits, floor)

    def context(self, query: str, *, now: int, budget: int = 1024, **options: Any) -> Context:
        """What comes to mind as numbered lines within a budget of tokens; options of `recall`."""
        return assemble(self.recall(query, now=now, **options), budget)

    def sources(self, record: Record) -> list[Record]:
        """What a summary, a pattern or a rumour rests on, as far as it is still remembered."""
        links = self.store.links(from_key=record.key)
        return self.store.records(sorted({link.to_key for link in links}))

    def _filter(self, kinds: Iterable[str], choice: Filter | None, common: bool) -> Filter:
        wanted = tuple(self.fading.checked(kind) for kind in kinds)
        chosen = choice if choice is not None else Filter()
        if chosen.persona is not None:
            raise RecallError(
                f"memory of {self.persona}: recall is of its own memories, so choice must not name "
                "a persona; `search` looks into those of others"
            )
        if wanted and chosen.kinds:
            raise RecallError(f"memory of {self.persona}: give kinds or choice.kinds, not both")
        wanted = wanted or chosen.kinds
        without = chosen.without if wanted else (*chosen.without, ARCHIVE)
        personas = (self.persona, EVERYBODY) if common else (self.persona,)
        return msgspec.structs.replace(chosen, persona=personas, kinds=wanted, without=without)

    def _half_lives(self) -> dict[str, float]:
        lives = {kind: float(ticks) for kind, ticks in self.fading.ticks.items()}
        return {**lives, "": max(lives.values())}  # of lore, which has no kind or one of its own

    # --- forgetting ----------------------------------------------------------------------------

    def forget(self, keys: Iterable[int], with_summaries: bool = False) -> int:
        """Forget memories of this character; how many.

        Args:
            with_summaries: forget, too, what summarises them or was concluded from them. Otherwise
                a summary stays, with what it says about them.

        Raises:
            RecallError: one of them belongs to somebody else.
            StoreError: one of them is not there.
        """
        wanted = sorted(set(keys))
        for record in self.store.records(wanted):
            if record.persona != self.persona:
                raise RecallError(
                    f"memory {record.key} belongs to {record.persona!r}, not to {self.persona!r}; "
                    "ask for its own memories only"
                )
        if with_summaries:
            wanted = self.store.with_summaries(wanted)
        return self.store.delete(wanted) if wanted else 0

    def fade(self, now: int, worth: float = 0.02) -> int:
        """Forget what is worth less than this by now; how many memories that was.

        Raises:
            RecallError: a worth that is not between 0 and 1.
        """
        if not 0 < worth < 1:
            raise RecallError(f"memory: worth must be between 0 and 1, got {worth}")
        gone = [
            record.key
            for record in self.store.select(Filter(persona=self.persona))
            if record.kind in self.fading.kinds and self.fading.worth(record, now) < worth
        ]
        return self.store.delete(gone) if gone else 0

    # --- looking -------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self.store.count(Filter(persona=self.persona))

    def stats(self) -> dict[str, int]:
        """How many memories there are of each kind."""
        return {
            kind: self.store.count(Filter(persona=self.persona, kinds=(kind,)))
            for kind in self.fading.kinds
        }


def about(hits: list[Hit], floor: float) -> list[Hit]:
    """Those hits that reach a share of the best match, by words or by vectors, in their order.

    Raises:
        RecallError: a floor that is not between 0 and 1.
    """
    if not 0 <= floor <= 1:
        raise RecallError(f"memory: a floor is 0 to 1, got {floor}")
    best = {
        name: max((hit.parts.get(name, 0.0) for hit in hits), default=0.0)
        for name in ("lexical", "vector")
    }
    return [
        hit
        for hit in hits
        if any(hit.parts.get(name, 0.0) >= max(floor * most, 1e-9) for name, most in best.items())
        or not floor
    ]
