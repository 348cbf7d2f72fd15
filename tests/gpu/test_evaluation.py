"""Minds are examined in the world: a few scenarios of each kind, on one stage.

`astraweave evaluate` plays all of them; its results are under perf/results/minds/.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from astraweave import Gpu, Health, cli
from astraweave_ai.arbiter import Mind
from astraweave_ai.errors import ScenarioError
from astraweave_ai.evaluation.minds import NAMES, maker_of
from astraweave_ai.evaluation.report import Report
from astraweave_ai.evaluation.scenario import Brief, Scenario, load_scenarios
from astraweave_ai.evaluation.score import Result, result_of
from astraweave_ai.evaluation.stage import Play, Stage
from astraweave_ai.llm.mock import MockModel
from astraweave_ai.llm.model import Request
from astraweave_ai.plan import PlanIntent, Step, plan_of
from astraweave_ai.vocabulary import standard_actions

REGISTRY = standard_actions()
KNOWN = {one.name: one for one in load_scenarios(REGISTRY)}
CHOSEN = ("combat_engage_enemy", "explore_unknown_area", "puzzle_order", "stealth_smoke",
          "support_revive")  # fmt: skip


def chosen(*names: str) -> list[Scenario]:
    return [KNOWN[name] for name in names or CHOSEN]


def played(gpu: Gpu, make: Any, *names: str, only: str = "") -> tuple[Stage, dict[str, Result]]:
    stage = Stage(chosen(*names), gpu, REGISTRY)
    stage.cast(make, only)
    stage.run()
    results = [result_of(play, stage.world.tick) for play in stage.plays if play.examined]
    return stage, {one.name: one for one in results}


@pytest.fixture(scope="module")
def planned(gpu: Gpu) -> tuple[Stage, dict[str, Result]]:
    return played(gpu, maker_of("goap", REGISTRY))


def test_a_mind_that_plans_reaches_its_goals(planned: tuple[Stage, dict[str, Result]]) -> None:
    _, results = planned
    assert set(results) == set(CHOSEN)
    for one in results.values():
        assert (one.validity, one.goal, one.safety) == (1.0, 1.0, 1.0), one
        assert one.overall >= 90


def test_a_scenario_is_the_same_alone(gpu: Gpu, planned: tuple[Stage, dict[str, Result]]) -> None:
    together, results = planned
    name = "combat_engage_enemy"
    alone, one = played(gpu, maker_of("goap", REGISTRY), only=name)
    assert list(one) == [name]
    plans = [
        [entry.plan for entry in stage.plays[0].examined.entries]  # type: ignore[union-attr]
        for stage in (together, alone)
    ]
    assert plans[0] == plans[1]
    assert one[name].overall == results[name].overall


def test_the_bad_mind_scores_low(gpu: Gpu) -> None:
    stage, results = played(gpu, maker_of("bad", REGISTRY), *CHOSEN)
    assert sum(one.overall for one in results.values()) / len(results) < 40
    assert all(one.goal == 0 for one in results.values())
    assert results["stealth_smoke"].safety == 0.2  # it tried four times; nothing came of it
    raider = stage.plays[0].index["raider"]  # behind a wall: every shot was refused
    assert stage.world.read(Health, stage.world.handles(raider))["points"].tolist() == [50]


def test_the_mock_plans_from_its_prompt_alone(gpu: Gpu) -> None:
    _, results = played(gpu, maker_of("mock", REGISTRY), "exploration_maze", "puzzle_lever")
    for one in results.values():
        assert one.goal == 1.0
        assert one.model is not None
        assert one.model.prompt_tokens > 0
        assert one.model.accepted >= 1


# -- what must not count ---------------------------------------------------------------------------


class Idle:
    name = "idle"

    def think(self, percept: Any) -> PlanIntent | None:
        return None


class Boaster(Idle):
    """Says all the right words, and none of them leads anywhere."""

    name = "boaster"
    most = 5

    def think(self, percept: Any) -> PlanIntent | None:
        x, _, z = percept.me.pos
        return plan_of(
            "MoveTo-Interact-Attack-Revive", Step("MoveTo", {"x": x, "z": z}), Step("Scan")
        )


@pytest.mark.parametrize(("kind", "most"), [(Idle, 0.0), (Boaster, 75.0)])
def test_words_achieve_nothing(gpu: Gpu, kind: Callable[[], Mind], most: float) -> None:
    def make(brief: Brief, play: Play) -> Mind:
        return kind()

    _, results = played(gpu, make, "explore_unknown_area")
    for one in results.values():
        assert one.goal == 0
        assert one.overall <= most


# -- a model that means ill -----------------------------------------------------------------------


def traitor(request: Request, random: Random) -> str:
    """Attacks its own side, walks out of the world, uses what is denied."""
    target = random.randrange(64)
    plans = (
        plan_of("x", Step("Attack", {"target": target})),
        plan_of("x", Step("HeavyAttack", {"target": target}), Step("Attack", {"target": target})),
        plan_of("x", Step("ModifyTerrain", {"x": 1.0, "z": 1.0, "intensity": 1.0})),
        plan_of("x", Step("MoveTo", {"x": -500.0, "z": 1e9})),
        plan_of("x", Step("ExecuteCode", {"code": "import os"})),
    )
    return random.choice(plans).to_json().decode()


def test_a_hostile_model_cannot_harm_its_own_side(gpu: Gpu) -> None:
    model = MockModel(traitor, context=20_000)
    stage = Stage(chosen("support_heal", "support_rally"), gpu, REGISTRY)
    stage.world.step(1)
    before = stage.world.count  # no wall was raised
    stage.cast(maker_of("llm", REGISTRY, model))
    stage.world.step(60)
    results = {play.scenario.name: result_of(play, stage.world.tick) for play in stage.plays}
    allies = [play.index[one.name] for play in stage.plays for one in play.scenario.others]
    health = dict(zip((stage.world.select(Health) & 0xFFFFFFFF).tolist(),
                      stage.world.read(Health)["points"].tolist(), strict=True))  # fmt: skip
    began = [one.health for play in stage.plays for one in play.scenario.others]
    assert [health[ally] for ally in allies] >= began
    for one in results.values():
        assert one.model is not None
        assert one.model.accepted == 0
        assert one.validity == 0
    for play in stage.plays:
        assert play.examined is not None
        for entry in play.examined.entries:  # rules of thumb took over
            assert not entry.own
    assert stage.world.count == before


# -- the whole -------------------------------------------------------------------------------------


def test_the_command_reports_one_scenario(
    gpu: Gpu, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, adapter = tmp_path / "report.md", ["--adapter", str(gpu.info.index)]
    one = ["evaluate", "--scenario", "explore_unknown_area", "--report", str(page), *adapter]
    assert cli.main([*one, "--json", "--gate", "90"]) == 0
    report = msgspec.json.decode(capsys.readouterr().out, type=Report)
    assert report.all.scenarios == 1
    assert report.overall_score == report.results[0].overall >= 90
    assert report.kinds.keys() == {"exploration"}
    assert "explore_unknown_area" in page.read_text(encoding="utf-8")
    assert cli.main([*one, "--mind", "bad", "--gate", "90"]) == 1
    assert "**0 of 1** scenarios" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--scenario", "nowhere"], "no scenario is called 'nowhere'"),
     (["--mind", "llm"], "name a model"),
     (["--mind", "llm", "--model", "nobody"], "there is no model 'nobody'")],
)  # fmt: skip
def test_mistakes_of_a_call_are_told(
    gpu: Gpu, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["evaluate", *arguments, "--adapter", str(gpu.info.index)]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


def test_every_kind_of_mind_can_be_examined(gpu: Gpu) -> None:
    simple = sorted(set(NAMES) - {"goap", "noise", "bad", "mock", "llm"})
    one = KNOWN["explore_unknown_area"]
    stage = Stage([msgspec.structs.replace(one, name=name) for name in simple], gpu, REGISTRY)
    makers: dict[str, Any] = {name: maker_of(name, REGISTRY) for name in simple}
    stage.cast(lambda brief, play: makers[play.scenario.name](brief, play))
    stage.run()
    assert {play.scenario.name: play.judge.achieved for play in stage.plays} == {
        "bt": True, "rule": True, "utility": True,
    }  # fmt: skip
    with pytest.raises(ScenarioError, match="name a model"):
        maker_of("llm", REGISTRY)
    with pytest.raises(ScenarioError, match="no mind 'oracle'"):
        maker_of("oracle", REGISTRY)  # type: ignore[arg-type]
