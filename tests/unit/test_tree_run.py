"""Runs: ports and blackboards, time, halts, errors, saved state, what is shared and what is not."""

import contextlib
import copy
import gc
import json
import sys
import tracemalloc
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.errors import TreeError
from astraweave_ai.tree import (
    Action,
    Blackboard,
    Context,
    Input,
    Output,
    Status,
    Tree,
    TreeFactory,
    TreeRun,
)
from astraweave_ai.tree.values import MAX_TEXT

RUNNING, SUCCESS, FAILURE, SKIPPED = Status.RUNNING, Status.SUCCESS, Status.FAILURE, Status.SKIPPED


class Walk(Action):
    """Takes as many steps as its port says; tells its owner what happens."""

    ports = {"steps": Input(int, 2), "taken": Output("{=}")}  # noqa: RUF012

    def start(self, context: Context) -> Status:
        context.owner.append("start")
        context.state = 0
        return self.resume(context)

    def resume(self, context: Context) -> Status:
        context.state += 1
        context["taken"] = context.state
        return SUCCESS if context.state >= context["steps"] else RUNNING

    def halt(self, context: Context) -> None:
        context.owner.append(f"halt after {context.state} at {context.now}")


def factory(rate: int = 10) -> TreeFactory:
    made = TreeFactory(rate)
    made.register(Walk())
    return made


def tree(inside: str, made: TreeFactory | None = None, **trees: str) -> Tree:
    others = "".join(
        f'<BehaviorTree ID="{name}">{body}</BehaviorTree>' for name, body in trees.items()
    )
    return (made or factory()).parse(
        '<root BTCPP_format="4" main_tree_to_execute="Main">'
        f'<BehaviorTree ID="Main">{inside}</BehaviorTree>{others}</root>'
    )


def ticks(run: TreeRun, count: int) -> list[Status]:
    return [run.tick() for _ in range(count)]


# -- registration ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Sequence", "Walk", "Action", "SubTree", "root", "a b", "1", "é"])
def test_names_that_cannot_be_registered(name: str) -> None:
    with pytest.raises(TreeError, match=r"name of a node|already registered"):
        factory().condition(name)(lambda context: True)


def test_a_lambda_needs_a_name() -> None:
    with pytest.raises(TreeError, match="'<lambda>' cannot be the name of a node"):
        factory().action()(lambda context: True)


@pytest.mark.parametrize("port", ["name", "ID", "_while", "é"])
def test_names_that_ports_cannot_have(port: str) -> None:
    with pytest.raises(TreeError, match="this name is reserved, or not a plain name"):
        factory().action("A", **{port: Input()})(lambda context: True)


def test_ports_are_inputs_or_outputs() -> None:
    with pytest.raises(TreeError, match="expected an Input or an Output, found <class 'int'>"):
        factory().action("A", x=int)(lambda context: True)  # type: ignore[arg-type]


def test_only_actions_are_registered() -> None:
    with pytest.raises(TreeError, match="expected an object of a subclass of Action"):
        factory().register(Walk)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0, -1, 1.5, True, "60"])
def test_rates(rate: Any) -> None:
    with pytest.raises(TreeError, match="a tick rate is a whole number of at least 1"):
        TreeFactory(rate)


@pytest.mark.parametrize("values", [{"a b": 1}, {"true": 1}, {"A": 1.5}, {"A": 2**63}, {"A": True}])
def test_enums_that_are_refused(values: Any) -> None:
    with pytest.raises(TreeError, match="enum"):
        factory().enum(values)


def test_enums() -> None:
    made = factory()
    made.enum(IntEnum("Mode", {"CALM": 4, "ALERT": 7}))
    made.enum({"CALM": 4})
    with pytest.raises(TreeError, match="'CALM' is already 4, not 5"):
        made.enum({"CALM": 5})
    run = tree('<Sequence><Script code="a := ALERT"/><Walk steps="CALM"/></Sequence>', made).start(
        owner=[]
    )
    assert ticks(run, 4) == [RUNNING, RUNNING, RUNNING, SUCCESS]
    assert run.blackboard["a"] == 7


