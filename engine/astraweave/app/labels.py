"""Words and bars over the entities near a point of the window, such as where one last clicked."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from imgui_bundle import ImVec2, imgui
from numpy.typing import NDArray

from ..render.camera import Camera
from ..render.view import Labels
from .placing import MOST, nearest, project

_REACH = 0.25  # of the window's height around the point
_BAR = ImVec2(44.0, 5.0)
_BACK, _TEXT = 0xB0140F0C, 0xFFF5F5F2  # ABGR
_LOW, _HIGH = np.array([60, 76, 231]), np.array([110, 190, 90])  # BGR


def draw_labels(
    labels: Callable[[], Labels],
    camera: Camera,
    size: tuple[float, float],
    point: tuple[float, float],
) -> None:
    """Draw between `imgui.new_frame` and `imgui.render`."""
    given = labels()
    if not len(given.places):
        return
    pixels = project(np.asarray(given.places, np.float64), camera, size)
    canvas = imgui.get_background_draw_list()
    reach = _REACH * size[1] if len(pixels) > MOST else math.inf  # of a few all are shown
    for row in nearest(pixels, point, reach):
        _draw(canvas, pixels[row], given.texts(int(row)), float(given.levels[row]))


def _draw(canvas: Any, at: NDArray[Any], text: str, level: float) -> None:
    extent = imgui.calc_text_size(text)
    width = max(extent.x, _BAR.x) + 10.0
    left, top = float(at[0]) - width / 2, float(at[1]) - extent.y - 22.0
    bottom = top + extent.y + (14.0 if level >= 0 else 6.0)
    canvas.add_rect_filled(ImVec2(left, top), ImVec2(left + width, bottom), _BACK, 4.0)
    canvas.add_text(ImVec2(float(at[0]) - extent.x / 2, top + 2.0), _TEXT, text)
    if level < 0:
        return
    x, y = float(at[0]) - _BAR.x / 2, bottom - 4.0 - _BAR.y
    canvas.add_rect_filled(ImVec2(x, y), ImVec2(x + _BAR.x, y + _BAR.y), 0x60FFFFFF, 2.0)
    full = x + _BAR.x * min(level, 1.0)
    canvas.add_rect_filled(ImVec2(x, y), ImVec2(full, y + _BAR.y), _color(min(level, 1.0)), 2.0)


def _color(level: float) -> int:
    b, g, r = (int(c) for c in _LOW + (_HIGH - _LOW) * level)
    return 0xFF000000 | b << 16 | g << 8 | r
