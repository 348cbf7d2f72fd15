"""Dialogue graphs: nodes with choices, conditions, effects and events, from TOML files.

title = "The baker"
start = "hello"
variables = { loaves = 3 }

[[nodes]]
id = "hello"
text = "Good morning. I have {loaves} loaves left."

[[nodes.choices]]
text = "One loaf, please."
to = "sold"
when = [{ var = "loaves", ge = 1 }]
effects = [{ var = "loaves", add = -1 }]
events = ["sold"]

A file is checked whole when it is loaded. What is wrong is told by file, node and field.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec

from ..errors import DialogueError
from .files import decode_toml, read_text
from .values import Condition, Effect, Value, complaint, out_of_bounds

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Words = Annotated[tuple[Text, ...], msgspec.Meta(max_length=64)]
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one can answer at a node.

    Args:
        text: as it is shown.
        to: the node that it leads to; left out: the dialogue ends.
        words: further words by which a free sentence means this choice.
        when: conditions that must all hold.
        effects, events: what happens when it is chosen.
    """

    text: Text
    to: Name | None = None
    words: Words = ()
    when: tuple[Condition, ...] = ()
    effects: tuple[Effect, ...] = ()
    events: tuple[Name, ...] = ()


class Node(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is said.

    Args:
        id: its name in the graph.
        text: what is said; `{name}` stands for the value of a variable.
        choices: the answers; of those, the ones whose conditions hold are offered.
        next: where it goes on if no choice is offered; left out: the dialogue ends.
        topics: words by which a free sentence leads here from anywhere.
        when: conditions for those topics.
        effects, events: what happens when the node is entered.
    """

    id: Name
    text: Text
    choices: tuple[Choice, ...] = ()
    next: Name | None = None
    topics: Words = ()
    when: tuple[Condition, ...] = ()
    effects: tuple[Effect, ...] = ()
    events: tuple[Name, ...] = ()


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    title: Text
    start: Name
    nodes: Annotated[tuple[Node, ...], msgspec.Meta(min_length=1, max_length=10_000)]
    variables: dict[Name, Value] = {}


@dataclass(frozen=True)
class Graph:
    """A dialogue that was found right. `fingerprint` changes with every change of it."""

    title: str
    start: str
    nodes: dict[str, Node]
    variables: dict[str, Value]
    fingerprint: str

    def told(self, text: str, variables: dict[str, Any]) -> str:
        """A text with the values of variables in their places."""
        return _PLACEHOLDER.sub(lambda found: _shown(variables[found[1]]), text)


def load_graph(path: str | Path) -> Graph:
    """A graph from a TOML file.

    Raises:
        DialogueError: it cannot be read, or is wrong; names file, node and field.
    """
    return parse_graph(read_text(path, DialogueError), str(path))


def parse_graph(text: str, name: str = "dialogue") -> Graph:
    """A graph from TOML; `name` stands for the file in messages.

    Raises:
        DialogueError: something is wrong.
    """
    raw = decode_toml(text, name, DialogueError)
    try:
        document = msgspec.convert(raw, _Document)
    except msgspec.ValidationError as error:
        raise DialogueError(f"{name}: {_by_node(str(error), raw)}") from error
    wrong = list(_mistakes(document))
    if wrong:
        raise DialogueError("\n".join(f"{name}: {one}" for one in wrong))
    digest = hashlib.blake2b(msgspec.json.encode(document), digest_size=8).hexdigest()
    nodes = {node.id: node for node in document.nodes}
    return Graph(document.title, document.start, nodes, document.variables, digest)


def _by_node(message: str, raw: dict[str, Any]) -> str:
    """msgspec's message with the name of the node in place of its number."""
    text, _, path = message.partition(" - at `$")
    found = re.match(r"\.nodes\[(\d+)\]\.?", path)
    field = path.rstrip("`").lstrip(".")
    if not found:
        return f"{field}: {text}" if field else text
    node = raw["nodes"][int(found[1])]
    known = node.get("id") if isinstance(node, dict) else None
    called = repr(known) if isinstance(known, str) else f"number {found[1]}"
    inner = path[found.end() :].rstrip("`")
    return f"node {called}, {inner}: {text}" if inner else f"node {called}: {text}"


# -- what a schema cannot say ----------------------------------------------------------------------


def _mistakes(document: _Document) -> Iterator[str]:
    names = [node.id for node in document.nodes]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"node {name!r}, id: {names.count(name)} nodes have it; ids must differ"
    for variable, value in document.variables.items():
        if told := out_of_bounds(value):
            yield f"variables.{variable}: {told}"
    if document.start not in names:
        yield f"start: no node {document.start!r}; there is {_some(names)}"
    for node in document.nodes:
        for field, told in (*_of_node(node, document), *_dangling(node, names)):
            yield f"node {node.id!r}, {field}: {told}"
    yield from _unreachable(document)


def _of_node(node: Node, document: _Document) -> Iterator[tuple[str, str]]:
    """Wrong conditions, effects and placeholders, by field."""
    parts: list[tuple[str, Node | Choice]] = [("", node)]
    parts += [(f"choices[{number}].", choice) for number, choice in enumerate(node.choices)]
    for prefix, part in parts:
        lists: dict[str, Sequence[Condition | Effect]]
        lists = {"when": part.when, "effects": part.effects}
        for field, ones in lists.items():
            for number, one in enumerate(ones):
                if told := complaint(one, document.variables):
                    yield f"{prefix}{field}[{number}]", told
        for name in _PLACEHOLDER.findall(part.text):
            if name not in document.variables:
                yield f"{prefix}text", f"no variable {name!r} for {{{name}}}"


def _dangling(node: Node, names: list[str]) -> Iterator[tuple[str, str]]:
    ways = [("next", node.next)]
    ways += [(f"choices[{number}].to", choice.to) for number, choice in enumerate(node.choices)]
    for field, target in ways:
        if target is not None and target not in names:
            yield field, f"no node {target!r}; there is {_some(names)}"


def _unreachable(document: _Document) -> Iterator[str]:
    """Nodes to which neither the start nor a topic leads."""
    nodes = {node.id: node for node in document.nodes}
    reached: set[str] = set()
    waiting = [document.start, *(node.id for node in document.nodes if node.topics)]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in nodes:
            continue
        reached.add(name)
        targets = [nodes[name].next, *(choice.to for choice in nodes[name].choices)]
        waiting += [target for target in targets if target is not None]
    for name in nodes:
        if name not in reached:
            yield f"node {name!r}, id: nothing leads here; give it topics or lead a choice to it"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return ", ".join(names[:12]) + more


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)
