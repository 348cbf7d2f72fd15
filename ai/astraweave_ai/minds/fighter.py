"""The fighter: facts and skills of companions, guards and rivals.

Times are in seconds. A skill answers None where it is impossible, so that minds need not know why.
"""

from __future__ import annotations

import math
from typing import Any

from astraweave import Posture

from ..effects import RIFLE
from ..handles import index_of
from ..percept import WorldSnapshot
from ..percept_model import Seen, Vector
from ..plan import Step
from .outlook import (
    NEAR,
    caller,
    can_aim,
    distance,
    enemy,
    fallen,
    health,
    is_free,
    shelter,
    threat,
    towards,
)
from .role import Facts, Role, Steps

HIT = 10  # points that a shot takes
MOST = 8  # hits and shots that are told apart
CLOSE = 6.0  # metres from which shots are sure
THERE = 1.0  # from the objective
FAR = 1000.0  # the distance of an enemy that is not seen
PAUSE = 0.55  # between two shots
EACH_ROUND = 0.5  # of cover fire
EFFORT = 5  # stamina to run for cover
BESIDE = 0.5  # metres from a wall at which one may stop


def facts(snapshot: WorldSnapshot) -> Facts:
    """What the minds of a fighter decide by."""
    state, foe, goal = snapshot.me.state, enemy(snapshot), snapshot.objective
    points, ammo = state["health"], state["ammo"]
    away = distance(snapshot.me.pos, foe.pos) if foe else FAR
    return {
        "sees": foe is not None,
        "hidden": foe is None,
        "close": away <= CLOSE,
        "distance": away,
        "enemy": min(MOST, math.ceil(health(foe) / HIT)) if foe else 0,
        "shots": min(MOST, ammo["rounds"]),
        "line": foe is not None and can_aim(snapshot, foe, Posture.STAND),
        "low_line": foe is not None and can_aim(snapshot, foe, Posture.CROUCH),
        "low": state["stance"]["posture"] != Posture.STAND,
        "health": points["points"] / points["most"],
        "hurt": 2 * points["points"] < points["most"],
        "kit": ammo["kits"] > 0,
        "smoke": ammo["smokes"] > 0 and state["cooldowns"]["c3"] == 0,
        "shelter": _can_run(snapshot) and shelter(snapshot) is not None,
        "fallen": fallen(snapshot) is not None,
        "called": caller(snapshot) is not None,
        "cover": _to_cover(snapshot) is not None,
        "there": goal is None or distance(snapshot.me.pos, goal.pos) <= THERE,
    }


def _can_run(snapshot: WorldSnapshot) -> bool:
    return bool(snapshot.me.state["stamina"]["points"] >= EFFORT)


def _at(act: str, place: Vector, **more: Any) -> Step:
    return Step(act, {"x": round(place[0], 2), "z": round(place[2], 2), **more})


def _to(act: str, whom: Seen, **more: Any) -> Step:
    return Step(act, {"target": index_of(whom.id), **more})


# -- movement --------------------------------------------------------------------------------------


def go_on(snapshot: WorldSnapshot) -> Steps | None:
    """On to the objective."""
    goal = snapshot.objective
    if goal is None or distance(snapshot.me.pos, goal.pos) <= THERE:
        return None
    return (_at("MoveTo", goal.pos),) if is_free(snapshot, goal.pos, BESIDE) else None


def advance(snapshot: WorldSnapshot, metres: float = 2.0) -> Steps | None:
    """So far towards the enemy, or less where something is in the way."""
    foe = enemy(snapshot)
    if foe is None:
        return None
    tries = (towards(snapshot.me.pos, foe.pos, metres * part) for part in (1.0, 0.7, 0.4))
    free = (place for place in tries if is_free(snapshot, place))
    return next(((_at("MoveTo", place),) for place in free), None)


def close_in(snapshot: WorldSnapshot) -> Steps | None:
    """Up to where shots are sure."""
    foe = enemy(snapshot)
    away = distance(snapshot.me.pos, foe.pos) if foe else 0.0
    return advance(snapshot, away - CLOSE + 1.0) if away > CLOSE else None


def circle(snapshot: WorldSnapshot) -> Steps | None:
    """Around the enemy: to where it can be hit."""
    foe = enemy(snapshot)
    return (_to("Strafe", foe, duration=1.5),) if foe is not None else None


def crouch(snapshot: WorldSnapshot) -> Steps | None:
    """Down where one stands: harder to hit."""
    here = snapshot.me.pos
    free = _can_run(snapshot) and is_free(snapshot, here, BESIDE)
    return (_at("TakeCover", here),) if free else None


