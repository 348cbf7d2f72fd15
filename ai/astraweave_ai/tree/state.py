"""Runs as plain data: what a snapshot or a replay keeps of them, and how they come back.

The data are dictionaries, lists, numbers, texts, booleans and None, so they fit into JSON, msgpack
and a comparison. What cannot be kept is an error that names it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import TreeError
from .status import Status

if TYPE_CHECKING:
    from .run import TreeRun
    from .tree import Tree

VERSION = 1
MAX_DEPTH = 32  # lists and dictionaries inside each other
_KEYS = ("version", "tree", "now", "status", "cells", "states", "values")


def save(run: TreeRun) -> dict[str, Any]:
    """A copy of the state of a run, without its owner and the blackboards above its own."""
    nodes = run.tree.nodes
    return {
        "version": VERSION,
        "tree": run.tree.digest,
        "now": run.now,
        "status": [int(status) for status in run.status],
        "cells": list(run.cells),
        "states": {
            str(index): _plain(value, f"the state of {nodes[index].label.where}", 0)
            for index, value in sorted(run.states.items())
        },
        "values": {
            key: _plain(value, f"the blackboard entry {key!r}", 0)
            for key, value in run.blackboard.items()
        },
    }


def restore(run: TreeRun, data: object) -> None:
    """Put a fresh run where the saved one was; nothing is shared with `data`."""
    tree = run.tree
    fields = _fields(data)
    if fields["version"] != VERSION:
        raise _damaged(f"version {fields['version']!r}; expected {VERSION}")
    if fields["tree"] != tree.digest:
        raise TreeError(
            f"a saved run belongs to the tree with digest {fields['tree']!r}, not to {tree.main!r} "
            f"with {tree.digest!r}: its document, main tree or tick rate is another"
        )
    values = _mapping(fields, "values")
    run.now = _whole(fields["now"], "now", -1)
    run.status = [Status(n) for n in _numbers(fields, "status", len(tree.nodes), len(Status))]
    run.cells = _numbers(fields, "cells", tree.cells, None)
    _check_nodes(run)
    run.states = {_index(key, tree): value for key, value in _mapping(fields, "states").items()}
    run.blackboard.clear()
    run.blackboard.update(values)


def _damaged(what: str) -> TreeError:
    return TreeError(f"a saved run is damaged: {what}")


def _fields(data: object) -> Mapping[str, Any]:
    if not isinstance(data, dict) or set(data) != set(_KEYS):
        raise _damaged(f"expected a dictionary of {', '.join(_KEYS)}")
    return data


def _whole(value: object, name: str, least: int, end: int | None = None) -> int:
    if type(value) is not int or value < least or (end is not None and value >= end):
        raise _damaged(f"{name} is {value!r}")
    return value


def _numbers(fields: Mapping[str, Any], name: str, count: int, end: int | None) -> list[int]:
    values = fields[name]
    if not isinstance(values, list) or len(values) != count:
        raise _damaged(f"{name} is not a list of {count} numbers")
    return [_whole(value, name, 0, end) for value in values]


def _check_nodes(run: TreeRun) -> None:
    """Nobody runs below a node that does not, and no memory is out of its range."""
    running = Status.RUNNING
    for node in run.tree.nodes:
        for child in node.children:
            if run.status[child.index] is running and run.status[node.index] is not running:
                raise _damaged(f"{child.label.where} is Running without its parent")
        for at, limit in enumerate(node.limits(run.now), node.cell):
            _whole(run.cells[at], f"the memory of {node.label.where}", 0, limit)


def _mapping(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    values = fields[name]
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise _damaged(f"{name} is not a dictionary with texts as keys")
    return {key: _plain(value, f"{name} {key!r}", 0) for key, value in values.items()}


def _index(key: str, tree: Tree) -> int:
    if not (key.isascii() and key.isdecimal() and len(key) < 9 and int(key) < len(tree.nodes)):
        raise _damaged(f"states has the key {key!r}")
    return int(key)


def _plain(value: object, name: str, depth: int) -> Any:
    """A copy of plain data."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if depth < MAX_DEPTH:
        copied = _copied(value, lambda inside: _plain(inside, name, depth + 1))
        if copied is not None:
            return copied
    raise TreeError(
        f"{name} cannot be saved: {value!r:.60} is not plain data (None, booleans, finite numbers, "
        f"texts, and lists and dictionaries of them, at most {MAX_DEPTH} inside each other)"
    )


def _copied(value: object, plain: Callable[[object], Any]) -> Any:
    if type(value) is list:
        return [plain(inside) for inside in value]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: plain(inside) for key, inside in value.items()}
    return None
