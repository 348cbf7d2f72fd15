"""What memory computes, written again in plain Python: the hashing embedder, fusion, diversity."""

import math
import re
from itertools import pairwise
from zlib import crc32


def embed(text: str, dimensions: int, common: frozenset[str]) -> list[float]:
    """The vector of an ASCII text, where words in `common` count a tenth."""
    words = re.findall(r"\w+", text.lower()) or [""]
    row = [0] * dimensions
    for word in set(words):
        times = math.isqrt(words.count(word) * 4096) // (10 if word in common else 1)
        grams = _grams(word)
        features = [(f"={word}", 48), *((g, math.isqrt(128 * 128 // len(grams))) for g in grams)]
        own = [0] * dimensions
        for feature, weight in features:
            for place, sign in _places(feature, dimensions):
                own[place] += sign * weight
        long = sorted((2, len(word), 8))[1]
        row = [x + y * long // 5 * times for x, y in zip(row, own, strict=True)]
    for pair in set(pairwise(words)):
        weight = 24 * 64 // (10 if common & set(pair) else 1)
        for place, sign in _places(" ".join(pair), dimensions):
            row[place] += sign * weight
    length = math.sqrt(sum(x * x for x in row))
    return [x / length for x in row]


def _grams(word: str) -> list[str]:
    marked = f"<{word}>"
    found = [marked[i : i + n] for n in (3, 4, 5) for i in range(len(marked) - n + 1)]
    return found or [marked]


def _places(feature: str, dimensions: int) -> list[tuple[int, int]]:
    number, found = crc32(feature.encode()), []
    for _ in range(4):
        number = (number * 0x5851F42D4C957F2D + 0x14057B7EF767814F) % 2**64
        found.append(((number >> 33) % dimensions, 1 if (number >> 32) % 2 else -1))
    return found


def fuse(rankings: list[list[int]], shares: list[float]) -> list[int]:
    """Keys by weighted reciprocal rank fusion, the best first, equal ones by key."""
    keys = {key for ranking in rankings for key in ranking}
    pairs = list(zip(rankings, shares, strict=True))
    score = {key: sum(w / (5 + r.index(key) + 1) for r, w in pairs if key in r) for key in keys}
    return sorted(keys, key=lambda key: (-score[key], key))


def choose_diverse(
    scores: list[float], cosines: list[list[float]], count: int, diversity: float
) -> list[int]:
    """Maximal marginal relevance by its definition."""
    chosen: list[int] = []
    while len(chosen) < min(count, len(scores)):
        left = [i for i in range(len(scores)) if i not in chosen]
        gain = {
            i: (1 - diversity) * scores[i]
            - diversity * max([0.0, *(cosines[i][j] for j in chosen)])
            for i in left
        }
        chosen.append(max(left, key=lambda i: (gain[i], -i)))
    return chosen
