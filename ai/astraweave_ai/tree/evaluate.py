"""Scripts made runnable: a syntax tree becomes a function of a run, with every name resolved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import TreeError
from . import script as syntax
from .operations import COMPARE, combine, comparable, sign
from .scope import Entry, Scope
from .values import UNFIT, Enums, assigned, at, truth

if TYPE_CHECKING:
    from .run import TreeRun

Evaluate = Callable[["TreeRun"], Any]

_MISSING = object()


def compile_script(source: str, scope: Scope, enums: Enums, where: str) -> Evaluate:
    """A function that runs a script and returns the value of its last statement.

    Raises a TreeError, now for the syntax and then for an entry that is missing, an operation that
    its operands do not allow, or a division by zero.
    """
    compiler = _Compiler(source, scope, enums, where)
    statements = [compiler.compile(statement) for statement in syntax.parse(source, where)]
    *first, last = statements
    if not first:
        return last

    def run_all(run: TreeRun) -> Any:
        for statement in first:
            statement(run)
        return last(run)

    return run_all


def compile_condition(source: str, scope: Scope, enums: Enums, where: str) -> Evaluate:
    """The same for a script whose value is asked for as true or false."""
    value = compile_script(source, scope, enums, where)
    return _checked(value, f"{where}: script {syntax.quoted(source)}", enums)


def _checked(value: Evaluate, place: str, enums: Enums) -> Evaluate:
    """The value as true or false."""

    def check(run: TreeRun) -> bool:
        found = value(run)
        if isinstance(found, (int, float)):
            return found != 0
        try:
            return truth(found, enums)
        except UNFIT as error:
            raise at(place, error) from None

    return check


def read_entry(entry: Entry, missing: str) -> Evaluate:
    """A function that reads an entry, or raises a TreeError with the message `missing`."""
    key = entry.key

    def read(run: TreeRun) -> Any:
        try:
            return run.blackboard[key]
        except KeyError:
            raise TreeError(missing) from None

    def read_top(run: TreeRun) -> Any:
        try:
            return run.top[key]
        except KeyError:
            raise TreeError(missing) from None

    return read_top if entry.top else read


class _Compiler:
    """Knows where the script stands and what its names mean."""

    def __init__(self, source: str, scope: Scope, enums: Enums, where: str) -> None:
        self.source = source
        self.scope = scope
        self.enums = enums
        self.where = where

    def place(self, node: syntax.Expression) -> str:
        return f"{self.where}: script {syntax.quoted(self.source)}, column {node.at}"

    def compile(self, node: syntax.Expression) -> Evaluate:
        match node:
            case syntax.Literal(value):
                return lambda run: value
            case syntax.Name():
                return self.name(node)
            case syntax.Unary():
                return self.unary(node)
            case syntax.Binary("&&" | "||"):
                return self.logic(node)
            case syntax.Binary():
                return self.binary(node)
            case syntax.Comparison():
                return self.comparison(node)
            case syntax.Choice():
                return self.choice(node)
            case syntax.Assignment():
                return self.assignment(node)

    def name(self, node: syntax.Name) -> Evaluate:
        if node.name in self.enums:
            value = self.enums[node.name]
            return lambda run: value
        place = self.place(node)
        hint = "create it first, for example with ':='"
        missing = f"{place}: there is no blackboard entry {node.name!r}; {hint}"
        return read_entry(self.scope.resolve(node.name, place), missing)

    def truth(self, node: syntax.Expression) -> Evaluate:
        return _checked(self.compile(node), self.place(node), self.enums)

    def unary(self, node: syntax.Unary) -> Evaluate:
        value, place = self.compile(node.operand), self.place(node)
        symbol = node.operator

        def signed(run: TreeRun) -> int | float:
            operand = value(run)
            try:
                return sign(symbol, operand)
            except UNFIT as error:
                raise at(place, error) from None

        return signed

    def logic(self, node: syntax.Binary) -> Evaluate:
        left, right = self.truth(node.left), self.truth(node.right)
        if node.operator == "&&":
            return lambda run: int(left(run) and right(run))
        return lambda run: int(left(run) or right(run))

    def binary(self, node: syntax.Binary) -> Evaluate:
        left, right, place = self.compile(node.left), self.compile(node.right), self.place(node)
        symbol = node.operator

        def combined(run: TreeRun) -> Any:
            a, b = left(run), right(run)
            try:
                return combine(symbol, a, b)
            except UNFIT as error:
                raise at(place, error) from None

        return combined

    def comparison(self, node: syntax.Comparison) -> Evaluate:
        operands = [self.compile(operand) for operand in node.operands]
        tests = [self.test(symbol, self.place(node)) for symbol in node.operators]
        if len(tests) == 1:
            (left, right), (test,) = operands, tests
            return lambda run: int(test(left(run), right(run)))

        def chain(run: TreeRun) -> int:
            a = operands[0](run)
            for test, operand in zip(tests, operands[1:], strict=True):
                b = operand(run)
                if not test(a, b):
                    return 0
                a = b
            return 1

        return chain

    def test(self, symbol: str, place: str) -> Callable[[Any, Any], bool]:
        holds, enums = COMPARE[symbol], self.enums

        def compare(a: Any, b: Any) -> bool:
            try:
                if not (isinstance(a, (int, float)) and isinstance(b, (int, float))):
                    a, b = comparable(symbol, a, b, enums)
                return holds(a, b)
            except UNFIT as error:
                raise at(place, error) from None

        return compare

    def choice(self, node: syntax.Choice) -> Evaluate:
        value, yes, no = self.compile(node.condition), self.compile(node.yes), self.compile(node.no)
        # Here, and only here, a text counts as true if it is not empty.
        condition = _checked(
            lambda run: int(found != "") if isinstance(found := value(run), str) else found,
            self.place(node.condition),
            self.enums,
        )
        return lambda run: yes(run) if condition(run) else no(run)

    def assignment(self, node: syntax.Assignment) -> Evaluate:
        place = self.place(node)
        if node.name in self.enums:
            raise TreeError(f"{place}: {node.name!r} is an enum; it cannot be assigned to")
        entry = self.scope.resolve(node.name, place)
        value = self.compile(node.value)
        key, top, enums, symbol = entry.key, entry.top, self.enums, node.operator
        missing = (
            f"{place}: there is no blackboard entry {node.name!r}; ':=' creates one, "
            f"{symbol!r} does not"
        )

        def assign(run: TreeRun) -> Any:
            values = run.top if top else run.blackboard
            new = value(run)
            old = values.get(key, _MISSING)
            if old is _MISSING:
                if symbol != ":=":
                    raise TreeError(missing)
            else:
                try:
                    if symbol not in (":=", "="):
                        new = combine(symbol[0], old, new)
                    new = assigned(old, new, enums)
                except UNFIT as error:
                    raise at(place, error) from None
            values[key] = new
            return new

        return assign
