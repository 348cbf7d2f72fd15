"""Component values on their way into commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ComponentError
from ..gpu.checks import whole
from .commands import Records
from .component import Component


def encode_all(components: Sequence[Any]) -> dict[str, Records]:
    """Raw records by component name, each of shape () or (n,).

    Raises:
        ComponentError: not component values, one given twice, or values that do not fit.
    """
    records: dict[str, Records] = {}
    for value in components:
        if not isinstance(value, Component):
            raise ComponentError(f"expected component values such as Position(...), got {value!r}")
        if value.layout.name in records:
            raise ComponentError(f"{value.layout.name} is given twice")
        records[value.layout.name] = value.encode()
    return records


def for_count(components: Sequence[Any], count: int | None) -> tuple[dict[str, Records], bool]:
    """Records of one common length, and whether they describe a single entity.

    Raises:
        ComponentError: arrays of different lengths, or not of length `count`.
    """
    records = encode_all(components)
    lengths = {len(r) for r in records.values() if r.ndim}
    if count is not None:
        lengths.add(whole(count, "count", 0, 1 << 32, ComponentError))
    if len(lengths) > 1:
        raise ComponentError(f"components of different lengths: {sorted(lengths)}")
    number = lengths.pop() if lengths else 1
    full: dict[str, Any] = {name: np.broadcast_to(r, (number,)) for name, r in records.items()}
    return full, count is None and not any(r.ndim for r in records.values())
