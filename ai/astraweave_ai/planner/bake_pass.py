"""Baked choices on the GPU: a module that looks up the next action of each entity in a table.

Which field of which component feeds which fact is declared by a `Source`; the shader is
wgsl/ai/choose.wgsl.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astraweave import U32, Module, Pass, Resource, component

from ..errors import DomainError
from .bake import NOTHING, Baked, Choices
from .domain_rules import known_fact
from .domain_terms import Fact, Int, code_of, is_number

_ROW = 7  # words of a source in the table
_LOW, _HIGH = -(1 << 31), (1 << 31) - 1
# Bits of a stored number after the binary point, by the type of the field.
_POINT = {"I32": 0, "U32": 0, "Fixed": 16, "Vec2": 16, "Vec3": 16, "Vec4": 16}


@component
class Choice:
    """The next action: an index in `Domain.actions`, or NOTHING (255) or NO_PLAN (254)."""

    action: U32 = NOTHING


@dataclass(frozen=True)
class Source:
    """The field that a fact is read from.

    Without `steps` the number in the field, rounded down, is the value of an Int, or the place of
    a Symbol's name; what is out of bounds counts as the nearest bound. With `steps` the value is
    the first one where the field is below all steps, the second from the first step on, and so on.

    Args:
        component: its class.
        field: its name; of a vector also which part, such as "xyz.y".
        steps: ascending, in the field's own unit, one fewer than the fact has values.
        falling: values in the contrary order, so that `Source(Seen, "distance", (12,), True)`
            makes a Bool that is true below 12 m.
    """

    component: Any
    field: str
    steps: tuple[float, ...] = ()
    falling: bool = False


@dataclass(frozen=True)
class _Lookup(Pass):
    """A pass with functions that are made from the declared sources, beside its bindings."""

    accessors: str = ""

    def bindings(self) -> list[Any]:
        first, *rest = super().bindings()
        return [replace(first, declaration=first.declaration + self.accessors), *rest]


class Chooser(Module):
    """Writes the Choice of every entity that has it and all components of the sources.

    A second chooser in the same world is of a subclass with another `name`.

    Args:
        baked: the table.
        sources: where each fact that matters is read from.
        goal: index of the goal, or where it is read from.

    Raises:
        DomainError: a fact without a source, or a source that does not fit its fact.
    """

    name = "choose"
    after = ("sense", "motion", "separation", "contacts", "obstacles")

    def __init__(
        self, baked: Baked, sources: Mapping[str, Source], *, goal: Source | int = 0
    ) -> None:
        self.baked = baked
        space = baked.space
        _check_names(baked, sources)
        facts = [(name, baked.domain.facts[name], sources[name]) for name in space.names]
        weights = list(space.weights)
        goals = Int(0, len(baked.goals) - 1)
        first = 0
        if isinstance(goal, Source):
            facts.append(("goal", goals, goal))
            weights.append(space.count)
        else:
            first = code_of(goals, goal, "goal") * space.count
        self._readings = [_Reading.of(*fact) for fact in facts]
        self._words = _words(self._readings, weights, baked.table)
        start = _ROW * len(facts) + sum(len(reading.steps) for reading in self._readings)
        self._constants = {"FACTS": len(facts), "FIRST": first, "START": start}
        self._resource = Resource(f"{self.name}.table", "u32", len(self._words))

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """One pass."""
        components = dict.fromkeys(reading.source.component for reading in self._readings)
        return (
            _Lookup(
                "ai/choose.wgsl",
                (self._resource, *components),
                (Choice,),
                constants=self._constants,
                name=self.name,
                accessors=_accessors(self._resource.variable, self._readings),
            ),
        )

    def data(self) -> dict[Resource, NDArray[np.uint32]]:
        """The sources, their steps and the table."""
        return {self._resource: self._words}


def _check_names(baked: Baked, sources: Mapping[str, Source]) -> None:
    for name, source in sources.items():
        known_fact(baked.domain.facts, name, "sources:")
        if not isinstance(source, Source):
            raise DomainError(f"sources: {name}: expected a Source, got {source!r}")
    missing = [name for name in baked.space.names if name not in sources]
    if missing:
        raise DomainError(f"sources: none for {', '.join(missing)}, which matter to the table")


@dataclass(frozen=True)
class _Reading:
    """A source in the integers that the shader uses."""

    source: Source
    expression: str  # WGSL of the stored number as an i32
    shift: int  # bits after the binary point
    low: int  # of what counts without steps
    high: int
    steps: tuple[int, ...]

    @staticmethod
    def of(name: str, fact: Fact, source: Source) -> _Reading:
        """Check a source against its fact.

        Raises:
            DomainError: no such field, or steps that do not fit.
        """
        where = f"source of {name}"
        kind, expression = _field(source, where)
        low = int(fact.low) if isinstance(fact, Int) else 0
        high = low + fact.size - 1
        if low < _LOW or high > _HIGH:
            raise DomainError(f"{where}: {fact.expected} does not fit 32 bits")
        steps = _raw_steps(source, kind, where)
        if steps and len(steps) != fact.size - 1:
            raise DomainError(
                f"{where}: {fact.size} values need {fact.size - 1} steps, got {len(steps)}"
            )
        if source.falling and not steps:
            raise DomainError(f"{where}: only steps can be falling")
        return _Reading(source, expression, _POINT[kind.name], low, high, steps)


def _field(source: Source, where: str) -> tuple[Any, str]:
    """The type of a field, and how WGSL reads one number of it as an i32."""
    layout = getattr(source.component, "layout", None)
    if layout is None:
        raise DomainError(f"{where}: {source.component!r} is not a component")
    name, _, part = str(source.field).partition(".")
    fields = {f.name: f.type for f in layout.fields}
    kind = fields.get(name)
    if kind is None or kind.name not in _POINT:
        can = ", ".join(n for n, t in fields.items() if t.name in _POINT) or "none"
        raise DomainError(
            f"{where}: {layout.name} has no field {name!r} of whole or fixed-point numbers; "
            f"it has: {can}"
        )
    parts = "xyzw"[: kind.count] if kind.count > 1 else ""
    if (part not in parts or len(part) != 1) if parts else part:
        told = ", ".join(f"{name}.{p}" for p in parts) or name
        raise DomainError(f"{where}: expected {told}, got {source.field!r}")
    read = f"{layout.variable}[slot].{source.field}"
    return kind, f"i32(min({read}, 0x7fffffffu))" if kind.scalar == "u4" else read


def _raw_steps(source: Source, kind: Any, where: str) -> tuple[int, ...]:
    """Steps in stored units."""
    steps: Any = source.steps
    if not isinstance(steps, tuple) or not all(is_number(s) and math.isfinite(s) for s in steps):
        raise DomainError(f"{where}: steps must be a tuple of finite numbers, got {steps!r}")
    # Fixed-point values are rounded when they are written, so steps are rounded alike.
    point = _POINT[kind.name]
    raw = tuple(round(step * (1 << point)) if point else math.ceil(step) for step in steps)
    if any(a >= b for a, b in pairwise(raw)) or not all(_LOW <= r <= _HIGH for r in raw):
        raise DomainError(f"{where}: steps must ascend, within what {kind.name} holds, got {steps}")
    return raw


def _words(
    readings: Sequence[_Reading], weights: Sequence[int], table: Choices
) -> NDArray[np.uint32]:
    """The resource: a row for each reading, their steps, and four choices a word."""
    rows: list[int] = []
    steps: list[int] = []
    for r, weight in zip(readings, weights, strict=True):
        first = _ROW * len(readings) + len(steps)
        rows += [weight, r.shift, r.low, r.high, first, len(r.steps), int(r.source.falling)]
        steps += r.steps
    head = np.array(rows + steps, np.int64).astype(np.uint32)
    body = np.zeros(-(-table.size // 4) * 4, np.uint8)
    body[: table.size] = table.ravel()
    return np.concatenate([head, body.view("<u4")])


def _accessors(table: str, readings: Sequence[_Reading]) -> str:
    """What only the declaration knows: the table's name, and which field is which reading."""
    cases = "".join(
        f"        case {i}u: {{ return {reading.expression}; }}\n"
        for i, reading in enumerate(readings)
    )
    return (
        f"fn choose_word(word: u32) -> u32 {{ return {table}[word]; }}\n"
        "fn choose_reading(slot: u32, fact: u32) -> i32 {\n"
        f"    switch (fact) {{\n{cases}        default: {{ return 0; }}\n    }}\n}}\n"
    )
