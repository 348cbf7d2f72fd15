"""The converter: every key that llama.cpp needs, the same bytes each time, all or nothing."""

import json
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from astraweave_rag.bert import read_model
from astraweave_rag.errors import ModelError
from astraweave_rag.minilm import KINDS, Kind, convert, find
from astraweave_rag.weights import read_tensors
from tests.tiny_bert import POSITIONS, safetensors, tensors, vocabulary, write_folder

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "tiny"))


def edit(path: Path, change: Change) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


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


# -- what is refused -------------------------------------------------------------------------------

CONFIG, POOLING = "config.json", "1_Pooling/config.json"


def put(**values: Any) -> Change:
    return lambda document: document.update(values)


@pytest.mark.parametrize(
    ("file", "change", "reason"),
    [
        (CONFIG, put(model_type="mpnet"), "mpnet"),
        (CONFIG, put(hidden_act="relu"), "relu"),
        (CONFIG, put(position_embedding_type="relative_key"), "relative_key"),
        (CONFIG, put(num_attention_heads=7), "7 heads"),
        (CONFIG, put(num_hidden_layers=3), r"layer\.2.*found nothing"),
        (CONFIG, put(hidden_size=32), "32"),
        (CONFIG, put(vocab_size=10), "10 are expected"),
        (CONFIG, put(layer_norm_eps="1"), "layer_norm_eps"),
        (CONFIG, lambda document: document.pop("hidden_size"), "hidden_size"),
        (POOLING, put(pooling_mode_mean_tokens=False), "no pooling"),
        (POOLING, put(pooling_mode_max_tokens=True), "max_tokens"),
        (POOLING, put(pooling_mode_other=True), "pooling_mode_other"),
        (POOLING, put(word_embedding_dimension=32), "word_embedding_dimension"),
        ("modules.json", lambda modules: modules.append({"type": "a.b.Dense"}), r"a\.b\.Dense"),
        ("sentence_bert_config.json", put(max_seq_length=0), "max_seq_length"),
    ],
)
def test_another_kind_of_model_is_refused(
    folder: Path, file: str, change: Change, reason: str
) -> None:
    edit(folder / file, change)
    with pytest.raises(ModelError, match=reason):
        read_model(folder)


@pytest.mark.parametrize(
    "file", ["config.json", "1_Pooling/config.json", "model.safetensors", "vocab.txt"]
)
def test_a_missing_file_is_told(folder: Path, file: str) -> None:
    (folder / file).unlink()
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="tokenizer" if file == "vocab.txt" else file):
        read_model(folder)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e5])
def test_numbers_that_half_precision_cannot_hold_are_refused(folder: Path, value: float) -> None:
    stored = tensors()
    stored["encoder.layer.0.output.dense.weight"][3, 3] = value
    (folder / "model.safetensors").write_bytes(safetensors(stored))
    with pytest.raises(ModelError, match=r"layer\.0\.output\.dense\.weight holds numbers"):
        read_model(folder)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("[SEP]", "[sep]", r"lacks \[SEP\]"),
        ("king", "queen\nking", "tokens"),
        ("knight", "king", "'▁king' twice"),
        ("knight", "##▁king", "'▁king' twice"),
    ],
)
def test_a_vocabulary_that_would_mislead_is_refused(
    folder: Path, old: str, new: str, reason: str
) -> None:
    path = folder / "vocab.txt"
    text = path.read_text("utf-8")
    path.write_text(text.replace(f"\n{old}\n", f"\n{new}\n"), "utf-8")
    with pytest.raises(ModelError, match=reason):
        read_model(folder)


def test_other_kinds_of_numbers_are_refused(original: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'q4_0'"):
        convert(original, tmp_path / "m.gguf", "q4_0")  # type: ignore[arg-type]


# -- damage ----------------------------------------------------------------------------------------


def damaged(data: bytes, seed: int) -> bytes:
    """A file with flipped bits near its begin or anywhere, or cut, or with something put in."""
    dice = random.Random(seed)
    broken = bytearray(data)
    for _ in range(dice.choice([0, 1, 8])):
        near = dice.choice([64, 2000, len(broken)])
        broken[dice.randrange(min(near, len(broken)))] ^= 1 << dice.randrange(8)
    if dice.random() < 0.4:
        del broken[dice.randrange(len(broken)) :]
    if dice.random() < 0.2:
        place = dice.randrange(len(broken) + 1)
        broken[place:place] = dice.randbytes(dice.randrange(20))
    return bytes(broken)


DOCUMENTS = ["config.json", "1_Pooling/config.json", "modules.json", "tokenizer_config.json"]
DOCUMENTS += ["sentence_bert_config.json", "tokenizer.json", "vocab.txt", "model.safetensors"]


@pytest.mark.parametrize("file", DOCUMENTS)
def test_damaged_files_are_an_error_or_a_model_and_leave_nothing(
    folder: Path, tmp_path: Path, file: str
) -> None:
    data = (folder / file).read_bytes()
    if file == "tokenizer.json":
        (folder / "vocab.txt").unlink()
    place = tmp_path / "models"
    place.mkdir()
    (place / "m.gguf").write_bytes(b"what was there")
    errors = []
    for seed in range(40):
        (folder / file).write_bytes(damaged(data, seed))
        try:
            convert(folder, place / "m.gguf", "f32")
        except ModelError as error:
            errors.append(str(error))
            assert (place / "m.gguf").read_bytes() == b"what was there"
        else:
            assert (place / "m.gguf").read_bytes()[:4] == b"GGUF"
            (place / "m.gguf").write_bytes(b"what was there")
        assert [path.name for path in place.iterdir()] == ["m.gguf"]
    assert len(errors) >= 5
    assert all(str(folder) in error for error in errors)


def test_a_write_that_fails_keeps_the_old_file(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: gguf.GGUFWriter, **_: Any) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "m.gguf"
    target.write_bytes(b"old")
    monkeypatch.setattr(gguf.GGUFWriter, "write_tensors_to_file", fail)
    with pytest.raises(ModelError, match="No space left"):
        convert(original, target)
    assert [path.name for path in tmp_path.iterdir()] == ["m.gguf"]
    assert target.read_bytes() == b"old"


def test_a_place_that_cannot_be_written_is_told(original: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="cannot be written"):
        convert(original, tmp_path / "file" / "m.gguf")
