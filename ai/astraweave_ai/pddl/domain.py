"""Reads a PDDL domain: types, constants, predicates, cost functions and actions."""

from __future__ import annotations

from collections.abc import Iterator

from .model import EQUAL, OBJECT, Atom, Domain, Literal, Names, Parameter, Schema, Signature
from .reader import Form, Source, Word, read, show
from .terms import Scope, check_requirements, form, head, name, refuse, typed, variable, word

TOTAL_COST = "total-cost"

_REFUSED_SECTIONS = {
    ":durative-action": ":durative-actions",
    ":derived": ":derived-predicates",
    ":axiom": ":domain-axioms",
    ":constraints": ":constraints",
    ":task": ":hierarchy",
    ":method": ":hierarchy",
    ":process": ":continuous-effects",
    ":event": ":continuous-effects",
}
_SECTIONS = (":requirements", ":types", ":constants", ":predicates", ":functions")
# A predicate of such a name could not be told from what the word means in a condition or an effect.
_RESERVED = (EQUAL, "and", "or", "not", "imply", "exists", "forall", "when", "increase")


def define(source: Source, kind: str) -> tuple[str, list[Form]]:
    """The name and the sections of `(define (kind name) …)`."""
    top = form(source, read(source), "(define …)")
    if head(top) != "define" or len(top) < 2:
        source.fail(top.at, f"expected (define ({kind} …) …), found {show(top)}")
    title = form(source, top[1], f"({kind} …)")
    if head(title) != kind or len(title) != 2:
        source.fail(title.at, f"expected ({kind} NAME), found {show(title)}")
    sections = [form(source, each, "a section") for each in top[2:]]
    return name(source, title[1], "a name"), sections


def parse_domain(source: Source) -> Domain:
    """The domain in `source`; a DomainError says what is wrong, or not supported, and where."""
    title, forms = define(source, "domain")
    sections = _sort(source, forms)
    if ":requirements" in sections:
        check_requirements(source, sections[":requirements"])
    types = _parse_types(source, sections.get(":types", Form()))
    constants = parse_objects(source, sections.get(":constants", Form()), types)
    predicates = _predicates(source, sections.get(":predicates", Form()), types)
    functions = _functions(source, sections.get(":functions", Form()), types)
    domain = Domain(title, types, constants, predicates, functions)
    reader = _ActionReader(source, domain)
    for each in forms:
        if head(each) == ":action":
            schema = reader.read(each)
            if schema.name in domain.schemas:
                source.fail(each.at, f"action {schema.name} is declared twice")
            domain.schemas[schema.name] = schema
    return domain


def _sort(source: Source, forms: list[Form]) -> dict[str, Form]:
    sections: dict[str, Form] = {}
    for section in forms:
        kind = head(section)
        if kind in _REFUSED_SECTIONS:
            refuse(source, section.at, _REFUSED_SECTIONS[kind], section)
        if kind in sections:
            source.fail(section.at, f"a second section {kind}")
        if kind in _SECTIONS:
            sections[kind] = section
        elif kind != ":action":
            source.fail(section.at, f"{kind} is not supported: no such section is known")
    return sections


def _parse_types(source: Source, section: Form) -> dict[str, Names]:
    parents: dict[str, list[str]] = {OBJECT: []}
    places: dict[str, int] = {}
    for item, types in typed(source, section[1:]):
        own = parents.setdefault(name(source, item, "a type"), [])
        own.extend(each for each in types if each != OBJECT)
        places.setdefault(item, item.at)
    for above in list(parents.values()):
        for each in above:
            parents.setdefault(each, [])
    known = {each: _above(each, parents) for each in parents}
    for each, at in places.items():
        if any(each in known[other] for other in parents[each]) or (
            each == OBJECT and parents[each]
        ):
            around = " or ".join(dict.fromkeys(parents[each]))
            source.fail(at, f"type {each} is above itself: it is declared as {around}")
    return known


def _above(start: str, parents: dict[str, list[str]]) -> Names:
    """`start` and all its supertypes."""
    found = [start]
    for each in found:
        found.extend(other for other in dict.fromkeys(parents[each]) if other not in found)
    return tuple(found) if start == OBJECT else (*found, OBJECT)


def with_supertypes(source: Source, at: int, types: Names, known: dict[str, Names]) -> Names:
    """All types that something of `types` is of."""
    found: dict[str, None] = {}
    for each in types:
        if each not in known:
            source.fail(at, f"type {each} is not declared")
        found.update(dict.fromkeys(known[each]))
    return tuple(found)


def parse_objects(source: Source, section: Form, types: dict[str, Names]) -> dict[str, Names]:
    """Constants or objects with all their types."""
    objects: dict[str, Names] = {}
    for item, own in typed(source, section[1:]):
        text = name(source, item, "an object")
        found = with_supertypes(source, item.at, own, types)
        if objects.setdefault(text, found) != found:
            source.fail(item.at, f"object {text} is declared twice, with different types")
    return objects


