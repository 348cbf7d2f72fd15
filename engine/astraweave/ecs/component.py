"""Components: one annotated class is the one source of truth for a column of entity data.

From its fields come the NumPy dtype, the WGSL struct, the checksum, the save format and the
inspector. Fields lie in declared order under WGSL's alignment rules and are never reordered.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform, get_type_hints, overload

import numpy as np
from numpy.typing import NDArray

from ..errors import ComponentError
from ..gpu.checks import TAKEN
from ..gpu.reserved import RESERVED
from .fields import FieldType, Range

T = TypeVar("T", bound=type)
Raw = NDArray[Any]
MAX_STRIDE = 128  # bytes; checksums keep one bit for each word


@dataclass(frozen=True)
class Field:
    """One field with its place in the struct (offset in bytes)."""

    name: str
    type: FieldType
    offset: int


@dataclass(frozen=True)
class Layout:
    """Where each field lies; the same for NumPy and for WGSL."""

    name: str
    fields: tuple[Field, ...]
    stride: int  # bytes from one entity to the next
    presentation: bool
    event: bool = False

    @property
    def variable(self) -> str:
        """Name of the WGSL array: the class name in snake case."""
        return snake_case(self.name)

    @property
    def align(self) -> int:
        """WGSL alignment of the struct in bytes."""
        return max(4, *(f.type.align for f in self.fields))

    @property
    def words(self) -> int:
        """32-bit words per entity, padding included."""
        return self.stride // 4

    @property
    def used_words(self) -> int:
        """A bit for each word that is not padding."""
        return sum(((1 << f.type.count) - 1) << f.offset // 4 for f in self.fields)

    @property
    def key(self) -> int:
        """32-bit key of the component in checksums; depends on names and types only."""
        text = self.name + "".join(f"|{f.name}:{f.type.wgsl}" for f in self.fields)
        return int.from_bytes(hashlib.blake2s(text.encode(), digest_size=4).digest(), "little")

    @property
    def dtype(self) -> np.dtype[Any]:
        """Structured dtype with explicit offsets; padding bytes are always zero."""
        return np.dtype(
            {
                "names": [f.name for f in self.fields],
                "formats": [_format(f.type) for f in self.fields],
                "offsets": [f.offset for f in self.fields],
                "itemsize": self.stride,
            }
        )

    @property
    def wgsl(self) -> str:
        """The WGSL struct."""
        body = "".join(f"    {f.name}: {f.type.wgsl},\n" for f in self.fields)
        return f"struct {self.name} {{\n{body}}}\n"

    def encode(self, values: Mapping[str, Any]) -> Raw:
        """Raw records: shape () if every value is for one entity, else (n,).

        Raises:
            ComponentError: a value of a wrong shape or out of range; names `Component.field`.
        """
        raws = {}
        for f in self.fields:
            try:
                raws[f.name] = f.type.encode(values[f.name], f"{self.name}.{f.name}")
            except ValueError as error:
                raise ComponentError(str(error)) from error
        lengths = {f.name: _leading(raws[f.name], f, self.name) for f in self.fields}
        several = {n for n in lengths.values() if n is not None}
        if len(several) > 1:
            told = ", ".join(f"{name}: {n}" for name, n in lengths.items() if n is not None)
            raise ComponentError(f"{self.name}: fields of different lengths ({told})")
        records = np.zeros(several.pop() if several else (), self.dtype)
        for name, raw in raws.items():
            records[name] = raw
        return records

    def decode(self, records: Raw) -> NDArray[Any]:
        """Values in Python's units: a plain array for one field, else a structured one."""
        if len(self.fields) == 1:
            only = self.fields[0]
            return np.ascontiguousarray(only.type.from_raw(records[only.name]))
        return self.decode_fields(records)

    def decode_fields(self, records: Raw) -> NDArray[Any]:
        """Values in Python's units as a structured array, one name for each field."""
        columns = {f.name: f.type.from_raw(records[f.name]) for f in self.fields}
        lanes = [
            (f.name, columns[f.name].dtype, (f.type.count,)[: f.type.count > 1])
            for f in self.fields
        ]
        out = np.zeros(records.shape, np.dtype(cast(Any, lanes)))
        for name, column in columns.items():
            out[name] = column
        return out

    def describe(self) -> dict[str, Any]:
        """The layout as plain data, for saved files and the inspector."""
        return {
            "name": self.name,
            "stride": self.stride,
            "presentation": self.presentation,
            "fields": [[f.name, f.type.name, f.offset] for f in self.fields],
        }


def _format(kind: FieldType) -> Any:
    return "<" + kind.scalar if kind.count == 1 else ("<" + kind.scalar, (kind.count,))


def _leading(raw: Raw, field: Field, owner: str) -> int | None:
    lanes = 1 if field.type.count > 1 else 0
    if raw.ndim - lanes > 1:
        raise ComponentError(f"{owner}.{field.name}: too many dimensions, got shape {raw.shape}")
    return None if raw.ndim == lanes else raw.shape[0]


