"""Damaged model files: each is refused by name or loads, and only its own process may suffer."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from astraweave_ai.llm.model import Message, Request
from astraweave_ai.llm.wire import Ask, Load, Options
from astraweave_rag.child import Child, Ended
from tests.tiny_gguf import tiny_gguf

OPTIONS = Options(context=512)
QUESTION = Request(messages=(Message("user", "hello gate"),), max_tokens=4, deadline=60.0)
ENOUGH = 120.0  # seconds


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("models") / "sound.gguf"
    return tiny_gguf(path, layers=1, width=16, heads=2, hidden=16).read_bytes()


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with Child("astraweave_ai.llm.worker", backoff=0.0) as made:
        yield made


def load(child: Child, path: Path) -> str:
    """How it goes: works, or why not."""
    child.send(Load(str(path), OPTIONS))
    while not isinstance(came := child.receive(ENOUGH), Ended):
        assert came is not None, f"it hangs on {path}"
        if came["type"] == "Unusable":
            assert str(path) in came["reason"]
            return str(came["reason"])
        if came["type"] == "Ready":
            child.send(Ask(1, QUESTION, 60.0))
        if came["type"] in ("Answered", "Failed"):
            return "works"
    return "crashes"


def test_a_sound_file_works(child: Child, sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sound.gguf"
    path.write_bytes(sound)
    assert load(child, path) == "works"


@pytest.mark.parametrize("seed", range(24))
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


@pytest.mark.parametrize("seed", range(60))
def test_flipped_bits_harm_only_the_process_of_the_model(
    child: Child, sound: bytes, tmp_path: Path, seed: int
) -> None:
    path = tmp_path / "flipped.gguf"
    path.write_bytes(flipped(sound, seed))
    load(child, path)  # works, is refused or crashes: the assertions are in there
    path.write_bytes(sound)
    assert load(child, path) == "works"


def flipped(data: bytes, seed: int) -> bytes:
    """Some bits are flipped, most of them in the header."""
    draw = random.Random(seed)
    changed = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(700 if draw.random() < 0.7 else len(data))
        changed[place] ^= 1 << draw.randrange(8)
    return bytes(changed)
