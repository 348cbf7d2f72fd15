"""Bounds for a grammar: llama.cpp unrolls repetitions and recurses into groups, and may crash."""

from __future__ import annotations

import re

from ..errors import InvalidGrammar

LONGEST = 200_000  # characters
REPEATS = 256  # of one element: x{256}
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
        raise InvalidGrammar(
            f"the grammar has {len(grammar):,} characters; at most {LONGEST:,} are read"
        )
    if "\0" in grammar:
        raise InvalidGrammar("the grammar holds a NUL character; remove it")
    _Weight().add(grammar)


class _Weight:
    """Counts elements as if every repetition were written out."""

    def __init__(self) -> None:
        self._groups = [0]  # elements of each open group, and of all
        self._last = 0  # elements of what a repetition would repeat

    def add(self, grammar: str) -> None:
        for token in _TOKEN.finditer(grammar):
            if token["open"]:
                self._groups.append(0)
                if len(self._groups) > DEEPEST + 1:
                    raise InvalidGrammar(f"the grammar nests groups deeper than {DEEPEST}")
            elif token["close"]:
                self._element(self._groups.pop() if len(self._groups) > 1 else 0)
            elif token["repeat"]:
                self._repeat(max(int(token["least"]), int(token["most"] or 0)))
            elif token["element"]:
                self._element(1)

    def _element(self, weight: int) -> None:
        self._groups[-1] += weight
        self._last = weight
        if self._groups[-1] > LARGEST:
            raise InvalidGrammar(
                f"the grammar has more than {LARGEST:,} elements with repetitions written out"
            )

    def _repeat(self, times: int) -> None:
        if times > REPEATS:
            raise InvalidGrammar(
                f"the grammar repeats an element {times:,} times; at most {REPEATS} is allowed"
            )
        self._groups[-1] -= self._last
        self._element(self._last * times)
