"""The trees of a document by their IDs, and what it says about the ports of sub-trees."""

from __future__ import annotations

from ..errors import TreeError
from .document import Document, Element

FORMAT = "4"


class Source:
    """A document of the right shape; errors name the file and the line."""

    def __init__(self, document: Document, name: str) -> None:
        self.name = name
        self.document = document
        self.trees: dict[str, Element] = {}
        self.ports: dict[str, dict[str, str | None]] = {}  # by tree: defaults
        root = document.root
        if root.tag != "root":
            raise self.error(root, "the outermost element has to be <root>")
        if (given := root.attributes.get("BTCPP_format")) != FORMAT:
            found = "is missing" if given is None else f"is {given!r}"
            raise self.error(root, f'the attribute BTCPP_format {found}; expected "{FORMAT}"')
        self._no_text(root)
        for element in root.children:
            self._part(element)
        if not self.trees:
            raise self.error(root, "there is no <BehaviorTree>")

    def error(self, element: Element, message: str) -> TreeError:
        """An error at an element."""
        return TreeError(f"{self.name}:{element.line}: <{element.tag}>: {message}")

    def _no_text(self, element: Element) -> None:
        if element.text:
            raise self.error(element, f"unexpected text {element.text[:40]!r}")

    def _part(self, element: Element) -> None:
        if element.tag == "BehaviorTree":
            self._tree(element)
        elif element.tag == "TreeNodesModel":
            for model in element.children:
                if model.tag == "SubTree":
                    self._model(model)
        elif element.tag == "include":
            raise self.error(element, "include is not supported; put the trees into one file")
        else:
            raise self.error(element, "expected <BehaviorTree> or <TreeNodesModel>")

    def _tree(self, element: Element) -> None:
        self._no_text(element)
        if not (identity := element.attributes.get("ID")):
            raise self.error(element, "the attribute ID is missing")
        if identity in self.trees:
            raise self.error(element, f"there are two trees with the ID {identity!r}")
        if (count := len(list(element.children))) != 1:
            raise self.error(element, f"{identity!r} has {count} children; expected one")
        self.trees[identity] = element

    def _model(self, element: Element) -> None:
        """Ports of a sub-tree with their defaults; those without have to be given."""
        if not (identity := element.attributes.get("ID")):
            raise self.error(element, "the attribute ID is missing")
        ports = self.ports.setdefault(identity, {})
        for port in element.children:
            if port.tag in ("input_port", "output_port", "inout_port"):
                if not (name := port.attributes.get("name")):
                    raise self.error(port, "the attribute name is missing")
                ports[name] = port.attributes.get("default")

    def main(self, chosen: str | None) -> str:
        """The ID of the tree to run: as chosen, as the document says, or the only one."""
        main = chosen or self.document.root.attributes.get("main_tree_to_execute")
        if main is None and len(self.trees) == 1:
            return next(iter(self.trees))
        known = ", ".join(self.trees)
        if main is None:
            message = f"main_tree_to_execute is missing; the trees are: {known}"
            raise self.error(self.document.root, message)
        if main not in self.trees:
            raise self.error(self.document.root, f"no tree has the ID {main!r}; there are: {known}")
        return main
