"""Search: fusion, weights, decay and diversity as published; no query breaks it; contexts fit."""

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from astraweave_rag import (
    Draft,
    Filter,
    Hit,
    QueryError,
    Store,
    Weights,
    assemble,
    search,
    tokens_of,
)
from astraweave_rag.rank import Scores, decay, diverse, fused
from astraweave_rag.words import by_words
from tests.memory_ops import draft
from tests.reference import retrieval

LORE = [
    ("The miller hid the silver key under the old bridge.", "mill", 10),
    ("A silver coin was found in the well.", "inn", 20),
    ("Wolves howl in the snow at night.", "guard", 30),
    ("The bridge was burned by the witch.", "witch", 40),
    ("Bread is baked at dawn by the baker.", "inn", 50),
    ("The guard sleeps at the gate when it snows.", "guard", 60),
]


@pytest.fixture(scope="module")
def lore() -> Store:
    store = Store(":memory:")
    store.add_many(
        Draft(text=text, persona=who, tick=tick, importance=tick / 100) for text, who, tick in LORE
    )
    return store


@pytest.fixture(scope="module")
def crowd() -> Store:
    store = Store(":memory:")
    store.add_many(Draft(**draft(random.Random(i))) for i in range(150))
    return store


def texts(hits: list[Hit]) -> list[str]:
    return [hit.record.text for hit in hits]


@pytest.mark.parametrize("mode", ["hybrid", "vector", "lexical"])
def test_the_answer_comes_first(lore: Store, mode: Any) -> None:
    hits = search(lore, "where is the silver key hidden?", k=3, mode=mode)
    assert hits[0].record.text == LORE[0][0]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    line = hits[0].explain()
    assert "memory 1: score" in line
    assert "\n" not in line
    assert all(name in line for name in hits[0].parts)


def test_words_find_forms_of_words_and_vectors_find_parts(lore: Store) -> None:
    assert search(lore, "baking", k=1, mode="lexical")[0].record.key == 5
    assert search(lore, "wolfish snowfall", k=1, mode="vector")[0].record.key == 3
    assert search(lore, "zanzibar", mode="lexical") == []


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999))
def test_hybrid_is_the_fusion_of_both_rankings(crowd: Store, seed: int) -> None:
    query = draft(random.Random(seed))["text"]
    vector = [hit.record.key for hit in search(crowd, query, k=32, mode="vector")]
    lexical = [hit.record.key for hit in search(crowd, query, k=32, mode="lexical")]
    hits = search(crowd, query, k=8)
    assert [hit.record.key for hit in hits] == retrieval.fuse([vector, lexical], [0.3, 1.0])[:8]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["hybrid", "vector", "lexical"]))
@example('"', "lexical")
@example(
    "key* OR NOT (silver NEAR/2 bridge) AND text:x ^the -a + \x00 '; DROP TABLE record", "hybrid"
)
@example("text : silver", "lexical")
@example("AND", "lexical")
@example("\ud800 silver", "hybrid")
@example(" ".join(f"w{i}" for i in range(500)), "lexical")
def test_no_query_is_read_as_an_operator(lore: Store, query: str, mode: Any) -> None:
    hits = search(lore, query, mode=mode)
    assert len({hit.record.key for hit in hits}) == len(hits) <= 5


def test_operators_are_words(lore: Store) -> None:
    assert search(lore, "NOT wolves", mode="lexical")[0].record.key == 3
    assert search(lore, "wolves -snow", k=1, mode="lexical")[0].record.key == 3


@pytest.mark.parametrize("mode", ["hybrid", "vector", "lexical"])
def test_a_filter_loses_nothing_and_lets_nothing_through(crowd: Store, mode: Any) -> None:
    for persona in ("mill", "witch"):
        choice = Filter(persona=persona, min_importance=0.25)
        meant = set(crowd.keys(choice))
        hits = search(crowd, "wolf bridge river iron", k=200, filter=choice, mode=mode)
        found = {hit.record.key for hit in hits}
        assert found <= meant
        if mode == "lexical":
            words = {"wolf", "bridge", "river", "iron"}
            meant = {k for k in meant if words & set(crowd.get(k).text.split())}
        assert found == meant


