"""How an entity looks: which mesh, which colour, how large; for drawing only, never checksummed."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..ecs.component import component
from ..ecs.fields import U32, Vec3F
from ..errors import UsageError

# Values of `Look.mesh`. A capsule is a standing figure whose position is between its feet; the
# others lie around their position, a quad flat in x and z.
BOX, SPHERE, CAPSULE, QUAD = range(4)

_HEX = re.compile(r"#?([0-9a-fA-F]{6})")


@component(presentation=True)
class Look:
    """What is drawn for an entity that also has a Position.

    A capsule turns to where its Velocity points, if it has one.
    """

    mesh: U32
    color: U32 = 0xFFFFFFFF  # see `rgb`
    size: Vec3F = (1, 1, 1)  # full extents along x, y and z, metres


def rgb(red: ArrayLike | str, green: ArrayLike = 0, blue: ArrayLike = 0) -> NDArray[np.uint32]:
    """A colour for `Look.color`: `rgb("#4f8fd9")` or three numbers (or arrays) from 0 to 255.

    Raises:
        UsageError: not a colour.
    """
    if isinstance(red, str):
        red, green, blue = (round(255 * c) for c in channels(red))
    parts = [_channel(value) for value in (red, green, blue)]
    packed = parts[0] | parts[1] << np.uint32(8) | parts[2] << np.uint32(16)
    return np.asarray(packed | np.uint32(0xFF000000))


def channels(color: str) -> tuple[float, float, float]:
    """`#rrggbb` as three numbers from 0 to 1.

    Raises:
        UsageError: not of that form.
    """
    found = _HEX.fullmatch(color)
    if not found:
        raise UsageError(f"a colour is written #rrggbb, got {color!r}")
    value = int(found[1], 16)
    return (value >> 16) / 255, (value >> 8 & 255) / 255, (value & 255) / 255


def _channel(value: Any) -> NDArray[np.uint32]:
    array = np.asarray(value)
    if array.dtype.kind not in "iufb" or not ((array >= 0) & (array <= 255)).all():
        raise UsageError(f"colour channels are numbers from 0 to 255, got {value!r}")
    return np.asarray(np.rint(array)).astype(np.uint32)
