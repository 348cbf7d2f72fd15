"""A world in a window: fixed ticks, free frames between them, an orbit camera and a panel."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import wgpu

from ..ecs.world import World
from ..errors import AmbiguityError, GpuError, UsageError
from ..gpu.download import Download
from ..render.remember import Remember
from ..render.renderer import Renderer
from ..render.target import read_texture, save_png
from ..render.view import View
from .orbit import Orbit
from .pace import Pace

if TYPE_CHECKING:
    from .conversation import Panel

SPEEDS = {"1": 1.0, "2": 2.0, "3": 4.0, "4": 8.0}
_PROFILE_EVERY = 60  # frames between two measurements of the passes
_RELOAD_EVERY = 20  # frames between two looks at the shaders' files
_COUNT_EVERY = 20  # frames between two readbacks of how much is visible


def run_window(
    world: World,
    view: View,
    title: str = "AstraWeave",
    *,
    width: int = 1280,
    height: int = 720,
    frames: int | None = None,
    screenshot: str | Path | None = None,
) -> None:
    """Show a world until the window is closed, or for a number of frames.

    Args:
        world: advanced in real time at its own rate.
        view: how to look at it; its camera is where the orbit camera starts.
        width, height: of the window in logical pixels.
        frames: end after so many.
        screenshot: save the last of `frames`, panel included, as a PNG.

    Raises:
        UsageError: no display, a missing package, a bad number, or a path that cannot be written.
    """
    if frames is not None and frames <= 0:
        raise UsageError(f"frames must be positive, got {frames}")
    if screenshot is not None and frames is None:
        raise UsageError("a screenshot needs a number of frames, the last of which it shows")
    canvas, loop = _open_canvas(title, width, height)
    try:
        window = Window(world, view, title, canvas, frames, screenshot)
        canvas.request_draw(window.draw)
        loop.run()
    finally:
        canvas.close()
    if window.failure is not None:
        raise window.failure


def _open_canvas(title: str, width: int, height: int) -> tuple[Any, Any]:
    try:
        import glfw
        import imgui_bundle  # noqa: F401
        from rendercanvas.glfw import GlfwRenderCanvas, loop
    except ImportError as error:
        raise UsageError(
            f"a window needs {error.name}: pip install 'astraweave[window]', or run with --headless"
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", glfw.GLFWError)  # the line below says it once
        found = glfw.init()
    if not found:
        raise UsageError("no display was found; run with --headless, or under xvfb-run")
    size = (width, height)
    canvas = GlfwRenderCanvas(title=title, size=size, update_mode="continuous", max_fps=240)
    return canvas, loop


def interpolate(world: World) -> bool:
    """Make the world remember its last tick; False if its modules leave no place for that."""
    try:
        world.use(Remember())
    except AmbiguityError:
        return False  # drawn tick by tick then
    return True


class Window:
    """Draws the frames of one window; `draw` is called for each."""

    def __init__(
        self,
        world: World,
        view: View,
        title: str,
        canvas: Any,
        frames: int | None,
        screenshot: str | Path | None,
    ) -> None:
        from .hud import Figures, Hud

        self.failure: BaseException | None = None
        self._world, self._view, self._canvas = world, view, canvas
        self._frames_left, self._screenshot = frames, screenshot
        self._context = canvas.get_wgpu_context()
        self._format = _configure(world, self._context)
        width, height = canvas.get_physical_size()
        self._renderer = Renderer(
            world, width, height, view, color_format=self._format, own_color=False
        )
        self._hud = Hud(world.gpu.device, canvas, self._format)
        self._talk = self._panel_of(view)
        self._orbit, self._pace = Orbit(view.camera), Pace(world.rate)
        self._figures = Figures(title, str(world.gpu.info.name), world.gpu.clock)
        self._drawn, self._shows_panel = 0, True
        self._pointer = (0.0, 0.0)
        self._chosen: tuple[float, float] | None = None  # where one last clicked; labels show there
        self._last = perf_counter()
        self._counting: Download | None = None
        interpolate(world)
        canvas.add_event_handler(self._on_key, "key_down")
        canvas.add_event_handler(self._on_move, "pointer_move")
        canvas.add_event_handler(self._on_wheel, "wheel")
        canvas.add_event_handler(self._on_click, "double_click")

    @staticmethod
    def _panel_of(view: View) -> Panel | None:
        """The panel of the view's conversation, if it has one."""
        from .conversation import Panel

        return Panel(view.conversation) if view.conversation is not None else None

    # -- frames ----------------------------------------------------------------------------------

    def draw(self) -> None:
        """One frame; an error ends the window and is kept in `failure`."""
        try:
            self._draw()
        except Exception as error:  # noqa: BLE001  # the event loop would log it and go on
            self.failure = error
            self._canvas.close()

    def _draw(self) -> None:
        now = perf_counter()
        elapsed, self._last = now - self._last, now
        if self._drawn:
            self._figures.frames.append(1e3 * elapsed)
        self._advance(min(elapsed, 0.25))
        self._renderer.resize(*self._canvas.get_physical_size())
        self._renderer.view = self._view.seen_from(self._orbit.camera())
        self._update_figures()
        self._submit(self._context.get_current_texture())
        self._drawn += 1
        self._end_if_due()

    def _advance(self, seconds: float) -> None:
        ticks = self._pace.ticks(seconds)
        if not ticks:
            return
        # Timing the passes is itself a tick, but one that writes no checksums for a recording.
        if self._drawn % _PROFILE_EVERY < ticks and not self._world.ticks_done:
            self._figures.passes = self._world.profile(1)
            ticks -= 1
        self._world.step(ticks)

    def _update_figures(self) -> None:
        figures, world = self._figures, self._world
        if self._drawn % _RELOAD_EVERY == 0 and world.runner.shaders_changed():
            figures.problem = "\n".join(str(error) for error in world.runner.reload())
        figures.tick, figures.entities = world.tick, world.count
        figures.state, figures.draw_calls = self._pace.state, self._renderer.draw_calls
        if self._drawn % _COUNT_EVERY == _COUNT_EVERY // 2:
            self._counting = self._renderer.start_counting()
            if self._view.notes is not None:
                figures.notes = self._view.notes()
        elif self._counting and self._drawn % _COUNT_EVERY == 0:
            figures.visible = self._renderer.count_of(self._counting)
            self._counting = None

    def _submit(self, texture: Any) -> None:
        encoder = self._world.gpu.device.create_command_encoder(label="window")
        target = texture.create_view()
        self._renderer.encode(encoder, self._pace.alpha, target)
        if self._shows_panel or self._view.labels or self._talk:
            panel = self._figures if self._shows_panel else None
            self._hud.encode(encoder, target, panel, self._draw_words)
        self._world.gpu.submit(encoder.finish())

    def _draw_words(self) -> None:
        """Labels, and the panel of a conversation."""
        size = self._canvas.get_logical_size()
        if self._talk is not None:
            self._talk.draw(size)
        if self._view.labels is None:
            return
        from .labels import draw_labels

        point = self._chosen or (size[0] / 2, size[1] / 2)
        draw_labels(self._view.labels, self._orbit.camera(), size, point)

    def _end_if_due(self) -> None:
        if self._frames_left is None:
            return
        self._frames_left -= 1
        if not self._frames_left:
            if self._screenshot is not None:
                self._save_screenshot(self._screenshot)
            self._canvas.close()

    def _save_screenshot(self, path: str | Path) -> None:
        """Draw the last frame once more, into a texture that can be read."""
        width, height = self._canvas.get_physical_size()
        texture = self._world.gpu.device.create_texture(
            size=(width, height, 1),
            format=self._format,
            usage=wgpu.TextureUsage.RENDER_ATTACHMENT | wgpu.TextureUsage.COPY_SRC,
        )
        self._figures.visible = self._renderer.visible
        self._submit(texture)
        save_png(read_texture(self._world.gpu, texture, width, height, self._format), path)

    # -- input -----------------------------------------------------------------------------------

    def _on_key(self, event: dict[str, Any]) -> None:
        if self._hud.is_typing:
            return
        key = str(event["key"])
        action = self._actions().get(key.lower())
        if action is not None:
            action()
        elif key in SPEEDS:
            self._pace.speed, self._pace.paused = SPEEDS[key], False

    def _actions(self) -> dict[str, Callable[[], None]]:
        return {
            "escape": self._canvas.close,
            " ": self._toggle,
            "s": self._step,
            ".": self._step,
            "r": self._orbit.reset,
            "h": self._hide,
        }

    def _hide(self) -> None:
        self._shows_panel = not self._shows_panel

    def _toggle(self) -> None:
        self._pace.paused = not self._pace.paused

    def _step(self) -> None:
        self._pace.paused = True
        self._pace.steps += 1

    def _on_move(self, event: dict[str, Any]) -> None:
        at = (float(event["x"]), float(event["y"]))
        buttons = event["buttons"]
        before, self._pointer = self._pointer, at
        right, down = at[0] - before[0], at[1] - before[1]
        if 2 in buttons or 3 in buttons or (1 in buttons and "Shift" in event["modifiers"]):
            self._orbit.pan(right, down, int(self._canvas.get_logical_size()[1]))
        elif 1 in buttons:
            self._orbit.turn(right, down)

    def _on_click(self, event: dict[str, Any]) -> None:
        self._chosen = (float(event["x"]), float(event["y"]))

    def _on_wheel(self, event: dict[str, Any]) -> None:
        self._orbit.zoom(-float(event["dy"]) / 100)


def _configure(world: World, context: Any) -> str:
    """Prepare the window's surface; colours are written as they are to be seen, not linear."""
    preferred = context.get_preferred_format(world.gpu.device.adapter)
    texture_format = str(preferred).removesuffix("-srgb")
    if texture_format not in ("rgba8unorm", "bgra8unorm"):
        raise GpuError(f"{world.gpu.info}: the window wants {texture_format}, not 8-bit RGBA")
    context.configure(device=world.gpu.device, format=texture_format)
    return texture_format
