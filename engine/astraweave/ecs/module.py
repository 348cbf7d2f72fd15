"""A module: one capability of the simulation, as passes with the data they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from ..gpu.graph import PassGroup
from ..gpu.passes import Pass, Resource


class Module:
    """Base of everything that `World.use` accepts; override what the module has.

    `name` identifies it in `after=` and in the frame graph; `after` lists the modules it follows
    where they are present.
    """

    name: ClassVar[str] = ""
    after: ClassVar[tuple[str, ...]] = ()

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """The passes in order; `rate` is ticks per second."""
        raise NotImplementedError

    def data(self) -> dict[Resource, NDArray[Any]]:
        """Contents that resources start with; what is not named starts as zeros."""
        return {}

    def order(self) -> Pass | None:
        """A pass that writes `destination[slot]`, if the module knows a better storage order."""
        return None


class SinglePass(Module):
    """A module of one pass, made by `World.use(Pass(...))`."""

    def __init__(self, declared: Pass) -> None:
        self.declared = declared

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """The one pass."""
        return (self.declared,)


@dataclass(frozen=True)
class Added:
    """A module in a world, with the modules that its user said it comes after."""

    module: Module
    after: tuple[str, ...] = ()

    def group(self, rate: int) -> PassGroup:
        """The module as the frame graph sees it."""
        module = self.module
        name = module.declared.name if isinstance(module, SinglePass) else module.name
        return PassGroup(name, module.passes(rate), self.after, module.after)
