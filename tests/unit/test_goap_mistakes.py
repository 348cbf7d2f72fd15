"""What a domain, an action, a state or a goal may not say, and what the error tells."""

from typing import Any

import pytest

from astraweave_ai.errors import DomainError
from astraweave_ai.planner.domain import Action, Add, At, Bool, Domain, Int, Not, Set, Symbol
from tests.reference.goap_domains import SOLDIER, soldier

FACTS = {"n": Int(0, 3), "s": Symbol("a", "b"), "b": Bool()}
MISTAKES: list[tuple[str, Any]] = [
    ("action x: needs 'm': no such fact; the domain has: n, s, b", {"needs": {"m": 1}}),
    ("action x: does 'm': no such fact", {"does": {"m": 1}}),
    ("action x: needs n: expected a whole number from 0 to 3, got 4", {"needs": {"n": 4}}),
    ("action x: needs n: expected a whole number from 0 to 3, got 0.5", {"needs": {"n": 0.5}}),
    ("action x: needs n: expected a whole number from 0 to 3, got 9", {"needs": {"n": At.most(9)}}),
    ("action x: needs n: no value is 3 to 1", {"needs": {"n": At.between(3, 1)}}),
    ("action x: needs n: no value is not at least 0", {"needs": {"n": Not(At.least(0))}}),
    ("action x: needs s: only an Int can be at least 1", {"needs": {"s": At.least(1)}}),
    ("action x: needs s: expected one of 'a', 'b', got 'c'", {"needs": {"s": Not("c")}}),
    ("action x: needs b: expected True or False, got 'yes'", {"needs": {"b": "yes"}}),
    ("action x: needs n: Add(amount=1) is an effect", {"needs": {"n": Add(1)}}),
    ("action x: does n: Not(what=1) is a condition", {"does": {"n": Not(1)}}),
    ("action x: does n: expected a whole number from 0 to 3, got -1", {"does": {"n": Set(-1)}}),
    ("action x: does b: only an Int can be added to", {"does": {"b": Add(1)}}),
    ("action x: does n: only whole numbers can be added, got 0.5", {"does": {"n": Add(0.5)}}),
    ("action x: the cost must be a number of 0 or more, got -1", {"cost": -1}),
    ("action x: the cost must be a number of 0 or more, got nan", {"cost": float("nan")}),
    ("action x: the cost must be a number of 0 or more, got inf", {"cost": float("inf")}),
    ("action x: the cost must be a number of 0 or more, got '1'", {"cost": "1"}),
    ("action x: needs must be a mapping", {"needs": ["n"]}),
]


@pytest.mark.parametrize(("message", "arguments"), MISTAKES, ids=lambda v: str(v)[:50])
def test_mistakes_in_actions(message: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(DomainError) as error:
        Domain(FACTS, [Action("x", **arguments)])
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("message", "make"),
    [
        ("action x: 2 actions have this name", lambda: Domain(FACTS, [Action("x"), Action("x")])),
        ("expected an Action, got 'x'", lambda: Domain(FACTS, ["x"])),
        ("at least one type by name", lambda: Domain({}, [])),
        ("at least one type by name", lambda: Domain(None, [])),
        ("fact n: expected a Bool(), an Int or a Symbol, got 3", lambda: Domain({"n": 3}, [])),
        ("the name of a fact must be a text", lambda: Domain({1: Bool()}, [])),
        ("an action's name must be a text", lambda: Action("")),
        ("low must not exceed high, got 3 to 1", lambda: Int(3, 1)),
        ("Int: bounds must be whole numbers, got 0.5", lambda: Int(0.5, 1)),
        ("at most 65,536: count in larger units", lambda: Int(0, 65536)),
        ("Symbol: names must be texts", lambda: Symbol("a", 1)),
        ("one name or several different ones", lambda: Symbol("a", "a")),
        ("one name or several different ones", lambda: Symbol()),
    ],
)
def test_mistakes_in_domains(message: str, make: Any) -> None:
    with pytest.raises(DomainError) as error:
        make()
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("message", "state"),
    [
        ("state: ammo: expected a whole number from 0 to 30, got 31", {**SOLDIER, "ammo": 31}),
        ("state: stance: expected one of", {**SOLDIER, "stance": "prone"}),
        ("state: no value for stance, enemy_down", {"ammo": 3}),
        ("state: 'armour': no such fact", {**SOLDIER, "armour": 1}),
        ("state: 'amo': no such fact", {"amo": 3, "stance": "stand", "enemy_down": False}),
        ("a state must be a mapping", None),
        ("a value that cannot be compared", {**SOLDIER, "ammo": [3]}),
    ],
)
def test_mistakes_in_states(message: str, state: Any) -> None:
    domain = soldier()
    for goal in ({"enemy_down": True}, {"stance": "crouch"}):  # what is irrelevant is checked too
        with pytest.raises(DomainError) as error:
            domain.plan(state, goal)
        assert message in str(error.value)


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("goal 'armour': no such fact", {"goal": {"armour": 1}}),
        ("goal ammo: expected a whole number from 0 to 30, got 40", {"goal": {"ammo": 40}}),
        ("a goal must be a mapping", {"goal": "enemy_down"}),
        ("a goal must be a mapping", {"goal": {"ammo": [1]}}),
        ("max_expansions must be a whole number from 0", {"max_expansions": -1}),
        ("max_expansions must be a whole number from 0", {"max_expansions": 1.5}),
        ("max_expansions must be a whole number from 0", {"max_expansions": 1 << 20}),
        ("seconds must be a number of 0 or more", {"seconds": float("nan")}),
        ("seconds must be a number of 0 or more", {"seconds": "1"}),
    ],
)
def test_mistakes_in_questions(message: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(DomainError) as error:
        soldier().plan(SOLDIER, **{"goal": {"enemy_down": True}, **arguments})
    assert message in str(error.value)


def test_a_goal_belongs_to_its_domain() -> None:
    goal = soldier().goal({"enemy_down": True})
    assert soldier().plan(SOLDIER, goal).found, "an equal domain will do"
    with pytest.raises(DomainError, match="prepared by another domain"):
        soldier(shoot=2).plan(SOLDIER, goal)
