"""Where labels go: places of a world as pixels, and which of them get a label without overlap."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..render.camera import Camera
from ..render.frame import origin_of

MOST = 12  # labels at a time
_LOOKED_AT = 200  # places around the point
_ROOM = np.array([110.0, 38.0])  # pixels that a label takes


def project(places: NDArray[Any], camera: Camera, size: tuple[float, float]) -> NDArray[np.float64]:
    """Pixels from the upper left corner, shape (n, 2); NaN for what is behind the camera."""
    origin = origin_of(camera)
    relative = np.column_stack([places - origin, np.ones(len(places))])
    clip = relative @ np.asarray(camera.view_projection(size[0] / size[1], origin), np.float64).T
    with np.errstate(divide="ignore", invalid="ignore"):
        plane = clip[:, :2] / clip[:, 3:]
    plane[clip[:, 3] <= camera.near] = np.nan
    return np.asarray((plane * (0.5, -0.5) + 0.5) * size)


def nearest(pixels: NDArray[Any], point: tuple[float, float], reach: float) -> NDArray[np.intp]:
    """Rows of at most `MOST` places within a reach of a point whose labels do not overlap.

    The nearest come first, and of two that overlap the nearer one is kept.
    """
    away = np.hypot(*(pixels - point).T)
    order = np.lexsort((np.arange(len(away)), away))  # NaN comes last
    chosen: list[int] = []
    for row in order[: int(np.count_nonzero(away[order[:_LOOKED_AT]] <= reach))]:
        apart = np.abs(pixels[chosen] - pixels[row]) > _ROOM
        if len(chosen) < MOST and apart.any(axis=1).all():
            chosen.append(int(row))
    return np.array(chosen, np.intp)
