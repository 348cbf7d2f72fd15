"""Minds of every kind: the same thought for the same snapshot, and plans that the guard accepts."""

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from astraweave import (
    NOBODY,
    Ammo,
    Blockers,
    Bounds,
    Box,
    Cooldowns,
    Health,
    Morale,
    Navigation,
    NavigationMap,
    Position,
    Sensed,
    Stamina,
    Stance,
    Team,
    Weapon,
)
from astraweave_ai.components import Interactive, Pickup, Signal, Word
from astraweave_ai.curves import linear
from astraweave_ai.errors import ActionError, DomainError, MindError, TreeError
from astraweave_ai.guard import ToolGuard
from astraweave_ai.minds import (
    FIGHTER,
    Aim,
    GoapMind,
    Role,
    TreeMind,
    UtilityMind,
    fighter_mind,
    load_tree,
)
from astraweave_ai.orchestrator import situation_in
from astraweave_ai.percept import Objective, Perception, WorldSnapshot
from astraweave_ai.percept_columns import Columns
from astraweave_ai.plan import PlanIntent, Step, plan_of
from astraweave_ai.planner import domain
from astraweave_ai.planner.domain import Bool, Domain
from astraweave_ai.situation import KINDS, Situation
from astraweave_ai.utility import Consideration, Option, Reasoner
from astraweave_ai.vocabulary import standard_actions

REGISTRY = standard_actions()
SIZE = (24.0, 16.0)
BOUNDS = Bounds((0, -1, 0), (SIZE[0], 8, SIZE[1]))
KINDS_OF_MINDS = ("rule", "utility", "goap", "tree", "arbiter")
RULES = Perception(KINDS, KINDS, None, 40.0)


