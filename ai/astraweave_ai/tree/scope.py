"""Blackboards, and the scopes by which the names in a sub-tree find their entries.

Names are resolved once, when a tree is built: an entry of a sub-tree is stored under the path of
the sub-tree, and a remapped name under that of its parent. So a tick looks up one dictionary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import TreeError

_FORBIDDEN = frozenset("/{}\n\r\t")


class Blackboard(dict[str, Any]):
    """Named values of one agent.

    With a `parent`, names that begin with @ mean the entries of the topmost blackboard instead of
    the agent's own: what a squad knows, for instance.
    """

    __slots__ = ("parent",)

    def __init__(
        self, values: Mapping[str, Any] | None = None, parent: Blackboard | None = None
    ) -> None:
        super().__init__(values or {})
        self.parent = parent

    @property
    def top(self) -> Blackboard:
        """The topmost blackboard; itself, without a parent."""
        board = self
        while board.parent is not None:
            board = board.parent
        return board

    def __repr__(self) -> str:
        return f"Blackboard({super().__repr__()})"


@dataclass(frozen=True)
class Entry:
    """Where a name leads: to the topmost blackboard or to the agent's own, under this key."""

    key: str
    top: bool = False


@dataclass
class Scope:
    """The names of one tree or sub-tree.

    `constants` are entries that the parent sets to a text, `remapped` those that mean an entry of
    the parent; with `auto` so do all others that do not begin with an underscore.
    """

    prefix: str = ""  # of keys: the path of the sub-tree, empty for the main tree
    parent: Scope | None = None
    remapped: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    auto: bool = False

    def resolve(self, name: str, where: str) -> Entry:
        """The entry that a name means here; a TreeError at `where` if it cannot be a name."""
        if name.startswith("@"):
            return Entry(_checked(name[1:], name, where), top=True)
        _checked(name, name, where)
        if name not in self.constants and self.parent is not None:
            if name in self.remapped:
                return self.parent.resolve(self.remapped[name], where)
            if self.auto and not name.startswith("_"):
                return self.parent.resolve(name, where)
        return Entry(self.prefix + name)


def _checked(key: str, name: str, where: str) -> str:
    if not key or key.startswith("@") or key != key.strip() or _FORBIDDEN & set(key):
        raise TreeError(
            f"{where}: {name!r} cannot be the name of a blackboard entry: expected a name without "
            "surrounding blanks, slashes, braces and line ends, after at most one @"
        )
    return key


def pointer(value: str, port: str) -> str | None:
    """The name in `{name}`, the port's own name for `{=}`, or None for a literal."""
    body = value.strip(" ")
    if len(body) < 3 or body[0] != "{" or body[-1] != "}":
        return None
    return port if body == "{=}" else body[1:-1]
