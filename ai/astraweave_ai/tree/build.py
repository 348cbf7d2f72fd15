"""A tree understood: every element becomes a node, every sub-tree a copy of its tree.

Everything that can be wrong without a run is found here: unknown nodes, ports and attributes, the
number of children, scripts, names, trees that contain themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import TreeError
from .decorators import SubTree
from .document import Element
from .evaluate import compile_condition, compile_script
from .models import Model
from .node import Guarded, Label, Node, Scripts
from .scope import Scope, pointer
from .site import Site
from .source import Source
from .status import FAILURE, SKIPPED, SUCCESS
from .values import UNFIT, Enums, at, truth

MAX_DEPTH = 128  # nodes below each other, sub-trees included: a tick uses the stack
MAX_NODES = 16_384  # of a tree, sub-trees included
KINDS = ("Action", "Condition", "Control", "Decorator")
RESERVED = (*KINDS, "SubTree", "BehaviorTree", "TreeNodesModel", "root", "include")
BEFORE = {
    "_failureIf": (True, FAILURE),
    "_successIf": (True, SUCCESS),
    "_skipIf": (True, SKIPPED),
    "_while": (False, SKIPPED),
}
AFTER = ("_onSuccess", "_onFailure", "_post", "_onHalted")
# Of editors; kept, without meaning here.
NOTES = ("_description", "_uid", "_fullpath", "_fullPath", "_collapsed")
_SPECIAL = (*BEFORE, *AFTER, *NOTES)


@dataclass(frozen=True)
class Language:
    """What the elements of a document mean: types of nodes, enums, ticks per second."""

    models: Mapping[str, Model]
    enums: Enums
    rate: int


@dataclass
class Built:
    """Nodes by index, how many numbers they remember, and entries that stand from the start."""

    nodes: tuple[Node, ...]
    cells: int
    constants: dict[str, str] = field(default_factory=dict)


class Builder:
    """Builds one tree of a source."""

    def __init__(self, source: Source, language: Language) -> None:
        self.source = source
        self.language = language
        self.made: dict[int, Node] = {}  # by index
        self.count = 0  # of indices that are taken
        self.cells = 0
        self.constants: dict[str, str] = {}
        self.inside: list[str] = []  # IDs of the trees around
        self.depth = 0

    def build(self, identity: str) -> Built:
        """The nodes of the tree with this ID."""
        element = self.source.trees[identity]
        if identity in self.language.models:
            raise self.source.error(element, f"{identity!r} is also the name of a node")
        self._tree(identity, element, Scope())
        nodes = tuple(self.made[index] for index in range(self.count))
        return Built(nodes, self.cells, self.constants)

    def _tree(self, identity: str, at: Element, scope: Scope) -> Node:
        if identity in self.inside:
            way = " → ".join([*self.inside[self.inside.index(identity) :], identity])
            raise self.source.error(at, f"a tree cannot contain itself: {way}")
        self.inside.append(identity)
        node = self._node(next(self.source.trees[identity].children), scope)
        self.inside.pop()
        return node

    def _node(self, element: Element, scope: Scope) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.source.error(element, f"nodes nest at most {MAX_DEPTH} deep")
        if self.count >= MAX_NODES:
            raise self.source.error(element, f"a tree has at most {MAX_NODES:,} nodes")
        if element.text:
            raise self.source.error(element, f"unexpected text {element.text[:40]!r}")
        index = self.count  # parents come before their children
        self.count += 1
        make = self._subtree if element.tag == "SubTree" else self._registered
        node = make(index, element, scope)
        self.cells += node.memory
        self.made[index] = self._guarded(node, element, scope)
        self.depth -= 1
        return self.made[index]

    def _registered(self, index: int, element: Element, scope: Scope) -> Node:
        kind, model = self._model(element)
        label = self._label(element, kind, scope)
        given = self._given(element, label)
        for name in given:
            if name not in model.ports:
                known = ", ".join(model.ports) or "none"
                raise TreeError(f"{label.where}: there is no port {name!r}; its ports are: {known}")
        children = tuple(self._node(child, scope) for child in element.children)
        self._check_count(len(children), model, label)
        enums, rate = self.language.enums, self.language.rate
        return model.make(
            Site(index, self.cells, label, children, model.ports, given, scope, enums, rate)
        )

    def _model(self, element: Element) -> tuple[str, Model]:
        """The type of an element, in either of its forms: <Action ID="X"/> or <X/>."""
        explicit = element.tag in KINDS
        if explicit and not element.attributes.get("ID"):
            raise self.source.error(element, "the attribute ID is missing")
        if not explicit and "ID" in element.attributes:
            raise self.source.error(element, "the attribute ID belongs to <Action> and the like")
        kind = element.attributes["ID"] if explicit else element.tag
        model = self.language.models.get(kind)
        if model is None:
            hint = (
                f'; a tree is used by <SubTree ID="{kind}"/>' if kind in self.source.trees else ""
            )
            raise self.source.error(element, f"no node is registered as {kind!r}{hint}")
        if explicit and model.kind != element.tag:
            raise self.source.error(element, f"{kind!r} is registered as <{model.kind}>")
        return kind, model

    def _label(self, element: Element, kind: str, scope: Scope) -> Label:
        name = element.attributes.get("name") or kind
        called = f" {name!r}" if name != kind else ""
        inside = f" in {scope.prefix.rstrip('/')}" if scope.prefix else ""
        return Label(kind, name, f"{self.source.name}:{element.line}: <{kind}>{called}{inside}")

    def _given(self, element: Element, label: Label) -> dict[str, str]:
        """The attributes that are ports: not ID and name, nor conditions and notes."""
        given = {}
        for name, value in element.attributes.items():
            if not name.startswith("_"):
                given[name] = value
            elif name not in _SPECIAL and not (name == "_autoremap" and label.type == "SubTree"):
                known = ", ".join(_SPECIAL)
                raise TreeError(
                    f"{label.where}: no attribute is called {name!r}; known are {known}"
                )
        given.pop("ID", None)
        given.pop("name", None)
        return given

    def _check_count(self, count: int, model: Model, label: Label) -> None:
        if model.most is None:
            expected = f"{model.least} or more"
        elif model.least == model.most:
            expected = str(model.least)
        else:
            expected = f"{model.least} to {model.most}"
        if count < model.least or (model.most is not None and count > model.most):
            raise TreeError(f"{label.where}: {count} children; expected {expected}")

    def _guarded(self, node: Node, element: Element, scope: Scope) -> Node:
        """The node with the conditions of its element around it."""
        given, enums, where = element.attributes, self.language.enums, node.label.where
        checks = {
            name: compile_condition(given[name], scope, enums, f"{where}: {name}")
            for name in BEFORE
            if name in given
        }
        does = {
            name: compile_script(given[name], scope, enums, f"{where}: {name}")
            for name in AFTER
            if name in given
        }
        if not checks and not does:
            return node
        before = tuple((check, *BEFORE[name]) for name, check in checks.items())
        return Guarded(
            node, Scripts(before, checks.get("_while"), *(does.get(name) for name in AFTER))
        )

    def _subtree(self, index: int, element: Element, scope: Scope) -> Node:
        label = self._label(element, "SubTree", scope)
        identity = element.attributes.get("ID", "")
        if identity not in self.source.trees:
            known = ", ".join(self.source.trees)
            raise TreeError(f"{label.where}: no tree has the ID {identity!r}; there are: {known}")
        if any(element.children):
            raise TreeError(f"{label.where}: a sub-tree has no children here, but in its own tree")
        inner = self._inner_scope(index, identity, element, scope, label)
        shown = f"SubTree {identity}"
        label = Label(shown, element.attributes.get("name") or shown, label.where)
        return SubTree(index, self.cells, label, (self._tree(identity, element, inner),))

    def _inner_scope(
        self, index: int, identity: str, element: Element, scope: Scope, label: Label
    ) -> Scope:
        """What names mean inside of a sub-tree."""
        try:
            auto = truth(element.attributes.get("_autoremap", "false"), {})
        except UNFIT as error:
            raise at(f"{label.where}: _autoremap", error) from None
        name = element.attributes.get("name") or identity
        inner = Scope(f"{scope.prefix}{name.replace('/', '|')}::{index}/", scope, auto=auto)
        for port, value in self._subtree_ports(identity, element, label, auto).items():
            inner.resolve(port, label.where)  # is it a name?
            entry = pointer(value, port)
            if entry is None:
                inner.constants[port] = value
                self.constants[inner.prefix + port] = value
            else:
                scope.resolve(entry, label.where)
                inner.remapped[port] = entry
        return inner

    def _subtree_ports(
        self, identity: str, element: Element, label: Label, auto: bool
    ) -> dict[str, str]:
        """The ports as given, and the defaults of the others from TreeNodesModel."""
        ports = self._given(element, label)
        for name, default in self.source.ports.get(identity, {}).items():
            if name in ports or auto:
                continue
            if default is None:
                raise TreeError(
                    f"{label.where}: the port {name!r} of {identity!r} is missing, and "
                    "TreeNodesModel has no default for it"
                )
            ports[name] = default
        return ports
