"""Bad command lines: one clear line on stderr, exit code 2, nothing on stdout and no file left."""

import json
from pathlib import Path

import pytest

from astraweave.cli import main

SMALL = ["--entities", "100", "--ticks", "8"]
HEADLESS = ["run", "crowd", "--headless", *SMALL]

CASES: dict[str, tuple[list[str], str]] = {
    "nothing": ([], "required: COMMAND"),
    "unknown command": (["fly"], "invalid choice: 'fly'"),
    "unknown option": ([*HEADLESS, "--fast"], "unrecognized arguments: --fast"),
    "unknown example": (
        ["run", "lunch", "--headless"],
        "no example is named 'lunch'; there is bounce",
    ),
    "example of checksum": (["checksum", "lunch"], "no example is named 'lunch'"),
    "example of graph": (["graph", "lunch"], "no example is named 'lunch'"),
    "missing file": (["run", "gone.py", "--headless"], r"no such file: gone\.py"),
    "a folder": (["run", "{tmp}", "--headless"], "no example is named"),
    "a file without a scene": (["run", "{tmp}/empty.py", "--headless"], "defines no scene"),
    "a broken file": (
        ["run", "{tmp}/broken.py", "--headless"],
        r"cannot be imported: .*broken\.py:1: SyntaxError",
    ),
    "a file that fails": (
        ["run", "{tmp}/fails.py", "--headless"],
        r"cannot be imported: .*fails\.py:2: ZeroDivisionError",
    ),
    "a scene that fails": (
        ["run", "{tmp}/raises.py", "--headless"],
        r"scene mine failed at .*raises\.py:4: KeyError: 'here'",
    ),
    "a scene without a view": (["run", "{tmp}/blind.py"], "must return a View, got NoneType"),
    "no number": (
        ["checksum", "crowd", "--entities", "many"],
        "expected a whole number, got 'many'",
    ),
    "a float": (["checksum", "crowd", "--ticks", "1.5"], "expected a whole number, got '1.5'"),
    "empty": (["checksum", "crowd", "--seed", ""], "expected a whole number, got ''"),
    "no entities": (["checksum", "crowd", "--entities", "0"], "must be 1 to"),
    "negative entities": (["checksum", "crowd", "--entities", "-5"], "must be 1 to"),
    "no ticks": (["checksum", "crowd", "--ticks", "0"], "must be 1 to"),
    "too many ticks": (["checksum", "crowd", "--ticks", "9999999999"], "must be 1 to"),
    "negative seed": (["checksum", "crowd", "--seed", "-1"], "must be 0 to 4294967295"),
    "large seed": (["checksum", "crowd", "--seed", "4294967296"], "must be 0 to 4294967295"),
    "no threads": (["checksum", "crowd", "--threads", "0"], "must be 1 to 256"),
    "no frames": ([*HEADLESS, "--frames", "0"], "must be 1 to"),
    "more than handles": (
        ["checksum", "crowd", "--entities", "67108865"],
        "must be 1 to 67,108,864|must be",
    ),
    "unknown adapter": (
        ["checksum", "crowd", "--adapter", "Voodoo 2"],
        "no adapter matches 'Voodoo 2'",
    ),
    "adapter index": (["checksum", "crowd", "--adapter", "99"], "no adapter matches '99'"),
    "digits of a name": (["checksum", "crowd", "--adapter", "15"], "no adapter matches '15'"),
    "doctor's adapter": (["graph", "crowd", "--adapter", "99"], "no adapter matches '99'"),
    "picture in no folder": ([*HEADLESS, "--png", "{tmp}/no/it.png"], "cannot be written"),
    "picture is a folder": ([*HEADLESS, "--png", "{tmp}"], "cannot be written"),
    "recording in no folder": ([*HEADLESS, "--record", "{tmp}/no/it.rec"], "cannot be written"),
    "recording below a file": ([*HEADLESS, "--record", "{tmp}/empty.py/it"], "cannot be written"),
    "recording in the kernel's": ([*HEADLESS, "--record", "/proc/it.rec"], "cannot be written"),
    "picture in the kernel's": ([*HEADLESS, "--png", "/proc/it.png"], "cannot be written"),
    "replay of nothing": (["replay", "{tmp}/gone.rec"], "cannot be read: No such file"),
    "replay of a folder": (["replay", "{tmp}"], "cannot be read"),
    "replay of text": (["replay", "{tmp}/empty.py"], "is not a recording"),
    "replay of damage": (["replay", "{tmp}/damaged.rec"], "truncated or damaged"),
    "replay of tomorrow": (
        ["replay", "{tmp}/future.rec"],
        "version 9; this engine reads version 1",
    ),
    "replay of a lost scene": (["replay", "{tmp}/lost.rec"], "is of scene 'lost': name its file"),
    "shader": (["shader", "sim/lunch.wgsl"], "shader sim/lunch.wgsl not found; looked for"),
    "shader folder": (["shader", "sim"], "shader sim not found"),
    "shader of a scene": (["shader", "sim/motion.wgsl", "--scene", "lunch"], "no example is named"),
    "shader not in the scene": (
        ["shader", "sim/steer.wgsl", "--scene", "bounce"],
        "no pass of bounce uses sim/steer.wgsl",
    ),
    "benchmark": (["bench", "--filter", "lunch"], "no benchmark has 'lunch' in its name; there is"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from astraweave.ecs.replay import Recording

    (tmp_path / "empty.py").write_text("")
    (tmp_path / "broken.py").write_text("def scene(:\n")
    (tmp_path / "fails.py").write_text("import math\nmath.pi / 0\n")
    head = "from astraweave import scene\n@scene(entities=5, ticks=7)\ndef mine(world, entities):\n"
    (tmp_path / "raises.py").write_text(head + "    return {}['here']\n")
    (tmp_path / "blind.py").write_text(head + "    pass\n")
    (tmp_path / "damaged.rec").write_bytes(b"AWREC\0\1\0" + bytes(99))
    (tmp_path / "future.rec").write_bytes(b"AWREC\0\x09\0" + bytes(99))
    lost = Recording("lost", {}, 0, 60, 0, [], ["entities"], bytes(16), bytes(16), [])
    lost.save(tmp_path / "lost.rec")
    return tmp_path


@pytest.mark.gpu
@pytest.mark.parametrize("case", CASES)
def test_one_line_and_exit_code_2(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import re

    arguments, words = CASES[case]
    before = sorted(folder.glob("*.*"))  # all but Python's __pycache__
    code = main([argument.replace("{tmp}", str(folder)) for argument in arguments])
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if "no real GPU was found" not in line]
    assert (code, out, len(lines)) == (2, "", 1), err
    assert lines[0].startswith("astraweave: error: ")
    assert re.search(words, lines[0]), lines[0]
    assert sorted(folder.glob("*.*")) == before


@pytest.mark.gpu
def test_more_than_the_adapter_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """Refused before arrays are made for it, so that it costs neither time nor memory."""
    main(["doctor", "--json"])
    most = json.loads(capsys.readouterr().out)["chosen"]["largest_crowd"]
    if most >= 1 << 26:
        pytest.skip(f"this adapter holds {most:,} entities, more than a world may have")
    assert main(["checksum", "crowd", "--entities", str(most + 1)]) == 2
    assert f"holds at most {most:,} entities" in capsys.readouterr().err


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["run", "--help"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
        assert "usage: astraweave" in capsys.readouterr().out


def test_help_lists_the_options_of_a_scene(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = tmp_path / "own.py"
    own.write_text(OWN_OPTIONS, encoding="utf-8")
    for command in ("run", "checksum"):
        with pytest.raises(SystemExit) as caught:
            main([command, str(own), "--help"])
        assert caught.value.code == 0
        told = " ".join(capsys.readouterr().out.split())
        assert "options of own: --pace {slow,100%} how fast (default: slow) --loud 50% more" in told
        assert "--steps STEPS (default: 3)" in told
        assert told.count("--ticks N") == 2
    assert main(["run", "nowhere", "--help"]) == 2
    assert "no example is named 'nowhere'" in capsys.readouterr().err


OWN_OPTIONS = """
from typing import Annotated, Literal
from astraweave import Camera, Position, View, scene

@scene(entities=1, ticks=7)
def own(
    world, entities, *,
    pace: Annotated[Literal["slow", "100%"], "how fast"] = "slow",
    loud: Annotated[bool, "50% more"] = False,
    steps: int = 3,
    ticks: int = 0,
):
    world.spawn(Position((0, 0, 0)))
    told = f"{pace} {loud} {steps} {ticks}"
    return View(Camera.framing((0, 0, 0), (1, 1, 1)), notes=lambda: [("told", told)])
"""


@pytest.mark.gpu
@pytest.mark.parametrize(
    ("arguments", "told", "ticks"),
    [
        ([], "slow False 3 0", 7),
        (["--ticks", "5", "--loud", "--steps", "4"], "slow True 4 5", 5),
        (["--pace", "100%"], "100% False 3 0", 7),
    ],
)
def test_a_scene_hears_of_its_options(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    told: str,
    ticks: int,
) -> None:
    own = tmp_path / "own.py"
    own.write_text(OWN_OPTIONS, encoding="utf-8")
    assert main(["run", str(own), "--json", *arguments]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["notes"]["told"], report["ticks"]) == (told, ticks)
