"""Damaged model files: each is refused by name or loads, and only its own process may suffer."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from astraweave_rag.child import Child
from tests.llm_files import flipped, load
from tests.tiny_gguf import tiny_gguf


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("models") / "sound.gguf"
    return tiny_gguf(path, layers=1, width=16, heads=2, hidden=16).read_bytes()


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with Child("astraweave_ai.llm.worker", backoff=0.0) as made:
        yield made


def test_a_sound_file_works(child: Child, sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sound.gguf"
    path.write_bytes(sound)
    assert load(child, path) == "works"


@pytest.mark.parametrize("seed", range(12))
def test_truncated_files_are_refused(child: Child, sound: bytes, tmp_path: Path, seed: int) -> None:
    path = tmp_path / "short.gguf"
    lengths = [0, 3, 4, 24, len(sound) - 1, random.Random(seed).randrange(len(sound))]
    path.write_bytes(sound[: lengths[min(seed, 5)]])
    assert "cannot be loaded" in load(child, path)


def test_foreign_files_are_refused(child: Child, sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "foreign.gguf"
    for content in (b"hello", b"GGUF" + bytes(100), b"\xff" * 1000, sound[100:]):
        path.write_bytes(content)
        assert "cannot be loaded" in load(child, path)
    tiny_gguf(path, architecture="starship")
    assert "starship" in load(child, path)
    assert "cannot be loaded" in load(child, tmp_path)  # a folder
    assert "cannot be loaded" in load(child, tmp_path / "missing.gguf")


def test_nonsense_in_its_numbers_is_noticed(child: Child, tmp_path: Path) -> None:
    path = tiny_gguf(tmp_path / "nan.gguf", layers=1, width=16, heads=2, hidden=16)
    data = path.read_bytes()
    path.write_bytes(data[:-2000] + b"\xff" * 2000)  # in 32 bits not a number
    assert "no numbers" in load(child, path)


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bits_harm_only_the_process_of_the_model(
    child: Child, sound: bytes, tmp_path: Path, seed: int
) -> None:
    path = tmp_path / "flipped.gguf"
    path.write_bytes(flipped(sound, seed))
    load(child, path)  # works, is refused or crashes: the assertions are in there
    path.write_bytes(sound)
    assert load(child, path) == "works"
