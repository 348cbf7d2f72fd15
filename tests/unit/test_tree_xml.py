"""Files: loaded, understood, saved back equal; what is wrong is said with its line."""

import contextlib
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.errors import TreeError
from astraweave_ai.tree import (
    Comment,
    Context,
    Document,
    Element,
    Input,
    Output,
    Status,
    Tree,
    TreeFactory,
    read,
)
from astraweave_ai.tree.models import BUILT_IN
from astraweave_ai.tree.source import FORMAT

# Canonical: every node, both forms, all conditions, sub-trees with ports, models, comments.
EVERYTHING = """<?xml version="1.0" encoding="UTF-8"?>
<!-- A guard's day. -->
<root BTCPP_format="4" main_tree_to_execute="Main">
  <BehaviorTree ID="Main">
    <!-- first of all -->
    <Sequence name="day &amp; night" _description="what it does" _onHalted="halted := 1">
      <Script code="msg := 'hello'; n := 2; mode := 'alert'; heat := RED"/>
      <SetBlackboard value="{msg}" output_key="copy"/>
      <SetBlackboard value="12" output_key="n"/>
      <UnsetBlackboard key="copy"/>
      <Action ID="Say" name="greet" message="{msg}" loud="{=}" said="{said}" _skipIf="n &lt; 2"/>
      <Condition ID="IsNear" distance="2.5" _failureIf="n == 0 &amp;&amp; heat" _while="n != 99"/>
      <IsNear distance="2.5" _successIf="n == 12"/>
      <ScriptCondition code="n == 12" _onSuccess="seen := 1" _post="done := &quot;yes&quot;"/>
      <Inverter _onSuccess="seen += 1">
        <AlwaysFailure _onFailure="seen += 1"/>
      </Inverter>
      <Control ID="Parallel" success_count="1" failure_count="2">
        <AlwaysSuccess/>
        <AlwaysFailure/>
      </Control>
      <ParallelAll max_failures="-1">
        <AlwaysSuccess/>
        <Sleep msec="20"/>
      </ParallelAll>
      <SequenceWithMemory>
        <AlwaysSuccess/>
      </SequenceWithMemory>
      <ReactiveSequence>
        <AlwaysSuccess/>
        <SubTree ID="Patrol" name="west" goal="{n}" speed="1.5" _autoremap="false"/>
      </ReactiveSequence>
      <Fallback>
        <AlwaysFailure/>
        <SubTree ID="Patrol" goal="{n}" _autoremap="true" _skipIf="n == 1"/>
      </Fallback>
      <ReactiveFallback>
        <AlwaysFailure/>
        <AlwaysSuccess/>
      </ReactiveFallback>
      <IfThenElse>
        <AlwaysSuccess/>
        <AlwaysSuccess/>
        <AlwaysFailure/>
      </IfThenElse>
      <WhileDoElse>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysSuccess/>
      </WhileDoElse>
      <Switch2 variable="{mode}" case_1="calm" case_2="alert">
        <AlwaysFailure/>
        <AlwaysSuccess/>
        <AlwaysFailure/>
      </Switch2>
      <Switch3 variable="{heat}" case_1="BLUE" case_2="1" case_3="{n}">
        <AlwaysFailure/>
        <AlwaysSuccess/>
        <AlwaysFailure/>
        <AlwaysFailure/>
      </Switch3>
      <Switch4 variable="{none}" case_1="1" case_2="2" case_3="3" case_4="4">
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysSuccess/>
      </Switch4>
      <Switch5 variable="12.0" case_1="{n}" case_2="2" case_3="3" case_4="4" case_5="5">
        <AlwaysSuccess/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
      </Switch5>
      <Switch6 variable="6" case_1="1" case_2="2" case_3="3" case_4="4" case_5="5" case_6="6">
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysFailure/>
        <AlwaysSuccess/>
        <AlwaysFailure/>
      </Switch6>
      <Decorator ID="Inverter">
        <AlwaysFailure/>
      </Decorator>
      <ForceSuccess>
        <ForceFailure>
          <AlwaysSuccess/>
        </ForceFailure>
      </ForceSuccess>
      <Repeat num_cycles="3">
        <Script code="n += 1"/>
      </Repeat>
      <RetryUntilSuccessful num_attempts="{n}">
        <ScriptCondition code="(n -= 1) &lt; 10"/>
      </RetryUntilSuccessful>
      <ForceSuccess>
        <Timeout msec="30">
          <KeepRunningUntilFailure>
            <AlwaysSuccess/>
          </KeepRunningUntilFailure>
        </Timeout>
      </ForceSuccess>
      <Delay delay_msec="10">
        <Cooldown msec="1000">
          <RunOnce then_skip="false">
            <AlwaysSuccess/>
          </RunOnce>
        </Cooldown>
      </Delay>
      <Precondition if="n &lt; 10" else="FAILURE">
        <AlwaysSuccess/>
      </Precondition>
    </Sequence>
  </BehaviorTree>
  <BehaviorTree ID="Patrol">
    <Script code="result := goal * 2; _private := frame; @all := result"/>
  </BehaviorTree>
  <TreeNodesModel>
    <Action ID="Say">
      <input_port name="message" type="std::string">What to say, &lt;b&gt; or not.</input_port>
    </Action>
    <SubTree ID="Patrol">
      <input_port name="frame" default="map"/>
      <output_port name="result" default="{found}"/>
    </SubTree>
  </TreeNodesModel>
</root>
<!-- the end -->
"""


