"""What soldiers plan with: facts, actions, what these are in the world, and goals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .planner.domain import Action, Bool, Domain

FACTS = (
    "sees", "near", "loaded", "cover", "covered", "whole", "calm", "hidden", "kit", "smoke",
    "fallen", "beside", "helped", "won",
)  # fmt: skip

DOMAIN = Domain(
    dict.fromkeys(FACTS, Bool()),
    [
        Action("advance", cost=5, needs={"sees": False}, does={"sees": True, "near": True}),
        Action("close in", cost=3, needs={"sees": True, "near": False}, does={"near": True}),
        Action("fire", cost=4, needs={"near": True, "loaded": True, "calm": True},
               does={"won": True}),
        Action("fire from cover", cost=1,
               needs={"near": True, "loaded": True, "covered": True}, does={"won": True}),
        Action("take cover", cost=2, needs={"cover": True, "covered": False},
               does={"covered": True, "hidden": True}),
        Action("throw smoke", cost=2, needs={"smoke": True, "sees": True, "hidden": False},
               does={"hidden": True, "smoke": False}),
        Action("reload", cost=2, needs={"loaded": False}, does={"loaded": True}),
        Action("rest", cost=3, needs={"hidden": True, "calm": False}, does={"calm": True}),
        Action("fall back", cost=4, needs={"sees": True, "calm": False}, does={"calm": True}),
        Action("treat", cost=3, needs={"kit": True, "whole": False},
               does={"whole": True, "kit": False}),
        Action("go to the fallen", cost=2, needs={"fallen": True, "beside": False},
               does={"beside": True, "covered": False}),
        Action("get it up", cost=2, needs={"beside": True, "calm": True}, does={"helped": True}),
    ],
)  # fmt: skip

# What is done in the world for an action of the plan.
ACTS = {
    "advance": "MoveTo", "close in": "Approach", "fire": "Attack", "fire from cover": "CoverFire",
    "take cover": "TakeCover", "throw smoke": "ThrowSmoke", "reload": "Reload", "rest": "Wait",
    "fall back": "Retreat", "treat": "Heal", "go to the fallen": "MoveTo", "get it up": "Revive",
}  # fmt: skip
# In order of need.
GOALS: tuple[dict[str, bool], ...] = (
    {"calm": True},
    {"whole": True},
    {"helped": True},
    {"won": True},
)
NAMES = tuple(action.name for action in DOMAIN.actions)


def number(name: str) -> int:
    """Of an action, its place in `NAMES`: what plans in arrays name it by."""
    return NAMES.index(name)


def among(*names: str) -> NDArray[np.bool_]:
    """For each action whether it is one of these."""
    return np.array([name in names for name in NAMES])
