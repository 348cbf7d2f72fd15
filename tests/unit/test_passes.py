"""Pass declarations: what they refuse, and the WGSL that they generate."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave import (
    PER_ENTITY,
    PER_SLOT,
    Contact,
    Fixed,
    Look,
    Module,
    Pass,
    Position,
    Resource,
    Team,
    Velocity,
    component,
)
from astraweave.errors import PassError
from astraweave.gpu.checks import check_added, whole
from astraweave.gpu.device import FOLD, fold
from astraweave.gpu.passes import ENTITIES, entry_point, preamble

MANY = tuple(Resource(f"r{i}") for i in range(9))


class NotDecorated:
    """Looks like a component but is none."""

    x: Fixed


WRONG = {
    "nine buffers": ({"reads": MANY, "threads": 1}, "binds 9 storage buffers .*at most 8"),
    "eight and the entity table": ({"reads": MANY[:8]}, "binds 9 storage buffers .*at most 8"),
    "an event too many": (
        {"reads": MANY[:8], "threads": 1, "emits": (Contact,)},
        "binds 9 storage buffers",
    ),
    "read and written": (
        {"reads": (Position,), "writes": (Position,)},
        "Position is declared twice",
    ),
    "read twice": ({"reads": (Position, Position)}, "Position is declared twice"),
    "resource twice": ({"reads": (MANY[0],), "writes": (MANY[0].atomic,)}, "r0 is declared twice"),
    "not decorated": ({"reads": (NotDecorated,)}, "neither a component nor a resource"),
    "a string": ({"writes": ("Position",)}, "'Position' is neither a component nor a resource"),
    "an instance": ({"reads": (None,)}, "None is neither a component nor a resource"),
    "an event that is read": ({"reads": (Contact,)}, "neither a component nor a resource"),
    "a component that is emitted": ({"emits": (Position,)}, "is not an event"),
    "a list": ({"reads": [Position]}, r"reads must be a tuple, such as \(read,\)"),
    "a bare class": ({"writes": Position}, "writes must be a tuple"),
    "bare event": ({"emits": Contact}, "emits must be a tuple"),
    "no threads": ({"threads": 0}, "threads must be a whole number, .*got 0"),
    "negative threads": ({"threads": -5}, "threads must be a whole number, .*got -5"),
    "threads of nothing": ({"threads": None}, "threads must be a whole number, .*got None"),
    "half a thread": ({"threads": 0.5}, "threads must be a whole number, .*got 0.5"),
    "workgroup of nothing": ({"workgroup_size": 0}, "workgroup_size must be .*1 to 256, got 0"),
    "workgroup too large": ({"workgroup_size": 257}, "workgroup_size must be .*1 to 256, got 257"),
    "float constant": ({"constants": {"SPEED": 1.5}}, "constant SPEED must be a whole number"),
    "huge constant": ({"constants": {"SPEED": 2**32}}, "constant SPEED must be"),
    "small constant": ({"constants": {"SPEED": -(2**31) - 1}}, "constant SPEED must be"),
    "constant of the preamble": (
        {"constants": {"FOLD": 1}},
        "every shader has the name FOLD already",
    ),
    "size as a constant": ({"constants": {"WORKGROUP_SIZE": 1}}, "the name WORKGROUP_SIZE already"),
    "mask as a constant": ({"constants": {"REQUIRED": 1}}, "the name REQUIRED already"),
    "keyword as a constant": ({"constants": {"fn": 1}}, "the name fn already"),
    "constants in a list": ({"constants": [1]}, "constants must be a dict"),
    "constant's name": ({"constants": {"a b": 1}}, "'a b' cannot be the name of a constant"),
    "drawn data in the simulation": (
        {"reads": (Look,), "writes": (Position,)},
        "Look is for presentation; a pass that writes Position may not read it",
    ),
    "drawn data beside the simulation's": (
        {"writes": (Look, Position)},
        "Look is for presentation",
    ),
    "drawn data in events": ({"reads": (Look,), "emits": (Contact,)}, "Look is for presentation"),
}


def test_a_constant_that_the_engine_adds() -> None:
    check_added("x", {"SPEED": 1})
    with pytest.raises(PassError, match="pass x: the engine gives the constant RATE"):
        check_added("x", {"SPEED": 1, "RATE": 60})


def test_whole_numbers_of_any_type() -> None:
    for value in (3, np.int64(3), np.uint8(3)):
        assert type(whole(value, "it", 0, 3)) is int
    for wrong in (True, 3.0, "3", None, 4, -1, np.float64(3)):
        with pytest.raises(PassError, match="it must be a whole number, 0 to 3, got "):
            whole(wrong, "it", 0, 3)


@pytest.mark.parametrize("case", WRONG)
def test_impossible_declarations(case: str) -> None:
    declared, words = WRONG[case]
    with pytest.raises(PassError, match=words) as caught:
        Pass("sim/wrong.wgsl", **declared)
    assert "pass sim/wrong: " in str(caught.value) or "pass sim/wrong binds" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("x", "vec3<u32>"), "vec3"),
        (("x", "mat4x4<f32>"), "mat4x4"),
        (("x", "u32", 0), "length must be a whole number, .*got 0"),
        (("x", "u32", -1), "length must be a whole number, .*got -1"),
        (("x", "u32", 1.5), "length must be a whole number, .*got 1.5"),
        (("x", "u32", "9"), "length must be a whole number, .*got '9'"),
        (("x", None), "no element None"),
        ((3,), "3: a name has letters"),
        (("tick",), "tick: every shader has that name already"),
        (("fn",), "fn: every shader"),
        (("each",), "each: every shader"),
        (("main",), "main: every shader"),
        (("RATE",), "RATE: every shader"),
        (("",), "name"),
        (("a b",), "'a b'"),
        (("3d",), "'3d'"),
    ],
)
def test_impossible_resources(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(PassError, match=f"resource .*{words}"):
        Resource(*arguments)


def test_drawn_data_may_be_written_from_the_simulation() -> None:
    assert Pass("x.wgsl", (Position,), (Look,)).components == (Position, Look)


def test_names() -> None:
    assert Pass("sim/integrate.wgsl").name == "sim/integrate"
    assert Pass("/some/where/mine.wgsl").name == "where/mine"
    assert Pass("mine.wgsl").name == "mine"
    assert Pass("mine.wgsl", name="other").name == "other"


def test_strides_of_resources() -> None:
    strides = {e: Resource("x", e).stride for e in ("u32", "i32", "vec2<u32>", "vec4<i32>")}
    assert strides == {"u32": 4, "i32": 4, "vec2<u32>": 8, "vec4<i32>": 16}
    assert Resource("grid.start").variable == "grid_start"


def test_preamble_declares_what_was_declared() -> None:
    declared = Pass("x.wgsl", (Velocity,), (Position,), constants={"A": -3, "B": True, "C": 2**31})
    text = preamble(declared, 0x80000003)
    for line in (
        "const REQUIRED = 2147483651u;",
        "const A = -3;",
        "const B = true;",
        "const C = 2147483648u;",
        "struct Velocity {",
        "@group(1) @binding(0) var<storage, read> entity: array<vec2<u32>>;",
        "@group(1) @binding(1) var<storage, read> velocity: array<Velocity>;",
        "@group(1) @binding(2) var<storage, read_write> position: array<Position>;",
    ):
        assert line in text
    assert "Team" not in text


def test_atomics_are_written_even_when_read() -> None:
    (binding,) = Pass("x.wgsl", (Resource("n").atomic,), threads=1).bindings()
    assert (binding.type, binding.writes) == ("array<atomic<u32>>", True)


def test_entity_table_is_bound_for_each_entity_only() -> None:
    def keys(**options: Any) -> list[str]:
        return [b.key for b in Pass("x.wgsl", (Team,), **options).bindings()]

    assert keys(threads=PER_ENTITY) == ["entity", "Team"]
    assert keys(threads=PER_SLOT) == keys(threads=10) == ["Team"]
    assert len(Pass("x.wgsl", (ENTITIES,)).bindings()) == 1


def test_what_an_entity_needs() -> None:
    assert Pass("x.wgsl", (Team,), (Position, MANY[0])).required == (Team, Position)
    assert Pass("x.wgsl", (Team,), (Position,), requires=(Team,)).required == (Team,)
    assert Pass("x.wgsl", (Team,), requires=()).required == ()


def test_entry_points() -> None:
    assert "index >= 10u" in entry_point(Pass("x.wgsl", threads=10))
    assert "REQUIRED" not in entry_point(Pass("x.wgsl", threads=PER_SLOT))
    assert "entity[index].y & REQUIRED" in entry_point(Pass("x.wgsl", (Team,)))
    assert "workgroup_size(128)" in entry_point(Pass("x.wgsl", (Team,), workgroup_size=128))
    assert entry_point(Pass("x.wgsl", threads=3, own_entry=True)) == ""


@given(st.integers(0, 1 << 31))
def test_folded_dispatches_cover_all(groups: int) -> None:
    x, y = fold(groups)
    assert x * y >= groups
    assert 0 <= x * y - groups < max(1, x)
    assert max(x, y) <= 65_536
    assert y == 1 or x == FOLD


def test_a_module_has_passes() -> None:
    with pytest.raises(NotImplementedError):
        Module().passes(60)
    assert (Module().data(), Module().order()) == ({}, None)


def test_presentation_component_of_a_test() -> None:
    @component(presentation=True)
    class Seen:
        level: Fixed

    with pytest.raises(PassError, match="Seen is for presentation"):
        Pass("x.wgsl", (Seen,), (Team,))