def factory(rate: int = 100) -> TreeFactory:
    made = TreeFactory(rate)
    made.enum({"RED": 1, "BLUE": 2})

    @made.action("Say", message=Input(str), loud=Input(bool, False), said=Output())
    def say(context: Context) -> bool:
        context["said"] = context["message"] + ("!" if context["loud"] else "")
        return True

    @made.condition("IsNear", distance=Input(float))
    def near(context: Context) -> bool:
        return bool(context["distance"] < 3)

    return made


def parse(body: str, *, attributes: str = "", main: str | None = None) -> Tree:
    return factory().parse(
        f'<root BTCPP_format="{FORMAT}"{attributes}>\n{body}\n</root>', main, name="g.xml"
    )


def tree(inside: str) -> Tree:
    return parse(f'<BehaviorTree ID="M">\n{inside}\n</BehaviorTree>')


# -- there and back --------------------------------------------------------------------------------


def test_the_canonical_form_comes_back_byte_for_byte() -> None:
    assert factory().parse(EVERYTHING).xml() == EVERYTHING


def test_a_file_is_saved_back_equal(tmp_path: Path) -> None:
    loaded = factory().parse(EVERYTHING)
    loaded.save(tmp_path / "copy.xml")
    again = factory().load(tmp_path / "copy.xml")
    assert again == loaded
    assert again.digest == loaded.digest
    assert (tmp_path / "copy.xml").read_text("utf-8") == EVERYTHING


def test_the_file_uses_every_node() -> None:
    loaded = factory().parse(EVERYTHING)
    assert set(BUILT_IN) <= {node.label.type for node in loaded.nodes}


def test_the_file_runs_to_its_end() -> None:
    run = factory().parse(EVERYTHING).start({"loud": True, "frame": "world"})
    answers = [run.tick() for _ in range(7)]
    # 2 ticks of Sleep, 3 until the Timeout, 1 of Delay
    assert answers == [Status.RUNNING] * 6 + [Status.SUCCESS]
    board = run.blackboard
    assert (board["said"], board["seen"], board["done"], board["n"]) == ("hello!", 3, "yes", 9)
    assert (board["found"], board["all"], board["result"]) == (24, 24, 24)
    assert "copy" not in board
    assert run.status.count(Status.RUNNING) == 0


def test_another_layout_is_the_same_document() -> None:
    one_line = "".join(line.strip() for line in EVERYTHING.splitlines())
    assert factory().parse(one_line) == factory().parse(EVERYTHING)
    assert factory().parse(one_line).xml() == EVERYTHING


def test_what_differs_is_not_equal() -> None:
    other = EVERYTHING.replace('num_cycles="3"', 'num_cycles="4"')
    assert factory().parse(other) != factory().parse(EVERYTHING)
    assert factory().parse(EVERYTHING, main="Patrol") != factory().parse(EVERYTHING)
    assert factory().parse(EVERYTHING) != "tree"


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
printable = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r"),
    max_size=12,
)
comments = printable.filter(lambda t: "--" not in t and not t.endswith("-") and "\r" not in t)
elements = st.recursive(
    st.builds(
        Element,
        names,
        st.dictionaries(names, printable, max_size=3),
        text=printable.map(str.strip).filter(lambda t: "\r" not in t),
    ),
    lambda inner: st.builds(
        Element,
        names,
        st.dictionaries(names, printable, max_size=3),
        st.lists(inner | comments.map(Comment), max_size=4).map(tuple),
    ),
    max_leaves=10,
)


@given(elements, st.lists(comments.map(Comment), max_size=2).map(tuple))
def test_any_document_comes_back_equal(root: Element, around: tuple[Comment, ...]) -> None:
    document = Document(root, around, around)
    assert read(document.xml(), "d.xml") == document
    assert read(document.xml().encode(), "d.xml").xml() == document.xml()


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


# -- fuzz ------------------------------------------------------------------------------------------


@given(st.integers(0, len(EVERYTHING)))
def test_truncated_files(length: int) -> None:
    with contextlib.suppress(TreeError):
        assert factory().parse(EVERYTHING[:length]) == factory().parse(EVERYTHING)


ALPHABET = "<>/=\"'&;{}@_-! abcAZ09.:|+*?\n\x00é" + "\ud800"
FRAGMENTS = [
    *(f"<{name}>" for name in (*BUILT_IN, "SubTree", "BehaviorTree")),
    *(f"</{name}>" for name in BUILT_IN),
    '<SubTree ID="Main"/>',
    ' _while="x"',
    "{",
    "}",
    "<!--",
    "-->",
    "<![CDATA[",
    "<!DOCTYPE a>",
    "&#10;",
    "-1",
    "99999999999999999999",
    "1e999",
]


@given(st.integers(0, 2**32), st.integers(1, 6))
def test_mutated_files(seed: int, changes: int) -> None:
    rng = random.Random(seed)
    text = EVERYTHING
    for _ in range(changes):
        start = rng.randrange(len(text))
        end = min(len(text), start + rng.choice([0, 0, 1, 2, 10, 200]))
        new = rng.choice([*ALPHABET, *FRAGMENTS, "", text[start : start + 40]])
        text = text[:start] + new + text[end:]
    made = factory()
    with contextlib.suppress(TreeError):
        mutant = made.parse(text)
        assert made.parse(mutant.xml()) == mutant
        assert made.parse(mutant.xml()).xml() == mutant.xml()
        run = mutant.start()
        for _ in range(5):
            run.tick()
        run.halt()


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes(data: bytes | str) -> None:
    with pytest.raises(TreeError):
        factory().parse(data)
