"""A model that is slow keeps nobody from writing: texts are embedded before a write begins."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from astraweave_rag import Draft, EmbedderError, HashingEmbedder, Store, StoreError, database
from astraweave_rag.embed import Vectors
from astraweave_rag.indexing import index_files
from astraweave_rag.verify import verify

PLAIN = HashingEmbedder(16)


class Slow:
    """While it embeds, something else happens."""

    dimensions = 16

    def __init__(self, name: str = PLAIN.name) -> None:
        self.name = name
        self.meanwhile: Callable[[], object] = lambda: None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors that differ by the embedder's name."""
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return PLAIN.embed([text if self.name == PLAIN.name else f"x {text}" for text in texts])


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_WAIT", 0.05)


@contextmanager
def two(path: Path) -> Iterator[tuple[Store, Store, Slow]]:
    """A store with a slow embedder, and another that writes to the same file."""
    slow = Slow()
    with Store(path, slow) as store, Store(path, PLAIN) as other:
        yield store, other, slow


def test_others_write_while_a_new_text_is_embedded(tmp_path: Path) -> None:
    with two(tmp_path / "s") as (store, other, slow):
        store.add(Draft(text="old"))
        slow.meanwhile = lambda: other.update(1, importance=0.25)
        changed = store.update(1, text="new")
        assert (changed.text, changed.importance, changed.generation) == ("new", 0.25, 3)
        assert store.vectors([1]).tobytes() == PLAIN.embed(["new"]).tobytes()
        verify(store._database)


def test_others_write_while_a_file_is_embedded(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    with two(tmp_path / "s") as (store, other, slow):
        for text in ("# A\nOne.", "# A\nTwo.\n# B\nThree."):
            file.write_text(text, encoding="utf-8")
            slow.meanwhile = lambda: other.add(Draft(text="meanwhile"))
            index_files(store, [file], root=tmp_path)
        texts = [one.text for one in store.select()]
        assert texts == ["meanwhile", "A\nTwo.", "meanwhile", "B\nThree."]
        assert store.vectors(store.keys()).tobytes() == PLAIN.embed(texts).tobytes()


def test_others_write_while_all_is_embedded_anew(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Store(path, PLAIN) as other:
        other.add_many([Draft(text=f"{n}") for n in range(300)])
        slow = Slow("slow/16")
        slow.meanwhile = lambda: other.add(Draft(text="late"))
        with Store(path, slow, reembed=True) as store:
            texts = [one.text for one in store.select()]
            assert texts[-1] == "late"
            assert store.vectors(store.keys()).tobytes() == slow.embed(texts).tobytes()
            verify(store._database)


def test_a_vector_may_be_given_with_a_new_text() -> None:
    with Store(":memory:", PLAIN) as store:
        store.add(Draft(text="old"))
        row = PLAIN.embed(["something else"])[0]
        store.update(1, row, text="new")
        assert store.vectors([1])[0].tobytes() == row.tobytes()
        with pytest.raises(EmbedderError):
            store.update(1, np.zeros(16, np.float32), text="newer")
        with pytest.raises(StoreError):
            store.update(1, text="")
        assert store.get(1).text == "new"
