"""The GPU's choices are those of the NumPy twin and of the planner on the CPU, bit for bit."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from astraweave import I32, U32, Angle, Fixed, Gpu, Pass, Vec3, World, component
from astraweave.errors import PassError
from astraweave_ai.errors import DomainError
from astraweave_ai.planner.bake import NO_PLAN, NOTHING, Baked, bake
from astraweave_ai.planner.bake_pass import Choice, Chooser, Source
from astraweave_ai.planner.batch import plan_many
from astraweave_ai.planner.domain import Action, Add, At, Bool, Domain, Int, Symbol
from perf.goap import WIN, WIN_TOGETHER, fighter
from tests.reference import baked_choice

MakeWorld = Callable[..., World]
COUNT = 1000


@component
class Body:
    """Numbers of all kinds that a fact can be read from."""

    hits: I32
    marks: U32
    breath: Fixed
    place: Vec3
    heading: Angle = 0


@component
class Orders:
    """What an agent wants."""

    goal: U32


FIELDS = ("hits", "marks", "breath", "place.x", "place.z")


def random_domain(rng: np.random.Generator) -> Domain:
    """Up to five facts, and actions that need and change some of them."""
    kinds = (Bool(), Int(-2, 3), Int(0, 1), Symbol("a"), Symbol("a", "b", "c"), Int(-9, 9))
    picked = rng.integers(len(kinds), size=rng.integers(1, 6))
    facts = {f"f{i}": kinds[kind] for i, kind in enumerate(picked)}

    def some(most: int) -> dict[str, Any]:
        names = rng.permutation(list(facts))[: rng.integers(0, most + 1)].tolist()
        return {n: facts[n].value(int(rng.integers(facts[n].size))) for n in names}

    costs = rng.choice([0.5, 1, 2], 8)
    actions = [Action(f"a{i}", float(costs[i]), some(2), some(3)) for i in range(8)]
    ups = [Action(f"up{n}", 1, {}, {n: Add(1)}) for n, f in facts.items() if isinstance(f, Int)]
    return Domain(facts, actions + ups)


def random_source(rng: np.random.Generator, fact: Any) -> Source:
    """A field, as it is or by steps within its usual values."""
    field = FIELDS[rng.integers(len(FIELDS))]
    if fact.size == 1 or rng.random() < 0.4:
        return Source(Body, field)
    steps = np.sort(rng.choice(np.arange(-400, 400), fact.size - 1, replace=False)) / 64
    if field in ("hits", "marks"):
        steps = np.cumsum(rng.integers(2, 5, fact.size - 1)) / 2 - fact.size // 2
    return Source(Body, field, tuple(steps.tolist()), bool(rng.random() < 0.5))


def random_bodies(rng: np.random.Generator, count: int = COUNT) -> dict[str, NDArray[Any]]:
    """Raw records; one in four is anything that 32 bits can hold."""
    records = {"Body": np.zeros(count, Body.layout.dtype), "Orders": np.zeros(count, "<u4")}
    wild = rng.random(count) < 0.25
    for name, low, high in (("hits", -12, 12), ("marks", 0, 12), ("breath", -500_000, 500_000)):
        column = rng.integers(low, high, count)
        column[wild] = rng.integers(-(1 << 31), 1 << 31, wild.sum())
        records["Body"][name] = column.astype(np.int64).astype(np.uint32).view(np.int32)
    records["Body"]["place"] = rng.integers(-500_000, 500_000, (count, 3))
    orders = np.zeros(count, Orders.layout.dtype)
    orders["goal"] = rng.integers(0, 5, count)
    return {**records, "Orders": orders}


def components_of(records: Mapping[str, NDArray[Any]]) -> tuple[Any, ...]:
    """The same as values to spawn; fixed-point numbers are exact as floats."""
    body = records["Body"]
    unit = 65536
    return (
        Body(body["hits"], body["marks"], body["breath"] / unit, body["place"] / unit),
        Orders(records["Orders"]["goal"]),
    )


def chosen(world: World, chooser: Chooser, records: Mapping[str, NDArray[Any]]) -> Any:
    world.use(chooser)
    world.spawn(*components_of(records), Choice())
    world.shuffle(5)
    world.step()
    return world.read(Choice)


@pytest.mark.parametrize("seed", range(12))
def test_random_domains_and_sources(world: MakeWorld, seed: int) -> None:
    rng = np.random.default_rng(seed)
    domain = random_domain(rng)
    names = list(domain.facts)
    goals = [{n: domain.facts[n].value(0) for n in names[: 1 + i]} for i in range(3)]
    baked = bake(domain, goals)
    sources = {n: random_source(rng, domain.facts[n]) for n in baked.space.names}
    goal = Source(Orders, "goal") if seed % 2 else int(rng.integers(3))
    records = random_bodies(rng)
    found = chosen(world(), Chooser(baked, sources, goal=goal), records)
    assert np.array_equal(found, baked_choice.choose(baked, sources, goal, records))


def soldiers(rng: np.random.Generator, count: int) -> tuple[Any, dict[str, Any]]:
    """A fighter's facts as values, and as components by the sources of `FIGHTER`."""
    domain = fighter()
    facts = {name: rng.integers(fact.size, size=count) for name, fact in domain.facts.items()}
    whole = [n for n in Fighter.__annotations__ if n in facts]
    fields = {name: facts[name] for name in whole}
    health = (facts["health"] * 25 + rng.uniform(0, 24, count)).clip(0, 100)
    return Fighter(**fields, life=health, distance=np.where(facts["seen"], 8.0, 30.0)), facts


