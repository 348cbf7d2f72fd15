"""Words in the picture of a headless run: labels over entities, and the end of a conversation.

A window draws both with imgui, which a headless run does not import; here Pillow draws them. Where
there are more than a dozen labels a window shows those near a click, and a picture has none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ..render.camera import Camera
from ..render.view import Labels, Spoken, View
from .placing import MOST, project

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom in pixels

_BACK, _PANEL, _TEXT = (12, 15, 20, 190), (18, 23, 31, 236), (242, 245, 245, 255)
_OURS, _THEIRS, _QUIET = (250, 204, 115, 255), (140, 204, 255, 255), (168, 181, 194, 255)
_LOW, _HIGH, _TRACK = np.array([231, 76, 60]), np.array([90, 190, 110]), (255, 255, 255, 96)
_BAR = (44.0, 5.0)
_ABOVE = 16.0  # pixels from a place up to its label
_SIZE, _LINE, _MARGIN = 16, 21, 16  # of letters, of a line, of the panel
_SIMILAR = str.maketrans({"×": "x", "÷": "/", "–": "-", "—": "-", "→": "->"})
_WIDTH, _HEIGHT = 0.36, 0.5  # shares of the picture that the panel takes at most


def with_words(pixels: NDArray[np.uint8], view: View) -> NDArray[np.uint8]:
    """A picture, shape (height, width, 4), with what its view's labels and conversation say."""
    image = Image.fromarray(pixels)
    over = Image.new("RGBA", image.size)
    draw = ImageDraw.Draw(over)
    font = ImageFont.load_default(_SIZE)
    if view.labels is not None:
        _draw_labels(draw, font, view.labels(), view.camera, image.size)
    if view.conversation is not None:
        _draw_panel(draw, font, list(view.conversation.lines()), image.size)
    return np.asarray(Image.alpha_composite(image.convert("RGBA"), over))


def _plain(text: str) -> str:
    """A text without the accents, signs and dashes that Pillow's own font lacks."""
    parts = unicodedata.normalize("NFKD", text.translate(_SIMILAR))
    return "".join(c for c in parts if not unicodedata.combining(c))


# -- labels ----------------------------------------------------------------------------------------


def _draw_labels(
    draw: Any, font: Any, labels: Labels, camera: Camera, size: tuple[int, int]
) -> None:
    if not 0 < len(labels.places) <= MOST:
        return
    at = project(np.asarray(labels.places, np.float64), camera, size)
    seen = np.flatnonzero(((at >= 0) & (at <= size)).all(axis=1))  # NaN is behind the camera
    taken: list[Rectangle] = []
    for row in seen[np.argsort(-at[seen, 1], kind="stable")].tolist():  # the nearest one first
        text, level = _plain(labels.texts(row)), float(labels.levels[row])
        box = free(_box_of(draw, font, text, level, at[row], size[0]), taken)
        taken.append(box)
        draw.rounded_rectangle(box, 4, _BACK)
        middle = (box[0] + box[2]) / 2
        draw.multiline_text((middle, box[1] + 2), text, _TEXT, font, anchor="ma", align="center")
        if level >= 0:
            _draw_bar(draw, middle, box[3] - 9, min(level, 1.0))


def _box_of(
    draw: Any, font: Any, text: str, level: float, at: NDArray[np.float64], width: int
) -> Rectangle:
    """The rectangle of a label above its place, moved into the picture."""
    left, _, right, bottom = draw.multiline_textbbox((0, 0), text, font)
    half = max(right - left, _BAR[0]) / 2 + 7
    tall = bottom + (18 if level >= 0 else 8)
    x = min(max(float(at[0]), half + 2), width - half - 2)
    top = max(float(at[1]) - _ABOVE - tall, 2.0)
    return x - half, top, x + half, top + tall


def free(box: Rectangle, taken: Iterable[Rectangle]) -> Rectangle:
    """The rectangle itself, or moved up to where none that is taken lies below or above it."""
    left, top, right, bottom = box
    for other in sorted(taken, key=lambda one: -one[3]):  # from the lowest one up
        if left < other[2] and right > other[0] and top < other[3] and bottom > other[1]:
            top, bottom = other[1] - 2 - (bottom - top), other[1] - 2
    return left, top, right, bottom


def _draw_bar(draw: Any, middle: float, top: float, level: float) -> None:
    left, right = middle - _BAR[0] / 2, middle + _BAR[0] / 2
    draw.rounded_rectangle((left, top, right, top + _BAR[1]), 2, _TRACK)
    color = tuple(int(c) for c in _LOW + (_HIGH - _LOW) * level)
    if level > 0:
        full = left + max(_BAR[0] * level, 2.0)
        draw.rounded_rectangle((left, top, full, top + _BAR[1]), 2, (*color, 255))


# -- conversation ----------------------------------------------------------------------------------


def _draw_panel(draw: Any, font: Any, lines: list[Spoken], size: tuple[int, int]) -> None:
    """The newest lines that fit, at the lower right as in a window."""
    width = int(_WIDTH * size[0])
    rows: list[tuple[Spoken, list[str]]] = []
    left = int(_HEIGHT * size[1]) - 2 * _MARGIN
    for line in reversed(lines):
        wrapped = _wrapped(_plain(line.text), font, width - 2 * _MARGIN)
        left -= (len(wrapped) + 1) * _LINE + 8
        if left < 0 and rows:
            break
        rows.insert(0, (line, wrapped))
    if not rows:
        return
    tall = sum((len(wrapped) + 1) * _LINE + 8 for _, wrapped in rows) - 8 + 2 * 12
    x, y = size[0] - width - _MARGIN, size[1] - tall - _MARGIN
    draw.rounded_rectangle((x, y, x + width, y + tall), 8, _PANEL)
    x, y = x + _MARGIN, y + 12
    for line, wrapped in rows:
        draw.text((x, y), _plain(line.who), _OURS if line.ours else _THEIRS, font)
        if line.source:
            beside = x + font.getlength(f"{_plain(line.who)}  ")
            draw.text((beside, y), f"({_plain(line.source)})", _QUIET, font)
        for number, text in enumerate(wrapped, 1):
            draw.text((x, y + number * _LINE), text, _TEXT, font)
        y += (len(wrapped) + 1) * _LINE + 8


def _wrapped(text: str, font: Any, width: float) -> list[str]:
    """A text in lines of so many pixels at most, cut between words."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
