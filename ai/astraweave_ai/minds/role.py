"""What a kind of character can tell and can do: the words that all of its minds think in.

Rules, scores, planners and behaviour trees differ in how they choose. What there is to know and to
choose from is said once, as facts and skills by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ..errors import MindError
from ..percept import WorldSnapshot
from ..plan import Step

Facts = Mapping[str, bool | int | float | str]
Steps = tuple[Step, ...]
Skill = Callable[[WorldSnapshot], Steps | None]


@dataclass(frozen=True)
class Role:
    """Facts and skills.

    Args:
        name: in plans.
        facts: what a snapshot says, by name.
        skills: by name, what to do step by step; None where it is impossible or pointless.
        unsure: skills after which one has to look again before going on as planned.
    """

    name: str
    facts: Callable[[WorldSnapshot], Facts]
    skills: Mapping[str, Skill]
    unsure: frozenset[str] = frozenset()

    def named(self, text: str) -> tuple[str, ...]:
        """The skills that a name stands for: `"hide + heal"` for two in a row.

        Words in brackets are left out: `"heal (in sight)"` is told apart from `"heal"` by a planner
        that knows another price for it, and done in the same way.

        Raises:
            MindError: there is no such skill.
        """
        names = tuple(part.split(" (")[0].strip() for part in text.split(" + "))
        for name in names:
            if name not in self.skills:
                known = ", ".join(self.skills)
                raise MindError(f"{self.name} has no skill {name!r}; there is {known}")
        return names

    def steps(self, names: Iterable[str], snapshot: WorldSnapshot) -> Steps | None:
        """The steps of skills one after the other; None if one of them is impossible.

        They end with the first of which one is not sure. A skill that begins with the wait with
        which the one before it ended leaves that out.
        """
        done: list[Step] = []
        for name in names:
            steps = self.skills[name](snapshot)
            if steps is None:
                return None
            repeats = done and steps and steps[0] == done[-1] and steps[0].act == "Wait"
            done += steps[1:] if repeats else steps
            if name in self.unsure:
                break
        return tuple(done)
