"""`astraweave plan` as scripts use it: what it prints, where, and with which exit code."""

import gc
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.cli import main
from astraweave.commands import parser
from astraweave_ai.pddl import command
from tests.reference.plan_checker import check

FOLDER = Path(__file__).resolve().parents[1] / "pddl"
COURIER = [str(FOLDER / "courier/domain.pddl"), str(FOLDER / "courier/two.pddl")]
GUESTS = [str(FOLDER / "guests/domain.pddl"), str(FOLDER / "guests/three.pddl")]
LOCKED = [GUESTS[0], str(FOLDER / "guests/locked.pddl")]
KEYS = {"status", "plan", "cost", "optimal", "expanded", "generated", "seconds", "explanation"}
KEYS |= {"length"}

Capture = pytest.CaptureFixture[str]


def call(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    code = main(["plan", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def call_json(capsys: Capture, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, err = call(capsys, *arguments, "--json")
    assert out.count("\n") == 1, "one object on one line"
    assert not err
    return code, json.loads(out)


@pytest.fixture
def endless(tmp_path: Path) -> list[str]:
    """A sliding puzzle of 4 by 4 with two tiles exchanged: 16! / 2 states, and none is the goal."""
    cells = [(x, y) for y in range(4) for x in range(4)]
    near = [
        f"(near c{a}{b} c{x}{y})"
        for a, b in cells
        for x, y in cells
        if abs(a - x) + abs(b - y) == 1
    ]
    places = [f"c{x}{y}" for x, y in cells]
    tiles = [f"t{number}" for number in range(15)]
    start = [f"(at {tile} {place})" for tile, place in zip(tiles, places, strict=False)]
    goal = [f"(at {tiles[1]} {places[0]})", f"(at {tiles[0]} {places[1]})", *start[2:]]
    domain = """(define (domain puzzle) (:predicates (at ?t ?c) (free ?c) (near ?a ?b))
      (:action slide :parameters (?t ?a ?b) :precondition (and (at ?t ?a) (free ?b) (near ?a ?b))
        :effect (and (at ?t ?b) (free ?a) (not (at ?t ?a)) (not (free ?b)))))"""
    problem = f"""(define (problem swapped) (:domain puzzle) (:objects {" ".join(tiles + places)})
      (:init (free {places[-1]}) {" ".join(near + start)}) (:goal (and {" ".join(goal)})))"""
    paths = [tmp_path / "domain.pddl", tmp_path / "problem.pddl"]
    for path, text in zip(paths, (domain, problem), strict=True):
        path.write_text(text)
    return [str(path) for path in paths]


def test_a_plan_is_printed_a_step_a_line(capsys: Capture) -> None:
    code, out, err = call(capsys, *COURIER)
    *steps, last = out.splitlines()
    assert (code, err) == (0, "")
    assert check(Path(COURIER[0]).read_text(), Path(COURIER[1]).read_text(), steps) == 12
    assert re.fullmatch(
        r"; cost 12 \(optimal\), 8 steps; \d+ states expanded, \d+ generated, \d+\.\d{3} s", last
    )


def test_json_has_all_figures(capsys: Capture) -> None:
    code, answer = call_json(capsys, *COURIER, "--optimal")
    assert code == 0
    assert set(answer) == KEYS
    assert (answer["status"], answer["cost"], answer["length"]) == ("solved", 12, 8)
    assert answer["optimal"] is True
    assert answer["explanation"] == []
    assert answer["generated"] >= answer["expanded"] > 0
    assert answer["seconds"] > 0


def test_fast_does_not_claim_to_be_optimal(capsys: Capture) -> None:
    code, answer = call_json(capsys, *COURIER, "--fast")
    assert (code, answer["status"], answer["optimal"]) == (0, "solved", False)
    assert answer["cost"] >= 12
    assert "perhaps not optimal" in call(capsys, *COURIER, "--fast")[1]


def test_an_impossible_task_says_so_and_why(capsys: Capture) -> None:
    code, answer = call_json(capsys, *LOCKED)
    assert (code, answer["status"], answer["plan"], answer["cost"]) == (1, "impossible", [], None)
    assert answer["optimal"] is False
    assert any("(in ann tower) can never hold" in line for line in answer["explanation"])
    code, out, err = call(capsys, *LOCKED, "--fast")
    assert (code, err) == (1, "")
    assert out.startswith("no plan exists (")
    assert "(in ann tower) can never hold" in out


@pytest.mark.parametrize("mode", ["--optimal", "--fast"])
def test_out_of_time_is_not_impossible(capsys: Capture, endless: list[str], mode: str) -> None:
    code, answer = call_json(capsys, *endless, mode, "--time-limit", "0.2")
    assert (code, answer["status"], answer["plan"]) == (1, "out_of_budget", [])
    assert answer["explanation"]
    code, out, _ = call(capsys, *endless, mode, "--time-limit", "0.001")
    assert code == 1
    assert out.startswith("no plan was found in time; whether one exists is not known (")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: DOMAIN.pddl, PROBLEM.pddl"),
        (COURIER[:1], "the following arguments are required: PROBLEM.pddl"),
        ([*COURIER, "--optimal", "--fast"], "not allowed with argument"),
        ([*COURIER, "--time-limit", "0"], "expected a number of seconds above 0, got '0'"),
        ([*COURIER, "--time-limit", "nan"], "expected a number of seconds above 0, got 'nan'"),
        ([*COURIER, "--time-limit", "inf"], "expected a number of seconds above 0, got 'inf'"),
        ([*COURIER, "--time-limit", "soon"], "expected a number of seconds above 0, got 'soon'"),
        ([*COURIER, "--slow"], "unrecognized arguments: --slow"),
        ([COURIER[0], "gone.pddl"], "gone.pddl:1: cannot be read: No such file or directory"),
        ([COURIER[0], GUESTS[1]], "three.pddl:1: the problem is of guests, the other file is"),
        ([COURIER[1], COURIER[1]], "two.pddl:1: expected (domain NAME), found (problem two)"),
    ],
)
def test_mistakes_are_one_line(capsys: Capture, arguments: list[str], message: str) -> None:
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("astraweave: error: ")
    assert err.count("\n") == 1
    assert message in err


def test_it_is_listed_with_the_other_commands(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    assert re.search(r"plan +find a plan for a PDDL problem", capsys.readouterr().out)


WORDS = [
    "a",
    "b",
    "--fast",
    "--optimal",
    "--json",
    "--time-limit",
    "--time-limit=3",
    "3",
    "1e400",
    "-1",
    "--",
    "--jso",
    "-h",
]


@given(st.lists(st.sampled_from(WORDS), max_size=6))
def test_the_short_way_to_parse_agrees_with_argparse(arguments: list[str]) -> None:
    short = command.parse(arguments)
    if short is not None:
        whole = vars(parser("plan").parse_args(["plan", *arguments]))
        assert vars(short) == {name: whole[name] for name in vars(short)}


def test_the_short_way_takes_plain_calls() -> None:
    for more in ([], ["--fast"], ["--json", "--optimal"], ["--time-limit", "2.5"]):
        assert command.parse(["a", "b", *more]) is not None
        assert command.parse([*more, "a", "b"]) is not None


def test_garbage_is_collected_as_before(capsys: Capture) -> None:
    call(capsys, *COURIER)
    assert gc.isenabled()


def python(program: str, **environment: str) -> str:
    # Where coverage is measured, its variables would make the child import it and much besides.
    own = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", program, "plan", *GUESTS, "--json"],
        capture_output=True,
        text=True,
        check=True,
        env=own | environment,
    )
    return done.stdout


MAIN = "from astraweave.cli import main; main()"


def test_hash_seeds_change_nothing() -> None:
    answers = [json.loads(python(MAIN, PYTHONHASHSEED=seed)) for seed in "012"]
    assert len({json.dumps(answer | {"seconds": 0}) for answer in answers}) == 1


def test_nothing_heavy_is_imported() -> None:
    """A small task takes about as long as Python to start, so imports are what counts."""
    names = json.loads(
        python(f"{MAIN}; import json, sys; print(json.dumps([*sys.modules]))").splitlines()[1]
    )
    assert not {"numpy", "wgpu", "msgspec", "PIL", "rich", "typing", "argparse"} & set(names)
    assert "astraweave_ai.pddl.explain" not in names
