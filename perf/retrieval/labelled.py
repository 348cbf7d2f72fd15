"""Loads and checks the labelled set: passages of a game's lore and of the docs, and graded queries.

The lore is read from examples/lore, the docs from a copy that was frozen when the queries were
written (`python -m perf.retrieval.labelled` makes it anew), since labels name headings. A line of
queries_*.tsv is a category, a query, and the passages that answer it with their grades: 3 answers
it, 2 in part, 1 is about the same. All passages that are not named count as irrelevant.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from astraweave_rag.passages import Passage, passages_of

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LORE = ROOT / "examples/lore"
FROZEN = HERE / "docs.json.gz"
CATEGORIES = ("exact", "name", "question", "paraphrase", "spelling", "inflection")
WHOLE = 1 << 20  # characters: a section of the docs is one passage, as the labels name sections


@dataclass(frozen=True)
class Query:
    """A query and the grades of the passages that answer it, by their names."""

    category: str
    text: str
    grades: dict[str, int]


def corpus() -> dict[str, Passage]:
    """All passages by the names that labels use: stem of the file, #, anchor."""
    found: dict[str, Passage] = {}
    for passage in [*_lore(), *_docs()]:
        file, _, anchor = passage.source.partition("#")
        name = f"{Path(file).stem}#{anchor}"
        if name in found:
            raise ValueError(f"two passages are called {name}: rename a heading")
        found[name] = passage
    return found


def queries(known: dict[str, Passage], folder: Path = HERE) -> list[Query]:
    """All queries; ValueError names file and line of one that is malformed."""
    found: list[Query] = []
    for path in sorted(folder.glob("queries_*.tsv")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found.append(_query(line, f"{path.name}:{number}", known))
    twice = [text for text, count in Counter(one.text for one in found).items() if count > 1]
    if twice:
        raise ValueError(f"queries that come twice: {twice}")
    return found


def _query(line: str, place: str, known: dict[str, Passage]) -> Query:
    parts = line.split("\t")
    if len(parts) != 3 or parts[0] not in CATEGORIES or not parts[1].strip():
        raise ValueError(f"{place}: expected category, query and grades with tabs between")
    grades: dict[str, int] = {}
    for label in parts[2].split():
        name, _, grade = label.rpartition(":")
        if name not in known or name in grades or grade not in ("1", "2", "3"):
            raise ValueError(f"{place}: {label!r} names no passage, a second time, or no grade")
        grades[name] = int(grade)
    if 3 not in grades.values() and 2 not in grades.values():
        raise ValueError(f"{place}: nothing answers the query")
    return Query(parts[0], parts[1], grades)


def _lore() -> list[Passage]:
    return [one for path in sorted(LORE.iterdir()) for one in passages_of(path, longest=WHOLE)]


def _docs() -> list[Passage]:
    with gzip.open(FROZEN, "rt", encoding="utf-8") as file:
        return [Passage(**row) for row in json.load(file)]


def freeze() -> None:
    """Copy the docs' sections as they are now."""
    docs = ROOT / "docs"
    paths = [path for name in (".", "how-to", "reference") for path in (docs / name).glob("*.md")]
    found = [one for path in sorted(paths) for one in passages_of(path, longest=WHOLE)]
    rows = [{"source": one.source, "title": one.title, "text": one.text} for one in found]
    packed = gzip.compress(json.dumps(rows, ensure_ascii=False).encode(), mtime=0)
    FROZEN.write_bytes(packed)
    print(f"{FROZEN.name}: {len(rows)} sections, {len(packed):,} bytes")


if __name__ == "__main__":
    freeze()
