"""What a language model answers in a dialogue: words, and calls of tools that are only wishes.

{"say": "I will carry it over.", "do": [{"act": "bring", "thing": "crate", "where": "gate"}]}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..errors import InvalidJson
from .errand import KINDS
from .words import plain

SAID = 400  # characters of one answer that are shown
CALLS = 3  # of one answer that are looked at
_CHARACTERS = 240  # of an answer under the grammar
_WHOLE = re.compile(r"(?:[^\\]|\\[^u]|\\u[0-9a-fA-F]{4})*", re.DOTALL)
_SAY = re.compile(r'"say"\s*:\s*"((?:[^"\\]|\\.)*)')


class Reply(msgspec.Struct, frozen=True):
    """Words, and calls: dictionaries with the name of an errand or an action under `act`."""

    say: str
    do: tuple[dict[str, Any], ...] = ()


def parse_reply(text: str) -> Reply:
    """An answer: an object, one in a fence or among words, or words alone.

    Raises:
        InvalidJson: there is the beginning of an object, and none that can be read.
    """
    found = next((one for one in _objects(text) if "say" in one or "do" in one), None)
    if found is None:
        if "{" in text or not plain(text):
            raise InvalidJson(f"expected an object with say and do, got {plain(text, 80)!r}")
        return Reply(plain(text, SAID))
    try:
        reply = msgspec.convert({"say": "", **found}, Reply)
    except msgspec.ValidationError as error:
        raise InvalidJson(f"expected an object with say and do: {error}") from error
    return Reply(plain(reply.say, SAID), reply.do[:CALLS])


def _objects(text: str) -> list[dict[str, Any]]:
    """The outermost JSON objects in a text, in order."""
    decoder, found, at = json.JSONDecoder(), [], text.find("{")
    while at >= 0:
        try:
            one, end = decoder.raw_decode(text, at)
            found.append(one)
        except (ValueError, RecursionError):
            end = at + 1
        at = text.find("{", end)
    return found


def said_so_far(partial: str) -> str:
    """The words of an answer that is still being written."""
    found = _SAY.search(partial)
    if found is None:
        return "" if "{" in partial else plain(partial, SAID)
    inner = (_WHOLE.match(found[1]) or found)[0]  # no escape that is not all there
    try:
        return plain(json.loads(f'"{inner}"', strict=False), SAID)
    except ValueError:
        return plain(inner, SAID)


# -- the grammar -----------------------------------------------------------------------------------


def reply_grammar(kinds: Sequence[str], names: Mapping[str, Sequence[str]]) -> str:
    """GBNF of an answer that calls none but these errands, with these names.

    Args:
        kinds: of errands that the character takes on.
        names: what there is, under "thing", "where" and "person".
    """
    calls = {kind: _call(kind, names) for kind in kinds if _possible(kind, names)}
    rules = [f"{kind} ::= {rule}" for kind, rule in calls.items()]
    some = f'( call ( "," ws call ){{0,{CALLS - 1}}} )?' if calls else ""
    return "\n".join(
        [
            f'root ::= "{{\\"say\\":" ws text "," ws "\\"do\\":" ws "[" {some} "]}}"',
            *([f"call ::= {' | '.join(calls)}"] if calls else []),
            *rules,
            f'text ::= "\\"" [^"\\\\\\x00-\\x1F\\x7F]{{1,{_CHARACTERS}}} "\\""',
            'ws ::= " "?',
            "",
        ]
    )


def _slots(kind: str) -> dict[str, str]:
    """The arguments of an errand, and which names they take."""
    one = KINDS[kind]
    where = {"where": "person" if one.person else "where"} if one.where else {}
    return {**({"thing": "thing"} if one.thing else {}), **where}


def _possible(kind: str, names: Mapping[str, Sequence[str]]) -> bool:
    return all(names.get(group) for group in _slots(kind).values())


def _call(kind: str, names: Mapping[str, Sequence[str]]) -> str:
    parts = [_literal(f'{{"act":{json.dumps(kind)}')]
    for slot, group in _slots(kind).items():
        options = " | ".join(_literal(json.dumps(name)) for name in names[group])
        parts += [_literal(f',"{slot}":'), "ws", f"( {options} )"]
    return " ".join([*parts, _literal("}")])


def _literal(text: str) -> str:
    """A text as GBNF writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
