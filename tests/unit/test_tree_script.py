"""The script language: precedence, values, errors with positions, and nothing but TreeErrors."""

import contextlib
import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.errors import TreeError
from astraweave_ai.tree import Blackboard, TreeFactory, TreeRun
from astraweave_ai.tree.evaluate import compile_condition, compile_script
from astraweave_ai.tree.scope import Scope
from astraweave_ai.tree.script import MAX_DEPTH, MAX_LENGTH, parse

ENUMS = {"RED": 1, "BLUE": 2, "GREEN": 3}
TREE = TreeFactory().parse(
    '<root BTCPP_format="4"><BehaviorTree ID="M"><AlwaysSuccess/></BehaviorTree></root>'
)


def run_with(**values: Any) -> TreeRun:
    return TREE.start(Blackboard(values))


def value_of(script: str, **values: Any) -> Any:
    return compile_script(script, Scope(), ENUMS, "here")(run_with(**values))


def after(script: str, **values: Any) -> dict[str, Any]:
    run = run_with(**values)
    compile_script(script, Scope(), ENUMS, "here")(run)
    return dict(run.blackboard)


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("7", 7),
        ("0x7F & 0x0F", 15),
        ("0x7F | 0xF0", 255),
        ("5 ^ 1", 4),
        ("~0", -1),
        ("1.5e1", 15.0),
        ("'a b'", "a b"),
        ('"it\'s"', "it's"),
        ("true", 1),
        ("!true", 0),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("8 / 4 / 2", 1.0),
        ("7 / 2", 3.5),
        ("-2 * -3", 6),
        ("- - 2", 2),
        ("1 < 2 == 1", 0),  # a chain: 1 < 2 and 2 == 1
        ("1 < 2 < 3", 1),
        ("3 > 2 > 2", 0),
        ("1 || 0 && 0", 1),  # && binds tighter
        ("(1 || 0) && 0", 0),
        ("6 & 3 == 2", 1),  # bits bind tighter than comparisons
        ("1 | 2 ^ 2", 1),  # | and ^ from left to right
        ("1 + 1 & 3", 2),
        ("1 ? 2 : 3", 2),
        ("0 ? 1 : 0 ? 2 : 3", 3),
        ("'' ? 1 : 2", 2),
        ("'x' ? 1 : 2", 1),
        ("'a' + 'b'", "ab"),
        ("'n' .. 1 .. 2.5", "n12.5"),
        ("'a' < 'b'", 1),
        ("'3' == 3", 1),
        ("'RED' == 1", 1),
        ("RED + BLUE", 3),
        ("1.1 == 1.0 + 0.1", 1),
        ("1 != 1.00000001", 0),
        ("0 && missing", 0),  # the right side does not matter
        ("1 || missing", 1),
        ("1; 2; 3;", 3),
        (";;4;;", 4),
        ("9223372036854775807 + 1", 2.0**63),
        ("a := 2", 2),
        ("(a := 2) * 3", 6),
        ("1 ? a := 5 : 6", 5),
    ],
)
def test_values(script: str, value: object) -> None:
    found = value_of(script)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("script", "before", "result"),
    [
        ("a := 1", {}, {"a": 1}),
        ("a = 2", {"a": 1}, {"a": 2}),
        ("a += 2; a -= 1; a *= 6; a /= 4", {"a": 1}, {"a": 3.0}),
        ("a += 'x'", {"a": "y"}, {"a": "yx"}),
        ("a := '7'", {"a": 1}, {"a": 7}),  # an entry that was a number stays one
        ("a := 'BLUE'", {"a": 1}, {"a": 2}),
        ("a := RED", {}, {"a": 1}),
        ("@a := 3", {}, {"a": 3}),
        ("b := a > 1 ? 'far' : 'near'", {"a": 2}, {"a": 2, "b": "far"}),
        ("état := 1", {}, {"état": 1}),
    ],
)
def test_assignments(script: str, before: dict[str, Any], result: dict[str, Any]) -> None:
    assert after(script, **before) == result


