"""Commands of other packages are found by their entry points, as Python's own finder does it."""

import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from astraweave.extensions import GROUP, extensions

ENTRIES = f"""[console_scripts]
fly = somewhere:main

[{GROUP}]
fly = astraweave_fly.command
swim=astraweave_swim.command

[other]
walk = somewhere.else
"""


def install(folder: Path, name: str, text: str | None) -> None:
    made = folder / f"{name}-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    if text is not None:
        (made / "entry_points.txt").write_text(text)


def test_what_is_installed_here_is_found() -> None:
    found = {each.name: each.value for each in entry_points(group=GROUP)}
    assert extensions() == found
    assert extensions()["plan"] == "astraweave_ai.pddl.command"


def test_packages_of_ours_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "astraweave_fly", ENTRIES)
    install(tmp_path, "astraweave_mute", None)
    install(tmp_path, "someone_else", f"[{GROUP}]\nrun = evil\n")
    (tmp_path / "not-a-folder").write_text("")
    places = [str(tmp_path), str(tmp_path / "gone"), str(tmp_path / "not-a-folder")]
    monkeypatch.setattr(sys, "path", places)
    assert list(extensions().items()) == [
        ("fly", "astraweave_fly.command"),
        ("swim", "astraweave_swim.command"),
    ]
