"""Component classes: their layout, their errors, and the ranges of their values."""

import re
from typing import Annotated, Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave import (
    F32,
    I32,
    U32,
    Angle,
    Body,
    EntityRef,
    Fixed,
    Quat,
    Vec2,
    Vec3,
    Vec3F,
    Vec4,
    Vec4F,
    component,
    event,
)
from astraweave.ecs.component import Component, layout_of, snake_case
from astraweave.errors import AstraError, ComponentError
from astraweave.gpu.reserved import RESERVED
from tests.integration.support import Everything, Shown, engine_components, raw_records, values_of

FIELD_TYPES = (Fixed, Vec2, Vec3, Vec4, Angle, Quat, I32, U32, EntityRef, F32, Vec3F, Vec4F)
ALL = [Everything, Shown, *engine_components()]


def make(annotations: dict[str, Any], name: str = "Made", **options: Any) -> Any:
    """A component class with these fields."""
    cls = type(name, (), {"__annotations__": annotations})
    return component(**options)(cls)


def wgsl_offsets(fields: list[tuple[str, str]]) -> tuple[dict[str, int], int]:
    """Offsets and size of a struct by the rules of WGSL, section 14.4.1, written out again."""
    sizes = {"i32": (4, 4), "u32": (4, 4), "f32": (4, 4), "vec2": (8, 8), "vec3": (12, 16)}
    offsets, end, align = {}, 0, 4
    for name, kind in fields:
        size, own = sizes.get(kind.split("<")[0], (16, 16))
        offsets[name] = -(-end // own) * own
        end, align = offsets[name] + size, max(align, own)
    return offsets, -(-end // align) * align


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_offsets_follow_wgsl(kind: Any) -> None:
    layout = kind.layout
    declared = re.findall(r"^\s*(\w+): ([\w<>]+),$", layout.wgsl, re.MULTILINE)
    offsets, size = wgsl_offsets(declared)
    fields = layout.dtype.fields
    assert fields is not None
    assert {name: offset for name, (_, offset, *_) in fields.items()} == offsets
    assert layout.stride == layout.dtype.itemsize == size


@given(st.lists(st.sampled_from(FIELD_TYPES), min_size=1, max_size=7))
def test_any_order_of_fields_follows_wgsl(kinds: list[Any]) -> None:
    names = [f"field{i}" for i in range(len(kinds))]
    layout = make(dict(zip(names, kinds, strict=True)), presentation=True).layout
    wgsl = [(f.name, f.type.wgsl) for f in layout.fields]
    offsets, size = wgsl_offsets(wgsl)
    assert [name for name, _ in wgsl] == names
    assert [f.offset for f in layout.fields] == list(offsets.values())
    assert layout.stride == size


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
@given(seed=st.integers(0, 2**32 - 1))
def test_values_survive_units(kind: Any, seed: int) -> None:
    records = raw_records(kind.layout, 40, np.random.default_rng(seed))
    again = values_of(kind, records).encode()
    for field in kind.layout.fields:
        assert np.array_equal(again[field.name], records[field.name]), field.name
    padding = np.ones(kind.layout.words, bool)
    padding[[w for w in range(kind.layout.words) if kind.layout.used_words >> w & 1]] = False
    assert not again.view(np.uint32).reshape(40, -1)[:, padding].any()


@pytest.mark.parametrize(
    "hint",
    [
        int,
        float,
        str,
        bool,
        complex,
        list,
        dict,
        np.float32,
        np.ndarray,
        tuple[int, int],
        Any,
        list[int],
        int | None,
        Annotated[int, "metres"],
        object,
    ],
    ids=str,
)
def test_unsupported_type_names_class_and_field(hint: Any) -> None:
    with pytest.raises(
        TypeError, match=r"Made\.speed: .* has no fixed layout; use Fixed"
    ) as caught:
        make({"fine": Fixed, "speed": hint})
    assert isinstance(caught.value, AstraError)


def test_unknown_name_in_annotation_names_class_and_field() -> None:
    with pytest.raises(TypeError, match=r"Made.*Nonsense"):
        make({"speed": "Nonsense"})


@pytest.mark.parametrize("hint", [F32, Vec3F, Vec4F], ids=["F32", "Vec3F", "Vec4F"])
def test_floats_are_for_presentation_only(hint: Any) -> None:
    with pytest.raises(TypeError, match=r"Made\.glow: .* is a float.*presentation=True"):
        make({"glow": hint})
    assert make({"glow": hint}, presentation=True).layout.presentation
    with pytest.raises(TypeError, match=r"Made\.glow"):
        event(type("Made", (), {"__annotations__": {"glow": hint}}))


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_reserved_words_are_refused(word: str) -> None:
    with pytest.raises(ComponentError, match=rf"Made\.{word}: '{word}' is a reserved word of WGSL"):
        make({word: Fixed})


@pytest.mark.parametrize("name", ["Loop", "Target", "Shared", "Module"])
def test_class_names_that_make_reserved_arrays_are_refused(name: str) -> None:
    with pytest.raises(ComponentError, match=f"{name}.*reserved"):
        make({"x": Fixed}, name)


@pytest.mark.parametrize("name", ["encode", "_values", "_default"])
def test_field_that_would_hide_a_method_is_refused(name: str) -> None:
    with pytest.raises(ComponentError, match=rf"Made\.{name}"):
        make({name: Fixed})


def test_empty_and_oversized_components_are_refused() -> None:
    with pytest.raises(ComponentError, match="Made has no fields"):
        make({})
    with pytest.raises(ComponentError, match="Made takes 144 bytes; at most 128"):
        make({f"f{i}": Vec4 for i in range(9)})
    assert make({f"f{i}": Vec4 for i in range(8)}).layout.stride == 128


def test_class_variables_are_no_fields_and_inherited_fields_are() -> None:
    class Base:
        first: Fixed

    class Derived(Base):
        capacity: ClassVar[int] = 5
        second: U32 = 7

    made = component(Derived)
    assert [f.name for f in made.layout.fields] == ["first", "second"]
    assert made(1).encode()["second"] == 7


def test_defaults_and_methods_are_inherited() -> None:
    class Named:
        first: Fixed = 2

        def double(self) -> int:
            return 2 * int(self.encode()["first"])  # type: ignore[attr-defined]

        def encode(self) -> None:
            raise AssertionError("a component's own encode comes first")

    @component
    class Base(Named):
        second: U32 = 7

    @component
    class Derived(Base):
        third: U32

    for made in (Base(), Derived(third=1)):
        assert isinstance(made, Named)
        assert made.double() == 4 << 16
        assert made.encode()["second"] == 7  # type: ignore[func-returns-value]
    assert [f.name for f in Derived.layout.fields] == ["first", "second", "third"]  # type: ignore[attr-defined]
    assert [f.name for f in Base.layout.fields] == ["first", "second"]  # type: ignore[attr-defined]


def test_a_class_that_cannot_be_made_again_is_refused() -> None:
    made = type("Made", (), {"__annotations__": {"x": Fixed}, "__slots__": ("x",)})
    with pytest.raises(ComponentError, match="Made cannot be a component"):
        component(made)


@pytest.mark.parametrize("name", ["Tick", "Main", "Each", "FOLD", "Entity", "Array", "U32", "Fn"])
def test_class_names_of_the_preamble_are_refused(name: str) -> None:
    with pytest.raises(ComponentError, match=f"{name}: "):
        make({"x": Fixed}, name)


def test_class_names_in_lower_case_are_refused() -> None:
    with pytest.raises(ComponentError, match="begins with a capital letter"):
        make({"x": Fixed}, "health")


def test_layout_of_what_is_no_component() -> None:
    for wrong in (int, Fixed, "Position", None, 3):
        with pytest.raises(ComponentError, match="is not a component; decorate"):
            layout_of(wrong)


LIMITS = [
    (Fixed, 32768, "outside -32768 to 32768"),
    (Fixed, -32768.1, "outside"),
    (Fixed, 1e308, "outside"),
    (Angle, 1e308, "outside"),
    (Angle, [1, 1e308], "1e\\+308 is outside"),
    (Vec3, (0, 0, 40000), "outside"),
    (Quat, (0, 0, 0, 2), "outside -2 to 2"),
    (U32, -1, "outside 0 to"),
    (U32, 2**32, "outside"),
    (U32, np.uint64(2**63), "outside"),
    (I32, 2**31, "outside"),
    (I32, -(2**31) - 1, "outside"),
    (EntityRef, (0, -1), "outside"),
    (U32, 1.5, "expected whole numbers, got 1.5"),
    (I32, [1, -0.25], "expected whole numbers, got -0.25"),
    (EntityRef, (0.5, 0), "expected whole numbers, got 0.5"),
    (Fixed, np.nan, "must be finite"),
    (Fixed, np.inf, "must be finite"),
    (Angle, np.nan, "must be finite"),
    (U32, np.nan, "must be finite"),
    (F32, np.inf, "must be finite"),
    (F32, 1e39, "outside|finite"),
    (Fixed, "3", "expected numbers"),
    (Fixed, None, "expected numbers"),
    (Fixed, 1j, "expected numbers"),
    (U32, 2**70, "expected numbers|outside"),
    (Vec3, (1, 2), "expected 3 numbers"),
    (Vec3, 1, "expected 3 numbers"),
    (Vec2, [(1, 2, 3)], "expected 2 numbers"),
    (Vec3, [(1, 2, 3), (4, 5)], "inhomogeneous|expected"),
    (Fixed, [[1, 2]], "too many dimensions"),
    (Vec3, np.zeros((2, 2, 3)), "too many dimensions"),
]


@pytest.mark.parametrize(("kind", "value", "words"), LIMITS)
def test_value_errors_name_component_and_field(kind: Any, value: Any, words: str) -> None:
    made = make({"it": kind}, presentation=True)
    with pytest.raises(ComponentError, match=r"Made\.it: ") as caught:
        made(value).encode()
    assert re.search(words, str(caught.value)), caught.value


LIMITED = [
    ({"radius": -0.01}, r"Body\.radius"),
    ({"radius": [0.5, 8]}, r"Body\.radius"),
    ({"inverse_mass": 256}, r"Body\.inverse_mass"),
    ({"restitution": 1.01}, r"Body\.restitution"),
]


@pytest.mark.parametrize(("values", "name"), LIMITED)
def test_a_declared_range_is_kept(values: dict[str, Any], name: str) -> None:
    with pytest.raises(ComponentError, match=rf"{name}: .*must be 0 to "):
        Body(**values).encode()
    assert Body(0, 255.99, 1).encode()["radius"] == 0


def test_extremes_are_allowed() -> None:
    floats = make({"it": F32}, presentation=True)
    assert floats(np.finfo("f4").max).encode()["it"] == np.finfo("f4").max
    made = make({"low": Fixed, "high": Fixed, "count": U32, "whole": I32, "round": Angle})
    record = made(-32768, 32768 - 1 / 65536, 2**32 - 1, -(2**31), 2 * np.pi).encode()
    assert record.tolist() == (-(2**31), 2**31 - 1, 2**32 - 1, -(2**31), 0)


@given(st.floats(-1e6, 1e6))
def test_angles_wrap(angle: float) -> None:
    made = make({"it": Angle})
    raw = int(made(angle).encode()["it"])
    turn = raw * (2 * np.pi) / 2**32
    assert abs(np.exp(1j * turn) - np.exp(1j * angle)) < 1e-8


def test_construction_errors() -> None:
    made = make({"x": Fixed, "y": Fixed})
    for arguments, named, words in [
        ((1, 2, 3), {}, "takes 2 values, got 3"),
        ((1,), {"z": 2}, "no field z"),
        ((1,), {"x": 2}, r"Made\.x is given twice"),
        ((1,), {}, r"Made\.y is missing"),
    ]:
        with pytest.raises(ComponentError, match=words):
            made(*arguments, **named)


def test_lengths_of_fields_must_agree() -> None:
    made = make({"x": Fixed, "y": Vec2})
    assert made([1, 2], (3, 4)).encode()["y"].tolist() == [[3 << 16, 4 << 16]] * 2
    with pytest.raises(ComponentError, match=r"different lengths \(x: 2, y: 3\)"):
        made([1, 2], np.zeros((3, 2))).encode()


def test_names() -> None:
    assert snake_case("MoveTarget") == "move_target"
    assert snake_case("A2Star") == "a2_star"
    assert Everything.layout.variable == "everything"
    assert issubclass(Everything, Component)


def test_key_depends_on_name_and_types() -> None:
    keys = {
        make({"x": Fixed}).layout.key,
        make({"y": Fixed}).layout.key,
        make({"x": U32}).layout.key,
        make({"x": Fixed}, "Other").layout.key,
    }
    assert len(keys) == 4
