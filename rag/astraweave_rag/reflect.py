"""Reflection: patterns over what happened become knowledge that is linked to what it rests on.

Episodes may say in their data who did what to whom, and how it was felt: `who`, `deed`, `whom`, and
`feeling` from -1 to 1. From these come habits, what people are to each other, and their style.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from .consolidate import Writer, is_summary, text_of
from .errors import RecallError
from .kinds import ARCHIVE
from .memory import Memory
from .reads import BECAUSE
from .record import Draft, Filter, Record

_TIMES = ("night", "morning", "afternoon", "evening")
_MOSTLY = 0.8  # of the episodes of a habit, for it to belong to a time of the day
_CLEAR = 0.3  # mean feeling from which on somebody is kind or hostile
_PREVAILS = 0.4  # of somebody's deeds must be of one style

# Styles of playing, by deeds; a game names its own deeds.
STYLES: Mapping[str, tuple[str, ...]] = {
    "aggressive": ("attack", "charge", "threaten", "rob"),
    "cautious": ("hide", "retreat", "guard", "heal"),
    "explorative": ("explore", "scout", "climb", "dig"),
    "social": ("greet", "talk", "trade", "give", "help"),
    "analytical": ("ask", "read", "examine", "count"),
    "efficient": ("deliver", "finish", "skip", "hurry"),
}


@dataclass(frozen=True)
class Pattern:
    """Something that episodes have in common.

    Args:
        name: the same pattern has the same name when it is found again.
        text: what is known now.
        kind: of the memory that it becomes.
        sources: the episodes.
        tags: who it is about.
        holds: False if there are episodes enough and they do not have it in common, or no longer.
    """

    name: str
    text: str
    kind: str
    sources: tuple[Record, ...]
    tags: tuple[str, ...] = field(default=())
    holds: bool = True


Finder = Callable[[Memory, Sequence[Record], int, Writer | None], Iterable[Pattern]]


def reflect(
    memory: Memory,
    *,
    now: int,
    since: int | None = None,
    least: int = 4,
    finders: Sequence[Finder] | None = None,
    write: Writer | None = None,
) -> list[Record]:
    """Turn patterns over a character's episodes into knowledge; all of it or, after an error, none.

    A pattern that was known before is brought up to date under its key, and forgotten if episodes
    say that it does not hold. That its episodes have faded says nothing: what was concluded stays.

    Args:
        now: the present tick, from which patterns will fade.
        since: the tick from which on episodes count.
        least: episodes that make a pattern.
        finders: what looks for patterns; by default habits, bonds and styles.
        write: tells what episodes have in common, with a model for example; by default folded.

    Raises:
        RecallError: fewer than two episodes are to make a pattern.
    """
    if least < 2:
        raise RecallError(f"reflection: least must be at least 2, got {least}")
    kinds = ("episodic", ARCHIVE)
    choice = Filter(persona=memory.persona, kinds=kinds, since=since, until=now)
    episodes = [one for one in memory.store.select(choice, "tick") if not is_summary(one)]
    chosen = (habits, bonds, styles) if finders is None else finders
    found = [p for finder in chosen for p in finder(memory, episodes, least, write)]
    with memory.store.together():
        for pattern in found:
            before = _before(memory, pattern)
            if not pattern.holds and before is not None:
                memory.forget([before.key])
        return [_known(memory, pattern, now) for pattern in found if pattern.holds]


def _source(pattern: Pattern) -> str:
    return f"reflection/{pattern.name}"


def _before(memory: Memory, pattern: Pattern) -> Record | None:
    """What is known of a pattern already."""
    source = _source(pattern)
    chosen = Filter(persona=memory.persona, kinds=(pattern.kind,), source=source)
    return next((one for one in memory.store.select(chosen) if one.source == source), None)


def _known(memory: Memory, pattern: Pattern, now: int) -> Record:
    store, source, before = memory.store, _source(pattern), _before(memory, pattern)
    importance = max(one.importance for one in pattern.sources)
    data = {"pattern": pattern.name, "count": len(pattern.sources)}
    if before is None:
        draft = Draft(
            text=pattern.text, kind=pattern.kind, tags=pattern.tags, tick=now, source=source,
            importance=importance, data=data,
        )  # fmt: skip
        known = memory.remember_all([draft])[0]
    else:
        known = store.update(
            before.key, text=pattern.text, tick=now, importance=importance, data=data
        )
    store.link((known.key, one.key, BECAUSE) for one in pattern.sources)
    return known


# --- finders --------------------------------------------------------------------------------------


def habits(
    memory: Memory, episodes: Sequence[Record], least: int, write: Writer | None
) -> Iterator[Pattern]:
    """Who does the same again and again, and at what time of the day."""
    for (who, deed), group in _grouped(episodes, "who", "deed"):
        if len(group) >= least:
            told = text_of(group, write)
            when = _usual_time(group, memory.fading.day)
            text = f"Often{when}, {len(group)} times so far: {told}"
            yield Pattern(f"habit/{who}/{deed}", text, "semantic", tuple(group), _tags(who))


def bonds(
    _memory: Memory, episodes: Sequence[Record], least: int, _write: Writer | None
) -> Iterator[Pattern]:
    """Who is kind, and who is hostile, to whom."""
    for (who, whom), group in _grouped(episodes, "who", "whom"):
        felt = [value for one in group if (value := _feeling(one)) is not None]
        if len(felt) < least:
            continue
        mean = sum(felt) / len(felt)
        manner = "kind" if mean > 0 else "hostile"
        text = f"{who} is mostly {manner} to {whom} ({len(felt)} times)."
        sources = tuple(one for one in group if _feeling(one) is not None)
        name, clear = f"bond/{who}/{whom}", abs(mean) >= _CLEAR
        yield Pattern(name, text, "social", sources, _tags(who, whom), clear)


def styles(
    _memory: Memory, episodes: Sequence[Record], least: int, _write: Writer | None
) -> Iterator[Pattern]:
    """How somebody goes about things: the style to which most deeds belong."""
    style_of = {deed: style for style, deeds in STYLES.items() for deed in deeds}
    for (who,), group in _grouped(episodes, "who"):
        counts = Counter(style_of.get(str(one.data.get("deed")), "") for one in group)
        del counts[""]
        style, count = min(counts.items(), key=lambda each: (-each[1], each[0]), default=("", 0))
        prevails = count >= _PREVAILS * len(group)
        if len(group) < least or (prevails and count < least):
            continue  # too few to say yes or no
        text = f"{who} is mostly {style}: {count} of {len(group)} deeds."
        sources = tuple(one for one in group if style_of.get(str(one.data.get("deed"))) == style)
        yield Pattern(f"style/{who}", text, "semantic", sources, _tags(who), prevails)


def _grouped(episodes: Iterable[Record], *names: str) -> list[tuple[tuple[str, ...], list[Record]]]:
    """Episodes by some texts of their data, in order of those; without the others."""
    groups: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for one in episodes:
        values = tuple(one.data.get(name) for name in names)
        if all(isinstance(value, str) and value for value in values):
            groups[tuple(map(str, values))].append(one)
    return sorted(groups.items())


def _usual_time(group: Sequence[Record], day: int) -> str:
    quarters = Counter(4 * (one.tick % day) // day for one in group)
    quarter, count = min(quarters.items(), key=lambda each: (-each[1], each[0]))
    if count < _MOSTLY * len(group):
        return ""
    return " at night" if quarter == 0 else f" in the {_TIMES[quarter]}"


def _feeling(record: Record) -> float | None:
    value = record.data.get("feeling")
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


def _tags(*names: str) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
