"""Stores that were killed or damaged; tests/soak_memory.py does the same for longer."""

import sys
from multiprocessing import get_context
from pathlib import Path

import pytest

from astraweave_rag import Store, StoreError
from tests.memory_damage import Bench, judge, prepare
from tests.memory_kills import add_one, kill_once, open_store
from tests.memory_ops import Model

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs processes that can fork")


def test_what_was_acknowledged_survives_kills(tmp_path: Path) -> None:
    number, model = 0, Model()
    for _ in range(10):
        number, wrong = kill_once(tmp_path / "s", 4, number, model)
        assert not wrong
    assert number > 20


def test_processes_that_make_a_store_at_once_share_it(tmp_path: Path) -> None:
    context = get_context("forkserver")
    start = context.Event()
    children = [context.Process(target=add_one, args=(tmp_path / "s", n, start)) for n in range(5)]
    for child in children:
        child.start()
    start.set()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * 5
    with open_store(tmp_path / "s") as store:
        assert sorted(record.text for record in store.select()) == [f"from {n}" for n in range(5)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return prepare(tmp_path_factory.mktemp("damage"))


@pytest.mark.parametrize("seed", range(1000, 1024))
def test_damage_is_refused_or_mended(bench: Bench, seed: int, tmp_path: Path) -> None:
    name, kind, found = judge(bench, tmp_path / "case", seed)
    assert found.startswith(("same", "refused")), f"{name}, {kind}: {found}"


def test_a_store_that_was_emptied_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s"
    Store(path).close()
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="empty"):
        Store(path)
    path.unlink()
    Store(path).close()  # removed on purpose: begins anew
