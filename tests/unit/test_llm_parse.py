"""Reading plans: every form in which models write them, and no text that does harm."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_ai.errors import DisallowedTool, InvalidJson, ValidationFailed
from astraweave_ai.llm.parse import LONGEST, parse_plan
from astraweave_ai.plan import PlanIntent, Step
from astraweave_ai.vocabulary import standard_actions

REGISTRY = standard_actions()
STEPS = [{"act": "MoveTo", "x": 4, "z": 2.5}, {"act": "Attack", "target": 7}]
PLAN = {"plan_id": "go", "steps": STEPS}
TEXT = json.dumps(PLAN)
MOVED = Step("MoveTo", {"x": 4.0, "z": 2.5, "y": 0.0})
WANTED = PlanIntent("go", (MOVED, Step("Attack", {"target": 7})))


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"  {TEXT}\n",
        f"Sure! Here is the plan:\n```json\n{TEXT}\n```\nHope it helps {{really}}.",
        f"```\n{TEXT}\n```",
        f"<think>a {{brace}} and a \"quote</think> {TEXT} and then some",
        f'{{"draft": 1}} no, better: {TEXT}',
        json.dumps({"message": {"role": "assistant", "content": TEXT}}),
        json.dumps({"choices": [{"message": {"content": f"```json\n{TEXT}```"}}]}),
        json.dumps({"response": PLAN}),
        json.dumps({"plan": PLAN}),
        json.dumps({"id": "go", "plan": STEPS}),
        json.dumps({"Plan_No": "go", "Actions": STEPS}),
        json.dumps({"planId": "go", "steps": [
            {"action": "move_to", "args": {"x": 4, "z": 2.5}},
            {"tool": "ATTACK", "parameters": {"target": 7}},
        ]}),
    ],
)  # fmt: skip
def test_forms_that_models_write(text: str) -> None:
    assert parse_plan(text, REGISTRY) == WANTED


def test_steps_alone_have_no_name() -> None:
    assert parse_plan(json.dumps(STEPS), REGISTRY) == PlanIntent("unnamed", WANTED.steps)
    assert parse_plan(json.dumps(STEPS[0]), REGISTRY) == PlanIntent("unnamed", (MOVED,))


def test_the_last_of_several_objects_counts() -> None:
    other = json.dumps({"plan_id": "other", "steps": []})
    assert parse_plan(f"{other} or rather {TEXT}", REGISTRY) == WANTED
    assert parse_plan(f"{TEXT} or rather {other}", REGISTRY).plan_id == "other"


@pytest.mark.parametrize("text", [
    "", "no plan", "{", '{"steps": 3}', '{"plan_id": "x"}', "[]", "null", '{"steps": [3]}',
    '{"steps": [{"x": 1}]}', TEXT[: len(TEXT) // 2], "[" * 5000, '{"a":' * 3000,
    json.dumps({"steps": [{"act": "Wait"}] * 17}), " " * (LONGEST + 1),
])  # fmt: skip
def test_no_plan_is_told(text: str) -> None:
    with pytest.raises(InvalidJson):
        parse_plan(text, REGISTRY)


def plan_of_one(**step: Any) -> str:
    return json.dumps({"plan_id": "p", "steps": [step]})


@pytest.mark.parametrize("act", ["ExecuteCode", "DeleteFile", "ModifyTerrain", "", "__class__"])
def test_only_registered_actions_that_are_not_denied(act: str) -> None:
    with pytest.raises(DisallowedTool):
        parse_plan(plan_of_one(act=act, x=1, z=1, intensity=0.5), REGISTRY)


def test_a_narrower_list_is_kept() -> None:
    assert parse_plan(TEXT, REGISTRY, allow=["MoveTo", "Attack"]) == WANTED
    with pytest.raises(DisallowedTool, match="step 1: Attack is not allowed"):
        parse_plan(TEXT, REGISTRY, allow=["MoveTo"])


@pytest.mark.parametrize("step", [
    {"act": "MoveTo", "x": 1},
    {"act": "MoveTo", "x": "far", "z": 1},
    {"act": "MoveTo", "x": 1, "z": 1, "speed": 9},
    {"act": "Attack", "target": -1},
    {"act": "Attack", "target": "7; DROP TABLE"},
    {"act": "Wait", "duration": 0},
    {"act": "EquipWeapon", "weapon": "cannon"},
])  # fmt: skip
def test_arguments_must_be_what_the_action_declares(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationFailed, match=f"step 0: {step['act']}"):
        parse_plan(json.dumps({"steps": [step]}), REGISTRY)


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises((ValidationFailed, InvalidJson)):
        parse_plan('{"steps": [{"act": "MoveTo", "x": 1e999, "z": 0}]}', REGISTRY)


# -- whatever comes ------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["steps", "plan", "act", "content", "message", "id", "args", "x", "name"]
            )
            | st.text(max_size=5),
            inside,
            max_size=4,
        )
    ),
    max_leaves=25,
)
PIECES = st.sampled_from([TEXT, "{", "}", '"', "\\", "```", "[", "]", ":", ",", '"steps"', '"act"',
                          "MoveTo", "\ud800", "\x00", "7", "{{", "\n"])  # fmt: skip


def survives(text: str) -> None:
    try:
        plan = parse_plan(text, REGISTRY)
    except (InvalidJson, DisallowedTool, ValidationFailed):
        return
    for step in plan.steps:
        assert REGISTRY.typed(step) == step.arguments


@given(st.text() | st.lists(PIECES, max_size=30).map("".join))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_plan_or_a_named_error(text: str) -> None:
    survives(text)


@given(JSON)
@settings(max_examples=150, deadline=None)
def test_any_json_is_a_plan_or_a_named_error(value: Any) -> None:
    survives(json.dumps(value))


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_damaged_plans_are_plans_or_named_errors(data: st.DataObject) -> None:
    text = list(TEXT)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at] = data.draw(st.characters() | st.just(""))
    survives("".join(text))
