"""Files: loaded, understood, saved back equal; any damage is a TreeError."""

import contextlib
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.errors import TreeError
from astraweave_ai.tree import Comment, Document, Element, Status, read_document
from astraweave_ai.tree.models import BUILT_IN
from tests.tree_files import EVERYTHING
from tests.tree_files import everything_factory as factory

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
    assert read_document(document.xml(), "d.xml") == document
    assert read_document(document.xml().encode(), "d.xml").xml() == document.xml()


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


VALUES = [
    "",
    "1",
    "-1",
    "{x}",
    "{=}",
    "{@x}",
    "RED",
    "x := 1",
    "true",
    "Patrol",
    "Main",
    "1e9",
    "a/b",
]
TAGS = [*BUILT_IN, "SubTree", "Action", "Say", "IsNear", "Nothing"]
ATTRIBUTES = ["ID", "name", "msec", "_while", "_skipIf", "_onSuccess", "_autoremap", "code", "goal"]


def disturbed(element: Element, rng: random.Random) -> Element:
    """The element, well-formed still, with something in it or below it changed."""
    attributes, content = dict(element.attributes), list(element.content)
    if content and rng.random() < 0.85:
        at = rng.randrange(len(content))
        inside = content[at]
        change = rng.randrange(12)
        if change == 0:
            del content[at]
        elif change == 1:
            content.insert(rng.randrange(len(content) + 1), inside)
        elif isinstance(inside, Element):
            content[at] = disturbed(inside, rng)
        return Element(element.tag, attributes, tuple(content), element.text)
    change = rng.randrange(4)
    if change == 0:
        return Element(rng.choice(TAGS), attributes, element.content, element.text)
    if change == 1 and attributes:
        del attributes[rng.choice(sorted(attributes))]
    else:
        name = rng.choice([*attributes, *ATTRIBUTES] if change == 2 else [*attributes, "name"])
        attributes[name] = rng.choice(VALUES)
    return Element(element.tag, attributes, element.content, element.text)


@given(st.integers(0, 2**32), st.integers(1, 4))
def test_disturbed_documents(seed: int, changes: int) -> None:
    rng, made = random.Random(seed), factory()
    root = read_document(EVERYTHING, "e.xml").root
    for _ in range(changes):
        root = disturbed(root, rng)
    with contextlib.suppress(TreeError):
        mutant = made.build(Document(root))
        assert made.parse(mutant.xml()) == mutant
        run = mutant.start({"frame": "world", "loud": True, "x": 1})
        for _ in range(12):
            run.tick()
        assert mutant.restore(run.save()).save() == run.save()
        run.halt()
