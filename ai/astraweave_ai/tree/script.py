"""The script language of conditions and of the Script nodes: text to a syntax tree.

The language is that of BehaviorTree.CPP 4. From what binds loosest:

    statements     a ; b ; c                     the value is that of the last
    assignment     name := a, = += -= *= /=      `:=` creates an entry, the others need it
    choice         a ? b : c                     right to left
    logic          ||, then &&                   the right side only where it matters
    comparison     == != < <= > >=               `1 < x < 5` means `1 < x && x < 5`
    bits           | ^, then &                   whole numbers
    sums           + - ..                        `..` joins texts and numbers
    products       * /
    signs          - ~ !
    atoms          12  0x1f  1.5e3  'text'  "text"  true  false  name  @name  ( … )
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import TreeError
from .values import parse_number

MAX_LENGTH = 10_000  # characters
MAX_DEPTH = 48  # nested expressions: evaluation uses the stack

ASSIGNMENTS = (":=", "=", "+=", "-=", "*=", "/=")
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
_LEVELS = (("||",), ("&&",), COMPARISONS, ("|", "^"), ("&",), ("+", "-", ".."), ("*", "/"))
_LEVEL = {operator: level for level, row in enumerate(_LEVELS) for operator in row}
_ABOVE_COMPARISONS = _LEVEL["|"]
_SIGNS = ("-", "~", "!")

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<name>@?[^\W\d]\w*)
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<operator>:=|\+=|-=|\*=|/=|==|!=|<=|>=|&&|\|\||\.\.|[-+*/=<>&|^~!()?:;])
    |(?P<end>\Z)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Literal:
    """A number or a text."""

    value: int | float | str
    at: int  # column of the first character, from 1; of every node


@dataclass(frozen=True)
class Name:
    """An enum or a blackboard entry."""

    name: str
    at: int


@dataclass(frozen=True)
class Unary:
    """A sign before an operand."""

    operator: str
    operand: Expression
    at: int


@dataclass(frozen=True)
class Binary:
    """Logic, bits, sums and products."""

    operator: str
    left: Expression
    right: Expression
    at: int


@dataclass(frozen=True)
class Comparison:
    """A chain of one or more comparisons: one operand more than operators."""

    operators: tuple[str, ...]
    operands: tuple[Expression, ...]
    at: int


@dataclass(frozen=True)
class Choice:
    """`condition ? yes : no`."""

    condition: Expression
    yes: Expression
    no: Expression
    at: int


@dataclass(frozen=True)
class Assignment:
    """Writes to an entry."""

    operator: str
    name: str
    value: Expression
    at: int


Expression = Literal | Name | Unary | Binary | Comparison | Choice | Assignment


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def quoted(text: str) -> str:
    """A script for a message, cut to 60 characters."""
    return repr(text if len(text) <= 60 else text[:59] + "…")


def parse(text: str, where: str) -> tuple[Expression, ...]:
    """The statements of a script; a TreeError that names `where` and the column."""
    return _Parser(text, where).script()


class _Parser:
    """Recursive descent; each method reads what its name says and leaves the next token."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        if len(text) > MAX_LENGTH:
            raise TreeError(
                f"{where}: a script has at most {MAX_LENGTH} characters, not {len(text)}"
            )
        self.tokens = self._tokens()
        self.next = 0
        self.depth = 0

    def _tokens(self) -> list[_Token]:
        found: list[_Token] = []
        at = 0
        while not found or found[-1].kind != "end":
            match = _TOKEN.match(self.text, at)
            if match is None:
                at += len(self.text[at:]) - len(self.text[at:].lstrip())
                raise self._error(f"{self.text[at]!r} does not belong into a script", at + 1)
            kind = str(match.lastgroup)
            found.append(_Token(kind, match[kind], match.start(kind) + 1))
            at = match.end()
        return found

    def _error(self, message: str, at: int) -> TreeError:
        return TreeError(f"{self.where}: script {quoted(self.text)}, column {at}: {message}")

    @property
    def token(self) -> _Token:
        return self.tokens[self.next]

    def _is(self, *operators: str) -> bool:
        return self.token.kind == "operator" and self.token.text in operators

    def _take(self) -> _Token:
        self.next += 1
        return self.tokens[self.next - 1]

    def _expect(self, operator: str) -> None:
        if not self._is(operator):
            raise self._error(f"expected {operator!r}, found {self._found()}", self.token.at)
        self.next += 1

    def _found(self) -> str:
        return repr(self.token.text) if self.token.kind != "end" else "the end"

    def script(self) -> tuple[Expression, ...]:
        statements: list[Expression] = []
        while self.token.kind != "end":
            if not self._is(";"):
                statements.append(self.assignment())
            if self.token.kind != "end":
                self._expect(";")
        if not statements:
            raise self._error("expected a statement, found nothing", 1)
        return tuple(statements)

    def assignment(self) -> Expression:
        left = self.choice()
        if not self._is(*ASSIGNMENTS):
            return left
        operator = self._take()
        if not isinstance(left, Name):
            raise self._error("only a blackboard entry can be assigned to", left.at)
        return Assignment(operator.text, left.name, self._nested(self.choice), left.at)

    def _nested(self, read: Callable[..., Expression], *arguments: int) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._error(f"expressions nest at most {MAX_DEPTH} deep", self.token.at)
        found = read(*arguments)
        self.depth -= 1
        return found

    def choice(self) -> Expression:
        condition = self.infix(0)
        if not self._is("?"):
            return condition
        self._take()
        yes = self._nested(self.assignment)
        self._expect(":")
        return Choice(condition, yes, self._nested(self.choice), condition.at)

    def infix(self, loosest: int) -> Expression:
        """Operators that bind at least as tightly as level `loosest` (precedence climbing)."""
        left = self.sign()
        before = self.depth
        while self.token.kind == "operator" and _LEVEL.get(self.token.text, -1) >= loosest:
            if self._is(*COMPARISONS):
                left = self.comparison(left)
                continue
            operator = self._take().text
            right = self._nested(self.infix, _LEVEL[operator] + 1)
            left = Binary(operator, left, right, left.at)
            self.depth += 1  # a chain `a + b + c …` nests to the left
        self.depth = before
        return left

    def comparison(self, first: Expression) -> Expression:
        operators: list[str] = []
        operands = [first]
        while self._is(*COMPARISONS):
            operators.append(self._take().text)
            operands.append(self._nested(self.infix, _ABOVE_COMPARISONS))
        return Comparison(tuple(operators), tuple(operands), first.at)

    def sign(self) -> Expression:
        if not self._is(*_SIGNS):
            return self.atom()
        operator = self._take()
        return Unary(operator.text, self._nested(self.sign), operator.at)

    def atom(self) -> Expression:
        token = self.token
        if self._is("("):
            self._take()
            inside = self._nested(self.assignment)
            self._expect(")")
            return inside
        if token.kind in ("end", "operator"):
            raise self._error(f"expected an operand, found {self._found()}", token.at)
        self._take()
        if token.kind == "number":
            return Literal(self._number(token), token.at)
        if token.kind == "text":
            return Literal(token.text[1:-1], token.at)
        if token.text in ("true", "false"):
            return Literal(int(token.text == "true"), token.at)
        return Name(token.text, token.at)

    def _number(self, token: _Token) -> int | float:
        after = self.text[token.at - 1 + len(token.text) :][:1]
        value = parse_number(token.text)
        if value is None or after.isalnum() or after == "_":
            raise self._error(f"{token.text + after!r} is not a number", token.at)
        return value
