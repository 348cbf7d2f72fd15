"""Utility scoring: curves against their formulas, batches against single agents, ties, errors."""

import hashlib
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.curves import (
    ONE,
    PIECES,
    Curve,
    linear,
    logistic,
    logit,
    points,
    polynomial,
    sine,
    smoothstep,
    step,
)
from astraweave_ai.errors import UtilityError
from astraweave_ai.utility import Combine, Consideration, Option, Reasoner

CURVES: dict[str, tuple[Curve, Callable[[float], float]]] = {
    "linear": (linear(), lambda x: x),
    "falling": (linear(-0.5, 0.75), lambda x: 0.75 - 0.5 * x),
    "cut": (linear(4, -1), lambda x: 4 * x - 1),
    "square": (polynomial(), lambda x: x**2),
    "root": (polynomial(0.5), math.sqrt),
    "cube": (polynomial(3, -1, 1), lambda x: 1 - x**3),
    "logistic": (logistic(), lambda x: 1 / (1 + math.exp(-10 * (x - 0.5)))),
    "steep": (logistic(-30, 0.2), lambda x: 1 / (1 + math.exp(30 * (x - 0.2)))),
    "logit": (logit(), lambda x: 0.5 + math.log(x / (1 - x)) / 10 if 0 < x < 1 else x),
    "half wave": (sine(), lambda x: (1 + math.sin(2 * math.pi * (x / 2 - 0.25))) / 2),
    "waves": (sine(3, 0.1), lambda x: (1 + math.sin(2 * math.pi * (3 * x + 0.1))) / 2),
    "smoothstep": (smoothstep(), lambda x: 3 * x**2 - 2 * x**3),
    "points": (
        points((0.25, 0.5), (0.5, 1), (1, 0)),
        lambda x: float(np.interp(x, [0.25, 0.5, 1], [0.5, 1, 0])),
    ),
}
some_curves = st.sampled_from(
    [*(curve for curve, _ in CURVES.values()), step(0.3), step(0.7, 1, 0)]
)


# -- curves ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CURVES)
def test_tables_are_their_formulas(name: str) -> None:
    curve, formula = CURVES[name]
    for i in range(PIECES + 1):
        exact = min(max(formula(i / PIECES), 0.0), 1.0) * ONE
        assert abs(curve.at(i * ONE // PIECES) - exact) <= 0.5 + 1e-6


@pytest.mark.parametrize("name", sorted(set(CURVES) - {"root", "logit"}))
def test_between_the_values_of_a_table_curves_are_close(name: str) -> None:
    curve, formula = CURVES[name]
    for x in range(0, ONE + 1, 7):
        exact = min(max(formula(x / ONE), 0.0), 1.0) * ONE
        assert abs(curve.at(x) - exact) <= 8  # 1/8192


@given(some_curves, st.lists(st.integers(0, ONE), min_size=1, max_size=50))
def test_curves_of_many_are_those_of_one(curve: Curve, xs: list[int]) -> None:
    many = curve.at_all(np.array(xs, np.int64))
    assert many.tolist() == [curve.at(x) for x in xs]
    assert 0 <= many.min() <= many.max() <= ONE


@given(some_curves, st.integers(0, ONE))
def test_inverted_curves(curve: Curve, x: int) -> None:
    assert abs(curve.inverted().at(x) + curve.at(x) - ONE) <= 1


@given(st.floats(0, 1), st.floats(0, 1))
def test_steps_are_exact(at: float, x: float) -> None:
    crossed = Consideration("x", step(at)).score(x) == ONE
    assert crossed == (math.floor(x * ONE) >= math.floor(Fraction(repr(at)) * ONE))
    assert Consideration("x", step(at)).score(at) == ONE


def test_a_step_in_the_middle_of_a_range() -> None:
    near = Consideration("distance", step(0.3, 1, 0), 0, 10)
    assert [near.score(x) for x in (0, 2.9, 3, 10)] == [ONE, ONE, 0, 0]


def test_tables_are_the_same_everywhere() -> None:
    """Pinned; seen with both of CPython 3.11's decimal modules, libmpdec and pure Python."""
    values = b"".join(np.array(CURVES[name][0].table, "<i8").tobytes() for name in sorted(CURVES))
    assert hashlib.sha256(values).hexdigest() == PINNED


PINNED = "468176ef2b487e3f9c304befa04371b2c740c53fbeb3af5f0b2590ed34d8c8cc"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: linear(math.nan), "a curve's slope is nan"),
        (lambda: linear(0, 1e9), "a curve's offset is 1000000000.0"),
        (lambda: polynomial(0), "a curve's exponent is 0.0; expected more than 0"),
        (lambda: logit(-1), "a curve's width is -1.0; expected more than 0"),
        (lambda: smoothstep(1, 1), "expected low < high"),
        (lambda: points(), "needs at least one"),
        (lambda: points((0, 0), (0, 1)), "have to ascend"),
        (lambda: step(math.inf), "a curve's at is inf"),
        (lambda: logistic(1e5), "expected a number within ±10,000"),
    ],
)
def test_curves_that_are_refused(make: Callable[[], Curve], message: str) -> None:
    with pytest.raises(UtilityError) as caught:
        make()
    assert message in str(caught.value)


