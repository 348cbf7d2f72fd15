"""Files become passages with lasting names, are indexed once, and the command does all of it."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.paths import EXAMPLES
from astraweave_rag import Draft, Filter, HashingEmbedder, Store, search
from astraweave_rag.errors import PassageError
from astraweave_rag.indexing import Indexed, index_files
from astraweave_rag.memory import Memory
from astraweave_rag.passages import passages_of, split
from astraweave_rag.quote import forms, own_quotes, quotes, sentences_of, title_of
from tests.tiny_bert import write_gguf

PAGE = """Before any heading.

# Bay

## Harbour

Ships land here.

```sh
# no heading
```

## Light!

It turns.

# Bay

Again.
"""
QUESTS = """
title = "Two quests and a town"

[[quest]]
id = "well"
title = "Sweet water"
giver = "Wenna"
text = "Fill three bottles."
steps = ["Go down", "Come up"]
choices = [{ text = "Why me?", next = "why" }]

[[quest]]
text = "A quest without a name."
level = 3

[lore.deep]
name = "Orrin"
text = "A town under water."
"""


def test_markdown_is_cut_at_headings() -> None:
    found = split(PAGE, ".md", "bay.md")
    assert [(one.source, one.title) for one in found] == [
        ("bay.md#bay", "bay"),
        ("bay.md#harbour", "Bay › Harbour"),
        ("bay.md#light", "Bay › Light!"),
        ("bay.md#bay-2", "Bay"),
    ]
    assert "# no heading" in found[1].text


def test_toml_is_cut_at_tables_with_text() -> None:
    found = split(QUESTS, ".toml", "quests.toml")
    assert [one.source for one in found] == [
        "quests.toml#quests", "quests.toml#well", "quests.toml#quest-2", "quests.toml#orrin",
    ]  # fmt: skip
    assert found[1].title == "Sweet water"
    assert found[1].text.splitlines() == [
        "Sweet water", "giver: Wenna", "Fill three bottles.", "steps: Go down", "steps: Come up",
        "Why me?",
    ]  # fmt: skip
    assert "level: 3" in found[2].text


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(["# A\n", "## B b\n", "word ", "\n\n", "```\n", "x" * 50]), max_size=30
    ),
    st.integers(20, 90),
)
def test_no_word_is_lost_and_no_name_given_twice(parts: list[str], longest: int) -> None:
    text = "".join(parts)
    found = split(text, ".md", "f.md", longest)
    assert all(0 < len(one.text) <= longest for one in found)
    assert len({one.source for one in found}) == len(found)
    told = re.sub(r"\s", "", "".join(one.text for one in found))
    assert len(told) <= len(re.sub(r"\s", "", text))
    assert told.count("word") == text.count("word")


@settings(max_examples=50)
@given(st.text(max_size=80), st.sampled_from([".md", ".txt", ".toml"]))
def test_any_text_is_cut_or_refused(text: str, suffix: str) -> None:
    try:
        found = split(text, suffix, f"f{suffix}", 20)
    except PassageError:
        assert suffix == ".toml"
        return
    assert all(one.text.strip() for one in found)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.md", b"\xff\xfe", "UTF-8"),
        ("a.toml", b"x = ", "not valid TOML"),
        ("a.png", b"", "expected a file"),
        ("none.md", None, "cannot be read"),
    ],
)
def test_files_that_are_refused(
    tmp_path: Path, name: str, data: bytes | None, message: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(PassageError, match=message):
        passages_of(tmp_path / name)


# -- indexing --------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lore = tmp_path / "lore"
    (lore / "more").mkdir(parents=True)
    (lore / "bay.md").write_text(PAGE, encoding="utf-8")
    (lore / "more/quests.toml").write_text(QUESTS, encoding="utf-8")
    (lore / "picture.png").write_bytes(b"\x89")
    return lore


def new() -> Store:
    return Store(":memory:", HashingEmbedder(32))


def test_only_what_changed_is_read_again(folder: Path) -> None:
    store = new()
    assert index_files(store, [folder], root=folder.parent) == Indexed(files=2, added=8)
    before = store.select()
    assert index_files(store, [folder], root=folder.parent) == Indexed(unchanged_files=2, kept=8)
    assert store.select() == before
    page = PAGE.replace("It turns.", "It burns.").replace("## Harbour", "## Port")
    (folder / "bay.md").write_text(page, encoding="utf-8")
    done = index_files(store, [folder], root=folder.parent)
    assert done == Indexed(1, 1, added=1, changed=1, removed=1, kept=6)
    assert {one.source for one in store.select()} >= {"lore/bay.md#port", "lore/bay.md#light"}
    assert "burns" in search(store, "burns", k=1)[0].record.text
    light = next(one.key for one in before if one.source.endswith("#light"))
    assert store.get(light).text.endswith("It burns."), "a changed passage keeps its key"


def test_files_that_are_gone_are_forgotten(folder: Path) -> None:
    store = new()
    other = store.add(Draft(text="no file", source="lore/bay.md#by-hand"))
    index_files(store, [folder], root=folder.parent)
    (folder / "more/quests.toml").unlink()
    assert index_files(store, [folder], root=folder.parent).removed == 4
    assert other in store.select()
    assert index_files(store, [folder / "bay.md"], root=folder.parent).removed == 0


def test_a_bad_file_leaves_its_passages_as_they_were(folder: Path) -> None:
    store = new()
    index_files(store, [folder])
    before = store.select()
    (folder / "more/quests.toml").write_text("x = ", encoding="utf-8")
    done = index_files(store, [folder / "more/quests.toml"])
    assert "not valid TOML" in done.failed[0]
    with pytest.raises(PassageError, match="no such file"):
        index_files(store, [folder / "none"])
    with pytest.raises(PassageError, match="not below"):
        index_files(store, [folder], root=folder / "more")
    assert store.select() == before


def test_quotes_are_sentences_of_the_sources() -> None:
    store = new()
    store.add_many(
        Draft(text=text, source=f"{n}")
        for n, text in enumerate(["Wolves howl. They fear fire.", "Bread is sold.", "Rain."])
    )

    def answer(question: str) -> list[str]:
        return [str(one) for one in quotes(store, question, search(store, question))]

    assert answer("What fire do they fear?") == ["“They fear fire.” (0)"]
    assert answer("Is bread sold?") == ["“Bread is sold.” (1)"]
    assert answer("Where are the starships?") == []
    assert answer("Do wolves eat bread?") == [], "one word of several is no answer"
    assert sentences_of("Title\nOne. Two!") == ["One.", "Two!"]


def test_a_quote_says_whom_it_is_about() -> None:
    store = new()
    text = "People › Nan Tully\nA smuggler who leads the caves. She limps."
    store.add_many([Draft(text=text, source="people.md#nan-tully")])
    found = quotes(store, "Who leads the smugglers?", search(store, "leads smugglers"))
    told = "Nan Tully: “A smuggler who leads the caves.” (people.md#nan-tully)"
    assert [str(one) for one in found] == [told]
    assert title_of("One sentence.\nAnother.") == title_of("no lines") == ""


def test_lore_is_silent_about_what_it_does_not_tell() -> None:
    store = Store(":memory:")
    index_files(store, [EXAMPLES / "lore"], root=EXAMPLES)
    for question, told in (
        ("Who leads the smugglers?", ["lore/people.md#nan-tully"]),
        ("What colour is the moon?", []),
        ("Where can I buy bread?", []),
        ("How do I learn to swim?", []),
    ):
        found = quotes(store, question, search(store, question, k=8), most=1)
        assert [one.record.source for one in found] == told, question


def test_a_character_quotes_its_own_memories() -> None:
    ada = Memory(new(), "Ada")
    for tick, who in enumerate(("Bo", "Cy", "Bo")):
        text = f"{who} asked: What is dragon {tick}?"
        ada.remember(text, tick=tick, source=who, tags=(who,))
    Memory(ada.store, "Eve").remember("Bo asked: Which dragon?", tick=0, tags=("Bo",))
    found = own_quotes(ada, {"ask", "dragons"}, Filter(tags=("Bo",)))
    assert [str(one) for one in found] == [
        "“Bo asked: What is dragon 0?” (Bo)",
        "“Bo asked: What is dragon 2?” (Bo)",
    ]
    assert own_quotes(ada, {"ask"}, Filter(), most=1)[0].record.tick == 2
    assert own_quotes(ada, {"ask", "wolf"}, Filter()) == []
    assert forms({"ask", "as", "sing"}, {"asked", "ass", "singing"}) == {"ask", "sing"}


# -- the command -----------------------------------------------------------------------------------


def test_the_life_of_a_memory(run, folder: Path) -> None:  # type: ignore[no-untyped-def]
    assert run("index", str(folder), "--tag", "lore")[1].startswith("read 2 files")
    assert run("add", "The password is heron.", "--persona", "Ada", "--kind", "episodic") == (
        0, "memory 9", "",
    )  # fmt: skip
    code, out, _ = run("search", "pasword", "-k", "1", "--json")
    assert code == 0
    assert json.loads(out)[0]["record"]["text"] == "The password is heron."
    assert "Ada episodic" in run("search", "password", "--explain", "--persona", "Ada")[1]
    assert "relevance" in run("search", "password", "--explain")[1]
    assert "persona     Ada" in run("show", "9")[1]
    assert json.loads(run("show", "9", "--json")[1])[0]["memory"]["key"] == 9
    assert json.loads(run("stats", "--json")[1])["memories"] == 9
    assert "Ada" in run("stats")[1]
    assert run("export", "out.jsonl", "--persona", "Ada")[1] == "1 memory in out.jsonl"
    assert run("forget", "9")[1] == "forgot 1 memory"
    assert b"heron" not in Path("memory.db").read_bytes()
    assert run("import", "out.jsonl", "--persona", "Bram")[1] == "imported 1 memory"
    assert run("search", "heron", "--persona", "Ada")[1] == "nothing was found"


def test_a_store_of_a_model_is_opened_with_it(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    model = str(write_gguf(tmp_path / "tiny.gguf"))
    assert run("add", "The well is deep.", "--model", model) == (0, "memory 1", "")
    assert "The well is deep." in run("search", "the well", "--model", model)[1]
    code, _, err = run("search", "the well")
    assert code == 2
    assert "--model FILE" in err
    assert "cannot be read" in run("search", "the well", "--model", "gone.gguf")[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search", "x"], "no such file"),
        (["add", ""], "text"),
        (["add", "x", "--importance", "7"], "importance"),
        (["index", "nowhere"], "no such file"),
        (["import", "nowhere"], "cannot be read"),
        (["add", "x", "--store", "no/folder/m.db"], "folder"),
    ],
)
def test_mistakes_are_one_line(run, arguments: list[str], message: str) -> None:  # type: ignore[no-untyped-def]
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("astraweave: error: ")
    assert message in err
    assert "\n" not in err


def test_more_mistakes(run) -> None:  # type: ignore[no-untyped-def]
    run("add", "something")
    for arguments in (
        ["show", "99"],
        ["forget", "99"],
        ["search", " "],
        ["search", "x", "-k", "0"],
    ):
        assert run(*arguments)[0] == 2
    Path("other.db").write_bytes(b"not a database at all, but long enough to look like one" * 20)
    code, _, err = run("stats", "--store", "other.db")
    assert (code, err.count("\n")) == (2, 0)
