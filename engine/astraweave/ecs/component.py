"""Components: one annotated class is the one source of truth for a column of entity data.

From its fields come the NumPy dtype, the WGSL struct, the checksum, the save format and the
inspector (`layout`). Fields lie in declared order under WGSL's alignment rules and are never
reordered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform, get_type_hints, overload

from ..errors import ComponentError
from ..gpu.checks import TAKEN
from ..gpu.reserved import RESERVED
from .fields import FieldType, Range
from .layout import Field, Layout, Raw, snake_case

__all__ = ["Component", "Field", "Layout", "component", "event", "layout_of", "snake_case"]

T = TypeVar("T", bound=type)
MAX_STRIDE = 128  # bytes; checksums keep one bit for each word


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
