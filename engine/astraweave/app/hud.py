"""The panel over the picture: how fast it runs, what is drawn, and what each pass takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imgui_bundle
import numpy as np
from imgui_bundle import ImVec2, ImVec4, imgui
from wgpu.utils.imgui import ImguiRenderer

from ..gpu.timing import PassTimes

KEYS = (
    "space pause   S step   1-4 speed   H hide\n"
    "drag turn   right drag pan   wheel zoom\n"
    "double click: labels\n"
    "R reset camera   Esc quit"
)
_HISTORY = 120
_PASSES = 12  # that the panel shows, the dearest
_WIDTH = 330.0
_FONT_SIZE = 16.0
_WARNING = ImVec4(1.0, 0.55, 0.4, 1.0)
_QUIET = ImVec4(0.66, 0.71, 0.76, 1.0)
_ACCENT = ImVec4(0.55, 0.80, 1.00, 1.0)


@dataclass
class Figures:
    """What the panel shows."""

    title: str
    adapter: str
    clock: str
    tick: int = 0
    entities: int = 0
    visible: int = 0
    draw_calls: int = 0
    state: str = "running"
    problem: str = ""  # of a shader that was saved and does not compile
    passes: PassTimes = field(default_factory=list)
    notes: Sequence[tuple[str, str]] = ()  # what the scene tells about itself
    frames: deque[float] = field(default_factory=lambda: deque(maxlen=_HISTORY))  # milliseconds


class Hud:
    """Draws the figures with imgui onto a canvas that is already configured."""

    def __init__(self, device: Any, canvas: Any, texture_format: str) -> None:
        self._imgui = ImguiRenderer(device, canvas, texture_format)
        self._canvas = canvas
        imgui.set_current_context(self._imgui.imgui_context)
        imgui.get_io().set_ini_filename("")  # no file is written beside the program
        self._load_font()
        self._set_style()

    def _load_font(self) -> None:
        font = Path(imgui_bundle.__file__).parent / "assets" / "fonts" / "DroidSans.ttf"
        if font.is_file():
            imgui.get_io().fonts.add_font_from_file_ttf(str(font), _FONT_SIZE)

    def _set_style(self) -> None:
        style = imgui.get_style()
        style.window_rounding = 8.0
        style.window_border_size = 0.0
        style.window_padding = ImVec2(14.0, 12.0)
        style.item_spacing = ImVec2(8.0, 5.0)
        style.frame_rounding = 4.0
        style.set_color_(imgui.Col_.window_bg, ImVec4(0.07, 0.09, 0.12, 0.84))
        style.set_color_(imgui.Col_.text, ImVec4(0.95, 0.96, 0.97, 1.0))
        style.set_color_(imgui.Col_.frame_bg, ImVec4(1.0, 1.0, 1.0, 0.06))
        style.set_color_(imgui.Col_.plot_lines, _ACCENT)

    @property
    def is_typing(self) -> bool:
        """Whether keys are letters of a text that somebody types, and no commands."""
        imgui.set_current_context(self._imgui.imgui_context)
        return bool(imgui.get_io().want_text_input)

    def encode(
        self, encoder: Any, target: Any, figures: Figures | None, over: Callable[[], None] | None
    ) -> None:
        """Record the panel, if any, over what `target` (a texture view) already shows.

        `over` draws more with imgui, below the panel.
        """
        imgui.set_current_context(self._imgui.imgui_context)
        io = imgui.get_io()
        ratio = self._canvas.get_pixel_ratio()
        io.display_size = ImVec2(*self._canvas.get_logical_size())
        io.display_framebuffer_scale = ImVec2(ratio, ratio)
        imgui.new_frame()
        try:
            if over is not None:
                over()
            if figures is not None:
                _panel(figures)
        finally:
            imgui.render()
        color = {"view": target, "load_op": "load", "store_op": "store"}
        render_pass = encoder.begin_render_pass(label="hud", color_attachments=[color])
        self._imgui.backend.render(imgui.get_draw_data(), render_pass)
        render_pass.end()


def _panel(figures: Figures) -> None:
    flags = imgui.WindowFlags_
    imgui.set_next_window_pos(ImVec2(16.0, 16.0))
    imgui.set_next_window_size(ImVec2(_WIDTH, 0.0))
    kind = flags.no_decoration | flags.no_nav | flags.no_move | flags.no_saved_settings
    imgui.begin("figures", None, kind)
    imgui.text_colored(_ACCENT, figures.title)
    _frame_times(figures.frames)
    _rows(
        [
            ("tick", f"{figures.tick:,}  ({figures.state})"),
            ("entities", f"{figures.entities:,}"),
            ("visible", f"{figures.visible:,}"),
            ("draw calls", f"{figures.draw_calls}"),
            ("adapter", figures.adapter),
        ]
    )
    if figures.notes:
        imgui.separator()
        _rows(list(figures.notes))
    _passes(figures)
    imgui.separator()
    if figures.problem:
        imgui.push_text_wrap_pos(0.0)
        imgui.text_colored(_WARNING, figures.problem)
        imgui.pop_text_wrap_pos()
        imgui.separator()
    imgui.text_colored(_QUIET, KEYS)
    imgui.end()


def _frame_times(frames: deque[float]) -> None:
    if not frames:
        return
    values = np.array(frames, np.float32)
    p50, p95, p99 = np.percentile(values, [50, 95, 99])
    imgui.text(f"{1e3 / max(float(values.mean()), 1e-3):.0f} FPS")
    imgui.same_line(92.0)
    imgui.text_colored(_QUIET, f"p50 {p50:.1f}   p95 {p95:.1f}   p99 {p99:.1f} ms")
    top = max(33.3, float(p99) * 1.2)
    imgui.plot_lines(
        "##frames", values, scale_min=0.0, scale_max=top, graph_size=ImVec2(-1.0, 52.0)
    )


def _rows(rows: list[tuple[str, str]]) -> None:
    for name, value in rows:
        imgui.text_colored(_QUIET, name)
        if "\n" not in value:
            imgui.same_line(110.0)
        imgui.text_wrapped(value)


def _passes(figures: Figures) -> None:
    if not figures.passes:
        return
    imgui.separator()
    imgui.text_colored(_QUIET, f"passes, ms ({figures.clock})")
    dearest = sorted(figures.passes, key=lambda one: -one[1])[:_PASSES]
    for name, ms in (one for one in figures.passes if one in dearest):
        imgui.text(name)
        imgui.same_line(_WIDTH - 80.0)
        imgui.text(f"{ms:7.3f}")
    if len(figures.passes) > _PASSES:
        imgui.text_colored(_QUIET, f"and {len(figures.passes) - _PASSES} that take less")
