"""Bounds for a grammar: llama.cpp writes repetitions out and recurses into groups, and may crash.

What is within the bounds may still be so ambiguous that sampling takes for ever; then the server
ends the process.
"""

from __future__ import annotations

import re

from ..errors import InvalidGrammar

LONGEST = 200_000  # characters
REPEATS = 256  # of one element: x{256}
NESTED = 512  # of one element in all: (x{16}){32}
DEEPEST = 32  # groups within groups
LARGEST = 20_000  # elements, with every repetition written out

_TOKEN = re.compile(
    r"""(?P<skip> \#[^\n]* | \s+ | ::= | \| )
      | (?P<open> \( ) | (?P<close> \) )
      | (?P<repeat> \{ \s* (?P<least>\d+) \s* (?P<comma>,)? \s* (?P<most>\d+)? \s* \} )
      | (?P<many> [*+?] )
      | (?P<element> "(?:[^"\\\n]|\\.)*" | \[(?:[^\]\\\n]|\\.)*\] | [\w-]+ | . )""",
    re.VERBOSE,
)


def check_bounds(grammar: str) -> None:
    """Refuse what is too large; whether it is a grammar at all is llama.cpp's to say.

    Raises:
        InvalidGrammar: one of the bounds above is exceeded.
    """
    if len(grammar) > LONGEST:
        raise _too_much(f"has {len(grammar):,} characters", LONGEST)
    if "\0" in grammar:
        raise InvalidGrammar("the grammar holds a NUL character; remove it")
    _Size().add(grammar)


class _Size:
    """Counts elements as if every repetition were written out."""

    def __init__(self) -> None:
        # Elements, and the most repetitions of one, of each open group and of all.
        self._groups: list[tuple[int, int]] = [(0, 1)]
        self._last = (0, 1)  # the same of what a repetition would repeat

    def add(self, grammar: str) -> None:
        for token in _TOKEN.finditer(grammar):
            if token["open"]:
                self._groups.append((0, 1))
                if len(self._groups) > DEEPEST + 1:
                    raise _too_much(f"nests groups {len(self._groups) - 1} deep", DEEPEST)
            elif token["close"]:
                self._append(*(self._groups.pop() if len(self._groups) > 1 else (0, 1)))
            elif token["repeat"]:
                self._repeat(_number(token["least"]), _number(token["most"] or token["least"]))
            elif token["element"]:
                self._append(1, 1)

    def _append(self, elements: int, repetitions: int) -> None:
        self._last = elements, repetitions
        before, most = self._groups[-1]
        self._groups[-1] = before + elements, max(most, repetitions)
        if before + elements > LARGEST:
            raise _too_much("is too long with repetitions written out", LARGEST)

    def _repeat(self, least: int, most: int) -> None:
        if least > most:  # llama.cpp would not come back
            raise InvalidGrammar(f"the grammar repeats an element {least} to {most} times")
        if most > REPEATS:
            raise _too_much(f"repeats an element {most:,} times", REPEATS)
        elements, repetitions = self._last
        if most * repetitions > NESTED:
            raise _too_much(f"repeats an element {most * repetitions:,} times, nested", NESTED)
        before, inner = self._groups[-1]
        self._groups[-1] = before - elements, inner
        self._append(elements * most, max(1, most * repetitions))


def _number(digits: str) -> int:
    """More than nine digits are as bad as nine."""
    return int(digits) if len(digits) <= 9 else 10**9


def _too_much(what: str, bound: int) -> InvalidGrammar:
    return InvalidGrammar(f"the grammar {what}; at most {bound:,} can be handled")
