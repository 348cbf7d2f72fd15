"""The mind of a character who does what it is asked, by planning, and otherwise goes its rounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from astraweave import Entity

from ..carry import REACH
from ..handles import index_of
from ..minds.goap import Aim, GoapMind
from ..minds.outlook import distance
from ..minds.role import Facts, Role, Steps
from ..percept import WorldSnapshot
from ..percept_model import Vector
from ..plan import PlanIntent, Step
from ..planner.cache import PlanCache
from ..planner.domain import Action, Bool, Domain, Symbol
from .errand import ENDLESS, Errand
from .surroundings import Surroundings

AT = 1.0  # metres from a place at which one is there
BROUGHT = 2.2  # metres from its goal at which a thing has been brought
NEAR = 2.6  # metres from a place at which one keeps watch there
TRIES = 8  # plans for one errand that led nowhere, before it is given up
STAY = 10.0  # seconds that one stays when asked to

DOMAIN = Domain(
    {
        "asked": Symbol("bring", "guard", "follow", "go", "stay", "work"),
        "at": Symbol("elsewhere", "the thing", "the goal"),
        "hands": Symbol("empty", "the thing", "another thing"),
        "free": Bool(),  # nobody else carries the thing
        "spoken_to": Bool(),
        "attends": Bool(),
        "done": Bool(),
    },
    [
        Action("listen", 1, {"spoken_to": True}, {"attends": True}),
        Action("walk to the thing", 4, {"asked": "bring", "free": True}, {"at": "the thing"}),
        Action("pick it up", 1, {"at": "the thing", "hands": "empty", "free": True},
               {"hands": "the thing"}),
        Action("put away", 1, {"hands": "another thing"}, {"hands": "empty"}),
        Action("walk there", 4, {}, {"at": "the goal"}),
        Action("put it down there", 1,
               {"asked": "bring", "at": "the goal", "hands": "the thing"},
               {"hands": "empty", "done": True}),
        Action("keep watch", 2, {"asked": "guard", "at": "the goal"}, {"done": True}),
        Action("follow", 2, {"asked": "follow"}, {"done": True}),
        Action("walk up to it", 4, {"asked": "go"}, {"at": "the goal", "done": True}),
        Action("stay", 2, {"asked": "stay"}, {"done": True}),
        Action("work", 2, {"asked": "work", "at": "the goal"}, {"done": True}),
    ],
)  # fmt: skip
AIMS = (
    Aim("hear what is said", {"attends": True}, {"spoken_to": True}),
    Aim("errand", {"done": True}),
)


@dataclass(frozen=True)
class Chore:
    """A part of one's own round: an errand, or ("work") some seconds of work at a place."""

    errand: Errand
    told: str  # what one sees it doing
    seconds: float = 6.0


@dataclass(frozen=True)
class Ending:
    """How something that was asked for ended."""

    errand: Errand
    done: bool
    why: str = ""