class Scene:
    """A random field with boxes, smoke, and agents of two teams in every state."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = np.random.default_rng(seed)
        half = [(w, h, d) for w, h, d in rng.uniform((0.2, 0.3, 0.2), (2, 1.6, 2), (4, 3))]
        where = rng.uniform((5, 0, 5), (SIZE[0] - 5, 0, SIZE[1] - 5), (4, 3))
        self.boxes = [
            Box((x, h, z), (w, h, d)) for (x, _, z), (w, h, d) in zip(where, half, strict=True)
        ][: rng.integers(0, 5)]
        self.clouds = [(*self.place(), float(rng.uniform(1, 3))) for _ in range(rng.integers(0, 2))]
        blockers = Blockers(self.boxes)
        self.ways = NavigationMap(Navigation(blockers, SIZE, cell=0.25, radius=0.3, clearance=0.05))
        self.columns = self._columns(int(rng.integers(2, 8)))
        self.situation = situation_in(self.columns, 60, BOUNDS, self.ways)

    def place(self) -> tuple[float, float, float]:
        """Where an agent can stand, in 1/65536 m."""
        while True:
            x, z = np.floor(self.rng.uniform((1, 1), (SIZE[0] - 1, SIZE[1] - 1)) * 65536) / 65536
            gaps = [max(abs(x - b.centre[0]) - b.half[0], abs(z - b.centre[2]) - b.half[2])
                    for b in self.boxes]  # fmt: skip
            if min(gaps, default=1.0) > 0.4:
                return float(x), 0.0, float(z)

    def _columns(self, count: int) -> Columns:
        rng = self.rng
        few = rng.integers(0, 2, (4, count)) * rng.integers(1, 200, (4, count))
        given = [
            Position([self.place() for _ in range(count)]),
            Team(rng.integers(0, 2, count)),
            Health(rng.integers(-10, 101, count).clip(0), 100),
            Stamina(rng.integers(0, 101, count), 100),
            Ammo(rng.integers(0, 8, count), 30, *rng.integers(0, 3, (3, count))),
            Cooldowns(*few),
            Morale(rng.uniform(0, 1, count)),
            Stance(rng.integers(0, 3, count)),
            Weapon(),
            Signal(),
            Interactive(),
            Pickup(),
            Objective([self.place() for _ in range(count)], 1),
            Sensed(),
        ]
        values, has = {}, {}
        for one in given:
            rows = one.layout.decode(np.broadcast_to(one.encode(), (count,)))
            values[one.layout.name], has[one.layout.name] = rows, np.ones(count, np.bool_)
        has["Objective"] = rng.random(count) < 0.8
        has["Interactive"][:] = has["Pickup"][:] = False
        handles = np.arange(count, dtype=np.uint64) | np.uint64(1 << 32)
        rows = [(0.0, *b.centre, *b.half) for b in self.boxes]
        rows += [(1.0, *cloud[:3], *cloud[3:] * 3) for cloud in self.clouds]
        obstacles = np.array(rows).reshape(-1, 7)
        columns = Columns(120, handles, has, values, obstacles, np.zeros((0, 6)))
        self._sense(columns)
        return columns

    def _sense(self, columns: Columns) -> None:
        """Whom each agent sees, from 1.5 m to 1.5 m, the nearest first."""
        sight = situation_in(columns, 60)
        place = columns.values["Position"]
        for me, sensed in enumerate(columns.values["Sensed"]):
            gap = np.linalg.norm(place - place[me], axis=1)
            seen = [
                i for i in np.argsort(gap, kind="stable").tolist()
                if i != me and sight.sees(place[me] + (0, 1.5, 0), place[i] + (0, 1.5, 0))
            ]  # fmt: skip
            sensed["near"] = (seen + [NOBODY] * 8)[:4]
            sensed["far"] = (seen + [NOBODY] * 8)[4:8]
            sensed["near_distance"][: len(seen[:4])] = gap[seen[:4]]
            sensed["far_distance"][: len(seen[4:8])] = gap[seen[4:8]]

    def snapshots(self) -> list[WorldSnapshot]:
        """Of those who are up."""
        up = np.flatnonzero(self.columns.values["Health"]["points"] > 0)
        return [WorldSnapshot(RULES, self.columns, int(i), 0) for i in up]


def speak(scene: Scene, latest: int = 1000) -> None:
    """Everybody has said something about anybody, up to this tick; now it is tick 1000."""
    scene.columns = replace(scene.columns, tick=1000, _told={})
    said = scene.columns.values["Signal"]
    said["word"] = scene.rng.integers(0, len(Word), len(said))
    said["whom"] = scene.rng.integers(0, len(said), len(said))
    said["tick"] = scene.rng.integers(0, latest, len(said))


@dataclass
class Judge:
    """What an arbiter asks of an orchestrator."""

    situation: Situation
    rate: int = 60

    def accepts(self, plan: Any, snapshot: WorldSnapshot) -> bool:
        return bool(ToolGuard(REGISTRY).check(snapshot.me.id & 0xFFFFFFFF, plan, self.situation))

    @property
    def conductor(self) -> Any:
        return self

    def busy(self, agent: Any) -> bool:
        return False


def minds(situation: Situation) -> list[Any]:
    judge: Any = Judge(situation)
    return [fighter_mind(kind, judge) for kind in KINDS_OF_MINDS]


# -- all kinds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(120))
def test_plans_pass_the_guard(seed: int) -> None:
    scene, guard = Scene(seed), ToolGuard(REGISTRY)
    for snapshot in scene.snapshots():
        for mind in minds(scene.situation):
            plan = mind.think(snapshot)
            if plan is not None:
                verdict = guard.check(snapshot.me.id & 0xFFFFFFFF, plan, scene.situation)
                assert verdict, f"{mind.name}: {mind.why}: {plan}: {verdict.text}"


@pytest.mark.parametrize("seed", range(60))
def test_plans_for_those_who_hear_words_pass_the_guard(seed: int) -> None:
    scene, guard = Scene(seed), ToolGuard(REGISTRY)
    speak(scene)
    for snapshot in scene.snapshots():
        for mind in minds(scene.situation):
            plan = mind.think(snapshot)
            if plan is not None:
                verdict = guard.check(snapshot.me.id & 0xFFFFFFFF, plan, scene.situation)
                assert verdict, f"{mind.name}: {mind.why}: {plan}: {verdict.text}"


def test_words_change_what_minds_decide() -> None:
    """The test above would pass if nobody ever listened."""
    heard: dict[str, set[str]] = {kind: set() for kind in KINDS_OF_MINDS}
    for seed in range(120):
        silent, scene = Scene(seed), Scene(seed)
        speak(scene)
        pairs = zip(silent.snapshots(), scene.snapshots(), strict=True)
        for before, snapshot in pairs:
            for mind in minds(scene.situation):
                old, new = mind.think(before), mind.think(snapshot)
                if new is not None and (old is None or old.steps != new.steps):
                    heard[mind.name] |= {step.act for step in new.steps}
        if all(heard[kind] >= {"MoveTo", "CoverFire"} for kind in ("goap", "utility", "tree")):
            break
    for kind in ("goap", "utility", "tree"):
        assert heard[kind] >= {"MoveTo", "CoverFire"}, kind


@pytest.mark.parametrize("seed", range(20))
def test_words_of_long_ago_change_nothing(seed: int) -> None:
    silent, scene = Scene(seed), Scene(seed)
    speak(scene, latest=400)
    for before, snapshot in zip(silent.snapshots(), scene.snapshots(), strict=True):
        facts = FIGHTER.facts(snapshot)
        assert not facts["called"]
        assert not facts["cover"]
        for mind in minds(scene.situation):
            old, new = mind.think(before), mind.think(snapshot)
            assert (old and old.steps) == (new and new.steps)


def test_every_kind_plans_for_nearly_everybody() -> None:
    """The test above would pass if nobody ever had an idea."""
    ideas = dict.fromkeys(KINDS_OF_MINDS, 0)
    acts, thoughts = set(), 0
    for seed in range(60):
        scene = Scene(seed)
        for snapshot in scene.snapshots():
            thoughts += 1
            for mind in minds(scene.situation):
                if plan := mind.think(snapshot):
                    ideas[mind.name] += 1
                    acts |= {step.act for step in plan.steps}
    assert min(ideas.values()) > 0.8 * thoughts
    assert acts >= {"MoveTo", "TakeCover", "Attack", "CoverFire", "ThrowSmoke", "Heal", "Reload",
                    "Revive", "Strafe", "Wait"}  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_the_same_snapshot_leads_to_the_same_thought(seed: int) -> None:
    first, again = Scene(seed), Scene(seed)
    used = minds(first.situation)
    for other in Scene(seed + 1000).snapshots():  # what was thought before must not matter
        for mind in used:
            mind.think(other)
    for a, b in zip(first.snapshots(), again.snapshots(), strict=True):
        for mind, fresh in zip(used, minds(again.situation), strict=True):
            assert mind.think(a) == fresh.think(b)
            assert mind.why == fresh.why != ""


def test_a_snapshot_whose_kinds_come_in_another_order_is_the_same_to_all() -> None:
    """Nothing depends on the order in which obstacles are listed."""
    scene = Scene(3)
    turned = replace(scene.columns, obstacles=scene.columns.obstacles[::-1].copy(), _told={})
    for snapshot, mind in zip(scene.snapshots(), minds(scene.situation), strict=False):
        other = WorldSnapshot(RULES, turned, snapshot.me.id & 0xFFFFFFFF, 0)
        assert mind.think(snapshot) == mind.think(other)


# -- each kind -------------------------------------------------------------------------------------


def snapshot_of(**facts: Any) -> Any:
    """Something whose facts are these, for roles of the tests' own."""
    return SimpleNamespace(tick=7, known=facts)


