"""Filters as SQL: every word of the user's is a parameter, never part of a statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from .errors import QueryError
from .record import Filter, checked_filter

ALL = "1"  # the condition that all memories meet
ORDERS = {
    "key": "record.key",
    "-key": "record.key DESC",
    "tick": "record.tick, record.key",
    "-tick": "record.tick DESC, record.key DESC",
    "importance": "record.importance, record.key",
    "-importance": "record.importance DESC, record.key",
}


def where(choice: Filter) -> tuple[str, list[Any]]:
    """The condition on `record` and its parameters; the condition is "1" where all are meant."""
    checked_filter(choice)
    parts: list[str] = []
    values: list[Any] = []

    def require(condition: str, *parameters: Any) -> None:
        parts.append(condition)
        values.extend(parameters)

    if choice.persona is not None:
        require(_one_of("record.persona"), _listed(choice.personas))
    if choice.kinds:
        require(_one_of("record.kind"), _listed(choice.kinds))
    if choice.without:
        require(f"NOT {_one_of('record.kind')}", _listed(choice.without))
    if choice.since is not None:
        require("record.tick >= ?", choice.since)
    if choice.until is not None:
        require("record.tick <= ?", choice.until)
    if choice.min_importance > 0:
        require("record.importance >= ?", choice.min_importance)
    if choice.source:
        # No text that begins with the prefix sorts outside this range.
        require("record.source >= ? AND record.source < ?", choice.source, after(choice.source))
    for tag in choice.tags:
        require("record.key IN (SELECT key FROM tag WHERE name = ?)", tag)
    return " AND ".join(parts) or ALL, values


def order_by(order: str, condition: str) -> str:
    """The SQL of an order among what a condition chooses; refused if there is none of that name."""
    if order not in ORDERS:
        raise QueryError(f"select: order must be one of {', '.join(ORDERS)}, got {order!r}")
    # The plus keeps SQLite from reading the whole table in the order of its keys.
    plus = "+" if condition != ALL and order.endswith("key") else ""
    return plus + ORDERS[order]


def after(prefix: str) -> str:
    """The least text after all texts that begin with the prefix, as SQLite compares them."""
    return prefix + "\U0010ffff"


def _one_of(column: str) -> str:
    return f"{column} IN (SELECT value FROM json_each(?))"


def _listed(names: Sequence[str]) -> str:
    return msgspec.json.encode(list(names)).decode()
