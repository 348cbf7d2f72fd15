"""The two planning domains that are measured: a companion with 6 actions, a fighter with 20."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from astraweave_ai.planner.domain import Action, Add, At, Bool, Domain, Int, Not, Symbol

State = dict[str, Any]


def companion() -> Domain:
    """Smoke, advance, cover fire: what the companion of a player does about one enemy."""
    return Domain(
        facts={
            "place": Symbol("back", "cover", "flank"),
            "ammo": Int(0, 30),
            "smoke_ready": Bool(),
            "smoke_up": Bool(),
            "enemy_pinned": Bool(),
            "player_down": Bool(),
        },
        actions=[
            Action(
                "throw_smoke", 2, {"smoke_ready": True}, {"smoke_ready": False, "smoke_up": True}
            ),
            Action("take_cover", 1, {"place": Not("cover")}, {"place": "cover"}),
            Action("advance", 3, {"place": "cover", "smoke_up": True}, {"place": "flank"}),
            Action("reload", 2.5, {"place": "cover", "ammo": At.most(29)}, {"ammo": 30}),
            Action(
                "cover_fire",
                1.5,
                {"place": "flank", "ammo": At.least(3)},
                {"ammo": Add(-3), "enemy_pinned": True},
            ),
            Action(
                "revive",
                4,
                {"place": Not("back"), "enemy_pinned": True, "player_down": True},
                {"player_down": False},
            ),
        ],
    )


RESCUE = {"player_down": False, "enemy_pinned": True}


def fighter() -> Domain:
    """Squad combat: movement under smoke or fire, weapons, wounds, allies and supplies."""
    close, away = {"place": "melee"}, {"place": Not("base")}
    return Domain(
        facts={
            "place": Symbol("base", "open", "cover", "flank", "melee"),
            "weapon": Symbol("rifle", "knife"),
            "ammo": Int(0, 6),
            "grenades": Int(0, 2),
            "smokes": Int(0, 1),
            "smoke_up": Bool(),
            "health": Int(0, 3),
            "medkits": Int(0, 1),
            "stamina": Int(0, 2),
            "seen": Bool(),
            "pinned": Bool(),
            "enemy": Int(0, 3),
            "ally_down": Bool(),
        },
        actions=[
            Action("advance", 2, {"place": "base", "stamina": At.least(1)}, {"place": "open"}),
            Action("take_cover", 1, {"place": "open"}, {"place": "cover"}),
            Action(
                "flank",
                3,
                {"place": "cover", "pinned": True, "stamina": At.least(1)},
                {"place": "flank", "stamina": Add(-1)},
            ),
            Action("sneak", 5, {"place": "cover", "smoke_up": True}, {"place": "flank"}),
            Action(
                "charge",
                2,
                {"place": "flank", "stamina": At.least(1)},
                {"place": "melee", "stamina": Add(-1), "seen": True},
            ),
            Action("retreat", 2, away, {"place": "cover", "seen": False}),
            Action("fall_back", 4, away, {"place": "base", "seen": False, "pinned": False}),
            Action("scan", 1, away, {"seen": True}),
            Action("throw_smoke", 1, {"smokes": 1}, {"smokes": 0, "smoke_up": True}),
            Action(
                "throw_grenade",
                4,
                {**away, "grenades": At.least(1), "seen": True},
                {"grenades": Add(-1), "enemy": Add(-2)},
            ),
            Action("draw_knife", 0.5, {"weapon": "rifle"}, {"weapon": "knife"}),
            Action("draw_rifle", 0.5, {"weapon": "knife"}, {"weapon": "rifle"}),
            Action("reload", 2, {"place": "cover", "ammo": At.most(5)}, {"ammo": 6}),
            Action(
                "suppress",
                2,
                {**away, "weapon": "rifle", "ammo": At.least(3), "seen": True},
                {"ammo": Add(-3), "pinned": True},
            ),
            Action(
                "shoot",
                2.5,
                {**away, "weapon": "rifle", "ammo": At.least(1), "seen": True, "pinned": True},
                {"ammo": Add(-1), "enemy": Add(-1)},
            ),
            Action("stab", 1, {**close, "weapon": "knife", "health": At.least(2)}, {"enemy": 0}),
            Action("heal", 3, {"place": "cover", "medkits": 1}, {"health": 3, "medkits": 0}),
            Action("revive", 4, {"place": "cover", "pinned": True}, {"ally_down": False}),
            Action("rest", 2, {"place": Not("melee")}, {"stamina": Add(1)}),
            Action("resupply", 5, {"place": "base"}, {"grenades": 2, "smokes": 1, "medkits": 1}),
        ],
    )


WIN = {"enemy": 0}
WIN_TOGETHER = {"enemy": 0, "ally_down": False, "health": At.least(2)}
# Far from any goal, and so the dearest question of each domain.
AFAR = {
    "companion": {
        "place": "back",
        "ammo": 0,
        "smoke_ready": True,
        "smoke_up": False,
        "enemy_pinned": False,
        "player_down": True,
    },
    "fighter": {
        "place": "base",
        "weapon": "rifle",
        "ammo": 0,
        "grenades": 0,
        "smokes": 0,
        "smoke_up": False,
        "health": 1,
        "medkits": 0,
        "stamina": 0,
        "seen": False,
        "pinned": False,
        "enemy": 3,
        "ally_down": True,
    },
}


def random_states(domain: Domain, count: int, seed: int = 7) -> Iterator[State]:
    """States drawn uniformly and independently."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield {
            name: fact.value(int(rng.integers(fact.size))) for name, fact in domain.facts.items()
        }
