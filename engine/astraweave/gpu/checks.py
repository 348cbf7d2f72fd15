"""What declarations of passes and resources may not say, found before a shader is compiled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from numbers import Integral
from typing import Any

from ..errors import AstraError, PassError
from .reserved import RESERVED

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ELEMENT = re.compile(r"[iuf]32|vec[24]<[iuf]32>")  # a vec3 would lie 16 bytes apart, not 12

# Names of the generated preamble, WGSL's own that it relies on, and its reserved words.
TAKEN = RESERVED | frozenset(
    [
        "Tick",
        "tick",
        "FOLD",
        "WORKGROUP_SIZE",
        "REQUIRED",
        "each",
        "main",
        "array",
        "arrayLength",
        "atomic",
        "atomicAdd",
        "bool",
        "i32",
        "u32",
        "f32",
        "vec2",
        "vec3",
        "vec4",
    ]
)
ADDED = frozenset(["RATE"])  # constants that the runner adds to those of a pass
_MOST = 0xFFFFFFFF


def whole(value: Any, what: str, low: int, high: int, error: type[AstraError] = PassError) -> int:
    """A whole number of any integer type as an int; else raises `error`, which names `what`."""
    if not isinstance(value, bool) and isinstance(value, Integral) and low <= int(value) <= high:
        return int(value)
    raise error(f"{what} must be a whole number, {low} to {high}, got {value!r}")


def check_resource(name: Any, element: Any, length: Any) -> None:
    """Raise PassError for a buffer that WGSL cannot declare."""
    if not isinstance(name, str) or not all(_NAME.fullmatch(part) for part in name.split(".")):
        raise PassError(f"resource {name!r}: a name has letters, digits, _ and dots between them")
    if name.replace(".", "_") in TAKEN | ADDED:
        raise PassError(f"resource {name}: every shader has that name already; choose another name")
    if not isinstance(element, str) or not _ELEMENT.fullmatch(element):
        raise PassError(
            f"resource {name}: no element {element!r}; use u32, i32, vec2<…> or vec4<…>"
        )
    if length is not None:
        whole(length, f"resource {name}: length", 1, _MOST)


def check_threads(owner: str, threads: Any) -> None:
    """Raise PassError unless it is a positive whole number."""
    whole(threads, f"pass {owner}: threads", 1, _MOST)


def check_constants(owner: str, constants: Mapping[str, Any]) -> None:
    """Raise PassError for constants that are neither whole numbers of 32 bits nor components."""
    if not isinstance(constants, Mapping):
        raise PassError(f"pass {owner}: constants must be a dict, got {constants!r}")
    for name, value in constants.items():
        if not _NAME.fullmatch(str(name)):
            raise PassError(f"pass {owner}: {name!r} cannot be the name of a constant")
        if name in TAKEN:
            raise PassError(f"pass {owner}: every shader has the name {name} already")
        if hasattr(value, "layout"):
            continue  # the runner puts the component's mask bits in its place
        if not isinstance(value, Integral) or not -(1 << 31) <= int(value) < 1 << 32:
            raise PassError(
                f"pass {owner}: constant {name} must be a whole number of 32 bits, got {value!r}"
            )


def check_added(owner: str, constants: Mapping[str, Any]) -> None:
    """Raise PassError for constants of a pass that the engine adds itself."""
    for name in ADDED & constants.keys():
        raise PassError(f"pass {owner}: the engine gives the constant {name}; choose another name")


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
