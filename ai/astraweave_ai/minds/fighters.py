"""Ready-made minds of fighters, one of each kind."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, get_args

from ..arbiter import Mind
from ..errors import MindError
from ..orchestrator import Orchestrator
from ..tree import Tree
from .arbitrated import ArbitratedMind
from .fighter import FIGHTER
from .fighter_plan import AIMS, DOMAIN
from .fighter_scores import SCORES
from .goap import GoapMind
from .rule import RuleMind
from .tree import TreeMind, load_tree
from .utility import UtilityMind

Kind = Literal["rule", "utility", "goap", "tree", "arbiter"]


def fighter_mind(kind: Kind, orchestrator: Orchestrator) -> Mind:
    """A new mind for one fighter of this orchestrator.

    Raises:
        MindError: there is none of that kind.
    """
    if kind not in get_args(Kind):
        raise MindError(f"no mind {kind!r}; there is {', '.join(get_args(Kind))}")
    if kind == "rule":
        return RuleMind()
    if kind == "utility":
        return UtilityMind(FIGHTER, SCORES)
    if kind == "goap":
        return GoapMind(FIGHTER, DOMAIN, AIMS)
    if kind == "tree":
        return TreeMind(FIGHTER, fighter_tree(orchestrator.rate))
    goap, tree = (fighter_mind(one, orchestrator) for one in ("goap", "tree"))
    return ArbitratedMind(orchestrator, goap, tree)


@cache
def fighter_tree(rate: int = 60) -> Tree:
    """The tree in fighter.xml, shared by all fighters of worlds with this tick rate."""
    return load_tree(Path(__file__).with_name("fighter.xml"), FIGHTER, rate)
