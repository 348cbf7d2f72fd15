"""The mock keeps the promises that every language model makes to the engine."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.errors import (
    Cancelled,
    ContextOverflow,
    InvalidJson,
    LlmError,
    ModelCrashed,
    QueueFull,
    Timeout,
)
from astraweave_ai.llm.mock import MockModel
from astraweave_ai.llm.model import Message, Priority, Request, Result


def ask(text: str = "hello", **more: object) -> Request:
    return Request(messages=(Message("user", text),), **more)  # type: ignore[arg-type]


def echo(request: Request, random: Random) -> str:
    return request.messages[-1].content


def run(model: MockModel, polls: int = 1000) -> list[Result]:
    return [result for _ in range(polls) for result in model.poll()]


@given(
    st.lists(st.tuples(st.sampled_from(Priority), st.text(max_size=99), st.floats(0.02, 2))),
    st.integers(1, 5),
)
def test_every_request_ends_once_and_in_order(
    asked: list[tuple[Priority, str, float]], parallel: int
) -> None:
    model = MockModel(echo, parallel=parallel, failing=0.1, pace=1)
    requests = [ask(text, priority=p, deadline=d) for p, text, d in asked]
    tickets = [model.submit(request) for request in requests]
    results = run(model)
    assert sorted(result.ticket for result in results) == tickets
    assert all((result.answer is None) != (result.error is None) for result in results)
    starts = [
        (requests[r.ticket - 1].priority, r.ticket, r.answer.waited) for r in results if r.answer
    ]
    for priority, ticket, waited in starts:
        for other, later, started in starts:
            assert (priority, ticket) >= (other, later) or waited <= started
    for result in results:
        if result.answer is not None:
            assert result.answer.text == requests[result.ticket - 1].messages[0].content


def test_the_same_seed_says_the_same() -> None:
    texts = []
    for seed in (1, 1, 2):
        model = MockModel(seed=seed, failing=0.3)
        for number in range(30):
            model.submit(ask(str(number)))
        texts.append([(r.ticket, r.answer, type(r.error)) for r in run(model)])
    assert texts[0] == texts[1] != texts[2]


def test_failing_requests_are_a_seeded_share() -> None:
    model = MockModel(failing=0.15, queue=600)
    for number in range(600):
        model.submit(ask(str(number), deadline=1000.0))
    crashed = sum(isinstance(r.error, ModelCrashed) for r in run(model))
    assert 60 < crashed < 120


def test_answers_come_piece_by_piece_and_never_in_half_characters() -> None:
    model = MockModel(echo, pace=1)
    text = "Grüße, 世界! " * 3
    ticket = model.submit(ask(text))
    seen = [model.partial(ticket)]
    while not (results := model.poll()):
        seen.append(model.partial(ticket))
    assert results[0].answer is not None
    assert results[0].answer.text == text
    assert len(seen) > 5
    assert all(text.startswith(piece) for piece in seen)
    assert model.partial(ticket) == ""


def test_limits() -> None:
    model = MockModel(echo, queue=2, parallel=1, context=100)
    with pytest.raises(ContextOverflow, match="100"):
        model.submit(ask("x" * 320, max_tokens=21))
    model.submit(ask("x" * 320, max_tokens=20))
    model.submit(ask("y", max_tokens=20))
    with pytest.raises(QueueFull, match="2 requests"):
        model.submit(ask("z", max_tokens=20))
    assert len(run(model)) == 2
    model.submit(ask("z", max_tokens=20))


def only(results: list[Result]) -> Result:
    (result,) = results
    return result


def test_stop_texts_and_max_tokens_end_an_answer() -> None:
    model = MockModel(echo)
    model.submit(ask("one, two. three", stop=(".", ",")))
    answer = only(run(model)).answer
    assert answer is not None
    assert (answer.text, answer.finish) == ("one", "stop")
    model.submit(ask("abcdefghijk", max_tokens=2))
    answer = only(run(model)).answer
    assert answer is not None
    assert (answer.text, answer.finish, answer.tokens) == ("abcdefgh", "length", 2)


def test_errors() -> None:
    model = MockModel(lambda request, random: InvalidJson("as scripted"), pace=1)
    model.submit(ask())
    assert isinstance(only(run(model)).error, InvalidJson)
    model = MockModel(echo, pace=1, period=0.1)
    slow = model.submit(ask("x" * 400, deadline=0.5, max_tokens=100))
    given_up = model.submit(ask())
    model.cancel(given_up)
    model.cancel(given_up)  # twice is harmless
    errors: dict[int, LlmError | None] = {r.ticket: r.error for r in run(model)}
    assert isinstance(errors[slow], Timeout)
    assert isinstance(errors[given_up], Cancelled)
    model.submit(ask())
    model.close()
    assert isinstance(only(run(model)).error, Cancelled)
