"""Parts of a GBNF grammar that know how long what they generate can get.

Every part is bounded, so whatever is sampled under a grammar made of them comes to an end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A piece of GBNF, and how many bytes it generates at most."""

    text: str
    longest: int
    plain: str | None = None  # the text that it is, if it can be only one


NOTHING = Part('""', 0, "")


def literal(text: str) -> Part:
    """Exactly this text; printable ASCII."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return Part(f'"{escaped}"', len(text), text)


def sequence(*parts: Part) -> Part:
    """One after the other; neighbouring literals become one."""
    joined: list[Part] = []
    for part in parts:
        if part.plain is not None and joined and joined[-1].plain is not None:
            joined[-1] = literal(joined[-1].plain + part.plain)
        else:
            joined.append(part)
    if len(joined) == 1:
        return joined[0]
    return Part(" ".join(part.text for part in joined), sum(part.longest for part in joined))


def choice(parts: Iterable[Part]) -> Part:
    """One of these, which must be one or more."""
    options = tuple(parts)
    texts = list(dict.fromkeys(part.text for part in options))
    if len(texts) == 1:
        return options[0]
    return Part(f"({' | '.join(texts)})", max(part.longest for part in options))


def optional(part: Part) -> Part:
    """This or nothing."""
    return Part(f"({part.text})?", part.longest)


def repeated(part: Part, least: int, most: int, between: Part = NOTHING) -> Part:
    """From `least` to `most` times, with something in between; written out, so that it ends.

    The optional ones are nested, so that a parser never has two ways to the same text.
    """
    tail = NOTHING
    for number in range(most, 0, -1):
        joined = sequence(between, part) if number > 1 and between is not NOTHING else part
        here = joined if tail is NOTHING else sequence(joined, tail)
        tail = here if number <= least else optional(here)
    return tail


def characters(allowed: str, least: int, most: int) -> Part:
    """Text of single-byte characters of a class such as `a-z0-9`."""
    return repeated(Part(f"[{allowed}]", 1), least, most)


def named(rules: Mapping[str, Part], root: Part) -> tuple[str, int]:
    """The grammar as text, root first, and the most bytes that it generates."""
    lines = [f"root ::= {root.text}", *(f"{name} ::= {part.text}" for name, part in rules.items())]
    return "\n".join(lines) + "\n", root.longest


def digits(low: int, high: int, width: int = 0) -> Part:
    """Whole numbers from low to high, both 0 or more, filled with zeros up to a width."""
    first, last = str(low).zfill(width), str(high).zfill(width)
    if len(first) == len(last):
        return _same_length(first, last)
    parts = [_same_length(first, "9" * len(first))]
    for length in range(len(first) + 1, len(last)):
        parts.append(_same_length("1" + "0" * (length - 1), "9" * length))
    parts.append(_same_length("1" + "0" * (len(last) - 1), last))
    return choice(parts)


def _same_length(first: str, last: str) -> Part:
    """Texts of digits between two of equal length."""
    if first == last:
        return literal(first) if first else NOTHING
    rest = len(first) - 1
    lowest, highest = "0" * rest, "9" * rest
    a, b = int(first[0]), int(last[0])
    if a == b:
        return sequence(literal(first[0]), _same_length(first[1:], last[1:]))
    parts = []
    if first[1:] != lowest:
        parts.append(sequence(literal(first[0]), _same_length(first[1:], highest)))
        a += 1
    if last[1:] != highest:
        parts.append(sequence(literal(last[0]), _same_length(lowest, last[1:])))
        b -= 1
    if a <= b:
        any_digits = (Part("[0-9]", 1),) * rest
        parts.append(sequence(Part(f"[{a}-{b}]", 1), *any_digits))
    return choice(parts)


def whole(low: int, high: int) -> Part:
    """Whole numbers from low to high."""
    parts = []
    if low < 0:
        parts.append(sequence(literal("-"), digits(max(1, -high), -low)))
    if high >= 0:
        parts.append(digits(max(0, low), high))
    return choice(parts)


def decimal(low: int, high: int, places: int) -> Part:
    """Decimal numbers from low to high, given in units of the last of some decimal places."""
    parts = []
    if low < 0:
        parts.append(sequence(literal("-"), _positive(max(1, -high), -low, places)))
    if high >= 0:
        parts.append(_positive(max(0, low), high, places))
    return choice(parts)


def _positive(low: int, high: int, places: int) -> Part:
    unit = 10**places
    (a, first), (b, last) = divmod(low, unit), divmod(high, unit)
    if a == b:
        return _with_fraction(a, first, last, places)
    parts = []
    if first:
        parts.append(_with_fraction(a, first, unit - 1, places))
        a += 1
    parts.append(_with_fraction(b, 0, last, places))
    if a < b:
        rest = repeated(Part("[0-9]", 1), 1, places)
        parts.append(sequence(digits(a, b - 1), optional(sequence(literal("."), rest))))
    return choice(parts)


def _with_fraction(number: int, first: int, last: int, places: int) -> Part:
    """One whole number with a fraction between two."""
    fraction = sequence(literal("."), digits(first, last, places))
    return sequence(literal(str(number)), fraction if first else optional(fraction))
