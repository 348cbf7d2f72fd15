"""What the operators of the script language do to values; their errors say what, not where."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ..errors import TreeError
from .values import EQUAL_WITHIN, INT64, MAX_TEXT, Enums, bounded, describe, number, text, whole

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b if isinstance(a, str) else abs(a - b) <= EQUAL_WITHIN,
    "!=": lambda a, b: a != b if isinstance(a, str) else not abs(a - b) <= EQUAL_WITHIN,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def combine(symbol: str, a: Any, b: Any) -> Any:
    """Two operands of bits, sums and products."""
    if symbol == ".." or (symbol == "+" and isinstance(a, str) and isinstance(b, str)):
        joined = text(a) + text(b)
        if len(joined) > MAX_TEXT:
            raise TreeError(f"a text of {len(joined)} characters; the longest has {MAX_TEXT}")
        return joined
    a, b = _numeric(a, symbol), _numeric(b, symbol)
    if symbol == "/" and b == 0:
        raise TreeError("division by zero")
    return bounded(_BINARY[symbol](a, b))


def sign(symbol: str, a: Any) -> int | float:
    """An operand behind its sign."""
    return bounded(_SIGN[symbol](_numeric(a, symbol)))


def _numeric(value: Any, symbol: str) -> int | float:
    if isinstance(value, (int, float)):
        return value
    raise TreeError(f"{symbol!r} works on numbers, not on {describe(value)}")


def _bits(value: int | float) -> int:
    """A whole number that 64 bits hold."""
    found = whole(value, {})
    if not -INT64 <= found < INT64:
        raise TreeError(f"bit operations work within 64 bits, not on {found}")
    return found


def comparable(symbol: str, a: Any, b: Any, enums: Enums) -> tuple[Any, Any]:
    """Both texts as they are; else both numbers."""
    if isinstance(a, str) and isinstance(b, str):
        return a, b
    if not all(isinstance(value, (int, float, str)) for value in (a, b)):
        raise TreeError(f"{symbol!r} cannot compare {describe(a)} with {describe(b)}")
    return number(a, enums), number(b, enums)


_SIGN: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "~": lambda a: ~_bits(a),
    "!": lambda a: int(a == 0),
}
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "&": lambda a, b: _bits(a) & _bits(b),
    "|": lambda a, b: _bits(a) | _bits(b),
    "^": lambda a, b: _bits(a) ^ _bits(b),
}