def stand_up(snapshot: WorldSnapshot) -> Steps | None:
    """Up where one is: to see over a crate."""
    here = snapshot.me.pos
    return (_at("MoveTo", here),) if is_free(snapshot, here, BESIDE) else None


def hide(snapshot: WorldSnapshot) -> Steps | None:
    """Behind the nearest wall."""
    spot = shelter(snapshot) if _can_run(snapshot) else None
    return spot and (_at("TakeCover", spot),)


# -- weapons ---------------------------------------------------------------------------------------


def _armed(snapshot: WorldSnapshot) -> Seen | None:
    """The enemy, if there are rounds for it."""
    return enemy(snapshot) if snapshot.me.state["ammo"]["rounds"] else None


def _until_ready(snapshot: WorldSnapshot) -> Steps:
    """A moment's wait while the weapon is not ready; then one thinks again."""
    wait = Step("Wait", {"duration": 0.25})
    return (wait,) if snapshot.me.state["cooldowns"]["c0"] else ()


def shoot(snapshot: WorldSnapshot) -> Steps | None:
    """One shot, and the pause until the next."""
    foe = _armed(snapshot)
    if foe is None:
        return None
    shot = (_to("Attack", foe), Step("Wait", {"duration": PAUSE}))
    return _until_ready(snapshot) or shot


def cover_fire(snapshot: WorldSnapshot, seconds: float = 2.5) -> Steps | None:
    """Fire that keeps the enemy's head down, as long as there are rounds for it."""
    foe = _armed(snapshot)
    return _keep_down(snapshot, foe, seconds) if foe is not None else None


def _keep_down(snapshot: WorldSnapshot, foe: Seen, seconds: float) -> Steps:
    most = EACH_ROUND * int(snapshot.me.state["ammo"]["rounds"])
    return _until_ready(snapshot) or (_to("CoverFire", foe, duration=min(seconds, most)),)


def smoke(snapshot: WorldSnapshot) -> Steps | None:
    """Smoke half-way to the enemy."""
    foe, state = enemy(snapshot), snapshot.me.state
    if foe is None or not state["ammo"]["smokes"] or state["cooldowns"]["c3"]:
        return None
    middle = towards(snapshot.me.pos, foe.pos, distance(snapshot.me.pos, foe.pos) / 2)
    return (_at("ThrowSmoke", middle, y=1.5),)


def _to_cover(snapshot: WorldSnapshot) -> Seen | None:
    """The enemy to keep down for a friend, if the weapon in hand can do that from here."""
    foe, state = threat(snapshot), snapshot.me.state
    if foe is None or not state["ammo"]["rounds"] or state.get("weapon", RIFLE) != RIFLE:
        return None
    return foe if can_aim(snapshot, foe, Posture(state["stance"]["posture"])) else None


def reload(snapshot: WorldSnapshot) -> Steps | None:
    """All rounds."""
    ammo = snapshot.me.state["ammo"]
    return (Step("Reload"),) if ammo["rounds"] < ammo["most"] else None


# -- wounds ----------------------------------------------------------------------------------------


def heal(snapshot: WorldSnapshot) -> Steps | None:
    """One's own wounds."""
    kits = snapshot.me.state["ammo"]["kits"]
    return (Step("Heal", {"target": index_of(snapshot.me.id)}),) if kits else None


def help_up(snapshot: WorldSnapshot) -> Steps | None:
    """To a friend who is down, and get it up."""
    friend = fallen(snapshot)
    if friend is None:
        return None
    beside = towards(friend.pos, snapshot.me.pos, 1.2)
    if not is_free(snapshot, beside):
        return None
    return (_at("MoveTo", beside), _to("Revive", friend))


# -- words -----------------------------------------------------------------------------------------


def answer_call(snapshot: WorldSnapshot) -> Steps | None:
    """Fire for a friend who asked for cover, or else the way to one who called."""
    foe, friend = _to_cover(snapshot), caller(snapshot)
    if foe is not None:
        return _keep_down(snapshot, foe, 2.5)
    if friend is None:
        return None
    tries = (towards(friend.pos, snapshot.me.pos, NEAR * part) for part in (0.6, 0.4, 0.8))
    free = (place for place in tries if is_free(snapshot, place))
    return next(((_at("MoveTo", place),) for place in free), None)


SKILLS = (
    go_on, advance, close_in, circle, crouch, stand_up, hide, shoot, cover_fire, smoke, reload,
    heal, help_up, answer_call,
)  # fmt: skip
FIGHTER = Role(
    "fighter",
    facts,
    {skill.__name__: skill for skill in SKILLS},
    unsure=frozenset(("close_in", "circle", "answer_call")),
)
