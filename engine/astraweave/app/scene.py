"""Scenes: named functions that fill a world, shared by examples, tests and benchmarks."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..ecs.component import layout_of
from ..ecs.world import World
from ..errors import AstraError, CapacityError, UsageError
from ..gpu.device import Gpu
from ..paths import EXAMPLES
from ..render.view import View
from ..sim.components import Position

Build = Callable[[World, int], View]


@dataclass(frozen=True)
class Scene:
    """A function that fills a world, with the sizes it is meant for."""

    name: str
    build: Build
    entities: int
    ticks: int
    summary: str
    file: Path  # that defines it

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
    ) -> tuple[World, View]:
        """A new world filled by the scene, and how to look at it.

        Raises:
            UsageError: no entities, or a scene that fails or returns no `View`.
            CapacityError: more entities than the adapter holds.
        """
        count = self.entities if entities is None else entities
        if count <= 0:
            raise UsageError(f"entities must be positive, got {count}")
        gpu = gpu or Gpu.open()
        _require_room(gpu, count)
        world = World(gpu, seed=seed, threads=threads, shaders=self.folder)
        try:
            view: Any = self.build(world, count)
        except AstraError:
            raise
        except Exception as error:
            raise UsageError(f"scene {self.name} failed at {_blame(error, self.file)}") from error
        if not isinstance(view, View):
            found = type(view).__name__
            raise UsageError(f"scene {self.name} in {self.file} must return a View, got {found}")
        world.prepare()
        return world, view

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
    """Decorator that makes a `(world, entities) -> View` function a scene."""

    def wrap(build: Build) -> Scene:
        name = build.__name__
        file = Path(build.__code__.co_filename).resolve()
        return Scene(name, build, entities, ticks, (build.__doc__ or name).strip(), file)

    return wrap


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
