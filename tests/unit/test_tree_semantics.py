"""Every node against an independent interpreter: answers, order of ticks, order of halts."""

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_ai.tree import (
    Action,
    Blackboard,
    Context,
    Document,
    Element,
    Status,
    TreeFactory,
    TreeRun,
)
from astraweave_ai.tree.models import BUILT_IN, CASES
from tests.reference import trees as reference
from tests.reference.trees import Spec, World

FLAGS = ("f0", "f1", "f2", "f3")
VARIABLES = (1, 2, 3, "red", None)
ANSWERS = ("SUCCESS", "FAILURE", "RUNNING", "SKIPPED")
CONDITIONS = ("_failureIf", "_successIf", "_skipIf", "_while")
SCRIPTS = ("_onSuccess", "_onFailure", "_post", "_onHalted")
COUNTS = st.integers(-1, 3)
TICKS = st.integers(0, 4)
IN_ORDER = ("Sequence", "SequenceWithMemory", "Fallback", "ReactiveSequence", "ReactiveFallback")
THRESHOLDS = st.integers(-4, 4)  # cut to the number of children
NO_LEAVES = ("Script", "ScriptCondition", "SetBlackboard", "UnsetBlackboard")


# -- drawing trees ---------------------------------------------------------------------------------


def leaves() -> st.SearchStrategy[Spec]:
    leaf = st.builds(Spec, st.just("Leaf"))
    return st.one_of(
        leaf,
        leaf,
        st.builds(Spec, st.sampled_from(["AlwaysSuccess", "AlwaysFailure"])),
        st.builds(Spec, st.just("Sleep"), st.fixed_dictionaries({"msec": TICKS})),
    )


def parents(inner: st.SearchStrategy[Spec]) -> dict[str, st.SearchStrategy[Spec]]:
    """Every type with children, by its name."""
    some = st.lists(inner, min_size=1, max_size=4)
    two_or_three = st.lists(inner, min_size=2, max_size=3)
    one = st.lists(inner, min_size=1, max_size=1)

    def of(
        type_: str, children: st.SearchStrategy[list[Spec]], **ports: st.SearchStrategy[object]
    ) -> st.SearchStrategy[Spec]:
        return st.builds(Spec, st.just(type_), st.fixed_dictionaries(ports), children)

    return {
        **{type_: of(type_, some) for type_ in IN_ORDER},
        "Parallel": of("Parallel", some, success_count=THRESHOLDS, failure_count=THRESHOLDS),
        "ParallelAll": of("ParallelAll", some, max_failures=THRESHOLDS),
        "IfThenElse": of("IfThenElse", two_or_three),
        "WhileDoElse": of("WhileDoElse", two_or_three),
        **{
            f"Switch{n}": of(
                f"Switch{n}",
                st.lists(inner, min_size=n + 1, max_size=n + 1),
                **{f"case_{i + 1}": st.sampled_from(["1", "2", "3", "red"]) for i in range(n)},
            )
            for n in CASES
        },
        **{type_: of(type_, one) for type_ in (*reference.Table.TABLES, "SubTree")},
        "Repeat": of("Repeat", one, num_cycles=COUNTS),
        "RetryUntilSuccessful": of("RetryUntilSuccessful", one, num_attempts=COUNTS),
        "RunOnce": of("RunOnce", one, then_skip=st.booleans()),
        "Timeout": of("Timeout", one, msec=TICKS),
        "Delay": of("Delay", one, delay_msec=TICKS),
        "Cooldown": of("Cooldown", one, msec=TICKS),
        "Precondition": of(
            "Precondition",
            one,
            **{"if": st.sampled_from(FLAGS), "else": st.sampled_from(ANSWERS)},
        ),
    }


def any_parent(inner: st.SearchStrategy[Spec]) -> st.SearchStrategy[Spec]:
    """Those that trees are mostly made of come up twice as often."""
    found = parents(inner)
    return st.one_of(*found.values(), *(found[type_] for type_ in IN_ORDER))


GUARDS = st.dictionaries(st.sampled_from(CONDITIONS), st.sampled_from(FLAGS), max_size=2)
FOLLOW_UPS = st.sets(st.sampled_from(SCRIPTS), max_size=4)


GROWN = st.recursive(leaves(), any_parent, max_leaves=12)
ONE_IN_FOUR = st.integers(0, 3).map(lambda n: n == 0)


