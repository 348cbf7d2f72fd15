"""Grammars that would crash or hang llama.cpp are refused; ordinary ones pass."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.errors import InvalidGrammar
from astraweave_ai.llm.grammar_bounds import check_bounds

FINE = [
    'root ::= "a"{256}',
    'root ::= ("{" [a-z]{0,30} "}"){1,16}',
    'root ::= "{9999}" [{9999}] # {9999}\n',
    'root ::= a{3} | ( b | "(" )*\na ::= "x"\nb ::= "\\"{700}"',
    'root ::= item ("," item){0,15}\nitem ::= [^"\\\\]{1,200}',
]
REFUSED = {
    'root ::= "a"{257}': "257",
    'root ::= "a"{99999999999999999999}': "at most 256",
    'root ::= "a"{' + "9" * 5000 + "}": "at most 256",
    'root ::= "a"{3,1}': "3 to 1",
    'root ::= "a"{0,1000000}': "1,000,000",
    "root ::= ([a-z]{0,32}){0,32}": "1,024 times, nested",
    "root ::= (((a{9}){9}){9}){9}": "nested",
    "root ::= " + "(" * 40 + "a" + ")" * 40: "33 deep",
    "root ::= " + "a " * 20_001: "too long",
    "root ::= (" + "a " * 200 + "){200}": "too long",
    'root ::= "' + "a" * 200_000 + '"': "characters",
    'root ::= "\0"': "NUL",
}


@pytest.mark.parametrize("grammar", FINE)
def test_ordinary_grammars_pass(grammar: str) -> None:
    check_bounds(grammar)


@pytest.mark.parametrize("grammar", REFUSED, ids=lambda g: g[:30].replace("\0", "NUL"))
def test_dangerous_ones_are_refused(grammar: str) -> None:
    with pytest.raises(InvalidGrammar, match=REFUSED[grammar]):
        check_bounds(grammar)


@given(st.text(alphabet='ab"\\[](){}|*+?,:=-#\n 019', max_size=200))
def test_any_text_is_refused_by_name_or_passes(text: str) -> None:
    with contextlib.suppress(InvalidGrammar):
        check_bounds(text)
