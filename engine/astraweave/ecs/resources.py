"""What modules declare about their buffers, checked before anything is allocated.

Columns, events and module resources lie side by side in one storage, so names must be unique and
every use of a name must mean the same buffer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import GraphError, PassError
from ..gpu.device import Gpu
from ..gpu.passes import ENTITIES, Pass, Resource
from .module import Module
from .storage import DESTINATION, SLOT_OF

_ENGINE = {resource.name: resource for resource in (ENTITIES, SLOT_OF, DESTINATION)}


def passes_of(module: Module, rate: int) -> tuple[Pass, ...]:
    """Every pass of a module, the one that orders the storage included."""
    order = module.order()
    return (*module.passes(rate), *((order,) if order else ()))


def check_resources(
    gpu: Gpu, modules: Sequence[Module], rate: int, components: Collection[str]
) -> None:
    """Raise what would go wrong when the buffers of these modules are made.

    Raises:
        PassError: a name that is taken, one name for two sizes, or data that does not fit.
        CapacityError: larger than the adapter can hold.
    """
    declared: dict[str, Resource] = {}
    kinds = [k for m in modules for p in passes_of(m, rate) for k in (*p.components, *p.emits)]
    taken = {*components, *(kind.layout.name for kind in kinds)}
    for module in modules:
        for resource in _resources_of(module, rate):
            _check_name(resource, taken)
            first = declared.setdefault(resource.name, resource)
            if _bytes(first) != _bytes(resource):
                raise PassError(
                    f"resource {resource.name} is declared with two sizes: "
                    f"{_told(first)} and {_told(resource)}"
                )
            if resource.length is not None:
                gpu.require_fits(resource.name, resource.length * resource.stride)
        for resource, data in module.data().items():
            _check_data(resource, data)


def _resources_of(module: Module, rate: int) -> Iterable[Resource]:
    for p in passes_of(module, rate):
        yield from p.resources
    yield from module.data()


def _check_name(resource: Resource, taken: set[str]) -> None:
    engine = _ENGINE.get(resource.name)
    if engine is not None and (engine.element, engine.length) != (
        resource.element,
        resource.length,
    ):
        raise PassError(f"resource {resource.name!r} is the engine's own; choose another name")
    if resource.name in taken:
        raise PassError(f"resource {resource.name!r} has the name of a component or an event")


def _bytes(resource: Resource) -> tuple[bool, int]:
    """Whether it grows with the world, and bytes in all or for each slot."""
    grows = resource.length is None
    return grows, resource.stride * (resource.length or 1)


def _check_data(resource: Resource, data: NDArray[Any]) -> None:
    kind = {"f": "f", "i": "i", "u": "u"}[resource.element.split("<")[-1][0]]
    if np.asarray(data).dtype != np.dtype(f"<{kind}4"):
        raise PassError(
            f"resource {resource.name}: data must be an array of {kind}4 for {resource.element}"
        )
    if resource.length is None or data.nbytes != resource.length * resource.stride:
        raise PassError(
            f"resource {resource.name}: {data.nbytes} bytes of data for {_told(resource)}"
        )


def _told(resource: Resource) -> str:
    return f"{resource.element} × {resource.length or 'slots'}"


def check_sources(modules: Sequence[Module], rate: int) -> None:
    """Raise GraphError for a resource that is read though nothing writes it or gives it data."""
    given = {*_ENGINE, *(r.name for m in modules for r in m.data())}
    for module in modules:
        for p in passes_of(module, rate):
            given |= {b.key for b in p.bindings() if b.writes}
    for module in modules:
        for p in passes_of(module, rate):
            for resource in p.resources:
                if resource.name not in given:
                    raise GraphError(
                        f"pass {p.name} reads {resource.name}, which no module of this world "
                        "provides; add that module with `world.use`, such as the grid"
                    )
