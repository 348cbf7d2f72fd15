"""What is registered, what ports convert, and which entries names mean."""

from enum import IntEnum
from typing import Any

import pytest

from astraweave_ai.errors import TreeError
from astraweave_ai.tree import (
    Blackboard,
    Context,
    Input,
    Output,
    Status,
    TreeFactory,
)
from tests.trees import FAILURE, RUNNING, SET, SKIPPED, SUCCESS, Walk, factory, ticks, tree

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


def test_a_port_may_have_any_plain_name() -> None:
    made = factory()

    @made.action("Take", make=Input(int), self=Input(int), call=Input(int))
    def take(context: Context) -> bool:
        return (context["make"], context["self"], context["call"]) == (1, 2, 3)

    assert tree('<Take make="1" self="2" call="3"/>', made).start().tick() is SUCCESS


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


def test_a_switch_may_look_at_the_topmost_blackboard() -> None:
    run = tree(
        '<Switch2 variable="{@mode}" case_1="a" case_2="2"><Walk/><AlwaysFailure/><AlwaysSuccess/>'
        "</Switch2>"
    ).start(Blackboard(parent=Blackboard({"mode": 2.0})))
    assert run.tick() is FAILURE
    run.top["mode"] = ["neither text nor number"]
    assert run.tick() is SUCCESS
    del run.top["mode"]
    assert run.tick() is SUCCESS


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


def test_an_entry_of_the_topmost_blackboard_may_be_missing() -> None:
    with pytest.raises(TreeError, match="reads the blackboard entry '@ms', which does not exist"):
        tree('<Sleep msec="{@ms}"/>').start().tick()


def test_blackboards_are_mappings() -> None:
    board = Blackboard({"a": 1})
    board["b"] = 2
    del board["a"]
    assert (dict(board), len(board), "a" in board, board.top is board) == ({"b": 2}, 1, False, True)
    mapping = {"a": 1}
    run = tree(SET.format("a = 2")).start(mapping)
    run.tick()
    assert mapping == {"a": 1}
