"""Saves and recordings on disk: damage of any kind is one clear error and nothing else."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave import Gpu, Position, Recorder, Recording, Snapshot, Team
from astraweave.ecs import container
from astraweave.ecs.snapshot import take
from astraweave.errors import FormatError, UsageError
from tests.integration.support import drifting

Load = Callable[[str | Path], Any]
KINDS = ("snapshot", "recording")
LOADERS: dict[str, Load] = {"snapshot": Snapshot.load, "recording": Recording.load}


@pytest.fixture(scope="module")
def files(gpu: Gpu, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A valid file of each kind."""
    folder = tmp_path_factory.mktemp("valid")
    world = drifting(gpu, 20)
    world.system("perception", reads=(Position,), writes=(Team,))(
        lambda c: c.set(c.percept.handles(Position)[:3], Team(c.tick))
    )
    recorder = Recorder(world, "nothing", {"entities": 20})
    world.step(6)
    recorder.finish().save(folder / "recording")
    take(world).save(folder / "snapshot")
    return {kind: (folder / kind).read_bytes() for kind in KINDS}


def refused(kind: str, raw: bytes, folder: Path, words: str = ".") -> None:
    """Loading must raise FormatError (and what else it raises is a failure of the test)."""
    path = folder / f"damaged.{kind}"
    path.write_bytes(raw)
    with pytest.raises(FormatError, match=words) as caught:
        LOADERS[kind](path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_valid_files_load(kind: str, files: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "again"
    path.write_bytes(files[kind])
    loaded = LOADERS[kind](path)
    loaded.save(path)
    assert path.read_bytes() == files[kind]
    assert list(tmp_path.iterdir()) == [path], "no partial file stays"


@pytest.mark.parametrize("kind", KINDS)
def test_every_truncation(kind: str, files: dict[str, bytes], tmp_path: Path) -> None:
    raw = files[kind]
    lengths = {*range(40), *range(len(raw) - 20, len(raw)), *range(0, len(raw), 37)}
    for length in sorted(lengths):
        refused(kind, raw[:length], tmp_path)
    refused(kind, raw + b"\0", tmp_path, "truncated or damaged")


@pytest.mark.parametrize("kind", KINDS)
def test_every_flipped_bit(kind: str, files: dict[str, bytes], tmp_path: Path) -> None:
    raw = files[kind]
    for at in range(len(raw)):
        damaged = bytearray(raw)
        damaged[at] ^= 1 << (at % 8)
        refused(kind, bytes(damaged), tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_version(kind: str, files: dict[str, bytes], tmp_path: Path) -> None:
    raw = bytearray(files[kind])
    raw[6:8] = (99).to_bytes(2, "little")
    refused(kind, bytes(raw), tmp_path, f"is a {kind} of version 99; this engine reads version 1")


@pytest.mark.parametrize("kind", KINDS)
def test_foreign_files(kind: str, files: dict[str, bytes], tmp_path: Path) -> None:
    other = files[KINDS[1 - KINDS.index(kind)]]
    for raw in (b"", b"\0", b"hello", b"\x89PNG\r\n", other, b"AW", files[kind][1:]):
        refused(kind, raw, tmp_path, f"is not a {kind}")


@pytest.mark.parametrize("kind", KINDS)
def test_unreadable_paths(kind: str, tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path, tmp_path / "no" / "folder"):
        with pytest.raises(UsageError, match="cannot be read"):
            LOADERS[kind](path)


def test_unwritable_paths(gpu: Gpu, tmp_path: Path) -> None:
    taken = take(drifting(gpu))
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path, tmp_path / "no" / "folder", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match="cannot be written"):
            taken.save(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


def test_the_old_file_stays_until_the_new_one_is_complete(
    gpu: Gpu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "world.save"
    world = drifting(gpu)
    take(world).save(path)
    before = path.read_bytes()
    world.step(5)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(container.os, "fsync", full)
    with pytest.raises(UsageError, match="No space left on device"):
        take(world).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", KINDS)
@given(raw=st.binary(max_size=200))
def test_random_bytes(kind: str, raw: bytes, tmp_path: Path) -> None:
    refused(kind, raw, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
@given(raw=st.binary(max_size=120), version=st.sampled_from([0, 1, 2]))
def test_random_bodies_with_a_right_digest(
    kind: str, raw: bytes, version: int, tmp_path: Path
) -> None:
    refused(kind, sealed(kind, raw, version), tmp_path)
    refused(kind, sealed(kind, zlib.compress(raw), version), tmp_path)


def sealed(kind: str, body: bytes, version: int = 1) -> bytes:
    """A file with a proper head and digest around any body."""
    head = {"snapshot": b"AWSNAP", "recording": b"AWREC\0"}[kind] + version.to_bytes(2, "little")
    digest = container.hashlib.blake2b(head + body, digest_size=16).digest()
    return head + digest + body


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_mutated_files(
    kind: str, files: dict[str, bytes], tmp_path: Path, data: st.DataObject
) -> None:
    raw = bytearray(files[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "repeat"])):
            case "flip":
                raw[at] ^= data.draw(st.integers(1, 255))
            case "cut":
                del raw[at : at + data.draw(st.integers(1, 50))]
            case "insert":
                raw[at:at] = data.draw(st.binary(min_size=1, max_size=20))
            case _:
                raw[at:at] = raw[: data.draw(st.integers(1, 30))]
        if not raw:
            break
    if bytes(raw) != files[kind]:
        refused(kind, bytes(raw), tmp_path)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_mutated_documents_with_a_right_digest(
    kind: str, files: dict[str, bytes], tmp_path: Path, data: st.DataObject
) -> None:
    """Either the document is still one, or it is refused; nothing else may come out."""
    document = bytearray(zlib.decompress(files[kind][24:]))
    for _ in range(data.draw(st.integers(1, 3))):
        document[data.draw(st.integers(0, len(document) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "mutated"
    path.write_bytes(sealed(kind, zlib.compress(bytes(document))))
    try:
        loaded = LOADERS[kind](path)
    except FormatError:
        return
    assert isinstance(loaded, (Snapshot, Recording))


@pytest.mark.parametrize(
    "change",
    [
        {"checksums": b""},
        {"checksums": b"123"},
        {"components": []},
        {"components": ["Team", "Team"]},
        {"first_tick": -1},
        {"rate": 0},
        {"seed": 2**32},
        {"layouts": [{}]},
        {"layouts": [{"name": 5}]},
        {"commands": "operation"},
        {"commands": "entities"},
    ],
    ids=lambda change: "-".join(change),
)
def test_recordings_that_contradict_themselves(
    files: dict[str, bytes], change: dict[str, Any], tmp_path: Path
) -> None:
    good = msgspec.msgpack.decode(zlib.decompress(files["recording"][24:]), type=Recording)
    if "commands" in change:
        entry = msgspec.structs.replace(
            good.commands[0],
            **{change["commands"]: {"operation": "x", "entities": b"123"}[change["commands"]]},
        )
        change = {"commands": [entry]}
    body = zlib.compress(msgspec.msgpack.encode(msgspec.structs.replace(good, **change)))
    refused("recording", sealed("recording", body), tmp_path)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "_MAX_BYTES", 1 << 20)
    refused("snapshot", sealed("snapshot", zlib.compress(bytes(1 << 24))), tmp_path)
    assert np.iinfo(np.uint32).max < 1 << 32
