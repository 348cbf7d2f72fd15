"""How a fighter plans: what its skills need, do and cost, and what it wants in order of need.

Costs are about seconds, made dearer by danger: what is done in sight of the enemy counts three
times, shots at somebody far are less sure, and who crouches is harder to hit.
"""

from __future__ import annotations

from ..planner.domain import Action, Add, At, Bool, Domain, Int
from .fighter import MOST
from .goap import Aim

_FLAGS = ("sees", "hidden", "close", "line", "low_line", "low", "hurt", "kit", "smoke", "shelter",
          "fallen", "there", "called", "cover")  # fmt: skip
_SHOT = {"shots": Add(-1), "enemy": Add(-1)}
_UP = {"sees": True, "shots": At.least(1), "low": False, "line": True}
_LOW = {"sees": True, "shots": At.least(1), "low": True, "low_line": True}
_GONE = {"hidden": True, "sees": False}

DOMAIN = Domain(
    {"enemy": Int(0, MOST), "shots": Int(0, MOST), **dict.fromkeys(_FLAGS, Bool())},
    [
        Action("shoot", 4, _UP, _SHOT),
        Action("shoot (close)", 3, {**_UP, "close": True}, _SHOT),
        Action("shoot (low)", 2.5, _LOW, _SHOT),
        Action("shoot (close and low)", 2, {**_LOW, "close": True}, _SHOT),
        Action("crouch", 1, {"low": False, "low_line": True}, {"low": True}),
        Action("stand_up", 1, {"low": True, "line": True}, {"low": False}),
        Action("close_in", 12, {"sees": True, "close": False},
               {"close": True, "low": False, "line": True}),
        Action("circle", 8, {"sees": True, "line": False, "low_line": False},
               {"line": True, "low_line": True}),
        Action("smoke", 2, {"sees": True, "smoke": True}, {**_GONE, "smoke": False}),
        Action("hide", 4, {"sees": True, "shelter": True}, {**_GONE, "low": True}),
        Action("heal", 1.5, {"hidden": True, "kit": True}, {"hurt": False, "kit": False}),
        Action("heal (in sight)", 9, {"kit": True}, {"hurt": False, "kit": False}),
        Action("reload", 1.5, {"hidden": True}, {"shots": MOST}),
        Action("reload (in sight)", 4.5, {}, {"shots": MOST}),
        Action("help_up", 6, {"hidden": True, "fallen": True}, {"fallen": False}),
        Action("answer_call", 8, {"called": True, "cover": False}, {"called": False, "low": False}),
        Action("answer_call (cover)", 3, {"cover": True}, {"cover": False, "shots": Add(-1)}),
        Action("go_on", 10, {"hidden": True}, {"there": True, "low": False}),
    ],
)  # fmt: skip

AIMS = (
    Aim("recover", {"hurt": False}, {"hurt": True, "kit": True}),
    Aim("cover a friend", {"cover": False}, {"cover": True, "close": False}),
    Aim("win", {"enemy": 0}, {"sees": True}),
    Aim("help", {"fallen": False}, {"fallen": True}),
    Aim("be ready", {"shots": At.least(MOST // 2)}, {"shots": At.most(MOST // 2 - 1)}),
    Aim("answer a call", {"called": False}, {"called": True}),
    Aim("reach the objective", {"there": True}, {"there": False}),
)
