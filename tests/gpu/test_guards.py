"""The guards: what they do in time, that it is the same everywhere, and the file of their trees."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import examples.guards as example
from astraweave import Facing, Gpu, Health, Recorder, Sensed, Senses, Team, View, World, replay
from astraweave_ai.errors import TreeError
from astraweave_ai.percept import PointOfInterest
from astraweave_ai.tree import Status
from astraweave_ai.vocabulary import standard_actions

FILE = Path(example.__file__).with_name("guards.xml")
SCENE = example.guards
TICKS = 420  # by then somebody was caught, and others are chased and searched for
GUARDS = 4  # of the nine; the first ones in labels
FOLLOWS = {
    "patrol": {"chase"},
    "chase": {"search", "return"},  # it got out of sight, or was caught
    "search": {"chase", "return"},
    "return": {"chase", "patrol"},
}


def words(view: View) -> list[str]:
    """What everybody who is there is about."""
    assert view.labels is not None
    labels = view.labels()
    assert len(labels.places) == len(labels.levels)
    return [labels.texts(row) for row in range(len(labels.places))]


def notes(view: View) -> dict[str, str]:
    assert view.notes is not None
    return dict(view.notes())


def run(gpu: Gpu, **options: Any) -> World:
    world, _ = SCENE.make(gpu, **options)
    world.step(TICKS)
    return world


@pytest.fixture(scope="module")
def once(gpu: Gpu) -> str:
    return run(gpu).checksum().hex


class Watched:
    """A run in which all happens: after every thought of everybody, what they are about."""

    def __init__(self, gpu: Gpu) -> None:
        self.world, self.view = SCENE.make(gpu, seed=1)
        self.told: list[list[str]] = []
        self.look_round: list[int] = []  # how many do
        while self.world.tick < SCENE.ticks or self.away:
            self.world.step(example.EVERY)
            self.told.append(words(self.view))
            self.look_round.append(len(self.world.select(Facing)))

    @property
    def away(self) -> bool:
        """Whether a guard is not back on its rounds, for at most half the time again."""
        late = self.world.tick >= 1.5 * SCENE.ticks
        return not late and any(text != "patrol" for text in self.told[-1][:GUARDS])

    def guard(self, number: int) -> list[str]:
        """Its phases in order."""
        texts = [texts[number] for texts in self.told if texts[number] != "thinks"]
        return texts[:1] + [now for last, now in pairwise(texts) if now != last]


@pytest.fixture(scope="module")
def watched(gpu: Gpu) -> Watched:
    return Watched(gpu)


# --- the default run ------------------------------------------------------------------------------


def test_every_phase_occurs(watched: Watched) -> None:
    phases = {text for number in range(GUARDS) for text in watched.guard(number)}
    assert phases == {"patrol", "chase", "search", "return"}
    others = {text for texts in watched.told for text in texts[GUARDS:]}
    assert others >= {"steal", "flee", "lie low", "leave", "caught"}


@pytest.mark.parametrize("number", range(GUARDS))
def test_phases_follow_each_other(watched: Watched, number: int) -> None:
    phases = watched.guard(number)
    assert phases[0] == phases[-1] == "patrol"
    for last, now in pairwise(phases):
        assert now in FOLLOWS[last]


def test_guards_look_round_and_ahead_again(watched: Watched) -> None:
    assert watched.look_round[0] == 0
    assert 0 < max(watched.look_round) <= GUARDS
    assert 0 in watched.look_round[len(watched.look_round) // 2 :]


def test_the_notes_agree_with_the_world(watched: Watched) -> None:
    world, told = watched.world, notes(watched.view)
    caught = world.select(Health)[world.read(Health)["points"] <= 0]
    assert told["caught"] == f"{len(caught)} of 5 intruders"
    assert not set(caught.tolist()) & set(world.select(Team).tolist())
    assert int(told["got away"]) == 9 - len(world.select(Health))
    assert told["treasures"] == f"{10 - len(world.select(PointOfInterest))} of 10 taken"
    lines = told["first guard"].splitlines()
    assert lines[0] == "ReactiveFallback 'guard' [RUNNING]"
    assert all(line.split("[")[-1][:-1] in Status.__members__ for line in lines)


def test_who_chases_has_seen_somebody(gpu: Gpu) -> None:
    world, view = SCENE.make(gpu, seed=1)
    guards = world.select(Senses)[:GUARDS]
    seen, chased = [False] * GUARDS, [False] * GUARDS
    for _ in range(TICKS):
        world.step()
        seen = [a or b > 0 for a, b in zip(seen, world.read(Sensed, guards)["count"], strict=True)]
        chased = [a or text == "chase" for a, text in zip(chased, words(view), strict=False)]
        assert all(was or not did for was, did in zip(seen, chased, strict=True))
    assert any(chased)


# --- the same everywhere --------------------------------------------------------------------------


def test_threads_change_nothing(gpu: Gpu, once: str) -> None:
    assert run(gpu, threads=8).checksum().hex == once


def test_order_in_memory_changes_nothing(gpu: Gpu, once: str) -> None:
    world, _ = SCENE.make(gpu)
    while world.tick < TICKS:
        world.shuffle(world.tick)
        world.step(30)
    assert world.checksum().hex == once


def test_a_recording_replays_without_trees(gpu: Gpu, once: str) -> None:
    world, _ = SCENE.make(gpu)
    recorder = Recorder(world, SCENE.name, {"entities": SCENE.entities, "ticks": TICKS})
    world.step(TICKS)
    again, view = SCENE.make(gpu)
    assert replay(recorder.finish(), again).hex == once
    assert set(words(view)) == {"thinks"}


@pytest.mark.parametrize(("entities", "guards"), [(1, 1), (2, 1), (40, 18)])
def test_any_number_takes_part(gpu: Gpu, entities: int, guards: int) -> None:
    world, view = SCENE.make(gpu, entities=entities)
    world.step(120)
    assert len(world.select(Senses)) == entities
    assert notes(view)["caught"].endswith(f" of {entities - guards} intruders")


# --- the file of the trees ------------------------------------------------------------------------


def test_the_file_saves_back_equal(tmp_path: Path) -> None:
    tree = example.leaves(60, example.actions()).load(FILE)
    tree.save(tmp_path / "guards.xml")
    assert (tmp_path / "guards.xml").read_bytes() == FILE.read_bytes()
    assert example.leaves(60, example.actions()).load(tmp_path / "guards.xml") == tree


def test_an_action_that_is_not_registered_is_named() -> None:
    with pytest.raises(TreeError, match=r"guards\.xml:\d+: <Catch>: no node is registered as"):
        example.leaves(60, standard_actions()).load(FILE)
