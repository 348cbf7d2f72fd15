"""What agents tell each other, and what lies or stands about for them: components of the minds."""

from __future__ import annotations

from enum import IntEnum

from astraweave import NOBODY, U32, Vec3, component

KIT = 1 << 16  # `PointOfInterest.kind` of a kit that lies about


class Word(IntEnum):
    """What a `Signal` means."""

    NOTHING = 0
    REINFORCE = 1
    MARK = 2
    COVER_ME = 3
    ATTACK_TOGETHER = 4
    AMBUSH = 5
    DISTRACT = 6
    REGROUP = 7
    TAUNT = 8


@component
class Signal:
    """The last thing an agent told its side; snapshots show it to who sees the agent."""

    word: U32 = 0
    whom: U32 = NOBODY  # entity index it is about
    tick: U32 = 0  # when it was said
    place: Vec3 = (0, 0, 0)


@component
class Interactive:
    """A lever, a door, a terminal: how often it was used. What comes of it is up to a system."""

    uses: U32 = 0


@component
class Pickup:
    """Kits that lie about for whoever picks them up."""

    kits: U32 = 1