def role(*skills: str, impossible: tuple[str, ...] = (), unsure: tuple[str, ...] = ()) -> Role:
    """Each skill is one step of its name."""
    made: dict[str, Any] = {name: lambda _, name=name: (Step(name),) for name in skills}
    made |= {name: lambda _: None for name in impossible}
    return Role("test", lambda snapshot: snapshot.known, made, frozenset(unsure))


def acts(plan: PlanIntent | None) -> list[str]:
    return [] if plan is None else [step.act for step in plan.steps]


RUN = Domain(
    {"hungry": Bool(), "tired": Bool(), "food": Bool()},
    [
        domain.Action("eat", 1, {"food": True}, {"hungry": False, "food": False}),
        domain.Action("cook", 2, {"food": False}, {"food": True}),
        domain.Action("sleep", 3, {}, {"tired": False}),
        domain.Action("sleep (well)", 1, {"hungry": False}, {"tired": False}),
    ],
)
NEEDS = (Aim("eat", {"hungry": False}, {"hungry": True}), Aim("rest", {"tired": False}))


def test_goap_takes_the_first_aim_that_matters() -> None:
    mind = GoapMind(role("eat", "cook", "sleep"), RUN, NEEDS)
    hungry = snapshot_of(hungry=True, tired=True, food=False)
    assert acts(mind.think(hungry)) == ["cook", "eat"]
    assert mind.why == "eat: cook, eat (cost 3)"
    assert acts(mind.think(snapshot_of(hungry=False, tired=True, food=False))) == ["sleep"]
    assert mind.why == "rest: sleep (well) (cost 1)"
    assert mind.think(snapshot_of(hungry=False, tired=False, food=False)) is None
    assert mind.why == "nothing to achieve"


def test_goap_goes_on_to_the_next_aim_and_says_what_was_missing() -> None:
    stuck = Domain(RUN.facts, [action for action in RUN.actions if action.name != "cook"])
    mind = GoapMind(role("eat", "sleep"), stuck, NEEDS)
    assert acts(mind.think(snapshot_of(hungry=True, tired=True, food=False))) == ["sleep"]
    assert "eat needs food True" in mind.why
    mind = GoapMind(role("eat", "sleep", impossible=("cook",)), RUN, NEEDS)
    assert acts(mind.think(snapshot_of(hungry=True, tired=True, food=False))) == ["sleep"]
    assert mind.why == "eat: cook, eat (cost 3); rest: sleep (cost 3)"