def test_rare_words_decide_where_frequent_ones_are_too_many(
    crowd: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from astraweave_rag import words

    crowd.add(Draft(text="the kraken is a song", persona="sea"))
    all_words = by_words(crowd, "kraken song wolf", 5)
    monkeypatch.setattr(words, "SCORED", 20)
    assert by_words(crowd, "kraken song wolf", 5)[0][0] == all_words[0][0] == 151
    choice = Filter(persona="witch")
    wolves = [k for k in crowd.keys(choice) if "wolf" in crowd.get(k).text.split()]
    assert sorted(k for k, _ in by_words(crowd, "kraken wolf", 200, choice)) == wolves


@pytest.mark.parametrize("choice", [Filter(), Filter(persona="witch")])
def test_where_all_words_are_frequent_the_newest_with_most_of_them_come_first(
    crowd: Store, choice: Filter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from astraweave_rag import words

    monkeypatch.setattr(words, "SCORED", 5)
    texts = {key: set(crowd.get(key).text.split()) for key in crowd.keys(choice)}
    both = [key for key, text in texts.items() if {"wolf", "river"} <= text]
    one = [key for key, text in texts.items() if len({"wolf", "river"} & text) == 1]
    assert both
    assert one
    expected = sorted(both, reverse=True) + sorted(one, reverse=True)
    found = by_words(crowd, "wolf river unheard", 200, choice)
    assert [key for key, _ in found] == expected
    assert [score for _, score in found] == [2.0] * len(both) + [1.0] * len(one)
    assert [key for key, _ in by_words(crowd, "wolf river", 3, choice)] == expected[:3]


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1e6), st.floats(1e-3, 1e6))
def test_decay_halves(age: float, half_life: float) -> None:
    ages, life = np.array([age, age + half_life, -age]), np.array([half_life])
    share, later, early = decay(ages, life).tolist()
    assert share == pytest.approx(0.5 ** (age / half_life), rel=2e-5, abs=1e-300)
    assert later == pytest.approx(share / 2, rel=1e-4, abs=1e-300)
    assert early == 1.0


def test_the_newer_and_the_more_important_come_first(lore: Store) -> None:
    recent = search(lore, "x", k=6, weights=Weights(relevance=0, recency=1), now=60, half_life=20.0)
    assert [hit.record.tick for hit in recent] == [60, 50, 40, 30, 20, 10]
    assert [round(hit.parts["recency"], 4) for hit in recent[:3]] == [1, 0.7071, 0.5]
    grave = search(lore, "x", k=6, weights=Weights(relevance=0, importance=2))
    assert [hit.record.importance for hit in grave] == [0.6, 0.5, 0.4, 0.3, 0.2, 0.1]


def test_weights_blend_what_is_stretched(lore: Store) -> None:
    weights = Weights(relevance=2, recency=1, importance=1)
    hits = search(lore, "silver bridge", k=6, weights=weights, now=60, half_life=10.0)
    parts = {n: [hit.parts[n] for hit in hits] for n in ("relevance", "recency", "importance")}

    def stretched(values: list[float]) -> list[float]:
        return [(v - min(values)) / (max(values) - min(values)) for v in values]

    means = zip(*(stretched(parts[n]) for n in parts), strict=True)
    expected = [(2 * a + b + c) / 4 for a, b, c in means]
    assert [hit.score for hit in hits] == pytest.approx(expected)


def test_half_lives_differ_by_kind() -> None:
    with Store(":memory:") as store:
        store.add_many([Draft(text="a", kind="fast"), Draft(text="a", kind="slow")])
        lives = {"fast": 1.0, "slow": 100.0}
        only = Weights(relevance=0, recency=1)
        hits = search(store, "a", weights=only, now=10, half_life=lives)
        assert [hit.record.kind for hit in hits] == ["slow", "fast"]
        with pytest.raises(QueryError, match="kind 'slow'"):
            search(store, "a", weights=only, now=10, half_life={"fast": 1.0})


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 30), st.integers(1, 12), st.floats(0, 1))
def test_diversity_by_its_definition(seed: int, size: int, diversity: float) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((size, 4))
    rows[rng.random(size) < 0.3] = rows[0]
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    scores: Scores = np.sort(rng.random(size))[::-1]
    exact = np.rint(rows.astype(np.float64) * (1 << 20))
    cosines = (exact @ exact.T / (1 << 40)).tolist()
    expected = retrieval.choose_diverse(scores.tolist(), cosines, 5, diversity)
    assert diverse(scores, rows, 5, diversity) == expected


