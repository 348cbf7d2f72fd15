"""What a memory is: a text with its metadata, as given, as kept, and as chosen."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Any, TypeGuard

import msgspec
from msgspec import Meta, Struct

from .errors import QueryError, StoreError

LONGEST_TEXT = 1 << 20  # characters; a longer document is indexed in parts
LARGEST_DATA = 1 << 16  # bytes of JSON
_WHOLE = Meta(ge=-(1 << 62), le=(1 << 62))

Name = Annotated[str, Meta(max_length=1024)]
Tag = Annotated[str, Meta(min_length=1, max_length=256)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Draft(Struct, frozen=True, kw_only=True):
    """A memory that is to be added.

    Args:
        text: what is remembered, found and quoted.
        persona: whose memory it is; "" is what everybody knows.
        kind: what sort of memory it is, for filters and half-lives.
        tags: words to filter by.
        tick: when it happened, in ticks of the simulation.
        wall: when it happened, in seconds since 1970, as the caller says; no clock is read.
        importance: 0 to 1.
        source: where it comes from: a file, an event, another character.
        data: a small dictionary of what JSON can hold.
    """

    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
    persona: Name = ""
    kind: Name = ""
    tags: tuple[Tag, ...] = ()
    tick: Annotated[int, _WHOLE] = 0
    wall: float = 0.0
    importance: Share = 0.5
    source: Name = ""
    data: dict[str, Any] = {}


class Record(Draft, frozen=True, kw_only=True):
    """A memory that is kept: a draft with its key, which is never used again, and its generation.

    Args:
        key: names the memory; keys ascend.
        generation: how often it was written, 1 when it is new.
    """

    key: int
    generation: int = 1


class Filter(Struct, frozen=True, kw_only=True):
    """Which memories are meant; what is not given does not matter.

    Args:
        persona: of this character, or of one of these.
        kinds: of one of these kinds.
        without: of none of these kinds.
        tags: with all of these tags.
        since: from this tick on.
        until: up to this tick, itself included.
        min_importance: at least so important.
        source: whose source begins like this.
    """

    persona: Name | tuple[Name, ...] | None = None
    kinds: tuple[Name, ...] = ()
    without: tuple[Name, ...] = ()
    tags: tuple[Tag, ...] = ()
    since: Annotated[int, _WHOLE] | None = None
    until: Annotated[int, _WHOLE] | None = None
    min_importance: Share = 0.0
    source: Name = ""

    @property
    def personas(self) -> tuple[str, ...]:
        """The characters as a tuple; empty where it does not matter."""
        if self.persona is None:
            return ()
        return (self.persona,) if isinstance(self.persona, str) else self.persona


EVERYTHING = Filter()


def checked_draft(draft: Draft) -> Draft:
    """The draft itself, without what a record has more; refused if a field is wrong.

    Raises:
        StoreError: names the field, what was expected and what came.
    """
    if not isinstance(draft, Draft):
        raise StoreError(f"memory: a Draft is expected, got {type(draft).__name__}")
    fields = {name: getattr(draft, name) for name in Draft.__struct_fields__}
    try:
        known = msgspec.convert({**fields, "data": {}}, Draft)
        data = msgspec.json.encode(fields["data"], order="sorted")
        back = msgspec.json.decode(data, type=dict[str, Any])
        "".join((known.text, known.persona, known.kind, known.source, *known.tags)).encode()
    except (msgspec.DecodeError, TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"memory {_short(draft.text)}: {error}; correct that field") from error
    _check_numbers(known)
    if not known.text.strip():
        raise StoreError("memory: its text is blank, so nothing could ever find it; give it words")
    if back != draft.data:
        raise StoreError(
            f"memory {_short(draft.text)}: data must be a dictionary that JSON can hold (text "
            "keys, lists, text, finite numbers, true, false, null); this would come back changed"
        )
    if len(data) > LARGEST_DATA:
        raise StoreError(
            f"memory {_short(draft.text)}: data takes {len(data)} bytes of JSON, at most "
            f"{LARGEST_DATA} are kept; put the rest elsewhere and name it in source"
        )
    return msgspec.structs.replace(known, data=draft.data)


def checked_filter(choice: Filter) -> Filter:
    """The filter itself; refused if a field is wrong.

    Raises:
        QueryError: names the field, what was expected and what came.
    """
    if not isinstance(choice, Filter):
        raise QueryError(f"filter: a Filter is expected, got {type(choice).__name__}")
    fields = {name: getattr(choice, name) for name in Filter.__struct_fields__}
    try:
        msgspec.convert(fields, Filter)
    except msgspec.ValidationError as error:
        raise QueryError(f"filter: {error}; correct that field") from error
    return choice


def is_whole(value: object) -> TypeGuard[int]:
    """Whether something is a whole number; True and False are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Whether something is a finite number; True and False are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _check_numbers(draft: Draft) -> None:
    for name in ("wall", "importance"):
        if not isfinite(getattr(draft, name)):
            raise StoreError(
                f"memory {_short(draft.text)}: {name} must be a finite number, "
                f"got {getattr(draft, name)}"
            )


def _short(text: object) -> str:
    """The beginning of a text, for messages."""
    shown = repr(text)
    return shown if len(shown) <= 48 else f"{shown[:44]}…{shown[0]}"
