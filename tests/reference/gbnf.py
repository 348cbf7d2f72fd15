"""A sampler of GBNF, written from its description alone: reads a grammar as text, then follows it
at random. So what the engine writes is checked by something that knows nothing of how it was made.
"""

import random
from dataclasses import dataclass, field
from typing import Any

ANY = [*map(chr, range(128)), *"éß世…"]  # what negated classes are sampled from
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "[": "[", "]": "]"}


@dataclass
class Sampler:
    """Samples texts of a grammar.

    Args:
        text: GBNF.
    """

    text: str
    rules: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.rules = Reader(self.text).rules()

    def sample(self, rng: random.Random, root: str = "root") -> str:
        """One text; each choice is equally likely."""
        return self._of(self.rules[root], rng)

    def _of(self, node: Any, rng: random.Random) -> str:
        kind, value = node
        if kind == "text":
            return str(value)
        if kind == "class":
            return rng.choice(value)
        if kind == "name":
            return self._of(self.rules[value], rng)
        if kind == "all":
            return "".join(self._of(part, rng) for part in value)
        if kind == "one":
            return self._of(rng.choice(value), rng)
        part, least, most = value  # "many"
        return "".join(self._of(part, rng) for _ in range(rng.randint(least, most)))


@dataclass
class Reader:
    """Recursive descent over the text of a grammar."""

    text: str
    at: int = 0

    def rules(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._blank(lines=True)
        while self.at < len(self.text):
            name = self._name()
            assert name not in found, f"rule {name} twice"
            self._blank()
            assert self.text.startswith("::=", self.at), self.text[self.at : self.at + 20]
            self.at += 3
            self._blank()
            found[name] = self._one(nested=False)
            self._blank(lines=True)
        self._check(found)
        return found

    def _check(self, found: dict[str, Any]) -> None:
        """Every rule that is named exists."""
        stack = list(found.values())
        while stack:
            kind, value = stack.pop()
            if kind == "name":
                assert value in found, f"no rule {value}"
            elif kind in ("all", "one"):
                stack += value
            elif kind == "many":
                stack.append(value[0])

    def _one(self, nested: bool) -> Any:
        options = [self._all(nested)]
        while self._peek() == "|":
            self.at += 1
            self._blank(lines=nested)
            options.append(self._all(nested))
        return ("one", options)

    def _all(self, nested: bool) -> Any:
        parts = []
        while self._peek() and self._peek() not in "|)\n":
            parts.append(self._repeated())
            self._blank(lines=nested)
        return ("all", parts)

    def _repeated(self) -> Any:
        part = self._part()
        mark = self._peek()
        if mark == "?":
            self.at += 1
            return ("many", (part, 0, 1))
        if mark == "{":
            least, most = self.text[self.at + 1 : self.text.index("}", self.at)].split(",")
            self.at = self.text.index("}", self.at) + 1
            return ("many", (part, int(least), int(most)))
        assert mark not in ("*", "+"), "a repetition without a bound"
        return part

    def _part(self) -> Any:
        mark = self._peek()
        if mark == '"':
            return ("text", self._quoted())
        if mark == "[":
            return ("class", self._class())
        if mark == "(":
            self.at += 1
            self._blank(lines=True)
            inside = self._one(nested=True)
            assert self._peek() == ")", self.text[self.at : self.at + 20]
            self.at += 1
            return inside
        return ("name", self._name())

    def _quoted(self) -> str:
        self.at += 1
        text = ""
        while self._peek() != '"':
            text += self._character()
        self.at += 1
        return text

    def _class(self) -> list[str]:
        self.at += 1
        negated = self._peek() == "^"
        self.at += negated
        allowed: list[str] = []
        while self._peek() != "]":
            first = self._character()
            if self._peek() == "-" and self.text[self.at + 1] != "]":
                self.at += 1
                last = self._character()
                assert first <= last
                allowed += map(chr, range(ord(first), ord(last) + 1))
            else:
                allowed.append(first)
        self.at += 1
        return [one for one in ANY if one not in allowed] if negated else allowed

    def _character(self) -> str:
        char = self.text[self.at]
        self.at += 1
        if char != "\\":
            return char
        char = self.text[self.at]
        self.at += 1
        if char == "x":
            self.at += 2
            return chr(int(self.text[self.at - 2 : self.at], 16))
        return ESCAPES[char]

    def _name(self) -> str:
        start = self.at
        while self._peek() and (self._peek().isalnum() or self._peek() == "-"):
            self.at += 1
        assert self.at > start, f"expected a name at {self.text[start : start + 20]!r}"
        return self.text[start : self.at]

    def _blank(self, lines: bool = False) -> None:
        while self._peek() and self._peek() in (" \t\n" if lines else " \t"):
            self.at += 1

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]
