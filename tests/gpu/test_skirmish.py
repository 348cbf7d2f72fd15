"""The skirmish: armies that plan give one result on any number of threads, and in replays."""

import numpy as np

from astraweave import Gpu, Health, Order
from astraweave.app.scene import load_scene
from tests import soak_skirmish

SCENE = load_scene("skirmish")


def test_threads_and_replays_agree(gpu: Gpu) -> None:
    found = [soak_skirmish.run_once(gpu, SCENE, threads, 100) for threads in (1, 2, 4, 8)]
    found += soak_skirmish.replays(gpu, SCENE, 2, 100)
    assert len(found) == 7
    assert len(set(found)) == 1


def test_shuffled_storage_and_single_ticks_agree(gpu: Gpu) -> None:
    plain, _ = SCENE.make(gpu, entities=40, seed=3)
    plain.step(240)
    mixed, _ = SCENE.make(gpu, entities=40, seed=3)
    for _ in range(8):
        mixed.step(30)
        mixed.shuffle(mixed.tick)
    assert mixed.checksum().hex == plain.checksum().hex


def test_soldiers_do_what_they_say(gpu: Gpu) -> None:
    world, view = SCENE.make(gpu, entities=120, seed=1)
    world.step(900)
    health = world.read(Health)["points"]
    assert 0 < (health <= 0).sum() < len(health)
    assert view.labels is not None
    labels = view.labels()
    words = {labels.texts(row) for row in range(len(labels.places))}
    assert {"fire", "is down"} < words
    assert ((labels.levels >= 0) & (labels.levels <= 1)).all()
    notes = dict(view.notes() if view.notes else ())
    assert float(notes["plans"].split()[0]) > 90
    assert len(np.unique(world.read(Order)["ability"])) > 4


def test_a_fight_to_the_end_is_won(gpu: Gpu) -> None:
    world, view = SCENE.make(gpu, entities=32, seed=0)
    while world.tick < 6000 and view.notes and dict(view.notes())["result"] == "undecided":
        world.step(100)
    assert "wins at tick" in dict(view.notes() if view.notes else ())["result"]