# -- scores ----------------------------------------------------------------------------------------

inputs = st.one_of(
    st.floats(-50, 50), st.integers(-50, 50), st.floats(-(2.0**31), 2.0**31), st.booleans()
)
considerations = st.builds(
    lambda name, curve, low, width: Consideration(name, curve, low, low + width),
    st.sampled_from("abc"),
    some_curves,
    st.floats(-20, 20),
    st.floats(0.01, 40),
)
options = st.lists(
    st.builds(
        Option,
        st.sampled_from(["attack", "flee", "heal", "patrol", "zap"]),
        st.lists(considerations, min_size=1, max_size=4).map(tuple),
        st.sampled_from(Combine),
        st.sampled_from([0, 0.5, 1, 1, 2, 1024]),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda option: option.name,
)
reasoners = st.builds(
    Reasoner, options.map(tuple), st.sampled_from([0, 0.1, 3]), st.sampled_from([0, 0.05, 1])
)


@given(reasoners, st.lists(st.tuples(inputs, inputs, inputs), min_size=1, max_size=20), st.data())
def test_many_agents_are_scored_as_one(
    reasoner: Reasoner, agents: list[tuple[float, float, float]], data: st.DataObject
) -> None:
    held = data.draw(
        st.lists(
            st.integers(-1, len(reasoner.options) - 1), min_size=len(agents), max_size=len(agents)
        )
    )
    columns = {
        name: np.array(column)
        for name, column in zip("abc", zip(*agents, strict=True), strict=True)
    }
    table = reasoner.scores_of_all(columns)
    alone, kept = reasoner.choose_for_all(columns), reasoner.choose_for_all(columns, held)
    for at, values in enumerate(agents):
        one = dict(zip("abc", values, strict=True))
        if table.shape[1] == len(agents):
            assert dict(zip(reasoner.names, table[:, at].tolist(), strict=True)) == reasoner.scores(
                one
            )
            assert named(reasoner, alone[at]) == reasoner.choose(one)
            assert named(reasoner, kept[at]) == reasoner.choose(one, named(reasoner, held[at]))


def named(reasoner: Reasoner, index: int) -> str | None:
    return reasoner.names[index] if index >= 0 else None


@given(st.lists(st.integers(0, ONE), min_size=1, max_size=6), st.sampled_from(Combine))
def test_scores_are_combined_as_published(scores: list[int], combine: Combine) -> None:
    parts = tuple(Consideration(f"i{n}", linear()) for n in range(len(scores)))
    option = Option("o", parts, combine)
    given_ = {f"i{n}": score / ONE for n, score in enumerate(scores)}
    (found,) = Reasoner((option,)).scores(given_).values()
    exact = [Fraction(score, ONE) for score in scores]
    if combine is Combine.PRODUCT:
        product = math.prod(exact)
        expected = product + product * (1 - product) * (1 - Fraction(1, len(exact)))
    else:
        expected = min(exact) if combine is Combine.MINIMUM else sum(exact) / len(exact)
    assert abs(found - expected * ONE) <= len(scores) + 3


def fixed(name: str, score: float, weight: float = 1.0) -> Option:
    return Option(name, (Consideration("x", linear(0, score)),), weight=weight)


def test_ties_break_by_name() -> None:
    names = ["zebra", "ant", "cat"]
    reasoner = Reasoner(tuple(fixed(name, 0.5) for name in names))
    assert reasoner.names == ("ant", "cat", "zebra")
    assert reasoner.choose({"x": 0}) == "ant"
    assert reasoner.choose_for_all({"x": [0, 1]}).tolist() == [0, 0]


def test_an_option_without_score_is_not_chosen() -> None:
    reasoner = Reasoner((fixed("a", 0), fixed("b", 0.5, weight=0)), momentum=1, margin=1)
    assert reasoner.choose({"x": 1}, "a") is None
    assert reasoner.choose_for_all({"x": [1]}, [0]).tolist() == [-1]


def test_momentum_and_margin_hold_a_choice() -> None:
    low, high = fixed("low", 0.5), fixed("high", 0.54)
    plain = Reasoner((low, high))
    assert plain.choose({"x": 0}, "low") == "high"
    assert Reasoner((low, high), momentum=0.1).choose({"x": 0}, "low") == "low"
    assert Reasoner((low, high), margin=0.05).choose({"x": 0}, "low") == "low"
    assert Reasoner((low, high), momentum=0.1).choose({"x": 0}, "high") == "high"
    assert Reasoner((low, high), momentum=0.05).choose({"x": 0}, "low") == "high"


def test_a_weight_multiplies() -> None:
    reasoner = Reasoner((fixed("a", 0.5), fixed("b", 0.2, weight=3)))
    assert reasoner.scores({"x": 0}) == {"a": 32768, "b": 13107 * 3}
    assert reasoner.choose({"x": 0}) == "b"


def test_a_number_stands_for_all_agents() -> None:
    reasoner = Reasoner(
        (Option("a", (Consideration("x", linear()), Consideration("y", linear()))),)
    )
    many = reasoner.scores_of_all({"x": np.arange(5) / 4, "y": 1})
    assert many.shape == (1, 5)
    assert reasoner.scores_of_all({"x": 1, "y": 1}).shape == (1, 1)
    assert reasoner.choose_for_all({"x": [], "y": 1}).tolist() == []


def test_scores_are_explained() -> None:
    reasoner = Reasoner(
        (
            Option("flee", (Consideration("health", linear(-1, 1), 0, 100),)),
            Option(
                "fight", (Consideration("health", linear(), 0, 100), Consideration("ammo", step()))
            ),
        )
    )
    assert reasoner.inputs == ("ammo", "health")
    assert reasoner.explain({"health": 25, "ammo": 1}) == (
        "flee 0.750\n"
        "    health 25 -> 0.750 (linear(-1, 1))\n"
        "fight 0.344\n"
        "    health 25 -> 0.250 (linear(1.0, 0.0))\n"
        "    ammo 1 -> 1.000 (step(0.5, 0.0, 1.0))"
    )


# -- errors ----------------------------------------------------------------------------------------

ONE_OPTION = Reasoner((fixed("a", 1), fixed("b", 0.5)))


@pytest.mark.parametrize("value", [math.nan, math.inf, -1e10, 10**400, "3", None, 1j, [1]])
def test_inputs_that_are_refused(value: Any) -> None:
    with pytest.raises(UtilityError, match=r"the input 'x' is .*; expected a number within"):
        ONE_OPTION.choose({"x": value})


@pytest.mark.parametrize("values", [[1, math.nan], [math.inf], ["a"], [None], [[1], [1, 2]], [1j]])
def test_columns_that_are_refused(values: Any) -> None:
    with pytest.raises(UtilityError, match="the input 'x'"):
        ONE_OPTION.choose_for_all({"x": values})


def test_columns_of_different_length() -> None:
    two = Reasoner((Option("a", (Consideration("x", linear()), Consideration("y", linear()))),))
    with pytest.raises(UtilityError, match=r"x \(2,\), y \(3,\); expected one length"):
        two.choose_for_all({"x": [1, 2], "y": [1, 2, 3]})
    with pytest.raises(UtilityError, match="expected one length"):
        two.choose_for_all({"x": [[1, 2]], "y": 1})


@pytest.mark.parametrize("current", [[2], [-2], [0, 0], [0.0], 0])
def test_current_options_that_are_refused(current: Any) -> None:
    with pytest.raises(
        UtilityError, match="current options: expected 1 whole numbers from -1 to 1"
    ):
        ONE_OPTION.choose_for_all({"x": [1]}, current)


def test_a_current_option_that_is_none() -> None:
    with pytest.raises(UtilityError, match="the current option 'c' is none of a, b"):
        ONE_OPTION.choose({"x": 1}, "c")


def test_an_input_that_is_missing() -> None:
    with pytest.raises(UtilityError, match="the input 'x' is missing; given are: y"):
        ONE_OPTION.choose({"y": 1})
    with pytest.raises(UtilityError, match="the input 'x' is missing; given are: none"):
        ONE_OPTION.choose_for_all({})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Consideration("x", linear(), 1, 1), "the range is 1 to 1; expected low < high"),
        (lambda: Consideration("x", linear(), 0, 2.0**31), "no more than 2³⁰ apart"),
        (lambda: Consideration("x", linear(), math.nan, 1), "the range is nan to 1"),
        (lambda: Option("o", ()), "option 'o': expected at least one consideration"),
        (lambda: fixed("o", 1, weight=-1), "option 'o': the weight is -1; expected 0 to 1,024"),
        (lambda: Reasoner(()), "options of different names, not []"),
        (lambda: Reasoner((fixed("a", 1), fixed("a", 1))), "not ['a', 'a']"),
        (lambda: Reasoner((fixed("a", 1),), momentum=-1), "the momentum is -1"),
        (lambda: Reasoner((fixed("a", 1),), margin=math.nan), "the margin is nan"),
    ],
)
def test_what_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(UtilityError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize("most", [-1e4, -1e-4, 1e-4, 1e4])
def test_curves_with_the_largest_parameters(most: float) -> None:
    curves = [linear(most, most), logistic(most, most), sine(most, most), polynomial(2, most, most)]
    curves += [polynomial(abs(most)), logit(abs(most)), smoothstep(most / 2, most / 2 + 1e-4)]
    for curve in [*curves, points((most / 2, 1), (most / 2 + 1e-4, 0)), step(most)]:
        assert all(0 <= curve.at(x) <= ONE for x in (0, 1, 64, ONE // 2, ONE - 1, ONE))
