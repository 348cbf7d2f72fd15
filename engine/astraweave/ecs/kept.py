"""What Python remembers from tick to tick and snapshots have to hold: named things with state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..errors import EcsError, FormatError


class Stateful(Protocol):
    """A thing whose state can be taken and given back, as bytes of its own making."""

    def save_state(self) -> bytes:
        """All that later ticks depend on."""

    def load_state(self, state: bytes) -> None:
        """Become what `save_state` was called on; raises if `state` is not such bytes."""


class Kept:
    """The things of a world that take part in its snapshots."""

    def __init__(self) -> None:
        self._things: dict[str, Stateful] = {}

    def add(self, name: str, thing: Stateful) -> None:
        """Keep a thing under a name, the same in every program that builds this world.

        Raises:
            EcsError: the name is taken, or the thing has no save_state and load_state.
        """
        given: Any = thing
        for method in ("save_state", "load_state"):
            if not callable(getattr(given, method, None)):
                raise EcsError(f"keep: {name} has no method {method}, which snapshots call")
        if name in self._things:
            raise EcsError(f"keep: something is kept under the name {name} already")
        self._things[name] = thing

    def save(self) -> dict[str, bytes]:
        """The state of each."""
        return {name: bytes(thing.save_state()) for name, thing in self._things.items()}

    def load(self, states: Mapping[str, bytes]) -> None:
        """Give each its state.

        Raises:
            FormatError: other things are kept here, or one refuses its state; none has changed.
        """
        self.check(states)
        before, begun = self.save(), []
        for name, thing in self._things.items():
            begun.append(name)
            try:
                thing.load_state(states[name])
            except Exception as error:
                for each in begun:
                    self._things[each].load_state(before[each])
                raise FormatError(f"snapshot: {name} refuses its state: {error}") from error

    def check(self, states: Mapping[str, bytes]) -> None:
        """Raise FormatError unless exactly the things that are kept here have a state."""
        if states.keys() != self._things.keys():
            there, here = (
                ", ".join(sorted(names)) or "nothing" for names in (states, self._things)
            )
            raise FormatError(f"snapshot: it holds the state of {there}; this world keeps {here}")
