"""The evaluation without a world: scenario files, what minds are told, scores, reports."""

import contextlib
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_ai.errors import ScenarioError
from astraweave_ai.evaluation.command import add_arguments
from astraweave_ai.evaluation.field import Field
from astraweave_ai.evaluation.report import KINDS, Latency, Report
from astraweave_ai.evaluation.scenario import (
    Expected,
    Scenario,
    brief_of,
    load_scenario,
    load_scenarios,
)
from astraweave_ai.evaluation.score import Result, _longest_common, latency, means
from astraweave_ai.evaluation.told import mission_of
from astraweave_ai.llm.compress import compress, expand
from astraweave_ai.llm.facts import Facts, facts_of
from astraweave_ai.llm.prompt import Style, system_text, user_text
from astraweave_ai.percept_model import Me, Obstacle, Place, Seen
from astraweave_ai.plan import PlanIntent, Step
from astraweave_ai.vocabulary import standard_actions
from tests.tokens import count

REGISTRY = standard_actions()
SCENARIOS = load_scenarios(REGISTRY)
FOLDER = Path(__file__).parents[2] / "ai/astraweave_ai/evaluation/scenarios"


def test_there_are_thirty_of_five_kinds() -> None:
    assert len(SCENARIOS) >= 30
    for kind in KINDS:
        assert sum(one.kind == kind for one in SCENARIOS) >= 6
    assert {"combat_engage_enemy", "explore_unknown_area"} <= {one.name for one in SCENARIOS}


# -- files -----------------------------------------------------------------------------------------

