"""What several files of unit tests share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from astraweave.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls `astraweave memory` in an empty folder; gives exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["memory", *arguments])
        told = capsys.readouterr()
        return code, told.out.strip(), told.err.strip()

    return call
