"""Minds behind one protocol: rules, utility, planning, behaviour trees, and an arbiter of them."""

from .arbitrated import ArbitratedMind
from .fighter import FIGHTER
from .fighters import fighter_mind
from .goap import Aim, GoapMind
from .role import Role
from .rule import RuleMind
from .tree import TreeMind, load_tree
from .utility import UtilityMind

__all__ = [
    "FIGHTER",
    "Aim",
    "ArbitratedMind",
    "GoapMind",
    "Role",
    "RuleMind",
    "TreeMind",
    "UtilityMind",
    "fighter_mind",
    "load_tree",
]
