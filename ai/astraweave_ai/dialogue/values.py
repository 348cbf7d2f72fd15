"""Variables of a dialogue: typed values, conditions that ask them and effects that change them.

The first value of a variable gives its type for good. Whole numbers stay within ±1,000,000,000.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

Value = bool | int | str | list[str]
MOST = 1_000_000_000
_TYPES = {bool: "true or false", int: "a whole number", str: "a text", list: "a list of texts"}


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question about one variable: exactly one of the five is given.

    `has` asks whether a list holds a text; `lt` and `ge` compare whole numbers.
    """

    var: str
    eq: Value | UnsetType = UNSET
    ne: Value | UnsetType = UNSET
    lt: int | UnsetType = UNSET
    ge: int | UnsetType = UNSET
    has: str | UnsetType = UNSET

    def holds(self, variables: Mapping[str, Any]) -> bool:
        """Whether it is so; the condition must have been found right for these variables."""
        value = variables[self.var]
        if self.eq is not UNSET:
            return bool(value == self.eq)
        if self.ne is not UNSET:
            return bool(value != self.ne)
        if self.lt is not UNSET:
            return bool(value < self.lt)
        if self.ge is not UNSET:
            return bool(value >= self.ge)
        return self.has in value


class Effect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One change of one variable: exactly one of the four is given.

    `add` counts up or down and stops at the bounds; `insert` and `remove` change a list.
    """

    var: str
    set: Value | UnsetType = UNSET
    add: int | UnsetType = UNSET
    insert: str | UnsetType = UNSET
    remove: str | UnsetType = UNSET

    def apply(self, variables: dict[str, Any]) -> None:
        """Change it; the effect must have been found right for these variables."""
        value = variables[self.var]
        if self.set is not UNSET:
            variables[self.var] = list(self.set) if isinstance(self.set, list) else self.set
        elif self.add is not UNSET:
            variables[self.var] = max(-MOST, min(MOST, value + self.add))
        elif self.insert is not UNSET:
            variables[self.var] = value if self.insert in value else [*value, self.insert]
        else:
            variables[self.var] = [text for text in value if text != self.remove]


_WANTED: dict[str, type] = {"lt": int, "ge": int, "add": int}  # the others follow the variable
_OF_LISTS = ("has", "insert", "remove")


def complaint(one: Condition | Effect, variables: Mapping[str, Any]) -> str:
    """What is wrong with a condition or an effect; empty if nothing is."""
    fields = [name for name in one.__struct_fields__ if name != "var"]
    given = [name for name in fields if getattr(one, name) is not UNSET]
    if len(given) != 1:
        told = " and ".join(given) or "none"
        return f"expected exactly one of {', '.join(fields)}, got {told}"
    if one.var not in variables:
        known = ", ".join(variables) or "none"
        return f"no variable {one.var!r}; there is {known}"
    (name,) = given
    return _mismatch(one.var, variables[one.var], name, getattr(one, name))


def _mismatch(var: str, first: Value, name: str, value: Value) -> str:
    """Whether an operation and its value fit the type of a variable; why not."""
    kind = type(first)
    wanted = list if name in _OF_LISTS else _WANTED.get(name, kind)
    if kind is not wanted:
        return f"{name} needs {_TYPES[wanted]}, {var} is {_TYPES[kind]}"
    if name not in _OF_LISTS and type(value) is not kind:
        return f"{name}: {var} is {_TYPES[kind]}, got {value!r}"
    return out_of_bounds(value)


def out_of_bounds(value: Value) -> str:
    """Whether a whole number is too large; empty for all else."""
    wrong = type(value) is int and not -MOST <= value <= MOST
    return f"numbers must be within ±{MOST:,}, got {value}" if wrong else ""


def wrong_values(variables: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    """What keeps `given` from being values of the same variables."""
    for name in variables.keys() ^ given.keys():
        yield f"variable {name}: {'missing' if name in variables else 'unknown'}"
    for name in variables.keys() & given.keys():
        if type(given[name]) is not type(variables[name]):
            yield f"variable {name}: expected {_TYPES[type(variables[name])]}, got {given[name]!r}"
        elif told := out_of_bounds(given[name]):
            yield f"variable {name}: {told}"
