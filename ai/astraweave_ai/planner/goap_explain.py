"""Why a goal is impossible: which fact cannot be reached, and what stands in the way.

Facts are looked at one by one: a fact keeps every value that it ever had, so that what cannot be
reached even so cannot be reached at all (the delete relaxation of Bonet and Geffner, Planning as
Heuristic Search, 2001).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .domain_rules import Rule
from .domain_terms import Fact, Int, Mask


@dataclass
class Reach:
    """The values that each fact can have after any number of actions, at most.

    Args:
        facts: types by name.
        rules: of the domain.
        start: the code of each fact that matters.
    """

    facts: Mapping[str, Fact]
    rules: Sequence[Rule]
    start: Mapping[str, int]
    reached: dict[str, Mask] = field(init=False)

    def __post_init__(self) -> None:
        self.reached = {
            name: np.arange(self.facts[name].size) == code for name, code in self.start.items()
        }
        while self._grow():
            pass

    def _grow(self) -> bool:
        """Apply every action once; whether anything new came of it."""
        return sum(self._apply(rule) for rule in self.rules) > 0

    def _apply(self, rule: Rule) -> bool:
        """Add what an action makes of the values so far; whether that is anything new."""
        if self.unmet(rule.needs):
            return False
        grown = False
        for name in rule.does.keys() & self.reached.keys():
            now = self.reached[name]
            made = rule.does[name][now & rule.needs[name] if name in rule.needs else now]
            grown = grown or not now[made].all()
            now[made] = True
        return grown

    def unmet(self, wanted: Mapping[str, Mask]) -> list[str]:
        """The facts that can never be as wanted."""
        return [name for name, mask in wanted.items() if not (mask & self.reached[name]).any()]

    def lines(self, wanted: Mapping[str, Mask]) -> list[str]:
        """One line for each fact that can never be as wanted, followed by those to blame for it."""
        told: list[str] = []
        queue = [(name, wanted[name]) for name in self.unmet(wanted)]
        known = {name for name, _ in queue}
        while queue:
            name, mask = queue.pop(0)
            makers = [rule for rule in self.rules if can_make(rule, name, mask)]
            told.append(f"{self._never(name, mask)}: {self._why(makers)}")
            for rule in makers:
                for lacking in self.unmet(rule.needs):
                    if lacking not in known:
                        known.add(lacking)
                        queue.append((lacking, rule.needs[lacking]))
        return told

    def _never(self, name: str, mask: Mask) -> str:
        fact = self.facts[name]
        start = fact.value(self.start[name])
        return f"{name} can never be {describe(fact, mask)} (it is {start!r})"

    def _why(self, makers: Sequence[Rule]) -> str:
        if not makers:
            return "no action makes it so"
        return "; ".join(self._hindrance(rule) for rule in makers)

    def _hindrance(self, rule: Rule) -> str:
        lacking = self.unmet(rule.needs)
        if not lacking:
            return f"{rule.name} never gets that far"
        return f"{rule.name} needs {self._needs(rule, lacking)}"

    def makers(self, name: str, mask: Mask) -> str:
        """The actions that could make a fact as wanted, with all that they need."""
        makers = [rule for rule in self.rules if can_make(rule, name, mask)]
        return "; ".join(f"{rule.name} needs {self._needs(rule, rule.needs)}" for rule in makers)

    def _needs(self, rule: Rule, names: Iterable[str]) -> str:
        told = [f"{name} {describe(self.facts[name], rule.needs[name])}" for name in names]
        return " and ".join(told) or "nothing"


def can_make(rule: Rule, name: str, mask: Mask) -> bool:
    """Whether an action makes a wanted value of some other one."""
    after = rule.does.get(name)
    return after is not None and bool((mask[after] & ~mask).any())


def describe(fact: Fact, mask: Mask) -> str:
    """The values that a condition allows, as people read it."""
    codes = np.flatnonzero(mask)
    first, last = int(codes[0]), int(codes[-1])
    if isinstance(fact, Int) and len(codes) == last - first + 1 > 1:
        if last == fact.size - 1:
            return f"at least {fact.value(first)}"
        return (
            f"at most {fact.value(last)}"
            if first == 0
            else f"{fact.value(first)} to {fact.value(last)}"
        )
    if 1 < len(codes) == fact.size - 1:
        return f"other than {fact.value(int(np.flatnonzero(~mask)[0]))!r}"
    return " or ".join(repr(fact.value(int(code))) for code in codes)
