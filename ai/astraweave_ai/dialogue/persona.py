"""Personas: who a character is, what it knows and what it may do, from TOML files.

name = "Mara"
role = "the baker"
tone = "warm and quick"
skills = ["baking"]
facts = ["The oven is lit before sunrise."]
knows = ["bread", "flour"]
may = ["MoveTo", "Wait", "Lift", "PutDown"]
errands = ["bring", "go"]

What is not in `may` never happens, whoever asks for it and however.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from ..errors import PersonaError
from ..registry import ActionRegistry
from .errand import KINDS
from .files import decode_toml, read_text
from .words import plain

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Lines = Annotated[tuple[Line, ...], msgspec.Meta(max_length=64)]
NAME = 32  # characters of a name


class Persona(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A character as its author wrote it.

    Args:
        name: one line of at most 32 characters.
        role: what it is in its world.
        tone: how it talks.
        skills, facts, knows: what it can, what it holds to be true, and tags of what it knows.
        may: names of the actions that it may take; all others are denied.
        errands: kinds of errands that it takes on when asked.
        agrees, done, declines, lost, parts: what it says when it takes an errand on, has done it,
            will not do it, does not understand, and when a talk ends; the first, the second and so
            on in turn.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME)]
    role: Line
    tone: Line = "plain"
    skills: Lines = ()
    facts: Lines = ()
    knows: Lines = ()
    may: Lines = ()
    errands: Lines = ()
    agrees: Lines = ("I will.",)
    done: Lines = ("It is done.",)
    declines: Lines = ("That is not for me to do.",)
    lost: Lines = ("I do not understand.",)
    parts: Lines = ("Farewell.",)


def load_persona(path: str | Path, registry: ActionRegistry) -> Persona:
    """A persona from a TOML file.

    Raises:
        PersonaError: it cannot be read, or something in it is wrong; names file and field.
    """
    return parse_persona(read_text(path, PersonaError), registry, str(path))


def parse_persona(text: str, registry: ActionRegistry, name: str = "persona") -> Persona:
    """A persona from TOML; `name` stands for the file in messages.

    Raises:
        PersonaError: something is wrong.
    """
    raw = decode_toml(text, name, PersonaError)
    try:
        persona = msgspec.convert(raw, Persona)
    except msgspec.ValidationError as error:
        told, _, path = str(error).partition(" - at `$")
        field = path.strip(".`")
        raise PersonaError(f"{name}: {field}: {told}" if field else f"{name}: {told}") from error
    if told := _complaint(persona, registry):
        raise PersonaError(f"{name}: {told}")
    return persona


def _complaint(persona: Persona, registry: ActionRegistry) -> str:
    """What a schema cannot say; empty for a proper persona."""
    if plain(persona.name) != persona.name:
        return f"name: expected one line without control characters, got {persona.name!r}"
    for number, act in enumerate(persona.may):
        if act not in registry:
            known = ", ".join(action.name for action in registry)
            return f"may[{number}]: no action {act!r}; there is {known}"
    for number, kind in enumerate(persona.errands):
        if kind not in KINDS:
            return f"errands[{number}]: no kind of errand {kind!r}; there is {', '.join(KINDS)}"
    for field in ("agrees", "done", "declines", "lost", "parts"):
        if not getattr(persona, field):
            return f"{field}: expected at least one text, got none"
    return ""
