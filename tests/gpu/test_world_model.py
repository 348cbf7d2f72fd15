"""A world against a plain Python dictionary: random operations, every value compared after each."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from astraweave import Entity, Gpu, Pass, Position, Team, World
from astraweave.ecs import snapshot
from astraweave.ecs.commands import ADD, ATTACH, SET, Command
from astraweave.errors import ComponentNotRegistered, EntityNotFound
from tests.integration.support import Wear, expected_checksum, spawn_raw

KINDS: dict[str, Any] = {"Position": Position, "Team": Team, "Wear": Wear}
WORDS = {"Position": 3, "Team": 1, "Wear": 2}
COUNT_UP = "fn each(slot: u32) { team[slot].id += 3u; }"
WORD = st.one_of(st.integers(0, 9), st.integers(0, 2**32 - 1))
Row = tuple[int, ...]


def rows(name: str, count: int) -> st.SearchStrategy[list[Row]]:
    """Raw words of a component for so many entities."""
    words = [st.integers(0, 9), WORD, WORD][: WORDS[name]]
    return st.lists(st.tuples(*words), min_size=count, max_size=count)


def records(name: str, values: list[Row]) -> Any:
    """Raw records with these words."""
    layout = KINDS[name].layout
    words = np.zeros((len(values), layout.words), np.uint32)
    words[:, : WORDS[name]] = np.array(values, np.uint32).reshape(len(values), WORDS[name])
    return words.view(layout.dtype)[:, 0]


def words_of(name: str, got: Any) -> list[Row]:
    """Raw records as tuples of words."""
    layout = KINDS[name].layout
    raw = np.ascontiguousarray(got).view(np.uint32).reshape(len(got), layout.words)
    return [tuple(row) for row in raw[:, : WORDS[name]].tolist()]


class WorldMachine(RuleBasedStateMachine):
    """The model maps each living handle to the words of its components."""

    gpu: Gpu
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.world = self.fresh()
        self.model: dict[int, dict[str, Row]] = {}
        self.dead: set[int] = set()
        self.shuffles = 0
        self.saved: Any = None

    def fresh(self) -> World:
        world = World(self.gpu, shaders=self.folder)
        world.use(Pass("count.wgsl", writes=(Team,)))
        world.register(*KINDS.values())
        world.prepare()
        return world

    # -- operations ------------------------------------------------------------------------------

    @rule(data=st.data(), names=st.sets(st.sampled_from(sorted(KINDS)), min_size=1))
    def spawn(self, data: st.DataObject, names: set[str]) -> None:
        count = data.draw(st.sampled_from([1, 2, 5, 40]))
        values = {name: data.draw(rows(name, count)) for name in sorted(names)}
        handles = spawn_raw(self.world, **{n: records(n, v) for n, v in values.items()})
        assert not {int(h) for h in handles} & (self.model.keys() | self.dead)
        for i, handle in enumerate(handles):
            self.model[int(handle)] = {name: v[i] for name, v in values.items()}

    def some(self, data: st.DataObject, name: str = "", unique: bool = True) -> list[int]:
        """Some living entities, of those that have a component if one is named."""
        able = sorted(h for h, parts in self.model.items() if not name or name in parts)
        if not able:
            return []
        return data.draw(st.lists(st.sampled_from(able), unique=unique, max_size=12))

    def issue(self, operation: str, handles: list[int], name: str, values: list[Row]) -> None:
        self.world.apply(
            Command(0, 0, 0, operation, np.array(handles, np.uint64), {name: records(name, values)})
        )

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def despawn(self, data: st.DataObject) -> None:
        chosen = self.some(data)
        self.world.despawn(np.array(chosen, np.uint64))
        for handle in chosen:
            del self.model[handle]
        self.dead |= set(chosen)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), name=st.sampled_from(sorted(KINDS)))
    def replace(self, data: st.DataObject, name: str) -> None:
        chosen = self.some(data, name, unique=False)  # named twice: the last value stays
        values = data.draw(rows(name, len(chosen)))
        self.issue(SET, chosen, name, values)
        for handle, value in zip(chosen, values, strict=True):
            self.model[handle][name] = value

    @precondition(lambda self: self.model)
    @rule(data=st.data(), name=st.sampled_from(sorted(KINDS)))
    def add(self, data: st.DataObject, name: str) -> None:
        chosen = self.some(data, name, unique=False)  # named twice: both are added
        values = data.draw(rows(name, len(chosen)))
        self.issue(ADD, chosen, name, values)
        for handle, value in zip(chosen, values, strict=True):
            old = self.model[handle][name]
            self.model[handle][name] = tuple(
                (a + b) % 2**32 for a, b in zip(old, value, strict=True)
            )

    @precondition(lambda self: self.model)
    @rule(data=st.data(), name=st.sampled_from(sorted(KINDS)))
    def attach(self, data: st.DataObject, name: str) -> None:
        chosen = self.some(data)
        values = data.draw(rows(name, len(chosen)))
        self.issue(ATTACH, chosen, name, values)
        for handle, value in zip(chosen, values, strict=True):
            self.model[handle][name] = value

    @precondition(lambda self: self.model)
    @rule(data=st.data(), name=st.sampled_from(sorted(KINDS)))
    def detach(self, data: st.DataObject, name: str) -> None:
        chosen = self.some(data)
        self.world.detach(np.array(chosen, np.uint64), KINDS[name])
        for handle in chosen:
            self.model[handle].pop(name, None)

    @rule(ticks=st.integers(1, 3))
    def step(self, ticks: int) -> None:
        self.world.step(ticks)
        for parts in self.model.values():
            if "Team" in parts:
                parts["Team"] = ((parts["Team"][0] + 3 * ticks) % 2**32,)

    @rule()
    def shuffle(self) -> None:
        self.shuffles += 1
        self.world.shuffle(self.shuffles)

    @rule()
    def save(self) -> None:
        model = {handle: dict(parts) for handle, parts in self.model.items()}
        self.saved = (snapshot.take(self.world), model, set(self.dead), self.world.checksum().hex)

    @precondition(lambda self: self.saved is not None)
    @rule(anew=st.booleans())
    def restore(self, anew: bool) -> None:
        taken, model, dead, checksum = self.saved
        if anew:
            self.world = self.fresh()
        snapshot.restore(self.world, taken)
        # What was spawned since may get the same handle again, as it will be the same entity.
        self.model = {handle: dict(parts) for handle, parts in model.items()}
        self.dead = set(dead)
        assert self.world.checksum().hex == checksum

    # -- comparison ------------------------------------------------------------------------------

    @rule(data=st.data())
    def read_some(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(KINDS)))
        chosen = self.some(data, name, unique=False)
        got = self.world.read(KINDS[name], np.array(chosen, np.uint64), raw=True)
        assert words_of(name, got) == [self.model[handle][name] for handle in chosen]
        lacking = [h for h, parts in self.model.items() if name not in parts]
        if lacking:
            with pytest.raises(ComponentNotRegistered, match="does not have it"):
                self.world.read(KINDS[name], lacking[:1])

    @invariant()
    def agrees(self) -> None:
        world = self.world
        assert world.count == len(self.model)
        for name, kind in KINDS.items():
            expected = {h: parts[name] for h, parts in self.model.items() if name in parts}
            handles = [int(h) for h in world.select(kind)]
            assert handles == sorted(expected, key=lambda h: h & 0xFFFFFFFF)
            got = words_of(name, world.read(kind, raw=True))
            assert dict(zip(handles, got, strict=True)) == expected
        both = [h for h, parts in self.model.items() if {"Team", "Wear"} <= parts.keys()]
        assert sorted(int(h) for h in world.select(Team, Wear)) == sorted(both)
        for handle in list(self.dead)[:5]:
            assert not world.is_alive(handle)
            with pytest.raises(EntityNotFound):
                world.read(Team, Entity(handle & 0xFFFFFFFF, handle >> 32))

    @invariant()
    def checksum_is_that_of_the_state(self) -> None:
        assert self.world.checksum().hex == expected_checksum(self.world)


def test_world_agrees_with_a_dictionary(gpu: Gpu, tmp_path: Path) -> None:
    (tmp_path / "count.wgsl").write_text(COUNT_UP)
    machine = type("Machine", (WorldMachine,), {"gpu": gpu, "folder": tmp_path})
    run_state_machine_as_test(machine, settings=settings(max_examples=20, stateful_step_count=30))