GOOD = (FOLDER / "puzzle_lever.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[16, 5]", "[99, 5]", "99|<= 60"),
        ("[16, 5]", "[18.5, 5]", "treasure is outside the field"),
        ('"visited"', '"visted"', "visted"),
        ('"treasure" }]', '"crown" }]', "there is no 'crown'"),
        ('"Interact"', '"Pull"', "no action 'Pull'"),
        ('opens = "gate"', 'opens = "sesame"', "opens 'sesame'"),
        ('name = "treasure", at', 'name = "lever", at', "called 'lever'"),
        ('what = "visited", name = "treasure"', 'what = "unseen"', "something to reach"),
        ("seconds = 40", "seconds = 0", "seconds"),
        ("seconds = 40", "secnods = 40", "secnods"),
        ("size =", "size", "puzzle_lever.toml"),
    ],
)
def test_mistakes_are_told_with_the_file(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    path = tmp_path / "puzzle_lever.toml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError, match=told) as caught:
        load_scenario(path, REGISTRY)
    assert "puzzle_lever.toml" in str(caught.value)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scenarios") / "damaged.toml"


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_damaged_files_are_scenarios_or_named_errors(scratch: Path, data: st.DataObject) -> None:
    raw = bytearray(GOOD.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    scratch.write_bytes(raw)
    with contextlib.suppress(ScenarioError):
        assert load_scenario(scratch, REGISTRY).goals


def test_a_folder_without_scenarios_and_two_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no scenario"):
        load_scenarios(REGISTRY, tmp_path)
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(ScenarioError, match="2 scenarios are called puzzle_lever"):
        load_scenarios(REGISTRY, tmp_path)


# -- what minds are told ---------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_no_answer_stands_in_any_prompt(scenario: Scenario) -> None:
    """What is required changes nothing of what a mind is told."""
    other = Expected(required=("Regroup",), forbidden=scenario.expected.forbidden)
    changed = msgspec.structs.replace(scenario, expected=other)
    assert brief_of(changed) == brief_of(scenario)
    told = mission_of(brief_of(scenario))
    lines = " ".join((*told.goals, *told.notes))
    named = {"Interact"} if scenario.things else set()  # things can be used: that is no secret
    for act in set(scenario.expected.required) - named:
        assert act not in lines


def test_examples_are_none_of_the_scenarios() -> None:
    text = "".join(system_text(REGISTRY, style) for style in Style)
    for scenario in SCENARIOS:
        spots = (*scenario.points, *scenario.things, *scenario.people)
        for one in spots:
            if one.name not in ("door", "exit", "camp", "first spring"):
                assert f'"{one.name}"' not in text


# -- prompts ---------------------------------------------------------------------------------------


def facts(scenario: Scenario) -> Facts:
    """What the hero would be told at the beginning if it saw everybody."""
    ids = {one.name: 30 + n for n, one in enumerate(scenario.people)}
    ids |= {one.name: 60 + n for n, one in enumerate(scenario.things)}
    return facts_of(
        _Snapshot(scenario, ids),  # type: ignore[arg-type]
        mission_of(brief_of(scenario, ids)),
    )


class _Snapshot:
    """A snapshot as the field shows it, made from the scenario's own data."""

    def __init__(self, scenario: Scenario, ids: dict[str, int]) -> None:
        def state(one: Any) -> dict[str, Any]:
            return {
                "health": {"points": one.health, "most": one.most_health},
                "stamina": {"points": one.stamina, "most": 100},
                "ammo": {"rounds": one.rounds, "most": one.most_rounds, "smokes": one.smokes,
                         "charges": one.charges, "kits": one.kits},
                "cooldowns": {f"c{n}": 0 for n in range(8)},
                "morale": one.morale, "weapon": 0,
                "stance": {"posture": 0, "guard": 0, "ticks": 0},
            }  # fmt: skip

        hero = scenario.hero
        self.tick, self.counts = 0, (0,) * 8
        self.me = Me(ids[hero.name], _xyz(hero.at), 0.0, hero.team, state(hero))
        seen = [
            Seen(ids[one.name], _xyz(one.at), one.team, 1.0, state(one)) for one in scenario.others
        ]
        self.allies = tuple(one for one in seen if one.team == hero.team)
        self.enemies = tuple(one for one in seen if one.team != hero.team)
        self.neutrals = ()
        spots = (*scenario.points, *scenario.things)
        self.points_of_interest = tuple(
            Place(70 + n, one.name, _xyz(one.at)) for n, one in enumerate(spots)
        )
        boxes = (*scenario.boxes, *scenario.doors)
        self.obstacles = tuple(Obstacle("box", box.at, box.half) for box in boxes)
        self.objective = None


def _xyz(at: tuple[float, float]) -> tuple[float, float, float]:
    return at[0], 0.0, at[1]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_compression_saves_a_quarter_and_loses_nothing(scenario: Scenario) -> None:
    known = facts(scenario)
    full, short = user_text(known, Style.FULL), user_text(known, Style.COMPRESSED)
    shortened = expand(compress(known)).notes
    assert expand(short) == msgspec.structs.replace(known, notes=shortened)
    assert count(short) <= 0.75 * count(full)
    systems = [count(system_text(REGISTRY, style)) for style in (Style.FULL, Style.COMPRESSED)]
    assert systems[1] + count(short) <= 0.75 * (systems[0] + count(full))


# -- scores ----------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
@settings(max_examples=30, deadline=None)
def test_order_is_the_longest_common_subsequence(a: list[str], b: list[str]) -> None:
    def longest(i: int, j: int) -> int:
        if i == len(a) or j == len(b):
            return 0
        if a[i] == b[j]:
            return 1 + longest(i + 1, j + 1)
        return max(longest(i + 1, j), longest(i, j + 1))

    a, b = a[:6], b[:6]
    assert _longest_common(a, b) == longest(0, 0)


def result(name: str, kind: Any, share: float, seconds: tuple[float, ...] = ()) -> Result:
    return Result(name, kind, share, share, share, share, 100 * share, "", 1, 1, 10,
                  seconds=seconds)  # fmt: skip


def test_means_latencies_and_both_forms_of_a_report() -> None:
    results = [result("a", "combat", 1.0, (0.1, 0.2)), result("b", "puzzle", 0.5, (0.3,))]
    total = means(results)
    assert (total.scenarios, total.validity, total.overall) == (2, 0.75, 75.0)
    assert latency(results) == pytest.approx((0.2, 0.29))
    assert latency([]) == (0.0, 0.0)
    kinds, waits = {"combat": means(results[:1])}, Latency(200, 290)
    told = ("goap", "", "none", "here", "0", "today")
    report = Report(75.0, *told, 1.0, 0.5, total, kinds, waits, {}, tuple(results))
    again = msgspec.json.decode(report.to_json(), type=Report)
    assert again == report
    assert "| combat | 1 | 100.0 % |" in report.to_markdown()
    assert "**75.0** of 100" in report.to_markdown()


# -- fields ----------------------------------------------------------------------------------------


def test_plans_go_out_into_the_world_and_steps_come_back() -> None:
    field = Field("a", (20.0, 30.5), (10.0, 10.0))
    walk, attack = Step("MoveTo", {"x": 1.0, "z": 2.0}), Step("Attack", {"target": 3})
    odd, wrong = Step("Fly", {"x": 1.0}), Step("MoveTo", {"x": "far", "z": 2.0})
    plan = PlanIntent("p", (walk, attack, odd, wrong))
    moved = field.outward(plan, REGISTRY)
    assert moved.steps[0] == Step("MoveTo", {"x": 21.0, "z": 32.5})
    assert moved.steps[1:3] == plan.steps[1:3]
    assert moved.steps[3].arguments["x"] == "far"  # the registry will say what is wrong
    assert field.inward(moved.steps[0], REGISTRY) == plan.steps[0]
    assert field.inside((20.1, 0, 30.6))
    assert not field.inside((19.4, 0, 35))
    assert replace(field, name="b").key("gate") == "b/gate"


def test_the_command_takes_what_it_says() -> None:
    parser = ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(["--mind", "bt", "--json", "--gate", "90"])
    assert (args.mind, args.json, args.gate) == ("bt", True, 90.0)
    for wrong in (["--mind", "oracle"], ["--gate", "101"], ["--gate", "x"]):
        with pytest.raises(SystemExit):
            parser.parse_args(wrong)
