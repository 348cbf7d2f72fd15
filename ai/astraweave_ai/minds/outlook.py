"""What a character makes of its snapshot: who is there, what can be seen from where, where to go.

Everything is worked out from one snapshot, so the same snapshot always leads to the same plan.
Lengths are in metres; distances are those in the plane of x and z.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from astraweave import Posture

from ..body import EYES
from ..components import Word
from ..handles import index_of
from ..percept import WorldSnapshot
from ..percept_model import Obstacle, Seen, Vector
from ..situation import Situation

MARGIN = 0.6  # that one keeps from walls
RUN = 8.0  # that one runs for shelter
NEAR = 3.0  # from who called
_MARKS = (Word.MARK, Word.ATTACK_TOGETHER)
_MOCKERY = (Word.TAUNT, Word.DISTRACT)
_CALLS = (Word.REINFORCE, Word.REGROUP, Word.COVER_ME)
_HEEDED = 600  # ticks for which a word holds
_BAND = (0.25, 1.75)  # heights between which a box is in the way


def distance(a: Vector, b: Vector) -> float:
    """Between two places."""
    dx, dz = b[0] - a[0], b[2] - a[2]
    return math.sqrt(dx * dx + dz * dz)


def towards(a: Vector, b: Vector, metres: float) -> Vector:
    """The place so far from a on the way to b; b, if that is nearer."""
    away = distance(a, b)
    part = min(1.0, metres / away) if away > 0 else 0.0
    return a[0] + (b[0] - a[0]) * part, 0.0, a[2] + (b[2] - a[2]) * part


def health(who: Seen) -> int:
    """Points of somebody in sight; 1 for what has none and so never falls."""
    state = who.state.get("health")
    return 1 if state is None else int(state["points"])


def enemy(snapshot: WorldSnapshot) -> Seen | None:
    """Who has just mocked one, or whom a friend has marked, or the nearest; in sight and up."""
    foes, me = _up(snapshot), index_of(snapshot.me.id)
    mocking = (
        foe for foe in _saying(snapshot, foes, _MOCKERY) if foe.state["signal"]["whom"] == me
    )
    marking = _saying(snapshot, snapshot.allies, _MARKS)
    marked = {friend.state["signal"]["whom"] for friend in marking}
    wanted = (foe for foe in foes if index_of(foe.id) in marked)
    return next(chain(mocking, wanted, foes), None)


def caller(snapshot: WorldSnapshot) -> Seen | None:
    """The nearest friend in sight that has just called, unless one is there already."""
    calling = _saying(snapshot, snapshot.allies, _CALLS)
    return next((friend for friend in calling if friend.distance > NEAR), None)


def threat(snapshot: WorldSnapshot) -> Seen | None:
    """The enemy in sight that is nearest to a friend in sight that has just asked for cover."""
    foes, asking = _up(snapshot), _saying(snapshot, snapshot.allies, (Word.COVER_ME,))
    friend = next(asking, None) if foes else None
    return friend and min(foes, key=lambda foe: distance(foe.pos, friend.pos))


def _up(snapshot: WorldSnapshot) -> list[Seen]:
    """Enemies in sight, the nearest first."""
    return [foe for foe in snapshot.enemies if health(foe) > 0]


def _saying(
    snapshot: WorldSnapshot, whose: Iterable[Seen], words: tuple[Word, ...]
) -> Iterator[Seen]:
    """Who of them has just said one of these words."""
    for one in whose:
        said = one.state.get("signal")
        if said and said["word"] in words and snapshot.tick - said["tick"] < _HEEDED:
            yield one


def fallen(snapshot: WorldSnapshot) -> Seen | None:
    """The nearest friend in sight that is down."""
    return next((friend for friend in snapshot.allies if health(friend) <= 0), None)


def can_aim(
    snapshot: WorldSnapshot, foe: Seen, posture: Posture, place: Vector | None = None
) -> bool:
    """Whether the line from eyes to eyes is free, as combat asks: from a posture, here or there."""
    other = Posture(foe.state["stance"]["posture"]) if "stance" in foe.state else Posture.STAND
    eye = _raised(snapshot.me.pos if place is None else place, EYES[posture])
    return _blockers(snapshot).sees(eye, _raised(foe.pos, EYES[other]))


def is_free(snapshot: WorldSnapshot, place: Vector, margin: float = MARGIN) -> bool:
    """Whether one can stand at a place, so far from the boxes around."""
    return not any(_contains(box, place, margin) for box in snapshot.obstacles if _bars(box))


def shelter(snapshot: WorldSnapshot) -> Vector | None:
    """The nearest place beside a box where one is hidden, crouching, from all enemies in sight."""
    foes = [_raised(foe.pos, EYES[Posture.STAND]) for foe in _up(snapshot)]
    spots = {spot for box in snapshot.obstacles if _bars(box) for spot in _beside(box)}
    me, view = snapshot.me.pos, _blockers(snapshot)
    for away, spot in sorted((distance(me, spot), spot) for spot in spots):
        if away > RUN or not foes:
            return None
        low = _raised(spot, EYES[Posture.CROUCH])
        if is_free(snapshot, spot) and not any(view.sees(foe, low) for foe in foes):
            return spot
    return None


def _raised(place: Vector, height: float) -> Vector:
    return place[0], place[1] + height, place[2]


def _blockers(snapshot: WorldSnapshot) -> Situation:
    """What blocks sight, in the form in which the guard asks about it."""
    rows = [(*one.pos, *one.half, one.kind == "smoke") for one in snapshot.obstacles]
    table = np.array(rows, np.float64).reshape(-1, 7)
    boxes, clouds = table[table[:, 6] == 0], table[table[:, 6] == 1]
    corners = np.stack([boxes[:, :3] - boxes[:, 3:6], boxes[:, :3] + boxes[:, 3:6]], axis=1)
    none = np.zeros(0, np.uint32)
    return Situation(snapshot.tick, 0, none, {}, {}, corners, clouds[:, :4])


def _bars(obstacle: Obstacle) -> bool:
    """Whether it is a box that one cannot walk over or under."""
    low, high = obstacle.pos[1] - obstacle.half[1], obstacle.pos[1] + obstacle.half[1]
    return obstacle.kind == "box" and low < _BAND[1] and high > _BAND[0]


def _contains(box: Obstacle, place: Vector, margin: float) -> bool:
    return all(abs(place[axis] - box.pos[axis]) < box.half[axis] + margin for axis in (0, 2))


def _beside(box: Obstacle) -> Iterator[Vector]:
    """Three places along each side."""
    (x, _, z), (w, _, d) = box.pos, box.half
    keep = MARGIN + 0.1
    for side in (-1, 1):
        for part in (-0.8, 0.0, 0.8):
            yield x + side * (w + keep), 0.0, z + part * d
            yield x + part * w, 0.0, z + side * (d + keep)
