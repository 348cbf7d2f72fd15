"""A mind that scores what it could do, and does what scores highest."""

from __future__ import annotations

from ..percept import WorldSnapshot
from ..plan import PlanIntent
from ..utility import ONE, Reasoner
from .role import Role

_TOLD = 3  # scores in an explanation


class UtilityMind:
    """Does the possible option with the highest score.

    Args:
        role: gives a value to each input, and steps to each option.
        reasoner: its options are called like skills, as `Role.named` reads them.

    Raises:
        MindError: an option that is no skill.
    """

    name = "utility"

    def __init__(self, role: Role, reasoner: Reasoner) -> None:
        self.why = ""
        self._role, self._reasoner = role, reasoner
        self._skills = {name: role.named(name) for name in reasoner.names}

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """The steps of the best option that has any; of equal ones the first by name."""
        known = self._role.facts(percept)
        inputs = {name: float(known[name]) for name in self._reasoner.inputs}
        scores = self._reasoner.scores(inputs)
        order = sorted((name for name in scores if scores[name]), key=lambda n: (-scores[n], n))
        self.why = ", ".join(f"{name} {scores[name] / ONE:.2f}" for name in order[:_TOLD])
        for name in order:
            steps = self._role.steps(self._skills[name], percept)
            if steps:
                return PlanIntent(f"utility-{percept.tick}", steps)
        self.why = self.why or "nothing scores"
        return None
