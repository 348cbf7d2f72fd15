"""The village: what is said there comes true, and a replay needs neither minds nor a model."""

import json
import threading
from pathlib import Path
from random import Random
from typing import Any

import pytest

import examples.villager as example
from astraweave import Gpu, Recorder, Recording, View, World, replay
from astraweave.app.scene import scene_names
from astraweave.cli import main
from astraweave.errors import UsageError
from astraweave.paths import EXAMPLES
from astraweave_ai.carry import Carried
from astraweave_ai.errors import MindError
from astraweave_ai.llm.model import Answer, Result
from tests.talking import spoken
from tests.tiny_gguf import tiny_gguf

SCENE = example.villager
ASKED = "Bran, bring the crate to the gate | Odo, guard the well | Tilda, what helps my throat?"


def notes(view: View) -> dict[str, str]:
    assert view.notes is not None
    return dict(view.notes())


def test_the_village_does_what_it_is_asked_and_tells_whose_words_it_heard(
    gpu: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bran begins near the crate, and both near the gate, so that the ways are short."""
    monkeypatch.setitem(example.MAP["things"]["blue crate"], "at", [28.6, 11.4])
    monkeypatch.setitem(example.MAP["villagers"][1], "at", [27.0, 11.0])
    world, view = SCENE.make(gpu, options={"say": ASKED})
    while "blue crate at the gate" not in notes(view)["things"] and world.tick < 500:
        world.step(20)
    world.step(10)
    told = notes(view)
    assert told["answers"] == "graph and GOAP; no model"
    lines = [line.split(maxsplit=1)[1] for line in told["said"].splitlines()]
    assert lines == [
        "Traveller to Bran: Bran, bring the crate to the gate",
        "Bran [graph]: Aye.",
        "Traveller to Odo: Odo, guard the well",
        "Odo [graph]: It is my duty.",
        "Traveller to Tilda: Tilda, what helps my throat?",
        "Tilda [graph]: Sage helps the throat.",
        "Bran [GOAP]: Done.",
    ]
    assert len(told["deeds"].splitlines()) == 3
    assert label(view, 2) == "Odo: “It is my duty.”"
    assert label(view, 5).startswith("You: “Tilda, what")
    assert (world.read(Carried, world.select(Carried))["by"] == 0xFFFFFFFF).sum() >= 2


def label(view: View, row: int) -> str:
    assert view.labels is not None
    return view.labels().texts(row) if row < len(view.labels().places) else ""


# -- replay without a model ------------------------------------------------------------------------


class Whenever:
    """A model that answers from a thread of its own, after a time that nobody knows before."""

    name = "whenever"

    def __init__(self) -> None:
        self._random, self._lock = Random(), threading.Lock()
        self._results: list[Result] = []
        self.asked = 0

    def submit(self, request: Any) -> int:
        self.asked += 1
        names = json.loads(request.messages[1].content)["situation"]["things"]
        call = {
            "act": "bring",
            "thing": sorted(names)[0],
            "where": self._random.choice(["inn", "well"]),
        }
        answer = Answer(
            text=spoken("So be it.", call),
            finish="stop",
            prompt_tokens=1,
            reused_tokens=0,
            tokens=1,
        )
        timer = threading.Timer(self._random.uniform(0, 0.2), self._end, (self.asked, answer))
        timer.daemon = True
        timer.start()
        return self.asked

    def _end(self, ticket: int, answer: Answer) -> None:
        with self._lock:
            self._results.append(Result(ticket, answer))

    def poll(self) -> list[Result]:
        with self._lock:
            done, self._results = self._results, []
        return done

    def partial(self, ticket: int) -> str:
        return '{"say": "So b'

    def cancel(self, ticket: int) -> None:
        raise AssertionError("nothing is given up here")

    def close(self) -> None:
        """Nothing to end."""


def unplugged(name: str) -> Any:
    raise AssertionError(f"a replay asked for model {name}")


def recorded(gpu: Gpu, ticks: int, options: dict[str, Any]) -> tuple[Recording, World, View]:
    world, view = SCENE.make(gpu, options=options)
    recorder = Recorder(world, "villager", {"entities": 6, **options})
    world.step(ticks)
    return recorder.finish(), world, view


def check_replay(gpu: Gpu, recording: Recording, world: World, options: dict[str, Any]) -> None:
    again, view = SCENE.make(gpu, options=options)
    assert replay(recording, again).hex == world.checksum().hex  # and that of every tick before
    assert notes(view)["said"] == ""


def test_a_recorded_talk_replays_with_the_model_unplugged(
    gpu: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Whenever()
    monkeypatch.setattr(example, "open_model", lambda name: model)
    options = {"say": "Wim, would you? | Bran, and you?", "model": "whenever"}
    recording, world, view = recorded(gpu, 150, options)
    assert model.asked == 2
    assert notes(view)["said"].count("[model whenever]: So be it.") == 2
    assert "yes, GOAP" in notes(view)["deeds"]
    assert len(recording.commands) > 10
    monkeypatch.setattr(example, "open_model", unplugged)
    check_replay(gpu, recording, world, options)


def test_a_real_model_that_talks_nonsense_can_be_replayed_too(
    gpu: Gpu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random weights under the grammar: whatever comes, the world takes no harm."""
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    file = str(tiny_gguf(tmp_path / "tiny.gguf", context=4096))
    options = {"say": "Mara, good day", "model": file}
    world, view = SCENE.make(gpu, options=options)
    recorder = Recorder(world, "villager", {"entities": 6, **options})
    while len(notes(view)["said"].splitlines()) < 2 and world.tick < 1500:
        world.step(10)
    recording = recorder.finish()
    told = notes(view)
    assert told["said"].count("[model tiny]") + ("trouble" in told) > 0, told
    monkeypatch.setattr(example, "open_model", unplugged)
    check_replay(gpu, recording, world, options)


def test_threads_and_order_in_memory_change_nothing(gpu: Gpu) -> None:
    options = {"say": "Bran, bring the crate to the gate"}
    world, _ = SCENE.make(gpu, options=options)
    world.step(48)
    other, _ = SCENE.make(gpu, threads=4, options=options)
    while other.tick < 48:
        other.shuffle(other.tick)
        other.step(6)
    assert other.checksum().hex == world.checksum().hex


# -- the scene -------------------------------------------------------------------------------------


def test_more_villagers_have_names_of_their_own(gpu: Gpu) -> None:
    world, view = SCENE.make(gpu, entities=10)
    world.step(4)
    texts = [label(view, row) for row in range(9)]
    assert texts[0] == "Mara: kneads dough"
    assert texts[5].startswith("Farmhand 1: ")
    assert texts[8].startswith("Farmhand 4: ")
    assert view.conversation is not None
    view.conversation.say("Farmhand 2, how are the fields?")
    world.step(2)
    lines = view.conversation.lines()
    assert [(line.who, line.source, line.ours) for line in lines] == [
        ("Traveller to Farmhand 2", "", True),
        ("Farmhand 2", "graph", False),
    ]
    assert lines[1].text == "Green, and more of it than yesterday."


def test_mistakes_in_options_are_told(gpu: Gpu) -> None:
    with pytest.raises(MindError, match="nobody is called 'Zoe'; there is Mara, Bran"):
        SCENE.make(gpu, options={"say": "hello", "to": "Zoe"})
    with pytest.raises(UsageError, match="no option 'tell'"):
        SCENE.make(gpu, options={"tell": "x"})


def test_without_the_model_that_was_named_graphs_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """So that a recording can be replayed where the model is not."""
    run = ["run", "villager", "--headless", "--ticks", "40", "--model", "no-such-model"]
    assert main([*run, "--say", "Bran, guard the well"]) == 0
    printed = capsys.readouterr().out
    assert "there is no model 'no-such-model'" in printed
    assert "Bran [graph]: Aye." in printed


def test_the_options_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "villager", "--help"])
    printed = " ".join(capsys.readouterr().out.split())
    for told in ("what you say", "whom all of --say is for", "a language model that answers"):
        assert told in printed


def test_a_headless_run_prints_the_talk(capsys: pytest.CaptureFixture[str]) -> None:
    run = ["run", "villager", "--headless", "--ticks", "60", "--model", "mock"]
    assert main([*run, "--to", "Mara", "--say", "Good morning"]) == 0
    printed = capsys.readouterr().out
    assert "answers   graph and GOAP, after model mock" in printed
    assert "Traveller to Mara: Good morning" in printed
    assert "Mara [model mock]: " in printed


def test_the_data_are_in_a_wheel() -> None:
    """Every file that the example reads is under examples/, which a wheel carries whole."""
    assert example.FILES.parent == EXAMPLES
    assert len(list(example.FILES.glob("*.toml"))) == 13
    assert "villager" in scene_names()
    assert "village" not in scene_names()