def snake_case(name: str) -> str:
    """`MoveTarget` as `move_target`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Component:
    """Base that `@component` adds: keeps the values and encodes them when they are used."""

    layout: ClassVar[Layout]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names = [f.name for f in self.layout.fields]
        if len(args) > len(names):
            raise ComponentError(f"{self.layout.name} takes {len(names)} values, got {len(args)}")
        values = dict(zip(names, args, strict=False))
        for name, value in kwargs.items():
            if name not in names:
                raise ComponentError(f"{self.layout.name} has no field {name}; it has {names}")
            if name in values:
                raise ComponentError(f"{self.layout.name}.{name} is given twice")
            values[name] = value
        for name in names:
            if name not in values:
                values[name] = self._default(name)
        self._values: dict[str, Any] = values

    def _default(self, name: str) -> Any:
        for cls in type(self).__mro__:
            if name in cls.__dict__ and name != "layout":
                return cls.__dict__[name]
        raise ComponentError(f"{self.layout.name}.{name} is missing and has no default")

    def encode(self) -> Raw:
        """Raw records of the values (see `Layout.encode`)."""
        return self.layout.encode(self._values)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return f"{self.layout.name}({inside})"


_OWN_NAMES = frozenset(("_values", "_default", "encode"))  # besides `layout`, a reserved word


def _hints_of(cls: type) -> dict[str, Any]:
    try:
        return get_type_hints(cls, include_extras=True)
    except NameError as error:
        raise ComponentError(f"{cls.__name__}: the type of a field is unknown: {error}") from error


def _check_name(name: str) -> None:
    """Raise ComponentError for a class whose struct or array could not be declared in WGSL."""
    array = snake_case(name)
    if array in RESERVED or name in RESERVED:
        raise ComponentError(f"{name}: its array would be named as a reserved word of WGSL")
    if {array, name} & (TAKEN | {"entity"}):
        raise ComponentError(f"{name}: every shader has that name already; choose another name")
    if array == name:
        raise ComponentError(f"{name}: the name of a component begins with a capital letter")


def _layout_of(cls: type, presentation: bool, event: bool) -> Layout:
    _check_name(cls.__name__)
    fields: list[Field] = []
    offset, align = 0, 4
    for name, hint in _hints_of(cls).items():
        if getattr(hint, "__origin__", None) is ClassVar or hint is ClassVar:
            continue
        kind = _type_of(f"{cls.__name__}.{name}", name, hint, presentation)
        offset = -(-offset // kind.align) * kind.align
        fields.append(Field(name, kind, offset))
        offset, align = offset + kind.size, max(align, kind.align)
    if not fields:
        raise ComponentError(f"{cls.__name__} has no fields; a tag needs one, such as `id: U32`")
    stride = -(-offset // align) * align
    if stride > MAX_STRIDE:
        raise ComponentError(f"{cls.__name__} takes {stride} bytes; at most {MAX_STRIDE}: split it")
    return Layout(cls.__name__, tuple(fields), stride, presentation, event)


def _type_of(where: str, name: str, hint: Any, presentation: bool) -> FieldType:
    """The field type that an annotation names, narrowed by its `Range` if it has one."""
    metadata = getattr(hint, "__metadata__", ())
    kind = next((m for m in metadata if isinstance(m, FieldType)), None)
    if name in RESERVED or name.startswith("__"):
        raise ComponentError(f"{where}: {name!r} is a reserved word of WGSL; choose another name")
    if name in _OWN_NAMES:
        raise ComponentError(f"{where}: components have a {name!r} already; choose another name")
    if kind is None:
        raise ComponentError(
            f"{where}: {getattr(hint, '__name__', hint)} has no fixed layout; use Fixed, Vec2, "
            "Vec3, Vec4, Angle, Quat, I32, U32, EntityRef (F32, Vec3F, Vec4F for drawing)"
        )
    if kind.is_float and not presentation:
        raise ComponentError(
            f"{where}: {kind.name} is a float, which is not the same on every GPU; use Fixed, "
            "or declare the component with presentation=True"
        )
    limits = next((m for m in metadata if isinstance(m, Range)), None)
    return replace(kind, limits=limits) if limits else kind


def _make(cls: Any, presentation: bool, event: bool) -> Any:
    namespace = {k: v for k, v in cls.__dict__.items() if k not in ("__dict__", "__weakref__")}
    bases = tuple(base for base in cls.__bases__ if base is not object)
    if not issubclass(cls, Component):
        bases = (Component, *bases)
    try:
        made: Any = type(cls.__name__, bases, namespace)
    except (TypeError, ValueError) as error:
        raise ComponentError(f"{cls.__name__} cannot be a component: {error}") from error
    made.layout = _layout_of(cls, presentation, event)
    return made


@overload
def component(cls: T) -> T: ...
@overload
def component(*, presentation: bool = ...) -> Callable[[T], T]: ...
@dataclass_transform()
def component(cls: Any = None, *, presentation: bool = False) -> Any:
    """Make a class of annotated fields a component.

    With `presentation=True` it may hold floats, is outside the checksum, and no simulation
    pass may read it.

    Raises:
        ComponentError: (also a TypeError) a field without a fixed layout; names `Class.field`.
    """
    if cls is None:
        return lambda inner: _make(inner, presentation, False)
    return _make(cls, presentation, False)


@dataclass_transform()
def event(cls: T) -> T:
    """Make a class of annotated fields an event that passes emit and Python receives."""
    return cast(T, _make(cls, False, True))


ComponentType = type[Any]


def layout_of(kind: Any) -> Layout:
    """The layout of a component or event class.

    Raises:
        ComponentError: `kind` is not decorated with `@component` or `@event`.
    """
    layout = getattr(kind, "layout", None)
    if not isinstance(layout, Layout):
        name = getattr(kind, "__name__", repr(kind))
        raise ComponentError(f"{name} is not a component; decorate the class with @component")
    return layout
