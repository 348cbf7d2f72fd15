"""`astraweave model import-minilm`: a model among the user's, or one line that says why not."""

import stat
from pathlib import Path

import gguf
import pytest

from astraweave.cli import main
from astraweave_ai.llm.library import list_models
from tests.tiny_bert import write_folder


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASTRAWEAVE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def imported(*arguments: str) -> int:
    return main(["model", "import-minilm", *arguments])


def test_it_is_among_the_models_under_its_name(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_folder(tmp_path / "tiny-lm")
    assert imported(str(folder)) == 0
    assert imported(str(folder), "--name", "small", "--type", "q8_0") == 0
    assert str(models / "small.gguf") in capsys.readouterr().out
    assert [path.name for path in models.iterdir() if path.suffix != ".gguf"] == []
    assert set(list_models()) == {"tiny-lm", "small"}
    for name, kind in (("tiny-lm", "F16"), ("small", "Q8_0")):
        reader = gguf.GGUFReader(list_models()[name])
        assert reader.fields["general.name"].contents() == name
        assert kind in {tensor.tensor_type.name for tensor in reader.tensors}
        (tmp_path / "usual").touch()
        usual = stat.S_IMODE((tmp_path / "usual").stat().st_mode)
        assert stat.S_IMODE(list_models()[name].stat().st_mode) == usual


def test_mistakes_are_one_line_and_leave_nothing(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_folder(tmp_path / "tiny")
    assert imported(str(folder)) == 0
    before = list_models()["tiny"].read_bytes()
    damaged = write_folder(tmp_path / "damaged")
    (damaged / "model.safetensors").write_bytes(b"damaged")
    wrong = {
        (str(folder),): "already",
        (str(folder), "--name", "../x"): "'../x'",
        (str(damaged),): "model.safetensors is no usable safetensors file",
        ("no-such-package",): "no-such-package is neither a folder nor an installed package",
        (str(folder), "--type", "q4"): "invalid choice: 'q4'",
        (): "expected a model",
    }
    capsys.readouterr()
    for arguments, reason in wrong.items():
        assert imported(*arguments) == 2
        told = capsys.readouterr()
        assert reason in told.err
        assert (told.out, told.err.count("\n")) == ("", 1)
    assert [path.name for path in models.iterdir()] == ["tiny.gguf"]
    assert list_models()["tiny"].read_bytes() == before


def test_a_folder_of_models_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ASTRAWEAVE_MODELS", str(tmp_path / "file" / "models"))
    assert imported(str(write_folder(tmp_path / "tiny"))) == 2
    assert "cannot be written" in capsys.readouterr().err
