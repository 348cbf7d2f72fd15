"""A tree: what all agents that use it share; it does not change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import TreeError
from . import show, state
from .build import Built, Language
from .document import Document
from .run import TreeRun
from .scope import Blackboard


class Tree:
    """The nodes of one tree of a document, with its sub-trees in place; made by a TreeFactory.

    Two trees are equal if their documents and the IDs of their main trees are.
    """

    def __init__(self, document: Document, main: str, language: Language, built: Built) -> None:
        self.document = document
        self.main = main  # ID
        self.rate = language.rate  # ticks per second
        self.nodes = built.nodes  # by index
        self.root = built.nodes[0]
        self.cells = built.cells  # numbers that a run remembers for its nodes
        self._constants = built.constants

    def start(
        self, blackboard: Blackboard | Mapping[str, Any] | None = None, owner: object = None
    ) -> TreeRun:
        """A run of its own for one agent, `owner`, with its blackboard: by default an empty one.

        A Blackboard is used as it is, other mappings are copied. Runs do not share a blackboard;
        what several agents know belongs into its `parent`.
        """
        if not isinstance(blackboard, Blackboard):
            blackboard = Blackboard(blackboard)
        blackboard.update(self._constants)
        return TreeRun(self, blackboard, owner)

    def restore(
        self, data: object, parent: Blackboard | None = None, owner: object = None
    ) -> TreeRun:
        """The run that `TreeRun.save` saved; a TreeError if it is damaged or of another tree."""
        run = TreeRun(self, Blackboard(parent=parent), owner)
        state.restore(run, data)
        return run

    def xml(self) -> str:
        """The document in its canonical form."""
        return self.document.xml()

    def save(self, path: str | Path) -> None:
        """Write the document to a file; a TreeError if that cannot be done."""
        try:
            Path(path).write_bytes(self.xml().encode())
        except OSError as error:
            raise TreeError(f"{path} cannot be written: {error.strerror}") from None

    def ascii(self, run: TreeRun | None = None) -> str:
        """The nodes, a line each, with their last answers in a run."""
        return show.ascii_lines(self, run)

    def mermaid(self, run: TreeRun | None = None) -> str:
        """The same as a Mermaid flowchart."""
        return show.mermaid(self, run)

    @cached_property
    def digest(self) -> str:
        """Equal for trees whose runs can be exchanged: the same document, main tree and rate."""
        text = f"{self.main}\n{self.rate}\n{self.xml()}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tree):
            return NotImplemented
        return (self.document, self.main) == (other.document, other.main)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<tree {self.main!r} of {len(self.nodes)} nodes>"
