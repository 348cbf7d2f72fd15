"""Ports: what a node reads from and writes to its blackboard, by name and type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .evaluate import Evaluate, read_entry
from .scope import Entry, Scope, pointer
from .values import UNFIT, Enums, assigned, at, convert

if TYPE_CHECKING:
    from .run import TreeRun

Write = Callable[["TreeRun", Any], None]


@dataclass(frozen=True)
class Input:
    """A port that is read.

    `kind` is int, float, bool, str, Status, a class of the host's, or object for any value. Without
    a `default` the port has to be given; a default may name an entry, as `{entry}` or `{=}` (the
    one with the port's name).
    """

    kind: type = object
    default: object = None


@dataclass(frozen=True)
class Output:
    """A port that is written; what is written to one that was not given is dropped.

    A `default` names an entry, as `{entry}` or `{=}`.
    """

    default: str | None = None


Port = Input | Output


def reader(
    port: str, kind: type, value: object, scope: Scope, enums: Enums, where: str
) -> Evaluate:
    """A function that reads a port which is bound to `value`: a literal, or an entry in braces.

    A literal that is not of this kind is a TreeError now, an entry's value when it is read.
    """
    name = pointer(value, port) if isinstance(value, str) else None
    if name is None:
        try:
            literal = convert(value, kind, enums)
        except UNFIT as error:
            raise at(f"{where}: port {port!r}", error) from None
        return lambda run: literal
    missing = f"{where}: port {port!r} reads the blackboard entry {name!r}, which does not exist"
    read = read_entry(scope.resolve(name, where), missing)
    return read if kind is object else _converted(read, kind, enums, f"{where}: port {port!r}")


def _converted(read: Evaluate, kind: type, enums: Enums, place: str) -> Evaluate:
    def converted(run: TreeRun) -> Any:
        value = read(run)
        if value.__class__ is kind:
            return value
        try:
            return convert(value, kind, enums)
        except UNFIT as error:
            raise at(place, error) from None

    return converted


def writer(entry: Entry, enums: Enums, place: str) -> Write:
    """A function that writes an entry, which once a number or a text stays one."""
    key, top = entry.key, entry.top

    def write(run: TreeRun, value: Any) -> None:
        values = run.top if top else run.blackboard
        if key in values:
            try:
                value = assigned(values[key], value, enums)
            except UNFIT as error:
                raise at(place, error) from None
        values[key] = value

    return write
