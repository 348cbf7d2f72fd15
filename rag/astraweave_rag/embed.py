"""Texts to vectors: the protocol, the embedder that needs no model, and a cache of queries."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from math import isqrt
from threading import Lock
from typing import Any, NamedTuple, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from .errors import EmbedderError
from .record import is_whole

Vectors = NDArray[np.float32]

_WORD = re.compile(r"\w+")
_GRAMS = (3, 4, 5)  # lengths of the character n-grams, of a word with marks at both ends
_WORD_WEIGHT, _GRAM_WEIGHT = 48, 128  # lengths of what each adds to a word
_PAIR = 24 << 6  # what two words in a row count, in the scale of words with their counts
_LETTERS = (2, 5, 8)  # a word of 5 letters counts fully, others by their length within 2 to 8
_COMMON_PART = 10  # words of COMMON count a tenth
_FUNCTION_WORDS = """
a about above after again all also am an and any are as at be because been before being below
between both but by can could did do does doing down during each few for from further had has
have having he her here hers him his how i if in into is it its itself just may me might more
most must my no nor not of off on once one only or other our out over own same shall she
should so some such than that the their them then there these they this those through to too
under until up upon us very was we were what when where which while who whom whose why will
with would you your
"""
COMMON = frozenset(_FUNCTION_WORDS.split())  # of English; other languages have none here
_FREQUENCY = 1 << 12  # scale of the square root of a word's count
_PLACES = 4  # dimensions that one feature touches
_FACTOR, _TERM = np.uint64(0x5851F42D4C957F2D), np.uint64(0x14057B7EF767814F)  # Knuth's MMIX
_KNOWN = 1 << 13  # words whose rows are kept
_BITS = 23  # of a row's numbers: 2^16 squares of them add up to less than 2^63


class Embedder(Protocol):
    """Turns texts into vectors of one length.

    Args:
        name: says which embedder it is, with all that changes its vectors; a store made with
            one name refuses another.
        dimensions: length of a vector.

    It may have a `share`: what its ranking counts for in hybrid search beside 1 for that of words;
    1 unless it says otherwise.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text; EmbedderError if that fails."""
        ...


class HashingEmbedder:
    """Vectors of spelling: texts that share words, or parts of words, are close to each other.

    It knows no meaning: "boat" and "ship" are strangers to it, "fishing" and "fisherman" are not.
    Each distinct word adds a feature for itself, one for each of its n-grams of 3 to 5 characters,
    and one for itself with the word before it; a word that comes n times counts √n times, a long
    one more than a short one, and English function words a tenth. Features
    are spread over the dimensions by a hash, with signs, so that collisions cancel on average
    (Weinberger et al. 2009, "Feature hashing for large scale multitask learning"; n-grams as in
    Bojanowski et al. 2017, "Enriching word vectors with subword information").

    Sums are whole numbers and the one root and division are exact to the last bit by IEEE 754, so
    the bytes are the same on every machine. Upper case, accents and punctuation do not matter. A
    text without a letter or digit gets the vector of the empty word.

    Args:
        dimensions: length of a vector.

    Raises:
        EmbedderError: fewer than 16 or more than 65,536 dimensions.
    """

    share = 0.3  # of its ranking beside that of words in hybrid search, as it knows hardly more

    def __init__(self, dimensions: int = 384) -> None:
        if not is_whole(dimensions) or not 16 <= dimensions <= 1 << 16:
            raise EmbedderError(
                f"hashing embedder: dimensions must be 16 to 65536, got {dimensions!r}"
            )
        self.dimensions = dimensions
        self.name = f"hashing-1/{dimensions}"
        self._words: OrderedDict[str, NDArray[np.int64]] = OrderedDict()
        self._lock = Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text."""
        rows = np.zeros((len(texts), self.dimensions), np.int64)
        with self._lock:
            for row, text in zip(rows, texts, strict=True):
                self._add_words(row, words_of(text) or [""])
        return _unit_rows(rows)

    def _add_words(self, row: NDArray[np.int64], words: list[str]) -> None:
        counts, pairs = Counter(words), set(pairwise(words))
        new = [word for word in counts if word not in self._words]
        features = [_Feature(" ".join(p), _PAIR // max(map(_part, p)), len(new)) for p in pairs]
        for place, word in enumerate(new):
            features += _features_of(word, place)
        *made, of_pairs = self._sums(features, len(new) + 1)
        self._words |= zip(new, map(_by_length, new, made), strict=True)
        for word, count in counts.items():
            row += self._words[word] * (isqrt(count * _FREQUENCY) // _part(word))
        row += of_pairs
        while len(self._words) > _KNOWN:  # the words met first go first
            self._words.popitem(last=False)

    def _sums(self, features: list[_Feature], count: int) -> NDArray[np.int64]:
        """So many rows to which features are added, each at some places, with a sign at each."""
        names = [crc32(one.name.encode("utf-8", "surrogatepass")) for one in features]
        numbers = np.array(names, np.uint64)
        weights = np.array([one.weight for one in features], np.float64)  # sums are exact
        starts = np.array([one.row for one in features], np.int64) * self.dimensions
        sums = np.zeros(count * self.dimensions)
        for _ in range(_PLACES):
            numbers = numbers * _FACTOR + _TERM
            places = (numbers >> np.uint64(33)) % np.uint64(self.dimensions)
            signed = np.where(numbers >> np.uint64(32) & np.uint64(1), weights, -weights)
            sums += np.bincount(starts + places.astype(np.int64), signed, len(sums))
        return sums.astype(np.int64).reshape(count, self.dimensions)


class _Feature(NamedTuple):
    """Something that a row has, what it counts, and in which row."""

    name: str
    weight: int
    row: int


def _features_of(word: str, row: int) -> list[_Feature]:
    """A word itself and its n-grams."""
    grams = grams_of(word)
    weight = isqrt(_GRAM_WEIGHT**2 // len(grams))
    return [_Feature(f"={word}", _WORD_WEIGHT, row), *(_Feature(g, weight, row) for g in grams)]


def _by_length(word: str, row: NDArray[np.int64]) -> NDArray[np.int64]:
    """What a word adds: the more the longer it is, within limits."""
    least, full, most = _LETTERS
    return np.asarray(row * min(max(len(word), least), most) // full)


def _part(word: str) -> int:
    """By how much less than others a word counts."""
    return _COMMON_PART if word in COMMON else 1


def _unit_rows(rows: NDArray[np.int64]) -> Vectors:
    """Rows of whole numbers as rows of length 1; the same bytes on every machine."""
    for row in rows:
        row >>= max(0, int(np.abs(row).max()).bit_length() - _BITS)
        if not row.any():  # all features cancelled each other
            row[0] = 1
    lengths = np.sqrt((rows * rows).sum(1).astype(np.float64))
    return np.asarray(rows / lengths[:, None], np.float32)


def words_of(text: str) -> list[str]:
    """The words of a text in order, in lower case and without accents."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in parts if not unicodedata.combining(c))
    return _WORD.findall(text.casefold())


def grams_of(word: str) -> list[str]:
    """The character n-grams of a word, its ends marked."""
    marked = f"<{word[:64]}>"
    return [marked[i : i + n] for n in _GRAMS for i in range(len(marked) - n + 1)] or [marked]


class Absent:
    """Stands for the embedder that made a store, where nothing has to be embedded.

    Args:
        name, dimensions: as the store has them.
    """

    def __init__(self, name: str, dimensions: int) -> None:
        self.name, self.dimensions = name, dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Always an EmbedderError."""
        raise EmbedderError(
            f"embedder {self.name} is not here, so {len(texts)} texts have no vectors; open the "
            "store with that embedder"
        )


class Cached:
    """An embedder that remembers the texts it met last: for queries, which repeat.

    Args:
        embedder: what does the work.
        size: how many texts are remembered.

    Raises:
        EmbedderError: a size below 1.
    """

    def __init__(self, embedder: Embedder, size: int = 1000) -> None:
        if size < 1:
            raise EmbedderError(f"cache of embeddings: the size must be 1 or more, got {size}")
        self.embedder, self.size = embedder, size
        self.hits = self.misses = 0
        self._rows: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    @property
    def name(self) -> str:
        """The name of the embedder that does the work."""
        return self.embedder.name

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self.embedder.dimensions

    @property
    def share(self) -> float:
        """What its ranking counts for in hybrid search, beside 1 for that of words."""
        return float(getattr(self.embedder, "share", 1.0))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text; only texts that are not remembered are embedded."""
        with self._lock:
            found = {text: self._rows[text] for text in texts if text in self._rows}
            missing = [text for text in dict.fromkeys(texts) if text not in found]
            self.hits += len(texts) - len(missing)
            self.misses += len(missing)
        if missing:
            found.update(zip(missing, checked_vectors(self.embedder, missing), strict=True))
        with self._lock:
            for text in found:
                self._rows[text] = found[text]
                self._rows.move_to_end(text)
            while len(self._rows) > self.size:
                self._rows.popitem(last=False)
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        return np.stack([found[text] for text in texts])


def checked_vectors(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """Embed texts and make sure that what comes back can be stored.

    Raises:
        EmbedderError: a wrong shape, a number that is not finite, or a length other than 1.
    """
    if not texts:
        return np.zeros((0, embedder.dimensions), np.float32)
    return checked_rows(embedder.embed(texts), len(texts), embedder.dimensions, embedder.name)


def checked_rows(rows: Any, count: int, dimensions: int, name: str) -> Vectors:
    """Rows of length 1 as float32; refused if they are something else.

    Raises:
        EmbedderError: names the embedder, what was expected and what came.
    """
    got = np.asarray(rows)
    if got.shape != (count, dimensions) or got.dtype.kind != "f":
        raise EmbedderError(
            f"embedder {name}: expected {count} rows of {dimensions} floats, "
            f"got shape {got.shape} of {got.dtype}; the embedder must be mended"
        )
    wide = got.astype(np.float64)
    lengths = np.sqrt((wide * wide).sum(1))
    wrong = np.flatnonzero(~(np.abs(lengths - 1) < 1e-2))  # true for NaN and infinity too
    if len(wrong):
        raise EmbedderError(
            f"embedder {name}: row {wrong[0]} has length {lengths[wrong[0]]:g}, expected 1; "
            "the embedder must return finite rows of length 1"
        )
    return got.astype(np.float32)
