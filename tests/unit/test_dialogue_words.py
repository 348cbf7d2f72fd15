"""What sentences mean: errands, matches among candidates, and honest failure to understand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_ai.dialogue.errand import KINDS, SPEAKER, Errand, Lexicon, complete, hear
from astraweave_ai.dialogue.words import calls, closest, content, plain, stem, tokens

LEXICON = Lexicon(
    things={"oak crate": ("oak crate", "crate"), "blue crate": ("blue crate",), "sack": ("sack",)},
    places={"gate": ("gate",), "well": ("well", "fountain"), "old mill": ("old mill", "mill")},
    people={"Mara": ("Mara", "baker"), "Odo": ("Odo",)},
)
ASKED = (
    ("bring the crate to the gate", Errand("bring", "oak crate", "gate")),
    ("Bran, could you please bring the blue crate to the well?",
     Errand("bring", "blue crate", "well")),
    ("Please carry a sack over to the old mill!", Errand("bring", "sack", "old mill")),
    ("I want you to take the crates to the baker", Errand("bring", "oak crate", "Mara")),
    ("fetch me the sack", Errand("bring", "sack", SPEAKER)),
    ("guard the well", Errand("guard", "", "well")),
    ("Would you keep an eye on the crate?", Errand("guard", "", "oak crate")),
    ("stand guard by the fountain", Errand("guard", "", "well")),
    ("follow me", Errand("follow", "", SPEAKER)),
    ("come with Odo", Errand("follow", "", "Odo")),
    ("Go to Mara.", Errand("go", "", "Mara")),
    ("come here", Errand("go", "", SPEAKER)),
    ("wait", Errand("stay")),
    ("Never mind.", Errand("stop")),
    ("Good morning. Bring the sack to the gate and then rest.", Errand("bring", "sack", "gate")),
    ("Don't bring the crate, bring the sack to the gate", Errand("bring", "sack", "gate")),
    ("BRING THE CRÂTE TO THE GATE", Errand("bring", "oak crate", "gate")),
)  # fmt: skip
NOT_ASKED = (
    "",
    "Who guards the well?",
    "Where is the crate?",
    "Did you bring the crate to the gate?",
    "Odo told me to bring the crate to the gate",
    "Do not bring the crate to the gate",
    "you must never guard the well",
    "I would like to go to the well",
    "The crate is at the gate.",
    "Nice weather",
    "bringing crates to gates is hard",
)


@pytest.mark.parametrize(("text", "errand"), ASKED, ids=[one[0] for one in ASKED])
def test_what_asks_for_something_is_heard(text: str, errand: Errand) -> None:
    heard = hear(text, LEXICON, "Bran")
    assert heard is not None
    assert heard.errand == errand
    assert not heard.missing


@pytest.mark.parametrize("text", NOT_ASKED)
def test_what_asks_for_nothing_is_not_heard(text: str) -> None:
    assert hear(text, LEXICON, "Bran") is None


def test_what_is_missing_is_told_and_can_be_said_later() -> None:
    heard = hear("bring the crate", LEXICON)
    assert heard is not None
    assert (heard.missing, heard.errand.thing) == ("where", "oak crate")
    assert complete(heard.errand, "where", "by the weather", LEXICON) is None
    done = complete(heard.errand, "where", "to the well", LEXICON)
    assert done is not None
    assert done.errand == Errand("bring", "oak crate", "well")
    nothing = hear("carry something to the gate", LEXICON)
    assert nothing is not None
    assert nothing.missing == "thing"


@settings(max_examples=40)
@given(st.text(max_size=600))
def test_any_text_is_heard_or_not(text: str) -> None:
    heard = hear(text, LEXICON, "Bran")
    assert heard is None or heard.errand.kind in KINDS
    assert all((word.isalnum() and word.islower()) or word.isdigit() for word in tokens(text))


_ORDERS = st.sampled_from(["the", "a", "crate", "gate", "now", "well", "sack", "quickly", "by"])


@settings(max_examples=40)
@given(st.sampled_from(["not", "never", "don't"]), st.lists(_ORDERS, max_size=6), st.integers(0, 6))
def test_a_denial_is_never_an_order(denial: str, words: list[str], at: int) -> None:
    words.insert(at, denial)
    assert hear(f"please bring {' '.join(words)}", LEXICON) is None


def test_errands_in_words() -> None:
    told = str(Errand("bring", "oak crate", "gate")), Errand("guard", "", "well").doing
    assert told == ("bring the oak crate to the gate", "guards the well")
    assert Errand("go", "", "Mara").doing == "goes to Mara"


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
