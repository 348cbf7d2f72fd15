"""What happens in a world is remembered by whom it concerns, and depends on the world alone."""

from pathlib import Path

import pytest

from astraweave import Box, Gpu, Health, World
from astraweave_ai.arena import Arena
from astraweave_ai.errors import MindError
from astraweave_ai.minds import FIGHTER, fighter_mind
from astraweave_ai.plan import PlanIntent, Step, plan_of
from astraweave_ai.recollect import context_of, recollect, situation, with_memory
from astraweave_ai.remember import SECOND_HAND, Happening, Remembering
from astraweave_rag import Filter, HashingEmbedder, Store
from astraweave_rag.memory import Memory

pytestmark = pytest.mark.gpu
WALL = Box(centre=(2, 1.5, 1.5), half=(1.5, 1.5, 0.2))


class Shooter:
    """Fires at whom it sees."""

    name = "shooter"
    why = ""

    def think(self, percept: object) -> PlanIntent | None:
        foes = [foe for foe in percept.enemies if foe.state["health"]["points"] > 0]  # type: ignore[attr-defined]
        shot = [Step("Attack", {"target": foe.id & 0xFFFFFFFF}) for foe in foes[:1]]
        return plan_of("fire", *shot) if shot else None


def fight(
    gpu: Gpu, store: Store, threads: int = 1, shuffle: bool = False
) -> tuple[Remembering, Arena, dict[str, object]]:
    """Rook is shot at by a rival; Finch sees it, Wren is behind a wall."""
    world = World(gpu, seed=3, threads=threads)
    arena = Arena(world, (12, 10), [WALL])
    rook = arena.add((3, 0, 5), 0, None, Health(60, 60))
    finch = arena.add((2, 0, 7.5), 0)
    wren = arena.add((2, 0, 0.6), 0)
    rival = arena.add((9, 0, 5), 1, Shooter())
    personas = {rook: "Rook", finch: "Finch", wren: "Wren"}
    remembering = Remembering(world, store, personas, names={rival: "the rival"}, every=20)
    for tick in range(0, 96, 24):
        world.step(24)
        if shuffle:
            world.shuffle(tick)
    remembering.flush()
    return remembering, arena, {"rook": rook, "finch": finch, "wren": wren, "rival": rival}


def new(path: str | Path = ":memory:") -> Store:
    return Store(path, HashingEmbedder(64))


@pytest.fixture(scope="module")
def fought(
    gpu: Gpu, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Remembering, Arena, dict[str, object]]:
    return fight(gpu, new(tmp_path_factory.mktemp("fought") / "memory.db"))


def test_who_is_hit_and_who_sees_it_remember(fought: tuple) -> None:  # type: ignore[type-arg]
    remembering, _, who = fought
    store = remembering.store
    mine = store.select(Filter(persona="Rook", tags=("harm",)))
    seen = store.select(Filter(persona="Finch", tags=("harm",)))
    assert mine
    assert mine[0].text.startswith("Rook was hit and lost ")
    assert [one.text for one in seen] == [one.text for one in mine]
    assert seen[0].importance == pytest.approx(SECOND_HAND * mine[0].importance)
    assert store.count(Filter(persona="Wren")) == 0, "the wall is in the way"
    assert [one.tick for one in mine] == sorted(one.tick for one in mine)
    with pytest.raises(MindError, match="none of those"):
        remembering.memory(who["rival"])


def test_the_same_world_is_remembered_alike(fought: tuple, gpu: Gpu, tmp_path: Path) -> None:  # type: ignore[type-arg]
    """On any number of threads and in any order of the storage, down to the bytes of the file."""
    first = fought[0].store
    with new(tmp_path / "memory.db") as second:
        fight(gpu, second, threads=3, shuffle=True)
        assert len(second) > 2
        for store in (first, second):
            store.checkpoint()
        assert Path(first.path).read_bytes() == Path(second.path).read_bytes()


def test_memories_enter_prompts_and_facts(fought: tuple) -> None:  # type: ignore[type-arg]
    remembering, arena, who = fought
    snapshot = arena.orchestrator.snapshots[who["rook"]]
    names = {one: name.title() for name, one in who.items()}
    told = situation(snapshot, names)
    assert told.startswith("self: Rook; ")
    assert "friends: Finch" in told
    memory = remembering.memory(who["rook"])
    context = context_of(memory, snapshot, names, now=remembering.now(snapshot.tick))
    hits = recollect(memory, snapshot, names, now=remembering.now(snapshot.tick))
    assert context.text.startswith(f"[1] {hits[0].record.text}")
    assert context.sources[0].key == hits[0].record.key
    role = with_memory(FIGHTER, remembering.memory, names, remembering.now)
    facts = role.facts(snapshot)
    assert facts["remembers_harm"] is True
    assert facts["remembers"] == len(hits)
    assert {name: facts[name] for name in FIGHTER.facts(snapshot)} == FIGHTER.facts(snapshot)
    finch = arena.orchestrator.snapshots[who["wren"]]
    assert role.facts(finch)["remembers_harm"] is False


def test_a_day_goes_on_from_the_last(gpu: Gpu, tmp_path: Path) -> None:
    world = World(gpu)
    arena = Arena(world, (8, 8))
    rook = arena.add((2, 0, 2), 0, fighter_mind("rule", arena.orchestrator))
    with new(tmp_path / "m.db") as store:
        later = Remembering(world, store, {rook: "Rook"}, start=5_184_000)
        later.add(Happening("A bell rang.", (int(rook) & 0xFFFFFFFF,), 0.7), tick=7)
        assert later.flush() == 1
        assert later.flush() == 0
        record = Memory(store, "Rook").recall("bell", now=later.now(8))[0].record
        assert (record.tick, record.importance, record.source) == (5_184_007, 0.7, "world")
        with pytest.raises(MindError, match="two names"):
            Remembering(world, store, {rook: "Rook", int(rook) + 1: "Rook"})


def test_a_slot_that_is_used_again_inherits_nothing(gpu: Gpu) -> None:
    """Neither the memory nor the name of the character that was there before."""
    world = World(gpu, seed=3)
    arena = Arena(world, (12, 10))
    rook = arena.add((3, 0, 5), 0, None, Health(60, 60))
    rival = arena.add((9, 0, 5), 1, Shooter())
    remembering = Remembering(world, new(), {rook: "Rook", rival: "the rival"})
    world.step(2)
    world.despawn(rook)
    world.step(4)
    heir = arena.add((3, 0, 5), 0, None, Health(60, 60))
    assert heir.index == rook.index
    world.step(60)
    remembering.flush()
    with pytest.raises(MindError, match="none of those"):
        remembering.memory(heir)
    assert remembering.memory(rook).persona == "Rook"
    assert remembering.store.count(Filter(persona="Rook")) == 0
    seen = remembering.store.select(Filter(persona="the rival"))
    assert seen
    assert all(one.text.startswith("somebody was hit") for one in seen)
    remembering.add(Happening("A bell rang.", (heir.index,)), tick=70)
    assert remembering.flush() == 0, "whoever is there now is none of those who remember"
    names = {rook: "Rook", rival: "the rival"}
    assert "self: " not in situation(arena.orchestrator.snapshots[heir], names)
    assert "Rook" not in situation(arena.orchestrator.snapshots[rival], names)
