"""The frame graph: edges from shared data, order from declarations, errors for the rest."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave import Pass, Position, Resource, Velocity
from astraweave.errors import AmbiguityError, GraphError
from astraweave.gpu.graph import FrameGraph, PassGroup

NAMES = "abcd"


def declare(name: str, reads: str = "", writes: str = "") -> Pass:
    """A pass over resources of one letter each."""
    return Pass(
        f"{name}.wgsl",
        tuple(Resource(r) for r in reads),
        tuple(Resource(w) for w in writes),
        threads=1,
        name=name,
    )


def group(name: str, *passes: Pass, after: Sequence[str] = (), follows: Sequence[str] = ()):
    """A module of these passes; with none, of one that touches nothing."""
    return PassGroup(name, passes or (declare(f"{name}.pass"),), tuple(after), tuple(follows))


@pytest.mark.parametrize(
    ("first", "second", "hazard"),
    [(("", "a"), ("a", ""), "RAW"), (("", "a"), ("", "a"), "WAW"), (("a", ""), ("", "a"), "WAR")],
    ids=["RAW", "WAW", "WAR"],
)
def test_hazards(first: tuple[str, str], second: tuple[str, str], hazard: str) -> None:
    one, two = declare("one", *first), declare("two", *second)
    graph = FrameGraph([group("m", one, two)])
    assert graph.edges == [("one", "two", "a", hazard)]
    ordered = [group("x", one), group("y", two, after=["x"])]
    assert FrameGraph(ordered).edges == graph.edges
    with pytest.raises(AmbiguityError) as caught:
        FrameGraph([group("x", one), group("y", two)])
    for words in ("one (x)", "two (y)", "both touch a", hazard, "after=('x',)"):
        assert words in str(caught.value)


def test_two_readers_need_no_order() -> None:
    graph = FrameGraph([group("x", declare("one", "a")), group("y", declare("two", "a"))])
    assert graph.edges == []


def test_edges_are_direct() -> None:
    passes = [
        declare("write", "", "a"),
        declare("left", "a", "b"),
        declare("right", "a", "c"),
        declare("rewrite", "bc", "a"),
        declare("last", "a"),
    ]
    edges = {
        (e.first, e.second, e.resource, e.hazard) for e in FrameGraph([group("m", *passes)]).edges
    }
    assert edges == {
        ("write", "left", "a", "RAW"),
        ("write", "right", "a", "RAW"),
        ("left", "rewrite", "b", "RAW"),
        ("right", "rewrite", "c", "RAW"),
        ("left", "rewrite", "a", "WAR"),
        ("right", "rewrite", "a", "WAR"),
        ("rewrite", "last", "a", "RAW"),
    }


def test_components_conflict_by_class() -> None:
    move = Pass("move.wgsl", (Velocity,), (Position,))
    push = Pass("push.wgsl", (Position,), (Velocity,))
    with pytest.raises(
        AmbiguityError, match=r"move \(x\) and push \(y\) both touch Position \(RAW\)"
    ):
        FrameGraph([group("x", move), group("y", push)])
    hazards = {e.hazard for e in FrameGraph([group("m", move, push)]).edges}
    assert hazards == {"RAW", "WAR"}


def test_order_of_addition_wherever_allowed() -> None:
    groups = [group("a", after=["c"]), group("b"), group("c"), group("d", follows=["a", "missing"])]
    assert [g.name for g in FrameGraph(groups).ordered] == ["b", "c", "a", "d"]


def test_after_is_transitive() -> None:
    one, two = declare("one", "", "a"), declare("two", "a")
    groups = [group("x", one), group("m", after=["x"]), group("y", two, after=["m"])]
    assert [e.hazard for e in FrameGraph(groups).edges] == ["RAW"]


def test_impossible_graphs() -> None:
    for groups, words in [
        ([group("a", after=["b"]), group("b", after=["a"])], "cycle: a, b"),
        ([group("a", after=["a"])], "cycle: a"),
        ([group("a", after=["b"]), group("b", follows=["a"])], "cycle"),
        (
            [group("a", after=["nowhere"])],
            "'a' is after 'nowhere', which does not exist; there is a",
        ),
        ([group("a"), group("a")], "two modules are named 'a'"),
        ([group("a", declare("p")), group("b", declare("p"))], "two passes are named 'p'"),
        ([group("a", declare("p"), declare("p"))], "two passes are named 'p'"),
        ([group("")], "name"),
    ]:
        with pytest.raises(GraphError, match=words) as caught:
            FrameGraph(groups)
        assert not isinstance(caught.value, AmbiguityError)


def test_an_empty_graph() -> None:
    graph = FrameGraph([])
    assert (graph.passes, graph.edges, graph.text()) == ([], [], "")
    assert graph.mermaid() == "flowchart TD"


def test_text() -> None:
    groups = [group("x", declare("one", "b", "a")), group("y", declare("two", "a"), after=["x"])]
    assert FrameGraph(groups).text().splitlines() == [
        "x",
        "  one: reads b; writes a",
        "y  (after x)",
        "  two: reads a; writes -",
        "    waits for one (RAW a)",
    ]


def test_mermaid() -> None:
    groups = [
        group("x", declare("one", "", "ab")),
        group("y", declare("two", "ab"), after=["x"]),
    ]
    assert FrameGraph(groups).mermaid().splitlines() == [
        "flowchart TD",
        '    subgraph m0["x"]',
        '        p0["one"]',
        "    end",
        '    subgraph m1["y"]',
        '        p1["two"]',
        "    end",
        '    p0 -->|"a RAW, b RAW"| p1',
    ]


ACCESS = st.tuples(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))


@given(st.lists(ACCESS, min_size=1, max_size=7))
def test_every_conflict_is_covered_by_a_path(accesses: list[tuple[set[str], set[str]]]) -> None:
    """Two passes that touch the same data, one writing, are joined by edges; others need not be."""
    passes = [
        declare(f"p{i}", "".join(sorted(reads - writes)), "".join(sorted(writes)))
        for i, (reads, writes) in enumerate(accesses)
    ]
    graph = FrameGraph([group("m", *passes)])
    after: dict[str, set[str]] = {p.name: set() for p in passes}
    for edge in graph.edges:
        assert int(edge.first[1:]) < int(edge.second[1:])
        after[edge.first].add(edge.second)
    reach: dict[str, set[str]] = {}
    for p in reversed(passes):
        reach[p.name] = after[p.name].union(*(reach[n] for n in after[p.name]))
    for i, (reads, writes) in enumerate(accesses):
        for j in range(i + 1, len(accesses)):
            other_reads, other_writes = accesses[j]
            conflict = writes & (other_reads | other_writes) or reads & other_writes
            assert not conflict or f"p{j}" in reach[f"p{i}"]


@given(
    st.permutations("abcde"), st.sets(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")))
)
def test_modules_never_precede_what_they_follow(
    order: list[str], pairs: set[tuple[str, str]]
) -> None:
    wanted = {(a, b) for a, b in pairs if a < b}
    groups = [group(n, after=[a for a, b in sorted(wanted) if b == n]) for n in order]
    place = {g.name: i for i, g in enumerate(FrameGraph(groups).ordered)}
    assert all(place[a] < place[b] for a, b in wanted)
    if not wanted:
        assert list(place) == list(order)
