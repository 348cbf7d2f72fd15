"""Values of a blackboard: numbers, text and whatever a host puts there; how they turn into others.

Whole numbers stay whole (exact on every machine) until they leave 64 bits or are divided; then they
are IEEE doubles, whose sums, products and quotients are the same everywhere too.

The errors raised here say what is wrong with a value; `at` adds where.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..errors import TreeError
from .status import Status

Enums = Mapping[str, int]
EQUAL_WITHIN = 2.0**-23  # numbers that differ by no more are equal, as in BehaviorTree.CPP
MAX_TEXT = 65_536  # characters of a text that a script makes
INT64 = 1 << 63

# What an unfit value raises: a number that a host put there may be too large for a double.
UNFIT = (TreeError, OverflowError, ValueError)

_TRUE = frozenset(("true", "True", "TRUE"))
_FALSE = frozenset(("false", "False", "FALSE"))


def at(where: str, error: Exception) -> TreeError:
    """The error of a value, with its place before it."""
    return TreeError(f"{where}: {error}")


def describe(value: object) -> str:
    """A value for a message: `number 3`, `text 'a'`, `a Guard`."""
    if isinstance(value, (int, float)) and not isinstance(value, Status):
        return f"number {value}"
    if isinstance(value, str):
        return f"text {value[:40]!r}"
    return f"a {type(value).__name__}"


def bounded(value: float) -> float:
    """A whole number beyond 64 bits becomes a double, so that no value grows without end."""
    return float(value) if isinstance(value, int) and not -INT64 <= value < INT64 else value


def parse_number(text: str) -> int | float | None:
    """The finite number that a text spells in ASCII (whole, hexadecimal or real), or None."""
    body = text.strip()
    if not body.isascii() or "_" in body:
        return None
    try:
        whole = int(body, 16 if body.lower().lstrip("+-").startswith("0x") else 10)
    except ValueError:
        return _parse_real(body)
    return whole if -INT64 <= whole < INT64 else _parse_real(body)


def _parse_real(body: str) -> float | None:
    try:
        real = float(body)
    except ValueError:
        return None
    return real if math.isfinite(real) else None


def number(value: object, enums: Enums) -> int | float:
    """A number as it is, or the one that a text names: an enum, true, false or digits."""
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        if value in enums:
            return enums[value]
        if value in _TRUE or value in _FALSE:
            return int(value in _TRUE)
        if (parsed := parse_number(value)) is not None:
            return parsed
    raise TreeError(f"expected a number, found {describe(value)}")


def truth(value: object, enums: Enums) -> bool:
    """Whether a number is not zero."""
    return number(value, enums) != 0


def whole(value: object, enums: Enums) -> int:
    """A number without a fraction."""
    found = number(value, enums)
    if isinstance(found, float) and not found.is_integer():  # also infinities and NaN
        raise TreeError(f"expected a whole number, found {found}")
    return int(found)


def text(value: object) -> str:
    """A text as it is, a number in its shortest spelling."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return repr(value if not isinstance(value, bool) else int(value))
    raise TreeError(f"expected text, found {describe(value)}")


def status(value: object) -> Status:
    """A status, or the one that a text names in capitals."""
    if isinstance(value, Status):
        return value
    if isinstance(value, str) and value in Status.__members__:
        return Status[value]
    raise TreeError(f"expected one of {', '.join(Status.__members__)}, found {describe(value)}")


def convert(value: object, kind: type, enums: Enums) -> Any:
    """`value` as a port of this kind sees it: int, float, bool, str, Status, or object for any."""
    if kind is int:
        return whole(value, enums)
    if kind is float:
        return float(number(value, enums))
    if kind is bool:
        return truth(value, enums)
    if kind is str:
        return text(value)
    if kind is Status:
        return status(value)
    if not isinstance(value, kind):
        raise TreeError(f"expected a {kind.__name__}, found {describe(value)}")
    return value


def assigned(old: object, new: object, enums: Enums) -> object:
    """What an entry that holds `old` holds after `new`: once a number or a text, always one."""
    if isinstance(old, (int, float)) and not isinstance(new, (int, float)):
        return number(new, enums)
    if isinstance(old, str) and not isinstance(new, str):
        raise TreeError(f"the entry holds text; {describe(new)} cannot be assigned to it")
    return new
