"""What to do when the model fails: ask for less, then do without it, and lead back up.

Four tiers: the full prompt, a simple one, rules of thumb, and standing still. A failure leads one
down. What works leads up again: from standing still at once, from the rules of thumb after a rest
that doubles while the model goes on failing, from the simple prompt after it has worked some times.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum

from astraweave import Posture

from ..minds import fighter
from ..minds.outlook import can_aim, enemy
from ..minds.role import Steps
from ..percept import WorldSnapshot
from ..plan import Step

LOW_MORALE = 0.3  # of 0 to 1
LOW_HEALTH = 0.4  # of what it has at most
NEWEST = 100  # changes that are kept


class Tier(IntEnum):
    """Who plans, and how; higher is humbler."""

    FULL = 0
    SIMPLIFIED = 1
    HEURISTIC = 2
    EMERGENCY = 3


class Fallback:
    """Which tier it is the turn of.

    Args:
        climb: successes with the simple prompt that lead back to the full one.
        rest: successes of the rules of thumb after which the model is tried again.
        longest: the rest is not doubled beyond this.
    """

    def __init__(self, climb: int = 2, rest: int = 2, longest: int = 16) -> None:
        self.tier = Tier.FULL
        self.changes: deque[tuple[Tier, Tier]] = deque(maxlen=NEWEST)
        self._climb, self._first_rest, self._longest = climb, rest, longest
        self._rest, self._streak = rest, 0

    @property
    def asks_model(self) -> bool:
        """Whether this tier needs the model."""
        return self.tier <= Tier.SIMPLIFIED

    def succeeded(self) -> None:
        """The tier gave a plan that can be used."""
        self._streak += 1
        if self.tier is Tier.FULL:
            self._rest = self._first_rest
        elif self.tier is Tier.SIMPLIFIED and self._streak >= self._climb:
            self._enter(Tier.FULL)
        elif self.tier is Tier.HEURISTIC and self._streak >= self._rest:
            self._rest = min(2 * self._rest, self._longest)
            self._enter(Tier.SIMPLIFIED)
        elif self.tier is Tier.EMERGENCY:
            self._enter(Tier.HEURISTIC)

    def failed(self) -> None:
        """The tier gave nothing that can be used."""
        self._enter(Tier(min(self.tier + 1, Tier.EMERGENCY)))

    def _enter(self, tier: Tier) -> None:
        if tier is not self.tier:
            self.changes.append((self.tier, tier))
        self.tier, self._streak = tier, 0


def heuristic(snapshot: WorldSnapshot) -> Steps | None:
    """Rules of thumb: the first that applies; None if none does."""
    state = snapshot.me.state
    if "health" not in state or "ammo" not in state:
        return fighter.go_on(snapshot)
    points = state["health"]["points"] / max(1, state["health"]["most"])
    shaken = float(state.get("morale", 1.0)) < LOW_MORALE
    foe = enemy(snapshot)
    if points < LOW_HEALTH and (steps := fighter.heal(snapshot)):
        return steps
    if foe is not None and shaken and (steps := fighter.hide(snapshot)):
        return steps
    if foe is not None and not state["ammo"]["rounds"]:
        return fighter.reload(snapshot)
    if foe is not None and can_aim(snapshot, foe, _posture(snapshot)):
        return fighter.shoot(snapshot)
    return fighter.help_up(snapshot) or fighter.go_on(snapshot)


def emergency() -> Steps:
    """Look round and wait: possible for everybody, at any time."""
    return (Step("Scan"), Step("Wait", {"duration": 1.0}))


def _posture(snapshot: WorldSnapshot) -> Posture:
    return Posture(snapshot.me.state["stance"]["posture"])
