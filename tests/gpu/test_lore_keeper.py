"""The keeper fetches the book that answers, quotes it, and knows on the second day who asked."""

from pathlib import Path

import pytest

from astraweave import Gpu
from astraweave.app.scene import load_scene
from astraweave.errors import UsageError
from astraweave_rag import Store

pytestmark = pytest.mark.gpu


def spoken(gpu: Gpu, **options: object) -> dict[str, str]:
    """What was said once the keeper has answered the one visitor."""
    world, view = load_scene("lore_keeper").make(gpu, options=options)
    assert view.notes is not None
    notes: dict[str, str] = {}
    while world.tick < 900 and not any("(lore/" in text for text in notes.values()):
        world.step(60)
        notes = dict(view.notes())
    return notes


def test_two_days_of_one_visitor(gpu: Gpu, tmp_path: Path) -> None:
    path = str(tmp_path / "keeper.db")
    first = spoken(gpu, ask="Who leads the smugglers?", store=path)
    assert first["1. Mira"] == "Who leads the smugglers?"
    assert first["2. keeper"].startswith("“A smuggler who leads the Wrack")
    assert "(lore/people.md#nan-tully)" in first["2. keeper"]
    second = spoken(gpu, ask="How was the fever ended?", store=path, day=2)
    assert second["2. keeper"].endswith("you asked: Who leads the smugglers? (day 1)")
    assert "rain barrels" in second["3. keeper"]
    with Store(path) as store:
        told = [one for one in store.select() if "sources" in one.data]
        assert "lore/people.md#nan-tully" in told[0].data["sources"]


@pytest.mark.parametrize("options", [{"day": 0}, {"store": "/no/such/folder/keeper.db"}])
def test_options_that_make_no_sense(gpu: Gpu, options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        load_scene("lore_keeper").make(gpu, options=options)