def _declare(
    source: Source,
    item: Word | Form,
    types: dict[str, Names],
    known: dict[str, Signature],
    what: str,
) -> None:
    """Add a predicate or a function to the `known` ones; to say the same twice does no harm."""
    declared = form(source, item, "a name with parameters")
    text = name(source, declared[0], "a name")
    arguments: list[frozenset[str]] = []
    for each, own in typed(source, declared[1:]):
        variable(source, each, "a parameter")
        with_supertypes(source, each.at, own, types)
        arguments.append(frozenset(own))
    if text in _RESERVED:
        source.fail(item.at, f"{what} {text} has a name that means something else in PDDL")
    if known.setdefault(text, tuple(arguments)) != tuple(arguments):
        source.fail(item.at, f"{what} {text} is declared twice, with different arguments")


def _predicates(source: Source, section: Form, types: dict[str, Names]) -> dict[str, Signature]:
    predicates: dict[str, Signature] = {}
    for item in section[1:]:
        _declare(source, item, types, predicates, "predicate")
    return predicates


def _functions(source: Source, section: Form, types: dict[str, Names]) -> dict[str, Signature]:
    functions: dict[str, Signature] = {}
    rest = iter(section[1:])
    for item in rest:
        if item == "-":
            following = next(rest, item)
            if following != "number":
                refuse(source, item.at, ":object-fluents", following)
            continue
        _declare(source, item, types, functions, "function")
    return functions


class _ActionReader:
    """Reads actions against what the domain declares."""

    def __init__(self, source: Source, domain: Domain) -> None:
        self.source = source
        self.domain = domain
        self.ranges: dict[Names, Names] = {}

    def read(self, section: Form) -> Schema:
        """The schema in `(:action NAME …)`."""
        if len(section) < 2:
            self.source.fail(section.at, "expected (:action NAME …)")
        text = name(self.source, section[1], "the name of an action")
        parts = self._parts(section)
        parameters = list(self._parameters(parts.get(":parameters", Form())))
        terms = self.domain.constants | {each.name: self._range(each) for each in parameters}
        scope = Scope(self.source, self.domain.predicates, terms)
        condition = [part for _, part in scope.literals(parts.get(":precondition", Form()))]
        effect, costs = self._effect(scope, parts.get(":effect", Form()))
        return Schema(text, parameters, condition, effect, costs)

    def _parts(self, section: Form) -> dict[str, Form]:
        parts: dict[str, Form] = {}
        rest = iter(section[2:])
        for item in rest:
            key = word(self.source, item, "a keyword")
            value = next(rest, item)
            if key not in (":parameters", ":precondition", ":effect"):
                self.source.fail(item.at, f"{key} is not supported in an action")
            if not isinstance(value, Form) or key in parts:
                self.source.fail(item.at, f"expected one form after {key}, found {show(value)}")
            parts[key] = value
        return parts

    def _parameters(self, items: Form) -> Iterator[Parameter]:
        seen: set[str] = set()
        for item, types in typed(self.source, items):
            text = variable(self.source, item, "a parameter")
            with_supertypes(self.source, item.at, types, self.domain.types)
            if text in seen:
                self.source.fail(item.at, f"parameter {text} is declared twice")
            seen.add(text)
            yield Parameter(text, types)

    def _range(self, parameter: Parameter) -> Names:
        """The types that something that is given for a parameter may be of, its own first.

        A parameter may stand where a subtype is wanted: only a fact with an object that is of that
        subtype can meet the condition.
        """
        if parameter.types not in self.ranges:
            own = frozenset(parameter.types)
            below = [each for each in self.domain.types.values() if not own.isdisjoint(each)]
            self.ranges[parameter.types] = (*parameter.types, *{t for each in below for t in each})
        return self.ranges[parameter.types]

    def _effect(self, scope: Scope, item: Form) -> tuple[list[Literal], list[int | Atom]]:
        costs: list[int | Atom] = []
        literals: list[Literal] = []
        parts = [item]
        for part in parts:
            if part and part[0] == "and":
                parts.extend(form(self.source, each, "an effect") for each in part[1:])
            elif part and part[0] == "increase":
                costs.append(self._cost(scope, part))
            else:
                literals.extend(self._change(scope, part))
        return literals, costs

    def _change(self, scope: Scope, part: Form) -> Iterator[Literal]:
        if part and part[0] == "forall":
            refuse(self.source, part.at, ":conditional-effects", part)
        for item, literal in scope.literals(part):
            if literal.predicate == EQUAL:
                self.source.fail(item.at, f"an effect cannot change equality: {show(item)}")
            yield literal

    def _cost(self, scope: Scope, part: Form) -> int | Atom:
        """What `(increase (total-cost) …)` adds."""
        if len(part) != 3 or show(part[1]) != f"({TOTAL_COST})":
            refuse(self.source, part.at, ":numeric-fluents", part)
        amount = part[2]
        if isinstance(amount, Word):
            return whole(self.source, amount)
        amount = form(self.source, amount, "a number or a cost function")
        if head(amount) in ("+", "-", "*", "/"):
            refuse(self.source, amount.at, ":numeric-fluents", amount)
        return scope.atom(amount, self.domain.functions, "function")


def whole(source: Source, item: Word | Form) -> int:
    """A cost: a whole number of at least 0, perhaps written as 3.0."""
    text = word(source, item, "a number")
    digits, _, fraction = text.partition(".")
    if not (digits.isascii() and digits.isdigit()) or fraction.strip("0") or len(digits) > 18:
        source.fail(item.at, f"a cost is a whole number of at least 0, found {text}")
    return int(digits)
