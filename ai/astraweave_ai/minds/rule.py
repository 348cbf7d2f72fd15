"""A mind of fixed rules: smoke, advance under it, cover fire once there is a line."""

from __future__ import annotations

from astraweave import Posture

from ..percept import WorldSnapshot
from ..plan import PlanIntent
from .fighter import advance, cover_fire, go_on, reload, smoke
from .outlook import can_aim, enemy
from .role import Steps


class RuleMind:
    """Throws smoke half-way if it can and advances two metres; it cannot fire through the smoke.

    Else it advances one metre and gives cover fire. Without an enemy in sight it goes on to its
    objective; without rounds it reloads.
    """

    name = "rule"
    why = ""

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """The first rule that applies."""
        self.why, steps = self._apply(percept)
        return PlanIntent(f"rule-{percept.tick}", steps) if steps else None

    def _apply(self, percept: WorldSnapshot) -> tuple[str, Steps | None]:
        if enemy(percept) is None:
            return "no enemy in sight: go on", go_on(percept)
        if not percept.me.state["ammo"]["rounds"]:
            return "no rounds: reload", reload(percept)
        if hidden := smoke(percept):
            told = "enemy in sight, smoke ready: smoke, advance two metres"
            return told, hidden + (advance(percept, 2.0) or ())
        return "enemy in sight: advance one metre, cover fire", _attack(percept, 1.0, 2.5)


def _attack(percept: WorldSnapshot, metres: float, seconds: float) -> Steps:
    """Forward as far as the way is free, and fire if the line from there is."""
    ahead, foe = advance(percept, metres) or (), enemy(percept)
    there = ahead[0].arguments if ahead else None
    place = (there["x"], 0.0, there["z"]) if there else percept.me.pos
    if foe is None or not can_aim(percept, foe, Posture.STAND, place):
        return ahead
    return ahead + (cover_fire(percept, seconds) or ())
