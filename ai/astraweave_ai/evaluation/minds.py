"""The minds that can be examined."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal, get_args, get_origin

from ..arbiter import Mind
from ..errors import ScenarioError
from ..llm.inbox import Inbox
from ..llm.mock import MockModel
from ..llm.model import LanguageModel
from ..minds import FIGHTER, RuleMind, TreeMind, UtilityMind
from ..minds.fighter_scores import SCORES
from ..minds.fighters import fighter_tree
from ..plan import PlanIntent, Step, plan_of
from ..registry import ActionRegistry, Policy
from .field import FieldView
from .mock import reply
from .planning import MissionMind
from .scenario import Brief
from .stage import RATE, MakeMind, Play
from .waiting import WaitingMind

MindName = Literal["goap", "bt", "utility", "rule", "mock", "llm", "noise", "bad"]
NAMES: tuple[MindName, ...] = get_args(MindName)
_CONTEXT = 16_384  # tokens of the mock


class BadMind:
    """Always attacks, whoever that is and whatever stands between; a floor for scores."""

    name = "bad"
    most = 4

    def __init__(self, brief: Brief) -> None:
        self.why = "attack"
        enemies = [name for name in brief.people if not brief.sides[name]]
        others = [*enemies, *brief.people, *(thing.name for thing in brief.things)]
        self._target = brief.ids[others[0]] if others else 0

    def think(self, percept: FieldView) -> PlanIntent | None:
        """One shot."""
        return plan_of("attack", Step("Attack", {"target": self._target}))


class NoiseMind:
    """Legal actions with legal arguments, drawn by lot: what a score is worth without sense."""

    name = "noise"
    most = 16  # as a model may

    def __init__(self, brief: Brief, name: str, registry: ActionRegistry, seed: int) -> None:
        self.why = "by lot"
        self._brief, self._random = brief, Random(f"{seed} {name}")
        self._actions = [
            action
            for action in registry
            if action.policy is not Policy.DENIED
            and all(get_origin(kind) is Literal for kind in action.arguments.values())
        ]

    def think(self, percept: FieldView) -> PlanIntent | None:
        """One to four steps."""
        return plan_of("lot", *(self._step() for _ in range(self._random.randint(1, 4))))

    def _step(self) -> Step:
        action, brief = self._random.choice(self._actions), self._brief
        given = {
            name: self._random.choice(get_args(kind)) for name, kind in action.arguments.items()
        }
        if action.has_target:
            given["target"] = self._random.choice(sorted(brief.ids.values()))
        if action.has_place:
            for name, edge in zip("xz", brief.size, strict=True):
                given[name] = round(self._random.uniform(0, edge), 1)
        return Step(action.name, given)


def maker_of(
    name: MindName, registry: ActionRegistry, model: LanguageModel | None = None, seed: int = 0
) -> MakeMind:
    """What makes minds of a kind for scenarios.

    Args:
        name: of the kind.
        registry: the actions.
        model: for `llm`; the caller closes it.
        seed: of the mock and of the samplers.

    Raises:
        ScenarioError: there is no such kind, or it lacks a model.
    """
    simple: dict[str, Callable[[Brief, Play], Mind]] = {
        "goap": lambda brief, _: MissionMind(brief),
        "bt": lambda brief, _: TreeMind(FIGHTER, fighter_tree(RATE)),
        "utility": lambda brief, _: UtilityMind(FIGHTER, SCORES),
        "rule": lambda brief, _: RuleMind(),
        "noise": lambda brief, play: NoiseMind(brief, play.scenario.name, registry, seed),
        "bad": lambda brief, _: BadMind(brief),
    }
    if name in simple:
        return simple[name]
    if name not in NAMES:
        raise ScenarioError(f"no mind {name!r} to evaluate; there is {', '.join(NAMES)}")
    if name == "llm" and model is None:
        raise ScenarioError("mind llm: name a model, such as --model NAME; see astraweave model")
    mock = model is None
    inbox = Inbox(model or MockModel(reply, seed=seed, context=_CONTEXT))

    def make(brief: Brief, play: Play) -> Mind:
        return WaitingMind(inbox, brief, play, registry, seed=seed, constrained=not mock)

    return make
