"""Trees as text: ASCII for a terminal, Mermaid for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .node import Node
from .status import Status

if TYPE_CHECKING:
    from .run import TreeRun
    from .tree import Tree

_COLOURS = {
    Status.IDLE: "fill:#eceff1",
    Status.RUNNING: "fill:#ffe082",
    Status.SUCCESS: "fill:#a5d6a7",
    Status.FAILURE: "fill:#ef9a9a",
    Status.SKIPPED: "fill:#cfd8dc,stroke-dasharray:4",
}


def ascii_lines(tree: Tree, run: TreeRun | None) -> str:
    """A line for each node, children below their parents."""
    lines: list[str] = []
    _branch(tree.root, "", "", run, lines)
    return "\n".join(lines)


def _branch(node: Node, first: str, rest: str, run: TreeRun | None, lines: list[str]) -> None:
    """A node behind `first`, and what is below it behind `rest`."""
    status = "" if run is None else f" [{run.status[node.index].name}]"
    lines.append(f"{first}{_title(node)}{status}".encode("ascii", "backslashreplace").decode())
    for child in node.children:
        last = child is node.children[-1]
        _branch(
            child,
            rest + ("`-- " if last else "|-- "),
            rest + ("    " if last else "|   "),
            run,
            lines,
        )


def mermaid(tree: Tree, run: TreeRun | None) -> str:
    """A flowchart from the top down; the order of children is that of their numbers."""
    lines = ["flowchart TD"]
    for node in tree.nodes:
        status = Status.IDLE if run is None else run.status[node.index]
        below = "" if run is None else f"<br/>{status.name}"
        lines.append(
            f'    n{node.index}["{_escaped(_title(node))}{below}"]:::{status.name.lower()}'
        )
    for node in tree.nodes:
        lines.extend(f"    n{node.index} --> n{child.index}" for child in node.children)
    lines.extend(f"    classDef {s.name.lower()} {colour}" for s, colour in _COLOURS.items())
    return "\n".join(lines)


def _title(node: Node) -> str:
    label = node.label
    return label.type if label.name == label.type else f"{label.type} {label.name!r}"


def _escaped(text: str) -> str:
    """Characters that mean something to Mermaid or HTML, as numbers."""
    plain = (c if c.isalnum() or c in " '_-.:" else f"#{ord(c)};" for c in text)
    return "".join(plain)
