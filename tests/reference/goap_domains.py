"""Small planning domains for tests: one by hand, and random ones with states and goals."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from astraweave_ai.planner.domain import Action, Add, At, Bool, Domain, Int, Not, Set, Symbol

SOLDIER = {"ammo": 0, "stance": "stand", "enemy_down": False}


def soldier(**changes: Any) -> Domain:
    """Three facts and three actions; `changes` are costs by action."""
    costs = {"crouch": 1, "reload": 2, "shoot": 1} | changes
    return Domain(
        facts={"ammo": Int(0, 30), "stance": Symbol("stand", "crouch"), "enemy_down": Bool()},
        actions=[
            Action(
                "shoot",
                costs["shoot"],
                {"ammo": At.least(1)},
                {"ammo": Add(-1), "enemy_down": True},
            ),
            Action("crouch", costs["crouch"], does={"stance": "crouch"}),
            Action("reload", costs["reload"], {"ammo": At.most(0)}, {"ammo": Set(30)}),
        ],
    )


COSTS = (0, 0.1, 0.5, 1, 1.5, 2, 3.25, 10, 1 / 3)  # sums of the last do not fit a table
_NAMES = "abcdef"


@st.composite
def facts(draw: st.DrawFn) -> Any:
    """A fact of 1 to 5 values."""
    kind = draw(st.sampled_from(("bool", "int", "symbol")))
    if kind == "bool":
        return Bool()
    size = draw(st.integers(1, 5))
    if kind == "symbol":
        return Symbol(*_NAMES[:size])
    low = draw(st.integers(-3, 3))
    return Int(low, low + size - 1)


def values(fact: Any) -> st.SearchStrategy[Any]:
    """A value of this fact."""
    return st.integers(0, fact.size - 1).map(fact.value)


def conditions(fact: Any) -> st.SearchStrategy[Any]:
    """A condition that some value meets."""
    found = values(fact)
    if fact.size > 1:
        found |= values(fact).map(Not)
    if isinstance(fact, Int):
        found |= st.builds(At.least, values(fact)) | st.builds(At.most, values(fact))
        found |= st.tuples(values(fact), values(fact)).map(lambda two: At.between(*sorted(two)))
    return found


def effects(fact: Any) -> st.SearchStrategy[Any]:
    """An effect that this fact can have."""
    found = values(fact) | values(fact).map(Set)
    return found | st.integers(-6, 6).map(Add) if isinstance(fact, Int) else found


def some(known: dict[str, Any], kind: Any, most: int) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping from a few facts to what `kind` makes of each."""
    names = st.lists(st.sampled_from(sorted(known)), max_size=most, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({n: kind(known[n]) for n in chosen}))


@st.composite
def domains(draw: st.DrawFn, costs: Sequence[float] = COSTS) -> Domain:
    """A domain of 1 to 5 facts and some actions, in no order."""
    known = {name: draw(facts()) for name in _NAMES[: draw(st.integers(1, 5))]}
    names = draw(st.lists(st.sampled_from("zyxwvutsrq"), max_size=7, unique=True))
    return Domain(
        known,
        [
            Action(
                name,
                draw(st.sampled_from(costs)),
                draw(some(known, conditions, 2)),
                draw(some(known, effects, 3)),
            )
            for name in names
        ],
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[Domain, dict[str, Any], dict[str, Any]]:
    """A domain, a state and a goal."""
    domain = draw(domains())
    state = {name: draw(values(fact)) for name, fact in domain.facts.items()}
    return domain, state, draw(some(domain.facts, conditions, 3))
