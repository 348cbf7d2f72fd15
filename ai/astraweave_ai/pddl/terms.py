"""The parts that domains and problems share: names, typed lists, atoms and conjunctions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .model import EQUAL, OBJECT, Atom, Literal, Names, Signature
from .reader import Form, Source, Word, show

TYPE_CHECKING = False  # not from typing, whose import takes longer than many a plan
if TYPE_CHECKING:
    from typing import NoReturn

SUPPORTED = frozenset(
    (":strips", ":typing", ":equality", ":negative-preconditions", ":action-costs", ":constants")
)
# What a file may declare as long as it does not use it: many declare more than they need.
REFUSED = {
    ":adl": "see the features that it stands for",
    ":conditional-effects": "write one action for each case",
    ":disjunctive-preconditions": "write one action for each alternative",
    ":existential-preconditions": "add a parameter instead of (exists …)",
    ":universal-preconditions": "list the cases instead of (forall …)",
    ":quantified-preconditions": "list the cases",
    ":derived-predicates": "let actions add the fact",
    ":domain-axioms": "let actions add the fact",
    ":fluents": "use facts, and (total-cost) for costs",
    ":numeric-fluents": "use facts, and (total-cost) for costs",
    ":object-fluents": "use a predicate with one more argument",
    ":durative-actions": "actions take no time here",
    ":duration-inequalities": "actions take no time here",
    ":continuous-effects": "actions take no time here",
    ":time": "actions take no time here",
    ":timed-initial-literals": "facts change by actions alone",
    ":timed-initial-fluents": "facts change by actions alone",
    ":preferences": "goals have to be met",
    ":constraints": "only the goal at the end counts",
    ":goal-utilities": "goals have to be met",
    ":action-expansions": "every action is a step of the plan",
    ":method-preconditions": "every action is a step of the plan",
    ":hierarchy": "every action is a step of the plan",
    ":probabilistic-effects": "every action has one outcome",
    ":non-deterministic": "every action has one outcome",
    ":rewards": "only costs of actions count",
    ":multi-agent": "plans are of one agent",
}
_FEATURES = {
    "or": ":disjunctive-preconditions",
    "imply": ":disjunctive-preconditions",
    "exists": ":existential-preconditions",
    "forall": ":universal-preconditions",
    "when": ":conditional-effects",
    "preference": ":preferences",
    "probabilistic": ":probabilistic-effects",
    "oneof": ":non-deterministic",
    "assign": ":numeric-fluents",
    "decrease": ":numeric-fluents",
    "scale-up": ":numeric-fluents",
    "scale-down": ":numeric-fluents",
    "<": ":numeric-fluents",
    "<=": ":numeric-fluents",
    ">": ":numeric-fluents",
    ">=": ":numeric-fluents",
}


_EQUALITY: dict[str, Signature] = {EQUAL: (frozenset((OBJECT,)),) * 2}


def refuse(source: Source, at: int, feature: str, item: Word | Form) -> NoReturn:
    """Raise the error that says which feature `item` would need."""
    advice = REFUSED[feature]
    source.fail(at, f"{feature} is not supported: found {show(item)}; {advice}")


def check_requirements(source: Source, section: Form) -> None:
    """Raise if a name is no requirement of PDDL at all; what is not used does no harm."""
    for item in section[1:]:
        name = word(source, item, "a requirement")
        if name not in SUPPORTED and name not in REFUSED:
            source.fail(item.at, f"{name} is not supported: no requirement of that name is known")


def form(source: Source, item: Word | Form, what: str) -> Form:
    """`item` if it is a non-empty form that starts with a word, as every form of PDDL does."""
    if isinstance(item, Word):
        source.fail(item.at, f"expected {what} in parentheses, found {show(item)}")
    if not item or isinstance(item[0], Form):
        source.fail(item.at, f"expected {what}, found {show(item)}")
    return item


def head(item: Form) -> str:
    """The first word of a form that `form` has checked."""
    return str(item[0])


def word(source: Source, item: Word | Form, what: str) -> str:
    """`item` as a plain string if it is a word."""
    if isinstance(item, Form):
        source.fail(item.at, f"expected {what}, found {show(item)}")
    return str(item)


def name(source: Source, item: Word | Form, what: str) -> str:
    """A word that is neither a variable nor a keyword."""
    text = word(source, item, what)
    if text[0] in "?:" or text == "-":
        source.fail(item.at, f"expected {what}, found {text}")
    return text


def variable(source: Source, item: Word | Form, what: str) -> str:
    """A word such as ?x."""
    text = word(source, item, what)
    if text[0] != "?" or len(text) == 1:
        source.fail(item.at, f"expected {what} such as ?x, found {text}")
    return text


def typed(source: Source, items: Iterable[Word | Form]) -> Iterator[tuple[Word, Names]]:
    """The words of a list such as `a b - t c`, each with the types that follow it."""
    waiting: list[Word] = []
    rest = iter(items)
    for item in rest:
        if isinstance(item, Form):
            source.fail(item.at, f"expected a name, found {show(item)}")
        if item != "-":
            waiting.append(item)
            continue
        following = next(rest, None)
        if following is None or not waiting:
            source.fail(item.at, "'-' stands between names and their type")
        types = _types(source, following)
        yield from ((each, types) for each in waiting)
        waiting = []
    yield from ((each, (OBJECT,)) for each in waiting)


def _types(source: Source, item: Word | Form) -> Names:
    if isinstance(item, Word):
        return (name(source, item, "a type"),)
    either = form(source, item, "a type or (either …)")
    if head(either) != "either" or len(either) == 1:
        source.fail(item.at, f"expected a type or (either …), found {show(item)}")
    return tuple(name(source, each, "a type") for each in either[1:])


class Scope:
    """The predicates and the terms that an atom may use; checks atoms against them."""

    def __init__(
        self, source: Source, predicates: Mapping[str, Signature], terms: Mapping[str, Names]
    ) -> None:
        self.source = source
        self.predicates = predicates
        self.terms = terms  # each object and variable with all types that it is or may be of

    def term(self, item: Word | Form) -> str:
        """A declared object or variable."""
        text = word(self.source, item, "an object or a variable")
        if text not in self.terms:
            kind = "variable" if text[0] == "?" else "object"
            self.source.fail(item.at, f"{kind} {text} is not declared")
        return text

    def atom(self, item: Form, known: Mapping[str, Signature], what: str) -> Atom:
        """A form as an atom of one of the `known` predicates or functions."""
        first = head(item)
        if first not in known:
            self.source.fail(item.at, f"{what} {first} is not declared")
        signature = known[first]
        if len(item) - 1 != len(signature):
            self.source.fail(
                item.at, f"{what} {first} takes {len(signature)} arguments, found {show(item)}"
            )
        terms = tuple(map(self.term, item[1:]))
        for place, wanted in enumerate(signature):
            if wanted.isdisjoint(self.terms[terms[place]]):
                self._misfit(item, place, wanted, what)
        return first, terms

    def _misfit(self, item: Form, place: int, wanted: Iterable[str], what: str) -> NoReturn:
        text = str(item[place + 1])
        self.source.fail(
            item.at,
            f"{what} {head(item)} takes {' or '.join(sorted(wanted))} as argument {place + 1}, "
            f"{text} is of type {self.terms[text][0]}: found {show(item)}",
        )

    def literals(self, item: Word | Form) -> Iterator[tuple[Form, Literal]]:
        """The parts of a conjunction of atoms, equalities and their negations, with their forms."""
        stack: list[tuple[Word | Form, bool]] = [(item, True)]
        while stack:
            part, positive = stack.pop()
            if isinstance(part, Form) and not part and positive:
                continue  # () is the empty conjunction
            part = form(self.source, part, "a condition")
            first = head(part)
            if first == "and" and not positive and len(part) != 2:
                refuse(self.source, part.at, ":disjunctive-preconditions", part)
            if first == "and":
                stack.extend((each, positive) for each in reversed(part[1:]))
            elif first == "not" and len(part) == 2:
                stack.append((part[1], not positive))
            else:
                yield part, Literal(positive, self._atom(part))

    def _atom(self, part: Form) -> Atom:
        first = head(part)
        if first in self.predicates:
            return self.atom(part, self.predicates, "predicate")
        if first == EQUAL and len(part) == 3:
            if any(isinstance(each, Form) for each in part[1:]):
                refuse(self.source, part.at, ":numeric-fluents", part)
            return self.atom(part, _EQUALITY, "predicate")
        if first in _FEATURES:
            refuse(self.source, part.at, _FEATURES[first], part)
        return self.atom(part, self.predicates, "predicate")
