"""Dialogue graphs: mistakes in files are told by node and field, and a walk is what a twin says."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_ai.dialogue.graph import load_graph, parse_graph
from astraweave_ai.dialogue.runner import Runner, State, Status
from astraweave_ai.dialogue.values import MOST
from astraweave_ai.errors import DialogueError
from tests.dialogues import documents, write
from tests.reference.dialogue import Twin

VILLAGE = Path(__file__).resolve().parents[2] / "examples/village"
GOOD = """
title = "A test"
start = "a"
variables = { coins = 2, met = false, bag = [], mood = "calm" }

[[nodes]]
id = "a"
text = "You have {coins}."
effects = [{ var = "met", set = true }]
events = ["greeted"]

[[nodes.choices]]
text = "Pay."
to = "b"
when = [{ var = "coins", ge = 1 }]
effects = [{ var = "coins", add = -1 }, { var = "bag", insert = "bread" }]
events = ["paid"]

[[nodes.choices]]
text = "Leave."

[[nodes]]
id = "b"
text = "Thank you: {bag}, {met}."
next = "a"

[[nodes]]
id = "c"
text = "Bread is bread."
topics = ["bread"]
when = [{ var = "bag", has = "bread" }]
"""


def complaint(before: str, after: str) -> str:
    assert before in GOOD
    with pytest.raises(DialogueError) as caught:
        parse_graph(GOOD.replace(before, after, 1), "talk.toml")
    return str(caught.value)


MISTAKES = (
    ('to = "b"', 'to = "x"', "talk.toml: node 'a', choices[0].to: no node 'x'; there is a, b, c"),
    ('next = "a"', 'next = "x"', "node 'b', next: no node 'x'"),
    ('start = "a"', 'start = "x"', "talk.toml: start: no node 'x'"),
    ('topics = ["bread"]', "topics = []", "node 'c', id: nothing leads here"),
    ('id = "b"', 'id = "a"', "node 'a', id: 2 nodes have it"),
    ("ge = 1 }", 'ge = "1" }', "node 'a', choices[0].when[0].ge: Expected `int"),
    ("ge = 1 }", "ge = 1, lt = 3 }", "node 'a', choices[0].when[0]: expected exactly one of"),
    (', ge = 1 }', " }", "expected exactly one of eq, ne, lt, ge, has, got none"),
    ('"coins", ge', '"coin", ge', "no variable 'coin'; there is coins, met, bag, mood"),
    ('"coins", ge = 1', '"met", ge = 1', "ge needs a whole number, met is true or false"),
    ('"coins", ge = 1', '"coins", eq = true', "eq: coins is a whole number, got True"),
    ('"coins", ge = 1', '"coins", has = "x"', "has needs a list of texts, coins is a whole number"),
    ("set = true", "set = 1", "node 'a', effects[0]: set: met is true or false, got 1"),
    ("add = -1", "add = 9999999999", "numbers must be within ±1,000,000,000"),
    ("coins = 2", "coins = 9999999999", "variables.coins: numbers must be within"),
    ("coins = 2", "coins = 1.5", "variables"),
    ("{coins}", "{coin}", "node 'a', text: no variable 'coin' for {coin}"),
    ('text = "Pay."', "", "node 'a', choices[0]: Object missing required field `text`"),
    ('text = "Pay."', 'text = ""', "node 'a', choices[0].text: Expected `str` of length >= 1"),
    ('text = "Bread is bread."', "text = 3", "node 'c', text: Expected `str`, got `int`"),
    ('id = "c"', 'id = "c d"', "node 'c d', id: Expected `str` matching"),
    ('id = "c"', "", "node number 2: Object missing required field `id`"),
    ('next = "a"', 'nxt = "a"', "node 'b': Object contains unknown field `nxt`"),
    ('title = "A test"', "title = ", "talk.toml: this is no TOML"),
    ('title = "A test"', "", "talk.toml: Object missing required field `title`"),
)  # fmt: skip


@pytest.mark.parametrize(("before", "after", "told"), MISTAKES, ids=[one[1] for one in MISTAKES])
def test_a_mistake_is_told_with_file_node_and_field(before: str, after: str, told: str) -> None:
    assert told in complaint(before, after)


def test_all_mistakes_of_one_kind_are_told_at_once() -> None:
    told = complaint('next = "a"\n', 'next = "x"\neffects = [{ var = "y", add = 1 }]\n')
    assert len(told.splitlines()) == 2
    assert all(line.startswith("talk.toml: node 'b', ") for line in told.splitlines())


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(DialogueError, match=r"none\.toml cannot be read"):
        load_graph(tmp_path / "none.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DialogueError, match=r"x\.toml is not UTF-8"):
        load_graph(tmp_path / "x.toml")
    (tmp_path / "y.toml").write_bytes(b"#" * (1 << 20) + b"\n")
    with pytest.raises(DialogueError, match=r"y\.toml has 1,048,577 bytes"):
        load_graph(tmp_path / "y.toml")


def test_the_graphs_of_the_village_load() -> None:
    files = sorted(VILLAGE.glob("*.talk.toml"))
    assert len(files) == 6
    assert all(load_graph(file).nodes for file in files)


# -- fuzzing ---------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_any_text_is_a_graph_or_an_error(text: str) -> None:
    with pytest.raises(DialogueError):
        parse_graph(text)


@settings(max_examples=40)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 40), st.text(max_size=5))
def test_a_damaged_file_is_a_graph_or_an_error(at: int, length: int, put: str) -> None:
    try:
        graph = parse_graph(GOOD[:at] + put + GOOD[at + length :])
    except DialogueError:
        return
    assert graph.start in graph.nodes


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["var", "eq", "set", "id", "text", "to"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@settings(max_examples=40)
@given(documents(), st.data())
def test_wrong_values_in_any_field_are_an_error_or_a_graph(document: Any, data: Any) -> None:
    node = data.draw(st.sampled_from(document["nodes"]))
    field = data.draw(st.sampled_from(sorted(node)))
    node[field] = data.draw(_VALUES)
    try:
        graph = parse_graph(write(document))
    except DialogueError:
        return
    assert graph.start in graph.nodes


# -- walks -----------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(documents(), st.lists(st.integers(0, 3), max_size=12))
def test_a_walk_is_what_the_twin_says(document: Any, wishes: list[int]) -> None:
    runner, twin = Runner(parse_graph(write(document))), Twin(document)
    runner.start()
    for wish in wishes:
        assert [offer.number for offer in runner.offers()] == twin.open()
        assert runner.variables == twin.variables
        assert (runner.status is Status.FINISHED) == twin.over
        if twin.over:
            break
        assert runner.node is not None
        assert runner.node.id == twin.node
        runner = restored(runner)
        if not twin.open():
            runner.advance()
            twin.advance()
        elif wish in twin.open():
            runner.choose(wish)
            twin.choose(wish)
        else:
            refused(runner, wish)


def restored(runner: Runner) -> Runner:
    """The same by way of its saved state, which is plain data."""
    state = msgspec.json.decode(msgspec.json.encode(runner.save()), type=State)
    other = Runner(runner.graph)
    other.restore(state)
    assert other.save() == runner.save()
    return other


def refused(runner: Runner, wish: int) -> None:
    before = runner.save()
    with pytest.raises(DialogueError, match="is not offered"):
        runner.choose(wish)
    assert runner.save() == before


def walked() -> Runner:
    runner = Runner(parse_graph(GOOD))
    runner.start()
    return runner


def test_texts_events_and_history() -> None:
    runner = walked()
    assert runner.text == "You have 2."
    runner.choose(0)
    assert runner.text == "Thank you: bread, yes."
    told = [(event.kind, event.node, event.what) for event in runner.take_events()]
    assert told == [
        ("entered", "a", ""),
        ("raised", "a", "greeted"),
        ("chosen", "a", "Pay."),
        ("raised", "a", "paid"),
        ("entered", "b", ""),
    ]
    assert runner.take_events() == []
    assert runner.status is Status.AT_NODE
    assert runner.advance() is Status.WAITING
    runner.choose(1)
    assert runner.status is Status.FINISHED
    assert [event.kind for event in runner.take_events()][-1] == "ended"
    assert [(entry.node, entry.choice) for entry in runner.history] == [
        ("a", 0), ("b", None), ("a", 1),
    ]  # fmt: skip


def test_topics_are_there_when_their_conditions_hold() -> None:
    runner = walked()
    assert not runner.topics()
    runner.choose(0)
    assert [node.id for node in runner.topics()] == ["c"]
    runner.go("c")
    assert runner.text == "Bread is bread."
    with pytest.raises(DialogueError, match="no node 'nowhere'"):
        runner.go("nowhere")
    assert runner.text == "Bread is bread."


def test_a_count_stops_at_its_bounds() -> None:
    text = GOOD.replace("add = -1", f"add = -{MOST}").replace("ge = 1", f"ge = -{MOST}")
    runner = Runner(parse_graph(text))
    runner.start()
    for _ in range(3):
        runner.choose(0)
        runner.advance()
    assert runner.variables["coins"] == -MOST


def test_steps_that_cannot_be_made_change_nothing() -> None:
    runner = Runner(parse_graph(GOOD))
    with pytest.raises(DialogueError, match="cannot go on while it is idle"):
        runner.advance()
    with pytest.raises(DialogueError, match="is not offered: none"):
        runner.choose(0)
    runner.start()
    with pytest.raises(DialogueError, match="cannot go on while it is waiting"):
        runner.advance()


STATES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"graph": "other"}, "is of graph other"),
    ({"node": None}, "is waiting for choice at node None"),
    ({"node": "z"}, "names a node 'z'"),
    ({"variables": {}}, "variable bag: missing"),
    (
        {"variables": {"coins": True, "met": False, "bag": [], "mood": ""}},
        "variable coins: expected",
    ),
    ({"status": Status.AT_NODE}, "where it must be waiting"),
    ({"history": ()}, "which its history does not end with"),
)


@pytest.mark.parametrize(("change", "told"), STATES, ids=[one[1] for one in STATES])
def test_an_impossible_state_is_refused_and_nothing_is_lost(change: Any, told: str) -> None:
    runner = walked()
    before = runner.save()
    with pytest.raises(DialogueError, match=told):
        runner.restore(msgspec.structs.replace(before, **change))
    with pytest.raises(DialogueError, match="this is no saved state"):
        runner.load_state(b'{"graph": 3}')
    assert runner.save() == before
    runner.load_state(runner.save_state())
    assert runner.save() == before
