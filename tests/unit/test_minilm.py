"""The converter: every key that llama.cpp needs, the same bytes each time, all or nothing."""

import shutil
import sys
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from astraweave_rag.errors import ModelError
from astraweave_rag.minilm import KINDS, Kind, convert, find
from astraweave_rag.weights import read_tensors
from tests.tiny_bert import POSITIONS, safetensors, tensors, vocabulary, write_folder


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "tiny"))


def keys_of(path: Path) -> dict[str, Any]:
    fields = gguf.GGUFReader(path).fields
    return {name: field.contents() for name, field in fields.items()}


# -- what is written -------------------------------------------------------------------------------


def test_all_keys_are_there_whose_lack_aborts_llama_cpp(original: Path, tmp_path: Path) -> None:
    keys = keys_of(convert(original, tmp_path / "m.gguf", name="Tiny"))
    tokens = vocabulary()
    expected = {
        "general.architecture": "bert",
        "general.name": "Tiny",
        "bert.context_length": POSITIONS - 8,
        "bert.embedding_length": 64,
        "bert.block_count": 2,
        "bert.feed_forward_length": 128,
        "bert.attention.head_count": 4,
        "bert.attention.causal": False,
        "bert.pooling_type": 1,
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.token_type_count": 2,
        "tokenizer.ggml.bos_token_id": tokens.index("[CLS]"),
        "tokenizer.ggml.eos_token_id": tokens.index("[SEP]"),
        "tokenizer.ggml.seperator_token_id": tokens.index("[SEP]"),
        "tokenizer.ggml.unknown_token_id": tokens.index("[UNK]"),
        "tokenizer.ggml.padding_token_id": tokens.index("[PAD]"),
        "tokenizer.ggml.normalizer.lowercase": True,
    }
    assert {name: keys.get(name) for name in expected} == expected
    assert keys["bert.attention.layer_norm_epsilon"] == pytest.approx(1e-12)
    pieces = keys["tokenizer.ggml.tokens"]
    assert len(pieces) == len(set(pieces)) == len(tokens)
    assert pieces[tokens.index("king")] == "▁king"
    assert pieces[tokens.index("##ing")] == "ing"
    assert pieces[tokens.index("[CLS]")] == "[CLS]"


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_and_token_types_stay_float32(original: Path, tmp_path: Path, kind: Kind) -> None:
    reader = gguf.GGUFReader(convert(original, tmp_path / "m.gguf", kind))
    stored = read_tensors(original / "model.safetensors")
    assert len(reader.tensors) == len(stored)
    for tensor in reader.tensors:
        exact = len(tensor.shape) == 1 or tensor.name in (
            "position_embd.weight",
            "token_types.weight",
        )
        assert tensor.tensor_type.name == ("F32" if exact else kind.upper()), tensor.name
    by_name = {tensor.name: tensor for tensor in reader.tensors}
    value = by_name["blk.1.ffn_down.weight"]
    expected = stored["encoder.layer.1.output.dense.weight"]
    got = gguf.dequantize(value.data, value.tensor_type)
    step = {"f32": 0.0, "f16": 1e-3, "q8_0": 1 / 100}[kind]
    assert np.abs(got - expected).max() <= step * np.abs(expected).max()
    assert {f"blk.0.{part}.bias" for part in ("attn_q", "attn_k", "attn_v")} < by_name.keys()
    assert {"blk.0.attn_output_norm.bias", "blk.1.layer_output_norm.weight"} < by_name.keys()


def test_the_same_model_gives_the_same_bytes(original: Path, tmp_path: Path) -> None:
    first = convert(original, tmp_path / "a.gguf", "q8_0").read_bytes()
    assert convert(original, tmp_path / "b.gguf", "q8_0").read_bytes() == first


def test_a_vocabulary_in_tokenizer_json_alone_does(folder: Path, tmp_path: Path) -> None:
    first = convert(folder, tmp_path / "a.gguf", name="x").read_bytes()
    (folder / "vocab.txt").unlink()
    assert convert(folder, tmp_path / "b.gguf", name="x").read_bytes() == first


def test_names_with_a_prefix_and_half_precision_are_read(folder: Path, tmp_path: Path) -> None:
    stored = {f"bert.{name}": value.astype("<f2") for name, value in tensors().items()}
    (folder / "model.safetensors").write_bytes(safetensors(stored))
    reader = gguf.GGUFReader(convert(folder, tmp_path / "m.gguf", "f32"))
    value = next(t for t in reader.tensors if t.name == "blk.0.attn_q.weight")
    expected = stored["bert.encoder.layer.0.attention.self.query.weight"].astype(np.float32)
    assert np.array_equal(value.data, expected)


# -- where a model is found ------------------------------------------------------------------------


def install(site: Path, name: str, original: Path) -> None:
    """A package with a model, as pip leaves it."""
    package = site / name.replace("-", "_")
    shutil.copytree(original, package / "model")
    (package / "__init__.py").write_text("raise RuntimeError('it must not be imported')\n")
    record = site / f"{package.name}-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    weights = (package / "model/model.safetensors").relative_to(site)
    (record / "RECORD").write_text(f"{weights.as_posix()},,\n")


def test_a_model_is_found_in_an_installed_package(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "some-mini-lm", original)
    monkeypatch.syspath_prepend(str(tmp_path))
    place = tmp_path / "some_mini_lm" / "model"
    for source in ("some-mini-lm", "some_mini_lm", str(place), str(place.parent)):
        assert find(source) == place
    assert "some_mini_lm" not in sys.modules


@pytest.mark.parametrize("source", ["", "no-such-package", "msgspec", "../nowhere", "a b", "os"])
def test_a_source_without_a_model_is_told(source: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="neither a folder nor an installed package"):
        find(source or str(tmp_path))


def test_one_of_several_models_has_to_be_named(original: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(original, tmp_path / name)
    with pytest.raises(ModelError, match=r"several models.*one, .*two"):
        find(str(tmp_path))