def simple() -> st.SearchStrategy[Spec]:
    """What shows most about a parent: leaves, now and then in a node that may be skipped."""
    leaf = st.builds(Spec, st.just("Leaf"))
    inside = st.sampled_from(["Inverter", "SequenceWithMemory", "RunOnce"])
    return st.one_of(leaf, leaf, leaf, st.builds(nested, inside, leaf))


def nested(type_: str, leaf: Spec) -> Spec:
    return Spec(type_, {"then_skip": True} if type_ == "RunOnce" else {}, [leaf])


PARENTS = parents(simple())


def finished(grown: Spec, draw: st.DrawFn) -> Spec:
    """A copy with names and conditions."""
    spec = copy.deepcopy(grown)  # a strategy may hand out one object twice
    for number, node in enumerate(every(spec)):
        node.name = f"n{number}"
        if "Parallel" in node.type:
            most = len(node.children)
            node.ports = {port: max(min(n, most), -most) for port, n in node.ports.items()}
        if draw(ONE_IN_FOUR):
            node.guards = {**draw(GUARDS), **dict.fromkeys(sorted(draw(FOLLOW_UPS)), "")}
    return spec


@st.composite
def trees(draw: st.DrawFn) -> Spec:
    """Of any nodes, up to a dozen leaves."""
    return finished(draw(GROWN), draw)


@st.composite
def parents_of(draw: st.DrawFn, type_: str) -> Spec:
    """A node of one type with simple children."""
    return finished(draw(PARENTS[type_]), draw)


def every(spec: Spec) -> Iterator[Spec]:
    yield spec
    for child in spec.children:
        yield from every(child)


@dataclass
class Moment:
    """What stands around a tree at one tick: time passed, flags, the variable, a halt after it."""

    step: int
    flags: dict[str, bool]
    variable: object
    halt: bool


@dataclass
class Story:
    """Some moments, and the answers that leaves give."""

    moments: list[Moment]
    answers: list[str]


STORIES = st.builds(
    Story,
    st.lists(
        st.builds(
            Moment,
            st.integers(0, 3),
            st.fixed_dictionaries({flag: st.booleans() for flag in FLAGS}),
            st.sampled_from(VARIABLES),
            st.integers(0, 5).map(lambda n: n == 0),
        ),
        min_size=8,
        max_size=16,
    ),
    st.lists(st.sampled_from(ANSWERS), min_size=20, max_size=40),
)


# -- the same tree in both interpreters ------------------------------------------------------------


class Answers:
    """Leaf n's k-th tick is answered by the list, so both interpreters get the same answers."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = answers
        self.ticks: dict[str, int] = {}

    def __call__(self, name: str) -> str:
        tick = self.ticks[name] = self.ticks.get(name, -1) + 1
        return self.answers[(int(name[1:]) * 7 + tick) % len(self.answers)]


class Host:
    """The owner of a run."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = Answers(answers)
        self.board = Blackboard({"log": ""})

    def write(self, event: str) -> None:
        self.board["log"] += event + ";"


class LeafAction(Action):
    def start(self, context: Context) -> Status:
        context.owner.write(f"tick({context.name})")
        return Status[context.owner.answers(context.name)]

    resume = start

    def halt(self, context: Context) -> None:
        context.owner.write(f"halt({context.name})")


FACTORY = TreeFactory(rate=1000)  # a tick is a millisecond
FACTORY.register(LeafAction(), "Leaf")


def document(spec: Spec) -> Document:
    found: list[Element] = []
    main = Element("BehaviorTree", {"ID": "Main"}, (element(spec, found),))
    return Document(
        Element("root", {"BTCPP_format": "4", "main_tree_to_execute": "Main"}, (main, *found))
    )


def element(spec: Spec, found: list[Element]) -> Element:
    """An element; the insides of sub-trees are added to `found`."""
    attributes = {"name": spec.name, **{port: text(value) for port, value in spec.ports.items()}}
    for when, flag in spec.guards.items():
        attributes[when] = f"log = log .. '{when}({spec.name});'" if when in SCRIPTS else flag
    children = tuple(element(child, found) for child in spec.children)
    if spec.type.startswith("Switch"):
        attributes["variable"] = "{variable}"
    if spec.type == "SubTree":
        found.append(Element("BehaviorTree", {"ID": spec.name}, children))
        attributes.update(ID=spec.name, _autoremap="true")
        children = ()
    return Element(spec.type, attributes, children)


