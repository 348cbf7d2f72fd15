"""What is wrong in a file is said when it is loaded, with its line."""

from pathlib import Path

import pytest

from astraweave_ai.errors import TreeError
from astraweave_ai.tree import Comment, Document, Element, Status, Tree
from astraweave_ai.tree.source import FORMAT
from tests.tree_files import everything_factory as factory


def parse(body: str, *, attributes: str = "", main: str | None = None) -> Tree:
    return factory().parse(
        f'<root BTCPP_format="{FORMAT}"{attributes}>\n{body}\n</root>', main, name="g.xml"
    )


def tree(inside: str) -> Tree:
    return parse(f'<BehaviorTree ID="M">\n{inside}\n</BehaviorTree>')


# -- what is refused -------------------------------------------------------------------------------


def refused(body: str) -> str:
    with pytest.raises(TreeError) as caught:
        tree(body)
    return str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<Sequance/>", "g.xml:3: <Sequance>: no node is registered as 'Sequance'"),
        ("<Sequence/>", "g.xml:3: <Sequence>: 0 children; expected 1 or more"),
        ("<Inverter/>", "0 children; expected 1"),
        ("<IfThenElse><AlwaysSuccess/></IfThenElse>", "1 children; expected 2 to 3"),
        ('<Switch2 variable="1" case_1="" case_2=""><AlwaysSuccess/></Switch2>', "expected 3"),
        ("<AlwaysSuccess><AlwaysSuccess/></AlwaysSuccess>", "1 children; expected 0"),
        ('<Sleep ms="3"/>', "there is no port 'ms'; its ports are: msec"),
        ("<Sleep/>", "the port 'msec' is missing and has no default"),
        ('<Sleep msec="soon"/>', "port 'msec': expected a number, found text 'soon'"),
        ('<Sleep msec="1.5"/>', "port 'msec': expected a whole number, found 1.5"),
        ('<Sleep msec="-1"/>', "port 'msec' is -1; expected at least 0"),
        ('<Sleep msec="{a/b}"/>', "'a/b' cannot be the name of a blackboard entry"),
        ('<Sleep msec="{@}"/>', "'@' cannot be the name of a blackboard entry"),
        ('<Repeat num_cycles="-2"><AlwaysSuccess/></Repeat>', "is -2; expected at least -1"),
        ('<Parallel success_count="2"><AlwaysSuccess/></Parallel>', "is 2, of 1 children"),
        (
            '<Precondition if="1" else="MAYBE"><AlwaysSuccess/></Precondition>',
            "expected one of IDLE",
        ),
        ('<Script code="a :="/>', "<Script>: code: script 'a :=', column 5"),
        ('<Script code="{code}"/>', "a script cannot be taken from a blackboard entry"),
        ('<AlwaysSuccess _skipif="1"/>', "no attribute is called '_skipif'; known are _failureIf"),
        ('<AlwaysSuccess _skipIf=""/>', "_skipIf: script '', column 1"),
        ('<AlwaysSuccess _autoremap="true"/>', "no attribute is called '_autoremap'"),
        ('<Action ID="Nobody"/>', "no node is registered as 'Nobody'"),
        ("<Action/>", "the attribute ID is missing"),
        ('<Say ID="Say" message=""/>', "the attribute ID belongs to <Action> and the like"),
        ('<Condition ID="Say" message=""/>', "'Say' is registered as <Action>"),
        ("<M/>", "no node is registered as 'M'; a tree is used by <SubTree ID=\"M\"/>"),
        ("<SubTree/>", "no tree has the ID ''; there are: M"),
        ('<SubTree ID="N"/>', "no tree has the ID 'N'"),
        ('<SubTree ID="M"/>', "a tree cannot contain itself: M → M"),
        ('<SubTree ID="M" _autoremap="maybe"/>', "_autoremap: expected a number, found text"),
        ('<SubTree ID="M"><AlwaysSuccess/></SubTree>', "a sub-tree has no children here"),
        ('<SubTree ID="M" a-b="{x}" c="{y/z}"/>', "'y/z' cannot be the name of a blackboard entry"),
        ('<Say message="" said="here"/>', "the output port 'said' is bound to 'here'"),
        (
            '<Say message="" loud="perhaps"/>',
            "port 'loud': expected a number, found text 'perhaps'",
        ),
        ("<Sequence>words<AlwaysSuccess/></Sequence>", "<Sequence> mixes text 'words'"),
        ("<AlwaysSuccess>words</AlwaysSuccess>", "unexpected text 'words'"),
        ("", "'M' has 0 children; expected one"),
        ("<AlwaysSuccess/><AlwaysSuccess/>", "'M' has 2 children; expected one"),
        ("<AsyncSequence><AlwaysSuccess/></AsyncSequence>", "registered as 'AsyncSequence'"),
        ("<AlwaysSuccess>", "g.xml:4: the XML is malformed: mismatched tag"),
        ('<Sleep msec="1" msec="2"/>', "the XML is malformed: duplicate attribute"),
        ("<?php ?>", "g.xml:3: the processing instruction <?php?> is not supported"),
        ("&amp;x;<AlwaysSuccess/>", "mixes text '&x;' with elements"),
        ("&bomb;", "the XML is malformed: undefined entity"),
    ],
)
def test_errors_name_file_line_and_thing(body: str, message: str) -> None:
    found = refused(body)
    assert message in found
    assert found.startswith("g.xml:")


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        ("", "g.xml:1: the XML is malformed: no element found"),
        ("<root", "g.xml:1: the XML is malformed: unclosed token"),
        ("<tree/>", "g.xml:1: <tree>: the outermost element has to be <root>"),
        ("<root/>", 'the attribute BTCPP_format is missing; expected "4"'),
        ('<root BTCPP_format="3"/>', "the attribute BTCPP_format is '3'; expected \"4\""),
        ('<root BTCPP_format="4"/>', "there is no <BehaviorTree>"),
        ('<root BTCPP_format="4"><include path="a.xml"/></root>', "include is not supported"),
        (
            '<root BTCPP_format="4"><Sequence/></root>',
            "expected <BehaviorTree> or <TreeNodesModel>",
        ),
        (
            '<root BTCPP_format="4"><BehaviorTree/></root>',
            "<BehaviorTree>: the attribute ID is missing",
        ),
        ("<!DOCTYPE root><root/>", "g.xml:1: DOCTYPE is refused"),
        ('<!DOCTYPE a [<!ENTITY b "&b;">]><a>&b;</a>', "DOCTYPE is refused"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "/etc/passwd">]><a>&b;</a>', "DOCTYPE is refused"),
        ('<?xml version="1.0" encoding="klingon"?><root/>', "g.xml"),
        ("<a>" * 300, "elements nest at most 256 deep"),
        ("\ud800", "the text is not Unicode"),
    ],
)
def test_files_that_are_not_trees(xml: str, message: str) -> None:
    with pytest.raises(TreeError) as caught:
        factory().parse(xml, name="g.xml")
    assert message in str(caught.value)


