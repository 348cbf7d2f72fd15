"""The panel of a conversation: what is typed or chosen is said; typing commands nothing else."""

from types import SimpleNamespace
from typing import Any

import pytest

from astraweave import Conversation, Spoken

pytest.importorskip("imgui_bundle", reason="the panel is drawn with imgui_bundle")
from imgui_bundle import imgui

from astraweave.app.conversation import Panel
from astraweave.app.window import Window

SIZE = (1280.0, 720.0)


class Screen:
    """Frames of a panel without a window, and what was said in them."""

    def __init__(self, *choices: str) -> None:
        self.said: list[str] = []
        self.lines = [Spoken("Mara", "Good day.", "graph"), Spoken("You", "Hello!", ours=True)]
        self.panel = Panel(Conversation(lambda: self.lines, lambda: choices, self.said.append))
        self.context = imgui.create_context()
        imgui.set_current_context(self.context)
        self.io = imgui.get_io()
        self.io.set_ini_filename("")
        self.io.display_size = imgui.ImVec2(*SIZE)
        self.io.backend_flags |= imgui.BackendFlags_.renderer_has_textures.value
        self.frame()

    def frame(self) -> None:
        imgui.new_frame()
        self.panel.draw(SIZE)
        imgui.render()

    def press(self, key: Any) -> None:
        for down in (True, False):
            self.io.add_key_event(key, down)
            self.frame()

    def click(self, x: float, y: float) -> None:
        self.io.add_mouse_pos_event(x, y)
        self.frame()
        for down in (True, False):
            self.io.add_mouse_button_event(0, down)
            self.frame()

    def write(self, text: str) -> None:
        self.click(1060.0, 686.0)  # the line at the bottom
        self.io.add_input_characters_utf8(text)
        self.frame()


@pytest.fixture
def screen() -> Any:
    shown = Screen("One loaf, please.", "Goodbye.")
    yield shown
    imgui.destroy_context(shown.context)


def test_what_is_typed_is_said_and_the_line_is_free_again(screen: Screen) -> None:
    screen.write("bring the crate")
    assert screen.io.want_text_input
    assert screen.panel.typed == "bring the crate"
    screen.press(imgui.Key.enter)
    assert screen.said == ["bring the crate"]
    assert screen.panel.typed == ""
    screen.frame()
    screen.io.add_input_characters_utf8("and go")  # one goes on typing without a click
    screen.frame()
    screen.press(imgui.Key.enter)
    assert screen.said == ["bring the crate", "and go"]


def test_nothing_is_said_by_an_empty_line(screen: Screen) -> None:
    screen.write("   ")
    screen.press(imgui.Key.enter)
    assert screen.said == []


def test_a_choice_is_said_when_it_is_clicked(screen: Screen) -> None:
    screen.click(1060.0, 686.0 - 2 * imgui.get_frame_height_with_spacing())
    assert screen.said == ["One loaf, please."]


def test_a_long_talk_is_drawn_and_follows_its_end(screen: Screen) -> None:
    screen.lines += [Spoken("Mara", "word " * 40, "graph") for _ in range(200)]
    screen.frame()
    screen.lines[-1] = Spoken("Mara", "word " * 60, "model x")
    screen.frame()
    assert screen.said == []


@pytest.mark.parametrize("typing", [True, False])
def test_letters_that_are_typed_command_nothing(typing: bool) -> None:
    """A space that is typed must not pause the world, nor an r reset the camera."""
    window: Any = Window.__new__(Window)
    called: list[str] = []
    window._hud = SimpleNamespace(is_typing=typing)
    window._pace = SimpleNamespace(speed=1.0, paused=False)
    window._actions = lambda: {key: lambda: called.append("done") for key in (" ", "r", "s", "h")}
    for key in (" ", "r", "S", "2"):
        window._on_key({"key": key})
    assert called == ([] if typing else ["done"] * 3)
    assert window._pace.speed == (1.0 if typing else 2.0)
