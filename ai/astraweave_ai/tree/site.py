"""The place in a tree where a node is being made: its ports and scripts, resolved there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import TreeError
from .evaluate import Evaluate, compile_condition, compile_script
from .node import Label, Node
from .ports import Input, Port, Write, reader, writer
from .scope import Scope, pointer
from .values import Enums

if TYPE_CHECKING:
    from .run import TreeRun

MILLISECONDS = 1000  # in a second


@dataclass(frozen=True)
class Site:
    """What the maker of a node has at hand; `given` are the ports as they stand in the XML."""

    index: int
    cell: int
    label: Label
    children: tuple[Node, ...]
    ports: Mapping[str, Port]
    given: Mapping[str, str]
    scope: Scope
    enums: Enums
    rate: int  # ticks per second

    @property
    def place(self) -> tuple[int, int, Label]:
        """The first arguments of every node."""
        return self.index, self.cell, self.label

    def bound(self, port: str) -> Any:
        """What a port is bound to: its text in the XML or its default, which may be of any type."""
        if port in self.given:
            return self.given[port]
        default = self.ports[port].default
        if default is None:
            raise TreeError(f"{self.label.where}: the port {port!r} is missing and has no default")
        return default

    def name(self, port: str) -> str | None:
        """The entry that a port names, or None if it is a literal."""
        bound = self.bound(port)
        return pointer(bound, port) if isinstance(bound, str) else None

    def read(self, port: str) -> Evaluate:
        """A function that reads an input port."""
        declared = self.ports[port]
        kind = declared.kind if isinstance(declared, Input) else object
        return reader(port, kind, self.bound(port), self.scope, self.enums, self.label.where)

    def write(self, port: str) -> Write | None:
        """A function that writes an output port; None if it leads nowhere."""
        if port not in self.given and self.ports[port].default is None:
            return None
        name = self.name(port)
        if name is None:
            raise TreeError(
                f"{self.label.where}: the output port {port!r} is bound to {self.bound(port)!r}; "
                "expected the name of an entry in braces, as in '{found}'"
            )
        return self.writer(name, port)

    def writer(self, name: str, port: str) -> Write:
        """A function that writes the entry which is called `name` here."""
        place = f"{self.label.where}: port {port!r}"
        return writer(self.scope.resolve(name, place), self.enums, place)

    def at_least(self, port: str, least: int) -> Evaluate:
        """A function that reads a whole number, which is checked now where it is a literal."""
        read, where = self.read(port), self.label.where

        def checked(run: TreeRun) -> int:
            number: int = read(run)
            if number < least:
                raise TreeError(f"{where}: port {port!r} is {number}; expected at least {least}")
            return number

        if self.name(port) is not None:
            return checked
        number = checked(None)  # type: ignore[arg-type]  # a literal needs no run
        return lambda run: number

    def ticks(self, port: str) -> Evaluate:
        """A function that reads milliseconds as ticks, rounded up: no time is cut to nothing."""
        read, rate = self.at_least(port, 0), self.rate
        if self.name(port) is not None:
            return lambda run: -(-read(run) * rate // MILLISECONDS)
        ticks = -(-read(None) * rate // MILLISECONDS)  # type: ignore[arg-type]
        return lambda run: ticks

    def script(self, port: str) -> Evaluate:
        """The script in a port, as a function."""
        return compile_script(*self._script(port))

    def condition(self, port: str) -> Evaluate:
        """The same, of which the value is asked for as true or false."""
        return compile_condition(*self._script(port))

    def _script(self, port: str) -> tuple[str, Scope, Enums, str]:
        if self.name(port) is not None:
            raise TreeError(
                f"{self.label.where}: the script in {port!r} is {self.bound(port)!r}; a script "
                "cannot be taken from a blackboard entry, write it here"
            )
        return self.bound(port), self.scope, self.enums, f"{self.label.where}: {port}"
