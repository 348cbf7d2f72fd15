"""Embedders: the same bytes everywhere, rows of length 1, and nothing else is let through."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_rag import Cached, EmbedderError, HashingEmbedder
from astraweave_rag.embed import COMMON, Vectors, checked_vectors
from tests.reference import retrieval

TEXTS = [
    "The miller hid the silver key under the old bridge.",
    "THE MILLER hid — the silver key — under the old bridge!",
    "Wölfe heulen nachts; wolves howl at night",
    "狼は夜に吠える",
    "a a a a b",
    "",
    "...",
]


def test_bytes_are_pinned() -> None:
    """The same on every machine, so the same here and where this number was computed."""
    data = HashingEmbedder().embed(TEXTS).tobytes()
    assert sha256(data).hexdigest() == PINNED


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="ascii"), max_size=60), max_size=4))
def test_equals_its_definition(texts: list[str]) -> None:
    rows = HashingEmbedder(64).embed(texts)
    expected = [np.array(retrieval.embed(text, 64, COMMON), np.float32) for text in texts]
    for row, twin in zip(rows, expected, strict=True):
        assert row.tobytes() == twin.tobytes()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=200), min_size=1, max_size=4))
def test_every_text_has_a_row_of_length_one(texts: list[str]) -> None:
    rows = HashingEmbedder(48).embed(texts)
    assert rows.shape == (len(texts), 48)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_a_very_long_text_does_not_overflow() -> None:
    text = " ".join(f"word{i % 5000}" for i in range(20_000))
    assert np.linalg.norm(HashingEmbedder().embed([text])[0]) == pytest.approx(1, abs=1e-6)


def test_case_accents_and_punctuation_do_not_matter() -> None:
    same = HashingEmbedder().embed(["The café closes", "the CAFE, closes!"])
    assert same[0].tobytes() == same[1].tobytes()


def test_texts_that_share_parts_of_words_are_near() -> None:
    left = HashingEmbedder().embed(["fishing", "bakery", "dragons", "walked", "stones"])
    right = HashingEmbedder().embed(["fisherman", "baker", "dragon", "walking", "stone"])
    related = np.diagonal(left @ right.T)
    unrelated = (left @ right.T)[~np.eye(5, dtype=bool)]
    assert related.min() > 0.15
    assert related.mean() > 0.3 > 5 * np.abs(unrelated).mean()


@pytest.mark.parametrize("dimensions", [0, 15, -1, 1 << 17, 384.0, True])
def test_dimensions_are_checked(dimensions: int) -> None:
    with pytest.raises(EmbedderError, match="dimensions"):
        HashingEmbedder(dimensions)


class Counting:
    """Says how often it was asked, and returns what it was given."""

    name, dimensions = "counting", 3

    def __init__(self, rows: object = None) -> None:
        self.asked: list[list[str]] = []
        self.rows = rows

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked.append(list(texts))
        if self.rows is not None:
            return self.rows  # type: ignore[return-value]
        return np.eye(3, dtype=np.float32)[[len(text) % 3 for text in texts]]


def test_the_cache_asks_once_and_keeps_the_newest() -> None:
    inner = Counting()
    cached = Cached(inner, 2)
    rows = cached.embed(["a", "bb", "a"])
    assert rows.tolist() == inner.embed(["a", "bb", "a"]).tolist()
    cached.embed(["a"])
    cached.embed(["ccc"])  # "bb" gives way
    cached.embed(["a", "bb"])
    assert inner.asked == [["a", "bb"], ["a", "bb", "a"], ["ccc"], ["bb"]]
    assert (cached.hits, cached.misses) == (3, 4)
    assert cached.embed([]).shape == (0, 3)
    with pytest.raises(EmbedderError, match="size"):
        Cached(inner, 0)


@pytest.mark.parametrize(
    "rows",
    [
        np.full((1, 3), np.nan, np.float32),
        np.array([[np.inf, 0, 0]], np.float32),
        np.zeros((1, 3), np.float32),
        np.array([[2, 0, 0]], np.float32),
        np.array([[1, 0]], np.float32),
        np.array([[1, 0, 0], [1, 0, 0]], np.float32),
        np.array([1, 0, 0], np.float32),
        np.array([[1, 0, 0]], np.int32),
        np.array([["a", "b", "c"]]),
        None,
    ],
)
def test_wrong_rows_are_refused(rows: object) -> None:
    embedder = Counting("none" if rows is None else rows)
    with pytest.raises(EmbedderError, match="counting"):
        checked_vectors(embedder, ["text"])


PINNED = "601f3c34eb5c86750ad3adefc59b428755737cc3d010ee2c5bf39242d3281c38"
