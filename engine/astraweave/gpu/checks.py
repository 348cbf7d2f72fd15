"""What declarations of passes and resources may not say, found before a shader is compiled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from numbers import Integral
from typing import Any

from ..errors import PassError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ELEMENT = re.compile(r"[iuf]32|vec[24]<[iuf]32>")  # a vec3 would lie 16 bytes apart, not 12


def check_resource(name: str, element: str, length: int | None) -> None:
    """Raise PassError for a buffer that WGSL cannot declare."""
    if not all(_NAME.fullmatch(part) for part in name.split(".")):
        raise PassError(f"resource {name!r}: a name has letters, digits, _ and dots between them")
    if not _ELEMENT.fullmatch(element):
        raise PassError(
            f"resource {name}: no element {element!r}; use u32, i32, vec2<…> or vec4<…>"
        )
    if length is not None and length <= 0:
        raise PassError(f"resource {name}: length must be positive, got {length}")


def check_threads(owner: str, threads: Any) -> None:
    """Raise PassError unless it is a positive whole number."""
    if not isinstance(threads, int) or threads <= 0:
        raise PassError(f"pass {owner}: threads must be positive, got {threads}")


def check_constants(owner: str, constants: Mapping[str, Any]) -> None:
    """Raise PassError for constants that are not whole numbers of 32 bits under a proper name."""
    for name, value in constants.items():
        if not _NAME.fullmatch(str(name)):
            raise PassError(f"pass {owner}: {name!r} cannot be the name of a constant")
        if not isinstance(value, Integral) or not -(1 << 31) <= int(value) < 1 << 32:
            raise PassError(
                f"pass {owner}: constant {name} must be a whole number of 32 bits, got {value!r}"
            )


def check_presentation(
    owner: str, reads: tuple[Any, ...], writes: tuple[Any, ...], emits: tuple[Any, ...]
) -> None:
    """Raise PassError if data that is only drawn could flow into the simulation."""
    touched = [kind.layout for kind in reads + writes if hasattr(kind, "layout")]
    drawn = [layout.name for layout in touched if layout.presentation]
    results = [kind.layout for kind in writes + emits if hasattr(kind, "layout")]
    for result in results:
        if drawn and not result.presentation:
            raise PassError(
                f"pass {owner}: {drawn[0]} is for presentation; a pass that writes {result.name} "
                "may not read it"
            )
