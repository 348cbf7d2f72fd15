"""`astraweave model`: from a file to a conversation, on the command line."""

import io
import json
from pathlib import Path

import pytest

from astraweave.cli import main
from tests.tiny_gguf import tiny_gguf


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASTRAWEAVE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    assert main(["model", *arguments]) == code
    done = capsys.readouterr()
    return done.out, done.err


def test_a_model_is_added_listed_checked_and_removed(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no models" in said(capsys, "list")[0]
    path = str(tiny_gguf(tmp_path / "tiny.gguf"))
    assert "astraweave model check toy" in said(capsys, "add", path, "--name", "toy")[0]
    assert said(capsys, "list")[0].split() == ["toy", "0.58", "MB"]
    listed = json.loads(said(capsys, "list", "--json")[0])
    assert listed == {"folder": str(folder), "models": {"toy": Path(path).stat().st_size}}
    found = json.loads(said(capsys, "check", "toy", "--json")[0])
    assert found["architecture"] == "llama"
    assert found["context"] == 1024
    assert found["chat_template"] == "used"
    assert found["constrained_json"] is True
    assert found["prefill"] > 0
    assert found["decode"] > 0
    assert "removed toy" in said(capsys, "remove", "toy")[0]


def test_a_chat_streams_forgets_its_beginning_and_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tiny_gguf(tmp_path / "tiny.gguf", context=700))
    monkeypatch.setattr("sys.stdin", io.StringIO("hello\nwho are you\nwhat now\n\nunread\n"))
    out, err = said(capsys, "chat", path, "--system", "Be brief.", "--seed", "2")
    assert len(out) > 300
    assert all(c == "\n" or c == "\t" or c.isprintable() for c in out)
    assert "oldest question is forgotten" in err


def test_the_check_reads_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = said(capsys, "check", str(tiny_gguf(tmp_path / "tiny.gguf", chat=None)))
    assert "architecture llama" in out
    assert "chat template  no" in out
    assert "JSON under a grammar works" in out


def test_the_exit_code_tells_of_json_that_fails_in_both_forms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tiny_gguf(tmp_path / "tiny.gguf"))
    monkeypatch.setattr("astraweave_ai.llm.check._is_json", lambda text: False)
    assert "fails" in said(capsys, "check", path, code=1)[0]
    assert json.loads(said(capsys, "check", path, "--json", code=1)[0])["prefill"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "nothing"], "there is no model 'nothing'"),
        (["add", "README.md"], "no GGUF file"),
        (["add"], "expected a model"),
        (["list", "more"], "expected nothing more"),
        (["fly", "away"], "invalid choice"),
        (["check", "README.md", "--context", "0"], "context must be 16 to"),
        (["check", "README.md"], "cannot be loaded"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, err = said(capsys, *arguments, code=2)
    assert message in err
    assert err.count("\n") == 1
