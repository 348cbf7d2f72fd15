"""A mind that follows a behaviour tree: its leaves are skills, its conditions look at facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ..percept import WorldSnapshot
from ..plan import PlanIntent
from ..tree import Context, Status, Tree, TreeFactory
from ..tree.node import Node
from .role import Role, Skill

_AGREED = (Status.SUCCESS, Status.RUNNING)


def load_tree(path: str | Path, role: Role, rate: int = 60) -> Tree:
    """A tree from BehaviorTree.CPP XML in which the skills of a role are actions.

    Facts are entries of the blackboard, so that scripts may ask them: `_skipIf="!sees"`.

    Raises:
        TreeError: the file is malformed, or names what is neither a node nor a skill.
    """
    factory = TreeFactory(rate)
    for name, skill in role.skills.items():
        factory.action(name)(_possible(skill))
    return factory.load(path)


def _possible(skill: Skill) -> Callable[[Context], bool]:
    def possible(context: Context) -> bool:
        return bool(skill(context.owner))

    return possible


class TreeMind:
    """Ticks a tree once for each thought; the plan are the skills on the way to its answer.

    A skill succeeds where it is possible. Those that count stand under nodes that all succeeded, so
    what a failed Sequence had begun is left out. One mind serves one agent, for trees may remember.

    Args:
        role: the one that the tree was loaded for.
        tree: shared by all agents that use it.
    """

    name = "tree"

    def __init__(self, role: Role, tree: Tree) -> None:
        self.why = ""
        self._role, self._run = role, tree.start()

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """The skills that the tree agreed to, in order."""
        run = self._run
        run.owner = percept
        run.blackboard.update(self._role.facts(percept))
        if run.status[0] is not Status.RUNNING:
            run.status[:] = [Status.IDLE] * len(run.status)  # forget the last thought
        run.tick(percept.tick)
        path = list(self._agreed(run.tree.root))
        self.why = " > ".join(node.label.name for node in path) or "no branch applies"
        skills = tuple(node.label.type for node in path if node.label.type in self._role.skills)
        steps = self._role.steps(skills, percept)
        return PlanIntent(f"tree-{percept.tick}", steps) if steps else None

    def _agreed(self, node: Node) -> Iterator[Node]:
        """A node and those below it, as far as all of them agreed."""
        if self._run.status[node.index] in _AGREED:
            yield node
            for child in node.children:
                yield from self._agreed(child)
