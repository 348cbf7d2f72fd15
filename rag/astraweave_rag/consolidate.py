"""Consolidation: episodes that are nearly the same become one summary that is linked to them.

A day of a character holds few things worth telling and many that repeat. Those that repeat are
clustered by their vectors; one summary stands for each cluster, and the episodes move to the
archive, where they fade. All of it is one write: after an interruption everything is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import RecallError
from .fold import fold
from .kinds import ARCHIVE
from .memory import Memory
from .rank import cosines
from .reads import SUMMARISES
from .record import Draft, Filter, Record

ALIKE = 0.6  # cosine above which two episodes are nearly the same, with the hashing embedder
LEAST = 3  # episodes that make a summary
Writer = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Summary:
    """A summary, and the keys of the episodes that it stands for."""

    record: Record
    sources: tuple[int, ...]


def consolidate(
    memory: Memory,
    *,
    since: int | None = None,
    until: int | None = None,
    alike: float = ALIKE,
    least: int = LEAST,
    write: Writer | None = None,
    keep: bool = True,
) -> list[Summary]:
    """Make summaries of a character's episodes of a time; all of them, or after an error none.

    Args:
        since, until: ticks, both included.
        alike: cosine from which an episode belongs to a cluster.
        least: how many episodes make a summary.
        write: makes one text of several, with a model for example; by default they are folded. If
            it raises, nothing was changed.
        keep: move the episodes to the archive; otherwise they are forgotten.

    Raises:
        RecallError: a threshold that makes no sense, or a text that is none.
    """
    if not 0 < alike <= 1 or least < 2:
        raise RecallError(
            f"consolidation: alike must be above 0 and at most 1, least at least 2, got {alike} "
            f"and {least}"
        )
    choice = Filter(persona=memory.persona, kinds=("episodic",), since=since, until=until)
    episodes = [one for one in memory.store.select(choice, "tick") if not is_summary(one)]
    clusters = [group for group in clustered(memory, episodes, alike) if len(group) >= least]
    drafts = [_draft(group, _counted(group, write)) for group in clusters]
    return _kept(memory, clusters, drafts, keep)


def is_summary(record: Record) -> bool:
    """Whether a memory stands for others."""
    return "summary_of" in record.data


def clustered(memory: Memory, episodes: Sequence[Record], alike: float) -> list[list[Record]]:
    """Episodes in groups: each joins the group whose first one it is most like, or begins one.

    One pass in the order of the episodes (leader clustering, Hartigan 1975), so the groups depend
    on nothing else.
    """
    groups: list[list[Record]] = []
    if not episodes:
        return groups
    vectors = memory.store.vectors([episode.key for episode in episodes])
    leaders = np.empty_like(vectors)
    for episode, vector in zip(episodes, vectors, strict=True):
        near = cosines(leaders[: len(groups)], vector)
        best = int(near.argmax()) if len(groups) else -1
        if best >= 0 and near[best] >= alike:
            groups[best].append(episode)
            continue
        leaders[len(groups)] = vector
        groups.append([episode])
    return groups


def text_of(group: Sequence[Record], write: Writer | None) -> str:
    """One text for several memories, written or folded."""
    texts = [record.text for record in group]
    if write is not None:
        text: Any = write(texts)  # somebody else's code: it may give anything
        if not isinstance(text, str) or not text.strip():
            raise RecallError(f"consolidation: expected a text from the writer, got {text!r}")
        return str(text).strip()
    return fold(texts)


def _counted(group: Sequence[Record], write: Writer | None) -> str:
    if write is None:
        return fold([record.text for record in group], counted=True)
    return f"{text_of(group, write)} ({len(group)} times)"


def _draft(group: Sequence[Record], text: str) -> Draft:
    tags = sorted({tag for record in group for tag in record.tags})
    first, last = group[0].tick, group[-1].tick
    return Draft(
        text=text,
        kind="episodic",
        tags=tuple(tags),
        tick=last,
        wall=group[-1].wall,
        importance=max(record.importance for record in group),
        source="consolidation",
        data={"summary_of": len(group), "since": first, "until": last},
    )


def _kept(
    memory: Memory, clusters: list[list[Record]], drafts: list[Draft], keep: bool
) -> list[Summary]:
    if not drafts:
        return []
    store = memory.store
    with store.together():
        for record in (record for group in clusters for record in group):
            if keep:
                store.update(record.key, kind=ARCHIVE)
        if not keep:
            store.delete(record.key for group in clusters for record in group)
        summaries = memory.remember_all(drafts)
        found = [
            Summary(record, tuple(one.key for one in group))
            for record, group in zip(summaries, clusters, strict=True)
        ]
        if keep:
            store.link((s.record.key, key, SUMMARISES) for s in found for key in s.sources)
            memory.trim(ARCHIVE, max(record.tick for record in summaries))
    return found
