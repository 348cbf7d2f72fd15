"""A day of 2,000 events in a village, as one character sees it, and questions about it.

Most of a day is routine: the same people do the same things, told in a few ways. Thirty things
happen once. The questions are about both, and say what an answer must contain; perf/day.toml has
all of them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from astraweave_rag import Draft

EVENTS = 2000
HOUR = 60 * 60 * 60  # ticks
_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
ROUTINES, ONCE = _TOLD["routine"], _TOLD["once"]
PEOPLE = [*(each["who"] for each in ROUTINES), "Old Petra", "the miller", "the twins"]
PLACES = ("tavern", "forge", "chapel", "mill", "stable", "infirmary")


@dataclass(frozen=True)
class Question:
    """A question and what its answer must contain."""

    text: str
    evidence: tuple[str, ...]


QUESTIONS = [Question(each["text"], tuple(each["evidence"])) for each in _TOLD["question"]] + [
    Question(each["question"], tuple(each["evidence"])) for each in ONCE
]


def day(seed: int = 0, events: int = EVENTS) -> list[Draft]:
    """The events of a day in order, the same for the same seed."""
    rng = np.random.default_rng(seed)
    once = {int(at): n for n, at in enumerate(rng.choice(events, len(ONCE), replace=False))}
    return [
        _once(once[number], number, events) if number in once else _routine(rng, number, events)
        for number in range(events)
    ]


def _once(which: int, number: int, events: int) -> Draft:
    tick = number * 16 * HOUR // events
    return Draft(text=ONCE[which]["text"], kind="episodic", tick=tick, importance=0.8)


def _routine(rng: np.random.Generator, number: int, events: int) -> Draft:
    routine = ROUTINES[int(rng.integers(len(ROUTINES)))]
    others = [name for name in PEOPLE if name != routine["who"]]
    whom, place = others[int(rng.integers(len(others)))], PLACES[int(rng.integers(len(PLACES)))]
    told = routine["ways"][int(rng.integers(len(routine["ways"])))]
    return Draft(
        text=told.format(n=int(rng.integers(2, 10)), whom=whom, place=place),
        kind="episodic",
        tags=("routine",),
        tick=number * 16 * HOUR // events,
        importance=0.2,
        data={"who": routine["who"], "deed": routine["deed"], "whom": whom},
    )