def test_a_plan_ends_where_one_has_to_look_again() -> None:
    mind = GoapMind(role("eat", "cook", "sleep", unsure=("cook",)), RUN, NEEDS)
    assert acts(mind.think(snapshot_of(hungry=True, tired=True, food=False))) == ["cook"]


def test_goap_counts_what_it_expands_and_remembers_plans() -> None:
    mind = GoapMind(role("eat", "cook", "sleep"), RUN, NEEDS)
    state = snapshot_of(hungry=True, tired=True, food=False)
    mind.think(state)
    assert mind.effort > 1
    assert mind.think(state)
    assert mind.cache.statistics.hits == 1


def test_utility_does_what_scores_highest_and_is_possible() -> None:
    options = (
        Option("flee", (Consideration("fear", linear()),), weight=2.0),
        Option("fight + shout", (Consideration("fear", linear(-1, 1)),)),
        Option("rest", (Consideration("peace", linear()),)),
    )
    mind = UtilityMind(role("flee", "fight", "shout", "rest"), Reasoner(options))
    assert acts(mind.think(snapshot_of(fear=0.25, peace=False))) == ["fight", "shout"]
    assert mind.why == "fight + shout 0.75, flee 0.50"
    assert acts(mind.think(snapshot_of(fear=0.5, peace=0))) == ["flee"]
    mind = UtilityMind(role("fight", "shout", "rest", impossible=("flee",)), Reasoner(options))
    assert acts(mind.think(snapshot_of(fear=0.5, peace=0))) == ["fight", "shout"]
    mind = UtilityMind(role("shout", "rest", impossible=("flee", "fight")), Reasoner(options))
    assert mind.think(snapshot_of(fear=0.5, peace=0)) is None


TREE = """<root BTCPP_format="4"><BehaviorTree ID="T"><Fallback name="all">
<Sequence name="plan a" _skipIf="calm"><one/><two/></Sequence>
<Sequence name="plan b"><one/><Inverter><two/></Inverter><three/></Sequence>
</Fallback></BehaviorTree></root>"""


def tree_mind(tmp_path: Path, given: Role) -> TreeMind:
    file = tmp_path / "tree.xml"
    file.write_text(TREE, encoding="utf-8")
    return TreeMind(given, load_tree(file, given))


def test_a_tree_leaves_out_what_a_failed_branch_had_begun(tmp_path: Path) -> None:
    mind = tree_mind(tmp_path, role("one", "three", impossible=("two",)))
    assert acts(mind.think(snapshot_of(calm=False))) == ["one", "three"]
    assert mind.why == "all > plan b > one > Inverter > three"
    assert acts(mind.think(snapshot_of(calm=True))) == ["one", "three"]


def test_a_tree_follows_its_first_branch_that_works(tmp_path: Path) -> None:
    mind = tree_mind(tmp_path, role("one", "two", "three"))
    assert acts(mind.think(snapshot_of(calm=False))) == ["one", "two"]
    assert mind.think(snapshot_of(calm=True)) is None  # the inverter fails
    assert mind.why == "no branch applies"


@pytest.mark.parametrize(
    ("plan_id", "step", "told"),
    [
        ("x", "Wait", r"plan 'x', step 1: expected a Step such as .*, got str 'Wait'"),
        ("x", None, r"step 1: expected a Step .*, got NoneType None"),
        ("x", Step("Wait", "2"), r"step 1, Wait: expected arguments by name .*, got '2'"),  # type: ignore[arg-type]
        ("x", Step(3, {}), r"step 1: expected an action's name, got 3"),  # type: ignore[arg-type]
        (9, Step("Wait"), r"plan_id must be a str, got 9"),
    ],
)
def test_a_plan_of_something_else_is_refused(plan_id: Any, step: Any, told: str) -> None:
    with pytest.raises(ActionError, match=told):
        plan_of(plan_id, Step("Reload"), step)


def test_mistakes_are_named(tmp_path: Path) -> None:
    fly = Domain({"up": Bool()}, [domain.Action("fly", 1, {}, {"up": True})])
    with pytest.raises(MindError, match="test has no skill 'fly'; there is walk"):
        GoapMind(role("walk"), fly, [Aim("up", {"up": True})])
    with pytest.raises(MindError, match="at least one aim"):
        GoapMind(role("fly"), fly, [])
    with pytest.raises(DomainError, match="down"):
        GoapMind(role("fly"), fly, [Aim("up", {"down": True})])
    scores = Reasoner((Option("walk + fly", (Consideration("up", linear()),)),))
    with pytest.raises(MindError, match="no skill 'fly'"):
        UtilityMind(role("walk"), scores)
    with pytest.raises(TreeError, match="two"):
        tree_mind(tmp_path, role("one", "three"))
