"""The grammar of plans: all that it generates is legal, and all of it ends."""

import random
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave import Ability, Aims
from astraweave_ai.errors import ActionError
from astraweave_ai.llm import gbnf
from astraweave_ai.llm.grammar import Grammar, Targets, plan_grammar
from astraweave_ai.llm.parse import parse_plan
from astraweave_ai.registry import Action, ActionRegistry, Category, Policy
from astraweave_ai.vocabulary import standard_actions
from tests.reference.gbnf import Sampler

REGISTRY = standard_actions()
TARGETS = Targets(3, enemies=(4, 7), allies=(5,), fallen=(6,), things=(9, 10))
AREA = ((-2.0, 0.0), (24.0, 16.5))


def samples(grammar: Grammar, count: int, seed: int = 0) -> list[str]:
    sampler, rng = Sampler(grammar.text), random.Random(seed)
    return [sampler.sample(rng) for _ in range(count)]


@pytest.mark.parametrize("targets", [None, TARGETS], ids=["anybody", "known"])
def test_everything_that_it_generates_is_a_legal_plan(targets: Targets | None) -> None:
    grammar = plan_grammar(REGISTRY, targets, area=AREA)
    seen = set()
    for text in samples(grammar, 800):
        plan = REGISTRY.parse(text)  # checks names, types and ranges
        assert parse_plan(text, REGISTRY) == plan
        assert 1 <= len(plan.steps) <= 6
        assert len(text) <= grammar.longest
        seen |= {step.act for step in plan.steps}
    assert seen == {action.name for action in REGISTRY} - {"ModifyTerrain"}  # that one is denied


def test_targets_are_those_that_the_agent_knows() -> None:
    wanted = {Aims.ENEMY: {4, 7}, Aims.ALLY: {3, 5}, Aims.DOWNED_ALLY: {6},
              Aims.ANYONE: {4, 7, 5, 9, 10}}  # fmt: skip
    named: dict[Aims, set[int]] = {aims: set() for aims in wanted}
    for text in samples(plan_grammar(REGISTRY, TARGETS), 800, seed=1):
        for step in REGISTRY.parse(text).steps:
            if "target" in step.arguments:
                named[REGISTRY[step.act].ability.aims].add(step.arguments["target"])
    assert named == wanted


def test_places_are_in_the_area() -> None:
    for text in samples(plan_grammar(REGISTRY, TARGETS, area=AREA), 400, seed=2):
        for step in REGISTRY.parse(text).steps:
            if "x" in step.arguments:
                assert -2 <= step.arguments["x"] <= 24
                assert 0 <= step.arguments["z"] <= 16.5


def test_actions_without_a_target_are_left_out() -> None:
    alone = plan_grammar(REGISTRY, Targets(3))
    assert not {"Attack", "Approach", "Interact", "Revive"} & set(alone.actions)
    assert {"MoveTo", "Heal", "Wait"} <= set(alone.actions)
    assert plan_grammar(REGISTRY, allow=["Wait"]).actions == ("Wait",)


def test_what_cannot_be_a_grammar_is_refused() -> None:
    with pytest.raises(ActionError, match="no action is left"):
        plan_grammar(REGISTRY, allow=["ModifyTerrain"])
    with pytest.raises(ActionError, match="no action 'Dance'"):
        plan_grammar(REGISTRY, allow=["Dance"])
    with pytest.raises(ActionError, match="at least 1 step"):
        plan_grammar(REGISTRY, steps=0)
    with pytest.raises(ActionError, match=r"Odd\.thing has the type DictType"):
        plan_grammar(ActionRegistry([action("Odd", thing=dict[str, int])]))


# -- actions that somebody else registers ----------------------------------------------------------


def action(name: str, **arguments: Any) -> Action:
    return Action(name, "Do it.", Category.UTILITY, Ability(name, Aims.SELF),
                  Policy.ALLOWED, arguments)  # fmt: skip


@st.composite
def kinds(draw: st.DrawFn) -> Any:
    low = draw(st.integers(-500, 500))
    high = low + draw(st.integers(1, 900))
    lows, highs = draw(st.sampled_from(["ge", "gt"])), draw(st.sampled_from(["le", "lt"]))
    high += 2  # so that open bounds leave something
    bounds = {lows: low, highs: high}
    least = draw(st.integers(0, 5))
    return draw(
        st.sampled_from([
            int, float, bool, str, int | None, list[bool], Literal["a b", "c"], Literal[1, 5],
            Annotated[int, msgspec.Meta(**bounds)],
            Annotated[float, msgspec.Meta(**bounds)],
            Annotated[float, msgspec.Meta(ge=low / 7, le=low / 7 + 1)],
            Annotated[str, msgspec.Meta(min_length=least, max_length=least + 3)],
            Annotated[list[int], msgspec.Meta(min_length=least, max_length=least + 1)],
        ])
    )  # fmt: skip


@given(st.lists(kinds(), max_size=3), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_arguments_of_any_bounded_type_are_legal(types: list[Any], seed: int) -> None:
    registry = ActionRegistry([action("Do", **{f"a{n}": kind for n, kind in enumerate(types)})])
    grammar = plan_grammar(registry, steps=2)
    for text in samples(grammar, 30, seed):
        registry.parse(text)
        assert len(text) <= grammar.longest


@given(st.integers(-3000, 3000), st.integers(0, 3000), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_numbers_are_in_their_range_and_reach_its_ends(low: int, more: int, places: int) -> None:
    high = low + more
    part = gbnf.decimal(low, high, places) if places else gbnf.whole(low, high)
    sampler, rng = Sampler(f"root ::= {part.text}\n"), random.Random(low)
    unit = 10**places
    for _ in range(40):
        text = sampler.sample(rng)
        assert low <= round(float(text) * unit) <= high
        assert len(text) <= part.longest
        assert msgspec.json.decode(text) == float(text)  # no zeros in front
    everything = all_of(part.text, 400)
    if everything is not None:
        assert {round(float(text) * unit) for text in everything} == set(range(low, high + 1))


def all_of(text: str, most: int) -> set[str] | None:
    """Every text of a small grammar, by brute force; None if there are too many."""
    sampler = Sampler(f"root ::= {text}\n")

    def of(node: Any) -> set[str]:
        kind, value = node
        if kind == "text":
            return {value}
        if kind == "class":
            return set(value)
        if kind == "one":
            return set().union(*map(of, value))
        if kind == "many":
            return {""} | of(value[0])
        found = {""}
        for part in value:
            found = {a + b for a in found for b in of(part)}
            if len(found) > most:
                raise OverflowError
        return found

    try:
        return of(sampler.rules["root"])
    except OverflowError:
        return None
