"""NumPy twin of the checksum: a hash per entity and component, keyed by id, summed lane by lane."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fixed import U32
from .random import pcg4d


def fold(ids: U32, records: NDArray[Any], key: int, used_words: int) -> U32:
    """Four lanes of one component; `used_words` has a bit for each word that is not padding."""
    width = records.dtype.itemsize // 4
    words = np.ascontiguousarray(records).view(np.uint32).reshape(len(ids), width)
    return _sum(_digest(ids, words, key, width, used_words))


def fold_identity(ids: U32) -> U32:
    """Four lanes of which ids live."""
    return _sum(_digest(ids, np.zeros((len(ids), 0), np.uint32), 0, 0, 0))


def as_hex(parts: Mapping[str, U32]) -> str:
    """The sum of all components as 32 hexadecimal digits."""
    lanes = _sum(np.array(list(parts.values()), np.uint32))
    return "".join(f"{lane:08x}" for lane in lanes)


def _digest(ids: U32, words: U32, key: int, width: int, used_words: int) -> U32:
    state = np.zeros((len(ids), 4), np.uint32)
    state[:, 0], state[:, 1:] = ids, (key, 0x9E3779B9, width)
    state = pcg4d(state)
    for word in range(width):
        if used_words >> word & 1:
            state[:, word % 4] ^= words[:, word]
        if word % 4 == 3:
            state = pcg4d(state)
    return pcg4d(state)


def _sum(rows: U32) -> U32:
    return rows.sum(axis=0, dtype=np.uint32)
