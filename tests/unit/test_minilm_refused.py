"""The converter's input: other kinds of models and damaged files are told, and leave nothing."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from astraweave_rag.bert import read_model
from astraweave_rag.errors import ModelError
from astraweave_rag.minilm import convert
from tests.tiny_bert import safetensors, tensors, write_folder

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
    for seed in range(25):
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
    assert len(errors) >= 4
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