@dataclass
class Helper:
    """Plans with GOAP for what was asked for; without that, for the next of its chores.

    Args:
        own_name: as the surroundings have it.
        world: the surroundings.
        chores: done one after the other, over and over.
        rate: ticks per second.
        cache: of plans; may be shared by minds that think on one thread.
    """

    own_name: str
    world: Surroundings
    chores: Sequence[Chore] = ()
    rate: int = 60
    cache: PlanCache = field(default_factory=PlanCache)
    name: str = field(default="goap", init=False)

    def __post_init__(self) -> None:
        self.endings: deque[Ending] = deque(maxlen=100)
        self.asked: deque[Errand] = deque()
        self.listens_until = 0
        self._chore = self._tries = self._corner = 0
        self._since: int | None = None  # when it began to stay
        self._last: tuple[Step, ...] = ()
        skills = (
            ("listen", self._listen), ("walk to the thing", self._walk_to_thing),
            ("pick it up", self._pick_up), ("put away", self._put_away),
            ("walk there", self._walk_there), ("put it down there", self._put_down),
            ("keep watch", self._watch), ("follow", self._follow),
            ("walk up to it", self._walk_there), ("stay", self._stay), ("work", self._work),
        )  # fmt: skip
        role = Role("helper", self._facts, dict(skills))
        self._errand = Errand("work")
        self._goap = GoapMind(role, DOMAIN, AIMS, cache=self.cache)

    @property
    def me(self) -> Entity:
        """Its handle."""
        return self.world.people[self.own_name]

    @property
    def why(self) -> str:
        """What it plans, by GOAP."""
        return self._goap.why

    @property
    def effort(self) -> int:
        """Of the last thought, in expansions."""
        return self._goap.effort

    @property
    def doing(self) -> str:
        """What one sees it doing."""
        if self.asked:
            return self.asked[0].doing
        return self.chores[self._chore].told if self.chores else "rests"

    # -- being asked -----------------------------------------------------------------------------

    def ask(self, errand: Errand) -> bool:
        """Take an errand on; False if it comes after another one that is under way."""
        if self.asked and self.asked[0].kind in ENDLESS:
            self.asked.clear()
        self.asked.append(errand)
        self._tries, self._since = 0, None
        return len(self.asked) == 1

    def stop(self) -> None:
        """Give up all that was asked for."""
        self.asked.clear()
        self._tries, self._since = 0, None

    def plan_for(self, errand: Errand, percept: WorldSnapshot) -> PlanIntent | None:
        """How it would do an errand if it were asked now; `why` tells more."""
        listens, self.listens_until = self.listens_until, 0
        try:
            return self._plan(errand, percept)
        finally:
            self.listens_until = listens

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """What to do now."""
        self._settle(percept)
        errand = self.asked[0] if self.asked else self._own()
        plan = self._plan(errand, percept)
        if percept.tick >= self.listens_until:
            self._count(errand, plan)
        return plan

    def _count(self, errand: Errand, plan: PlanIntent | None) -> None:
        """Give up what cannot be planned, or is planned again and again in the same way."""
        steps = plan.steps if plan is not None else ()
        again = not steps or (steps == self._last and errand.kind in ("bring", "go"))
        self._tries, self._last = self._tries + 1 if again else 0, steps
        if self._tries > TRIES:
            self._give_up()

    def _plan(self, errand: Errand, percept: WorldSnapshot) -> PlanIntent | None:
        self._errand = errand
        return self._goap.think(percept)

    def _own(self) -> Errand:
        """The next chore, as an errand."""
        here = Errand("work", where=self.own_name)
        return self.chores[self._chore].errand if self.chores else here

    def _settle(self, percept: WorldSnapshot) -> None:
        """Note what is done, and go on to what comes next."""
        if self.asked and self._is_done(self.asked[0], percept):
            self.endings.append(Ending(self.asked.popleft(), True))
            self._tries, self._since = 0, None
        elif not self.asked and self.chores and self._is_done(self._own(), percept):
            self._next_chore()

    def _next_chore(self) -> None:
        self._chore = (self._chore + 1) % max(1, len(self.chores))
        self._tries, self._since = 0, None

    def _give_up(self) -> None:
        if self.asked:
            self.endings.append(Ending(self.asked.popleft(), False, self.why))
            self._tries = 0
        else:
            self._next_chore()

    # -- facts -----------------------------------------------------------------------------------

    def _facts(self, seen: WorldSnapshot) -> Facts:
        errand, held = self._errand, self.world.hands.held_by(self.me)
        thing = self.world.things.get(errand.thing)
        mine = thing is not None and held == thing.index
        by = None if thing is None else self.world.hands.holder(thing)
        return {
            "asked": errand.kind,
            "at": self._at(seen.me.pos, mine),
            "hands": "empty" if held is None else "the thing" if mine else "another thing",
            "free": by is None or by == self.me.index,
            "spoken_to": seen.tick < self.listens_until,
            "attends": False,
            "done": False,
        }

    def _at(self, here: Vector, holds: bool) -> str:
        """Where it is, in the words of the domain."""
        errand = self._errand
        reached = NEAR if errand.kind == "guard" else AT
        there = bool(errand.where) and distance(here, self._goal()) <= reached
        if not errand.thing or holds:
            return "the goal" if there else "elsewhere"
        beside = distance(here, self.world.where(errand.thing)) < REACH - 0.4
        return "the thing" if beside else "elsewhere"

    def _goal(self) -> Vector:
        return self.world.where(self._errand.where)

    def _is_done(self, errand: Errand, percept: WorldSnapshot) -> bool:
        """Whether the world is as an errand wants it."""
        self._errand = errand
        if errand.kind == "bring":
            held = self.world.hands.holder(self.world.things[errand.thing]) is not None
            return not held and distance(self.world.where(errand.thing), self._goal()) <= BROUGHT
        if errand.kind in ("stay", "work"):
            seconds = STAY if errand.kind == "stay" else self._seconds()
            return self._since is not None and percept.tick >= self._since + seconds * self.rate
        return errand.kind == "go" and distance(percept.me.pos, self._goal()) <= NEAR

    def _seconds(self) -> float:
        return self.chores[self._chore].seconds if self.chores else STAY

    # -- skills ----------------------------------------------------------------------------------

    def _listen(self, seen: WorldSnapshot) -> Steps:
        return (Step("Wait", {"duration": 0.5}),)

    def _walk_to_thing(self, seen: WorldSnapshot) -> Steps:
        thing = self.world.where(self._errand.thing)
        return (_walk(self.world.beside(thing, seen.me.pos)),)

    def _pick_up(self, seen: WorldSnapshot) -> Steps:
        return (Step("Lift", {"target": self.world.things[self._errand.thing].index}),)

    def _put_away(self, seen: WorldSnapshot) -> Steps:
        """Where it stands."""
        x, _, z = self.world.beside(seen.me.pos, seen.me.pos)
        return (Step("PutDown", {"x": round(x, 2), "z": round(z, 2)}),)

    def _walk_there(self, seen: WorldSnapshot) -> Steps | None:
        goal, errand = self._goal(), self._errand
        if errand.where in self.world.places:
            return (_walk(goal),)
        return (_walk(self.world.beside(goal, seen.me.pos, 1.2)),)

    def _put_down(self, seen: WorldSnapshot) -> Steps | None:
        spot = self.world.put_down_at(self._errand.where, self._errand.thing)
        return spot and (Step("PutDown", {"x": spot[0], "z": spot[2]}),)

    def _watch(self, seen: WorldSnapshot) -> Steps:
        """One more corner of the round."""
        corners = self.world.rounds(self._errand.where)
        self._corner = (self._corner + 1) % len(corners)
        return _walk(corners[self._corner]), Step("KeepWatch", {"duration": 3.0})

    def _follow(self, seen: WorldSnapshot) -> Steps | None:
        whom = self.world.people.get(self._errand.where)
        if whom is None or whom == self.me:
            return None
        return (Step("Follow", {"target": index_of(whom), "duration": 4.0}),)

    def _stay(self, seen: WorldSnapshot) -> Steps:
        self._since = seen.tick if self._since is None else self._since
        return (Step("Wait", {"duration": 1.0}),)

    def _work(self, seen: WorldSnapshot) -> Steps:
        self._since = seen.tick if self._since is None else self._since
        return (Step("Wait", {"duration": 1.0}),)


def _walk(place: Any) -> Step:
    return Step("MoveTo", {"x": round(place[0], 2), "z": round(place[2], 2)})