@pytest.mark.parametrize(
    ("script", "column", "message"),
    [
        ("", 1, "expected a statement, found nothing"),
        ("a :=", 5, "expected an operand, found the end"),
        ("(1", 3, "expected ')', found the end"),
        ("1 2", 3, "expected ';', found '2'"),
        ("a ? 1", 6, "expected ':', found the end"),
        ("1 + * 2", 5, "expected an operand, found '*'"),
        ("3 = 4", 1, "only a blackboard entry can be assigned to"),
        ("a := b := c", 8, "expected ';', found ':='"),
        ("12abc", 1, "is not a number"),
        ("1e999", 1, "is not a number"),
        ("a $ b", 3, "'$' does not belong into a script"),
        ("'open", 1, "does not belong into a script"),
        ("@@a", 1, "'@' does not belong into a script"),
    ],
)
def test_syntax_errors_name_the_column(script: str, column: int, message: str) -> None:
    with pytest.raises(TreeError) as caught:
        parse(script, "guards.xml:7")
    assert str(caught.value).startswith("guards.xml:7: script ")
    assert f"column {column}: " in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("script", "values", "message"),
    [
        ("a + 1", {}, "column 1: there is no blackboard entry 'a'"),
        ("a = 1", {}, "':=' creates one, '=' does not"),
        ("a += 1", {}, "'+=' does not"),
        ("1 / 0", {}, "division by zero"),
        ("a /= 0", {"a": 1}, "division by zero"),
        ("'a' * 2", {}, "'*' works on numbers, not on text 'a'"),
        ("-'a'", {}, "works on numbers"),
        ("1.5 & 1", {}, "expected a whole number, found 1.5"),
        ("1e300 & 1", {}, "within 64 bits"),
        ("'a' < 1", {}, "expected a number, found text 'a'"),
        ("a == 1", {"a": [1]}, "cannot compare a list with number 1"),
        ("a := 'x'", {"a": 1}, "expected a number, found text 'x'"),
        ("a := 1", {"a": "x"}, "the entry holds text"),
        ("'x' && 1", {}, "expected a number, found text 'x'"),
        ("a := a + a", {"a": "x" * 40_000}, "a text of 80000 characters"),
        ("a + 1.5", {"a": 10**400}, "too large"),
    ],
)
def test_errors_while_running(script: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(TreeError) as caught:
        value_of(script, **values)
    assert str(caught.value).startswith("here: script ")
    assert message in str(caught.value)


def test_enums_cannot_be_assigned_to() -> None:
    with pytest.raises(TreeError, match="'RED' is an enum"):
        value_of("RED := 2")


def test_a_failed_assignment_changes_nothing() -> None:
    run = run_with(a=1)
    with pytest.raises(TreeError):
        compile_script("a = 1 / 0", Scope(), {}, "here")(run)
    assert run.blackboard["a"] == 1


@pytest.mark.parametrize("value", [0, 1, 2.5, 0.0, "true", "false", "0", "RED", True, False])
def test_conditions(value: object) -> None:
    expected = {"true": True, "false": False, "0": False, "RED": True}.get(str(value), bool(value))
    assert compile_condition("a", Scope(), ENUMS, "here")(run_with(a=value)) is expected


@pytest.mark.parametrize(
    "script", ["(" * 999, "-" * 999, "1" + "+1" * 999, "1?" * 999, "1?1:" * 999, "a:=(" * 999]
)
def test_scripts_do_not_exhaust_the_stack(script: str) -> None:
    with pytest.raises(TreeError, match=f"at most {MAX_DEPTH} deep"):
        parse(script, "here")


def test_a_chain_of_comparisons_may_be_long() -> None:
    assert value_of("1" + " <= 1" * 999) == 1


def test_the_deepest_script_runs() -> None:
    assert value_of("(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH) == 1
    assert value_of("1" + "+1" * MAX_DEPTH) == MAX_DEPTH + 1


def test_scripts_have_a_longest() -> None:
    with pytest.raises(TreeError, match=f"at most {MAX_LENGTH} characters"):
        parse(" " * (MAX_LENGTH + 1), "here")


# -- against an independent evaluation -------------------------------------------------------------

Tree = Any  # a number, a name, ("-", a), (a, "+", b), (a, "?", b, c)
LEVELS = [["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">="], ["|", "^"], ["&"], ["+", "-"], ["*"]]
LEVEL = {symbol: level for level, row in enumerate(LEVELS) for symbol in row}
NAMES = {"a": 3, "b": -2, "c": 0}
APPLY: dict[str, Callable[[Any, Any], Any]] = {
    "||": lambda x, y: int(x != 0 or y != 0),
    "&&": lambda x, y: int(x != 0 and y != 0),
    "==": lambda x, y: int(x == y),
    "!=": lambda x, y: int(x != y),
    "<": lambda x, y: int(x < y),
    "<=": lambda x, y: int(x <= y),
    ">": lambda x, y: int(x > y),
    ">=": lambda x, y: int(x >= y),
    "|": operator.or_,
    "^": operator.xor,
    "&": operator.and_,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
SIGNS: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "~": operator.invert,
    "!": lambda x: int(x == 0),
}
expressions = st.recursive(
    st.one_of(st.integers(0, 9), st.sampled_from(sorted(NAMES))),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(sorted(SIGNS)), inner),
        st.tuples(inner, st.sampled_from(sorted(APPLY)), inner),
        st.tuples(inner, st.just("?"), inner, inner),
    ),
    max_leaves=12,
)


def spelled(tree: Tree, tightest: int = -1) -> str:
    """With no more brackets than precedence needs."""
    if not isinstance(tree, tuple):
        return str(tree)
    if len(tree) == 2:
        return tree[0] + " " + spelled(tree[1], len(LEVELS))
    if len(tree) == 4:
        body = f"{spelled(tree[0], 0)} ? {spelled(tree[2])} : {spelled(tree[3])}"
        return f"({body})" if tightest > -1 else body
    level = LEVEL[tree[1]]
    left = level + (level == LEVEL["<"])  # comparisons side by side would be a chain
    body = f"{spelled(tree[0], left)} {tree[1]} {spelled(tree[2], level + 1)}"
    return f"({body})" if level < tightest else body


def evaluated(tree: Tree) -> int:
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return NAMES[tree]
    if len(tree) == 2:
        return int(SIGNS[tree[0]](evaluated(tree[1])))
    if len(tree) == 4:
        return evaluated(tree[2]) if evaluated(tree[0]) else evaluated(tree[3])
    return int(APPLY[tree[1]](evaluated(tree[0]), evaluated(tree[2])))


@given(expressions)
def test_expressions_mean_what_their_trees_say(tree: Tree) -> None:
    assert value_of(spelled(tree), **NAMES) == evaluated(tree)


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=6), st.data())
def test_chains_of_comparisons(numbers: list[int], data: st.DataObject) -> None:
    symbols = [data.draw(st.sampled_from(LEVELS[2])) for _ in numbers[1:]]
    script = str(numbers[0]) + "".join(
        f" {s} {n}" for s, n in zip(symbols, numbers[1:], strict=True)
    )
    pairs = zip(numbers, symbols, numbers[1:], strict=False)
    assert value_of(script) == int(all(APPLY[s](x, y) for x, s, y in pairs))


# -- fuzz ------------------------------------------------------------------------------------------

PIECES = (
    "a b @x 1 2.5 0x1f 'text' \" true ; ( ) ? : := = += == != < <= && || + - * / & | ^ ~ ! .. é \n"
)
scripts = st.lists(
    st.one_of(st.sampled_from(PIECES.split(" ")), st.text(max_size=3)), max_size=25
).map(" ".join)


@given(scripts)
def test_any_text_is_a_script_or_a_tree_error(script: str) -> None:
    with contextlib.suppress(TreeError):
        found = value_of(script, a=3, b="text", x=2.5)
        assert isinstance(found, (int, float, str))
        assert not isinstance(found, int) or abs(found) <= 2**63
        assert found == found or math.isnan(found)