def test_an_unknown_encoding_in_bytes() -> None:
    with pytest.raises(TreeError, match=r"g\.xml"):
        factory().parse(b'<?xml version="1.0" encoding="klingon"?><root/>', name="g.xml")


TWO = (
    '<BehaviorTree ID="A"><AlwaysSuccess/></BehaviorTree>'
    '<BehaviorTree ID="B"><AlwaysFailure/></BehaviorTree>'
)


def test_which_tree_is_meant() -> None:
    assert parse(TWO, attributes=' main_tree_to_execute="B"').main == "B"
    assert parse(TWO, attributes=' main_tree_to_execute="B"', main="A").main == "A"
    with pytest.raises(TreeError, match="main_tree_to_execute is missing; the trees are: A, B"):
        parse(TWO)
    with pytest.raises(TreeError, match="no tree has the ID 'C'; there are: A, B"):
        parse(TWO, main="C")


def test_two_trees_of_one_name() -> None:
    with pytest.raises(TreeError, match="two trees with the ID 'A'"):
        parse(TWO.replace('"B"', '"A"'))


def test_a_tree_of_the_name_of_a_node() -> None:
    with pytest.raises(TreeError, match="'Say' is also the name of a node"):
        parse('<BehaviorTree ID="Say"><AlwaysSuccess/></BehaviorTree>')


def test_trees_that_are_not_used_are_checked_too() -> None:
    with pytest.raises(TreeError, match="'Nonsense'"):
        parse(
            TWO.replace("<AlwaysFailure/>", "<Nonsense/>"), attributes=' main_tree_to_execute="A"'
        )


def test_a_mandatory_port_of_a_sub_tree() -> None:
    model = '<TreeNodesModel><SubTree ID="A"><input_port name="goal"/></SubTree></TreeNodesModel>'
    use = '<BehaviorTree ID="M"><SubTree ID="A"{}/></BehaviorTree>'
    with pytest.raises(TreeError, match="the port 'goal' of 'A' is missing"):
        parse(TWO + use.format("") + model, main="M")
    assert parse(TWO + use.format(' goal="1"') + model, main="M")
    assert parse(TWO + use.format(' _autoremap="1"') + model, main="M")


def test_trees_around_each_other() -> None:
    use = '<BehaviorTree ID="{}"><SubTree ID="{}"/></BehaviorTree>'
    body = use.format("A", "B") + use.format("B", "C") + use.format("C", "B")
    with pytest.raises(TreeError, match="a tree cannot contain itself: B → C → B"):
        parse(body, main="A")


def test_sub_trees_cannot_explode() -> None:
    two = '<Sequence><SubTree ID="T{0}"/><SubTree ID="T{0}"/></Sequence>'
    body = "".join(f'<BehaviorTree ID="T{n}">{two.format(n + 1)}</BehaviorTree>' for n in range(30))
    with pytest.raises(TreeError, match="a tree has at most 16,384 nodes"):
        parse(body + '<BehaviorTree ID="T30"><AlwaysSuccess/></BehaviorTree>', main="T0")


def test_the_deepest_tree_runs_and_prints() -> None:
    deep = (
        "<Inverter _skipIf='0 == 1' _while='true'>" * 127 + "<AlwaysSuccess/>" + "</Inverter>" * 127
    )
    run = tree(deep).start()
    assert run.tick() is Status.FAILURE
    assert len(run.tree.ascii(run).splitlines()) == 128
    assert run.tree.xml()
    assert "nodes nest at most 128 deep" in refused(f"<Inverter>{deep}</Inverter>")


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(TreeError, match=r"none\.xml cannot be read"):
        factory().load(tmp_path / "none.xml")
    with pytest.raises(TreeError, match="cannot be written"):
        tree("<AlwaysSuccess/>").save(tmp_path / "none" / "a.xml")


def test_a_comment_that_cannot_be_written() -> None:
    with pytest.raises(TreeError, match="cannot hold '--'"):
        Document(Element("root", {}, (Comment("a -- b"),))).xml()
