"""One scenario's field in a world that it shares with others: as if it were alone.

A mind sees its own field in its own coordinates, and its plans are moved back into the world.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from ..handles import index_of
from ..percept import WorldSnapshot
from ..percept_model import Me, Obstacle, Place, Seen, Task, Vector
from ..plan import PlanIntent, Step
from ..registry import ActionRegistry

SLACK = 0.45  # metres beyond the field within which something still belongs to it


@dataclass(frozen=True)
class Field:
    """Where a scenario takes place: the corner and the size of its field, and its name."""

    name: str
    corner: tuple[float, float]
    size: tuple[float, float]

    def inside(self, place: Vector) -> bool:
        """Whether a place of the world belongs to it."""
        x, z = place[0] - self.corner[0], place[2] - self.corner[1]
        return -SLACK < x < self.size[0] + SLACK and -SLACK < z < self.size[1] + SLACK

    def local(self, place: Vector) -> Vector:
        """A place of the world in the field's coordinates; rounded, so that no field differs."""
        x, y, z = place[0] - self.corner[0], place[1], place[2] - self.corner[1]
        return round(x, 4), round(y, 4), round(z, 4)

    def key(self, name: str) -> str:
        """The name in the world of something in the field."""
        return f"{self.name}/{name}"

    def outward(self, plan: PlanIntent, registry: ActionRegistry) -> PlanIntent:
        """A plan of the field as one of the world; what is no place stays as it is."""
        return PlanIntent(plan.plan_id, tuple(self._moved(step, registry) for step in plan.steps))

    def inward(self, step: Step, registry: ActionRegistry) -> Step:
        """A step of the world as one of the field."""
        return self._moved(step, registry, -1)

    def _moved(self, step: Step, registry: ActionRegistry, sign: int = 1) -> Step:
        if step.act not in registry or not registry[step.act].has_place:
            return step
        arguments = dict(step.arguments)
        for name, offset in zip("xz", self.corner, strict=True):
            if isinstance(arguments.get(name), (int, float)):
                arguments[name] = round(arguments[name] + sign * offset, 4)
        return Step(step.act, arguments)


class FieldView:
    """A snapshot as the field shows it; has the attributes of `WorldSnapshot`."""

    def __init__(self, snapshot: WorldSnapshot, field: Field) -> None:
        self.tick, self.counts = snapshot.tick, snapshot.counts
        self._snapshot, self._field = snapshot, field

    @cached_property
    def me(self) -> Me:
        """The agent itself."""
        return msgspec.structs.replace(
            self._snapshot.me, pos=self._field.local(self._snapshot.me.pos)
        )

    @cached_property
    def allies(self) -> tuple[Seen, ...]:
        """Those of its team in sight."""
        return tuple(self._own(self._snapshot.allies))

    @cached_property
    def enemies(self) -> tuple[Seen, ...]:
        """Those of other teams in sight."""
        return tuple(self._own(self._snapshot.enemies))

    @cached_property
    def neutrals(self) -> tuple[Seen, ...]:
        """What is in sight and has no team."""
        return tuple(self._own(self._snapshot.neutrals))

    @cached_property
    def points_of_interest(self) -> tuple[Place, ...]:
        """Those of the field, under their own names."""
        prefix = self._field.key("")
        return tuple(
            msgspec.structs.replace(
                one, kind=one.kind.removeprefix(prefix), pos=self._field.local(one.pos)
            )
            for one in self._snapshot.points_of_interest
            if one.kind.startswith(prefix)
        )

    @cached_property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """Those of the field; the walls between fields are none of them."""
        return tuple(self._own(self._snapshot.obstacles))

    @cached_property
    def objective(self) -> Task | None:
        """What it is to achieve."""
        task = self._snapshot.objective
        if task is None:
            return None
        kind = task.kind.removeprefix(self._field.key(""))
        return msgspec.structs.replace(task, kind=kind, pos=self._field.local(task.pos))

    def _own(self, rows: Iterable[Any]) -> Iterator[Any]:
        for one in rows:
            if self._field.inside(one.pos):
                yield msgspec.structs.replace(one, pos=self._field.local(one.pos))

    @property
    def index(self) -> int:
        """Entity index of the agent."""
        return index_of(self.me.id)
