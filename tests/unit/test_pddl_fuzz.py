"""Damaged PDDL files, and texts that never were PDDL: understood or refused, never a crash."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.errors import DomainError
from astraweave_ai.pddl import solve
from astraweave_ai.pddl.domain import parse_domain
from astraweave_ai.pddl.reader import Source
from tests.reference.plan_checker import check

FOLDER = Path(__file__).resolve().parents[1] / "pddl"


def tokens_of(text: str) -> list[str]:
    return re.findall(r"[()]|[^\s()]+", re.sub(r";.*", "", text))


def committed(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


TEXTS = {"domain": committed("courier/domain.pddl"), "problem": committed("courier/two.pddl")}
WORDS = sorted(set(tokens_of("".join(TEXTS.values()))))


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, str]:
    """The courier's files, one of which has tokens left out, doubled, exchanged or replaced."""
    name = draw(st.sampled_from(sorted(TEXTS)))
    tokens = tokens_of(TEXTS[name])
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(tokens) - 1))
        other = draw(st.sampled_from(WORDS))
        change = [[], [tokens[place]] * 2, [other], [tokens[place], other], [f"({other})"]]
        tokens[place : place + 1] = draw(st.sampled_from(change))
    return TEXTS | {name: " ".join(tokens)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@given(texts=damaged())
def test_damaged_files_are_solved_or_refused(folder: Path, texts: dict[str, str]) -> None:
    paths = [folder / name for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    refused = answer = None
    try:
        answer = solve(*map(str, paths), fast=True, seconds=10)
    except DomainError as error:
        refused = str(error)
    if refused:
        assert any(re.match(rf"{re.escape(str(path))}:\d+: .", refused) for path in paths)
        assert "\n" not in refused
    elif answer and answer.status == "solved":
        assert answer.cost == check(*texts.values(), answer.plan)


@given(st.text() | st.text("()-?:;ab= \n", min_size=1))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(DomainError, match=r"d\.pddl:\d+: "):
        parse_domain(Source("d.pddl", text))
