"""Text out of tokens: split anywhere, it comes out whole, and never beyond a stop text."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.llm.speech import Speech

WORDS = st.text(alphabet="ab\nÄ世🙂", max_size=30)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(places)]


def say(parts: list[bytes], stop: tuple[str, ...]) -> tuple[str, list[str]]:
    speech = Speech(stop)
    said = [speech.feed(part) for part in parts]
    said.append(speech.feed(b"", last=True))
    assert "".join(said) == speech.text
    return speech.text, said


@given(
    WORDS,
    st.lists(st.integers(0, 60)),
    st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3),
)
def test_any_split_gives_the_text_up_to_the_first_stop(
    text: str, cuts: list[int], stop: list[str]
) -> None:
    whole, said = say(pieces(text.encode(), cuts), tuple(stop))
    ends = [text.find(each) for each in stop if each in text]
    if not ends:
        assert whole == text
    else:
        # Which of two stop texts comes first may depend on how the text was split.
        assert text.startswith(whole)
        assert any(text[len(whole) :].startswith(each) for each in stop)
    assert "\ufffd" not in "".join(said)


@given(st.binary(max_size=40), st.lists(st.integers(0, 40)))
def test_bytes_that_are_no_text_are_replaced(data: bytes, cuts: list[int]) -> None:
    assert say(pieces(data, cuts), ())[0] == data.decode("utf-8", "replace")


def test_half_a_character_is_held_back() -> None:
    speech = Speech()
    assert [speech.feed(bytes([byte])) for byte in "世!".encode()] == ["", "", "世", "!"]


def test_a_tail_that_may_become_a_stop_text_is_held_back() -> None:
    speech = Speech(("\nUser:",))
    assert speech.feed(b"yes\nUse") == "yes"
    assert speech.feed(b"ful") == "\nUseful"
    assert speech.feed(b"\nUser: no") == ""
    assert speech.stopped
    assert speech.feed(b"more") == ""


def test_an_empty_stop_text_stops_nothing() -> None:
    assert say([b"abc"], ("",))[0] == "abc"
