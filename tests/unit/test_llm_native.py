"""llama.cpp itself, on a tiny model in this process: what batching relies on."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_ai.llm.native import Native
from astraweave_ai.llm.wire import Options
from astraweave_ai.llm.work import ABORTED, DONE, Row
from tests.tiny_gguf import tiny_gguf

BATCH = 32
PROMPT = [1, *(300 + n * 7 % 90 for n in range(60))]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Native:
    path = tiny_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf")
    return Native(str(path), Options(context=512, batch=BATCH, niceness=0))


@pytest.fixture
def model(opened: Native) -> Iterator[Native]:
    """The shared one, with an empty memory."""
    for sequence in range(opened.sequences):
        opened.trim(sequence, 0)
    return opened


def rows(tokens: list[int], start: int, sequence: int = 0) -> list[Row]:
    last = start + len(tokens) - 1
    return [Row(sequence, start + n, t, start + n == last) for n, t in enumerate(tokens)]


def never() -> bool:
    return False


def compute(model: Native, tokens: list[int], sequence: int = 0, start: int = 0) -> np.ndarray:
    """Logits after tokens, in parts of a batch."""
    for place in range(0, len(tokens), BATCH):
        part = tokens[place : place + BATCH]
        assert model.decode(rows(part, start + place, sequence), never) == DONE
    return model._logits(len(part) - 1).copy()


def test_more_rows_than_a_batch_never_reach_llama_cpp(model: Native) -> None:
    for count in (0, BATCH + 1):
        with pytest.raises(ValueError, match=f"{count} tokens"):
            model.decode(rows([1] * count, 0), never)


def test_the_same_batch_twice_has_the_same_bits(model: Native) -> None:
    first = compute(model, PROMPT)
    model.trim(0, 0)
    assert np.array_equal(compute(model, PROMPT), first)


def test_batched_and_single_are_close_but_perhaps_not_equal(model: Native) -> None:
    alone = compute(model, PROMPT[:20])
    model.trim(0, 0)
    two = [r for s in (0, 1) for r in rows(PROMPT[:16], 0, s)]
    assert model.decode(two, never) == DONE
    assert model.decode([*rows(PROMPT[16:20], 16, 0), *rows(PROMPT[16:20], 16, 1)], never) == DONE
    assert np.allclose(model._logits(3), alone, atol=0.05)
    assert np.allclose(model._logits(7), alone, atol=0.05)


def test_a_shared_beginning_is_as_good_as_a_computed_one(model: Native) -> None:
    whole = compute(model, PROMPT)
    model.copy(0, 1, 50)
    assert np.allclose(compute(model, PROMPT[50:], 1, 50), whole, atol=0.05)
    model.trim(0, 0)  # the shared cells live on
    assert np.allclose(
        compute(model, [5], 1, len(PROMPT)), compute(model, [*PROMPT, 5], 2), atol=0.05
    )


def test_an_aborted_step_can_be_forgotten_and_done_again(model: Native) -> None:
    whole = compute(model, PROMPT)
    for calls_before in (0, 3, 10):
        model.trim(0, 0)
        assert model.decode(rows(PROMPT[:BATCH], 0), never) == DONE
        left = [calls_before]

        def abort(left: list[int] = left) -> bool:
            left[0] -= 1
            return left[0] < 0

        assert model.decode(rows(PROMPT[BATCH:], BATCH), abort) == ABORTED
        assert model.trim(0, BATCH)
        again = compute(model, PROMPT[BATCH:], 0, BATCH)
        assert np.allclose(again, whole, atol=0.05)


def test_a_sampler_keeps_to_its_grammar_token_by_token(model: Native) -> None:
    sampler = model.sampler('root ::= "ab" [0-9]{2} "é"', 1.0, 7)
    text, token, place = b"", 1, 0
    while True:
        assert model.decode([Row(0, place, token, True)], never) == DONE
        chosen = model.choose(sampler, 0)
        assert chosen is not None
        if model.ends(chosen):
            break
        text, token, place = text + model.piece(chosen), chosen, place + 1
    sampler.free()
    assert text.decode()[:2] == "ab"
    assert text.decode()[2:4].isdigit()
    assert text.decode()[4:] == "é"


def test_control_tokens_are_read_only_where_that_is_wanted(model: Native) -> None:
    assert set(model.special()) >= {"<s>", "</s>"}
    end = model.special()["</s>"]
    assert model.ends(end)
    assert model.piece(end) == b""
    assert end in model.tokens("a</s>", False, True)
    assert end not in model.tokens("a</s>", False, False)


@settings(max_examples=60)
@given(st.text(max_size=40))
def test_any_text_survives_its_tokens(opened: Native, text: str) -> None:
    said = b"".join(opened.piece(token) for token in opened.tokens(text, False, False))
    assert said.decode("utf-8") in (text, " " + text)
