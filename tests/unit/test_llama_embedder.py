"""GGUF embedders: they agree with the twin, and a text's vector is its own.

The traps of llama.cpp are tested by name: no text at all, texts beyond the context, and batches,
which change the bits of what is in them.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_rag import Draft, Store, StoreError, search
from astraweave_rag.errors import EmbedderError, ModelError, TextError
from astraweave_rag.llama import LONGEST, LlamaEmbedder
from astraweave_rag.minilm import convert
from tests.reference.bert import Array, Bert
from tests.tiny_bert import POSITIONS, vocabulary, write_folder, write_gguf
from tests.tiny_gguf import tiny_gguf

CONTEXT = POSITIONS - 8
TEXTS = (
    "The king guards the old bridge.",
    "who asked the miller's daughter?",
    "",
    "   \t\n",
    "Éß 村の水 Где? ½ œuvre",
    "knights, fishing & boats (100 %)",
    "[CLS] the well [SEP]",
    "qqq",
)
WORDS = st.sampled_from([*vocabulary()[6:], "kings", "Guarded", "zebra", "ÀÉ", "Где", "水", "x1y"])
SENTENCES = st.lists(WORDS, max_size=5).map(" ".join)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gguf(tmp_path_factory.mktemp("embedder") / "tiny.gguf", "f32")


@pytest.fixture(scope="module")
def embedder(model: Path) -> Iterator[LlamaEmbedder]:
    with LlamaEmbedder(model) as made:
        yield made


@pytest.fixture(scope="module")
def twin(model: Path) -> Bert:
    return Bert(model.with_suffix(""))


def cosines(a: Any, b: Any) -> Array:
    return np.asarray((np.asarray(a, np.float64) * b).sum(axis=1))


# -- vectors ---------------------------------------------------------------------------------------


def test_vectors_agree_with_the_twin(embedder: LlamaEmbedder, twin: Bert) -> None:
    rows = embedder.embed(TEXTS)
    assert (rows.shape, rows.dtype) == ((len(TEXTS), 64), np.float32)
    assert np.abs(np.linalg.norm(rows.astype(np.float64), axis=1) - 1).max() < 1e-6
    expected = twin.embed(list(TEXTS))
    assert cosines(rows, expected).min() > 0.9999
    # Were it all one direction, the line above would hold for any two texts.
    assert cosines(rows[:1], expected[1:2]).max() < 0.99


@settings(max_examples=40, deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=3))
def test_any_sentences_agree_with_the_twin(
    embedder: LlamaEmbedder, twin: Bert, texts: list[str]
) -> None:
    texts = [text for text in texts if len(twin.tokens(text)) <= CONTEXT]
    if texts:
        assert cosines(embedder.embed(texts), twin.embed(texts)).min() > 0.9999


@pytest.mark.parametrize(("kind", "least"), [("f16", 0.9999), ("q8_0", 0.998)])
def test_smaller_numbers_stay_close_to_the_twin(
    kind: Any, least: float, twin: Bert, tmp_path: Path
) -> None:
    with LlamaEmbedder(write_gguf(tmp_path / "m.gguf", kind)) as embedder:
        assert cosines(embedder.embed(TEXTS), twin.embed(list(TEXTS))).min() > least


def test_cased_models_and_those_pooled_by_cls(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m")
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    pooling = '{"word_embedding_dimension": 64, "pooling_mode_cls_token": true, '
    pooling += '"pooling_mode_mean_tokens": false}'
    (folder / "1_Pooling/config.json").write_text(pooling)
    vocabulary_path = folder / "vocab.txt"
    text = vocabulary_path.read_text("utf-8").replace("\nking\n", "\nKing\n")
    vocabulary_path.write_text(text.replace("\né\n", "\nÉ\n"), "utf-8")
    texts = ["King king", "É é e", "the well"]
    with LlamaEmbedder(convert(folder, tmp_path / "m.gguf", "f32")) as embedder:
        assert cosines(embedder.embed(texts), Bert(folder).embed(texts)).min() > 0.9999


def test_a_text_has_one_vector_in_any_company(embedder: LlamaEmbedder, model: Path) -> None:
    many = [f"{text} {number}" for number in range(9) for text in TEXTS]  # more than go together
    rows = embedder.embed(many)
    alone = np.concatenate([embedder.embed([text]) for text in many[:8]])
    assert rows[:8].tobytes() == alone.tobytes()
    assert embedder.embed(many[::-1])[::-1].tobytes() == rows.tobytes()
    with LlamaEmbedder(model, threads=2) as other:
        assert other.embed(many[:3]).tobytes() == alone[:3].tobytes()
        assert other.name == embedder.name


def test_models_that_generate_text_are_pooled_by_the_mean(tmp_path: Path) -> None:
    path = tmp_path / "llama.gguf"
    tiny_gguf(path)
    texts = ["the king", "the well", "", "the king " * 200]  # the last is beyond the context
    with LlamaEmbedder(path) as embedder:
        rows = embedder.embed(texts)
        assert (rows.shape, embedder.context) == ((4, embedder.dimensions), 512)
        for row, text in zip(rows, texts, strict=True):  # what came before leaves no trace
            assert embedder.embed([text]).tobytes() == row.tobytes()


def test_no_text_gives_no_row(embedder: LlamaEmbedder) -> None:
    rows = embedder.embed([])
    assert (rows.shape, rows.dtype) == ((0, 64), np.float32)


# -- texts beyond the context ----------------------------------------------------------------------


def test_a_long_text_is_split_and_nothing_is_cut(embedder: LlamaEmbedder, twin: Bert) -> None:
    text = "the king asked the miller, " * 12 + "fish"
    cls, *inner, sep = twin.tokens(text)
    count = -(-len(inner) // (CONTEXT - 2))
    assert count > 3
    bounds = [len(inner) * i // count for i in range(count + 1)]
    parts = [inner[a:b] for a, b in pairwise(bounds)]
    weighted = [(len(p) + 2) * twin.embed_tokens([cls, *p, sep]) for p in parts]
    mean = np.sum(weighted, axis=0)
    assert cosines(embedder.embed([text]), [mean / np.linalg.norm(mean)]).min() > 0.9999
    other = embedder.embed([text[: -len("fish")] + "boat"])
    assert cosines(embedder.embed([text]), other).max() < 0.9999


@pytest.mark.parametrize("length", [CONTEXT - 3, CONTEXT - 2, CONTEXT - 1])
def test_lengths_at_the_context_are_not_cut(
    embedder: LlamaEmbedder, twin: Bert, length: int
) -> None:
    texts = ["the " * (length - 1) + last for last in ("fish", "boat")]
    rows = embedder.embed(texts)
    assert cosines(rows[:1], rows[1:]).max() < 0.99999
    if length <= CONTEXT - 2:
        assert cosines(rows, twin.embed(texts)).min() > 0.9999


def test_a_long_text_is_refused_if_that_is_wanted(model: Path) -> None:
    with LlamaEmbedder(model, split=False, context=16) as embedder:
        assert embedder.embed(["the " * 14]).shape == (1, 64)
        with pytest.raises(TextError, match=r"text 1: it has 17 tokens, and the context 16"):
            embedder.embed(["the", "the " * 15])
        with pytest.raises(TextError, match=r"text 40: it has 17 tokens"):
            embedder.embed([*["the"] * 40, "the " * 15])
        assert embedder.embed(["the"]).shape == (1, 64)


# -- mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ("the king", "a list of texts is expected"),
        (["a", b"b"], "text 1 is bytes"),
        (["a", None], "text 1 is NoneType"),
        (["\ud800"], "text 0 cannot be written as UTF-8"),
        (["a" * (LONGEST + 1)], r"text 0 has 262,145 characters"),
    ],
)
def test_what_is_no_text_is_refused(embedder: LlamaEmbedder, texts: Any, reason: str) -> None:
    with pytest.raises(TextError, match=reason):
        embedder.embed(texts)


def test_odd_texts_are_texts(embedder: LlamaEmbedder) -> None:
    odd = ["\0", "a\0b", "\u200b\ufeff", "\U0010ffff", "e\u0301" * 300, "\r\n" * 200, "x" * 5000]
    rows = embedder.embed(odd)
    assert np.abs(np.linalg.norm(rows, axis=1) - 1).max() < 1e-5


@pytest.mark.parametrize("wrong", [{"context": 4}, {"threads": 0}, {"timeout": 0.0}])
def test_settings_out_of_range_are_told(model: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=rf"{next(iter(wrong))} must be"):
        LlamaEmbedder(model, **wrong)


# -- a store that knows its embedder ---------------------------------------------------------------


def test_a_store_finds_by_it_and_refuses_another_model(
    embedder: LlamaEmbedder, model: Path, tmp_path: Path
) -> None:
    with Store(tmp_path / "memory.db", embedder=embedder) as store:
        store.add_many([Draft(text=text) for text in TEXTS[:2]])
        hits = search(store, TEXTS[1], k=1, mode="vector")
        assert hits[0].record.text == TEXTS[1]
    other = write_gguf(tmp_path / "other.gguf", "f32", seed=1)
    with LlamaEmbedder(other) as stranger:
        assert stranger.name != embedder.name
        with pytest.raises((StoreError, EmbedderError), match="embedder"):
            Store(tmp_path / "memory.db", embedder=stranger).close()
