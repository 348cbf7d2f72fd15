"""Time, halts, errors, and how a tree is shown."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.errors import TreeError
from astraweave_ai.tree import (
    Context,
    Status,
)
from tests.trees import FAILURE, RUNNING, SUCCESS, factory, ticks, tree

# -- time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("msec", "expected"), [(0, 0), (1, 1), (100, 1), (101, 2), (1000, 10)])
def test_milliseconds_are_rounded_up_to_ticks(msec: int, expected: int) -> None:
    run = tree(f'<Sleep msec="{msec}"/>').start()
    assert ticks(run, expected + 1) == [RUNNING] * expected + [SUCCESS]
    run = tree('<Sleep msec="{ms}"/>').start({"ms": msec})
    assert ticks(run, expected + 1) == [RUNNING] * expected + [SUCCESS]


def test_time_is_what_the_caller_says() -> None:
    run = tree('<Sleep msec="1000"/>').start()
    assert [run.tick(at) for at in (100, 100, 105, 109, 110)] == [RUNNING] * 4 + [SUCCESS]
    with pytest.raises(TreeError, match="tick 109 of 'Main' is before the last, 110"):
        run.tick(109)
    assert run.now == 110


def test_a_negative_time_from_an_entry() -> None:
    with pytest.raises(TreeError, match="port 'msec' is -1; expected at least 0"):
        tree('<Sleep msec="{ms}"/>').start({"ms": -1}).tick()


def test_a_threshold_from_an_entry() -> None:
    run = tree('<Parallel success_count="{n}"><AlwaysSuccess/></Parallel>').start({"n": 2})
    with pytest.raises(TreeError, match="success_count is 2, of 1 children"):
        run.tick()


@pytest.mark.parametrize("type_", ["Cooldown msec", "Delay delay_msec"])
def test_a_time_that_grows_does_not_strand_a_child_that_runs(type_: str) -> None:
    tag = type_.split()[0]
    run = tree(f'<{type_}="{{ms}}"><Walk steps="{{steps}}"/></{tag}>').start(
        {"ms": 100, "steps": 1}, []
    )
    ticks(run, 5)
    run.blackboard["steps"] = 9
    run.tick(50)
    run.tick(51)
    run.blackboard["ms"] = 99_000
    assert run.tick(51) is RUNNING
    assert run.status == [RUNNING, RUNNING]


# -- halting and errors ----------------------------------------------------------------------------


def test_halting_tells_who_runs() -> None:
    run = tree('<Sequence _onHalted="h := 1"><Walk steps="9"/></Sequence>').start(owner=[])
    run.halt()  # nothing runs yet
    ticks(run, 3)
    run.halt()
    run.halt()
    assert run.owner == ["start", "halt after 3 at 2"]
    assert run.blackboard["h"] == 1
    assert set(run.status) == {Status.IDLE}
    assert run.tick() is RUNNING
    assert run.owner[-1] == "start"


def test_after_an_error_a_run_starts_afresh() -> None:
    run = tree(
        '<Parallel success_count="1" failure_count="3"><AlwaysFailure/><Walk steps="9"/>'
        '<Sequence><Sleep msec="100"/><Script code="x = 1"/></Sequence></Parallel>'
    ).start(owner=[])
    assert run.tick() is RUNNING
    with pytest.raises(TreeError, match="no blackboard entry 'x'"):
        run.tick()
    assert set(run.status) == {Status.IDLE}
    run.blackboard["x"] = 0
    assert run.tick() is RUNNING
    assert run.owner == ["start", "start"]  # and nobody was told to halt
    assert run.tick() is SUCCESS


def test_what_a_host_raises_comes_through() -> None:
    made = factory()

    @made.action("Fall")
    def fall(context: Context) -> bool:
        raise KeyError("over")

    run = tree("<Fall/>", made).start()
    with pytest.raises(KeyError, match="over"):
        run.tick()
    assert run.status == [Status.IDLE]


def test_a_loop_that_never_ends_is_an_error() -> None:
    inner = '<Repeat num_cycles="1000"><AlwaysSuccess/></Repeat>'
    run = tree(f'<Repeat num_cycles="1000">{inner}</Repeat>').start()
    with pytest.raises(TreeError, match="the tick did not end after 100,000 repetitions"):
        run.tick()


def test_an_endless_repeat_goes_once_a_tick() -> None:
    run = tree('<Repeat num_cycles="-1"><Script code="n += 1"/></Repeat>').start({"n": 0})
    assert ticks(run, 3) == [RUNNING] * 3
    assert run.blackboard["n"] == 3


def test_attempts_may_change_on_the_way() -> None:
    run = tree(
        '<RetryUntilSuccessful num_attempts="{left}"><Inverter><Script code="n += 1; left = n'
        ' == 3 ? 3 : 9"/></Inverter></RetryUntilSuccessful>'
    ).start({"n": 0, "left": 5})
    assert run.tick() is FAILURE
    assert run.blackboard["n"] == 3


# -- shown -----------------------------------------------------------------------------------------


def test_ascii_and_mermaid() -> None:
    shown = tree(
        '<Fallback name="what &quot;to&quot; do"><Walk name="é" _skipIf="1"/>'
        '<SubTree ID="Sub"/></Fallback>',
        Sub='<Sequence name="[x]"><AlwaysSuccess/><Walk/></Sequence>',
    )
    run = shown.start(owner=[])
    run.tick()
    assert shown.ascii(run) == (
        "Fallback 'what \"to\" do' [RUNNING]\n"
        "|-- Walk '\\xe9' [SKIPPED]\n"
        "`-- SubTree Sub [RUNNING]\n"
        "    `-- Sequence '[x]' [RUNNING]\n"
        "        |-- AlwaysSuccess [SUCCESS]\n"
        "        `-- Walk [RUNNING]"
    )
    assert shown.ascii().splitlines()[1] == "|-- Walk '\\xe9'"
    lines = shown.mermaid(run).splitlines()
    assert lines[:3] == [
        "flowchart TD",
        "    n0[\"Fallback 'what #34;to#34; do'<br/>RUNNING\"]:::running",
        "    n1[\"Walk 'é'<br/>SKIPPED\"]:::skipped",
    ]
    assert [line for line in lines if "-->" in line] == [
        "    n0 --> n1", "    n0 --> n2", "    n2 --> n3", "    n3 --> n4", "    n3 --> n5",
    ]  # fmt: skip
    assert "    n3[\"Sequence '#91;x#93;'<br/>RUNNING\"]:::running" in lines


@given(st.text(min_size=1, max_size=20))
def test_any_name_is_shown_on_one_line(name: str) -> None:
    with contextlib.suppress(TreeError):  # a name that XML cannot hold
        shown = tree("<AlwaysSuccess/>")
        shown.nodes[0].label = type(shown.nodes[0].label)("AlwaysSuccess", name, "here")
        assert len(shown.ascii().split("\n")) == 1
        assert shown.ascii().isascii()
        assert len(shown.mermaid().split("\n")) == 7
        assert '"' not in shown.mermaid().split("\n")[1][8:-10]


def test_runs_and_trees_have_a_repr() -> None:
    shown = tree("<AlwaysSuccess/>")
    run = shown.start()
    run.tick()
    assert (repr(shown), repr(run)) == (
        "<tree 'Main' of 1 nodes>",
        "<run of 'Main' at tick 0: SUCCESS>",
    )
    assert repr(run.blackboard) == "Blackboard({})"
