"""What agents share, what is saved and restored, and that a tick allocates nothing."""

import contextlib
import copy
import gc
import json
import sys
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.errors import TreeError
from astraweave_ai.tree import (
    Blackboard,
    Context,
    Status,
    Tree,
    TreeRun,
)
from astraweave_ai.tree.values import MAX_TEXT
from tests.trees import SET, factory, ticks, tree

# -- sharing, saving -------------------------------------------------------------------------------

STATEFUL = """
<Parallel failure_count="-1">
  <Walk steps="5" taken="{a}"/>
  <Delay delay_msec="300">
    <Cooldown msec="500"><RunOnce><Walk steps="3"/></RunOnce></Cooldown>
  </Delay>
  <SequenceWithMemory>
    <AlwaysSuccess/><Timeout msec="700"><Sleep msec="900"/></Timeout>
  </SequenceWithMemory>
  <Repeat num_cycles="4"><Walk/></Repeat>
  <SubTree ID="Sub" k="text"/>
</Parallel>
"""
SUB = '<Sequence><Sleep msec="400"/><Script code="k := k .. 1"/></Sequence>'


def stateful() -> Tree:
    return tree(STATEFUL, Sub=SUB)


def test_agents_share_a_tree_and_nothing_else() -> None:
    shared = stateful()
    runs = [shared.start(owner=[]) for _ in range(1000)]
    for late, run in enumerate(runs):
        ticks(run, late % 20)
    alone = stateful()
    for late, run in enumerate(runs[:40]):
        one = alone.start(owner=[])
        ticks(one, late % 20)
        assert run.save() == one.save()
        assert run.owner == one.owner


def test_a_saved_run_is_plain_and_independent() -> None:
    run = stateful().start({"list": [1, {"x": None}], "f": 0.1}, [])
    ticks(run, 5)
    data = run.save()
    assert json.loads(json.dumps(data)) == data
    before = copy.deepcopy(data)
    data["values"]["list"][1]["x"] = 1
    other = stateful().restore(before)
    other.blackboard["list"].append(2)
    assert run.blackboard["list"] == [1, {"x": None}]
    assert before["values"]["list"] == [1, {"x": None}]


@pytest.mark.parametrize("value", [object(), {1: 2}, float("nan"), {1}, (1,), b"x", Status.SUCCESS])
def test_what_cannot_be_saved_is_named(value: object) -> None:
    run = stateful().start({"odd": value}, [])
    with pytest.raises(TreeError, match="the blackboard entry 'odd' cannot be saved"):
        run.save()


def test_a_state_that_cannot_be_saved_is_named() -> None:
    made = factory()

    @made.action("Odd")
    def odd(context: Context) -> bool:
        context.state = object()
        return True

    run = tree("<Odd/>", made).start()
    run.tick()
    with pytest.raises(TreeError, match="the state of tree:1: <Odd> cannot be saved"):
        run.save()


def test_a_value_that_contains_itself_cannot_be_saved() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(TreeError, match="'odd' cannot be saved"):
        stateful().start({"odd": endless}, []).save()


def test_a_run_of_another_tree_is_refused() -> None:
    data = stateful().start(owner=[]).save()
    for other in (tree("<Walk/>"), tree(STATEFUL, factory(20), Sub=SUB)):
        with pytest.raises(TreeError, match="belongs to the tree with digest"):
            other.restore(data)


def test_restoring_keeps_the_shared_blackboard() -> None:
    squad = Blackboard({"n": 0})
    shared = tree(SET.format("@n += 1"))
    data = shared.start(Blackboard(parent=squad)).save()
    shared.restore(data, squad).tick()
    assert dict(squad) == {"n": 1}


junk = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 9), st.floats(), st.text(max_size=3), st.just([]),
    st.just({}), st.lists(st.integers(-1, 6), max_size=9), st.just({"0": 1}), st.just({1: 2}),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["version", "now", "status", "cells", "states", "x"]), junk))
def test_damaged_runs(changes: dict[str, Any]) -> None:
    shared = stateful()
    run = shared.start(owner=[])
    ticks(run, 4)
    with contextlib.suppress(TreeError):
        restored = shared.restore({**run.save(), **changes}, owner=[])
        with contextlib.suppress(TypeError):  # a state that is not what Walk keeps
            ticks(restored, 9)


@given(st.integers(0, 10), st.integers(-1, 9))
def test_damaged_numbers(at: int, number: int) -> None:
    shared = stateful()
    run = shared.start(owner=[])
    ticks(run, 4)
    for field in ("status", "cells"):
        data = run.save()
        data[field][at % len(data[field])] = number
        with contextlib.suppress(TreeError):
            restored = shared.restore(data, owner=[])
            with contextlib.suppress(TypeError):  # a Walk that runs, but has never started
                ticks(restored, 9)


@pytest.mark.parametrize("data", [None, [], {}, {"version": 1}])
def test_what_is_no_run(data: object) -> None:
    with pytest.raises(TreeError, match="a saved run is damaged: expected a dictionary of"):
        stateful().restore(data)


# -- memory ----------------------------------------------------------------------------------------


def test_a_tick_allocates_nothing_that_grows() -> None:
    run = tree(
        "<ReactiveSequence>"
        "<ScriptCondition code=\"(x := (x + 1) &amp; 7) &lt; 9 &amp;&amp; t == 'a'\"/>"
        '<SetBlackboard value="{x}" output_key="{key}"/>'
        '<Switch2 variable="{x}" case_1="1" case_2="2">'
        '<Walk/><AlwaysFailure/><SubTree ID="S" x="{x}"/></Switch2>'
        "</ReactiveSequence>",
        S='<Timeout msec="200"><Parallel><Walk steps="3"/><Sleep msec="100"/></Parallel></Timeout>',
    ).start({"x": 0, "t": "a", "key": "copy"}, _Silent())
    for at in range(300):
        run.tick(at)
    before = _allocated(run, range(300, 400))
    after = _allocated(run, range(400, 5000))
    assert after - before < 256, f"{after - before} bytes more after 4,600 ticks"


class _Silent:
    """An owner that forgets."""

    def append(self, event: str) -> None:
        pass


def _allocated(run: TreeRun, at: range) -> int:
    """Bytes that are still held after these ticks and were not before."""
    gc.collect()
    tracemalloc.start()
    for tick in at:
        run.tick(tick)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held


def test_texts_do_not_grow_without_end() -> None:
    run = tree(SET.format("t := t .. t")).start({"t": "x"})
    with pytest.raises(TreeError, match=f"the longest has {MAX_TEXT}"):
        ticks(run, 99)


def test_a_run_is_small() -> None:
    run = stateful().start(owner=[])
    ticks(run, 3)
    assert len(run.tree.nodes) == 16
    assert sys.getsizeof(run) + sys.getsizeof(run.status) + sys.getsizeof(run.cells) < 600
