"""Reads a PDDL problem: objects, the initial facts, the goal and what to minimise."""

from __future__ import annotations

from collections.abc import Iterator

from .domain import TOTAL_COST, define, parse_objects, whole
from .model import EQUAL, Atom, Domain, Literal, Names, Problem, show_atom
from .reader import Form, Source, Word, show
from .terms import Scope, check_requirements, form, head, refuse, word

_SECTIONS = (
    ":domain",
    ":requirements",
    ":objects",
    ":init",
    ":goal",
    ":metric",
    ":length",  # a hint of the year 1998 about the size of the plan
)
_REFUSED_SECTIONS = {":constraints": ":constraints", ":htn": ":hierarchy"}


def parse_problem(source: Source, domain: Domain) -> Problem:
    """The problem in `source`, of `domain`; a DomainError says what is wrong and where."""
    _, forms = define(source, "problem")
    sections = _sort(source, forms)
    _check_domain(source, sections, domain)
    if ":requirements" in sections:
        check_requirements(source, sections[":requirements"])
    objects = _objects(source, sections.get(":objects", Form()), domain)
    scope = Scope(source, domain.predicates, objects)
    initial, costs = _initial(scope, sections.get(":init", Form()), domain)
    return Problem(
        objects,
        list(initial),
        costs,
        _goal(scope, sections),
        _is_priced(source, sections.get(":metric")),
        source.where(sections[":init"].at if ":init" in sections else 0),
    )


def _sort(source: Source, forms: list[Form]) -> dict[str, Form]:
    sections: dict[str, Form] = {}
    for section in forms:
        kind = head(section)
        if kind in _REFUSED_SECTIONS:
            refuse(source, section.at, _REFUSED_SECTIONS[kind], section)
        if kind not in _SECTIONS:
            source.fail(section.at, f"{kind} is not supported: no such section is known")
        if kind in sections:
            source.fail(section.at, f"a second section {kind}")
        sections[kind] = section
    return sections


def _check_domain(source: Source, sections: dict[str, Form], domain: Domain) -> None:
    section = sections.get(":domain", Form())
    wanted = word(source, section[1], "the domain's name") if len(section) == 2 else "no domain"
    if wanted != domain.name:
        at = section.at if section else 0
        source.fail(at, f"the problem is of {wanted}, the other file is domain {domain.name}")


def _objects(source: Source, section: Form, domain: Domain) -> dict[str, Names]:
    own = parse_objects(source, section, domain.types)
    for text, types in domain.constants.items():
        if own.setdefault(text, types) != types:
            source.fail(section.at, f"object {text} is a constant of the domain, of another type")
    return own


def _initial(
    scope: Scope, section: Form, domain: Domain
) -> tuple[dict[Atom, None], dict[Atom, int]]:
    facts: dict[Atom, None] = {}
    denied: list[tuple[int, Atom]] = []
    costs: dict[Atom, int] = {}
    source = scope.source
    for item in section[1:]:
        fact = form(source, item, "a fact")
        if head(fact) == EQUAL and len(fact) == 3 and isinstance(fact[1], Form):
            function = form(source, fact[1], "a cost function")
            atom, cost = scope.atom(function, domain.functions, "function"), whole(source, fact[2])
            if costs.setdefault(atom, cost) != cost:
                source.fail(fact.at, f"{show_atom(atom)} has two values, {costs[atom]} and {cost}")
        elif head(fact) == "at" and len(fact) == 3 and isinstance(fact[2], Form):
            refuse(source, fact.at, ":timed-initial-literals", fact)
        else:
            for literal in _facts(scope, fact):
                if literal.positive:
                    facts[literal.atom] = None
                else:
                    denied.append((fact.at, literal.atom))
    for at, atom in denied:
        if atom in facts:
            source.fail(at, f"{show_atom(atom)} is in :init both as it is and with (not …)")
    return facts, costs


def _facts(scope: Scope, fact: Form) -> Iterator[Literal]:
    """The parts of an initial fact; `(not …)` is allowed, and says nothing new."""
    for item, literal in scope.literals(fact):
        if literal.predicate == EQUAL:
            scope.source.fail(item.at, f"an initial fact cannot be {show(item)}")
        yield literal


def _goal(scope: Scope, sections: dict[str, Form]) -> list[Literal]:
    goal = sections.get(":goal")
    if goal is None or len(goal) != 2:
        at = 0 if goal is None else goal.at
        scope.source.fail(at, "expected one goal: (:goal (and …))")
    return [literal for _, literal in scope.literals(goal[1])]


def _is_priced(source: Source, metric: Form | None) -> bool:
    if metric is None:
        return False
    if len(metric) != 3 or metric[1] != "minimize":
        source.fail(metric.at, f"expected (:metric minimize (total-cost)), found {show(metric)}")
    what: Word | Form = metric[2]
    if show(what) in ("(total-time)", "total-time"):
        return False  # where actions take no time, this is how many there are
    if show(what) not in (f"({TOTAL_COST})", TOTAL_COST):
        refuse(source, metric.at, ":numeric-fluents", what)
    return True
