"""Carrying: things go with who carries them, to the last bit, and deeds of hands are checked."""

from typing import Any

import numpy as np
import pytest

from astraweave import NOBODY, Box, Gpu, Order, Position, Velocity, World
from astraweave_ai.arena import Arena
from astraweave_ai.carry import AHEAD, HEIGHT, Carried, Carry, Hands, carry_actions
from astraweave_ai.dialogue.guard import PersonaGuard
from astraweave_ai.plan import Step, plan_of
from astraweave_ai.vocabulary import standard_actions
from tests.reference import carry

ONE = 1 << 16


def raw(values: Any) -> Any:
    return np.rint(np.asarray(values, np.float64) * ONE).astype(np.int64)


@pytest.mark.parametrize(
    ("agents", "things", "fast"), [(1, 1, 3.0), (40, 70, 3.0), (200, 90, 900.0)]
)
def test_places_are_those_of_the_twin(gpu: Gpu, agents: int, things: int, fast: float) -> None:
    rng, world = np.random.default_rng(agents), World(gpu)
    world.use(Carry())
    who = world.spawn(
        Position(rng.uniform(-99, 99, (agents, 3))),
        Velocity(rng.uniform(-fast, fast, (agents, 3)) * (rng.random((agents, 1)) < 0.8)),
        Order(),
    )
    gone = world.spawn(Position(np.zeros((3, 3))), Velocity(), Order(), count=3)
    idle = world.spawn(Position(np.zeros((3, 3))), count=3)  # nobody who could carry
    known = np.concatenate([who, gone, idle, [np.uint64(NOBODY), np.uint64(10**6)]])
    by = (rng.choice(known, things) & np.uint64(0xFFFFFFFF)).astype(np.int64)
    held = world.spawn(
        Position(rng.uniform(-99, 99, (things, 3))),
        Carried(by, 0.3, rng.uniform(-1, 1, (things, 2))),
    )
    world.step()
    world.despawn(gone)
    for _ in range(2):
        index = (who & np.uint64(0xFFFFFFFF)).astype(np.int64)
        before = raw(world.read(Position, held)), raw(world.read(Carried, held)["ahead"])
        world.step()
        walkers = raw(world.read(Position, who)), raw(world.read(Velocity, who))
        places, ahead = carry.carry(before[0], by, before[1], index, *walkers)
        assert np.array_equal(raw(world.read(Position, held)), places)
        assert np.array_equal(raw(world.read(Carried, held)["ahead"]), ahead)
        world.shuffle(3)


class Yard:
    """Two who can carry, and two things between them."""

    def __init__(self, gpu: Gpu) -> None:
        self.hands, registry = Hands(), standard_actions()
        for action in carry_actions(self.hands):
            registry.add(action)
        self.world = World(gpu)
        self.arena = Arena(self.world, (10, 8), [Box((5, 1, 7), (1, 1, 0.5))], registry=registry)
        self.hands.watch(self.world)
        self.guard = PersonaGuard(registry, self.hands.refusal)
        self.me, self.other = self.arena.add((3, 0, 4), 0), self.arena.add((5.4, 0, 4), 0)
        self.crate = self.world.spawn(Position((4.2, 0.4, 4)), Carried(rest=0.4))
        self.sack = self.world.spawn(Position((3, 0.3, 5.2)), Carried())
        self.world.step(3)

    def refusal(self, agent: Any, *steps: Step) -> str:
        verdict = self.guard.check(
            agent.index, plan_of("p", *steps), self.arena.orchestrator.situation
        )
        return "" if verdict else verdict.text

    def do(self, agent: Any, *steps: Step) -> None:
        self.arena.orchestrator.conductor.start(agent, plan_of("p", *steps))

    def outcomes(self) -> list[tuple[int, str, bool]]:
        ends = self.arena.orchestrator.conductor.outcomes
        return [(end.agent, end.step.act, end.done) for end in ends]


def lift(thing: Any) -> Step:
    return Step("Lift", {"target": thing.index})


DOWN = Step("PutDown", {"x": 3.8, "z": 4.6})


def test_a_thing_is_lifted_goes_along_and_is_put_down(gpu: Gpu) -> None:
    yard = Yard(gpu)
    assert not yard.refusal(yard.me, lift(yard.crate), Step("MoveTo", {"x": 3.5, "z": 4.0}), DOWN)
    yard.do(yard.me, lift(yard.crate), Step("MoveTo", {"x": 2.0, "z": 4.0}))
    yard.world.step(70)
    assert yard.hands.holder(yard.crate) == yard.me.index
    here, crate = yard.world.read(Position, yard.me), yard.world.read(Position, yard.crate)
    assert np.linalg.norm((crate - here)[[0, 2]]) == pytest.approx(AHEAD, abs=0.01)
    assert crate[1] == pytest.approx(HEIGHT, abs=0.001)
    assert here[0] < 2.7
    x, z = round(float(here[0]) - 0.2, 2), 4.9
    yard.do(yard.me, Step("PutDown", {"x": x, "z": z}))
    yard.world.step(60)
    assert yard.hands.holder(yard.crate) is None
    assert np.allclose(yard.world.read(Position, yard.crate), (x, 0.4, z), atol=1e-3)


def test_of_two_who_reach_for_a_thing_one_has_it(gpu: Gpu) -> None:
    yard = Yard(gpu)
    yard.do(yard.me, lift(yard.crate))
    yard.do(yard.other, lift(yard.crate))
    yard.world.step(60)
    assert sorted(yard.outcomes()) == sorted(
        [(yard.me.index, "Lift", True), (yard.other.index, "Lift", False)]
    )
    assert yard.hands.held_by(yard.me) == yard.crate.index
    assert yard.hands.held_by(yard.other) is None
    told = f"entity {yard.me.index} carries thing {yard.crate.index}"
    assert told in yard.refusal(yard.other, lift(yard.crate))
    assert "carries thing" in yard.refusal(yard.me, lift(yard.sack))  # its hands are full
    assert not yard.refusal(yard.me, DOWN, lift(yard.sack))
    yard.do(yard.me, lift(yard.sack))  # past the guard: the world refuses as well
    yard.world.step(50)
    assert yard.outcomes()[-1] == (yard.me.index, "Lift", False)
    assert yard.hands.held_by(yard.me) == yard.crate.index


def test_what_hands_cannot_do_is_refused(gpu: Gpu) -> None:
    yard = Yard(gpu)
    assert "carries nothing" in yard.refusal(yard.me, DOWN)
    assert "nothing that can be carried" in yard.refusal(yard.me, lift(yard.other))
    assert "nothing that can be carried" in yard.refusal(yard.me, Step("Lift", {"target": 10**6}))
    assert "reach is 1.8 m" in yard.refusal(yard.other, lift(yard.sack))
    yard.do(yard.me, DOWN)
    yard.do(yard.other, lift(yard.me))
    before = yard.world.read(Position, yard.crate)
    yard.world.step(60)
    assert not any(done for _, _, done in yard.outcomes())
    assert np.array_equal(yard.world.read(Position, yard.crate), before)
