"""The panel of a conversation: what was said, what can be answered, and a line to type in."""

from __future__ import annotations

from imgui_bundle import ImVec2, ImVec4, imgui

from ..render.view import Conversation, Spoken

_WIDTH, _MARGIN = 400.0, 16.0
_SHOWN = 60  # of the newest lines
_OURS = ImVec4(0.98, 0.80, 0.45, 1.0)
_THEIRS = ImVec4(0.55, 0.80, 1.00, 1.0)
_QUIET = ImVec4(0.66, 0.71, 0.76, 1.0)
_BUTTON = ImVec4(1.0, 1.0, 1.0, 0.10)
_MOST = 500  # characters of a sentence


class Panel:
    """Draws a conversation at the right of a window; what is typed is kept between frames."""

    def __init__(self, conversation: Conversation) -> None:
        self.typed = ""
        self._conversation = conversation
        self._seen: tuple[int, int] = (0, 0)  # lines, and length of the last one
        self._focus = False

    def draw(self, size: tuple[float, float]) -> None:
        """Draw between `imgui.new_frame` and `imgui.render`, in a window of this size."""
        flags = imgui.WindowFlags_
        height = min(0.5 * size[1], 440.0)
        width = min(_WIDTH, size[0] - 2 * _MARGIN)
        imgui.set_next_window_pos(ImVec2(size[0] - width - _MARGIN, size[1] - height - _MARGIN))
        imgui.set_next_window_size(ImVec2(width, height))
        imgui.set_next_window_bg_alpha(0.93)  # labels lie below
        kind = flags.no_decoration | flags.no_move | flags.no_saved_settings | flags.no_nav
        imgui.begin("conversation", None, kind)
        choices = list(self._conversation.choices())
        line = imgui.get_frame_height_with_spacing()
        imgui.begin_child("lines", ImVec2(0.0, -line * (len(choices) + 1)))
        self._draw_lines(list(self._conversation.lines())[-_SHOWN:])
        imgui.end_child()
        self._draw_choices(choices)
        self._draw_input()
        imgui.end()

    def submit(self, text: str) -> None:
        """Say something; an empty line says nothing."""
        self.typed = ""
        if text.strip():
            self._conversation.say(text)

    def _draw_lines(self, lines: list[Spoken]) -> None:
        for line in lines:
            imgui.text_colored(_OURS if line.ours else _THEIRS, line.who)
            if line.source:
                imgui.same_line()
                imgui.text_colored(_QUIET, f"({line.source})")
            imgui.push_text_wrap_pos(0.0)
            imgui.text_unformatted(line.text)
            imgui.pop_text_wrap_pos()
            imgui.spacing()
        seen = (len(lines), len(lines[-1].text) if lines else 0)
        at_end = imgui.get_scroll_y() >= imgui.get_scroll_max_y() - 1.0
        if at_end or seen != self._seen:
            imgui.set_scroll_here_y(1.0)
        self._seen = seen

    def _draw_choices(self, choices: list[str]) -> None:
        imgui.push_style_var(imgui.StyleVar_.button_text_align, ImVec2(0.0, 0.5))
        imgui.push_style_color(imgui.Col_.button, _BUTTON)
        for number, text in enumerate(choices):
            if imgui.button(f"{number + 1}. {text}##{number}", ImVec2(-1.0, 0.0)):
                self.submit(text)
        imgui.pop_style_color()
        imgui.pop_style_var()

    def _draw_input(self) -> None:
        if self._focus:
            imgui.set_keyboard_focus_here()
            self._focus = False
        imgui.set_next_item_width(-1.0)
        hint, flags = self._conversation.hint, imgui.InputTextFlags_.enter_returns_true
        entered, text = imgui.input_text_with_hint("##say", hint, self.typed, int(flags))
        self.typed = text[:_MOST]
        if entered:
            self.submit(self.typed)
            self._focus = True  # one goes on typing
