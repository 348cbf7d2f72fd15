"""How a fighter scores: what speaks for and against each skill, by response curves."""

from __future__ import annotations

from ..curves import Curve, linear, logistic, step
from ..utility import Consideration, Option, Reasoner
from .fighter import MOST

_YES, _NO = linear(), linear(-1, 1)


def _if(fact: str, curve: Curve = _YES) -> Consideration:
    return Consideration(fact, curve)


_ARMED = (_if("sees"), Consideration("shots", step(1 / MOST), 0, MOST))
_EMPTY = Consideration("shots", _NO, 0, MOST)
_WOUNDED = (_if("kit"), _if("health", logistic(-14, 0.45)))  # below a half it begins to matter
_FAR = Consideration("distance", _YES, 8, 24)

SCORES = Reasoner(
    (
        Option("shoot", (*_ARMED, _if("low"), _if("low_line"))),
        Option("shoot (standing)", (*_ARMED, _if("low", _NO), _if("line")), weight=0.8),
        Option("crouch + shoot", (*_ARMED, _if("low", _NO), _if("low_line"))),
        Option("stand_up + shoot", (*_ARMED, _if("low"), _if("line"), _if("low_line", _NO))),
        Option("close_in", (*_ARMED, _if("health"), _FAR), weight=1.2),
        Option("circle", (*_ARMED, _if("line", _NO), _if("low_line", _NO)), weight=0.7),
        Option("hide + heal", (_if("sees"), _if("shelter"), *_WOUNDED), weight=2.0),
        Option("smoke + heal", (_if("sees"), _if("smoke"), *_WOUNDED), weight=1.8),
        Option("heal", (_if("hidden"), *_WOUNDED), weight=2.0),
        Option("reload", (_if("hidden"), _EMPTY), weight=0.8),
        Option("reload (in sight)", (_if("sees"), _EMPTY), weight=0.6),
        Option("help_up", (_if("hidden"), _if("fallen"))),
        Option("answer_call", (_if("hidden"), _if("called")), weight=0.6),
        Option("answer_call (cover)", (_if("cover"), _if("close", _NO)), weight=1.1),
        Option("go_on", (_if("hidden"), _if("there", _NO)), weight=0.3),
    )
)
