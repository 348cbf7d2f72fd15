"""GGUF embedders: a crash or a hang costs one call, and files that are no embedding model are told.

The traps of llama.cpp are tested by name: concurrent calls, missing ids of [CLS] and [SEP], files
that it refuses, and every way in which its process can end.
"""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from astraweave_rag.errors import EmbedderError, ModelError, RagError
from astraweave_rag.llama import LlamaEmbedder
from tests.tiny_bert import write_gguf

TEXTS = ("The king guards the old bridge.", "who asked the miller's daughter?", "", "qqq")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gguf(tmp_path_factory.mktemp("embedder") / "tiny.gguf", "f32")


def pid_of(embedder: LlamaEmbedder) -> int:
    pid = embedder.pid
    assert pid is not None
    return pid


# -- crashes ---------------------------------------------------------------------------------------


def test_a_crash_costs_one_call(model: Path) -> None:
    with LlamaEmbedder(model) as embedder:
        before = embedder.embed(["the king"])
        first = pid_of(embedder)
        os.kill(first, signal.SIGSTOP)  # so that the call is under way when the crash comes
        crash = threading.Timer(0.2, os.kill, (first, signal.SIGKILL))
        crash.start()
        with pytest.raises(EmbedderError, match="SIGKILL"):
            embedder.embed(["the king"])
        assert embedder.embed(["the king"]).tobytes() == before.tobytes()
        assert pid_of(embedder) != first
        os.kill(pid_of(embedder), signal.SIGABRT)  # between two calls
        for _ in range(2):  # the first may come before the end was seen
            try:
                after = embedder.embed(["the king"])
            except EmbedderError as error:
                assert "SIGABRT" in str(error)  # noqa: PT017
        assert after.tobytes() == before.tobytes()


def test_a_hang_costs_one_call(model: Path) -> None:
    with LlamaEmbedder(model, timeout=30) as embedder:
        embedder._timeout = 0.3
        os.kill(pid_of(embedder), signal.SIGSTOP)
        with pytest.raises(EmbedderError, match=r"did not answer within 0\.3 s"):
            embedder.embed(["the king"])
        embedder._timeout = 30
        assert embedder.embed(["the king"]).shape == (1, 64)
    with pytest.raises(EmbedderError, match="closed"):
        embedder.embed(["the king"])


def test_concurrent_calls_are_served_in_turn(model: Path) -> None:
    with LlamaEmbedder(model) as embedder, ThreadPoolExecutor(8) as pool:
        expected = embedder.embed(TEXTS)
        for rows in pool.map(lambda _: embedder.embed(TEXTS), range(24)):
            assert rows.tobytes() == expected.tobytes()


# -- files -----------------------------------------------------------------------------------------


def test_files_that_are_no_model_are_told(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nothing\.gguf cannot be read"):
        LlamaEmbedder(tmp_path / "nothing.gguf")
    with pytest.raises(ModelError, match="cannot be read"):
        LlamaEmbedder(tmp_path)
    path = tmp_path / "m.gguf"
    data = model.read_bytes()
    for broken in (b"", b"GGUF", data[: len(data) // 2], b"PK" + data[2:]):
        path.write_bytes(broken)
        with pytest.raises(ModelError, match=r"m\.gguf cannot be used: \w+"):
            LlamaEmbedder(path)


def rewrite(source: Path, target: Path, changes: dict[str, Any]) -> Path:
    """A GGUF file anew, with other keys and with other tensors, or these filled with a number."""
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, "bert")
    for name, item in reader.fields.items():
        if not name.startswith("GGUF.") and name != "general.architecture":
            inner = item.types[-1] if len(item.types) > 1 else None
            value = changes.get(name, item.contents())
            writer.add_key_value(name, value, item.types[0], inner)
    for tensor in reader.tensors:
        fill = changes.get(tensor.name, tensor.data)
        data = fill if isinstance(fill, np.ndarray) else np.full_like(tensor.data, fill)
        writer.add_tensor(tensor.name, data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


def test_a_model_that_aborts_llama_cpp_at_its_first_text_is_refused(
    model: Path, tmp_path: Path
) -> None:
    # Where an id is missing or beyond the vocabulary, llama.cpp takes 101 or 102, and here is none.
    reader = gguf.GGUFReader(model)
    names = ("tokenizer.ggml.tokens", "tokenizer.ggml.token_type")
    changes: dict[str, Any] = {name: reader.fields[name].contents()[:90] for name in names}
    changes["token_embd.weight"] = reader.tensors[0].data[:90]
    with LlamaEmbedder(rewrite(model, tmp_path / "few.gguf", changes)) as embedder:
        assert embedder.embed(["the king"]).shape == (1, 64)
    changes["tokenizer.ggml.bos_token_id"] = 9999
    with pytest.raises(ModelError, match=r"m\.gguf: process .* ended \(SIG.*vocab"):
        LlamaEmbedder(rewrite(model, tmp_path / "m.gguf", changes))


def test_models_that_rank_are_refused(model: Path, tmp_path: Path) -> None:
    path = rewrite(model, tmp_path / "m.gguf", {"bert.pooling_type": 4})
    with pytest.raises(ModelError, match="it ranks pairs of texts"):
        LlamaEmbedder(path)


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_vectors_without_a_direction_are_refused(model: Path, tmp_path: Path, value: float) -> None:
    last = {f"blk.1.layer_output_norm.{part}": value for part in ("weight", "bias")}
    path = rewrite(model, tmp_path / "m.gguf", last)
    reason = r"the vector of text 0 has length (nan|0\.0)"
    with LlamaEmbedder(path) as embedder, pytest.raises(EmbedderError, match=reason):
        embedder.embed(["the king"])


def test_a_file_that_is_replaced_is_noticed_at_the_next_start(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(model.read_bytes())
    with LlamaEmbedder(path) as embedder:
        write_gguf(tmp_path / "new.gguf", "f32", seed=1).replace(path)
        assert embedder.embed(["the king"]).shape == (1, 64)  # the old one, as its name says
        os.kill(pid_of(embedder), signal.SIGKILL)
        for _ in range(2):
            with pytest.raises(RagError, match=r"another than before|SIGKILL"):
                embedder.embed(["the king"])
