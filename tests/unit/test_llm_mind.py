"""The language model as a slow mind: checked, repaired once, led down by failures and back up."""

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave import Reason
from astraweave_ai.errors import LlmError, ModelCrashed
from astraweave_ai.guard import Verdict
from astraweave_ai.llm.fallback import LOW_MORALE, Fallback, Tier, emergency, heuristic
from astraweave_ai.llm.inbox import Inbox
from astraweave_ai.llm.mind import LlmMind
from astraweave_ai.llm.mock import MockModel
from astraweave_ai.llm.model import Request
from astraweave_ai.percept_model import Me, Obstacle, Seen, Task
from astraweave_ai.plan import PlanIntent, Step, plan_of
from astraweave_ai.vocabulary import standard_actions
from tests.reference.gbnf import Sampler

REGISTRY = standard_actions()
GOOD = plan_of("good", Step("MoveTo", {"x": 1.0, "z": 1.0}))
WILD = plan_of("wild", Step("Attack", {"target": 99}))
Reply = Callable[[Request, Random], str | LlmError]


class Snapshot:
    """A soldier before a wall, and an enemy in the open."""

    def __init__(self, tick: int = 0, **changes: Any) -> None:
        ammo = {"rounds": 5, "most": 30, "smokes": 0, "charges": 0, "kits": 1}
        state = {
            "health": {"points": 100, "most": 100}, "stamina": {"points": 100, "most": 100},
            "ammo": ammo, "morale": 0.8, "stance": {"posture": 0, "guard": 0, "ticks": 0},
            "cooldowns": {f"c{n}": 0 for n in range(8)},
        } | changes  # fmt: skip
        self.tick = tick
        self.me = Me(1 << 32 | 3, (2.0, 0.0, 2.0), 0.0, 0, state)
        self.allies: tuple[Seen, ...] = ()
        self.enemies = (Seen(4, (8.0, 0.0, 2.0), 1, 6.0, state),)
        self.neutrals = self.points_of_interest = ()
        self.counts = (0,) * 8
        self.obstacles = (Obstacle("box", (3.5, 1.0, 5.0), (0.3, 1.0, 1.0)),)
        self.objective = Task("gate", (2.0, 0.0, 8.0))


def check(agent: int, plan: PlanIntent) -> Verdict:
    """Refuses what names entity 99."""
    bad = next((n for n, s in enumerate(plan.steps) if s.arguments.get("target") == 99), None)
    if bad is None:
        return Verdict(0, agent, plan)
    return Verdict(0, agent, plan, Reason.INVALID_TARGET, bad, "target 99 does not exist")


def mind_of(reply: Reply, **more: Any) -> tuple[LlmMind, MockModel]:
    model = MockModel(reply, context=10_000)
    return LlmMind(Inbox(model), REGISTRY, check, **more), model


def asked(mind: LlmMind, tick: int = 0, polls: int = 500, **changes: Any) -> PlanIntent | None:
    mind.ask(tick, Snapshot(tick, **changes))  # type: ignore[arg-type]
    return next(filter(None, (mind.answer(tick + n) for n in range(polls))), None)


def says(*plans: PlanIntent | str | LlmError) -> Reply:
    """One after the other; the last one from then on."""
    left = list(plans)

    def reply(request: Request, random: Random) -> str | LlmError:
        said = left.pop(0) if len(left) > 1 else left[0]
        return said.to_json().decode() if isinstance(said, PlanIntent) else said

    return reply


def test_a_plan_that_passes_is_given() -> None:
    mind, model = mind_of(says(GOOD))
    plan = asked(mind)
    assert plan is not None
    assert plan.steps[0].act == "MoveTo"
    assert mind.answer(9) is None  # once
    assert model.asked[0].grammar.startswith("root ::=")
    assert REGISTRY.parse(Sampler(model.asked[0].grammar).sample(Random(1)))
    assert mind.tally.accepted == mind.tally.tiers[Tier.FULL] == 1


@pytest.mark.parametrize(
    ("said", "error"),
    [("I cannot.", "InvalidJson"), (plan_of("x", Step("Fly")), "DisallowedTool"),
     (WILD, "ValidationFailed"), (plan_of("x"), "ValidationFailed")],
)  # fmt: skip
def test_a_plan_that_does_not_pass_is_repaired_once(said: PlanIntent | str, error: str) -> None:
    mind, model = mind_of(says(said, GOOD))
    plan = asked(mind)
    assert plan is not None
    assert plan.plan_id == "good"
    assert mind.tally.errors == {error: 1}
    assert len(model.asked[1].messages) == 4
    assert mind.fallback.tier is Tier.FULL
    assert [bool(exchange.mistake) for exchange in mind.exchanges] == [True, False]


def test_what_cannot_be_repaired_leads_down_within_one_question() -> None:
    mind, model = mind_of(says("no"))
    plan = asked(mind)
    assert plan is not None
    assert plan.plan_id.startswith("heuristic")
    assert plan.steps[0] == Step("Attack", {"target": 4})
    assert len(model.asked) == 4  # full, repaired, simple, repaired
    assert mind.fallback.tier is Tier.HEURISTIC


def test_a_crash_leads_down_without_repair() -> None:
    mind, model = mind_of(says(ModelCrashed("gone")))
    assert asked(mind) is not None
    assert len(model.asked) == 2
    assert mind.tally.errors == {"ModelCrashed": 2}


