"""The user's models: names lead to files, and a mistake changes nothing."""

import os
from pathlib import Path

import pytest

from astraweave_ai.errors import ModelUnusable
from astraweave_ai.llm import library
from astraweave_ai.llm.library import (
    add_model,
    find_model,
    list_models,
    models_folder,
    remove_model,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASTRAWEAVE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Some-Model.Q4_0.gguf"
    path.write_bytes(b"GGUF and more")
    return path


def test_models_are_added_found_listed_and_removed(file: Path, folder: Path) -> None:
    assert list_models() == {}
    assert add_model(file) == "Some-Model.Q4_0"
    assert add_model(file, "small") == "small"
    assert list(list_models()) == ["Some-Model.Q4_0", "small"]
    assert find_model("small") == folder / "small.gguf"
    assert find_model(str(file)) == file
    file.unlink()
    assert find_model("small").read_bytes() == b"GGUF and more"
    remove_model("small")
    assert list(list_models()) == ["Some-Model.Q4_0"]
    with pytest.raises(ModelUnusable, match=r"there is Some-Model\.Q4_0"):
        find_model("small")
    with pytest.raises(ModelUnusable):
        remove_model("small")


def test_a_linked_file_stays_where_it_is(file: Path) -> None:
    add_model(file, "linked", link=True)
    assert find_model("linked").resolve() == file
    remove_model("linked")
    assert file.exists()
    add_model(file, "gone", link=True)
    file.unlink()
    assert list(list_models()) == ["gone"]
    with pytest.raises(ModelUnusable):
        find_model("gone")
    remove_model("gone")
    assert list_models() == {}


@pytest.mark.parametrize("name", ["../evil", "a/b", ".hidden", "ä", " ", "x" * 101, "a\n"])
def test_odd_names_are_refused(file: Path, name: str, folder: Path) -> None:
    with pytest.raises(ModelUnusable, match="name"):
        add_model(file, name)
    assert not folder.exists()


def test_a_name_is_never_taken_twice(file: Path, tmp_path: Path) -> None:
    add_model(file, "one")
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF other")
    with pytest.raises(ModelUnusable, match="already"):
        add_model(other, "one")
    assert find_model("one").read_bytes() == b"GGUF and more"


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.gguf").write_text("hello")
    (tmp_path / "part-00001-of-00002.gguf").write_bytes(b"GGUF")
    for name, reason in {
        "text.gguf": "no GGUF",
        "part-00001-of-00002.gguf": "merge",
        "missing.gguf": "No such file",
        ".": "directory",
    }.items():
        with pytest.raises(ModelUnusable, match=reason):
            add_model(tmp_path / name, "x")
    assert list_models() == {}


def test_a_copy_that_fails_leaves_nothing(
    file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("not here")

    def half(source: Path, target: Path) -> None:
        target.write_bytes(b"GG")
        raise OSError("disk full")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(library.shutil, "copyfile", half)
    with pytest.raises(ModelUnusable, match="disk full"):
        add_model(file, "x")
    assert list(folder.iterdir()) == []
    monkeypatch.undo()
    monkeypatch.setenv("ASTRAWEAVE_MODELS", str(folder))
    monkeypatch.setattr(os, "link", refuse)
    add_model(file, "x")
    assert find_model("x").read_bytes() == b"GGUF and more"


def test_the_folder_is_where_the_platform_keeps_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASTRAWEAVE_MODELS")
    monkeypatch.setattr(library.sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert models_folder() == Path("/data/astraweave/models")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert models_folder() == Path.home() / ".local/share/astraweave/models"
    monkeypatch.setattr(library.sys, "platform", "darwin")
    assert models_folder() == Path.home() / "Library/Application Support/astraweave/models"
    monkeypatch.setattr(library.sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert models_folder() == Path("/local/astraweave/models")
