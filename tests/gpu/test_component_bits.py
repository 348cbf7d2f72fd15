"""A constant that is a component class shows a shader who has that component, required or not."""

from collections.abc import Callable

import pytest

from astraweave import PER_SLOT, U32, Contact, Pass, Position, Team, Velocity, World, component
from astraweave.errors import AstraError
from astraweave.gpu.passes import ENTITIES

SHADER = """\
fn each(slot: u32) {
    let mask = entity[slot].y;
    if ((mask & REQUIRED) != REQUIRED) { return; }
    found[slot].bits = select(0u, 1u, (mask & HAS_TEAM) == HAS_TEAM)
        | select(0u, 2u, (mask & HAS_VELOCITY) == HAS_VELOCITY);
}
"""


@component
class Found:
    """Which of the two components an entity has."""

    bits: U32 = 9


def looking(shader: Callable[..., str], **constants: object) -> Pass:
    path = shader(SHADER)
    return Pass(path, (ENTITIES,), (Found,), threads=PER_SLOT, constants=constants, name="look")


@pytest.mark.parametrize("first", [Position, Team])
def test_bits_are_those_of_the_world(
    world: Callable[..., World], shader: Callable[..., str], first: type
) -> None:
    made = world()
    made.register(first)  # bits depend on the order of registration
    made.use(looking(shader, HAS_TEAM=Team, HAS_VELOCITY=Velocity))
    made.spawn(Found())
    made.spawn(Found(), Team(1))
    made.spawn(Velocity(), Found())
    made.spawn(Velocity(), Found(), Team(1), Position((0, 0, 0)))
    made.spawn(Velocity(), Team(2))
    made.step()
    assert made.read(Found).tolist() == [0, 1, 2, 3]


def test_an_event_has_no_bits(world: Callable[..., World], shader: Callable[..., str]) -> None:
    with pytest.raises(AstraError, match="Contact is an event"):
        world().use(looking(shader, HAS_TEAM=Contact, HAS_VELOCITY=Velocity))