def test_a_prompt_that_is_too_long_is_asked_for_in_simple_words() -> None:
    model = MockModel(says(GOOD), context=900)
    mind = LlmMind(Inbox(model), REGISTRY, check)
    plan = asked(mind)
    assert plan is not None
    assert plan.plan_id == "good"
    assert mind.tally.errors == {"ContextOverflow": 1}
    assert mind.fallback.tier is Tier.SIMPLIFIED


def test_nothing_that_the_guard_refuses_is_ever_given() -> None:
    def never(agent: int, plan: PlanIntent) -> Verdict:
        return Verdict(0, agent, plan, Reason.UNKNOWN, 0, "nothing passes")

    mind = LlmMind(Inbox(MockModel(says(GOOD), context=10_000)), REGISTRY, never)
    plan = asked(mind)
    assert plan is not None
    assert plan.steps == emergency()  # possible for everybody; the arbiter asks the guard again
    assert mind.fallback.tier is Tier.HEURISTIC  # and from there it leads up again


def test_the_next_question_drops_the_last_one() -> None:
    mind, model = mind_of(says(GOOD))
    mind.ask(0, Snapshot())  # type: ignore[arg-type]
    plan = asked(mind, tick=900)
    assert plan is not None
    assert mind.tally.errors == {"Timeout": 1}
    assert mind.tally.tiers == {Tier.SIMPLIFIED: 1}
    assert len(model.asked) == 2


def test_an_answer_is_looked_at_after_its_latency() -> None:
    """So a model that is quick enough gives the same run, however quick it is."""
    for pace in (1, 8, 1000):
        model = MockModel(says(GOOD), context=10_000, pace=pace)
        mind = LlmMind(Inbox(model), REGISTRY, check, latency=60)
        mind.ask(5, Snapshot(5))  # type: ignore[arg-type]
        assert all(mind.answer(tick) is None for tick in range(5, 65))
        assert mind.answer(65) is not None


def test_it_recovers_when_the_model_does() -> None:
    said: list[PlanIntent | str] = ["no"]
    mind, _ = mind_of(lambda request, random: says(said[0])(request, random))
    asked(mind)
    assert mind.fallback.tier is Tier.HEURISTIC
    said[0] = GOOD
    tiers = []
    for number in range(8):
        asked(mind, tick=1000 * (number + 1))
        tiers.append(mind.fallback.tier)
    assert tiers[-1] is Tier.FULL
    assert Tier.SIMPLIFIED in tiers


# -- tiers -----------------------------------------------------------------------------------------


def test_every_transition_of_the_tiers() -> None:
    taken = set()
    for start in Tier:
        for works in (True, False):
            fallback = Fallback()
            fallback.tier = start
            for _ in range(4):
                before = fallback.tier
                fallback.succeeded() if works else fallback.failed()
                taken.add((before, fallback.tier))
    down = {(tier, Tier(min(tier + 1, 3))) for tier in Tier}
    up = {(tier, Tier(max(tier - 1, 0))) for tier in Tier}
    stay = {(tier, tier) for tier in (Tier.FULL, Tier.SIMPLIFIED, Tier.HEURISTIC, Tier.EMERGENCY)}
    assert taken == down | up | (stay & taken)
    assert {(Tier.FULL, Tier.FULL), (Tier.HEURISTIC, Tier.HEURISTIC)} <= taken


@given(st.lists(st.booleans(), max_size=80))
def test_tiers_move_by_one_and_success_always_leads_back(history: list[bool]) -> None:
    fallback = Fallback()
    for works in history:
        before = fallback.tier
        fallback.succeeded() if works else fallback.failed()
        assert abs(fallback.tier - before) <= 1
    for _ in range(1 + 16 + 2):
        fallback.succeeded()
    assert fallback.tier is Tier.FULL


def test_the_model_is_tried_less_often_while_it_goes_on_failing() -> None:
    fallback, tries = Fallback(), []
    for tick in range(200):
        if fallback.asks_model:
            tries.append(tick)
            fallback.failed()
        else:
            fallback.succeeded()
    gaps = [b - a for a, b in pairwise(tries[1:])]
    assert gaps == sorted(gaps)
    assert gaps[-1] <= 17 < 4 * gaps[0] + 12


# -- rules of thumb --------------------------------------------------------------------------------


def first(**changes: Any) -> str:
    steps = heuristic(Snapshot(**changes))  # type: ignore[arg-type]
    return steps[0].act if steps else ""


def test_rules_of_thumb() -> None:
    ammo = {"rounds": 0, "most": 30, "smokes": 0, "charges": 0, "kits": 1}
    assert first() == "Attack"
    assert first(ammo=ammo) == "Reload"
    assert first(health={"points": 30, "most": 100}) == "Heal"
    assert first(morale=0.2) == "TakeCover"


@pytest.mark.parametrize(("morale", "shaken"), [(0.0, True), (0.29, True), (0.3, False),
                                                (0.8, False), (1.0, False)])  # fmt: skip
def test_low_morale_is_low_on_a_scale_of_0_to_1(morale: float, shaken: bool) -> None:
    assert 0 < LOW_MORALE < 1
    assert (first(morale=morale) == "TakeCover") is shaken
