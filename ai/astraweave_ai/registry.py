"""The action registry: every action that a mind may take, with its arguments, rules and effects.

One registry serves all minds: planners take costs and rules from it, a language model's grammar is
made from its schema, the guard checks plans against it, and the world's `Combat` module is given
its abilities. So an action exists once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import numpy as np

from astraweave import Ability, Aims, Context, Reason

from .body import Rule
from .errors import ActionError
from .plan import PlanIntent, Step

EntityIndex = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 2)]


class Category(StrEnum):
    """What an action is for."""

    MOVEMENT = "movement"
    OFFENCE = "offence"
    DEFENCE = "defence"
    EQUIPMENT = "equipment"
    TACTICS = "tactics"
    UTILITY = "utility"


class Policy(StrEnum):
    """How far an action is trusted: as it is, only after its rules were checked, or never."""

    ALLOWED = "allowed"
    RESTRICTED = "restricted"
    DENIED = "denied"


@dataclass(frozen=True)
class Deed:
    """An action that begins or was done.

    Args:
        agent: handle of who does it.
        target: handle of whom it is done to, if anybody.
        place: where, metres.
        arguments: as the plan gave them.
        notes: numbers by word and handle, which effects leave for later ones of the same world.
    """

    agent: np.uint64
    target: np.uint64 | None
    place: tuple[float, float, float]
    arguments: Mapping[str, Any]
    notes: dict[tuple[str, int], int] = field(default_factory=dict)

    def claim(self, handle: Any) -> bool:
        """Use something up: True for the first who does, however many try in the same moment."""
        key = ("used up", int(handle))
        self.notes[key] = self.notes.get(key, 0) + 1
        return self.notes[key] == 1


Undo = Callable[[Context], None]
Beforehand = Callable[[Context, Deed], Undo | None]
Afterwards = Callable[[Context, Deed], Reason | None]


@dataclass(frozen=True)
class Action:
    """One thing that a mind can decide to do.

    Args:
        name: as minds write it.
        summary: one sentence, for people and for language models.
        ability: rules and effects, carried out on the GPU.
        arguments: further ones by name, with msgspec types; target, place and duration are given
            by the ability.
        rule: what the guard asks besides the ability's rules; it may change the body, which is
            the agent as it would be after this action.
        beforehand: what Python does when it begins, by commands; what it returns is called when
            the action ends, however that is.
        afterwards: what Python does once it is done, by commands; a reason if that was impossible
            after all.
        reads, writes: the components that `beforehand` and `afterwards` read and write.
    """

    name: str
    summary: str
    category: Category
    ability: Ability
    policy: Policy = Policy.RESTRICTED
    arguments: Mapping[str, Any] = field(default_factory=dict)
    rule: Rule | None = None
    beforehand: Beforehand | None = None
    afterwards: Afterwards | None = None
    reads: tuple[Any, ...] = ()
    writes: tuple[Any, ...] = ()

    @property
    def has_target(self) -> bool:
        """Whether it is done to somebody."""
        return self.ability.aims in (Aims.ENEMY, Aims.ALLY, Aims.DOWNED_ALLY, Aims.ANYONE)

    @property
    def has_place(self) -> bool:
        """Whether it is done somewhere."""
        return self.ability.aims is Aims.PLACE

    def fields(self) -> list[tuple[Any, ...]]:
        """Names, types and defaults of the arguments, for msgspec."""
        known: list[tuple[Any, ...]] = []
        if self.has_target:
            known.append(("target", EntityIndex))
        if self.has_place:
            known += [("x", float), ("z", float), ("y", float, 0.0)]
        if self.ability.lasts > 0:
            seconds = Annotated[float, msgspec.Meta(gt=0, le=self.ability.lasts)]
            known.append(("duration", seconds, self.ability.lasts))
        return known + [(name, kind) for name, kind in self.arguments.items()]


class ActionRegistry:
    """Actions by name, in the order in which they were added.

    Raises:
        ActionError: two actions of one name, or a name that is no identifier.
    """

    def __init__(self, actions: Iterable[Action] = ()) -> None:
        self._actions: dict[str, Action] = {}
        self._types: dict[str, Any] = {}
        for action in actions:
            self.add(action)

    def add(self, action: Action) -> Action:
        """Register one more action, before the world is made that carries it out."""
        if not action.name.isidentifier():
            raise ActionError(f"an action's name must be an identifier, got {action.name!r}")
        if action.name in self._actions:
            raise ActionError(f"there is an action {action.name} already")
        if action.ability.name != action.name:
            raise ActionError(
                f"action {action.name}: its ability must have its name, got {action.ability.name!r}"
            )
        self._types[action.name] = msgspec.defstruct(
            action.name,
            action.fields(),
            tag_field="act",
            tag=action.name,
            forbid_unknown_fields=True,
            kw_only=True,
            frozen=True,
        )
        self._actions[action.name] = action
        return action

    def __getitem__(self, name: str) -> Action:
        """The action of a name.

        Raises:
            ActionError: there is none.
        """
        try:
            return self._actions[name]
        except KeyError:
            raise ActionError(f"no action {name!r}; there is {', '.join(self._actions)}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._actions

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions.values())

    def __len__(self) -> int:
        return len(self._actions)

    @property
    def abilities(self) -> tuple[Ability, ...]:
        """What `Combat` is given; the n-th action's ability has number n + 1."""
        return tuple(action.ability for action in self)

    def number(self, name: str) -> int:
        """`Order.ability` of an action."""
        self[name]
        return list(self._actions).index(name) + 1

    def typed(self, step: Step) -> dict[str, Any]:
        """The arguments of a step, checked, with defaults filled in.

        Raises:
            ActionError: no such action, or arguments of other names, types or ranges.
        """
        self[step.act]
        try:
            made = msgspec.convert({"act": step.act, **step.arguments}, self._types[step.act])
        except msgspec.ValidationError as error:
            raise ActionError(f"{step.act}: {error}") from error
        arguments = msgspec.structs.asdict(made)
        for name, value in arguments.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise ActionError(f"{step.act}: {name} must be finite, got {value}")
        return arguments

    def parse(self, text: str | bytes) -> PlanIntent:
        """A plan from JSON, every step checked against its action.

        Raises:
            ActionError: not JSON, not a plan, or a step that is not what its action declares.
        """
        try:
            raw = msgspec.json.decode(text, type=_Plan)
        except msgspec.DecodeError as error:
            raise ActionError(f"this is no plan: {error}") from error
        steps = []
        for number, given in enumerate(raw.steps):
            act = given.pop("act", None)
            if not isinstance(act, str):
                raise ActionError(f'step {number}: expected "act" with the name of an action')
            try:
                steps.append(Step(act, self.typed(Step(act, given))))
            except ActionError as error:
                raise ActionError(f"step {number}: {error}") from error
        return PlanIntent(raw.plan_id, tuple(steps))

    def schema(self) -> dict[str, Any]:
        """JSON schema of a plan; only registered actions and their arguments match it."""
        made, definitions = msgspec.json.schema_components(
            self._types.values(), ref_template="#/$defs/{name}"
        )
        steps = {"type": "array", "items": {"oneOf": list(made)}}
        return {
            "type": "object",
            "properties": {"plan_id": {"type": "string"}, "steps": steps},
            "required": ["plan_id", "steps"],
            "additionalProperties": False,
            "$defs": definitions,
        }


class _Plan(msgspec.Struct, forbid_unknown_fields=True):
    plan_id: str
    steps: list[dict[str, Any]]
