"""Where a host says which actions, conditions and enums there are, and gets trees for files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import TypeVar

from ..errors import TreeError
from .build import RESERVED, Builder, Language
from .document import Document, read_document
from .leaves import Action, Call
from .models import BUILT_IN, Model, action, condition, host_action, host_leaf
from .ports import Port
from .source import Source
from .tree import Tree
from .values import INT64

_NAME = re.compile(r"[^\W\d]\w*", re.ASCII)
_CONDITIONAL = re.compile("_|ID$|name$")
_Function = TypeVar("_Function", bound=Call)


class TreeFactory:
    """Types of nodes by name, and a tick rate by which milliseconds in files become ticks.

    A tree keeps what was known when it was made; what is registered later is for later trees.
    """

    def __init__(self, rate: int = 60) -> None:
        if type(rate) is not int or rate < 1:
            raise TreeError(f"a tick rate is a whole number of at least 1 per second, not {rate!r}")
        self.rate = rate
        self._models: dict[str, Model] = dict(BUILT_IN)
        self._enums: dict[str, int] = {}

    def condition(self, name: str = "", /, **ports: Port) -> Callable[[_Function], _Function]:
        """Decorates a function of a Context that answers true or false.

        It is registered under `name`, by default its own. Ports are given by name:
        `@factory.condition("IsNear", distance=Input(float, 2.0))`.
        """

        def register(call: _Function) -> _Function:
            self._register(name or _name_of(call), condition(host_leaf(call), **ports))
            return call

        return register

    def action(self, name: str = "", /, **ports: Port) -> Callable[[_Function], _Function]:
        """Decorates a function of a Context that answers a Status, or true or false.

        After Status.RUNNING it is called again at the next tick. Actions that have to know whether
        they are started, resumed or halted are classes: see `register`.
        """

        def register(call: _Function) -> _Function:
            self._register(name or _name_of(call), action(host_leaf(call), **ports))
            return call

        return register

    def register(self, work: Action, name: str = "") -> None:
        """Register an Action under `name`, by default that of its class."""
        if not isinstance(work, Action):
            raise TreeError(f"expected an object of a subclass of Action, found {work!r}")
        model = Model("Action", host_action(work), dict(work.ports))
        self._register(name or type(work).__name__, model)

    def enum(self, values: type[IntEnum] | Mapping[str, int]) -> None:
        """Names for whole numbers, to be used in scripts, in ports and in the cases of a Switch."""
        members = {m.name: int(m) for m in values} if isinstance(values, type) else dict(values)
        for name, value in members.items():
            if not _NAME.fullmatch(name) or name in ("true", "false"):
                raise TreeError(f"{name!r} cannot be the name of an enum: expected a plain name")
            if type(value) is not int or not -INT64 <= value < INT64:
                raise TreeError(
                    f"the enum {name!r} is {value!r}; expected a whole number of 64 bits"
                )
            if self._enums.setdefault(name, value) != value:
                raise TreeError(f"the enum {name!r} is already {self._enums[name]}, not {value}")

    def load(self, path: str | Path, main: str | None = None) -> Tree:
        """The tree in a file; `main` is its ID where the file does not say which one is meant.

        Raises a TreeError that names the file and the line, or says that it cannot be read.
        """
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise TreeError(f"{path} cannot be read: {error.strerror}") from None
        return self.parse(data, main, name=Path(path).name)

    def parse(self, xml: str | bytes, main: str | None = None, *, name: str = "tree") -> Tree:
        """The tree in a text; messages call it `name`."""
        return self.build(read_document(xml, name), main, name=name)

    def build(self, document: Document, main: str | None = None, *, name: str = "tree") -> Tree:
        """The tree in a document. All trees of it are checked, also those that are not used."""
        source = Source(document, name)
        chosen = source.main(main)
        language = Language(dict(self._models), dict(self._enums), self.rate)
        built = {identity: Builder(source, language).build(identity) for identity in source.trees}
        return Tree(document, chosen, language, built[chosen])

    def _register(self, name: str, model: Model) -> None:
        if not _NAME.fullmatch(name) or name in RESERVED:
            raise TreeError(f"{name!r} cannot be the name of a node: expected a plain name")
        if name in self._models:
            raise TreeError(f"a node is already registered as {name!r}")
        for port, declared in model.ports.items():
            _check_port(f"port {port!r} of {name!r}", port, declared)
        self._models[name] = model


def _name_of(call: Call) -> str:
    return getattr(call, "__name__", "")


def _check_port(place: str, port: str, declared: object) -> None:
    if not _NAME.fullmatch(port) or _CONDITIONAL.match(port):
        raise TreeError(f"{place}: this name is reserved, or not a plain name")
    if not isinstance(declared, Port):
        raise TreeError(f"{place}: expected an Input or an Output, found {declared!r}")