@component
class Fighter:
    """The facts of a fighter: most as they are, health in points, sight as a distance."""

    place: U32
    weapon: U32
    ammo: U32
    grenades: U32
    smokes: U32
    smoke_up: U32
    medkits: U32
    stamina: U32
    pinned: U32
    enemy: U32
    ally_down: U32
    life: Fixed
    distance: Fixed


FIGHTER = {
    **{n: Source(Fighter, n) for n in Fighter.__annotations__ if n not in ("life", "distance")},
    "health": Source(Fighter, "life", (25, 50, 75)),
    "seen": Source(Fighter, "distance", (12.5,), falling=True),
}


def test_a_domain_of_twenty_actions_agrees_with_the_planner(world: MakeWorld) -> None:
    domain = fighter()
    baked = bake(domain, [WIN, WIN_TOGETHER])
    made = world()
    made.use(Chooser(baked, FIGHTER, goal=1))
    component, facts = soldiers(np.random.default_rng(4), 20_000)
    made.spawn(component, Choice())
    made.step()
    found = made.read(Choice)
    assert np.array_equal(found, baked.choose(facts, 1))
    few = {name: codes[:500] for name, codes in facts.items()}
    assert np.array_equal(found[:500], plan_many(domain, few, WIN_TOGETHER).first)
    assert len(np.unique(found)) > 8


def lamp() -> tuple[Baked, dict[str, Source]]:
    """A number of hits that is to reach 3, as long as there is breath."""
    domain = Domain(
        {"hits": Int(0, 3), "fresh": Bool()},
        [Action("hit", 1, {"fresh": True}, {"hits": Add(1)})],
    )
    sources = {"hits": Source(Body, "hits"), "fresh": Source(Body, "breath", (0.25,))}
    return bake(domain, [{"hits": At.least(3)}]), sources


def test_who_lacks_a_component_keeps_its_choice(world: MakeWorld) -> None:
    made = world()
    made.use(Chooser(*lamp()))
    with_body = made.spawn(Body([1, 5, 1], 0, [1, 1, 0.2], (0, 0, 0)), Choice(7))
    without = made.spawn(Choice([7, 8]))
    made.step()
    assert made.read(Choice, with_body).tolist() == [0, NOTHING, NO_PLAN]
    assert made.read(Choice, without).tolist() == [7, 8]


def test_steps_begin_where_values_are_rounded_to(world: MakeWorld) -> None:
    """A value and a step that are written alike are stored alike."""
    domain = Domain({"fresh": Bool()}, [Action("rest", does={"fresh": True})])
    for tenths in range(-9, 10):
        made = world()
        sources = {"fresh": Source(Body, "breath", (tenths / 10,))}
        made.use(Chooser(bake(domain, [{"fresh": True}]), sources))
        breath = np.array([tenths / 10, tenths / 10 - 2**-16])
        made.spawn(Body(0, 0, breath, (0, 0, 0)), Choice())
        made.step()
        assert made.read(Choice).tolist() == [NOTHING, 0]


