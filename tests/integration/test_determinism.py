"""The short form of the long proof (tests/soak.py): one checksum in every variant, as pinned."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from astraweave import Gpu
from tests import pin, soak
from tests.integration.runs import (
    ROOT,
    Case,
    adapter_name,
    plain,
    recorded_and_replayed,
    shuffled,
    swiftshader,
)

SMALL = [Case("crowd", 1_024), Case("bounce", 1_024)]
# The larger ones take minutes on a software adapter: `python -m tests.pin` computes them.
PINNED = {case: entry for case, entry in pin.load().items() if case.entities <= 2_000}


@pytest.mark.parametrize("scene", ["crowd", "bounce"])
def test_one_checksum_whatever_was_done(gpu: Gpu, scene: str) -> None:
    case = Case(scene, 1_024, 120)
    first = plain(gpu, case)
    found = {
        "again": plain(gpu, case),
        "shuffled": shuffled(gpu, case),
        "shuffled at every tick": shuffled(gpu, Case(scene, 1_024, 40), 1),
        "8 threads": plain(gpu, case, threads=8),
        "tick by tick": plain(gpu, case, chunk=1),
        "in sevens": plain(gpu, case, chunk=7),
        "recorded": (both := recorded_and_replayed(gpu, case))[0],
        "replayed": both[1],
    }
    short = plain(gpu, Case(scene, 1_024, 40))
    assert found.pop("shuffled at every tick") == short != first
    assert set(found.values()) == {first}, found


def test_other_seeds_and_sizes_differ(gpu: Gpu) -> None:
    cases = [
        Case("crowd", 1_024, 100),
        Case("crowd", 1_024, 100, seed=8),
        Case("crowd", 1_025, 100),
        Case("crowd", 1_024, 99),
    ]
    assert len({plain(gpu, case) for case in cases}) == len(cases)


@pytest.mark.parametrize("case", PINNED, ids=lambda case: case.name)
def test_pinned(gpu: Gpu, case: Case) -> None:
    """Equal on every adapter; after a wanted change: `python -m tests.pin --reset`."""
    entry = PINNED[case]
    assert entry["checksum"], "not computed yet: run `python -m tests.pin`"
    assert plain(gpu, case) == entry["checksum"], (
        f"differs on {adapter_name(gpu)}; it was seen on {entry['adapters']}"
    )


def test_all_shared_scenes_are_pinned() -> None:
    stored = json.loads((ROOT / "tests" / "pinned.json").read_text())
    assert {Case(e["scene"], e["entities"], e["ticks"], e["seed"]) for e in stored} >= {*pin.CASES}
    for entry in stored:
        assert len(entry["checksum"]) == 32
        assert entry["adapters"], "a pinned value says where it was seen"


def test_the_soak_goes_on_where_it_stopped(gpu: Gpu, tmp_path: Path) -> None:
    case, path = Case("hello_compute", 200, 20), tmp_path / "soak.json"
    assert soak.soak(gpu, case, 2, soak.Report(path, gpu))
    seconds = json.loads(path.read_text())["results"][case.name]["seconds"]
    assert soak.soak(gpu, case, 2, soak.Report(path, gpu)), "nothing left to do"
    data = json.loads(path.read_text())
    entry = data["results"][case.name]
    assert entry["seconds"] == seconds
    assert entry["runs"] == {name: 2 if name == "plain" else 1 for name in soak.VARIANTS}
    assert len(entry["checksums"]) == 1
    assert {"adapter", "driver", "machine", "cpus", "versions"} <= data.keys()
    entry["checksums"] = ["0" * 32]
    path.write_text(json.dumps(data))
    assert not soak.soak(gpu, case, 3, soak.Report(path, gpu)), "another checksum is a failure"
    data["results"][case.name]["code"] = "other"
    path.write_text(json.dumps(data))
    assert soak.soak(gpu, case, 1, soak.Report(path, gpu)), "results of other code are forgotten"


def test_a_pinned_value_that_differs_is_reported(
    gpu: Gpu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pin, "PINNED", tmp_path / "pinned.json")
    monkeypatch.setattr(pin, "CASES", (Case("hello_compute", 100, 10),))
    assert pin.update(gpu, 10**9, reset=False)
    (entry,) = json.loads((tmp_path / "pinned.json").read_text())
    assert entry["adapters"] == [adapter_name(gpu)]
    wrong = entry | {"checksum": "0" * 32, "adapters": ["elsewhere"]}
    (tmp_path / "pinned.json").write_text(json.dumps([wrong]))
    assert not pin.update(gpu, 10**9, reset=False)
    assert f"pinned {'0' * 32}, here {entry['checksum']}" in capsys.readouterr().err
    assert json.loads((tmp_path / "pinned.json").read_text()) == [wrong]
    assert pin.update(gpu, 10**9, reset=True)
    assert json.loads((tmp_path / "pinned.json").read_text()) == [entry]


def in_a_process(adapter: str, environment: dict[str, str], cases: list[Case]) -> list[str]:
    """Checksums of cases on an adapter in a process with other variables."""
    program = (
        "import sys\n"
        "from astraweave import Gpu\n"
        "from tests.integration.runs import Case, plain\n"
        "gpu = Gpu.open(sys.argv[1])\n"
        f"for case in {cases}: print(plain(gpu, case))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, adapter],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(swiftshader() is None, reason="SwiftShader is missing: install chromium")
def test_another_driver_gives_the_same() -> None:
    """SwiftShader shares no code with Mesa; only the pinned value is compared."""
    found = in_a_process("SwiftShader", {"VK_DRIVER_FILES": str(swiftshader())}, SMALL)
    assert found == [PINNED[case]["checksum"] for case in SMALL]


def test_workgroups_in_parallel_give_the_same(gpu: Gpu) -> None:
    """The other tests run llvmpipe without threads; real GPUs are parallel anyway."""
    if "llvmpipe" not in gpu.info.name:
        pytest.skip("another adapter")
    cases = [*SMALL, Case("skirmish", 64, 500)]
    found = in_a_process("llvmpipe", {"LP_NUM_THREADS": "4"}, cases)
    assert found == [PINNED[case]["checksum"] for case in cases]
