"""Time of behaviour trees and of utility scores: a tick, a crowd, scripts, loading, saved runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from astraweave_ai.curves import linear, logistic, smoothstep
from astraweave_ai.tree import Action, Context, Input, Status, Tree, TreeFactory
from astraweave_ai.utility import Consideration, Option, Reasoner

# 15 nodes, of which a guard on patrol ticks 8 while it walks, and one in a fight 5.
GUARD = """
<root BTCPP_format="4">
  <BehaviorTree ID="Guard">
    <ReactiveFallback>
      <Sequence>
        <SeesEnemy/>
        <Fallback>
          <Sequence><IsNear distance="{reach}"/><Attack/></Sequence>
          <Walk to="{enemy}"/>
        </Fallback>
      </Sequence>
      <Sequence>
        <Inverter><IsRested/></Inverter>
        <Rest/>
      </Sequence>
      <Sequence><IsRested/><Walk to="{post}"/></Sequence>
    </ReactiveFallback>
  </BehaviorTree>
</root>
"""
SCRIPTED = """
<root BTCPP_format="4">
  <BehaviorTree ID="Scripted">
    <Sequence>
      <AlwaysSuccess _skipIf="health &lt; 20 || ammo == 0" _onSuccess="shots += 1"/>
      <Script code="anger := anger * 3 / 4 + (seen ? 10 : 0)"/>
    </Sequence>
  </BehaviorTree>
</root>
"""
AGENTS = 5_000


class Walk(Action):
    """Never arrives."""

    ports = {"to": Input(int)}  # noqa: RUF012

    def start(self, context: Context) -> Status:
        """Begin."""
        return self.resume(context)

    def resume(self, context: Context) -> Status:
        """Look where to go, as every action does."""
        return Status.RUNNING if context["to"] else Status.FAILURE


def factory() -> TreeFactory:
    """A factory with what the guard needs; its owner says whether it sees an enemy."""
    made = TreeFactory(60)
    made.condition("SeesEnemy")(lambda context: context.owner["sees"])
    made.condition("IsNear", distance=Input(float))(lambda context: context["distance"] > 1)
    made.condition("IsRested")(lambda context: True)
    made.action("Attack")(lambda context: Status.RUNNING)
    made.action("Rest")(lambda context: Status.RUNNING)
    made.register(Walk())
    return made


def guard() -> Tree:
    """The tree of 15 nodes."""
    tree = factory().parse(GUARD)
    assert len(tree.nodes) == 15
    return tree


BOARD = {"reach": 2.0, "enemy": 7, "post": 3}


@pytest.fixture(autouse=True)
def clock(benchmark: Any) -> None:
    """Every figure says its clock; pytest-benchmark adds the processor."""
    benchmark.extra_info.update(clock="wall clock")


@pytest.mark.benchmark(group="a tick of a tree of 15 nodes")
@pytest.mark.parametrize("kind", ["patrol", "fight"])
def test_tick(benchmark: Any, kind: str) -> None:
    run = guard().start(BOARD, {"sees": kind == "fight"})
    assert benchmark(run.tick) is Status.RUNNING


@pytest.mark.benchmark(group=f"a tick of {AGENTS} agents with one tree of 15 nodes")
def test_crowd(benchmark: Any) -> None:
    tree = guard()
    runs = [tree.start(BOARD, {"sees": n % 2 == 0}) for n in range(AGENTS)]

    def tick() -> None:
        for run in runs:
            run.tick()

    benchmark(tick)


@pytest.mark.benchmark(group="a tick of a tree with 3 scripts")
def test_scripts(benchmark: Any) -> None:
    run = (
        factory()
        .parse(SCRIPTED)
        .start({"health": 50, "ammo": 3, "shots": 0, "anger": 1.0, "seen": 1})
    )
    assert benchmark(run.tick) is Status.SUCCESS


@pytest.mark.benchmark(group="a tree of 15 nodes, from XML")
def test_load(benchmark: Any) -> None:
    made = factory()
    assert len(benchmark(lambda: made.parse(GUARD)).nodes) == 15


@pytest.mark.benchmark(group="a run of a tree of 15 nodes, started, saved and restored")
@pytest.mark.parametrize("what", ["start", "save", "restore"])
def test_state(benchmark: Any, what: str) -> None:
    tree = guard()
    run = tree.start(BOARD, {"sees": False})
    run.tick()
    data = run.save()
    work = {
        "start": lambda: tree.start(BOARD),
        "save": run.save,
        "restore": lambda: tree.restore(data),
    }
    benchmark(work[what])


def reasoner() -> Reasoner:
    """5 options of 3 considerations each."""
    parts = (
        Consideration("health", linear(-1, 1), 0, 100),
        Consideration("distance", logistic(-12, 0.4), 0, 30),
        Consideration("ammo", smoothstep(), 0, 30),
    )
    return Reasoner(tuple(Option(name, parts) for name in "abcde"), momentum=0.1)


@pytest.mark.benchmark(group="a choice among 5 options of 3 considerations")
def test_choice(benchmark: Any) -> None:
    chooser = reasoner()
    inputs = {"health": 40.0, "distance": 7.5, "ammo": 12}
    assert benchmark(lambda: chooser.choose(inputs, "c")) == "c"


@pytest.mark.benchmark(group="100,000 choices among 5 options of 3 considerations")
def test_choices(benchmark: Any) -> None:
    chooser, rng = reasoner(), np.random.default_rng(1)
    inputs = {name: rng.uniform(0, 30, 100_000) for name in chooser.inputs}
    current = rng.integers(-1, 5, 100_000)
    assert benchmark(lambda: chooser.choose_for_all(inputs, current)).shape == (100_000,)
