"""Search by words: SQLite's full-text index, ranked by BM25."""

from __future__ import annotations

import re

from .choose import where
from .record import EVERYTHING, Filter
from .store import Store

Ranking = list[tuple[int, float]]

_WORD = re.compile(r"\w+")
_MOST_WORDS = 64  # of a query; more say nothing new
_SCORED = 2_000  # memories that a search scores; each takes about a microsecond


def words_in(query: str) -> list[str]:
    """The distinct words of a query, each quoted, so that none is an operator of FTS5."""
    words = dict.fromkeys(_WORD.findall(query.casefold()))
    return [f'"{word}"' for word in list(words)[:_MOST_WORDS]]


def by_words(store: Store, query: str, count: int, choice: Filter = EVERYTHING) -> Ranking:
    """Keys and BM25 scores of the memories with words of the query, the best first.

    Scores grow with relevance; equal ones are in the order of their keys. Scoring every memory
    that has one of the frequent words would take most of the time and change little, since such
    words count least: words are taken from the rarest on, as long as the memories that have them
    are at most 2,000 together, and at least one. Where a filter then leaves too few, all words
    are taken.
    """
    words = words_in(query)
    rare = _rarest(store, words)
    if not rare:
        return []
    found = _scored(store, rare, count, choice)
    if choice != EVERYTHING and len(found) < count and len(rare) < len(words):
        found = _scored(store, words, count, choice)
    return found


def _rarest(store: Store, words: list[str]) -> list[str]:
    """The rarest of these words that are there at all, within what may be scored."""
    counted = sorted((_frequency(store, word), word) for word in words)
    there = [(number, word) for number, word in counted if number]
    taken, total = [word for _, word in there[:1]], sum(number for number, _ in there[:1])
    for number, word in there[1:]:
        total += number
        if total > _SCORED:
            break
        taken.append(word)
    return taken


def _frequency(store: Store, word: str) -> int:
    """How many memories have a word, counted up to a bound."""
    rows = store.rows(
        "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)",
        [word, _SCORED + 1],
    )
    return int(rows[0][0])


def _scored(store: Store, words: list[str], count: int, choice: Filter) -> Ranking:
    expression = " OR ".join(words)
    condition, values = where(choice)
    # CROSS: the order of a join; the other way round, FTS5 would be asked once for each memory.
    join = "" if choice == EVERYTHING else "CROSS JOIN record ON record.key = words.rowid "
    rows = store.rows(
        f"SELECT words.rowid, -bm25(words) AS score FROM words {join}"
        f"WHERE words MATCH ? AND {condition} ORDER BY score DESC, words.rowid LIMIT ?",
        [expression, *values, count],
    )
    return [(int(key), float(score)) for key, score in rows]
