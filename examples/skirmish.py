"""Two armies of soldiers who plan for themselves fight for a field of walls and cover."""

from collections.abc import Callable

import numpy as np

from astraweave import (
    BOX,
    CAPSULE,
    ENEMIES,
    SPHERE,
    U32,
    Ammo,
    Blockers,
    Bounds,
    Box,
    Camera,
    Combat,
    Context,
    Cooldowns,
    Destination,
    FlowTarget,
    Goal,
    Grid,
    Health,
    Labels,
    Look,
    Morale,
    Motion,
    Navigation,
    NavigationMap,
    Obstacles,
    Order,
    Position,
    Route,
    Sense,
    Sensed,
    Senses,
    Separation,
    Smoke,
    Stamina,
    Stance,
    StaticBox,
    Steering,
    Team,
    Velocity,
    View,
    World,
    component,
    rgb,
    scene,
)
from astraweave.errors import UsageError
from astraweave_ai.soldiers import Army
from astraweave_ai.vocabulary import standard_actions

AREA = 5.0  # square metres for each soldier
NAMES, COLORS = ("north", "south"), ("#d1495b", "#2e6f95")
FALLEN = ("#8c4a55", "#3d566b")
SIZE, LYING = (0.55, 1.75, 0.55), (0.5, 0.25, 1.5)
LANES = 5
SIGHT = 20.0  # metres
BROKEN = 0.5  # share of an army on its feet below which it gives up


@component
class Standing:
    """Who is on its feet: enemies look for nobody else."""

    tick: U32 = 0


def walls(side: float, rng: np.random.Generator) -> tuple[list[Box], np.ndarray, np.ndarray]:
    """Low walls to crouch behind and high ones between the lanes, with the spots behind the low."""
    boxes, spots, outwards = [], [], []
    count = min(240, int(side * side / 130))
    for x, z in rng.uniform(0.08 * side, 0.92 * side, (count, 2)):
        along = rng.integers(2)
        high = rng.random() < 0.2
        half = np.array([2.5, 1.25 if high else 0.4, 0.25])
        half = half if along else half[::-1] * (1, 1, 1)
        half[1] = 1.25 if high else 0.4
        boxes.append(Box((x, half[1], z), tuple(half)))
        if high:
            continue
        normal = np.array([0, 0, 1]) if along else np.array([1, 0, 0])
        for sign in (-1, 1):
            for shift in (-1.5, 0, 1.5):
                away = normal * sign
                spots.append(np.array([x, 0, z]) + away * 0.85 + np.abs(normal[::-1]) * shift)
                outwards.append(away)
    return boxes, np.array(spots), np.array(outwards, float)


def objectives(side: float, ways: NavigationMap) -> np.ndarray:
    """Free points on lanes from one end of the field to the other, shape (lanes × 5, 3)."""
    x = (np.arange(LANES) + 0.5) / LANES * side
    z = np.array([0.1, 0.3, 0.5, 0.7, 0.9]) * side
    grid = np.stack(np.meshgrid(x, [0.0], z, indexing="ij"), axis=-1)
    points = grid.reshape(-1, 3)
    while (blocked := ways.blocked(points)).any():
        points[blocked] += (1.3, 0, 0.7)
    return points


def muster(
    world: World, number: int, count: int, side: float, rng: np.random.Generator, ground: tuple
) -> Army:
    """An army at its end of the field, in squads that each take a lane."""
    lane = np.arange(count) * LANES // count
    near = rng.uniform(0.03, 0.2, count) * side
    place = np.zeros((count, 3))
    place[:, 0] = (lane + rng.uniform(0.1, 0.9, count)) * side / LANES
    place[:, 2] = side - near if number else near
    steps = np.arange(5)[:: -1 if number else 1]
    there = lane[:, None] * 5 + steps
    back = ((lane + 1) % LANES)[:, None] * 5 + steps[::-1]
    agents = world.spawn(
        Position(place),
        Velocity(),
        Goal(place, 1.6),
        Destination(place),
        Route(),
        Team(number),
        Health(),
        Stamina(),
        Ammo(),
        Cooldowns(),
        Stance(),
        Morale(),
        Order(),
        Senses(radius=SIGHT, teams=ENEMIES, kinds=1),
        Sensed(),
        Standing(),
        Look(CAPSULE, rgb(COLORS[number]), SIZE),
    )
    route = np.concatenate([there, back], axis=1)
    return Army(world, NAMES[number], agents, *ground, route, turn=(number, 2))


