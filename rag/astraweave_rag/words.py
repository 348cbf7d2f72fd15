"""Search by words: SQLite's full-text index, ranked by BM25."""

from __future__ import annotations

import re

from .choose import where
from .record import Filter
from .store import Store

_WORD = re.compile(r"\w+")
_MOST_WORDS = 64  # of a query; more say nothing new


def expression_of(query: str) -> str:
    """A query in the language of FTS5: any of the words, quoted so that none is an operator."""
    words = list(dict.fromkeys(_WORD.findall(query.casefold())))[:_MOST_WORDS]
    return " OR ".join(f'"{word}"' for word in words)


def by_words(store: Store, query: str, count: int, choice: Filter) -> list[tuple[int, float]]:
    """Keys and BM25 scores of the memories with words of the query, the best first.

    Scores are above 0 and grow with relevance; equal ones are in the order of their keys.
    """
    expression = expression_of(query)
    if not expression:
        return []
    condition, values = where(choice)
    rows = store.rows(
        "SELECT words.rowid, -bm25(words) AS score FROM words "
        "JOIN record ON record.key = words.rowid "
        f"WHERE words MATCH ? AND {condition} ORDER BY score DESC, words.rowid LIMIT ?",
        [expression, *values, count],
    )
    return [(int(key), float(score)) for key, score in rows]
