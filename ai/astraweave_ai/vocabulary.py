"""The actions that come with the engine: what soldiers, guards and companions can do.

Distances in metres, times in seconds. Counters of cooldowns: 0 shots, 1 blows, 2 guards, 3 throws,
4 words, 5 special abilities.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from astraweave import (
    Ability,
    Aims,
    Ammo,
    Barrier,
    Blast,
    Facing,
    Guard,
    Look,
    Position,
    Posture,
    Sensed,
    Smoke,
    Team,
    Walk,
    Weapon,
)

from . import effects
from .components import Interactive, Pickup, Signal, Word
from .effects import BLADE, PISTOL, RIFLE
from .percept_columns import PointOfInterest
from .registry import Action, ActionRegistry, Category, Policy

SHOTS, BLOWS, GUARDS, THROWS, WORDS, SPECIAL = range(6)


# -- the actions ---------------------------------------------------------------------------------


def _movement() -> list[Action]:
    kind = Category.MOVEMENT
    return [
        Action(
            "MoveTo",
            "Walk to a place.",
            kind,
            Ability("MoveTo", Aims.PLACE, walk=Walk.TO_PLACE, posture=Posture.STAND),
        ),
        Action(
            "Approach",
            "Walk up to somebody.",
            kind,
            Ability("Approach", Aims.ANYONE, walk=Walk.TO_TARGET, arrive=2.0),
        ),
        Action(
            "Retreat",
            "Walk away from somebody.",
            kind,
            Ability(
                "Retreat",
                Aims.ANYONE,
                lasts=3.0,
                walk=Walk.FROM_TARGET,
                speed=2.2,
                posture=Posture.STAND,
            ),
        ),
        Action(
            "TakeCover",
            "Run crouched to a place and stay low.",
            kind,
            Ability(
                "TakeCover",
                Aims.PLACE,
                stamina=5,
                walk=Walk.TO_PLACE,
                speed=2.4,
                posture=Posture.CROUCH,
            ),
        ),
        Action(
            "Strafe",
            "Circle around somebody.",
            kind,
            Ability("Strafe", Aims.ANYONE, lasts=2.0, walk=Walk.AROUND_TARGET, speed=1.8),
        ),
        Action(
            "Patrol",
            "Walk to a place without hurry.",
            kind,
            Ability("Patrol", Aims.PLACE, walk=Walk.TO_PLACE, speed=1.0, posture=Posture.STAND),
        ),
    ]


def _offence() -> list[Action]:
    kind = Category.OFFENCE
    return [
        Action("Attack", "Fire a shot.", kind,
               Ability("Attack", Aims.ENEMY, 30.0, True, rounds=1, weapons=(RIFLE, PISTOL),
                       counter=SHOTS, cooldown=0.5, windup=0.2, damage=10, accuracy=0.9,
                       accuracy_far=0.4, suppress=0.02)),
        Action("AimedShot", "Aim, then fire: slower, harder, surer.", kind,
               Ability("AimedShot", Aims.ENEMY, 40.0, True, rounds=1, weapons=(RIFLE,),
                       counter=SHOTS, cooldown=1.0, windup=1.0, damage=15, accuracy_far=0.8,
                       suppress=0.03, walk=Walk.HOLD)),
        Action("QuickAttack", "A quick blow.", kind,
               Ability("QuickAttack", Aims.ENEMY, 2.0, True, stamina=5, counter=BLOWS,
                       cooldown=0.4, windup=0.1, damage=5)),
        Action("HeavyAttack", "A heavy blow with a blade.", kind,
               Ability("HeavyAttack", Aims.ENEMY, 2.0, True, stamina=20, weapons=(BLADE,),
                       counter=BLOWS, cooldown=1.5, windup=0.6, damage=25, suppress=0.05)),
        Action("AoEAttack", "Sweep all around a place close by.", kind,
               Ability("AoEAttack", Aims.PLACE, 3.0, True, stamina=30, counter=BLOWS,
                       cooldown=2.0, windup=0.5),
               arguments={"radius": Annotated[float, msgspec.Meta(gt=0, le=3)]},
               afterwards=effects.sweep, reads=(Team,), writes=(Position, Blast)),
        Action("ThrowExplosive", "Throw a grenade.", kind,
               Ability("ThrowExplosive", Aims.PLACE, 20.0, charges=1, counter=THROWS,
                       cooldown=4.0, windup=0.5),
               afterwards=effects.grenade, writes=(Position, Blast)),
        Action("CoverFire", "Keep somebody's head down.", kind,
               Ability("CoverFire", Aims.ENEMY, 30.0, True, rounds=1, weapons=(RIFLE,),
                       counter=SHOTS, cooldown=1.0, lasts=2.5, period=0.5, damage=3, accuracy=0.5,
                       accuracy_far=0.2, suppress=0.06, walk=Walk.HOLD)),
        Action("Charge", "Run at somebody.", kind,
               Ability("Charge", Aims.ENEMY, 25.0, stamina=25, walk=Walk.TO_TARGET, speed=3.2,
                       arrive=1.5, posture=Posture.STAND)),
    ]  # fmt: skip


def _defence() -> list[Action]:
    kind = Category.DEFENCE
    return [
        Action("Block", "Raise a guard that keeps half of all harm off.", kind,
               Ability("Block", Aims.SELF, stamina=5, counter=GUARDS, cooldown=0.5,
                       guard=Guard.BLOCK, guard_lasts=1.5, lasts=1.5)),
        Action("Dodge", "Evade everything for a moment.", kind,
               Ability("Dodge", Aims.SELF, stamina=15, counter=GUARDS, cooldown=1.0,
                       guard=Guard.DODGE, guard_lasts=0.4, lasts=0.4)),
        Action("Parry", "Turn one attack aside.", kind,
               Ability("Parry", Aims.SELF, stamina=10, counter=GUARDS, cooldown=1.0,
                       guard=Guard.PARRY, guard_lasts=0.3, lasts=0.3)),
        Action("ThrowSmoke", "Hide a place in smoke.", kind,
               Ability("ThrowSmoke", Aims.PLACE, 15.0, smokes=1, counter=THROWS, cooldown=8.0,
                       windup=0.5),
               rule=effects.would_smoke, afterwards=effects.smoke, writes=(Position, Smoke)),
        Action("Heal", "Treat an ally, or oneself.", kind,
               Ability("Heal", Aims.ALLY, 2.0, kits=1, windup=1.5, heal=20)),
        Action("UseDefensiveAbility", "Be out of reach of all harm for two seconds.", kind,
               Ability("UseDefensiveAbility", Aims.SELF, stamina=30, counter=SPECIAL,
                       cooldown=20.0, guard=Guard.DODGE, guard_lasts=2.0, lasts=2.0)),
        Action("Revive", "Get a downed ally back on its feet.", kind,
               Ability("Revive", Aims.DOWNED_ALLY, 2.0, windup=3.0, revive=20, walk=Walk.HOLD)),
    ]  # fmt: skip


def _equipment() -> list[Action]:
    kind = Category.EQUIPMENT
    return [
        Action("EquipWeapon", "Take a weapon in hand.", kind,
               Ability("EquipWeapon", Aims.SELF, windup=0.5),
               arguments={"weapon": Literal["rifle", "pistol", "blade"]},
               rule=effects.would_equip, afterwards=effects.equip, writes=(Weapon,)),
        Action("SwitchWeapon", "Take the next weapon in hand.", kind,
               Ability("SwitchWeapon", Aims.SELF, windup=0.3), rule=effects.would_switch,
               afterwards=effects.switch, reads=(Weapon,), writes=(Weapon,)),
        Action("Reload", "Load all rounds.", kind,
               Ability("Reload", Aims.SELF, windup=1.5, reload=True)),
        Action("UseItem", "Use a kit to recover strength.", kind,
               Ability("UseItem", Aims.SELF, kits=1, windup=0.5, rest=50)),
        Action("DropItem", "Leave a kit for others.", kind,
               Ability("DropItem", Aims.SELF, kits=1, windup=0.3), afterwards=effects.drop,
               writes=(Position, Pickup, PointOfInterest, Look)),
        Action("PickUp", "Pick up a kit that lies close by.", kind,
               Ability("PickUp", Aims.ANYONE, 2.0, windup=0.3), rule=effects.may_pick_up,
               afterwards=effects.pick_up, reads=(Pickup,), writes=(Ammo,)),
    ]  # fmt: skip


def _word(name: str, summary: str, word: Word, aims: Aims = Aims.SELF) -> Action:
    ability = Ability(name, aims, sight=aims is Aims.ENEMY, counter=WORDS, cooldown=2.0, windup=0.2)
    return Action(
        name, summary, Category.TACTICS, ability, afterwards=effects.say(word), writes=(Signal,)
    )


def _tactics() -> list[Action]:
    ambush = Ability(
        "SetAmbush", Aims.SELF, windup=1.0, posture=Posture.PRONE, walk=Walk.HOLD, lasts=5.0
    )
    distract = Ability(
        "Distract", Aims.ENEMY, 30.0, True, counter=WORDS, cooldown=2.0, windup=0.2, suppress=0.05
    )
    return [
        _word("CallReinforcements", "Call for help.", Word.REINFORCE),
        _word("MarkTarget", "Show an enemy to the others.", Word.MARK, Aims.ENEMY),
        _word("RequestCover", "Ask for covering fire.", Word.COVER_ME),
        _word("CoordinateAttack", "Call all to attack an enemy.", Word.ATTACK_TOGETHER, Aims.ENEMY),
        Action("SetAmbush", "Lie in wait.", Category.TACTICS, ambush,
               beforehand=effects.say(Word.AMBUSH), writes=(Signal,)),
        Action("Distract", "Draw an enemy's attention.", Category.TACTICS, distract,
               afterwards=effects.say(Word.DISTRACT), writes=(Signal,)),
        _word("Regroup", "Call all to oneself.", Word.REGROUP),
    ]  # fmt: skip


def _utility() -> list[Action]:
    kind = Category.UTILITY
    return [
        Action("Scan", "Stand and look a quarter further round.", kind,
               Ability("Scan", Aims.SELF, windup=0.5, walk=Walk.HOLD, lasts=0.1),
               Policy.ALLOWED, beforehand=effects.look_round, reads=(Facing, Sensed),
               writes=(Facing,)),
        Action("Wait", "Stay and recover strength.", kind,
               Ability("Wait", Aims.SELF, lasts=1.0, walk=Walk.HOLD, rest=2), Policy.ALLOWED),
        Action("Interact", "Use a thing.", kind,
               Ability("Interact", Aims.ANYONE, 2.0, windup=0.5), rule=effects.may_use,
               afterwards=effects.use, reads=(Interactive,), writes=(Interactive,)),
        Action("UseAbility", "A cry that gives an ally courage.", kind,
               Ability("UseAbility", Aims.ALLY, 10.0, stamina=20, counter=SPECIAL, cooldown=10.0,
                       windup=0.3, rally=0.3)),
        Action("Taunt", "Mock an enemy, which shakes it.", kind,
               Ability("Taunt", Aims.ENEMY, 15.0, True, counter=WORDS, cooldown=4.0, windup=0.3,
                       suppress=0.1),
               afterwards=effects.say(Word.TAUNT), writes=(Signal,)),
        Action("ModifyTerrain", "Raise a wall.", kind,
               Ability("ModifyTerrain", Aims.PLACE, 6.0, True, stamina=50, counter=SPECIAL,
                       cooldown=30.0, windup=2.0),
               Policy.DENIED, {"intensity": Annotated[float, msgspec.Meta(ge=0, le=1)]},
               rule=effects.would_wall, afterwards=effects.wall, writes=(Position, Barrier)),
    ]  # fmt: skip


def standard_actions() -> ActionRegistry:
    """A new registry with all of them; users add their own."""
    actions = (*_movement(), *_offence(), *_defence(), *_equipment(), *_tactics(), *_utility())
    return ActionRegistry(actions)
