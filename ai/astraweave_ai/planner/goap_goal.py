"""A goal in a domain, prepared for planning: what matters to it, and how far it is at least.

The search is led by the exact prices in small spaces: that of the facts nearest to the goal, that
of the next ones, and so on (pattern databases: Edelkamp, Planning with Pattern Databases, 2001).
An action is paid for in the first space that it changes alone, so that the prices may be added up
(Felner, Korf and Hanan, Additive Pattern Database Heuristics, 2004).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np

from .domain_rules import Rule
from .domain_state import StateNumbers
from .domain_terms import Fact, Mask
from .goap_space import UNREACHED, FactSpace, cost_to_go

PATTERN = 2048  # states of a small space at most
_PRICE_BITS = 62 - 12  # of a step in the small space, whose plans are shorter than 2^12

Change = tuple[int, list[int]]  # place of a fact, what is added to a state's number by its code
Operator = tuple[int, int, tuple[Change, ...]]  # rule index, step, changes
Prices = list[int | None]
Table = tuple[int, int, Prices]  # weight and number of its states, their prices


class Goal:
    """Conditions to be met, and states as far as they matter to these; made by `Domain.goal`.

    A state is the number that `space` gives to the relevant facts.

    Args:
        facts: types by name, all of the domain.
        rules: all of the domain.
        scale: of the costs in the rules' steps.
        wanted: codes that meet the goal, by fact.
        origin: identifies the domain.
    """

    def __init__(
        self,
        facts: Mapping[str, Fact],
        rules: Sequence[Rule],
        scale: int,
        wanted: Mapping[str, Mask],
        origin: bytes,
    ) -> None:
        self.facts, self.scale, self.wanted = facts, scale, dict(wanted)
        names = relevant_facts(facts, rules, self.wanted)
        parts, others = _parts(names, facts)
        self.relevant = tuple(name for part in (*parts, others) for name in part)
        self.space = FactSpace(self.relevant, tuple(facts[name].size for name in self.relevant))
        self.every_rule, self.origin = rules, origin
        self.rules = tuple(rule for rule in rules if rule.does.keys() & set(names))
        key = [(name, self.wanted[name].tobytes()) for name in sorted(self.wanted)]
        self.fingerprint = hashlib.blake2b(repr((origin, key)).encode(), digest_size=16).digest()
        self._tables = self._solved(parts)
        self._allowed = [self._rules_by_code(name) for name in self.relevant]
        self._operators = [self._operator(rule) for rule in self.rules]
        self._enabled = lru_cache(maxsize=1024)(self._those)
        digits = list(zip(self.relevant, self.space.sizes, self.space.weights, strict=True))
        self._wanted = [(w, n, self.wanted[f].tolist()) for f, n, w in digits if f in self.wanted]
        self.number = StateNumbers(facts, {name: weight for name, _, weight in digits}).of

    # -- preparation -----------------------------------------------------------------------------

    def _solved(self, parts: Sequence[tuple[str, ...]]) -> list[Table]:
        """Prices in the parts that hold a wanted fact; no plan is below their sum.

        In the other parts they would all be 0.
        """
        tables: list[Table] = []
        weight = 1
        free: set[int] = set()
        for names in parts:
            space = FactSpace(names, tuple(self.facts[name].size for name in names))
            if self.wanted.keys() & set(names):
                tables.append((weight, space.count, self._prices(space, free)))
                free |= {rule.index for rule in self.rules if rule.does.keys() & set(names)}
            weight *= space.count
        return tables

    def _prices(self, space: FactSpace, free: set[int]) -> Prices:
        """Prices in one part, rounded down where they would not fit; `free` rules cost nothing."""
        moves = [space.moves(rule) for rule in self.rules if rule.does.keys() & set(space.names)]
        moves = [move._replace(step=0) if move.rule in free else move for move in moves]
        largest = max((move.step for move in moves), default=0)
        shift = max(0, largest.bit_length() - _PRICE_BITS)
        rounded = [move._replace(step=move.step >> shift) for move in moves]
        prices = cost_to_go(space.count, rounded, space.states(self.wanted)).tolist()
        return [None if price == UNREACHED else price << shift for price in prices]

    def _rules_by_code(self, name: str) -> list[int]:
        """For each code of a fact, the set of rules that may be applied, a bit for each."""
        table = [(1 << len(self.rules)) - 1] * self.facts[name].size
        for place, rule in enumerate(self.rules):
            if name in rule.needs:
                for code in np.flatnonzero(~rule.needs[name]):
                    table[code] &= ~(1 << place)
        return table

    def _operator(self, rule: Rule) -> Operator:
        changes = []
        for place, (name, weight) in enumerate(zip(self.relevant, self.space.weights, strict=True)):
            if name in rule.does:
                after = rule.does[name].tolist()
                changes.append((place, [(new - old) * weight for old, new in enumerate(after)]))
        return rule.index, rule.step, tuple(changes)

    def _those(self, enabled: int) -> list[Operator]:
        return [op for place, op in enumerate(self._operators) if enabled >> place & 1]

    # -- states ----------------------------------------------------------------------------------

    def codes(self, state: int) -> dict[str, int]:
        """The code of each relevant fact in the state of this number."""
        digits = zip(self.relevant, self.space.sizes, self.space.weights, strict=True)
        return {name: state // weight % size for name, size, weight in digits}

    def is_met(self, state: int) -> bool:
        """Whether nothing has to be done."""
        return all(allowed[state // weight % size] for weight, size, allowed in self._wanted)

    def estimate(self, state: int) -> int | None:
        """At most the price of the cheapest plan; None if there is none."""
        total = 0
        for weight, count, prices in self._tables:
            price = prices[state // weight % count]
            if price is None:
                return None
            total += price
        return total

    def successors(self, state: int) -> Iterator[tuple[int, int, int]]:
        """(rule index, price, state) of every action that can be done and changes something."""
        enabled = -1
        rest = state
        codes = []
        for size, allowed in zip(self.space.sizes, self._allowed, strict=True):
            rest, code = divmod(rest, size)
            codes.append(code)
            enabled &= allowed[code]
        for index, step, changes in self._enabled(enabled):
            after = state
            for place, change in changes:
                after += change[codes[place]]
            if after != state:
                yield index, step, after


def relevant_facts(
    facts: Mapping[str, Fact], rules: Sequence[Rule], wanted: Mapping[str, Mask]
) -> tuple[str, ...]:
    """The facts that can matter to a goal, nearest first.

    These are the facts it names and those needed by any action that changes one of these.
    """
    known = [name for name in facts if name in wanted]
    fresh = set(known)
    while fresh:
        needed = {name for rule in rules if rule.does.keys() & fresh for name in rule.needs}
        fresh = needed.difference(known)
        known += [name for name in facts if name in fresh]
    return tuple(known)


def _parts(
    names: Sequence[str], facts: Mapping[str, Fact]
) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The facts in parts of at most PATTERN states each, and those that are too large for one."""
    parts = []
    while near := _that_fit(names, facts):
        parts.append(near)
        names = [name for name in names if name not in near]
    return parts, tuple(names)


def _that_fit(names: Sequence[str], facts: Mapping[str, Fact]) -> tuple[str, ...]:
    """As many of the first facts as have at most PATTERN states together."""
    near: list[str] = []
    count = 1
    for name in names:
        if count * facts[name].size <= PATTERN:
            near.append(name)
            count *= facts[name].size
    return tuple(near)
