"""Scenes: named functions that fill a world, shared by examples, tests and benchmarks."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..ecs.component import layout_of
from ..ecs.world import World
from ..errors import CapacityError, UsageError
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
    folder: Path

    def make(
        self,
        gpu: Gpu | None = None,
        *,
        entities: int | None = None,
        seed: int = 0,
        threads: int = 1,
    ) -> tuple[World, View]:
        """A new world filled by the scene, and how to look at it."""
        count = self.entities if entities is None else entities
        if count <= 0:
            raise UsageError(f"entities must be positive, got {count}")
        gpu = gpu or Gpu.open()
        _require_room(gpu, count)
        world = World(gpu, seed=seed, threads=threads, shaders=self.folder)
        view = self.build(world, count)
        world.prepare()
        return world, view

    def main(self, arguments: Sequence[str] | None = None) -> None:
        """Run from the command line, as `astraweave run NAME` does."""
        from ..cli import main

        sys.exit(main(["run", str(self.folder / f"{self.name}.py"), *(arguments or sys.argv[1:])]))


def _require_room(gpu: Gpu, count: int) -> None:
    """Refuse what cannot fit before a scene makes arrays for it: a position alone is 16 bytes."""
    most = min(gpu.max_binding, gpu.max_buffer) // layout_of(Position).stride
    if count > most:
        raise CapacityError(f"{gpu.info.name} holds at most {most:,} entities, got {count:,}")


def scene(*, entities: int, ticks: int) -> Callable[[Build], Scene]:
    """Decorator that makes a `(world, entities) -> View` function a scene."""

    def wrap(build: Build) -> Scene:
        name = build.__name__
        folder = Path(build.__code__.co_filename).resolve().parent
        return Scene(name, build, entities, ticks, (build.__doc__ or name).strip(), folder)

    return wrap


def scene_names() -> list[str]:
    """Names of the examples that came with the engine."""
    return sorted(path.stem for path in EXAMPLES.glob("*.py") if not path.stem.startswith("_"))


def load_scene(name: str) -> Scene:
    """An example by name, or any scene by the path of its file.

    Raises:
        UsageError: there is no such scene; the message lists what there is.
    """
    path = Path(name) if name.endswith(".py") else EXAMPLES / f"{name}.py"
    if not path.is_file():
        raise UsageError(f"no example is named {name!r}; there is {', '.join(scene_names())}")
    spec = importlib.util.spec_from_file_location(f"astraweave_scene_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError) as error:
        raise UsageError(f"{path} cannot be imported: {error}") from error
    for value in vars(module).values():
        if isinstance(value, Scene):
            return value
    raise UsageError(f"{path} defines no scene; decorate a function with @scene")
