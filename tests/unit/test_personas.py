"""Personas: files are checked, mistakes are told by field, and nothing else passes the guard."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_ai.dialogue.guard import STEPS, PersonaGuard
from astraweave_ai.dialogue.persona import load_persona, parse_persona
from astraweave_ai.errors import ActionError, PersonaError
from astraweave_ai.plan import Step, plan_of
from astraweave_ai.situation import Situation
from astraweave_ai.vocabulary import standard_actions

REGISTRY = standard_actions()
GOOD = """
name = "Mara"
role = "the baker"
facts = ["Rye is dear."]
may = ["MoveTo", "Wait"]
errands = ["go"]
"""
VILLAGE = Path(__file__).resolve().parents[2] / "examples/village"


def test_a_persona_is_read() -> None:
    persona = parse_persona(GOOD, REGISTRY)
    assert (persona.name, persona.may, persona.facts) == (
        "Mara", ("MoveTo", "Wait"), ("Rye is dear.",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('"Mara"', '""', "p.toml: name: Expected `str` of length >= 1"),
        ('"Mara"', f'"{"x" * 33}"', "name: Expected `str` of length <= 32"),
        ('"Mara"', '"Ma\\nra"', "name: expected one line without control characters"),
        ('name = "Mara"', "", "Object missing required field `name`"),
        ('"Wait"', '"Fly"', "may[1]: no action 'Fly'; there is MoveTo"),
        ('"go"', '"rob"', "errands[0]: no kind of errand 'rob'; there is bring"),
        ('"go"', "3", "errands[0]: Expected `str`, got `int`"),
        ("facts", "fatcs", "Object contains unknown field `fatcs`"),
        ("may =", "lost = []\nmay =", "lost: expected at least one text"),
        ("role =", "role", "p.toml: this is no TOML"),
    ],
)
def test_mistakes_are_told(before: str, after: str, told: str) -> None:
    with pytest.raises(PersonaError) as caught:
        parse_persona(GOOD.replace(before, after, 1), REGISTRY, "p.toml")
    assert told in str(caught.value)


@settings(max_examples=40)
@given(st.integers(0, len(GOOD)), st.integers(0, 30), st.text(max_size=5))
def test_a_damaged_file_is_a_persona_or_an_error(at: int, length: int, put: str) -> None:
    try:
        persona = parse_persona(GOOD[:at] + put + GOOD[at + length :], REGISTRY)
    except PersonaError:
        return
    assert persona.name


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match=r"nobody\.toml cannot be read"):
        load_persona(tmp_path / "nobody.toml", REGISTRY)


def nobody() -> Situation:
    return Situation(7, 60, np.zeros(0, np.uint32), {}, {})


def test_the_guard_lets_nothing_pass_that_a_persona_does_not_allow() -> None:
    guard = PersonaGuard(REGISTRY, lambda agent, steps: "hands are full" if agent == 5 else "")
    guard.permit(4, ("Wait",))
    for action in REGISTRY:
        verdict = guard.check(4, plan_of("p", Step("Wait"), Step(action.name)), nobody())
        if action.name != "Wait":
            assert verdict.text == f"{action.name} is not what this character may do"
            assert verdict.step == 1
    assert guard.check(5, plan_of("p", Step("Wait")), nobody()).text == "hands are full"
    assert "there is no entity 6" in guard.check(6, plan_of("p", Step("Wait")), nobody()).text
    long = plan_of("p", *[Step("Wait")] * (STEPS + 1))
    assert "at most 64 steps, got 65" in guard.check(4, long, nobody()).text
    assert len(guard.audit) == len(REGISTRY) + 3
    with pytest.raises(ActionError, match="no action 'Fly'"):
        guard.permit(4, ("Fly",))
