"""The notation of PDDL: text into nested lists of words that know where they stand.

Nothing here knows what the words mean. Positions are character offsets; only an error turns one
into a line, because errors are rare and tokens are many.
"""

from __future__ import annotations

import re

from ..errors import DomainError

TYPE_CHECKING = False  # not from typing, whose import takes longer than many a plan
if TYPE_CHECKING:
    from typing import NoReturn

_TOKEN = re.compile(r"[()]|[^\s();]+|;[^\n]*")

MAX_CHARACTERS = 64 * 1024 * 1024  # of one file; parsed, it takes some twenty times that


class Word(str):
    """A name, variable, keyword or number in lower case, for PDDL knows no capitals."""

    at: int


class Form(list["Word | Form"]):
    """What stands between two parentheses."""

    at: int


class Source:
    """A file's text, which errors refer to."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    def fail(self, at: int, message: str) -> NoReturn:
        """Raise the error that `message` is about the text at offset `at`."""
        raise DomainError(f"{self.where(at)}: {message}")

    def where(self, at: int) -> str:
        """The file and the line of offset `at`."""
        line = self.text.count("\n", 0, at) + 1
        return f"{self.path}:{line}"


def load(path: str) -> Source:
    """The file at `path`; a DomainError names what cannot be opened."""
    try:
        # Not by pathlib: to import it takes longer than to read and ground a small task.
        with open(path, encoding="utf-8-sig", errors="replace") as file:  # noqa: PTH123
            text = file.read(MAX_CHARACTERS + 1)
    except OSError as error:
        raise DomainError(f"{path}:1: cannot be read: {error.strerror}") from error
    if len(text) > MAX_CHARACTERS:
        raise DomainError(f"{path}:1: is longer than {MAX_CHARACTERS:,} characters")
    return Source(path, text)


def read(source: Source) -> Form:
    """The one form of a file."""
    top = Form()
    open_forms = [top]
    for match in _TOKEN.finditer(source.text):
        token, at = match.group(), match.start()
        if token == "(":
            form = Form()
            form.at = at
            open_forms[-1].append(form)
            open_forms.append(form)
        elif token == ")":
            open_forms.pop()
            if not open_forms:
                source.fail(at, "')' without a '(' before it")
        elif token[0] != ";":
            word = Word(token.lower())
            word.at = at
            open_forms[-1].append(word)
    if len(open_forms) > 1:
        source.fail(open_forms[-1].at, "'(' that is never closed")
    return _only(source, top)


def _only(source: Source, top: Form) -> Form:
    if not top:
        source.fail(0, "expected (define …), found an empty file")
    first = top[0]
    if not isinstance(first, Form):
        source.fail(first.at, f"expected (define …), found {show(first)}")
    if len(top) > 1:
        source.fail(top[1].at, f"expected the end of the file, found {show(top[1])}")
    return first


def show(item: Word | Form, limit: int = 40) -> str:
    """`item` as PDDL, cut to some `limit` characters; safe for any depth."""
    parts: list[str] = []
    stack: list[Word | Form | str] = [item]
    while stack and sum(map(len, parts)) < limit:
        top = stack.pop()
        if isinstance(top, Form):
            parts.append("(")
            stack.append(")")
            stack.extend(reversed(top))
        else:
            parts.append(str(top))
    text = " ".join(parts).replace("( ", "(").replace(" )", ")")
    return f"{text[:limit]}…" if stack or len(text) > limit else text
