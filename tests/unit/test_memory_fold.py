"""Folding texts: nothing is made up, and nothing that there is room for is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_rag.fold import fold

NAMES = ["Bram", "Cole", "Dunn", "Edda"]
sales = st.builds(
    "Ada sold {} loaves to {}.".format, st.integers(1, 9), st.sampled_from(NAMES)
)  # fmt: skip
WORDS = "wolf gate dawn the a ran 3 11 sea, cold."
words = st.lists(
    st.sampled_from(WORDS.split()),
    max_size=7,
)


@pytest.mark.parametrize(
    ("texts", "folded"),
    [
        (["A wolf came."], "A wolf came."),
        (["A wolf came.", "A wolf came."], "A wolf came."),
        (["A wolf came.", "A bear came."], "A bear, wolf came."),
        (
            ["Ada sold 2 pies to Bram.", "Ada sold 3 pies to Bram.", "Ada sold 9 pies to Cole."],
            "Ada sold 2–9 pies to Bram (2), Cole.",
        ),
        (["It rained.", "The dog barked."], "It rained. The dog barked."),
        (["He ran home at noon.", "He ran home."], "He ran home at noon (1 of 2)."),
        ([""], ""),
    ],
)  # fmt: skip
def test_examples(texts: list[str], folded: str) -> None:
    assert fold(texts) == folded


@given(st.lists(sales, min_size=1, max_size=30))
def test_who_and_how_many_stay(texts: list[str]) -> None:
    told = fold(texts)
    for name in {text.split()[-1].strip(".") for text in texts}:
        assert name in told
    numbers = sorted({int(text.split()[2]) for text in texts})
    for edge in (numbers[0], numbers[-1]):
        assert str(edge) in told
    assert told.startswith("Ada sold ")


@settings(max_examples=60)
@given(words.map(" ".join), st.integers(1, 5))
def test_a_text_again_says_nothing_new(text: str, times: int) -> None:
    assert fold([text] * times) == fold([text])


@pytest.mark.parametrize(
    ("texts", "folded"),
    [
        (
            ["Bram paid the miller."] * 4 + ["Bram never paid the miller."],
            "Bram paid the miller. (4 times) Bram never paid the miller.",
        ),
        (["Bram didn’t pay.", "Bram did pay."], "Bram didn’t pay. Bram did pay."),
        (
            ["Bram let Cole through the gate."] * 3
            + ["Bram let Cole through the gate and was hanged for it."],
            "Bram let Cole through the gate and was hanged for it (1 of 4).",
        ),
        (
            ["Ada gave Cole 3 coins.", "Cole gave Ada 3 coins.", "Ada gave Cole 3 coins."],
            "Ada gave Cole 3 coins. (2 times) Cole gave Ada 3 coins.",
        ),
        (
            ["He saw the cat, not the dog.", "He saw the dog, not the cat."],
            "He saw the cat, not the dog. He saw the dog, not the cat.",
        ),
    ],
)
def test_nothing_is_told_that_never_happened(texts: list[str], folded: str) -> None:
    assert fold(texts) == folded


def test_it_can_be_told_how_often() -> None:
    assert fold(["It rained."] * 3, counted=True) == "It rained. (3 times)"
    assert fold(["It rained.", "A dog barked."], counted=True) == "It rained. A dog barked."


def test_what_is_left_out_is_counted() -> None:
    told = fold([f"Ada saw {name}." for name in "abcdefgh"], shown=3)
    assert told == "Ada saw a, b, c, 5 others."
    told = fold([f"{name * 3} {name * 4}." for name in "abcde"], shapes=2)
    assert told == "aaa aaaa. bbb bbbb. And 3 more."