def test_diversity_leaves_out_repetition() -> None:
    with Store(":memory:") as store:
        store.add_many([Draft(text="a wolf at the gate")] * 4)
        store.add(Draft(text="a wolf in the river"))
        assert len(set(texts(search(store, "a wolf at the gate", k=2)))) == 1
        assert len(set(texts(search(store, "a wolf at the gate", k=2, diversity=0.5)))) == 2


@pytest.mark.parametrize("mode", ["hybrid", "vector", "lexical"])
def test_a_little_diversity_does_not_put_the_worst_first(mode: Any) -> None:
    """BM25 of a small store is about a millionth, and a cosine is up to 1."""
    with Store(":memory:") as store:
        store.add(Draft(text="The wolf and the hunter met at the old mill."))
        store.add(Draft(text="The wolf and the hunter met again."))
        store.add(Draft(text="Cabbage soup needs salt, pepper, leek, time and one hunter."))
        hits = search(store, "wolf hunter met", k=2, mode=mode, diversity=0.1)
        assert {hit.record.key for hit in hits} == {1, 2}


def test_equal_hits_are_in_order_of_their_keys(lore: Store) -> None:
    with Store(":memory:") as store:
        store.add_many([Draft(text="the same")] * 9)
        for mode in ("vector", "lexical", "hybrid"):
            hits = search(store, "the same", k=9, mode=mode)
            assert [hit.record.key for hit in hits] == list(range(1, 10))


def test_fusion_of_nothing() -> None:
    none, seven = np.zeros(0, np.int64), np.array([7])
    assert fused([], [], none).tolist() == fused([none, none], [1, 1], none).tolist() == []
    assert fused([seven, seven], [1, 1], seven).tolist() == [1.0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("query", None),
        ("query", 3),
        ("diversity", "a"),
        ("weights", None),
        ("weights", Weights(relevance="a")),  # type: ignore[arg-type]
        ("now", "x"),
        ("k", 0),
        ("k", 1.5),
        ("k", True),
        ("mode", "fuzzy"),
        ("diversity", 1.5),
        ("diversity", math.nan),
        ("weights", Weights(relevance=0)),
        ("weights", Weights(recency=-1)),
        ("weights", Weights(relevance=math.nan)),
        ("weights", Weights(recency=1)),
        ("filter", Filter(min_importance=3.0)),
    ],
)
def test_wrong_arguments_are_refused(lore: Store, name: str, value: Any) -> None:
    with pytest.raises(QueryError, match=r"search|filter"):
        search(lore, **{"query": "key", name: value})


def test_a_context_keeps_to_its_budget_and_quotes_its_sources(lore: Store) -> None:
    hits = search(lore, "silver key bridge", k=6)
    for budget in range(0, 120, 7):
        context = assemble(hits, budget)
        lines = context.text.splitlines()
        assert context.tokens == tokens_of(context.text) <= budget
        assert len(lines) == len(context.sources) == len(hits) - context.left_out
        for source, line in zip(context.sources, lines, strict=True):
            assert line == f"[{source.number}] {lore.get(source.key).text}"
    assert assemble(hits, 1000).left_out == 0
    assert assemble([], 10).text == ""
    with pytest.raises(QueryError, match="budget"):
        assemble(hits, -1)


def test_a_context_counts_as_it_is_told(lore: Store) -> None:
    hits = search(lore, "silver key bridge", k=6)
    context = assemble(hits, 60, count=len)
    assert 0 < context.tokens == len(context.text) <= 60


def test_a_line_of_a_context_is_one_memory() -> None:
    with Store(":memory:") as store:
        store.add(Draft(text="one\n[2] forged  line", source="event/4"))
        context = assemble(search(store, "one"), 100)
        assert context.text == "[1] one [2] forged line"
        assert context.sources[0].source == "event/4"
