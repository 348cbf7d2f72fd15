"""Combat: orders of agents take effect on the GPU, by a table of abilities.

An order is refused with a reason, or it begins, is paid for and does what its ability says to
health, stamina, ammunition, cooldowns, morale, posture and movement. The rules are checked against
the state of the same tick, whoever gave the order and however old what he saw. All effects of a
tick add up, so that neither the order of agents nor that of threads can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from ..ecs.module import Module
from ..errors import UsageError
from ..gpu.checks import whole
from ..gpu.passes import ENTITIES, PER_SLOT, Pass, Resource
from .abilities import FIELDS, MOST, Ability, Posture, check_abilities, table
from .blockers import Blockers
from .components import Goal, Position, Team, Velocity
from .fighters import (
    FIGHTER,
    Ammo,
    Blast,
    Cooldowns,
    Fell,
    Health,
    Morale,
    Order,
    Stamina,
    Stance,
    Struck,
    Weapon,
)
from .motion import Bounds
from .navigation import Destination, Navigation, Route
from .units import q16, vector3, vector_constants

_MAX_BLASTS = 64  # in one tick
_LANES = 256

# Seen by other agents: place, and traits as wgsl/sim/combat_traits.wgsl says; by entity index.
_BODY = Resource("combat.body", "vec4<i32>")
# What a tick does to an entity, by entity index; zero between ticks.
_DAMAGE, _GAIN, _MORALE = (
    Resource(f"combat.{name}", "i32") for name in ("damage", "gain", "morale")
)
_BLASTS = Resource("combat.blasts", "vec4<i32>", 1 + 2 * _MAX_BLASTS)
_WORDS = Resource("combat.blasts", "i32", 4 * (1 + 2 * _MAX_BLASTS))  # the same, word by word
_DUE = Resource("combat.due")  # slots of blasts


@dataclass(frozen=True)
class Combat(Module):
    """Carries out the orders of all that have every component of `FIGHTER`.

    Targets need a Position, and Health to be hurt or healed. Team, Morale and Weapon are optional.
    Who is to walk needs a Goal, and with navigation a Destination and a Route as well.

    Args:
        abilities: what orders can be; an order holds the place of its ability in this list + 1.
        blockers: what sight, blasts and places are checked against; add it to the world too.
        navigation: leads those who walk; without, they walk straight.
        bounds: outside of them no place can be aimed at.
        eyes: metres above Position at which who stands, crouches and lies has its eyes.
        exposure: how easily who stands, crouches and lies is hit, 0 to 1.
        cover: the same for who is seen above the middle alone.
        stamina: points that come back each second.
        morale: what comes back each second, 0 to 1, up to `calm`.

    Raises:
        UsageError: something of this is impossible; names it.
    """

    name = "combat"
    after = (
        "remember",
        "steering",
        "motion",
        "grid",
        "separation",
        "contacts",
        "obstacles",
        "blockers",
        "sense",
        "navigation",
    )

    abilities: Sequence[Ability]
    blockers: Blockers
    navigation: Navigation | None = None
    bounds: Bounds = field(default_factory=Bounds)
    eyes: tuple[float, float, float] = (1.6, 0.9, 0.3)
    exposure: tuple[float, float, float] = (1.0, 0.75, 0.5)
    cover: float = 0.5
    stamina: int = 5
    morale: float = 0.02
    calm: float = 0.8

    def __post_init__(self) -> None:
        object.__setattr__(self, "abilities", check_abilities(self.abilities))
        kinds = {"blockers": Blockers, "bounds": Bounds}
        kinds |= {"navigation": Navigation} if self.navigation is not None else {}
        for name, kind in kinds.items():
            if not isinstance(getattr(self, name), kind):
                told = f"{name} must be {kind.__name__}, got {getattr(self, name)!r}"
                raise UsageError(f"combat: {told}")
        self._constants()

    def number(self, name: str) -> int:
        """`Order.ability` of an ability.

        Raises:
            UsageError: there is none of that name.
        """
        names = [ability.name for ability in self.abilities]
        if name not in names:
            raise UsageError(f"combat: no ability {name!r}; there is {', '.join(names) or 'none'}")
        return names.index(name) + 1

    @property
    def table(self) -> Resource:
        """The abilities as the passes see them."""
        return Resource("combat.ability", "i32", len(FIELDS) * max(1, len(self.abilities)))

    def data(self) -> dict[Resource, NDArray[Any]]:
        """The abilities."""
        return {self.table: table(self.abilities)}

    def passes(self, rate: int) -> tuple[Pass, ...]:
        """Look, check the rules, take effect, pay; blasts; add up; walk; recover."""
        return (*self._orders(), *self._blasts(), *self._results())

    def _orders(self) -> tuple[Pass, ...]:
        constants = self._constants()
        seen = self.blockers.reads
        effects = (_DAMAGE.atomic, _GAIN.atomic, _MORALE.atomic)
        return (
            Pass(
                "sim/combat_gather.wgsl",
                (ENTITIES, Position, Health, Team, Weapon),
                (Stance, _BODY),
                threads=PER_SLOT,
                constants={"HAS_POSITION": Position, "HAS_HEALTH": Health}
                | {"HAS_TEAM": Team, "HAS_STANCE": Stance, "HAS_WEAPON": Weapon},
            ),
            Pass(
                "sim/combat_ready.wgsl",
                (Health, Ammo, self.table),
                (Cooldowns, Stamina, Order),
                requires=FIGHTER,
                constants=constants,
            ),
            Pass(
                "sim/combat_strike.wgsl",
                (_BODY, self.table, *seen),
                (Order, *effects),
                requires=FIGHTER,
                constants=constants,
            ),
            Pass(
                "sim/combat_pay.wgsl",
                (self.table,),
                (Order, Ammo, Cooldowns, Stamina, Stance),
                requires=FIGHTER,
                constants=constants,
            ),
        )

    def _blasts(self) -> tuple[Pass, ...]:
        most = {"MAX_BLASTS": _MAX_BLASTS, "MOST": MOST}
        return (
            Pass(
                "sim/combat_fuse.wgsl",
                (),
                (Blast, _WORDS.atomic, _DUE),
                requires=(Position, Blast),
            ),
            Pass(
                "sim/combat_due.wgsl",
                (ENTITIES, Position, _DUE),
                (Blast, _WORDS),
                threads=_LANES,
                workgroup_size=_LANES,
                own_entry=True,
                constants=most,
            ),
            Pass(
                "sim/combat_blast.wgsl",
                (_BODY, _BLASTS, *self.blockers.reads),
                (_DAMAGE,),
                requires=(Position, Health),
                constants=self._constants(),
            ),
        )

    def _results(self) -> tuple[Pass, ...]:
        constants = self._constants()
        steers = (Destination, Route) if self.navigation else ()
        return (
            Pass(
                "sim/combat_resolve.wgsl",
                (),
                (_BODY, Health, Stance, _DAMAGE, _GAIN),
                emits=(Struck, Fell),
                requires=(Health,),
                constants={"HAS_STANCE": Stance},
            ),
            Pass(
                "sim/combat_walk_navigation.wgsl" if self.navigation else "sim/combat_walk.wgsl",
                (_BODY, self.table, *steers[1:]),
                (Order, Goal, Velocity, *steers[:1]),
                requires=FIGHTER,
                constants=constants | {"HAS_VELOCITY": Velocity},
                name="sim/combat_walk",
            ),
            Pass(
                "sim/combat_recover.wgsl",
                (ENTITIES,),
                (_BODY, _MORALE, Morale),
                threads=PER_SLOT,
                constants=self._recovery() | {"HAS_MORALE": Morale},
            ),
        )

    def _constants(self) -> dict[str, Any]:
        """Names of the table's columns, heights, probabilities, bounds, and who can walk."""
        eyes, exposure = (
            vector3(self.eyes, "combat eyes"),
            vector3(self.exposure, "combat exposure"),
        )
        postures = list(zip(Posture, eyes, exposure, strict=True))
        return {
            "FIELDS": len(FIELDS),
            "ABILITIES": len(self.abilities),
            **{f"FIELD_{name}": place for place, name in enumerate(FIELDS)},
            **{f"EYE_{p.name}": q16(eye, "combat eyes", 0.0, 16.0) for p, eye, _ in postures},
            **{f"EXPOSED_{p.name}": q16(e, "combat exposure", 0.0, 1.0) for p, _, e in postures},
            "EXPOSED_COVERED": q16(self.cover, "combat cover", 0.0, 1.0),
            **vector_constants("LOW", self.bounds.low, "bounds.low"),
            **vector_constants("HIGH", self.bounds.high, "bounds.high"),
            **self._recovery(),
            "HAS_GOAL": Goal,
            "HAS_DESTINATION": Destination if self.navigation else 0,
            "HAS_ROUTE": Route if self.navigation else 0,
        }

    def _recovery(self) -> dict[str, int]:
        return {
            "STAMINA": whole(self.stamina, "combat stamina", 0, MOST, UsageError),
            "RECOVERY": q16(self.morale, "combat morale", 0.0, 1.0),
            "CALM": q16(self.calm, "combat calm", 0.0, 1.0),
        }