def test_a_tree_keeps_what_was_known_when_it_was_made() -> None:
    made = factory()
    first = tree('<ScriptCondition code="LATE == 1"/>', made)
    made.enum({"LATE": 1})
    assert tree('<ScriptCondition code="LATE == 1"/>', made).start().tick() is SUCCESS
    with pytest.raises(TreeError, match="there is no blackboard entry 'LATE'"):
        first.start().tick()


# -- ports -----------------------------------------------------------------------------------------


class Place:
    """A type of the host's."""


@pytest.mark.parametrize(
    ("kind", "given", "seen"),
    [
        (int, 3, 3),
        (int, 3.0, 3),
        (int, "3", 3),
        (int, "RED", 1),
        (float, 3, 3.0),
        (float, "2.5", 2.5),
        (bool, "true", True),
        (bool, 0, False),
        (str, 3, "3"),
        (str, 2.5, "2.5"),
        (str, True, "1"),
        (str, "x", "x"),
        (Status, "FAILURE", FAILURE),
        (object, "3", "3"),
    ],
)
def test_ports_convert(kind: type, given: object, seen: object) -> None:
    made = factory()
    made.enum({"RED": 1})
    found = []

    @made.action("Take", value=Input(kind))
    def take(context: Context) -> bool:
        found.append(context["value"])
        return True

    run = tree('<Take value="{x}"/>', made).start({"x": given})
    run.tick()
    if isinstance(given, str):
        tree(f'<Take value="{given}"/>', made).start().tick()
        assert found.pop() == seen
    assert found == [seen]
    assert type(found[0]) is type(seen)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (int, 1.5, "expected a whole number, found 1.5"),
        (int, "x", "expected a number, found text 'x'"),
        (int, float("nan"), "expected a whole number, found nan"),
        (int, float("inf"), "expected a whole number, found inf"),
        (float, 10**400, "too large"),
        (str, [], "expected text, found a list"),
        (Status, "DONE", "expected one of IDLE"),
        (Place, 3, "expected a Place, found number 3"),
    ],
)
def test_ports_that_do_not_fit(kind: type, given: object, message: str) -> None:
    made = factory()

    @made.action("Take", value=Input(kind))
    def take(context: Context) -> bool:
        return bool(context["value"])

    run = tree('<Take name="it" value="{x}"/>', made).start({"x": given})
    with pytest.raises(TreeError) as caught:
        run.tick()
    assert str(caught.value).startswith("tree:1: <Take> 'it': port 'value': ")
    assert message in str(caught.value)


def test_a_port_of_the_hosts_type() -> None:
    made = factory()
    place = Place()

    @made.action("Take", value=Input(Place), copy=Output())
    def take(context: Context) -> bool:
        context["copy"] = context["value"]
        return True

    run = tree('<Take value="{x}" copy="{y}"/>', made).start({"x": place})
    assert run.tick() is SUCCESS
    assert run.blackboard["y"] is place


def test_ports_that_are_not_there() -> None:
    made = factory()

    @made.action("Bad", known=Input(int, 1), out=Output())
    def bad(context: Context) -> bool:
        context["out"] = 1  # leads nowhere here
        return bool(context[context.owner])

    run = tree("<Bad/>", made).start(owner="known")
    assert run.tick() is SUCCESS
    run.owner = "unknown"
    with pytest.raises(TreeError, match="no input port 'unknown'; declared are: known"):
        run.tick()
    with pytest.raises(TreeError, match="port 'known' reads the blackboard entry 'x', which does"):
        tree('<Bad known="{x}"/>', made).start(owner="known").tick()


def test_an_output_that_is_not_declared() -> None:
    made = factory()

    @made.action("Bad")
    def bad(context: Context) -> bool:
        context["out"] = 1
        return True

    with pytest.raises(TreeError, match="no output port 'out'; declared are: none"):
        tree("<Bad/>", made).start().tick()


def test_defaults_may_name_entries() -> None:
    made = factory()

    @made.condition("Is", a=Input(int, "{=}"), b=Input(int, "{other}"), c=Input(str, "text"))
    def is_(context: Context) -> bool:
        return (context["a"], context["b"], context["c"]) == (1, 2, "text")

    assert tree("<Is/>", made).start({"a": 1, "other": 2}).tick() is SUCCESS


