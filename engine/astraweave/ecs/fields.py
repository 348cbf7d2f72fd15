"""Field types of components: each knows its WGSL type, its NumPy form and its unit in Python.

Simulation fields are integers (fixed point, binary angles); floats are for drawing only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

ONE = 1 << 16  # Q16.16: 1 metre, 1 metre per second, 1 second
UNIT = 1 << 30  # Q2.30: 1 in unit vectors and quaternions
TURN = 1 << 32  # binary angle: one whole turn

Array = NDArray[Any]
# Looked up at every write, so made once: the least and the greatest stored number.
_BOUNDS: dict[str, tuple[Any, Any]] = {
    "f4": (np.finfo("f4").min, np.finfo("f4").max),
    "i4": (np.iinfo("i4").min, np.iinfo("i4").max),
    "u4": (np.iinfo("u4").min, np.iinfo("u4").max),
}


@dataclass(frozen=True)
class Range:
    """Bounds of a field's values, both allowed: `radius: Annotated[Fixed, Range(0, 8)]`."""

    low: float
    high: float


@dataclass(frozen=True)
class FieldType:
    """How one field lies in memory and how it converts to and from Python values."""

    name: str
    wgsl: str
    scalar: str  # NumPy scalar: i4, u4 or f4
    count: int  # lanes, 1 to 4
    unit: str
    to_raw: Callable[[Array], Array]
    from_raw: Callable[[Array], Array]
    limits: Range | None = None

    @property
    def size(self) -> int:
        """Bytes, without the padding that follows a vec3."""
        return 4 * self.count

    @property
    def align(self) -> int:
        """WGSL alignment in bytes: a vec3 aligns like a vec4."""
        return 4 * (4 if self.count == 3 else self.count)

    @property
    def is_float(self) -> bool:
        """True for fields that may not take part in the simulation."""
        return self.scalar == "f4"

    def encode(self, value: Any, where: str) -> Array:
        """Python values (any leading shape) as raw integers or floats.

        Raises:
            ValueError: wrong shape, not a number, not finite or out of range; names `where`.
        """
        array = _as_numbers(value, where)
        if self.count > 1 and (array.ndim == 0 or array.shape[-1] != self.count):
            raise ValueError(
                f"{where}: expected {self.count} numbers ({self.unit}) per entity, "
                f"got shape {array.shape}"
            )
        if self.to_raw is _whole and array.dtype.kind == "f" and (array % 1 != 0).any():
            raise ValueError(
                f"{where}: expected whole numbers, got {array[array % 1 != 0].flat[0]}"
            )
        with np.errstate(over="ignore", invalid="ignore"):  # infinity is out of range below
            raw = self.to_raw(array)
        self._check_range(raw, array, where)
        self._check_limits(raw, where)
        return raw.astype("<" + self.scalar)

    def _check_range(self, raw: Array, array: Array, where: str) -> None:
        least, most = _BOUNDS[self.scalar]
        if raw.size and not (raw.min() >= least and raw.max() <= most):
            bad = array[~((raw >= least) & (raw <= most))].flat[0] if array.ndim else array
            low = self.from_raw(np.array(least))
            high = self.from_raw(np.array(most))
            raise ValueError(f"{where}: {bad} is outside {low:g} to {high:g} ({self.unit})")

    def _check_limits(self, raw: Array, where: str) -> None:
        """In stored units, so that what is read at a limit may be written again."""
        if self.limits is None:
            return
        low, high = self.to_raw(np.array([self.limits.low, self.limits.high]))
        if not ((raw >= low) & (raw <= high)).all():
            told = f"{self.limits.low:g} to {self.limits.high:g} ({self.unit})"
            raise ValueError(f"{where}: must be {told}")


def _as_numbers(value: Any, where: str) -> Array:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    if array.dtype.kind not in "iufb":
        raise ValueError(f"{where}: expected numbers, got {value!r}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{where}: every number must be finite")
    return array


def _fixed(scale: int) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    return (
        lambda a: np.rint(np.multiply(a, scale, dtype=np.float64)),
        lambda r: np.divide(r, scale, dtype=np.float64),
    )


def _whole(array: Array) -> Array:
    if array.dtype.kind == "f":
        return np.rint(array)
    return array.astype(np.int64)


_q16 = _fixed(ONE)
_q30 = _fixed(UNIT)
_count = (_whole, lambda r: r)
_angle = (
    lambda a: np.mod(np.rint(np.multiply(a, TURN / math.tau, dtype=np.float64)), TURN),
    lambda r: np.multiply(r, math.tau / TURN, dtype=np.float64),
)
_float = (lambda a: a.astype(np.float32), lambda r: r)
_Convert = tuple[Callable[[Array], Array], Callable[[Array], Array]]


def _type(name: str, wgsl: str, scalar: str, count: int, unit: str, convert: _Convert) -> FieldType:
    return FieldType(name, wgsl, scalar, count, unit, *convert)


# What users write in a component. All convert from plain numbers or arrays of them.
Fixed = Annotated[ArrayLike, _type("Fixed", "i32", "i4", 1, "Q16.16", _q16)]
Vec2 = Annotated[ArrayLike, _type("Vec2", "vec2<i32>", "i4", 2, "Q16.16", _q16)]
Vec3 = Annotated[ArrayLike, _type("Vec3", "vec3<i32>", "i4", 3, "Q16.16", _q16)]
Vec4 = Annotated[ArrayLike, _type("Vec4", "vec4<i32>", "i4", 4, "Q16.16", _q16)]
Angle = Annotated[ArrayLike, _type("Angle", "u32", "u4", 1, "radians", _angle)]
Quat = Annotated[ArrayLike, _type("Quat", "vec4<i32>", "i4", 4, "Q2.30 x, y, z, w", _q30)]
I32 = Annotated[ArrayLike, _type("I32", "i32", "i4", 1, "whole number", _count)]
U32 = Annotated[ArrayLike, _type("U32", "u32", "u4", 1, "whole number", _count)]
EntityRef = Annotated[
    ArrayLike, _type("EntityRef", "vec2<u32>", "u4", 2, "index, generation", _count)
]
F32 = Annotated[ArrayLike, _type("F32", "f32", "f4", 1, "float", _float)]
Vec3F = Annotated[ArrayLike, _type("Vec3F", "vec3<f32>", "f4", 3, "float", _float)]
Vec4F = Annotated[ArrayLike, _type("Vec4F", "vec4<f32>", "f4", 4, "float", _float)]
