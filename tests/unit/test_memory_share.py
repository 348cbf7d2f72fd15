"""Gossip and reflection: where a rumour comes from, how sure it is, and what patterns are found."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_rag import Filter, HashingEmbedder, Store
from astraweave_rag.errors import RecallError
from astraweave_rag.kinds import DAY
from astraweave_rag.memory import Memory
from astraweave_rag.reflect import BECAUSE, bonds, reflect, styles
from astraweave_rag.share import (
    FAINTEST,
    HEARD,
    TRUST,
    attribution,
    gossip,
    provenance,
    tell,
)
from astraweave_rag.verify import verify

NAMES = ["Ada", "Bram", "Cole", "Dunn"]


def people(store: Store | None = None) -> list[Memory]:
    shared = store or Store(":memory:", HashingEmbedder(16))
    return [Memory(shared, name) for name in NAMES]


def test_a_rumour_says_the_way_it_went() -> None:
    ada, bram, cole, _ = people()
    seen = ada.remember("A wolf came.", tick=5, importance=1.0, tags=("wolf",))
    first = tell(ada, bram, [seen.key], tick=10)[0]
    second = tell(bram, cole, [first.key], tick=20)[0]
    assert (seen.persona, first.persona, second.persona) == ("Ada", "Bram", "Cole")
    assert (second.text, second.kind, second.tags, second.tick) == (
        "A wolf came.", "social", ("wolf",), 20,
    )  # fmt: skip
    assert attribution(seen) == ""
    assert attribution(first) == "heard from Ada"
    assert attribution(second) == "heard from Bram, who had it from Ada"
    assert provenance(second).hops == 2
    assert provenance(second).confidence == pytest.approx(TRUST**2)
    assert second.importance == pytest.approx(TRUST**2)
    assert [one.key for one in cole.sources(second)] == [first.key]
    assert ada.store.links(from_key=second.key)[0].relation == HEARD
    assert second.data["happened"] == 10


def test_nobody_hears_his_own_story() -> None:
    ada, bram, _, _ = people()
    seen = ada.remember("A wolf came.", tick=5)
    heard = tell(ada, bram, [seen.key], tick=6)
    assert tell(bram, ada, [heard[0].key], tick=7) == []
    assert tell(ada, bram, [seen.key], tick=8) == []  # as sure as before


def test_a_surer_way_replaces_the_first() -> None:
    ada, bram, cole, _ = people()
    seen = ada.remember("A wolf came.", tick=5)
    vague = tell(bram, cole, [tell(ada, bram, [seen.key], tick=6)[0].key], tick=7)[0]
    sure = tell(ada, cole, [seen.key], tick=8)[0]
    assert (sure.key, sure.generation) == (vague.key, 2)
    assert attribution(sure) == "heard from Ada"


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([0.5, 0.8, 1.0])),
        max_size=12,
    )
)
def test_whoever_tells_whom(tellings: list[tuple[int, int, float]]) -> None:
    everybody = people()
    store = everybody[0].store
    for number, memory in enumerate(everybody):
        memory.remember(f"Secret {number}.", tick=0, importance=0.9)
    for tick, (one, other, trust) in enumerate(tellings, 1):
        if one != other:
            gossip(everybody[one], everybody[other], tick=tick, trust=trust)
    for memory in everybody:
        records = store.select(Filter(persona=memory.persona))
        origins = [provenance(record).origin for record in records]
        assert len(set(origins)) == len(origins), "one version of each story"
        for record in records:
            known = provenance(record)
            assert memory.persona not in known.path
            assert len(set(known.path)) == known.hops
            assert FAINTEST <= known.confidence <= 1
            assert record.text == f"Secret {NAMES.index((*known.path, memory.persona)[0])}."


def test_gossip_tells_what_is_worth_most() -> None:
    ada, bram, _, _ = people()
    for number in range(6):
        ada.remember(f"Story {number}.", tick=number, importance=(number + 1) / 10)
    ada.remember("A shadow passed.", "sensory", tick=9, importance=1.0)
    told = [one.text for one in gossip(ada, bram, tick=10, most=2)]
    assert told == ["Story 5.", "Story 4."]
    assert [one.text for one in gossip(ada, bram, tick=11, most=9)][:1] == ["Story 3."]


def test_telling_is_one_write() -> None:
    ada, bram, _, _ = people()
    mine, his = ada.remember("Mine.", tick=1), bram.remember("His.", tick=1)
    before = ada.store.select()
    with pytest.raises(RecallError, match="only its own"):
        tell(ada, bram, [mine.key, his.key], tick=2)
    with pytest.raises(RecallError, match="itself"):
        tell(ada, ada, [mine.key], tick=2)
    with pytest.raises(RecallError, match="trust"):
        gossip(ada, bram, tick=2, trust=1.5)
    with pytest.raises(RecallError, match="one store"):
        tell(ada, people()[1], [mine.key], tick=2)
    assert ada.store.select() == before


def test_a_provenance_that_is_none() -> None:
    ada = people()[0]
    record = ada.remember("x", tick=1, data={"heard": {"path": 3}})
    with pytest.raises(RecallError, match="malformed"):
        provenance(record)


def test_a_better_rumour_rests_on_who_told_it() -> None:
    ada, bram, cole, _ = people()
    first = ada.remember("The bridge is down.", tick=1, importance=0.9)
    [second_hand] = tell(ada, bram, [first.key], tick=2, trust=0.5)
    [rumour] = tell(bram, cole, [second_hand.key], tick=3, trust=0.5)
    assert [one.key for one in cole.sources(rumour)] == [second_hand.key]
    [better] = tell(ada, cole, [first.key], tick=4)
    assert better.key == rumour.key
    assert attribution(better) == "heard from Ada"
    assert [one.key for one in cole.sources(better)] == [first.key]
    verify(ada.store._database)


# -- reflection ------------------------------------------------------------------------------------


def busy() -> Memory:
    ada = people()[0]
    for number in range(6):
        ada.remember(
            f"Dunn hit the dog near the {('well', 'mill')[number % 2]}.",
            tick=number * DAY + 20 * DAY // 24, importance=0.3 + number / 20,
            data={"who": "Dunn", "deed": "attack", "whom": "the dog", "feeling": -0.8},
        )  # fmt: skip
    ada.remember("Cole gave Ada bread.", tick=0, data={"who": "Cole", "deed": "give"})
    ada.remember("A cloud passed.", tick=0)
    return ada


def test_patterns_become_knowledge() -> None:
    ada = busy()
    found = reflect(ada, now=7 * DAY)
    assert [(one.kind, one.text) for one in found] == [
        (
            "semantic",
            "Often in the evening, 6 times so far: Dunn hit the dog near the mill (3), well (3).",
        ),
        ("social", "Dunn is mostly hostile to the dog (6 times)."),
        ("semantic", "Dunn is mostly aggressive: 6 of 6 deeds."),
    ]
    for one in found:
        assert len(ada.sources(one)) == one.data["count"] == 6
        assert {link.relation for link in ada.store.links(from_key=one.key)} == {BECAUSE}
        assert one.importance == pytest.approx(0.55)
    assert found[1].tags == ("Dunn", "the dog")


def test_a_pattern_is_known_once() -> None:
    ada = busy()
    first = reflect(ada, now=7 * DAY)
    ada.remember(
        "Dunn hit the dog near the gate.", tick=7 * DAY,
        data={"who": "Dunn", "deed": "attack", "whom": "the dog", "feeling": 1},
    )  # fmt: skip
    second = reflect(ada, now=8 * DAY)
    assert [one.key for one in second] == [one.key for one in first]
    assert "7 times so far" in second[0].text
    assert second[1].data["count"] == 7


def dog_owner(*deeds: tuple[int, str, float]) -> Memory:
    """What Ada saw Dunn do to his dog: how often, what, and how that felt."""
    ada = people()[0]
    for many, deed, feeling in deeds:
        data = {"who": "Dunn", "deed": deed, "whom": "dog", "feeling": feeling}
        for _ in range(many):
            tick = len(ada)
            ada.remember(f"Dunn {deed} {tick}.", tick=tick, data=data)
    return ada


def test_a_pattern_that_no_longer_holds_is_forgotten() -> None:
    ada = dog_owner((4, "attack", -0.8))
    before = reflect(ada, now=5, finders=(bonds, styles))
    assert [one.text for one in before] == [
        "Dunn is mostly hostile to dog (4 times).",
        "Dunn is mostly aggressive: 4 of 4 deeds.",
    ]
    more = dog_owner((12, "feed", 0.5))
    ada.remember_all(more.store.select())
    assert reflect(ada, now=18, finders=(bonds, styles)) == []
    assert ada.store.select(Filter(source="reflection/")) == []
    assert ada.store.links() == []
    assert len(ada) == 16


def test_a_pattern_outlives_what_it_rests_on() -> None:
    """That episodes have faded speaks against nothing, nor do too few others."""
    ada = dog_owner((4, "attack", -0.8))
    before = reflect(ada, now=5, finders=(bonds, styles))
    ada.forget(ada.store.keys(Filter(kinds=("episodic",))))
    ada.remember_all(dog_owner((3, "feed", 0.5)).store.select())
    assert reflect(ada, now=9, finders=(bonds, styles)) == []
    assert ada.store.records([one.key for one in before]) == before


def test_mixed_feelings_and_odd_data_are_no_pattern() -> None:
    ada = people()[0]
    for number, feeling in enumerate([1, -1, 1, -1, True, "bad", None, float("1e9")]):
        data = {"who": "Cole", "whom": "Dunn", "feeling": feeling if number < 7 else -1}
        ada.remember(f"{number}", tick=number, data=data)
    ada.remember("z", tick=9, data={"who": 3, "deed": ["x"]})
    assert reflect(ada, now=10, finders=(bonds,)) == []
    with pytest.raises(RecallError, match="least"):
        reflect(ada, now=10, least=1)


def test_a_writer_that_fails_leaves_nothing_half_done() -> None:
    ada = busy()
    before = ada.store.select()

    def fail(texts: object) -> str:
        raise OSError("no model")

    with pytest.raises(OSError, match="no model"):
        reflect(ada, now=7 * DAY, write=fail)
    assert ada.store.select() == before
