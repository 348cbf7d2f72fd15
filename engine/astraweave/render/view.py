"""What a scene says about its picture: camera, light, sky, ground and static boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .camera import Camera
from .look import channels

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Sky:
    """Colours behind everything; far things fade to the horizon's."""

    top: str = "#7fa8cc"
    horizon: str = "#e6edf0"

    def __post_init__(self) -> None:
        channels(self.top), channels(self.horizon)


@dataclass(frozen=True)
class Ground:
    """A plane with grid lines; `spacing` 0 draws none (metres)."""

    height: float = 0.0
    spacing: float = 1.0
    color: str = "#c9cdc4"
    line: str = "#a3aba6"

    def __post_init__(self) -> None:
        channels(self.color), channels(self.line)
        if not (np.isfinite(self.height) and np.isfinite(self.spacing) and self.spacing >= 0):
            raise UsageError(
                f"ground: height {self.height} or spacing {self.spacing} is impossible"
            )


@dataclass(frozen=True)
class StaticBox:
    """A box that is drawn but is no entity: centre and half sizes in metres."""

    centre: Vector
    half: Vector
    color: str = "#8a8f98"

    def __post_init__(self) -> None:
        channels(self.color)
        if not np.isfinite([*self.centre, *self.half]).all():
            raise UsageError(f"static box: {self.centre}, {self.half} must be finite")


@dataclass(frozen=True)
class Labels:
    """What is written over entities: one row each, as NumPy arrays.

    Args:
        places: metres, shape (n, 3).
        texts: the words of a row, asked for only where they are shown.
        levels: how full the bar is, 0 to 1; below 0 there is none.
    """

    places: NDArray[np.floating]
    texts: Callable[[int], str]
    levels: NDArray[np.floating]


@dataclass(frozen=True)
class Spoken:
    """One line of a conversation: who says what, and, in small print, whose words these are."""

    who: str
    text: str
    source: str = ""
    ours: bool = False  # said by whoever sits at the window


@dataclass(frozen=True)
class Conversation:
    """A panel in which one reads what is said and, in a window, types.

    Args:
        lines: what was said, newest last; the last one may still be growing.
        choices: answers that are offered, as buttons.
        say: called with what is typed or chosen.
        hint: shown where nothing has been typed yet.
    """

    lines: Callable[[], Sequence[Spoken]]
    choices: Callable[[], Sequence[str]]
    say: Callable[[str], None]
    hint: str = "Say something"


@dataclass(frozen=True)
class View:
    """How to look at a world.

    Args:
        camera: where from.
        sky: colours of the background.
        sun: direction towards the light.
        ground: the plane below, or None.
        boxes: static boxes, such as the walls that obstacles are made of.
        notes: what the scene tells about itself, as names and texts; printed after a headless run
            and shown in the panel of a window.
        labels: what is written over entities: in a window over those that are selected, in a
            picture over all if they are few.
        conversation: what is said, and what one can say in a window.
    """

    camera: Camera = field(default_factory=Camera)
    sky: Sky = field(default_factory=Sky)
    sun: Vector = (-0.55, 0.75, 0.3)
    ground: Ground | None = field(default_factory=Ground)
    boxes: Sequence[StaticBox] = ()
    notes: Callable[[], Sequence[tuple[str, str]]] | None = None
    labels: Callable[[], Labels] | None = None
    conversation: Conversation | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.sun).all() and np.linalg.norm(self.sun) > 0):
            raise UsageError(f"view: sun must be a direction, got {self.sun}")

    def seen_from(self, camera: Camera) -> View:
        """The same with another camera."""
        return replace(self, camera=camera)