def text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def running(node: reference.Node) -> Iterator[str]:
    if node.status == reference.RUNNING:
        yield node.spec.name
    for child in node.children:
        yield from running(child)


@settings(max_examples=100)
@given(trees(), STORIES)
def test_trees_do_what_the_reference_does(spec: Spec, story: Story) -> None:
    compare(spec, story)


@pytest.mark.parametrize("type_", sorted(set(PARENTS) - {f"Switch{n}" for n in CASES[1:]}))
def test_each_node_does_what_the_reference_does(type_: str) -> None:
    given(parents_of(type_), STORIES)(compare)()


@pytest.mark.parametrize("wanted", range(-3, 4))
def test_every_threshold_of_three_children(wanted: int) -> None:
    parallels = [
        ("Parallel", {"success_count": wanted, "failure_count": allowed})
        for allowed in range(-3, 4)
    ]
    for type_, ports in [*parallels, ("ParallelAll", {"max_failures": wanted})]:
        for answers in itertools.product(ANSWERS, repeat=3):
            compare(threes(type_, ports), Story([Moment(1, {}, None, False)] * 2, [*answers]))


def threes(type_: str, ports: dict[str, int]) -> Spec:
    """Its children answer as a story of three answers says, one place further at each tick."""
    leaves = [Spec("Leaf", name=f"n{n}") for n in range(3)]
    return Spec(type_, dict(ports), leaves, name="top")


def compare(spec: Spec, story: Story) -> None:
    """Run both through the story."""
    tree = FACTORY.build(document(spec))
    host = Host(story.answers)
    run = tree.start(host.board, host)
    world = World(leaf=Answers(story.answers))
    twin = reference.make(spec, world)
    for moment in story.moments:
        world.now, world.flags, world.variable = (
            world.now + moment.step,
            moment.flags,
            moment.variable,
        )
        show(host.board, moment)
        assert run.tick(world.now).name == twin.execute()
        if twin.status != reference.RUNNING:
            twin.reset()
        check(run, twin, host, world)
        if moment.halt:
            run.halt()
            twin.reset()
            check(run, twin, host, world)


def show(board: Blackboard, moment: Moment) -> None:
    board.update(moment.flags, variable=moment.variable)
    if moment.variable is None:
        del board["variable"]


def check(run: TreeRun, twin: reference.Node, host: Host, world: World) -> None:
    assert host.board["log"] == "".join(f"{event};" for event in world.log)
    now_running = [n.label.name for n in run.tree.nodes if run.status[n.index] is Status.RUNNING]
    assert now_running == list(running(twin))


def test_every_node_is_compared() -> None:
    assert set(PARENTS) | {"AlwaysSuccess", "AlwaysFailure", "Sleep", "Leaf"} == set(
        reference.TYPES
    )
    assert set(BUILT_IN) - set(NO_LEAVES) == set(reference.TYPES) - {"Leaf", "SubTree"}


@given(trees(), STORIES, st.integers(0, 11))
def test_a_restored_run_goes_on_as_the_saved_one(spec: Spec, story: Story, saved_at: int) -> None:
    tree = FACTORY.build(document(spec))
    host = Host(story.answers)
    runs = [tree.start(host.board, host)]
    for tick, moment in enumerate(story.moments):
        if tick == saved_at:
            twin = copy.deepcopy(host)
            runs.append(tree.restore(runs[0].save(), owner=twin))
            twin.board = runs[1].blackboard
        for run in runs:
            show(run.blackboard, moment)
        assert len({run.tick() for run in runs}) == 1
        assert runs[0].save() == runs[-1].save()


@pytest.mark.parametrize("type_", ["Sequence", "Fallback", "ReactiveSequence", "ReactiveFallback"])
def test_all_skipped_is_skipped(type_: str) -> None:
    skipped = Element("AlwaysSuccess", {"_skipIf": "true"})
    main = Element("BehaviorTree", {"ID": "M"}, (Element(type_, {}, (skipped, skipped)),))
    tree = FACTORY.build(Document(Element("root", {"BTCPP_format": "4"}, (main,))))
    assert tree.start().tick() is Status.SKIPPED