def test_written_entries_keep_their_kind() -> None:
    run = tree('<Walk taken="{word}"/>').start({"word": "text"}, [])
    with pytest.raises(TreeError, match="port 'taken': the entry holds text"):
        run.tick()
    run = tree('<SetBlackboard value="12" output_key="n"/>').start({"n": 1})
    run.tick()
    assert run.blackboard["n"] == 12


def test_set_blackboard_takes_its_target_from_an_entry() -> None:
    run = tree('<SetBlackboard value="{from}" output_key="{key}"/>').start(
        {"from": [1], "key": "there"}
    )
    run.tick()
    assert run.blackboard["there"] == [1]
    run.blackboard["key"] = "a/b"
    with pytest.raises(TreeError, match="'a/b' cannot be the name of a blackboard entry"):
        run.tick()


@pytest.mark.parametrize("answer", [None, 1, Status.IDLE, "SUCCESS"])
def test_answers_that_are_none(answer: Any) -> None:
    made = factory()
    made.action("Odd")(lambda context: answer)
    with pytest.raises(TreeError, match=r"tree:1: <Odd>: answered .* expected Status\.SUCCESS"):
        tree("<Odd/>", made).start().tick()


# -- scopes ----------------------------------------------------------------------------------------

SET = '<Script code="{}"/>'


def test_a_sub_tree_has_names_of_its_own() -> None:
    run = tree(
        '<Sequence><Script code="x := 1"/><SubTree ID="Sub"/><SubTree ID="Sub"/></Sequence>',
        Sub=SET.format("x := 2"),
    ).start()
    run.tick()
    assert run.blackboard["x"] == 1
    assert sorted(run.blackboard) == ["Sub::2/x", "Sub::4/x", "x"]


def test_remapped_names_go_all_the_way_up() -> None:
    run = tree(
        '<SubTree ID="A" near="{here}" far="there"/>',
        A='<SubTree ID="B" nearer="{near}" farther="{far}"/>',
        B=SET.format("nearer := farther .. '!'"),
    ).start()
    run.tick()
    assert run.blackboard["here"] == "there!"


def test_autoremap_leaves_private_and_constant_names_alone() -> None:
    run = tree(
        '<SubTree ID="A" own="1" _autoremap="true"/>',
        A=SET.format("shared := 1; _private := 2; own := own .. '0'"),
    ).start()
    run.tick()
    assert dict(run.blackboard) == {"A::0/own": "10", "shared": 1, "A::0/_private": 2}


def test_the_at_sign_means_the_topmost_blackboard() -> None:
    squad = Blackboard({"alarm": 0})
    shared = tree(
        '<SubTree ID="A" goal="{@goal}"/>', A=SET.format("@alarm += 1; goal := @alarm; own := 1")
    )
    runs = [shared.start(Blackboard(parent=Blackboard(parent=squad))) for _ in range(3)]
    for run in runs:
        run.tick()
    assert dict(squad) == {"alarm": 3, "goal": 3}
    assert all(dict(run.blackboard) == {"A::0/own": 1} for run in runs)


def test_without_a_parent_the_at_sign_means_the_main_tree() -> None:
    run = tree('<SubTree ID="A"/>', A=SET.format("@x := 1")).start()
    run.tick()
    assert dict(run.blackboard) == {"x": 1}


def test_conditions_of_a_sub_tree_see_the_names_around_it() -> None:
    run = tree('<SubTree ID="A" _skipIf="skip" _onSuccess="done := 1"/>', A=SET.format("x := 1"))
    assert run.start({"skip": 1}).tick() is SKIPPED
    second = run.start({"skip": 0})
    assert second.tick() is SUCCESS
    assert second.blackboard["done"] == 1


def test_unset_follows_the_remapping() -> None:
    run = tree('<SubTree ID="A" x="{y}"/>', A='<UnsetBlackboard key="x"/>').start({"y": 1, "x": 2})
    run.tick()
    run.tick()
    assert dict(run.blackboard) == {"x": 2}


def test_blackboards_are_mappings() -> None:
    board = Blackboard({"a": 1})
    board["b"] = 2
    del board["a"]
    assert (dict(board), len(board), "a" in board, board.top is board) == ({"b": 2}, 1, False, True)
    mapping = {"a": 1}
    run = tree(SET.format("a = 2")).start(mapping)
    run.tick()
    assert mapping == {"a": 1}


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
