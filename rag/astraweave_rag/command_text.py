"""What `astraweave memory` prints: memories, hits and counts as text or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from .errors import RecallError
from .indexing import Indexed, Progress
from .reads import Link
from .record import Record
from .retrieve import Hit
from .share import attribution


def as_json(done: Any) -> str:
    """One JSON value on one line."""
    return msgspec.json.encode(done, order="deterministic").decode()


def counted(count: int, one: str, more: str) -> str:
    """`1 memory`, `2 memories`."""
    return f"{count:,} {one if count == 1 else more}"


def hits(found: Sequence[Hit], explain: bool) -> str:
    """A line with the score for each hit, and its text."""
    if not found:
        return "nothing was found"
    told = []
    for number, hit in enumerate(found, 1):
        about = ", ".join(filter(None, (label(hit.record), hit.record.source)))
        told.append(f"{number}. [{hit.record.key}] {hit.score:.3f}  {about}".rstrip(" ,"))
        told += [f"   {line}" for line in hit.record.text.splitlines() if line.strip()]
        if explain:
            told.append(f"   ({hit.explain()})")
    return "\n".join(told)


def label(record: Record) -> str:
    """Whose memory it is, and of what kind."""
    return " ".join(filter(None, (record.persona, record.kind)))


def record(one: Record, links: Sequence[Link]) -> str:
    """All fields of a memory that say something."""
    fields = {
        "persona": one.persona,
        "kind": one.kind,
        "tags": ", ".join(one.tags),
        "tick": one.tick,
        "importance": one.importance,
        "source": one.source,
        "heard": _heard(one),
        "data": as_json(one.data) if one.data else "",
        "generation": one.generation,
    }
    lines = [f"memory {one.key}: {one.text}"]
    lines += [f"  {name:11} {value}" for name, value in fields.items() if value not in ("", None)]
    lines += [f"  {link.relation:11} memory {link.to_key}" for link in links]
    return "\n".join(lines)


def _heard(one: Record) -> str:
    try:
        return attribution(one)
    except RecallError:
        return "from nobody knows whom"  # `data` is shown as it is


def stats(done: dict[str, Any]) -> str:
    """How many memories there are of whom."""
    lines = [f"{counted(done['memories'], 'memory', 'memories')}, embedder {done['embedder']}"]
    for row in done["personas"]:
        name, kind = row["persona"] or "(everybody)", row["kind"] or "(no kind)"
        lines.append(f"  {name:20} {kind:12} {row['memories']:>8,}")
    return "\n".join(lines)


def indexed(done: Indexed) -> str:
    """What an indexing changed."""
    told = (
        f"read {counted(done.files, 'file', 'files')}, left {done.unchanged_files:,} unchanged; "
        f"passages: {done.added:,} added, {done.changed:,} changed, {done.removed:,} removed, "
        f"{done.kept:,} kept"
    )
    return "\n".join([told, *(f"left out: {reason}" for reason in done.failed)])


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on stderr, on a terminal only."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("indexing")

        def show(file: Path, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, description=file.name)

        yield show
