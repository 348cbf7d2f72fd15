"""The keeper fetches the book that answers, quotes it, and knows on the second day who asked."""

from pathlib import Path

import pytest

from astraweave import Gpu, Recorder, View, World, replay
from astraweave.app.scene import load_scene
from astraweave.errors import UsageError
from astraweave_ai.dialogue.guestbook import Guestbook
from astraweave_rag import Store
from astraweave_rag.memory import Memory
from examples.lore_keeper import NAMES, PLAYER, open_store

pytestmark = pytest.mark.gpu


def make(gpu: Gpu, **options: object) -> tuple[World, View]:
    return load_scene("lore_keeper").make(gpu, options=options)


def notes(view: View) -> dict[str, str]:
    assert view.notes is not None
    return dict(view.notes())


def spoken(gpu: Gpu, until: str, **options: object) -> dict[str, str]:
    """What was said once the keeper has said something with these words in it."""
    world, view = make(gpu, **options)
    while world.tick < 900 and not any(until in text for text in notes(view).values()):
        world.step(10)
    return notes(view)


@pytest.mark.slow
def test_two_days_of_one_visitor(gpu: Gpu, tmp_path: Path) -> None:
    path = str(tmp_path / "keeper.db")
    first = spoken(gpu, "(lore/", ask="Who leads the smugglers?", store=path)
    assert first["1. Mira"] == "Who leads the smugglers?"
    assert first["2. Keeper"].startswith("Nan Tully: “A smuggler who leads the Wrack")
    assert "(lore/people.md#nan-tully)" in first["2. Keeper"]
    assert "unanswered" not in first
    second = spoken(gpu, "(day 1)", ask="How was the fever ended?", store=path, day=2)
    assert second["2. Keeper"].endswith("you asked: Who leads the smugglers? (day 1)")
    with Store(path) as store:
        told = [one for one in store.select() if "sources" in one.data]
        assert "lore/people.md#nan-tully" in told[0].data["sources"]


def enter(path: Path, who: str, question: str) -> None:
    """What a keeper remembers of the first day, in a store with the books."""
    with open_store(str(path)) as store:
        memory = Memory(store, "Keeper", day=86_400 * 60)
        Guestbook(memory, 1, (*NAMES, PLAYER)).enter(who, question, tick=9)


def typed(gpu: Gpu, path: Path, record: bool = False) -> tuple[World, View, Recorder | None]:
    """The second day, on which three questions are typed into the window."""
    world, view = make(gpu, store=str(path), day=2, ask="Why is a room always empty?")
    recorder = Recorder(world, "lore_keeper", {"day": 2}) if record else None
    assert view.conversation is not None
    world.step(4)
    for question in ("What did Mira ask yesterday?", "Who asked about the dragon yesterday?"):
        view.conversation.say(question)
    view.conversation.say("What did I ask yesterday?")
    world.step(36)
    return world, view, recorder


def test_what_is_typed_is_answered_from_memory_alike_each_time(gpu: Gpu, tmp_path: Path) -> None:
    """Twice the same store, byte for byte; and a replay needs neither the keeper nor a store."""
    for name in ("first.db", "second.db"):
        enter(tmp_path / name, "Mira", "Where does the dragon sleep?")
    world, view, recorder = typed(gpu, tmp_path / "first.db", record=True)
    assert view.conversation is not None
    told = "“Mira asked: Where does the dragon sleep?” (day 1, Mira)"
    assert [(one.who, one.text, one.ours) for one in view.conversation.lines()] == [
        (PLAYER, "What did Mira ask yesterday?", True),
        ("Keeper", told, False),
        (PLAYER, "Who asked about the dragon yesterday?", True),
        ("Keeper", told, False),
        (PLAYER, "What did I ask yesterday?", True),
        ("Keeper", "I remember no such question.", False),
    ]
    assert "Why did the well turn salty?" in view.conversation.choices()
    again, _, _ = typed(gpu, tmp_path / "second.db")
    assert again.checksum().hex == world.checksum().hex
    bytes_of = []
    for name in ("first.db", "second.db"):
        with Store(tmp_path / name) as store:
            store.checkpoint()
        bytes_of.append((tmp_path / name).read_bytes())
    assert bytes_of[0] == bytes_of[1]
    assert recorder is not None
    other, empty = make(gpu, day=2, ask="Why is a room always empty?")
    assert replay(recorder.finish(), other).hex == world.checksum().hex
    assert empty.conversation is not None
    assert not empty.conversation.lines()


def test_no_question_is_dropped_and_those_left_are_told(gpu: Gpu) -> None:
    """More questions than visitors, and no time for any."""
    world, view = make(gpu, ask=" | ".join(f"What is {n}?" for n in range(11)))
    world.step(6)
    assert notes(view)["unanswered"].startswith("11 for want of time; --ticks ")


@pytest.mark.parametrize("options", [{"day": 0}, {"store": "/no/such/folder/keeper.db"}])
def test_options_that_make_no_sense(gpu: Gpu, options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        load_scene("lore_keeper").make(gpu, options=options)
