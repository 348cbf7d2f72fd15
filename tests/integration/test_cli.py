"""The command line as scripts use it: what it prints, where, and with which exit code."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from astraweave import Gpu, Recording
from astraweave.app.scene import scene_names
from astraweave.cli import main
from tests.integration.runs import ROOT, Case, plain

Capture = pytest.CaptureFixture[str]
SMALL = ["--entities", "200", "--ticks", "30", "--seed", "5"]
KEYS = {"example", "entities", "ticks", "seed", "adapter", "clock", "checksum", "ms_per_tick"}
KEYS |= {"encode_ms", "passes", "draw_calls", "visible", "engine_bytes"}


def call(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def run_json(capsys: Capture, *arguments: str) -> dict[str, Any]:
    code, out, _ = call(capsys, "run", *arguments, "--headless", "--json")
    assert code == 0
    assert out.count("\n") == 1, "one object on one line"
    return json.loads(out)


@pytest.mark.parametrize("name", ["crowd", "bounce", "hello_compute"])
def test_run_json(capsys: Capture, gpu: Gpu, name: str) -> None:
    report = run_json(capsys, name, *SMALL)
    assert report.keys() >= KEYS
    assert "ms_per_frame" not in report, "nothing was drawn"
    assert (report["example"], report["entities"], report["ticks"]) == (name, 200, 30)
    assert (report["seed"], report["adapter"], report["clock"]) == (5, gpu.info.name, gpu.clock)
    assert report["checksum"] == plain(gpu, Case(name, 200, 30, 5))
    assert set(report["ms_per_tick"]) == {"p50", "p95", "p99"}
    assert set(report["encode_ms"]) == {"p50", "p95"}
    assert 0 < report["ms_per_tick"]["p50"] <= report["ms_per_tick"]["p99"]
    assert report["passes"]
    assert all(set(one) == {"name", "ms"} and one["ms"] >= 0 for one in report["passes"])
    assert report["engine_bytes"] > 0


def test_run_with_picture(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "it.png"
    report = run_json(capsys, "crowd", *SMALL, "--png", str(path), "--frames", "3")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert set(report["ms_per_frame"]) == {"p50", "p95", "p99"}
    assert report["draw_calls"] > 0
    assert report["visible"] > 0
    assert report["png"] == str(path)
    without = run_json(capsys, "crowd", *SMALL)
    assert report["checksum"] == without["checksum"], "drawing changes nothing"


def test_ticks_are_timed_where_every_tick_is_drawn(capsys: Capture, tmp_path: Path) -> None:
    few = ["--entities", "64", "--ticks", "3", "--png", str(tmp_path / "it.png")]
    report = run_json(capsys, "crowd", *few)
    assert 0 < report["ms_per_tick"]["p50"] <= report["ms_per_frame"]["p99"]


def test_a_picture_replaces_a_file_as_a_whole(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "it.png"
    path.write_text("old")
    run_json(capsys, "crowd", "--entities", "64", "--ticks", "3", "--png", str(path))
    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [path]


def test_summary_of_what_was_not_measured() -> None:
    from astraweave.app.headless import percentiles
    from astraweave.app.summary import _head

    report: dict[str, Any] = dict.fromkeys(("example", "adapter", "backend", "driver"), "x")
    report |= {"entities": 1, "ticks": 1, "seed": 0}
    report |= {"ms_per_tick": percentiles([]), "encode_ms": percentiles([], (50, 95))}
    assert ("tick", "not measured") in _head(report)


def test_run_prints_a_summary(capsys: Capture) -> None:
    code, out, err = call(capsys, "run", "crowd", "--headless", *SMALL)
    assert code == 0
    for word in ("example", "adapter", "tick", "passes", "memory", "checksum"):
        assert re.search(rf"^{word}", out, re.MULTILINE), word
    assert err == "" or "no real GPU was found; using" in err


def test_checksum_prints_the_value_alone(capsys: Capture, gpu: Gpu) -> None:
    code, out, err = call(capsys, "checksum", "crowd", *SMALL)
    assert (code, out, err) == (0, plain(gpu, Case("crowd", 200, 30, 5)) + "\n", "")
    for more in (["--threads", "8"], ["--shuffle", "7"], ["--adapter", "0"]):
        assert call(capsys, "checksum", "crowd", *SMALL, *more)[1] == out


def test_record_and_replay(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "it.rec"
    report = run_json(capsys, "bounce", *SMALL, "--record", str(path))
    assert Recording.load(path).ticks == 30
    code, out, err = call(capsys, "replay", str(path))
    assert (code, err) == (0, "")
    assert out == f"30 ticks and 0 commands agree; checksum {report['checksum']}\n"


def test_a_scene_file_that_a_recording_names_is_not_run(capsys: Capture, tmp_path: Path) -> None:
    path, trap = tmp_path / "run.rec", tmp_path / "trap.py"
    assert call(capsys, "run", "crowd", *SMALL, "--headless", "--record", str(path))[0] == 0
    trap.write_text("raise SystemExit(99)")
    recording = Recording.load(path)
    recording.scene = str(trap)
    recording.save(path)
    code, out, err = call(capsys, "replay", str(path))
    assert (code, out) == (2, "")
    assert "--scene" in err
    assert call(capsys, "replay", str(path), "--scene", "crowd")[0] == 0


def test_replay_of_another_result_is_exit_code_1(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "it.rec"
    run_json(capsys, "bounce", *SMALL, "--record", str(path))
    recording = Recording.load(path)
    row = 16 * len(recording.components)
    raw = bytearray(recording.checksums)
    raw[12 * row + 16 * recording.components.index("Velocity")] ^= 1
    recording.checksums = bytes(raw)
    recording.save(path)
    code, out, err = call(capsys, "replay", str(path))
    assert (code, out) == (1, "")
    assert re.fullmatch(r"astraweave: replay differs at tick 12 in Velocity: recorded .*\n", err)


def test_examples(capsys: Capture) -> None:
    code, out, _ = call(capsys, "examples")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == scene_names()
    assert {"bounce", "crowd", "hello_compute"} <= set(scene_names())


@pytest.mark.parametrize("name", scene_names())
def test_graph(capsys: Capture, name: str) -> None:
    code, out, _ = call(capsys, "graph", name)
    assert code == 0
    text, mermaid = out.split("\n\n", 1)
    assert "reads" in text
    assert mermaid.startswith("flowchart TD\n")


def test_graph_names_the_hazards(capsys: Capture) -> None:
    out = call(capsys, "graph", "hello_compute")[1]
    assert "motion  (after orbit)" in out
    assert "waits for orbit (RAW Velocity)" in out
    assert re.search(r'p0 -->\|".*Velocity RAW.*"\| p1', out)


def test_shader(capsys: Capture) -> None:
    code, out, _ = call(capsys, "shader", "sim/motion.wgsl")
    assert code == 0
    assert "fn each(" in out
    assert out.count("fn mul_wide(") == 1
    code, out, _ = call(capsys, "shader", "sim/motion.wgsl", "--scene", "crowd")
    assert code == 0
    assert out.startswith("// pass sim/motion\n")
    for line in (
        "struct Tick {",
        "struct Position {",
        "@compute @workgroup_size(",
        "const RATE = 60;",
    ):
        assert line in out
    assert "struct Orbit" in call(capsys, "shader", "orbit.wgsl", "--scene", "hello_compute")[1]


def test_doctor(capsys: Capture, gpu: Gpu) -> None:
    code, out, _ = call(capsys, "doctor", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["ok"] is found["chosen"]["works"] is True
    assert found["chosen"]["adapter"] == gpu.info.name
    assert [a["index"] for a in found["adapters"]] == list(range(len(found["adapters"])))
    code, out, _ = call(capsys, "doctor")
    assert code == 0
    assert f"chosen: {gpu.info.name}; a world runs and is exact" in out


def test_doctor_without_an_adapter(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    from astraweave.gpu import device

    monkeypatch.setattr(device, "_enumerate", list)
    code, out, _ = call(capsys, "doctor")
    assert code == 2
    assert "apt-get install mesa-vulkan-drivers" in out
    code, out, _ = call(capsys, "doctor", "--json")
    assert code == 2
    assert json.loads(out)["ok"] is False


def test_doctor_with_a_wrong_choice(capsys: Capture) -> None:
    code, out, _ = call(capsys, "doctor", "--adapter", "no such thing")
    assert code == 2
    assert "mend: take another one: --adapter 0 to " in out
    assert "apt-get" not in out


def test_a_number_is_an_index_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from astraweave.errors import AdapterNotFound
    from astraweave.gpu import device

    info = device.AdapterInfo(0, "llvmpipe (LLVM 15.0.6)", "Vulkan", "CPU", "Mesa 22")
    monkeypatch.setattr(device, "_enumerate", lambda: [(info, None)])
    assert device.choose_adapter("0")[0] is device.choose_adapter("llvm 15")[0] is info
    for wanted in ("1", "5", "15"):
        with pytest.raises(AdapterNotFound, match="there is 0: llvmpipe"):
            device.choose_adapter(wanted)


def test_adapter_by_environment(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTRAWEAVE_ADAPTER", "no such thing")
    code, _, err = call(capsys, "checksum", "crowd", *SMALL)
    assert code == 2
    assert "no adapter matches 'no such thing'; there is 0: " in err
    assert call(capsys, "checksum", "crowd", *SMALL, "--adapter", "0")[0] == 0


@pytest.mark.parametrize("name", ["crowd", "bounce", "hello_compute"])
@pytest.mark.parametrize("entities", [1, 2, 5, 33, 64])
def test_examples_of_any_size(capsys: Capture, name: str, entities: int) -> None:
    arguments = ["checksum", name, "--entities", str(entities), "--ticks", "20"]
    code, out, err = call(capsys, *arguments)
    assert (code, len(out)) == (0, 33), err


def test_a_scene_by_its_path(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from astraweave import Position, View, Motion, scene\n"
        "import numpy as np\n"
        "@scene(entities=5, ticks=7)\n"
        "def mine(world, entities):\n"
        '    """My own."""\n'
        "    world.use(Motion())\n"
        "    world.spawn(Position(np.zeros((entities, 3))))\n"
        "    return View()\n"
    )
    report = run_json(capsys, str(tmp_path / "mine.py"))
    assert (report["example"], report["entities"], report["ticks"]) == ("mine", 5, 7)


def test_the_file_of_a_scene_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "another_name.py"
    path.write_text(
        "from astraweave import Position, View, scene\n"
        "@scene(entities=5, ticks=7)\n"
        "def mine(world, entities):\n"
        "    world.spawn(Position((0, 0, 0)))\n"
        "    return View()\n"
        'if __name__ == "__main__":\n'
        "    mine.main()\n"
    )
    done = subprocess.run(
        [sys.executable, path, "--json"], text=True, capture_output=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["example"] == "mine"


# -- as a process ----------------------------------------------------------------------------


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "astraweave.cli", *arguments]
    return subprocess.run(command, text=True, capture_output=True, check=False, cwd=ROOT, **options)


def test_an_example_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "examples/hello_compute.py", "--headless", "--json", *SMALL],
        text=True,
        capture_output=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["example"] == "hello_compute"


def test_no_traceback_and_exit_code_2() -> None:
    done = process("run", "nothing", "--headless")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("astraweave: error: no example is named 'nothing'; there is ")
    assert done.stderr.count("\n") == 1


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m astraweave.cli shader sim/contacts.wgsl | head -1"
    done = subprocess.run(
        command, shell=True, text=True, capture_output=True, check=False, cwd=ROOT
    )
    assert done.stderr == ""


def test_progress_bar_on_a_terminal_only() -> None:
    arguments = ["run", "crowd", "--headless", "--json", "--entities", "50", "--ticks", "60"]
    piped = process(*arguments)
    assert piped.returncode == 0
    assert "━" not in piped.stderr
    assert "\x1b" not in piped.stderr

    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "astraweave.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=theirs,
        cwd=ROOT,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the terminal is gone with its last user
            break
        if not part:
            break
        shown += part
    out, _ = child.communicate()
    os.close(ours)
    assert child.returncode == 0
    assert "━" in shown.decode()
    assert "/60" in shown.decode()
    assert json.loads(out)["checksum"] == json.loads(piped.stdout)["checksum"]
