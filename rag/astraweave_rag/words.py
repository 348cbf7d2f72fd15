"""Search by words: SQLite's full-text index, ranked by BM25."""

from __future__ import annotations

import re

import msgspec

from .choose import where
from .reads import Reads
from .record import EVERYTHING, Filter

Ranking = list[tuple[int, float]]

_WORD = re.compile(r"\w+")
_MOST_WORDS = 64  # of a query; more say nothing new
SCORED = 300  # memories that a search scores; each takes some microseconds


def words_in(query: str) -> list[str]:
    """The distinct words of a query, each quoted, so that none is an operator of FTS5."""
    words = dict.fromkeys(_WORD.findall(query.casefold()))
    return [f'"{word}"' for word in list(words)[:_MOST_WORDS]]


def by_words(
    store: Reads, query: str, count: int, choice: Filter = EVERYTHING, most: int | None = None
) -> Ranking:
    """Keys and scores of the memories with words of the query, the best first.

    Scores are BM25's: they grow with relevance, and equal ones are in the order of their keys.
    Scoring every memory that has one of the frequent words would take most of the time and change
    little, since such words count least: words are taken from the rarest on, as long as the
    memories that have them are at most 300 together. Where a filter then leaves too few, all words
    are taken. Where each word alone is in more than 300 memories, nothing is scored: those with
    all words come first, then those with some, the newest first.

    Args:
        count: how many are wanted.
        most: how many are told, where there are more; by default no more than are wanted.
    """
    most = count if most is None else max(count, most)
    words = words_in(query)
    counted = [(number, word) for number, word in sorted(_frequencies(store, words)) if number]
    if not counted:
        return []
    if counted[0][0] > SCORED:
        return _newest(store, [word for _, word in counted], most, choice)
    rare = _rarest(counted)
    found = _scored(store, rare, most, choice)
    if choice != EVERYTHING and len(found) < count and len(rare) < len(words):
        found = _scored(store, words, most, choice)
    return found


def _rarest(counted: list[tuple[int, str]]) -> list[str]:
    """The rarest of these words within what may be scored, at least one."""
    taken: list[str] = []
    total = 0
    for number, word in counted:
        total += number
        if taken and total > SCORED:
            break
        taken.append(word)
    return taken


def _frequencies(store: Reads, words: list[str]) -> list[tuple[int, str]]:
    """How many memories have each word, counted up to a bound."""
    rows = store.rows(
        "SELECT (SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH one.value LIMIT ?)), "
        "one.value FROM json_each(?) AS one",
        [SCORED + 1, msgspec.json.encode(words).decode()],
    )
    return [(int(number), str(word)) for number, word in rows]


def _scored(store: Reads, words: list[str], count: int, choice: Filter) -> Ranking:
    """By BM25; it looks at every memory that has one of the words, with or without a filter."""
    score, order = "-bm25(words) AS score", "score DESC, words.rowid"
    rows = _matches(store, " OR ".join(words), count, choice, score, order)
    return [(int(key), float(score)) for key, score in rows]


def _newest(store: Reads, words: list[str], count: int, choice: Filter) -> Ranking:
    """Those with all words, each scored by their number, and then those with some, by 1."""
    found: dict[int, float] = {}
    for join, score in ((" AND ", float(len(words))), (" OR ", 1.0)):
        rows = _matches(store, join.join(words), count, choice, "0", "words.rowid DESC")
        for key, _ in rows:
            found.setdefault(int(key), score)
    return list(found.items())[:count]


def _matches(
    store: Reads, expression: str, count: int, choice: Filter, score: str, order: str
) -> list[tuple[int, float]]:
    condition, values = where(choice)
    # CROSS: the order of a join; the other way round, FTS5 would be asked once for each memory.
    join = "" if choice == EVERYTHING else "CROSS JOIN record ON record.key = words.rowid "
    return store.rows(
        f"SELECT words.rowid, {score} FROM words {join}"
        f"WHERE words MATCH ? AND {condition} ORDER BY {order} LIMIT ?",
        [expression, *values, count],
    )
