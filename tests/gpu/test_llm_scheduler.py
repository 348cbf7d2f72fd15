"""Answers of a model take effect at ticks, as commands: a replay needs no model."""

from random import Random
from typing import Any

import pytest

from astraweave import Context, Gpu, Position, Recorder, Velocity, World, replay
from astraweave.errors import SystemExecutionFailed
from astraweave_ai.errors import Cancelled, ContextOverflow, LlmError, QueueFull, Timeout
from astraweave_ai.llm.mock import MockModel
from astraweave_ai.llm.model import LanguageModel, Message, Request, Result
from astraweave_ai.llm.scheduler import LlmScheduler, Question
from tests.integration.support import drifting


def ask(text: str, **more: Any) -> Request:
    return Request(messages=(Message("user", text),), **more)


def number(request: Request, random: Random) -> str:
    return str(random.randrange(100))


class Unplugged:
    """A model that must not be asked."""

    name = "unplugged"

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} of a model that is unplugged")


def scene(gpu: Gpu, model: LanguageModel) -> tuple[World, list[Question]]:
    """Every sixth tick somebody asks, and the answer pushes an entity."""
    world = drifting(gpu, 16)
    scheduler = LlmScheduler(world, model, writes=(Velocity,))
    questions: list[Question] = []

    @world.system("ai_planning", reads=(Position,))
    def think(context: Context) -> None:
        if context.tick % 6 == 2:
            who = context.percept.handles(Position)[context.tick % 5]

            def push(later: Context, result: Result) -> None:
                assert result.answer is not None
                later.set(who, Velocity((int(result.answer.text) / 50, 0, 0)))

            questions.append(scheduler.ask(ask(f"how far at {context.tick}?"), push))

    return world, questions


def test_answers_are_commands_and_a_replay_needs_no_model(gpu: Gpu) -> None:
    world, questions = scene(gpu, MockModel(number, seed=5, pace=1))
    still, _ = scene(gpu, MockModel(lambda request, random: "0", pace=1))
    recorder = Recorder(world, "scene", {})
    world.step(60)
    still.step(60)
    recording = recorder.finish()
    ended = [question for question in questions if question.result is not None]
    assert len(ended) >= 8
    assert world.checksum().hex != still.checksum().hex
    again, asked = scene(gpu, Unplugged())
    assert replay(recording, again).hex == world.checksum().hex
    assert asked == []


def test_the_ticks_in_which_answers_apply_are_told(gpu: Gpu) -> None:
    world, questions = scene(gpu, MockModel(number, pace=1))
    world.step(30)
    first = questions[0]
    assert first.result is not None
    assert first.asked is not None
    assert first.ended is not None
    assert first.asked < first.ended
    assert first.partial == first.result.answer.text if first.result.answer else False


def test_all_that_goes_wrong_comes_as_a_result(gpu: Gpu) -> None:
    world = drifting(gpu, 4)
    model = MockModel(number, queue=1, parallel=1, context=100, period=0.1)
    scheduler = LlmScheduler(world, model)
    seen: list[tuple[str, int]] = []

    def told(name: str) -> Any:
        return lambda context, result: seen.append((name, context.tick))

    questions = {
        "too long": scheduler.ask(ask("x" * 1000, max_tokens=10), told("too long")),
        "slow": scheduler.ask(ask("?", max_tokens=10, deadline=0.05), told("slow")),
        "too many": scheduler.ask(ask("?", max_tokens=10), told("too many")),
        "given up": scheduler.ask(ask("?", max_tokens=10), told("given up")),
    }
    questions["given up"].cancel()
    assert scheduler.open == 4
    assert questions["slow"].partial == ""
    world.step(8)
    errors: dict[str, LlmError | None] = {
        name: question.result.error if question.result else None
        for name, question in questions.items()
    }
    kinds = {"too long": ContextOverflow, "slow": Timeout, "too many": QueueFull}
    for name, kind in {**kinds, "given up": Cancelled}.items():
        assert isinstance(errors[name], kind), (name, errors[name])
    assert scheduler.open == 0
    assert [name for name, _ in seen] == ["too long", "too many", "given up", "slow"]


def test_a_question_can_be_given_up_on_its_way(gpu: Gpu) -> None:
    world = drifting(gpu, 4)
    scheduler = LlmScheduler(world, MockModel(lambda request, random: "word " * 50, pace=1))
    question = scheduler.ask(ask("?"))
    world.step(5)
    assert question.result is None
    assert question.partial.startswith("word")
    question.cancel()
    world.step(2)
    assert question.result is not None
    assert isinstance(question.result.error, Cancelled)


@pytest.mark.parametrize("size", [1, 1000], ids=["answered", "refused"])
def test_a_callback_that_raises_costs_no_other_its_result(gpu: Gpu, size: int) -> None:
    """Also not the commands of those that were called before it; its own are dropped."""
    world = drifting(gpu, 4)
    handles = world.select(Position)
    scheduler = LlmScheduler(world, MockModel(number, context=100), writes=(Velocity,))
    called: list[int] = []

    def then(who: int) -> Any:
        def push(context: Context, result: Result) -> None:
            called.append(who)
            context.set(handles[who], Velocity((0.0, 0.0, 1.0 + who)))
            if who == 1:
                raise ValueError("a mistake of the game's")

        return push

    questions = [scheduler.ask(ask("x" * size, max_tokens=10), then(who)) for who in range(4)]
    before = world.read(Velocity, handles)[1][2]
    with pytest.raises(SystemExecutionFailed, match="a mistake of the game's") as caught:
        world.step(20)
    assert isinstance(caught.value.__cause__, ValueError)
    world.step(20)
    assert called == [0, 1, 2, 3]
    assert all(question.result is not None for question in questions)
    assert scheduler.open == 0
    speeds = world.read(Velocity, handles)
    assert [speeds[who][2] for who in (0, 2, 3)] == [1.0, 3.0, 4.0]
    assert speeds[1][2] == before
