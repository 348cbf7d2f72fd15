"""What a planned mission means step by step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from astraweave import NavigationMap

from ..effects import WEAPONS
from ..minds.outlook import distance
from ..percept_model import Vector
from ..plan import Step
from .field import FieldView
from .knowledge import SAYS, Knowledge
from .places import Places
from .scenario import Brief, Door
from .terrain import waypoints

MOST = 12  # steps of a plan
_SHOT, _PAUSE = 10, 0.55  # points of a shot; seconds between two
_BLOW = 25

Way = tuple[str, tuple[Door, ...], bool]  # where it leads, by which doors, whether in smoke


class Doing:
    """Turns the names of a plan's actions into steps.

    Args:
        brief, knowledge, view: as `Problem` has them.
        ground: places and ways.
        ways: of the actions that are walks, by name.
    """

    def __init__(
        self,
        brief: Brief,
        knowledge: Knowledge,
        view: FieldView,
        ground: Places,
        ways: Mapping[str, Way],
    ) -> None:
        self._brief, self._known, self._view = brief, knowledge, view
        self._ground, self._ways = ground, ways

    def steps(self, names: Sequence[str]) -> tuple[Step, ...]:
        """Actions as steps, as many as a plan may have."""
        found: list[Step] = []
        place = self._view.me.pos
        for name in names:
            if name in self._ways:
                end, opened, screened = self._ways[name]
                made = self._moves(place, self._ground.at[end], self._ground.map(opened, screened))
                place = self._ground.at[end]
            else:
                made = list(self._done(name))
            if len(found) + len(made) > MOST:
                break
            found += made
            if name.startswith("revive "):
                break  # the guard takes others to stay as they are, so they stay down for it
        return tuple(found)

    def _moves(self, start: Vector, end: Vector, free: NavigationMap) -> list[Step]:
        """One walk, or one for each leg if it matters which way is taken."""
        if distance(start, end) < 0.4:
            return []
        legs = (waypoints(free, start, end) or [end]) if self._ground.looks else [end]
        return [Step("MoveTo", {"x": round(x, 2), "z": round(z, 2)}) for x, _, z in legs]

    def _done(self, name: str) -> Iterator[Step]:
        verb, _, whom = name.partition(" ")
        index = {"target": self._brief.ids.get(whom, 0)}
        if verb == "use":
            yield Step("Interact", index)
            yield Step("Wait", {"duration": 0.5})  # until what it opens is open
        elif verb in ("shoot", "strike"):
            yield from self._hits(verb, whom)
        elif verb == "say":
            word, _, foe = whom.partition(" of ")
            yield Step(SAYS[word], {"target": self._brief.ids[foe]} if foe else {})
        elif verb == "smoke" and self._ground.cloud is not None:
            x, y, z = self._ground.cloud.place
            yield Step("ThrowSmoke", {"x": x, "z": z, "y": y})
            yield Step("Wait", {"duration": 0.5})
        elif verb == "reload":
            yield Step("Reload")
        elif verb == "treat" and whom not in self._known.people:
            yield Step("Heal", {"target": self._view.index})
        else:
            acts = {"treat": "Heal", "revive": "Revive", "rally": "UseAbility",
                    "suppress": "CoverFire", "leave": "DropItem"}  # fmt: skip
            yield Step(acts[verb], {} if verb == "leave" else index)

    def _weapon(self, verb: str) -> str:
        """The weapon that has to be taken in hand first, if any."""
        wanted = "rifle" if verb == "shoot" else "blade"
        held = self._view.me.state.get("weapon")
        return "" if held is None or WEAPONS[held % len(WEAPONS)] == wanted else wanted

    def _hits(self, verb: str, whom: str) -> Iterator[Step]:
        """A few shots or blows, then one looks again."""
        act, points = ("Attack", _SHOT) if verb == "shoot" else ("HeavyAttack", _BLOW)
        if weapon := self._weapon(verb):
            yield Step("EquipWeapon", {"weapon": weapon})
        pause = _PAUSE if verb == "shoot" else 1.0
        count = min(2, max(1, math.ceil(self._known.people[whom].points / points)))
        if self._view.me.state["cooldowns"]["c0" if verb == "shoot" else "c1"]:
            yield Step("Wait", {"duration": 1.0})
        for number in range(count):
            yield Step(act, {"target": self._brief.ids[whom]})
            yield Step("Wait", {"duration": pause})
            if verb == "strike" and number < count - 1:
                yield Step("Wait", {"duration": 0.6})
