"""Words of sentences: who is called, and what is meant among a few things that can be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_ai.dialogue.words import calls, closest, content, plain, stem


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("Bran, bring it", {"Bran"}),
        ("good morning Bran!", {"Bran"}),
        ("guard the well, Farmhand 2.", {"Farmhand 2"}),
        ("Farmhand 2: guard the well", {"Farmhand 2"}),
        ("follow Bran", set()),
        ("is Bran there", set()),
        ("", set()),
    ],
)
def test_who_is_called(text: str, called: set[str]) -> None:
    assert {name for name in ("Bran", "Farmhand 1", "Farmhand 2") if calls(text, name)} == called


# -- matching --------------------------------------------------------------------------------------

CANDIDATES = (("Have you any bread left?", "loaf"), ("How is the well?",), ("Is the bread dear?",))


@pytest.mark.parametrize(
    ("said", "chosen", "tied"),
    [
        ("a loaf please", 0, ()),
        ("what about the well", 1, ()),
        ("bread", None, (0, 2)),
        ("is bread dear today", 2, ()),
        ("the weather", None, ()),
        ("", None, ()),
        ("how is it", None, ()),  # stop words alone mean nothing
    ],
)
def test_the_closest_is_found_or_it_is_said_that_none_is(
    said: str, chosen: int | None, tied: tuple[int, ...]
) -> None:
    match = closest(said, CANDIDATES)
    assert (match.chosen, match.tied) == (chosen, tied)


_WORDS = st.sampled_from(["red", "blue", "hat", "coat", "cold", "rain"])


@settings(max_examples=40)
@given(st.lists(st.lists(_WORDS, min_size=1, max_size=4), max_size=6))
def test_a_candidate_said_in_full_is_among_the_best(candidates: list[list[str]]) -> None:
    texts = [(" ".join(words),) for words in candidates]
    for number, (text,) in enumerate(texts):
        match = closest(text, texts)
        best = {match.chosen} if match.chosen is not None else set(match.tied)
        wider = [n for n, (other,) in enumerate(texts) if content(other) > content(text)]
        assert number in best or best & set(wider)


def test_stems_and_plain_lines() -> None:
    assert [stem(w) for w in ("crates", "boxes", "berries", "glass", "gas", "noses")] == [
        "crate", "box", "berry", "glass", "gas", "nose",
    ]  # fmt: skip
    assert plain("a\x00b\u202ec\n d") == "a b c d"
    assert plain("x" * 600, 10) == "x" * 9 + "…"
