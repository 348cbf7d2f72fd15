"""The arbiter: every transition between GOAP, the slow mind and the behaviour tree, and back."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from astraweave_ai.arbiter import Arbiter, Mode
from astraweave_ai.errors import MindError
from astraweave_ai.plan import PlanIntent, Step

GOAP = PlanIntent("goap", (Step("Attack"),))
TREE = PlanIntent("tree", (Step("Wait"),))
SLOW = PlanIntent("slow", (Step("MoveTo"), Step("Scan")))
BAD = PlanIntent("bad", (Step("ExecuteCode"),))


class Fixed:
    """A mind whose plan the test sets."""

    name = "fixed"

    def __init__(self, plan: PlanIntent | None) -> None:
        self.plan = plan

    def think(self, percept: object) -> PlanIntent | None:
        return self.plan


class Slow:
    """A slow mind that answers when the test says so."""

    name = "slow"

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.ready: PlanIntent | None = None

    def ask(self, tick: int, percept: object) -> None:
        self.asked.append(tick)

    def answer(self, tick: int) -> PlanIntent | None:
        ready, self.ready = self.ready, None
        return ready


def made(goap: PlanIntent | None = GOAP, tree: PlanIntent | None = TREE, **options: int):
    minds = Fixed(goap), Fixed(tree), Slow()
    arbiter = Arbiter(*minds, accept=lambda plan, percept: plan.plan_id != "bad", **options)
    return arbiter, *minds


def test_goap_decides_and_the_slow_mind_is_asked() -> None:
    arbiter, _, _, slow = made(ask_every=10, patience=5)
    assert arbiter.decide(0, None) == GOAP
    assert (arbiter.mode, slow.asked) == (Mode.GOAP, [0])
    for tick in range(1, 10):
        arbiter.decide(tick, None)
    assert slow.asked == [0]
    arbiter.decide(10, None)
    assert slow.asked == [0, 10]


def test_a_slow_plan_takes_over_until_it_ends_and_leads_back() -> None:
    arbiter, _, _, slow = made()
    arbiter.decide(0, None)
    assert not arbiter.eager(1)
    slow.ready = SLOW
    assert arbiter.eager(1)
    assert arbiter.decide(2, None, busy=True) == SLOW
    assert arbiter.mode is Mode.SLOW
    assert arbiter.decide(3, None, busy=True) is None  # startled while a step is under way
    assert arbiter.mode is Mode.SLOW
    assert arbiter.decide(4, None, busy=False) == GOAP  # it is done, or a step of it failed
    assert [mode for _, mode in arbiter.changes] == [Mode.SLOW, Mode.GOAP]


def test_no_goap_plan_means_the_tree_and_a_goap_plan_leads_back() -> None:
    arbiter, goap, _, _ = made(goap=None)
    assert arbiter.decide(0, None) == TREE
    assert arbiter.mode is Mode.TREE
    goap.plan = GOAP
    assert arbiter.decide(1, None) == GOAP
    assert arbiter.mode is Mode.GOAP


def test_a_slow_plan_is_taken_from_the_tree() -> None:
    arbiter, _, _, slow = made(goap=None)
    arbiter.decide(0, None)
    assert slow.asked == [0]
    slow.ready = SLOW
    assert arbiter.decide(1, None) == SLOW
    assert arbiter.decide(2, None) == TREE


def test_a_slow_plan_that_is_refused_or_stale_changes_nothing() -> None:
    arbiter, _, _, slow = made(ask_every=10, patience=5)
    arbiter.decide(0, None)
    slow.ready = BAD
    assert arbiter.decide(1, None) == GOAP
    arbiter.decide(10, None)
    slow.ready = SLOW
    assert arbiter.decide(16, None) == GOAP
    assert arbiter.changes == []


def test_without_any_plan_there_is_an_empty_one() -> None:
    arbiter, *_ = made(goap=BAD, tree=BAD)
    assert arbiter.decide(7, None) == PlanIntent("tree-7")


def test_options_are_checked() -> None:
    with pytest.raises(MindError, match="positive"):
        made(ask_every=0)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()), max_size=60))
def test_whatever_happens_the_next_good_goap_plan_is_taken(events) -> None:
    arbiter, goap, tree, slow = made(ask_every=7, patience=5)
    for tick, (has_goap, has_tree, answers, busy) in enumerate(events):
        goap.plan, tree.plan = GOAP if has_goap else None, TREE if has_tree else None
        slow.ready = SLOW if answers else None
        before = arbiter.mode
        plan = arbiter.decide(tick, None, busy)
        if plan is None:
            assert busy
            assert before is arbiter.mode is Mode.SLOW
        elif arbiter.mode is Mode.GOAP:
            assert plan == GOAP
        elif arbiter.mode is Mode.TREE:
            assert goap.plan is None
            assert plan.steps == (TREE.steps if has_tree else ())
        else:
            assert plan == SLOW
    goap.plan, slow.ready = GOAP, None
    arbiter.eager(len(events) + 6)  # what is still asked is stale by then
    assert arbiter.decide(len(events) + 6, None) == GOAP
