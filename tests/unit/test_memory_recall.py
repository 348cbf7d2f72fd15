"""Recall weighs every memory that a character has, of every kind of lore, and of nobody else."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_rag import Draft, Filter, HashingEmbedder, Store, Weights, search
from astraweave_rag.consolidate import consolidate
from astraweave_rag.errors import RecallError, StoreError
from astraweave_rag.facts import Facts
from astraweave_rag.kinds import DAY, KINDS, Fading, Kind
from astraweave_rag.memory import Memory
from astraweave_rag.write import KEPT

SMALL = HashingEmbedder(64)
MIXED = Weights(relevance=1, recency=1, importance=1)


@pytest.fixture
def store() -> Store:
    return Store(":memory:", SMALL)


def test_the_best_by_all_three_reasons_is_found_though_it_is_best_by_none() -> None:
    with Store(":memory:") as store:
        memory = Memory(store, "Ada")
        made = [("The wolf hunts at the hill.", 0, 0.1)] * 60
        made += [("Cabbage soup.", 100, 0.1)] * 40 + [("Ribbon day.", 10, 1.0)] * 40
        made += [("A wolf bit Ada on the hill, and the hunter came too late.", 99, 0.95)]
        memory.remember_all(
            Draft(text=text, kind="episodic", tick=day * DAY, importance=importance)
            for text, day, importance in made
        )
        few = memory.recall("wolf hunts hill", now=100 * DAY, k=3)
        assert few[0].record.text.startswith("A wolf bit Ada")
        assert few[0].parts["vector"] > 0.1
        many = memory.recall("wolf hunts hill", now=100 * DAY, k=141)
        assert len(many) == 141
        first = [hit.record.key for hit in many[:3]]
        assert [hit.record.key for hit in few] == first, "k does not change which come first"


def test_above_the_bound_what_is_new_or_important_has_its_relevance(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from astraweave_rag import candidates

    monkeypatch.setattr(candidates, "EXACT_UP_TO", 10)
    store.add_many([Draft(text=f"wolf {n % 3}", tick=0) for n in range(60)])
    new = store.add(Draft(text="a wolf and something else", tick=100, importance=1.0))
    hits = search(store, "wolf", k=1, weights=MIXED, now=100, half_life=10.0)
    assert hits[0].record.key == new.key
    assert hits[0].parts["vector"] > 0
    assert hits[0].parts["relevance"] > 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1 << 30))
def test_facts_follow_the_store(seed: int) -> None:
    """Against the rows of the database, whatever is added, changed, deleted and taken back."""
    rng = np.random.default_rng(seed)
    with Store(":memory:", HashingEmbedder(16)) as store:
        for _ in range(12):
            doing, keys = rng.integers(5), store.keys()
            try:
                with store.together():
                    if doing == 0 and keys:
                        store.delete(rng.choice(keys, min(len(keys), 2), replace=False))
                    elif doing == 1 and keys:
                        store.update(int(rng.choice(keys)), importance=0.25, kind="b")
                    else:
                        store.add_many(
                            Draft(text="x", persona=str(rng.integers(2)), tick=int(tick))
                            for tick in rng.integers(0, 9, 3)
                        )
                    if rng.integers(2):
                        store.facts.follow(store)
                    if rng.integers(3) == 0:
                        raise KeyboardInterrupt
            except KeyboardInterrupt:
                pass
            if rng.integers(2):
                check(store.facts, store)
        check(store.facts, store)


def check(facts: Facts, store: Store) -> None:
    with store.reading():
        facts.follow(store)
    records = store.select()
    assert facts.all_keys().tolist() == [one.key for one in records]
    places = facts.places_of(facts.all_keys())
    names = facts.kind_names()
    found = zip(
        facts.ticks[places].tolist(), facts.importances[places].tolist(),
        [names[kind] for kind in facts.kinds[places]], strict=True,
    )  # fmt: skip
    assert list(found) == [(one.tick, one.importance, one.kind) for one in records]
    for persona in ("0", "1", "nobody"):
        keys = store.keys(Filter(persona=persona, kinds=("b",)))
        assert facts.keys[facts.places_among(persona, "b")].tolist() == keys


def test_facts_that_slept_for_long_miss_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "s", SMALL) as writer, Store(tmp_path / "s", SMALL) as reader:
        writer.add_many([Draft(text="a"), Draft(text="b"), Draft(text="c")])
        check(reader.facts, reader)
        writer.delete([1])
        with writer.together():
            for _ in range(KEPT + 100):
                writer.link([(2, 3, "of")])
        check(reader.facts, reader)


@given(
    st.lists(st.tuples(st.integers(-(1 << 62), 1 << 62), st.floats(0, 1)), min_size=1),
    st.integers(-(1 << 62), 1 << 62),
    st.sampled_from(list(KINDS)),
)
def test_many_fade_as_one_does(made: list[tuple[int, float]], now: int, kind: str) -> None:
    fading = Fading()
    ticks, importances = (np.array(column) for column in zip(*made, strict=True))
    found = fading.all_halvings(kind, ticks.astype(np.int64), importances, now)
    with Store(":memory:", HashingEmbedder(16)) as store:
        records = store.add_many(
            Draft(text="x", kind=kind, tick=tick, importance=importance)
            for tick, importance in made
        )
    assert found.tolist() == [fading.halvings(one, min(now, (1 << 62) - 1)) for one in records]


def test_room_is_made_without_reading_all_memories(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame has no time to decode some thousand memories for each that is added."""
    memory = Memory(store, "Ada", {"episodic": Kind(200, 14, "")})
    memory.remember_all(Draft(text=f"{n}", kind="episodic", tick=n) for n in range(200))
    memory.remember("first", tick=200)
    read: list[Any] = []
    rows = store._database.rows
    monkeypatch.setattr(
        store._database, "rows", lambda *given: (found := rows(*given), read.extend(found))[0]
    )
    memory.remember("second", tick=201)
    assert len(read) < 50
    assert len(memory) == 200


