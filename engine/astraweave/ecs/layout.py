"""Layouts: where each field of a component lies, the same for NumPy and for WGSL.

A layout turns values into raw records and back, and knows the struct, the dtype and the key of its
component in checksums.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ComponentError
from .fields import FieldType

Raw = NDArray[Any]


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

    @cached_property
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

    def field(self, name: str) -> Field:
        """The field of that name.

        Raises:
            ComponentError: there is none.
        """
        for f in self.fields:
            if f.name == name:
                return f
        known = ", ".join(f.name for f in self.fields)
        raise ComponentError(f"{self.name} has no field {name!r}; there is {known}")

    def decode_fields(self, records: Raw) -> NDArray[Any]:
        """Values in Python's units as a structured array, one name for each field."""
        out = np.zeros(records.shape, self._decoded)
        for f in self.fields:
            out[f.name] = f.type.from_raw(records[f.name])
        return out

    @cached_property
    def _decoded(self) -> np.dtype[Any]:
        """Of decoded records: fields in Python's units, packed."""
        one = np.zeros(1, self.dtype)
        lanes: Any = [
            (f.name, f.type.from_raw(one[f.name]).dtype, (f.type.count,)[: f.type.count > 1])
            for f in self.fields
        ]
        packed: np.dtype[Any] = np.dtype(lanes)
        return packed

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
