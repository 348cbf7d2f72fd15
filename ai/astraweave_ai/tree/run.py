"""A run: one agent's way through a tree that it shares with others.

A run is two lists of small numbers, a blackboard, and what the host's actions remember. A tick
changes these in place and allocates nothing that lasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import TreeError
from . import state
from .leaves import Context
from .scope import Blackboard
from .status import IDLE, RUNNING, Status

if TYPE_CHECKING:
    from .tree import Tree


class TreeRun:
    """The state of one agent in a tree; made by `Tree.start` and `Tree.restore`."""

    __slots__ = (
        "blackboard",
        "cells",
        "context",
        "loops",
        "now",
        "owner",
        "states",
        "status",
        "top",
        "tree",
    )

    def __init__(self, tree: Tree, blackboard: Blackboard, owner: object) -> None:
        self.tree = tree
        self.owner: Any = owner
        self.blackboard = blackboard
        self.top = blackboard.top
        self.status = [IDLE] * len(tree.nodes)  # last answers, by index of node
        self.cells = [0] * tree.cells  # memories of nodes
        self.states: dict[int, Any] = {}  # of the host's actions, by index of node
        self.now = -1  # the last tick; before the first, -1
        self.loops = 0  # repetitions within this tick
        self.context = Context(self)

    def tick(self, at: int | None = None) -> Status:
        """Tick the tree once, at tick `at` or else one after the last; the answer of its root.

        Time passes for Sleep, Timeout and the like by what `at` says, so an agent that thinks at
        every tenth tick of a world hands that world's tick in. After an error all nodes are Idle:
        the next tick starts afresh. Raises a TreeError for what is wrong in a script or a port, or
        if `at` lies before the last tick, and whatever an action of the host's raises.
        """
        now = self.now + 1 if at is None else at
        if now < self.now or now < 0:
            raise TreeError(f"tick {now} of {self.tree.main!r} is before the last, {self.now}")
        self.now = now
        self.loops = 0
        root = self.tree.root
        try:
            answer = self.status[0] = root.tick(self)
        except BaseException:
            self._reset()
            raise
        return answer

    def halt(self) -> None:
        """Stop what is Running, and tell it."""
        if self.status[0] is RUNNING:
            self.tree.root.halt(self)

    def save(self) -> dict[str, Any]:
        """The state as plain data, for `Tree.restore`; its owner is not in it.

        Raises a TreeError that names a value which is not plain data.
        """
        return state.save(self)

    def _reset(self) -> None:
        """Nobody is Running any more, and nobody is told."""
        for node in self.tree.nodes:
            self.status[node.index] = IDLE
            node.forget(self)

    def __repr__(self) -> str:
        return f"<run of {self.tree.main!r} at tick {self.now}: {self.status[0].name}>"