def test_two_choosers_in_one_world(world: MakeWorld) -> None:
    class Second(Chooser):
        name = "second"
        after = ("choose",)

    made = world()
    baked, sources = lamp()
    made.use(Chooser(baked, sources), Second(baked, {**sources, "hits": Source(Body, "marks")}))
    made.spawn(Body([0, 9], [9, 0], 1, (0, 0, 0)), Choice())
    made.step()
    assert made.read(Choice).tolist() == [NOTHING, 0], "the second has the last word"


def test_a_goal_that_always_holds(world: MakeWorld) -> None:
    baked = bake(lamp()[0].domain, [{}])
    made = world()
    made.use(Chooser(baked, {}))
    made.spawn(Choice([1, 2, 3]))
    made.step()
    assert made.read(Choice).tolist() == [NOTHING] * 3


BODY = Source(Body, "hits")


@pytest.mark.parametrize(
    ("message", "sources", "goal"),
    [
        ("none for fresh, which matter to the table", {"hits": BODY}, 0),
        ("sources: 'armour': no such fact", {"armour": BODY}, 0),
        ("sources: hits: expected a Source, got 3", {"hits": 3}, 0),
        ("source of hits: 3 is not a component", {"hits": Source(3, "a")}, 0),
        ("Body has no field 'a' of whole or fixed-point", {"hits": Source(Body, "a")}, 0),
        ("no field 'heading' of whole or fixed-point", {"hits": Source(Body, "heading")}, 0),
        ("expected place.x, place.y, place.z, got 'place'", {"hits": Source(Body, "place")}, 0),
        ("expected place.x, place.y, place.z, got 'place.w'", {"hits": Source(Body, "place.w")}, 0),
        ("source of hits: expected hits, got 'hits.x'", {"hits": Source(Body, "hits.x")}, 0),
        ("4 values need 3 steps, got 2", {"hits": Source(Body, "hits", (1, 2))}, 0),
        ("steps must ascend", {"hits": Source(Body, "hits", (1, 3, 2))}, 0),
        (
            "steps must ascend, within what Fixed holds",
            {"fresh": Source(Body, "breath", (1e9,))},
            0,
        ),
        ("steps must be a tuple of finite", {"fresh": Source(Body, "breath", (np.nan,))}, 0),
        ("steps must be a tuple of finite", {"fresh": Source(Body, "breath", [1])}, 0),
        ("only steps can be falling", {"fresh": Source(Body, "breath", falling=True)}, 0),
        ("goal: expected a whole number from 0 to 0, got 1", {}, 1),
        ("goal: expected a whole number from 0 to 0, got 'a'", {}, "a"),
    ],
)
def test_mistakes(message: str, sources: dict[str, Any], goal: Any) -> None:
    baked, right = lamp()
    given = sources if "none for" in message else right | sources
    with pytest.raises(DomainError) as error:
        Chooser(baked, given, goal=goal)
    assert message in str(error.value)


def test_numbers_beyond_32_bits_are_refused() -> None:
    far = Int(1 << 40, (1 << 40) + 1)
    baked = bake(Domain({"n": far}, []), [{"n": far.low}])
    with pytest.raises(DomainError, match="does not fit 32 bits"):
        Chooser(baked, {"n": BODY})


def test_too_many_components_are_refused_by_the_pass(gpu: Gpu) -> None:
    kinds = [component(type(f"C{i}", (), {"__annotations__": {"n": U32}})) for i in range(6)]
    facts = {f"n{i}": Bool() for i in range(6)}
    baked = bake(Domain(facts, []), [dict.fromkeys(facts, True)])
    chooser = Chooser(baked, {f"n{i}": Source(kinds[i], "n") for i in range(6)})
    with pytest.raises(PassError, match="binds 9 storage buffers"):
        chooser.passes(60)


def test_it_is_one_pass() -> None:
    (only,) = Chooser(*lamp()).passes(60)
    assert isinstance(only, Pass)
    assert [b.key for b in only.bindings()] == ["entity", "choose.table", "Body", "Choice"]
