"""A store holds what a dictionary would, refuses what is wrong, and applies all or nothing."""

import threading
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_rag import (
    Draft,
    EmbedderError,
    Filter,
    HashingEmbedder,
    QueryError,
    Record,
    Store,
    StoreError,
)
from tests.memory_ops import KINDS, NAMES, Fields, Model, draft, held_by, same, step

SMALL = HashingEmbedder(32)


def store(path: str | Path = ":memory:") -> Store:
    return Store(path, SMALL)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1 << 30), st.integers(1, 40))
def test_holds_what_a_dictionary_would(seed: int, rounds: int) -> None:
    model = Model()
    with store() as kept:
        for number in range(rounds):
            now = step(seed, number, model)
            now.to_store(kept)
            now.to_model(model)
        assert same(held_by(kept), model)
        texts = [record.text for record in kept.select()]
        assert kept.vectors(kept.keys()).tobytes() == SMALL.embed(texts).tobytes()


filters = st.builds(
    Filter,
    persona=st.none() | st.sampled_from(NAMES) | st.lists(st.sampled_from(NAMES)).map(tuple),
    kinds=st.lists(st.sampled_from(KINDS), max_size=2).map(tuple),
    tags=st.lists(st.sampled_from(["a", "b", "x' OR 1"]), max_size=2).map(tuple),
    since=st.none() | st.integers(0, 1000),
    until=st.none() | st.integers(0, 1000),
    min_importance=st.integers(0, 16).map(lambda n: n / 16),
    source=st.sampled_from(["", "event/", "book/two", "%", "_vent"]),
)


def meant(choice: Filter, record: Record) -> bool:
    """Whether a filter means a memory, by its definition."""
    personas = (choice.persona,) if isinstance(choice.persona, str) else choice.persona
    return (
        (personas is None or record.persona in personas)
        and (not choice.kinds or record.kind in choice.kinds)
        and set(choice.tags) <= set(record.tags)
        and (choice.since is None or record.tick >= choice.since)
        and (choice.until is None or record.tick <= choice.until)
        and record.importance >= choice.min_importance
        and record.source.startswith(choice.source)
    )


@pytest.fixture(scope="module")
def hundred() -> Store:
    import random

    kept = store()
    kept.add_many(Draft(**draft(random.Random(i))) for i in range(100))
    return kept


@settings(max_examples=100, deadline=None)
@given(choice=filters)
def test_filters_choose_what_they_say(hundred: Store, choice: Filter) -> None:
    expected = [record for record in hundred.select() if meant(choice, record)]
    assert hundred.select(choice) == expected
    assert hundred.count(choice) == len(expected)
    newest = sorted(expected, key=lambda record: (-record.tick, -record.key))
    assert hundred.keys(choice, "-tick", 7) == [record.key for record in newest[:7]]
    best = sorted(expected, key=lambda record: (-record.importance, record.key))
    assert hundred.select(choice, "-importance") == best


WRONG: list[Fields] = [
    {"text": ""},
    {"text": 5},
    {"text": "\ud800"},
    {"text": "x" * (1 << 20 | 1)},
    {"tick": 1 << 63},
    {"tick": 0.5},
    {"wall": float("inf")},
    {"importance": float("nan")},
    {"importance": 1.5},
    {"importance": "high"},
    {"tags": ("",)},
    {"tags": "abc"},
    {"persona": None},
    {"data": {"a": (1, 2)}},
    {"data": {1: "a"}},
    {"data": {"a": float("nan")}},
    {"data": {"a": object()}},
    {"data": [1]},
    {"data": {"a": "x" * (1 << 16)}},
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda fields: next(iter(fields)))
def test_a_wrong_memory_is_refused_with_its_batch(wrong: Fields) -> None:
    with store() as kept:
        first = kept.add(Draft(text="here before"))
        batch = [Draft(text="good"), Draft(**{"text": "bad", **wrong})]
        with pytest.raises(StoreError, match="memory"):
            kept.add_many(batch)
        with pytest.raises(StoreError, match="memory"):
            kept.update(first.key, **wrong)
        assert kept.select() == [first]
        assert kept.revision == 1
        assert kept.add(Draft(text="good")).key == 2


def test_what_is_not_there_is_refused_and_nothing_applied() -> None:
    with store() as kept:
        keys = [record.key for record in kept.add_many([Draft(text="a"), Draft(text="b")])]
        before = held_by(kept)
        calls: list[Any] = [
            lambda: kept.delete([keys[0], 99]),
            lambda: kept.update(99, text="c"),
            lambda: kept.update(keys[0], size=3),
            lambda: kept.link([(keys[0], keys[1], "of"), (keys[0], 99, "of")]),
            lambda: kept.get(99),
            lambda: kept.vectors([keys[0], 99]),
            lambda: kept.delete(["1"]),
            lambda: kept.add("text"),
        ]
        for call in calls:
            with pytest.raises(StoreError):
                call()
        assert same(held_by(kept), before)


