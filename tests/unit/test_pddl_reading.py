"""PDDL files that are odd, wrong or not supported: read as meant, or refused in one clear line."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.errors import DomainError
from astraweave_ai.pddl import solve
from astraweave_ai.pddl.domain import parse_domain
from astraweave_ai.pddl.problem import parse_problem
from astraweave_ai.pddl.reader import Form, Source, load, read, show

DOMAIN = """(define (domain d)
  (:requirements :strips :typing)
  (:types t)
  (:constants c - t)
  (:predicates (p ?x - t) (q))
  (:functions (total-cost) - number (f ?x) - number)
  (:action go
    :parameters (?x - t)
    :precondition (p ?x)
    :effect (q)))"""
PROBLEM = """(define (problem e)
  (:domain d)
  (:objects a - t)
  (:init (p a) (= (f a) 2))
  (:goal (q))
  (:metric minimize (total-cost)))"""


def parse(domain: str, problem: str = PROBLEM) -> None:
    parsed = parse_domain(Source("d.pddl", domain))
    parse_problem(Source("p.pddl", problem), parsed)


def refusal(domain: str, problem: str = PROBLEM) -> str:
    with pytest.raises(DomainError) as caught:
        parse(domain, problem)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


# -- what is not supported, by the name of its requirement -----------------------------------------

CONDITIONS = {
    "(or (q) (p ?x))": ":disjunctive-preconditions",
    "(imply (q) (p ?x))": ":disjunctive-preconditions",
    "(not (and (q) (p ?x)))": ":disjunctive-preconditions",
    "(exists (?y - t) (p ?y))": ":existential-preconditions",
    "(and (q) (forall (?y - t) (p ?y)))": ":universal-preconditions",
    "(> (f ?x) 3)": ":numeric-fluents",
    "(<= (f ?x) (total-cost))": ":numeric-fluents",
    "(= (f ?x) 3)": ":numeric-fluents",
    "(preference soft (p ?x))": ":preferences",
}
EFFECTS = {
    "(when (p ?x) (q))": ":conditional-effects",
    "(and (q) (when (p ?x) (not (q))))": ":conditional-effects",
    "(forall (?y - t) (p ?y))": ":conditional-effects",
    "(and (q) (increase (f ?x) 1))": ":numeric-fluents",
    "(decrease (total-cost) 1)": ":numeric-fluents",
    "(assign (total-cost) 1)": ":numeric-fluents",
    "(increase (total-cost) (+ 1 2))": ":numeric-fluents",
    "(probabilistic 0.5 (q))": ":probabilistic-effects",
    "(oneof (q) (p ?x))": ":non-deterministic",
}
SECTIONS = {
    "(:durative-action fly :parameters ())": ":durative-actions",
    "(:derived (q) (p c))": ":derived-predicates",
    "(:axiom :vars (?x) :context (p ?x) :implies (q))": ":domain-axioms",
    "(:constraints (always (q)))": ":constraints",
    "(:process burn :parameters ())": ":continuous-effects",
    "(:task deliver :parameters ())": ":hierarchy",
}
PROBLEMS = {
    ("(:goal (q))", "(:goal (or (q) (p a)))"): ":disjunctive-preconditions",
    ("(:goal (q))", "(:goal (forall (?x) (p ?x)))"): ":universal-preconditions",
    ("(:goal (q))", "(:goal (preference soft (q)))"): ":preferences",
    ("(:goal (q))", "(:goal (q)) (:constraints (always (q)))"): ":constraints",
    ("(p a)", "(at 5 (p a))"): ":timed-initial-literals",
    ("(total-cost)))", "(f a)))"): ":numeric-fluents",
    ("(total-cost)))", "(+ (total-cost) (f a))))"): ":numeric-fluents",
}


@pytest.mark.parametrize(("condition", "feature"), CONDITIONS.items())
def test_conditions_that_are_refused(condition: str, feature: str) -> None:
    message = refusal(replaced(DOMAIN, "(p ?x)\n", f"{condition}\n"))
    assert re.match(rf"d\.pddl:9: {feature} is not supported: found \(.+; ", message)


@pytest.mark.parametrize(("effect", "feature"), EFFECTS.items())
def test_effects_that_are_refused(effect: str, feature: str) -> None:
    message = refusal(replaced(DOMAIN, ":effect (q)", f":effect {effect}"))
    assert re.match(rf"d\.pddl:10: {feature} is not supported: found \(.+; ", message)


@pytest.mark.parametrize(("section", "feature"), SECTIONS.items())
def test_sections_that_are_refused(section: str, feature: str) -> None:
    message = refusal(replaced(DOMAIN, "(:types t)", f"(:types t) {section}"))
    assert message.startswith(f"d.pddl:3: {feature} is not supported: found (")


@pytest.mark.parametrize(("change", "feature"), PROBLEMS.items())
def test_problems_that_are_refused(change: tuple[str, str], feature: str) -> None:
    message = refusal(DOMAIN, replaced(PROBLEM, *change))
    assert re.match(rf"p\.pddl:\d: {feature} is not supported: found \(.+; ", message)


def test_object_fluents_are_refused() -> None:
    message = refusal(replaced(DOMAIN, "(f ?x) - number", "(f ?x) - t"))
    assert message.startswith("d.pddl:6: :object-fluents is not supported: found t; ")


def test_what_is_declared_but_not_used_does_no_harm() -> None:
    parse(replaced(DOMAIN, ":strips", ":adl :fluents :durative-actions"))
    message = refusal(replaced(DOMAIN, ":strips", ":telepathy"))
    assert message == "d.pddl:2: :telepathy is not supported: no requirement of that name is known"


# -- what is wrong ---------------------------------------------------------------------------------

WRONG_DOMAINS = {
    ("(p ?x)\n", "(r ?x)\n"): r"9: predicate r is not declared",
    ("(p ?x)\n", "(p ?x ?x)\n"): r"9: predicate p takes 1 arguments, found \(p \?x \?x\)",
    ("(p ?x)\n", "(p ?y)\n"): r"9: variable \?y is not declared",
    ("(p ?x)\n", "(p d)\n"): r"9: object d is not declared",
    ("(p ?x)\n", "p\n"): r"9: expected one form after :precondition, found p",
    ("(p ?x)\n", "(and p)\n"): r"9: expected a condition in parentheses, found p",
    ("(p ?x)\n", "((p ?x))\n"): r"9: expected a condition, found \(\(p \?x\)\)",
    (":effect (q)", ":effect (= ?x ?x)"): r"10: an effect cannot change equality",
    (":effect (q)", ":effect (increase (total-cost) 1.5)"): r"10: a cost is a whole number",
    (":effect (q)", ":effect (increase (total-cost) -1)"): r"10: a cost is a whole number",
    (":effect (q)", ":effect (increase (total-cost) (g ?x))"): r"10: function g is not declared",
    (":effect (q)", ":effect"): r"10: expected one form after :effect, found :effect",
    (":effect (q)", ":effect (q) :effect (q)"): r"10: expected one form after :effect",
    (":effect (q)", ":then (q)"): r"10: :then is not supported in an action",
    ("(?x - t)\n", "(?x - s)\n"): r"8: type s is not declared",
    ("(?x - t)\n", "(?x ?x - t)\n"): r"8: parameter \?x is declared twice",
    ("(?x - t)\n", "(x - t)\n"): r"8: expected a parameter such as \?x, found x",
    ("(?x - t)\n", "(?x -)\n"): r"8: '-' stands between names and their type",
    ("(?x - t)\n", "(- t)\n"): r"8: '-' stands between names and their type",
    ("(?x - t)\n", "(?x - (both t t))\n"): r"8: expected a type or \(either …\)",
    ("(:action go", "(:action"): r"8: expected the name of an action, found :parameters",
    ("(:constants c - t)", "(:constants c - s)"): r"4: type s is not declared",
    ("(:constants c - t)", "(:constants c c - t c)"): r"4: object c is declared twice",
    ("(p ?x - t) (q)", "(p ?x - t) (q) (p)"): r"5: predicate p is declared twice",
    ("(p ?x - t) (q)", "(p ?x - t) (q) (p ?x)"): r"5: predicate p is declared twice, with diff",
    ("(p ?x - t) (q)", "(p ?x - t) (q) (and)"): r"5: predicate and has a name that means someth",
    ("(f ?x) -", "(f ?x) (f ?x ?y) -"): r"6: function f is declared twice, with different arg",
    ("(:types t)", "(:types t - s s - t)"): r"3: type t is above itself: it is declared as s",
    ("(:types t)", "(:types t - u u - s s - u)"): r"3: type u is above itself: it is declared as s",
    ("(:types t)", "(:types t s - s)"): r"3: type s is above itself: it is declared as s",
    ("(:types t)", "(:types s object - t)"): r"3: type object is above itself: it is declared as t",
    ("(:types t)", "(:types t) (:types s)"): r"3: a second section :types",
    ("(:types t)", "(:types (t))"): r"3: expected a name, found \(t\)",
    ("(:types t)", "(:kinds t)"): r"3: :kinds is not supported: no such section is known",
    ("(:types t)", ":types"): r"3: expected a section in parentheses, found :types",
    ("(define (domain d)", "(define (problem d)"): r"1: expected \(domain NAME\)",
    ("(define (domain d)", "(defun (domain d)"): r"1: expected \(define \(domain …\) …\)",
    (":effect (q)))", ":effect (q))"): r"1: '\(' that is never closed",
    (":effect (q)))", ":effect (q))))"): r"10: '\)' without a '\(' before it",
    (":effect (q)))", ":effect (q))) (more)"): r"10: expected the end of the file, found \(more\)",
}
WRONG_PROBLEMS = {
    ("(:domain d)", "(:domain other)"): r"2: the problem is of other, the other file is domain d",
    ("(:domain d)", ""): r"1: the problem is of no domain",
    ("a - t", "a - s"): r"3: type s is not declared",
    ("a - t", "a - t c"): r"3: object c is a constant of the domain, of another type",
    ("(p a)", "(p b)"): r"4: object b is not declared",
    ("(p a)", "p"): r"4: expected a fact in parentheses, found p",
    ("(p a)", "(= a a)"): r"4: an initial fact cannot be \(= a a\)",
    ("(p a)", "(p a) (not (p a))"): r"4: \(p a\) is in :init both as it is and with \(not …\)",
    ("(= (f a) 2)", "(= (f a) 2) (= (f a) 3)"): r"4: \(f a\) has two values, 2 and 3",
    ("(= (f a) 2)", "(= (f a) x)"): r"4: a cost is a whole number of at least 0, found x",
    ("(= (f a) 2)", "(= (f a) 99999999999999999999)"): r"4: a cost is a whole number",
    ("(= (f a) 2)", "(= (g a) 2)"): r"4: function g is not declared",
    ("(:goal (q))", ""): r"1: expected one goal",
    ("(:goal (q))", "(:goal (q) (p a))"): r"5: expected one goal",
    ("(:goal (q))", "(:goal (q)) (:goal (q))"): r"5: a second section :goal",
    ("(:goal (q))", "(:aim (q))"): r"5: :aim is not supported: no such section is known",
    ("minimize", "maximize"): r"6: expected \(:metric minimize \(total-cost\)\)",
}


@pytest.mark.parametrize(("change", "message"), WRONG_DOMAINS.items())
def test_domains_that_are_wrong(change: tuple[str, str], message: str) -> None:
    assert re.match(rf"d\.pddl:{message}", refusal(replaced(DOMAIN, *change)))


@pytest.mark.parametrize(("change", "message"), WRONG_PROBLEMS.items())
def test_problems_that_are_wrong(change: tuple[str, str], message: str) -> None:
    assert re.match(rf"p\.pddl:{message}", refusal(DOMAIN, replaced(PROBLEM, *change)))


TYPED = """(define (domain d)
  (:types truck van - vehicle parcel city)
  (:constants depot - city)
  (:predicates (at ?what - (either vehicle parcel) ?where - city) (fuel ?v - vehicle) (any ?x))
  (:functions (way ?a ?b - city) - number (total-cost) - number)
  (:action go
    :parameters (?v - truck ?to - city)
    :precondition (at ?v depot)
    :effect (and (at ?v ?to) (increase (total-cost) (way depot ?to)))))"""
DELIVERY = """(define (problem e) (:domain d)
  (:objects t - truck b - parcel r - city o)
  (:init (at t r) (= (way depot r) 2))
  (:goal (and (at t depot) (any o))))"""
MISFITS = {
    ("(at t r)", "(at r t)"): ("p.pddl:3: predicate at", "parcel or vehicle", 1, "r", "city"),
    ("(at t r)", "(at t b)"): ("p.pddl:3: predicate at", "city", 2, "b", "parcel"),
    ("(at t r)", "(not (fuel b))"): ("p.pddl:3: predicate fuel", "vehicle", 1, "b", "parcel"),
    ("(at t r)", "(fuel o)"): ("p.pddl:3: predicate fuel", "vehicle", 1, "o", "object"),
    ("(way depot r)", "(way depot t)"): ("p.pddl:3: function way", "city", 2, "t", "truck"),
    ("(at t depot)", "(at t b)"): ("p.pddl:4: predicate at", "city", 2, "b", "parcel"),
    ("(at t depot)", "(not (fuel b))"): ("p.pddl:4: predicate fuel", "vehicle", 1, "b", "parcel"),
    ("(at ?v depot)", "(at ?v ?v)"): ("d.pddl:8: predicate at", "city", 2, "?v", "truck"),
    ("(at ?v depot)", "(fuel depot)"): ("d.pddl:8: predicate fuel", "vehicle", 1, "depot", "city"),
    ("(at ?v ?to)", "(fuel ?to)"): ("d.pddl:9: predicate fuel", "vehicle", 1, "?to", "city"),
    ("depot ?to)", "depot ?v)"): ("d.pddl:9: function way", "city", 2, "?v", "truck"),
}
FITTING = [
    ("(at t r)", "(at t r) (fuel t) (any b) (at b depot) (not (at b r))"),
    ("b - parcel", "b - (either parcel van)"),
    ("(any o)", "(any o) (= o t) (not (= b r))"),
    ("?v - truck", "?v - vehicle"),
    ("?v - truck", "?v - object"),
    ("?v - truck ?to - city", "?to - city ?v"),
    ("?v - truck", "?v - (either city van)"),
    ("truck van - vehicle", "truck van - vehicle truck - motor van - toy"),
    ("truck van - vehicle", "truck van - (either motor vehicle)"),
]


@pytest.mark.parametrize(("change", "told"), MISFITS.items())
def test_objects_of_a_wrong_type_are_refused(
    change: tuple[str, str], told: tuple[str, str, int, str, str]
) -> None:
    parse(TYPED, DELIVERY)
    assert (change[0] in TYPED) != (change[0] in DELIVERY)
    what, wanted, place, term, of = told
    message = f"{what} takes {wanted} as argument {place}, {term} is of type {of}: found ("
    assert refusal(TYPED.replace(*change), DELIVERY.replace(*change)).startswith(message)


@pytest.mark.parametrize(("old", "new"), FITTING)
def test_what_may_be_of_the_right_type_is_accepted(old: str, new: str) -> None:
    assert (old in TYPED) != (old in DELIVERY)
    parse(TYPED.replace(old, new), DELIVERY.replace(old, new))


@given(st.lists(st.lists(st.integers(0, 4), max_size=2), min_size=5, max_size=5), st.data())
def test_types_are_as_a_matrix_says(parents: list[list[int]], data: st.DataObject) -> None:
    above = np.eye(5, dtype=bool)
    for own, others in enumerate(parents):
        above[own, others] = True
    direct = above ^ np.diag([own not in others for own, others in enumerate(parents)])
    for _ in range(3):
        above = above @ above
    types = " ".join(f"t{own} - t{other}" for own, others in enumerate(parents) for other in others)
    of, wanted = (data.draw(st.integers(0, 4)) for _ in range(2))
    domain = f"(define (domain d) (:types {types} t0 t1 t2 t3 t4) (:predicates (p ?x - t{wanted})))"
    problem = f"(define (problem e) (:domain d) (:objects a - t{of}) (:init (p a)) (:goal (p a)))"
    if (above @ direct).diagonal().any():
        assert "is above itself" in refusal(domain, problem)
    elif above[of, wanted]:
        parse(domain, problem)
    else:
        assert f"predicate p takes t{wanted} as argument 1" in refusal(domain, problem)


def test_a_cost_function_without_a_value_is_an_error(tmp_path: Path) -> None:
    domain, problem = tmp_path / "d.pddl", tmp_path / "p.pddl"
    domain.write_text(replaced(DOMAIN, ":effect (q)", ":effect (increase (total-cost) (f ?x))"))
    problem.write_text(replaced(PROBLEM, "(= (f a) 2)", ""))
    with pytest.raises(DomainError, match=r"p\.pddl:4: the cost function \(f a\) has no value"):
        solve(str(domain), str(problem))


@pytest.mark.parametrize("text", ["", "  \n", "; only a comment", "word", "()", "(define)", "(())"])
def test_files_that_are_no_pddl(text: str) -> None:
    assert refusal(text).startswith("d.pddl:1: expected ")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match=r"gone\.pddl:1: cannot be read: No such file"):
        load(str(tmp_path / "gone.pddl"))
    with pytest.raises(DomainError, match="cannot be read: Is a directory"):
        load(str(tmp_path))


# -- what is odd, but means something --------------------------------------------------------------


def test_capitals_comments_and_layout_do_not_matter() -> None:
    parse(DOMAIN.upper().replace("\n", " ; a ) comment (\n\t"), PROBLEM.replace(" (", "("))


def test_bytes_that_are_no_text_may_stand_in_comments(tmp_path: Path) -> None:
    path = tmp_path / "d.pddl"
    path.write_bytes(b"\xef\xbb\xbf; caf\xe9\r\n" + DOMAIN.encode())
    parse_domain(load(str(path)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(:types t)", "(:types s - t t - (either u object) s - t)"),
        ("(:types t)", "(:types t object - object)"),
        ("(p ?x - t) (q)", "(p ?x - t) (q) (p ?y - t)"),
        (":parameters (?x - t)", ""),
        ("(p ?x)\n", "()\n"),
        ("(p ?x)\n", "(and)\n"),
        ("(p ?x)\n", "(and (and (p ?x)) (not (not (q))) (not (and (= ?x c))))\n"),
        (":effect (q)", ""),
        (":effect (q)", ":effect (and)"),
        (":effect (q)", ":effect (and (q) (increase (total-cost) 3.0) (not (q)))"),
        ("- number (f ?x) - number", "(f ?x)"),
    ],
)
def test_odd_domains_are_accepted(old: str, new: str) -> None:
    domain = replaced(DOMAIN, old, new)
    parse(domain.replace("(p ?x)\n", "(q)\n") if "parameters" in old else domain)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(:init (p a) (= (f a) 2))", ""),
        ("(p a)", "(p a) (p a) (not (q))"),
        ("(:objects a - t)", "(:objects a a - t) (:length (:serial 3))"),
        ("(:objects a - t)", "(:objects a c - t)"),
        ("(:goal (q))", "(:goal ())"),
        ("(:metric minimize (total-cost))", ""),
    ],
)
def test_odd_problems_are_accepted(old: str, new: str) -> None:
    parse(DOMAIN, replaced(PROBLEM, old, new).replace("(:init)", "(:init (p a))"))


def test_depth_is_no_problem() -> None:
    deep = 20_000
    condition = "(and " * deep + "(p ?x)" + ")" * deep
    parse(replaced(DOMAIN, "(p ?x)\n", condition + "\n"))
    assert "expected" in refusal("(" * deep + ")" * deep)


@given(st.recursive(st.just([]), lambda inner: st.lists(inner, max_size=4), max_leaves=30))
def test_show_writes_what_was_read(nested: list[object]) -> None:
    text = re.sub(r"[\[\],]", lambda m: {"[": "(x ", "]": ")"}.get(m[0], " "), str(nested))
    form = read(Source("x", text))
    assert isinstance(form, Form)
    assert read(Source("x", show(form, 10_000))) == form
    assert len(show(form)) <= 41
