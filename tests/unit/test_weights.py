"""safetensors files: what is read equals what was written, and damage is told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from astraweave_rag.errors import ModelError
from astraweave_rag.weights import read_tensors
from tests.tiny_bert import safetensors

DTYPES = st.sampled_from(["<f8", "<f4", "<f2", "<i8"])
ARRAYS = DTYPES.flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0, max_side=4))
)
NAMES = st.text(min_size=1).filter(lambda name: name != "__metadata__")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights") / "model.safetensors"


@settings(max_examples=25)
@given(st.dictionaries(NAMES, ARRAYS, max_size=4))
def test_tensors_come_back_as_they_were(path: Path, tensors: dict[str, Any]) -> None:
    path.write_bytes(safetensors(tensors))
    found = read_tensors(path)
    assert found.keys() == tensors.keys()
    for name, array in tensors.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes()


def test_bfloat16_is_the_upper_half_of_float32(path: Path) -> None:
    values = np.array([1.0, -2.5, 3.140625, np.inf], np.float32)
    path.write_bytes(safetensors({"x": (values.view(np.uint32) >> 16).astype("<u2")}))
    assert read_tensors(path)["x"].tolist() == values.tolist()


def header(text: str, data: bytes = b"") -> bytes:
    return len(text.encode()).to_bytes(8, "little") + text.encode() + data


def entry(dtype: str, shape: str, offsets: str, data: bytes) -> bytes:
    return header(f'{{"x":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}', data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "header"),
        (b"1234567", "header"),
        ((1 << 63).to_bytes(8, "little") + b"{}", "does not fit"),
        (header("{", b""), "truncated"),
        (header("[]"), "Expected `object`"),
        (header('{"x":' + "[" * 100_000), "recursion|depth"),
        (header('{"x":{}}'), "dtype"),
        (entry("F33", "[1]", "[0,4]", bytes(4)), "F33"),
        (entry("F32", "[-1]", "[0,4]", bytes(4)), ">= 0"),
        (entry("F32", "[2]", "[0,4]", bytes(4)), "cannot lie at 0–4"),
        (entry("F32", "[1]", "[4,8]", bytes(8)), "cannot lie at 4–8"),
        (entry("F32", "[1]", "[0,4]", bytes(8)), "take 4 of 8"),
        (entry("F32", "[2]", "[0,8]", bytes(4)), "ends within x"),
        (entry("F32", "[0,281474976710655,281474976710655]", "[0,0]", b""), "array|dimension"),
        (entry("F32", str([1] * 99), "[0,4]", bytes(4)), "dim"),
        (header('{"__metadata__":7}', b"x"), "take 0 of 1"),
    ],
)
def test_damage_is_told(path: Path, data: bytes, reason: str) -> None:
    path.write_bytes(data)
    with pytest.raises(ModelError, match=rf"(?i)model\.safetensors .*({reason})"):
        read_tensors(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nothing\.safetensors"):
        read_tensors(tmp_path / "nothing.safetensors")


@given(st.data())
def test_any_bytes_are_tensors_or_an_error(path: Path, data: st.DataObject) -> None:
    good = safetensors({"a": np.arange(6, dtype="<f4").reshape(2, 3), "b": np.zeros(1, "<f2")})
    broken = bytearray(good)
    for _ in range(data.draw(st.integers(1, 3))):
        broken[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(good)) | st.just(len(good)))
    path.write_bytes(bytes(broken[:cut]))
    try:
        found = read_tensors(path)
    except ModelError:
        return
    assert sum(array.nbytes for array in found.values()) == 26
