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
    """Keys and BM25 scores of the memories with words of the query, the best first.

    Scores grow with relevance; equal ones are in the order of their keys. Scoring every memory
    that has one of the frequent words would take most of the time and change little, since such
    words count least: words are taken from the rarest on, as long as the memories that have them
    are at most 300 together, and at least one. Where a filter then leaves too few, all words
    are taken.

    Args:
        count: how many are wanted.
        most: how many are told, where there are more; by default no more than are wanted.
    """
    most = count if most is None else max(count, most)
    words = words_in(query)
    rare = _rarest(store, words)
    if not rare:
        return []
    found = _scored(store, rare, most, choice)
    if choice != EVERYTHING and len(found) < count and len(rare) < len(words):
        found = _scored(store, words, most, choice)
    return found


def _rarest(store: Reads, words: list[str]) -> list[str]:
    """The rarest of these words that are there at all, within what may be scored."""
    counted = sorted(_frequencies(store, words))
    there = [(number, word) for number, word in counted if number]
    taken, total = [word for _, word in there[:1]], sum(number for number, _ in there[:1])
    for number, word in there[1:]:
        total += number
        if total > SCORED:
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