@pytest.mark.parametrize(
    "rows",
    [
        np.full((2, 32), np.nan, np.float32),
        np.ones((2, 32), np.float32),
        np.eye(3, 32, dtype=np.float32),
        np.eye(2, 31, dtype=np.float32),
        np.eye(2, 32, dtype=np.int64),
    ],
)
def test_wrong_vectors_are_refused(rows: Any) -> None:
    with store() as kept:
        with pytest.raises(EmbedderError, match="given vectors"):
            kept.add_many([Draft(text="a"), Draft(text="b")], rows)
        with pytest.raises(EmbedderError, match="given vector"):
            kept.nearest(rows[0][:31], 1)
        assert len(kept) == 0


@pytest.mark.parametrize(
    "choice",
    [
        Filter(min_importance=2.0),
        Filter(since=1 << 70),
        Filter(kinds="episodic"),  # type: ignore[arg-type]
        Filter(persona=3),  # type: ignore[arg-type]
        Filter(tags=("",)),
        "persona",
    ],
)
def test_wrong_filters_are_refused(choice: Any) -> None:
    with store() as kept, pytest.raises(QueryError, match="filter"):
        kept.select(choice)


def test_an_unknown_order_is_refused() -> None:
    with store() as kept, pytest.raises(QueryError, match="order"):
        kept.select(order="text; DROP TABLE record")


def test_together_is_all_or_nothing_and_a_part_may_fail() -> None:
    with store() as kept:
        with pytest.raises(StoreError, match="no memory 98"), kept.together():
            kept.delete([kept.add(Draft(text="a")).key, 98])
        assert len(kept) == 0
        with kept.together():
            kept.add(Draft(text="b"))
            with pytest.raises(StoreError):
                kept.delete([99])
        assert [record.text for record in kept.select()] == ["b"]
        with kept.reading(), pytest.raises(StoreError, match="reading"):
            kept.add(Draft(text="c"))


def test_keys_are_never_used_again(tmp_path: Path) -> None:
    with store(tmp_path / "s") as kept:
        kept.add_many([Draft(text="a"), Draft(text="b")])
        kept.delete([2])
    with store(tmp_path / "s") as kept:
        assert kept.add(Draft(text="c")).key == 3


def test_the_embedder_is_part_of_a_store(tmp_path: Path) -> None:
    with store(tmp_path / "s") as kept:
        kept.add(Draft(text="a wolf in the snow"))
    with pytest.raises(EmbedderError, match="reembed"):
        Store(tmp_path / "s", HashingEmbedder(48))
    other = HashingEmbedder(48)
    with Store(tmp_path / "s", other, reembed=True) as kept:
        assert kept.vectors([1]).tobytes() == other.embed(["a wolf in the snow"]).tobytes()
    with Store(tmp_path / "s", other) as kept:
        assert kept.nearest(other.embed(["wolf"])[0], 1)[0][0] == 1


def test_the_same_writes_make_the_same_bytes(tmp_path: Path) -> None:
    files = []
    for name in ("one", "two"):
        model = Model()
        with store(tmp_path / name) as kept:
            for number in range(40):
                now = step(3, number, model)
                now.to_store(kept)
                now.to_model(model)
                if name == "two":  # readings and searches leave no mark
                    kept.nearest(SMALL.embed(["wolf"])[0], 3)
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]


def test_nothing_is_left_of_what_is_deleted(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with store(path) as kept:
        kept.add_many(Draft(text=f"the secret word is quetzalcoatl{i}") for i in range(50))
        kept.add(Draft(text="bread is baked at dawn"))
        vectors = kept.vectors(range(1, 51)).tobytes()
        kept.delete(range(1, 51))
        kept.scrub()
        left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert b"quetzal" not in left
        assert all(vectors[i * 128 : i * 128 + 128] not in left for i in range(50))
        assert b"bread is baked" in left
        assert [r.text for r in kept.select()] == ["bread is baked at dawn"]


def test_readers_see_one_moment_while_another_writes(tmp_path: Path) -> None:
    with store(tmp_path / "s") as writer, store(tmp_path / "s") as reader:
        writer.add_many(Draft(text=f"number {i}") for i in range(10))
        with reader.reading():
            before = reader.keys()
            writer.delete([1, 2, 3])
            assert reader.keys() == before
        assert reader.keys() == before[3:]
        query = SMALL.embed(["number 1"])[0]
        assert {key for key, _ in reader.nearest(query, 20)} == set(before[3:])


def test_threads_share_a_store() -> None:
    with store() as kept:
        failures: list[Exception] = []

        def work(name: str) -> None:
            try:
                for i in range(15):
                    kept.add(Draft(text=f"{name} {i}", persona=name))
                    kept.nearest(SMALL.embed([name])[0], 3, Filter(persona=name))
            except Exception as error:  # noqa: BLE001
                failures.append(error)

        threads = [threading.Thread(target=work, args=(name,)) for name in NAMES]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert [kept.count(Filter(persona=name)) for name in NAMES] == [15] * len(NAMES)


def test_a_store_of_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="folder"):
        store(tmp_path / "no" / "s")
    with pytest.raises(StoreError, match=str(tmp_path)):
        store(tmp_path)


def test_records_are_plain_data() -> None:
    with store() as kept:
        record = kept.add(Draft(text="a", tags=("b", "a"), data={"x": [1, None, {"y": 0.5}]}))
        assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record
        assert kept.get(record.key) == record