def keep_score(world: World, armies: list[Army]) -> Callable[[], list[tuple[str, str]]]:
    """Who falls is seen to fall; the first army that breaks has lost."""
    ended: list[str] = []
    up = {army.name: np.ones(len(army.agents), bool) for army in armies}

    def care(context: Context) -> None:
        for number, army in enumerate(armies):
            if army.sight is None:
                continue
            now = army.sight["points"] > 0
            fell, rose = army.agents[up[army.name] & ~now], army.agents[~up[army.name] & now]
            up[army.name] = now
            if len(fell):
                context.detach(fell, Standing)
                context.set(fell, Look(BOX, rgb(FALLEN[number]), LYING))
            if len(rose):
                context.attach(rose, Standing())
                context.set(rose, Look(CAPSULE, rgb(COLORS[number]), SIZE))
            if army.up < BROKEN * len(army.agents) and not ended:
                ended.append(f"{NAMES[1 - number]} wins at tick {context.tick}")
                armies[0].fights = armies[1].fights = False
        clear_smoke(context)

    # In a later stage than the armies, whose thoughts it looks at.
    world.system("physics", reads=(Position, Smoke), writes=(Look, Standing), name="care")(care)

    def told() -> list[tuple[str, str]]:
        thinking = sum(world.schedule.seconds.get(army.name, 0.0) for army in armies)
        rows = [(a.name, f"{a.up:,} of {len(a.agents):,} on their feet") for a in armies]
        hits = [army.cache.statistics.hit_rate for army in armies]
        return [
            *rows,
            ("result", ended[0] if ended else "undecided"),
            ("minds", f"{1e3 * thinking / max(world.tick, 1):.2f} ms a tick on the CPU"),
            ("plans", f"{100 * min(hits):.1f} % from the cache"),
        ]

    return told


def clear_smoke(context: Context) -> None:
    """Clouds are drawn while they last."""
    clouds = context.percept.handles(Smoke)
    left = context.percept.read(Smoke)["ticks"]
    gone, new = clouds[left == 0], clouds[left == 478]
    if len(new):
        context.attach(new, Look(SPHERE, rgb("#e9ebe6"), (5.0, 3.0, 5.0)))
    if len(gone):
        context.despawn(gone)


def labels(armies: list[Army]) -> Labels:
    """What each soldier is about, and how well it is."""
    ready = [army for army in armies if army.sight]
    if not ready:
        return Labels(np.zeros((0, 3)), str, np.zeros(0))
    places = np.concatenate([army.sight["place"] for army in ready])
    levels = np.concatenate([army.sight["points"] / 100 for army in ready])
    words = [text for army in ready for text in army.told()]
    return Labels(places + np.array([0, 2.1, 0]), words.__getitem__, np.maximum(levels, 0))


@scene(entities=500, ticks=2_700)
def skirmish(world: World, entities: int) -> View:
    """Two armies plan, take cover, throw smoke, treat and revive until one is broken."""
    if entities < 2:
        raise UsageError(f"a skirmish needs two armies: at least 2 entities, got {entities}")
    side = float(np.ceil(max(48.0, np.sqrt(entities * AREA)) / 8) * 8)
    rng = np.random.default_rng(world.seed)
    boxes, spots, outwards = walls(side, rng)
    registry = standard_actions()
    blockers = Blockers(tuple(boxes))
    grid = Grid(size=(side, 0, side), cell=4.0)
    navigation = Navigation(
        blockers, size=(side, side), cell=1.0, fields=5 * LANES, radius=0.3, clearance=0.3
    )
    bounds = Bounds.flat(side)
    ways = NavigationMap(navigation)
    points = objectives(side, ways)
    world.use(
        Steering(),
        Motion(max_speed=3.5, bounds=bounds),
        grid,
        Separation(grid, radius=0.3, comfort=0.8, strength=0.2, among=Velocity),
        Obstacles(tuple(boxes), radius=0.3, flat=True),
        blockers,
        Sense(grid, reach=SIGHT, k=1, every=12, kinds=(Standing,)),
        navigation,
        Combat(registry.abilities, blockers, navigation, bounds=bounds),
    )
    world.spawn(FlowTarget(points, np.arange(len(points))))
    ground = registry, spots, outwards, ways, points
    armies = [
        muster(world, number, (entities + number) // 2, side, rng, ground) for number in range(2)
    ]
    told = keep_score(world, armies)
    drawn = [StaticBox(box.centre, box.half, "#8d8a86") for box in boxes]
    camera = Camera.framing((side * 0.15, 0, side * 0.2), (side * 0.85, 2, side * 0.8))
    return View(camera, boxes=drawn, notes=told, labels=lambda: labels(armies))


if __name__ == "__main__":
    skirmish.main()
