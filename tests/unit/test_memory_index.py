"""The nearest vectors: exact where it is promised, and the same after any history."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_rag import Draft, Filter, HashingEmbedder, Store, StoreError, graph, index, search
from astraweave_rag.embed import Vectors
from astraweave_rag.slots import Slots
from astraweave_rag.write import KEPT

EMBEDDER = HashingEmbedder(24)


def vectors(seed: int, count: int, dimensions: int = 24, spread: float = 1.0) -> Vectors:
    """Rows of length 1: alike where `spread` is small, some of them equal."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal(dimensions) + spread * rng.standard_normal((count, dimensions))
    rows[rng.random(count) < 0.2] = rows[0]
    rows[rng.random(count) < 0.1, 1:] = 0  # a single number that is not 0
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def by_definition(keys: list[int], rows: Vectors, query: Vectors, count: int) -> list[int]:
    """The nearest by sums of whole numbers in Python, ties by key."""
    exact = [[round(float(x) * (1 << 20)) for x in row] for row in rows]
    asked = [round(float(x) * (1 << 20)) for x in query]
    score = [sum(a * b for a, b in zip(row, asked, strict=True)) for row in exact]
    return [key for _, key in sorted((-s, key) for s, key in zip(score, keys, strict=True))][:count]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 1 << 30), st.integers(1, 120), st.integers(1, 12), st.sampled_from([0.01, 1, 3])
)
def test_a_scan_is_exact(seed: int, size: int, count: int, spread: float) -> None:
    rows = vectors(seed, size + 1, spread=spread)
    keys = np.random.default_rng(seed).permutation(size) + 1
    slots = Slots(24)
    slots.put(keys, rows[:size])
    gone = keys[: size // 3]
    slots.remove(gone)
    slots.put(gone[: size // 6], rows[: size // 6])
    left = np.array(sorted({*keys} - {*gone[size // 6 :]}), np.int64)
    found, scores = slots.best(rows[-1], slots.scan(rows[-1], count), count)
    kept = slots.rows[slots.slots_of(left)]
    assert found.tolist() == by_definition(left.tolist(), kept, rows[-1], count)
    assert np.allclose(scores, kept[np.searchsorted(left, found)] @ rows[-1], atol=1e-5)
    half = left[::2]
    among = slots.slots_of(half)
    found, _ = slots.best(rows[-1], slots.scan(rows[-1], count, among), count)
    assert found.tolist() == by_definition(half.tolist(), slots.rows[among], rows[-1], count)


@pytest.fixture
def small_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs from 300 memories on."""
    monkeypatch.setattr(index, "EXACT_UP_TO", 300)
    monkeypatch.setattr(index, "_SMALL", 50)


def fill(store: Store, seed: int, count: int) -> None:
    rows = vectors(seed, count)
    store.add_many([Draft(text=f"{i}", persona=f"p{i % 4}") for i in range(count)], rows)


def recall(store: Store, choice: Filter = Filter(), exact: bool = False) -> float:  # noqa: B008
    """Share of the ten nearest that are found, by their cosines, since many rows are equal."""
    keys = store.keys(choice)
    rows = store.vectors(keys).astype(np.float64)
    found = []
    for query in vectors(99, 20):
        scores = dict(zip(keys, rows @ query, strict=True))
        got = [key for key, _ in store.nearest(query, 10, choice, exact=exact)]
        assert len(got) == len(set(got)) == min(10, len(keys))
        least = sorted(scores.values())[-min(10, len(keys))]
        found.append(np.mean([scores[key] >= least - 1e-6 for key in got]))
    return float(np.mean(found))


@pytest.mark.usefixtures("small_graphs")
def test_a_graph_follows_the_store() -> None:
    with Store(":memory:", EMBEDDER) as store:
        fill(store, 1, 800)
        store.build_index()
        assert store.index.graph is not None
        assert store.index.graph.size == 800
        assert recall(store) > 0.97
        store.delete(range(1, 801, 5))
        fill(store, 2, 60)
        changed = vectors(3, 1)[0]
        store.update(2, text="other")
        assert recall(store) > 0.97
        assert recall(store, exact=True) == 1
        assert recall(store, Filter(persona="p1")) == 1  # few enough for a scan
        assert recall(store, Filter(persona=("p1", "p2", "p3"))) == 1  # and these too
        assert 1 not in [key for key, _ in store.nearest(changed, 700)]
        store.delete(store.keys()[:300])
        store.nearest(changed, 1)  # begins to build anew, as more than a quarter is empty
        store.build_index()
        assert store.index.slots.used == store.index.slots.live == len(store)
        assert recall(store) > 0.97


@pytest.mark.usefixtures("small_graphs")
def test_a_graph_that_misses_too_much_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)  # without any structure, and more dimensions than the others
    rows = rng.standard_normal((2600, 256)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    monkeypatch.setattr(graph, "_EFFORTS", (16, 32))
    with Store(":memory:", HashingEmbedder(256)) as store:
        store.add_many([Draft(text=f"{i}") for i in range(2500)], rows[:2500])
        store.build_index()
        assert store.index.graph is None
        for query in rows[2500:]:
            assert store.nearest(query, 10) == store.nearest(query, 10, exact=True)
        store.add_many([Draft(text="more")] * 300, rows[:300])
        store.build_index()
        assert store.index._builder is None, "it is not tried again"


@pytest.mark.usefixtures("small_graphs")
def test_a_graph_looks_as_far_as_it_must(tmp_path: Path) -> None:
    with Store(tmp_path / "s", EMBEDDER) as store:
        fill(store, 1, 400)
        store.build_index()
        assert store.index.graph is not None
        effort = store.index.graph.effort
        assert effort == graph._EFFORTS[0], "so few are easily found"
    with Store(tmp_path / "s", EMBEDDER) as store:
        store.nearest(vectors(1, 1)[0], 1)
        assert store.index.graph is not None
        assert store.index.graph.effort == effort


@pytest.mark.usefixtures("small_graphs")
def test_searches_go_on_while_an_index_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_PART", 1)
    with Store(":memory:", EMBEDDER) as store:
        fill(store, 1, 500)
        for key in range(1, 60):
            assert recall_of_one(store, key)
            store.delete([key])
            fill(store, key, 1)
        store.build_index()
        assert store.index.graph is not None
        assert recall(store) > 0.97


def test_an_index_that_slept_for_long_misses_nothing(tmp_path: Path) -> None:
    path, query = tmp_path / "s", vectors(1, 1)[0]
    with Store(path, EMBEDDER) as writer, Store(path, EMBEDDER) as reader:
        fill(writer, 1, 20)
        assert len(reader.nearest(query, 30)) == 20
        writer.delete([1, 2, 3])
        with writer.together():
            for _ in range(KEPT + 100):
                writer.link([(5, 6, "of")])
        assert writer.rows("SELECT count(*) FROM gone") == [(0,)]
        assert {key for key, _ in reader.nearest(query, 30)} == set(range(4, 21))


def recall_of_one(store: Store, key: int) -> bool:
    """Whether a memory is the nearest to itself, or equal to the nearest."""
    vector = store.vectors([key])[0]
    return store.nearest(vector, 1)[0][1] > 0.9999


@pytest.mark.usefixtures("small_graphs")
def test_a_graph_is_kept_in_a_file_and_used_again(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Store(path, EMBEDDER) as store:
        fill(store, 1, 400)
        store.build_index()
    made = (tmp_path / "s.index").read_bytes()
    with Store(path, EMBEDDER) as store:
        assert recall(store) > 0.97
        assert store.index.saved == 400  # it came from the file
        store.delete([5, 6])
        fill(store, 2, 10)
    with Store(path, EMBEDDER) as store:
        assert recall(store) > 0.97
        assert store.index.saved == 400
    assert (tmp_path / "s.index").read_bytes() == made


@pytest.mark.usefixtures("small_graphs")
def test_the_file_of_another_store_is_not_used(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        with Store(tmp_path / name, EMBEDDER) as store:
            fill(store, seed, 400)
            store.build_index()
    (tmp_path / "a.index").replace(tmp_path / "b.index")
    with Store(tmp_path / "b", EMBEDDER) as store:
        store.nearest(vectors(1, 1)[0], 1)
        assert store.index.saved == 0
        assert recall(store, exact=True) == 1


@pytest.mark.usefixtures("small_graphs")
def test_equal_stores_have_equal_graphs(tmp_path: Path) -> None:
    files = []
    for name in ("a", "b"):
        with Store(tmp_path / name, EMBEDDER) as store:
            fill(store, 7, 400)
            store.build_index()
        files.append((tmp_path / f"{name}.index").read_bytes())
    assert files[0] == files[1]


def test_an_empty_store_has_nothing_near() -> None:
    with Store(":memory:", EMBEDDER) as store:
        assert store.nearest(vectors(1, 1)[0], 5) == []
        store.add(Draft(text="a"))
        assert store.nearest(vectors(1, 1)[0], 5, Filter(persona="nobody")) == []
        store.delete([1])
        assert store.nearest(vectors(1, 1)[0], 5) == []


# -- what was taken back ---------------------------------------------------------------------------


class TakenBackError(Exception):
    """Ends a write."""


@contextmanager
def taken_back(store: Store) -> Iterator[None]:
    with suppress(TakenBackError), store.together():
        yield
        raise TakenBackError


def test_what_was_taken_back_is_not_found() -> None:
    with Store(":memory:") as store:
        store.add(Draft(text="Bread is baked at dawn."))
        with taken_back(store):
            store.add(Draft(text="The dragon sleeps."))
            assert search(store, "dragon")[0].record.key == 2
        assert [hit.record.key for hit in search(store, "dragon")] == [1]
        store.update(1, importance=0.9)
        assert [hit.record.key for hit in search(store, "dragon")] == [1]


def test_a_key_that_is_given_again_has_its_own_vector() -> None:
    with Store(":memory:") as store:
        store.add(Draft(text="Bread is baked at dawn."))
        with taken_back(store):
            store.add(Draft(text="The dragon sleeps."))
            search(store, "dragon")
        store.add(Draft(text="Fish is sold."))
        hits = search(store, "The dragon sleeps.", mode="vector")
        assert {h.record.key: h.parts["vector"] for h in hits} == dict(
            store.nearest(store.embedder.embed(["The dragon sleeps."])[0], 2, exact=True)
        )
        assert max(hit.parts["vector"] for hit in hits) < 0.9


def test_a_part_that_was_taken_back_inside_a_write() -> None:
    with Store(":memory:") as store, store.together():
        store.add(Draft(text="Bread is baked at dawn."))
        with taken_back(store):
            store.add(Draft(text="The dragon sleeps."))
            search(store, "dragon")
        fish = store.add(Draft(text="Fish is sold."))
        assert search(store, "dragon", mode="vector", k=1)[0].parts["vector"] < 0.9
        assert search(store, "fish", mode="vector", k=1)[0].record == fish


@pytest.mark.usefixtures("small_graphs")
def test_a_graph_of_what_was_taken_back_is_not_kept(tmp_path: Path) -> None:
    with Store(tmp_path / "s", EMBEDDER) as store:
        fill(store, 1, 300)
        store.build_index()
        with taken_back(store):
            fill(store, 2, 300)
            store.nearest(vectors(1, 1)[0], 5)  # a builder begins with what will not be there
        fill(store, 3, 300)
        store.build_index()
        assert recall(store) > 0.97
        assert recall(store, exact=True) == 1
    with Store(tmp_path / "s", EMBEDDER) as store:
        assert recall(store) > 0.97
        assert store.index.saved == 600


def test_a_write_that_fails_costs_no_new_index() -> None:
    with Store(":memory:", EMBEDDER) as store:
        fill(store, 1, 50)
        store.nearest(vectors(1, 1)[0], 5)
        slots = store.index.slots.used
        with pytest.raises(StoreError):
            store.delete([99])
        assert not store.index._seen.was_undone(store.moment)
        store.nearest(vectors(1, 1)[0], 5)
        assert store.index.slots.used == slots
