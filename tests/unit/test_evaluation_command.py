"""`astraweave evaluate` as it is called: what is wrong is told before anything is played."""

import json
from pathlib import Path
from typing import Any

import pytest

from astraweave import cli
from astraweave_ai.evaluation import report as module
from astraweave_ai.evaluation.report import Latency, Report
from astraweave_ai.evaluation.score import NOISE, Result, means
from tests.tiny_gguf import tiny_gguf

RESULTS = Path(__file__).parents[2] / "perf/results/minds"


def made(goal: float, errors: dict[str, int]) -> Report:
    one = Result("a", "puzzle", 1.0, goal, 1.0, 0.6, 64.0 + 30 * goal, "", 1, 1, 10)
    told = ("llm", "tiny", "none", "here", "0", "today")
    tokens = {"questions": 16, "answers": 0}
    total = means([one])
    return Report(total.overall, *told, 1.0, 0.5, total, {}, Latency(1, 2), tokens, (one,), errors)


def test_goals_come_first_and_a_score_has_something_to_be_compared_with() -> None:
    text = made(0.0, {"Timeout": 12, "InvalidJson": 4}).to_markdown()
    lines = text.splitlines()
    assert "**0 of 1**" in lines[2]
    assert lines[2].index("0 of 1") < lines[2].index("64.0")
    assert f"drawn by lot get {NOISE}" in lines[2]
    assert "| kind | scenarios | goal |" in text
    assert "| all | 1 | 0.0 % | 100.0 % |" in text
    assert "errors: 12 Timeout, 4 InvalidJson." in text
    assert "errors: none." in made(1.0, {}).to_markdown()


def test_the_noise_in_reports_is_the_one_that_was_measured() -> None:
    found = json.loads((RESULTS / "evaluation-noise.json").read_text(encoding="utf-8"))
    assert found["mind"] == "noise"
    assert found["overall_score"] == pytest.approx(NOISE, abs=0.1)


@pytest.fixture
def unplayed(monkeypatch: pytest.MonkeyPatch) -> None:
    def evaluate(*_: Any, **__: Any) -> Any:
        raise AssertionError("it was played")

    monkeypatch.setattr(module, "evaluate", evaluate)


def test_wrong_calls_are_told_before_anything_is_played(
    unplayed: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = tmp_path / "short.gguf"
    short.write_bytes(tiny_gguf(tmp_path / "tiny.gguf").read_bytes()[:-5000])
    for arguments, told in (
        (["--report", str(tmp_path / "nodir" / "x.md")], "there is no folder"),
        (["--report", str(tmp_path)], "that is a folder"),
        (["--report", str(tmp_path / ("x" * 300))], "too long"),
        (["--mind", "goap", "--model", "nosuch"], "--model is for --mind llm"),
        (["--mind", "llm", "--model", str(short)], "short.gguf cannot be loaded"),
    ):
        assert cli.main(["evaluate", *arguments]) == 2
        assert told in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()

    def evaluate(*_: Any, **__: Any) -> Report:
        folder.rmdir()  # meanwhile
        return made(1.0, {})

    monkeypatch.setattr(module, "evaluate", evaluate)
    assert cli.main(["evaluate", "--report", str(folder / "x.md")]) == 2
    done = capsys.readouterr()
    assert "of 100" in done.out
    assert "cannot be written" in done.err
    assert "Traceback" not in done.err
