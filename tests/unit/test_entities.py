"""The entity table and handles, against plain Python dictionaries."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from astraweave import Entity
from astraweave.ecs import entities as module
from astraweave.ecs.entities import ALIVE, EntityTable, as_handles
from astraweave.errors import ArchetypeStorageFull, ComponentError, EntityNotFound

BITS = st.integers(0, 15).map(lambda bits: bits << 1)


class TableMachine(RuleBasedStateMachine):
    """Allocates, ends and changes entities; the model maps each living handle to its mask."""

    def __init__(self) -> None:
        super().__init__()
        self.table = EntityTable()
        self.alive: dict[int, int] = {}
        self.dead: set[int] = set()

    @rule(count=st.integers(0, 9), bits=BITS)
    def allocate(self, count: int, bits: int) -> None:
        ids = self.table.allocate(count, ALIVE | bits)
        handles = [int(h) for h in self.table.handles(ids)]
        assert len(set(handles)) == count
        assert not set(handles) & (self.alive.keys() | self.dead)
        self.alive |= dict.fromkeys(handles, ALIVE | bits)

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def free(self, data: st.DataObject) -> None:
        chosen = data.draw(st.lists(st.sampled_from(sorted(self.alive)), unique=True))
        self.table.free(self.table.resolve(np.array(chosen, np.uint64)))
        for handle in chosen:
            del self.alive[handle]
            self.dead.add(handle)

    @precondition(lambda self: self.alive)
    @rule(data=st.data(), add=BITS, remove=BITS)
    def change(self, data: st.DataObject, add: int, remove: int) -> None:
        chosen = data.draw(st.lists(st.sampled_from(sorted(self.alive)), unique=True))
        self.table.change(self.table.resolve(np.array(chosen, np.uint64)), add, remove)
        for handle in chosen:
            self.alive[handle] = (self.alive[handle] | add) & ~remove

    @rule()
    def save_and_load(self) -> None:
        state = self.table.state()
        self.table = EntityTable()
        self.table.load(*state)

    @invariant()
    def agrees(self) -> None:
        table = self.table
        assert table.count == len(self.alive)
        living = table.handles(table.alive())
        assert {int(h): int(table.mask[int(h) & 0xFFFFFFFF]) for h in living} == self.alive
        common = 0xFFFFFFFF
        for mask in self.alive.values():
            common &= mask
        assert table.common == common
        for handle in self.dead:
            with pytest.raises(EntityNotFound):
                table.resolve(handle)

    @invariant()
    def selects(self) -> None:
        for required in (ALIVE, ALIVE | 2, ALIVE | 6):
            found = self.table.handles(self.table.alive(required))
            expected = [h for h, mask in self.alive.items() if mask & required == required]
            assert Counter(found.tolist()) == Counter(expected)
            assert (np.diff((found & np.uint64(0xFFFFFFFF)).astype(np.int64)) > 0).all()


TestTable = TableMachine.TestCase
TestTable.settings = settings(max_examples=25)


@given(index=st.integers(0, 2**32 - 1), generation=st.integers(0, 2**32 - 1))
def test_handles_are_64_bits(index: int, generation: int) -> None:
    entity = Entity(index, generation)
    assert int(entity) == generation << 32 | index
    for form in (entity, int(entity), [entity], np.uint64(int(entity)), [np.uint64(int(entity))]):
        handles = as_handles(form)
        assert handles.dtype == np.uint64
        assert handles.tolist() == [int(entity)]


@pytest.mark.parametrize(
    "wrong",
    [
        -1,
        [-1],
        1.0,
        [1.5],
        None,
        "abc",
        ["a"],
        True,
        pytest.param(object(), id="an object"),
        [None],
        np.zeros((2, 2), np.uint64),
        2**64,
        [2**64],
        Entity(-1, 0),
        Entity(0, -1),
        Entity(0, 2**32),
        Entity(1.5, 0),  # type: ignore[arg-type]
        Entity("x", None),  # type: ignore[arg-type]
        np.array([-3]),
        {"a": 1},
        [[1, 2], [3]],
        b"ab",
        np.array(["x"]),
    ],
    ids=repr,
)
def test_what_is_no_handle(wrong: object) -> None:
    with pytest.raises((ComponentError, EntityNotFound)):
        EntityTable().resolve(wrong)


def test_unknown_entity_names_itself() -> None:
    table = EntityTable()
    table.allocate(3, ALIVE)
    with pytest.raises(EntityNotFound, match=r"entity 7 \(generation 2\) does not exist") as caught:
        table.resolve([0, 1, Entity(7, 2), Entity(8, 0)])
    assert caught.value.entity == Entity(7, 2)


def test_a_full_table_is_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTITIES", 10)
    table = EntityTable()
    table.allocate(8, ALIVE)
    before = [part.tolist() for part in table.state()]
    with pytest.raises(ArchetypeStorageFull, match="at most 10 entities") as caught:
        table.allocate(3, ALIVE)
    assert caught.value.maximum == 10
    assert [part.tolist() for part in table.state()] == before
    table.allocate(2, ALIVE)
    assert table.count == 10


def test_half_of_100_000_despawned_and_respawned() -> None:
    table, rng = EntityTable(), np.random.default_rng(1)
    first = table.handles(table.allocate(100_000, ALIVE))
    gone = rng.permutation(100_000)[:50_000]
    table.free(table.resolve(first[gone]))
    second = table.handles(table.allocate(60_000, ALIVE))
    kept = np.delete(first, gone)
    assert table.count == 110_000
    assert len(table.mask) == 110_000, "freed indices are used again"
    assert np.array_equal(table.handles(table.resolve(kept)), kept)
    assert not np.isin(second, first).any()
    for handle in first[gone][:100]:
        with pytest.raises(EntityNotFound):
            table.resolve(handle)
