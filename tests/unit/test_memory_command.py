"""The command `astraweave memory`: what it must never lose, what it tells, and what it indexes."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from astraweave_rag import Draft, HashingEmbedder, Store, StoreError, database
from astraweave_rag.indexing import Indexed, index_files
from astraweave_rag.passages import split
from astraweave_rag.schema import place_of

Run = Callable[..., tuple[int, str, str]]


# -- the store -------------------------------------------------------------------------------------


def test_an_empty_variable_means_the_default(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTRAWEAVE_MEMORY", "")
    assert run("add", "precious")[:2] == (0, "memory 1")
    assert json.loads(run("stats", "--json")[1])["memories"] == 1
    assert Path("memory.db").is_file()


@pytest.mark.parametrize("name", ["", "  ", "."])
def test_a_store_needs_a_name(run: Run, tmp_path: Path, name: str) -> None:
    for arguments in (["add", "precious"], ["stats"], ["search", "x"]):
        code, out, err = run(*arguments, "--store", name)
        assert (code, out) == (2, "")
        assert "a file is expected" in err
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreError, match="a file is expected"):
        place_of(name)


def test_a_store_of_any_embedder_can_be_looked_at_and_cleared(run: Run) -> None:
    with Store("m.db", HashingEmbedder(16)) as store:
        store.add_many([Draft(text="The password is heron."), Draft(text="It rained.")])
    at = ("--store", "m.db")
    assert "hashing-1/16" in run("stats", *at)[1]
    assert "heron" in run("show", "1", *at)[1]
    assert run("export", "out.jsonl", *at)[0] == 0
    assert run("forget", "1", *at) == (0, "forgot 1 memory", "")
    assert run("scrub", *at)[0] == 0
    assert b"heron" not in Path("m.db").read_bytes()
    for arguments in (["search", "heron"], ["add", "x"], ["import", "out.jsonl"]):
        code, _, err = run(*arguments, *at)
        assert code == 2
        assert "hashing-1/16" in err
    with Store("m.db", HashingEmbedder(16)) as store:
        assert [one.text for one in store.select()] == ["It rained."]


def test_what_a_reader_holds_back_can_be_cleared_later(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_WAIT", 0.05)
    run("add", "The password is heron.")
    with closing(sqlite3.connect("memory.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM record").fetchall()
        code, out, err = run("forget", "1")
        assert (code, out) == (2, "")
        assert "forgot 1 memory, but traces" in err
        assert "astraweave memory scrub" in err
        assert run("scrub")[0] == 2
        assert json.loads(run("stats", "--json")[1])["memories"] == 0
    assert run("scrub")[0] == 0
    assert all(b"heron" not in each.read_bytes() for each in Path().iterdir())


# -- forgetting and finding ------------------------------------------------------------------------


def test_summaries_can_be_forgotten_with_their_sources(run: Run) -> None:
    with Store("memory.db") as store:
        store.add_many([Draft(text="zanzibar, said he"), Draft(text="he said it twice")])
        store.link([(2, 1, "summarises")])
    assert run("forget", "1", "--with-summaries")[1] == "forgot 2 memories"
    assert json.loads(run("stats", "--json")[1])["memories"] == 0


def test_importance_is_a_filter(run: Run) -> None:
    run("add", "A wolf came.", "--importance", "0.9")
    run("add", "A wolf slept.", "--importance", "0.1")
    hits = json.loads(run("search", "wolf", "--min-importance", "0.5", "--json")[1])
    assert [hit["record"]["key"] for hit in hits] == [1]
    assert run("export", "out", "--min-importance", "0.95")[1] == "0 memories in out"
    assert run("search", "wolf", "--min-importance", "7")[0] == 2


def test_what_is_not_there_is_not_found(run: Run) -> None:
    for text in ("Bread costs two coins.", "The miller is asleep.", "The heron is grey."):
        run("add", text)
    assert run("search", "heron")[1].count("[") == 1
    run("forget", "3")
    for mode in ("hybrid", "vector", "lexical"):
        assert run("search", "heron", "--mode", mode)[1] == "nothing was found"
    assert "Bread" in run("search", "breads")[1]  # another form of a word is near enough


def test_a_blank_memory_is_refused(run: Run) -> None:
    code, _, err = run("add", "   ")
    assert code == 2
    assert "blank" in err


# -- files -----------------------------------------------------------------------------------------


def files(**texts: str) -> None:
    for name, text in texts.items():
        path = Path(name.replace("__", "/").replace("_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def sources(store: str = "m.db") -> list[str]:
    with Store(store) as opened:
        return [one.source for one in opened.select()]


def test_a_folder_is_told_from_other_folders(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files(other__o_txt="Others.", a__lore__n_txt="One.", b__lore__n_txt="Two.", b__top_txt="Top.")
    at = ("--store", str(tmp_path / "m.db"))
    run("index", str(tmp_path / "other"), *at)
    for folder in ("a", "b"):
        monkeypatch.chdir(tmp_path / folder)
        assert "1 added, 0 changed, 0 removed" in run("index", "lore", *at)[1]
    assert "1 added, 0 changed, 0 removed, 1 kept" in run("index", ".", *at)[1]
    Path("top.txt").unlink()
    assert "0 added, 0 changed, 1 removed, 1 kept" in run("index", ".", *at)[1]
    monkeypatch.chdir(tmp_path)
    assert sources() == [f"{tmp_path.as_posix()}/other/o.txt#o", "lore/n.txt#n", "lore/n.txt#n"]


def test_names_below_a_root_leave_other_files_alone(tmp_path: Path, run: Run) -> None:
    files(lore__n_txt="One.", o_txt="Others.")
    with Store(":memory:", HashingEmbedder(16)) as store:
        index_files(store, [tmp_path / "o.txt"])
        index_files(store, [Path("o.txt")])
        index_files(store, [tmp_path / "lore"], root=tmp_path / "lore")
        assert [one.data.get("from") for one in store.select()] == [None, str(tmp_path), None]
        Path("lore/n.txt").unlink()
        assert index_files(store, [tmp_path / "lore"], root=tmp_path / "lore").removed == 1
        assert len(store) == 2


def test_one_bad_file_does_not_keep_others_out(run: Run) -> None:
    files(lore__a_md="# A\nAnna.", lore__bad_toml="x = ", lore__zz_txt="Zoe.")
    Path("lore/z.md").write_bytes(b"\xff\xfe\x00")
    code, out, err = run("index", "lore", "--store", "m.db")
    assert (code, err) == (1, "")
    first, *left_out = out.splitlines()
    assert first.startswith("read 2 files")
    assert ["bad.toml" in left_out[0], "z.md" in left_out[1], len(left_out)] == [True, True, 2]
    assert sources() == ["lore/a.md#a", "lore/zz.txt#zz"]
    files(lore__bad_toml='text = "Mended now."')
    Path("lore/z.md").unlink()
    assert run("index", "lore", "--store", "m.db")[0] == 0


def test_a_mark_at_the_beginning_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_bytes(b"\xef\xbb\xbf# Bom heading\nText.\n")
    (tmp_path / "b.toml").write_bytes(b'\xef\xbb\xbfname = "Lake of tears"\n')
    with Store(":memory:", HashingEmbedder(16)) as store:
        index_files(store, [tmp_path], root=tmp_path)
        assert [one.source for one in store.select()] == ["b.md#bom-heading", "b.toml#b"]


def test_tables_of_single_words_are_not_lost() -> None:
    text = """
        [item.sword]
        name = "Excalibur"
        [place]
        name = "Orrin"
        [[place.house]]
        tags = ["Forge"]
        [[place.house]]
        text = "A house of two rooms."
        [numbers]
        id = "x"
        level = 3
    """
    found = split(text, ".toml", "items.toml")
    assert [(one.source, one.text) for one in found] == [
        ("items.toml#excalibur", "Excalibur"),
        ("items.toml#orrin", "Orrin"),
        ("items.toml#house-1", "tags: Forge"),
        ("items.toml#house-2", "A house of two rooms."),
    ]


def test_empty_files_are_not_read_again_and_again(tmp_path: Path) -> None:
    for name in ("e.md", "e.txt", "e.toml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    with Store(":memory:", HashingEmbedder(16)) as store:
        for _ in range(2):
            assert index_files(store, [tmp_path], root=tmp_path) == Indexed(unchanged_files=3)
        (tmp_path / "e.txt").write_text("Now there is something.", encoding="utf-8")
        assert index_files(store, [tmp_path], root=tmp_path).added == 1
        (tmp_path / "e.txt").write_text("", encoding="utf-8")
        assert index_files(store, [tmp_path], root=tmp_path).removed == 1
