"""Walks through a dialogue graph: where it stands, what can be said, and what has happened.

Idle → AtNode or WaitingForChoice → … → Finished. The same choices always lead to the same state,
and a state can be saved and restored.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from ..errors import DialogueError
from .graph import Choice, Graph, Node
from .values import Effect, Value, wrong_values

NEWEST = 1000  # entries of the history, and events that nobody has taken yet


class Status(StrEnum):
    """How far a dialogue has come."""

    IDLE = "idle"
    AT_NODE = "at node"  # something was said, and nothing can be chosen: `advance`
    WAITING = "waiting for choice"
    FINISHED = "finished"


class Event(msgspec.Struct, frozen=True):
    """Something that happened at a node.

    It was entered, a choice (`what` says its text) was made there, an event of the graph (`what` is
    its name) was raised there, or the dialogue ended there.
    """

    kind: str  # "entered", "chosen", "raised" or "ended"
    node: str
    what: str = ""


class Entry(msgspec.Struct, frozen=True):
    """A line of the history: a node, and the number of the choice that was made there."""

    node: str
    choice: int | None = None


class State(msgspec.Struct, frozen=True):
    """All that a runner knows, as data; `graph` is the fingerprint of the graph it belongs to."""

    graph: str
    status: Status
    node: str | None
    variables: dict[str, Value]
    history: tuple[Entry, ...]


class Offer(NamedTuple):
    """A choice that can be made now, with its number among all choices of the node."""

    number: int
    choice: Choice
    text: str  # with the values of variables in their places


class Runner:
    """One dialogue between two."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._reset()

    def _reset(self) -> None:
        self.status = Status.IDLE
        self.node: Node | None = None
        self.variables: dict[str, Any] = _copy(self.graph.variables)
        self.history: deque[Entry] = deque(maxlen=NEWEST)
        self._events: deque[Event] = deque(maxlen=NEWEST)

    @property
    def text(self) -> str:
        """What was said last; empty before the start."""
        return self.graph.told(self.node.text, self.variables) if self.node else ""

    def offers(self) -> list[Offer]:
        """The choices whose conditions hold, while one is waited for."""
        return self._offers() if self.status is Status.WAITING else []

    def take_events(self) -> list[Event]:
        """What has happened since this was last asked, oldest first."""
        events = list(self._events)
        self._events.clear()
        return events

    def start(self) -> None:
        """Enter the first node; variables keep what an earlier round made of them."""
        self.go(self.graph.start)

    def choose(self, number: int) -> None:
        """Make a choice by its number among all of the node's.

        Raises:
            DialogueError: it is not offered; nothing has changed.
        """
        offer = next((one for one in self.offers() if one.number == number), None)
        if offer is None or self.node is None:
            offered = ", ".join(str(one.number) for one in self.offers()) or "none"
            raise DialogueError(f"{self._place()}: choice {number!r} is not offered: {offered}")
        self.history[-1] = Entry(self.node.id, number)
        self._events.append(Event("chosen", self.node.id, offer.text))
        self._happen(offer.choice.effects, offer.choice.events)
        self._follow(offer.choice.to)

    def advance(self) -> Status:
        """Go on from a node where nothing can be chosen; where it stands then.

        Raises:
            DialogueError: it is not at one; nothing has changed.
        """
        if self.status is not Status.AT_NODE or self.node is None:
            raise DialogueError(f"{self._place()}: it cannot go on while it is {self.status}")
        self._follow(self.node.next)
        return self.status

    def go(self, name: str) -> None:
        """Enter a node from anywhere, as a topic does.

        Raises:
            DialogueError: there is no such node; nothing has changed.
        """
        if name not in self.graph.nodes:
            raise DialogueError(f"{self._place()}: no node {name!r}")
        self.node = node = self.graph.nodes[name]
        self.history.append(Entry(name))
        self._events.append(Event("entered", name))
        self._happen(node.effects, node.events)
        self.status = Status.WAITING if self._offers() else Status.AT_NODE

    def topics(self) -> list[Node]:
        """The nodes that a free sentence may lead to now."""
        nodes = (node for node in self.graph.nodes.values() if node.topics)
        return [node for node in nodes if self._all_hold(node.when)]

    # -- saving ----------------------------------------------------------------------------------

    def save(self) -> State:
        """All of it; events that were not taken are left out."""
        node = self.node.id if self.node else None
        variables = _copy(self.variables)
        return State(self.graph.fingerprint, self.status, node, variables, tuple(self.history))

    def restore(self, state: State) -> None:
        """Be as a runner of the same graph was.

        Raises:
            DialogueError: the state is of another graph, or impossible; nothing has changed.
        """
        if told := self._complaint(state):
            raise DialogueError(f"{self.graph.title}: the saved state {told}")
        self._reset()
        self.status = state.status
        self.node = self.graph.nodes[state.node] if state.node is not None else None
        self.variables = _copy(state.variables)
        self.history.extend(state.history)

    def save_state(self) -> bytes:
        """The same as bytes, for `World.keep`."""
        return msgspec.json.encode(self.save())

    def load_state(self, state: bytes) -> None:
        """Be as it was when `save_state` was called.

        Raises:
            DialogueError: these are no such bytes, or not of this graph; nothing has changed.
        """
        try:
            self.restore(msgspec.json.decode(state, type=State))
        except msgspec.DecodeError as error:
            raise DialogueError(f"{self.graph.title}: this is no saved state: {error}") from error

    def _complaint(self, state: State) -> str:
        """What is impossible in a state; empty for a proper one."""
        nodes = self.graph.nodes
        if state.graph != self.graph.fingerprint:
            return f"is of graph {state.graph}, this is {self.graph.fingerprint}"
        if wrong := list(wrong_values(self.graph.variables, state.variables)):
            return f"has {'; '.join(sorted(wrong))}"
        if (state.node is None) != (state.status is Status.IDLE):
            return f"is {state.status} at node {state.node!r}"
        for entry in (*state.history, *([Entry(state.node)] if state.node is not None else [])):
            if entry.node not in nodes:
                return f"names a node {entry.node!r} that is not there"
            if entry.choice is not None and not 0 <= entry.choice < len(nodes[entry.node].choices):
                return f"has a choice {entry.choice} at node {entry.node!r} that is not there"
        if state.node is not None and (not state.history or state.history[-1].node != state.node):
            return f"is at node {state.node!r}, which its history does not end with"
        return self._unlike(state)

    def _unlike(self, state: State) -> str:
        """Whether waiting and variables contradict each other."""
        if state.node is None or state.status is Status.FINISHED:
            return ""
        choices = self.graph.nodes[state.node].choices
        offered = any(all(c.holds(state.variables) for c in choice.when) for choice in choices)
        wanted = Status.WAITING if offered else Status.AT_NODE
        return "" if state.status is wanted else f"is {state.status}, where it must be {wanted}"

    # -- steps -----------------------------------------------------------------------------------

    def _follow(self, target: str | None) -> None:
        """Enter the node that a way leads to, or end."""
        if target is not None:
            self.go(target)
            return
        self.status = Status.FINISHED
        self._events.append(Event("ended", self.node.id if self.node else ""))

    def _happen(self, effects: tuple[Effect, ...], events: tuple[str, ...]) -> None:
        for effect in effects:
            effect.apply(self.variables)
        at = self.node.id if self.node else ""
        self._events.extend(Event("raised", at, event) for event in events)

    def _offers(self) -> list[Offer]:
        return [
            Offer(number, choice, self.graph.told(choice.text, self.variables))
            for number, choice in enumerate(self.node.choices if self.node else ())
            if self._all_hold(choice.when)
        ]

    def _all_hold(self, conditions: Any) -> bool:
        return all(condition.holds(self.variables) for condition in conditions)

    def _place(self) -> str:
        return f"{self.graph.title}, node {self.node.id!r}" if self.node else self.graph.title


def _copy(variables: dict[str, Any]) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, list) else value for name, value in variables.items()
    }
