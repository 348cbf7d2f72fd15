"""Joins: all rows of objects that satisfy the conditions of an action, set at a time.

A condition is looked up in an index of the facts that are known so far, as in a database, so the
work follows what can be reached and not the product of all objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter

Row = tuple[str, ...]
Getter = Callable[[Row], Row]
Pairs = Sequence[tuple[int, int]]

# What a join knows of a predicate's rows: places whose values it looks up, places whose values it
# adds, places that hold the same variable, and places with the objects that their type allows.
Shape = tuple[
    tuple[int, ...],
    tuple[int, ...],
    tuple[tuple[int, int], ...],
    tuple[tuple[int, frozenset[str]], ...],
]

_CHUNK = 4096  # rows that are extended at once; bounds memory where a join explodes


def getter(places: Sequence[int]) -> Getter:
    """Takes the values at `places` of a row, always as a tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    if places:
        place = places[0]
        return lambda row: (row[place],)
    return lambda row: ()


class Index:
    """Rows of one predicate: the new values under the values that a join already has."""

    def __init__(self, shape: Shape) -> None:
        known, new, self.equal, self.allowed = shape
        self.known = getter(known)
        self.new = getter(new)
        self.rows: dict[Row, list[Row]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        """File those of `rows` that fit."""
        for row in rows:
            if self._fits(row):
                self.rows.setdefault(self.known(row), []).append(self.new(row))

    def _fits(self, row: Row) -> bool:
        for place, objects in self.allowed:
            if row[place] not in objects:
                return False
        return not self.equal or all(row[a] == row[b] for a, b in self.equal)


class Step:
    """One look-up: each row is extended by all values that an index has for it."""

    def __init__(self, index: Index, key: Sequence[int], unequal: Pairs, equal: Pairs) -> None:
        self.index = index
        self.key = getter(key)
        self.unequal = unequal  # places of the extended row that must differ
        self.equal = equal  # places that must agree

    def extend(self, rows: list[Row]) -> list[Row]:
        """All extensions of `rows`."""
        found_for, key = self.index.rows.get, self.key
        found = [row + more for row in rows for more in found_for(key(row), ())]
        for a, b in self.unequal:
            found = [row for row in found if row[a] != row[b]]
        for a, b in self.equal:
            found = [row for row in found if row[a] == row[b]]
        return found


class Join:
    """Steps one after the other, and then the parameters in the order of the action."""

    def __init__(self, first: Row, steps: Sequence[Step], order: Sequence[int]) -> None:
        self.first = first  # objects that the action names, which steps may look up
        self.steps = steps
        self.arrange = getter(order)

    def rows(self, check: Callable[[], None]) -> Iterator[Row]:
        """The constants and then the parameters of every instance of the action."""
        arrange = self.arrange
        todo = [(0, [self.first])]
        while todo:
            number, rows = todo.pop()
            if number == len(self.steps):
                yield from map(arrange, rows)
                continue
            found = self.steps[number].extend(rows)
            if len(found) > _CHUNK:
                check()
            for start in range(0, len(found), _CHUNK):
                todo.append((number + 1, found[start : start + _CHUNK]))
