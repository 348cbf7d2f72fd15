"""What characters remember: capacities, half-lives, who goes first, and that forgotten is gone."""

from dataclasses import replace
from decimal import Decimal, getcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_rag import Draft, Filter, HashingEmbedder, Store
from astraweave_rag.errors import RecallError, StoreError
from astraweave_rag.kinds import ARCHIVE, DAY, KINDS, MICRO, Fading, Kind, lost
from astraweave_rag.memory import Memory, about

SMALL = {"episodic": Kind(3, 14, "few"), "social": Kind(2, 21, "fewer")}
REFERENCE = {
    "sensory": (100, 0.25), "working": (50, 1), "episodic": (1000, 14), "semantic": (5000, 180),
    "procedural": (500, 30), "emotional": (200, 7), "social": (500, 21),
}  # fmt: skip


@pytest.fixture
def store() -> Store:
    return Store(":memory:", HashingEmbedder(64))


def test_the_kinds_have_the_capacities_and_half_lives_of_the_reference() -> None:
    found = {name: (kind.capacity, kind.half_life) for name, kind in KINDS.items()}
    assert {name: found[name] for name in REFERENCE} == REFERENCE
    assert set(found) - set(REFERENCE) == {ARCHIVE}


def test_a_half_life_halves_the_worth(store: Store) -> None:
    memory, fading = Memory(store, "Ada"), Fading()
    for kind, (_, days) in REFERENCE.items():
        record = memory.remember("a thing", kind, importance=1.0, tick=0)
        assert fading.halvings(record, round(days * DAY)) == MICRO
        assert fading.worth(record, round(3 * days * DAY)) == 0.125
        assert fading.worth(record, 0) == fading.worth(record, -5) == 1.0


def test_no_importance_is_near_a_rounding_step() -> None:
    """So that the logarithm of any machine gives the same whole number."""
    getcontext().prec = 40
    for level in range(1, 1000):
        exact = -(Decimal(level) / 1000).ln() / Decimal(2).ln() * MICRO
        assert lost(level / 1000) == int(exact.to_integral_value())
        assert abs(exact % 1 - Decimal("0.5")) > Decimal("1e-6")
    assert lost(1.0) == 0
    assert lost(0.0) == lost(0.001)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=12))
def test_the_most_faded_make_room(made: list[tuple[int, int]]) -> None:
    """Against a twin that keeps a list."""
    memory = Memory(Store(":memory:", HashingEmbedder(16)), "Ada", SMALL, day=1)
    kept: list[tuple[float, int]] = []
    for number, (tick, tenths) in enumerate(made, 1):
        memory.remember("x", tick=tick, importance=tenths / 10)
        older = sorted(kept, key=lambda one: (_value(*made[one[1] - 1], tick), one[1]))
        kept = [*older[max(0, len(older) - 2) :], (tick, number)]
    assert memory.store.keys(Filter(persona="Ada")) == sorted(key for _, key in kept)


def _value(then: int, tenths: int, now: int) -> float:
    return round(tenths / 10 * 0.5 ** (max(0, now - then) / 14), 9)


def test_more_at_once_than_there_is_room_for(store: Store) -> None:
    memory = Memory(store, "Ada", SMALL)
    drafts = [Draft(text=f"{n}", kind="episodic", importance=n / 10) for n in range(6)]
    assert [one.text for one in memory.remember_all(drafts)] == ["3", "4", "5"]
    assert memory.stats() == {"episodic": 3, "social": 0, "archive": 0}


def test_everybody_has_memories_of_their_own(store: Store) -> None:
    ada, bram = Memory(store, "Ada"), Memory(store, "Bram")
    mine = ada.remember("The wolf is at the gate.", tick=1)
    bram.remember("The wolf is in the wood.", tick=1)
    store.add(Draft(text="Wolves fear fire."))
    found = [hit.record.text for hit in ada.recall("wolf", now=2, k=9)]
    assert sorted(found) == ["The wolf is at the gate.", "Wolves fear fire."]
    assert [hit.record.key for hit in ada.recall("wolf", now=2, common=False)] == [mine.key]
    with pytest.raises(RecallError, match="belongs to 'Ada'"):
        bram.forget([mine.key])
    assert (len(ada), len(bram)) == (1, 1)


def test_recall_weighs_age_and_importance(store: Store) -> None:
    memory = Memory(store, "Ada")
    memory.remember("The wolf came.", tick=0, importance=0.5)
    new = memory.remember("The wolf came.", tick=30 * DAY, importance=0.5)
    grave = memory.remember("The wolf came.", tick=30 * DAY, importance=0.9)
    hits = memory.recall("wolf", now=30 * DAY)
    assert [hit.record.key for hit in hits[:2]] == [grave.key, new.key]
    assert "recency" in hits[0].explain()


def test_a_floor_leaves_out_what_is_about_something_else(store: Store) -> None:
    memory = Memory(store, "Ada")
    for text in ("Wolves howl at night.", "Bread is sold at noon.", "The bell rang."):
        memory.remember(text, tick=0)
    hits = memory.recall("wolves", now=1)
    assert [hit.record.text for hit in about(hits, 0.9)] == ["Wolves howl at night."]
    assert about(hits, 0) == hits
    assert memory.context("wolves", now=1, floor=0.9).text == "[1] Wolves howl at night."


def test_fading_away(store: Store) -> None:
    memory = Memory(store, "Ada")
    memory.remember("a shadow", "sensory", tick=0)
    memory.remember("a fact", "semantic", tick=0)
    assert memory.fade(2 * DAY) == 1
    assert memory.stats()["semantic"] == 1
    assert memory.fade(2 * DAY) == 0


def test_what_is_forgotten_is_in_no_file(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with Store(path) as store:
        memory = Memory(store, "Ada")
        gone = memory.remember("The secret word is zanzibarquux.", tags=("velvetquillon",))
        kept = memory.remember("The heron sleeps on one leg.")
        vector = store.vectors([gone.key]).tobytes()
        store.checkpoint()
        assert b"zanzibarquux" in bytes_of(path)
        assert vector in bytes_of(path)
        memory.forget([gone.key])
        store.scrub()
        for trace in (b"zanzibarquux", b"velvetquillon", vector):
            assert trace not in bytes_of(path)
        assert store.get(kept.key) == kept
    assert b"zanzibarquux" not in bytes_of(path)


def bytes_of(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.iterdir())


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda m: Memory(m.store, ""), "needs a name"),
        (lambda m: m.remember("x", "dreams"), "no kind 'dreams'"),
        (lambda m: m.remember("x", mood=3), "no field"),
        (lambda m: m.remember("x", persona="Bram"), "no field"),
        (lambda m: m.fade(1, 0.0), "between 0 and 1"),
        (lambda m: m.recall("x", now=1, floor=2.0), "floor"),
        (lambda m: m.recall("x", now=1, kinds=("dreams",)), "no kind"),
        (lambda m: Memory(m.store, "A", {"a": replace(SMALL["social"], capacity=0)}), "capacity"),
        (lambda m: Memory(m.store, "A", {}), "kinds"),
        (lambda m: Memory(m.store, "A", day=0), "day"),
    ],
)
def test_mistakes_change_nothing(store: Store, act: object, message: str) -> None:
    memory = Memory(store, "Ada")
    memory.remember("first", tick=0)
    with pytest.raises(RecallError, match=message):
        act(memory)  # type: ignore[operator]
    with pytest.raises(StoreError):
        memory.forget([99])
    assert len(store) == 1
