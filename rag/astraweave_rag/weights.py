"""Reads the tensors of a safetensors file, all or none."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from .errors import ModelError

_LONGEST_HEADER = 100 << 20  # bytes; the format's own bound
_Size = Annotated[int, msgspec.Meta(ge=0, lt=1 << 48)]  # beyond any file, within 64 bits


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    dtype: Literal["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"]
    shape: tuple[_Size, ...]
    data_offsets: tuple[_Size, _Size]


_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}
_DTYPES |= {"I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1", "BOOL": "?"}


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Tensors by their names; what is stored as bfloat16 comes as float32.

    Raises:
        ModelError: there is no such file, or it is damaged.
    """
    try:
        data = path.read_bytes()
        size = int.from_bytes(data[:8], "little")
        if not 8 + size <= len(data) or size > _LONGEST_HEADER:
            raise ValueError(f"a header of {size:,} bytes does not fit into {len(data):,}")
        header = msgspec.json.decode(data[8 : 8 + size], type=dict[str, msgspec.Raw])
        header.pop("__metadata__", None)
        entries = {name: msgspec.json.decode(raw, type=_Entry) for name, raw in header.items()}
        return _tensors(entries, memoryview(data)[8 + size :])
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        reason = f"{path} is no usable safetensors file: {error}"
        raise ModelError(f"{reason}; get the model's files again") from error


def _tensors(entries: dict[str, _Entry], data: memoryview) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    end = 0  # tensors lie one after another, without gaps
    for name, entry in sorted(entries.items(), key=lambda item: item[1].data_offsets):
        dtype, (begin, stop) = np.dtype(_DTYPES[entry.dtype]), entry.data_offsets
        if begin != end or stop - begin != math.prod(entry.shape) * dtype.itemsize:
            raise ValueError(f"{entry.dtype} {entry.shape} of {name} cannot lie at {begin}–{stop}")
        if stop > len(data):
            raise ValueError(f"it ends within {name}")
        found[name] = np.frombuffer(data[begin:stop], dtype).reshape(entry.shape)
        if entry.dtype == "BF16":
            found[name] = (found[name].astype("<u4") << 16).view("<f4")
        end = stop
    if end != len(data):
        raise ValueError(f"its tensors take {end:,} of {len(data):,} bytes")
    return found
