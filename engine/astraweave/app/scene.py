"""Scenes: named functions that fill a world, shared by examples, tests and benchmarks."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from ..ecs.component import layout_of
from ..ecs.world import World
from ..errors import AstraError, CapacityError, UsageError
from ..gpu.device import Gpu
from ..paths import EXAMPLES
from ..render.view import View
from ..sim.components import Position

Build = Callable[..., View]  # (world, entities), and options by keyword
Choice = bool | int | str


@dataclass(frozen=True)
class Option:
    """A keyword of a scene: what it is unless said otherwise, and what it may be."""

    default: Choice
    choices: tuple[Choice, ...] = ()
    text: str = ""  # what it means, for --help

    def check(self, name: str, value: Any) -> Choice:
        """The value, if it is possible.

        Raises:
            UsageError: another type, or none of the choices.
        """
        if type(value) is not type(self.default) or (self.choices and value not in self.choices):
            wanted = ", ".join(map(str, self.choices)) or type(self.default).__name__
            raise UsageError(f"option {name}: expected {wanted}, got {value!r}")
        found: Choice = value
        return found


@dataclass(frozen=True)
class Scene:
    """A function that fills a world, with the sizes it is meant for."""

    name: str
    build: Build
    entities: int
    ticks: int
    summary: str
    file: Path  # that defines it
    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where shaders beside the scene are looked for."""
        return self.file.parent

    def make(
        self,
        gpu: Gpu | None = None,
        *,
        entities: int | None = None,
        seed: int = 0,
        threads: int = 1,
        options: Mapping[str, Any] | None = None,
    ) -> tuple[World, View]:
        """A new world filled by the scene, and how to look at it.

        Raises:
            UsageError: no entities, an option that the scene lacks, or a scene that fails or
                returns no `View`.
            CapacityError: more entities than the adapter holds.
        """
        count = self.entities if entities is None else entities
        if count <= 0:
            raise UsageError(f"entities must be positive, got {count}")
        chosen = self._checked(options or {})
        gpu = gpu or Gpu.open()
        _require_room(gpu, count)
        world = World(gpu, seed=seed, threads=threads, shaders=self.folder)
        try:
            view: Any = self.build(world, count, **chosen)
        except AstraError:
            raise
        except Exception as error:
            raise UsageError(f"scene {self.name} failed at {_blame(error, self.file)}") from error
        if not isinstance(view, View):
            found = type(view).__name__
            raise UsageError(f"scene {self.name} in {self.file} must return a View, got {found}")
        world.prepare()
        return world, view

    def _checked(self, options: Mapping[str, Any]) -> dict[str, Choice]:
        for name in options:
            if name not in self.options:
                known = ", ".join(self.options) or "none"
                raise UsageError(f"scene {self.name} has no option {name!r}; it has {known}")
        return {name: self.options[name].check(name, value) for name, value in options.items()}

    def main(self, arguments: Sequence[str] | None = None) -> None:
        """Run from the command line, as `astraweave run NAME` does."""
        from ..cli import main

        given = sys.argv[1:] if arguments is None else arguments
        sys.exit(main(["run", str(self.file), *given]))


def _blame(error: Exception, file: Path) -> str:
    """`file:line: cause`, where the line is the innermost one of the scene's own file."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).resolve() == file.resolve()]
    line = own[-1].lineno if own else 0
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename) == file:
        line = error.lineno or 0  # it has no frame: nothing ran
    place = f"{file}:{line}" if line else str(file)
    return f"{place}: {type(error).__name__}: {error}"


def _require_room(gpu: Gpu, count: int) -> None:
    """Refuse what cannot fit before a scene makes arrays for it: a position alone is 16 bytes."""
    most = min(gpu.max_binding, gpu.max_buffer) // layout_of(Position).stride
    if count > most:
        raise CapacityError(f"{gpu.info.name} holds at most {most:,} entities, got {count:,}")


def scene(*, entities: int, ticks: int) -> Callable[[Build], Scene]:
    """Decorator that makes a `(world, entities) -> View` function a scene.

    Its keyword-only parameters are options of the command line: `mind: Literal["goap", "bt"] =
    "goap"` becomes `--mind`, and `compare: bool = False` the flag `--compare`. `Annotated[bool,
    "what it means"]` says what `--help` tells. A parameter `ticks: int = 0` is no option of its
    own: it is what `--ticks` says, if that is given.
    """

    def wrap(build: Build) -> Scene:
        name = build.__name__
        file = Path(build.__code__.co_filename).resolve()
        summary = (build.__doc__ or name).strip()
        return Scene(name, build, entities, ticks, summary, file, _options_of(build))

    return wrap


def _options_of(build: Build) -> dict[str, Option]:
    hints = get_type_hints(build, include_extras=True)
    found = {}
    for parameter in inspect.signature(build).parameters.values():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        if not isinstance(parameter.default, (bool, int, str)):
            raise UsageError(f"option {parameter.name} of a scene needs a bool, int or str default")
        hint, text = hints.get(parameter.name), ""
        if get_origin(hint) is Annotated:
            hint, text = get_args(hint)[:2]
        choices = get_args(hint) if get_origin(hint) is Literal else ()
        found[parameter.name] = Option(parameter.default, choices, text)
    return found


def scene_names() -> list[str]:
    """Names of the examples that came with the engine."""
    return sorted(path.stem for path in EXAMPLES.glob("*.py") if not path.stem.startswith("_"))


def load_scene(name: str) -> Scene:
    """An example by name, or any scene by the path of its file.

    Raises:
        UsageError: there is no such scene, and the message lists what there is; or its file is
            missing, fails when it is imported, or defines none.
    """
    path = Path(name) if name.endswith(".py") else EXAMPLES / f"{name}.py"
    if name.endswith(".py") and not path.is_file():
        raise UsageError(f"no such file: {path}")
    if not path.is_file():
        raise UsageError(f"no example is named {name!r}; there is {', '.join(scene_names())}")
    spec = importlib.util.spec_from_file_location(f"astraweave_scene_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except AstraError:
        raise
    except Exception as error:
        raise UsageError(f"a scene cannot be imported: {_blame(error, path)}") from error
    scenes = [value for value in vars(module).values() if isinstance(value, Scene)]
    if scenes:  # its own before one that it imports
        return min(scenes, key=lambda found: found.file != path.resolve())
    raise UsageError(f"{path} defines no scene; decorate a function with @scene")
