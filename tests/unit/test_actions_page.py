"""The page of all actions is what its script makes of the registry, and leaves nothing out."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from astraweave import Ability, Aims
from astraweave_ai.registry import Action, ActionRegistry, Category, Policy
from astraweave_ai.vocabulary import standard_actions

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("actions_page", ROOT / "scripts/actions_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_up_to_date(script: ModuleType) -> None:
    made = script.page(standard_actions())
    assert script.PAGE.read_text(encoding="utf-8") == made, "run python scripts/actions_page.py"


def test_every_action_has_one_row_of_five_cells(script: ModuleType) -> None:
    lines = script.page(standard_actions()).splitlines()
    for action in standard_actions():
        (row,) = [line for line in lines if line.startswith(f"| `{action.name}`: ")]
        assert row.replace("\\|", "").count("|") == 6


def test_costs_rules_and_effects_are_told(script: ModuleType) -> None:
    ram = Ability("Ram", Aims.ENEMY, 2.0, True, stamina=1, rounds=1, counter=7, cooldown=1.5,
                  lasts=2.0, damage=3, accuracy=0.5, rally=0.25)  # fmt: skip
    action = Action("Ram", "Ram it.", Category.OFFENCE, ram, Policy.DENIED)
    row = script.page(ActionRegistry([action])).splitlines()[-1]
    assert row == (
        "| `Ram`: Ram it. | `target`, `duration` = 2 (above 0 to 2) "
        "| an enemy within 2 in sight, 1 round, 1 stamina, **denied** "
        "| lasts 2, again after 1.5 (7) | damage 3 (50%), morale +0.25 |"
    )
