"""A scenario that reaches out of its field or contradicts itself is refused, with the file."""

from pathlib import Path

import pytest

from astraweave_ai.errors import ScenarioError
from astraweave_ai.evaluation.scenario import load_scenario
from astraweave_ai.vocabulary import standard_actions

REGISTRY = standard_actions()
GOOD = """
name = "cellar"
kind = "puzzle"
summary = "A cellar and two locks."
size = [12, 8]
hero = { name = "hero", at = [2, 4] }
others = [{ name = "guard", at = [9, 2], team = 1, routine = "patrols", route = [[9, 2], [9, 6]] }]
points = [{ name = "cellar", at = [10, 4] }]
things = [
  { name = "box", at = [3, 1], opens = "hatch" },
  { name = "key", at = [4, 1], opens = "hatch", after = "box" },
]
doors = [{ name = "hatch", at = [7, 1.5, 4], half = [0.2, 1.5, 1.5] }]
boxes = [{ at = [7, 1.5, 1], half = [0.2, 1.5, 1.5] }]
goals = [{ what = "visited", name = "cellar" }]
expected = { required = ["MoveTo", "Interact"], forbidden = ["ThrowExplosive"] }
"""
HERO = 'hero = { name = "hero", at = [2, 4]'
BOX = "boxes = [{ at = [7, 1.5, 1], half = [0.2, 1.5, 1.5] }]"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cellar.toml"


def test_the_good_one_is_taken(path: Path) -> None:
    path.write_text(GOOD, encoding="utf-8")
    assert load_scenario(path, REGISTRY).name == "cellar"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (BOX, "boxes = [{ at = [18, 1.5, 4], half = [12, 1.5, 4] }]", "box 0 reaches outside"),
        (BOX, "boxes = [{ at = [7, 1.5, 7.9], half = [0.2, 1.5, 0.7] }]", "along z: 7.2 to 8.6"),
        ("at = [7, 1.5, 1]", "at = [-1, 1.5, 1]", ">= 0"),
        ("half = [0.2, 1.5, 1.5] }]\ngoals", "half = [-0.2, 1.5, 1.5] }]\ngoals", "> 0"),
        ("half = [0.2, 1.5, 1.5] }]\ngoals", "half = [0.2, nan, 1.5] }]\ngoals", "half"),
        ("at = [7, 1.5, 4], half", "at = [12.4, 1.5, 4], half", "hatch reaches outside"),
        ("[9, 6]]", "[14, 6]]", "guard: its route leads outside"),
        (HERO, HERO + ", health = 500", "hero: health is 500, and at most 100"),
        (HERO, HERO + ", rounds = 31", "hero: rounds is 31, and at most 30"),
        (HERO, HERO + ", stamina = 900", "<= 100"),
        (HERO, HERO + ", health = 0", "no health"),
        ('opens = "hatch" },', 'opens = "hatch", after = "key" },', "used before itself"),
        ('"ThrowExplosive"', '"Interact"', "Interact is both required and forbidden"),
    ],
)
def test_what_would_spoil_neighbours_or_contradicts_itself_is_told(
    path: Path, old: str, new: str, told: str
) -> None:
    assert GOOD.count(old) == 1
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError, match=told) as caught:
        load_scenario(path, REGISTRY)
    assert "cellar.toml" in str(caught.value)