# -- whose, and of what kind -----------------------------------------------------------------------


def test_lore_of_any_kind_comes_to_mind(store: Store) -> None:
    store.add(Draft(text="Wolves fear fire.", kind="lore"))
    store.add(Draft(text="Wolves fear the light.", kind="archive"))
    memory = Memory(store, "Ada")
    [hit] = memory.recall("wolves fire", now=0)
    assert (hit.record.kind, hit.parts["recency"]) == ("lore", 1.0)


def test_kinds_of_a_choice_are_honoured(store: Store) -> None:
    memory = Memory(store, "Ada")
    memory.remember("The wolf came.", "episodic", tick=0)
    fact = memory.remember("A wolf has teeth.", "semantic", tick=0)
    for options in ({"kinds": ("semantic",)}, {"choice": Filter(kinds=("semantic",))}):
        assert [h.record.key for h in memory.recall("wolf", now=1, **options)] == [fact.key]  # type: ignore[arg-type]
    hits = memory.recall("wolf", now=1, choice=Filter(without=("episodic",)))
    assert [hit.record.key for hit in hits] == [fact.key]
    with pytest.raises(RecallError, match="not both"):
        memory.recall("wolf", now=1, kinds=("social",), choice=Filter(kinds=("semantic",)))
    with pytest.raises(RecallError, match="persona"):
        memory.recall("wolf", now=1, choice=Filter(persona="Bram"))


def test_kinds_of_a_game_have_an_archive(store: Store) -> None:
    memory = Memory(store, "Ada", {"episodic": Kind(10, 14, "what happened")})
    for tick in range(4):
        memory.remember("Bram sold bread to Cole.", tick=tick)
    [summary] = consolidate(memory)
    assert len(memory.sources(summary.record)) == 4
    assert memory.stats() == {"episodic": 1, "archive": 4}


def test_summaries_go_with_what_they_tell(store: Store) -> None:
    memory = Memory(store, "Ada")
    keys = [memory.remember(f"The man said zanzibar {n}.", tick=n).key for n in range(3)]
    [summary] = consolidate(memory)
    store.link([(memory.remember("He talks a lot.", "social").key, summary.record.key, "because")])
    other = memory.remember("It rained.")
    assert memory.forget(keys[:1]) == 1
    assert "zanzibar" in store.get(summary.record.key).text
    assert memory.forget(keys[1:], with_summaries=True) == 4
    assert [one.key for one in store.select()] == [other.key]


@pytest.mark.parametrize("text", [" ", "\n\t ", "\u2003"])
def test_a_blank_text_is_no_memory(store: Store, text: str) -> None:
    with pytest.raises(StoreError, match="blank"):
        store.add(Draft(text=text))
    assert len(store) == 0
