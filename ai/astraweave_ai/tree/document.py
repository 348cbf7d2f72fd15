"""A file of trees as it stands in XML: read and written without loss, not yet understood.

Reading uses expat, without entities: a DOCTYPE is refused, so no file can reach for another or
grow in memory. Writing gives the canonical form: two blanks of indentation, one element a line,
attributes in their order. What was read from the canonical form is written back byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from ..errors import TreeError

MAX_DEPTH = 256  # elements inside each other
MAX_BYTES = 1 << 24
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_ATTRIBUTE_ESCAPES = {**_ESCAPES, '"': "&quot;", "\t": "&#9;", "\n": "&#10;"}


@dataclass(frozen=True)
class Comment:
    """A comment, which stays where it is."""

    text: str


@dataclass(frozen=True)
class Element:
    """A tag with its attributes in order, and what is inside: either text or other elements."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    content: tuple[Element | Comment, ...] = ()
    text: str = ""
    line: int = field(default=0, compare=False)

    @property
    def children(self) -> Iterator[Element]:
        """The elements inside, without the comments."""
        return (inside for inside in self.content if isinstance(inside, Element))


@dataclass(frozen=True)
class Document:
    """A root element, and the comments before and after it."""

    root: Element
    before: tuple[Comment, ...] = ()
    after: tuple[Comment, ...] = ()

    def xml(self) -> str:
        """The canonical text; a TreeError where a comment cannot be written."""
        parts = [_HEAD]
        pieces: tuple[Element | Comment, ...] = (*self.before, self.root, *self.after)
        for piece in pieces:
            _write(piece, 0, parts)
        return "".join(parts)


def read_document(source: str | bytes, name: str) -> Document:
    """The document in `source`; a TreeError names `name` and the line of what is wrong."""
    if len(source) > MAX_BYTES:
        raise TreeError(f"{name}: a file has at most {MAX_BYTES:,} bytes, not {len(source):,}")
    return _Reader(name).read(source)


class _Open:
    """An element whose end has not been seen."""

    def __init__(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.line = line
        self.content: list[Element | Comment] = []
        self.text: list[str] = []

    def close(self, name: str) -> Element:
        text = "".join(self.text).strip()
        if text and self.content:
            raise TreeError(
                f"{name}:{self.line}: <{self.tag}> mixes text {text[:40]!r} with elements"
            )
        return Element(self.tag, self.attributes, tuple(self.content), text, self.line)


class _Reader:
    """Builds elements from expat's events, without recursion."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.open: list[_Open] = []
        self.root: Element | None = None
        self.before: list[Comment] = []
        self.after: list[Comment] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.CommentHandler = self.comment
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.ProcessingInstructionHandler = self.instruction

    def read(self, source: str | bytes) -> Document:
        try:
            self.parser.Parse(source, True)
        except expat.ExpatError as error:
            reason = expat.errors.messages[error.code]
            raise TreeError(f"{self.name}:{error.lineno}: the XML is malformed: {reason}") from None
        except UnicodeEncodeError as error:  # lone surrogates
            raise TreeError(f"{self.name}: the text is not Unicode: {error}") from None
        except LookupError as error:
            raise TreeError(f"{self.name}: an unknown encoding: {error}") from None
        if self.root is None:
            raise TreeError(f"{self.name}: the XML has no element")
        return Document(self.root, tuple(self.before), tuple(self.after))

    @property
    def place(self) -> str:
        return f"{self.name}:{self.parser.CurrentLineNumber}"

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise TreeError(f"{self.place}: elements nest at most {MAX_DEPTH} deep")
        self.open.append(_Open(tag, attributes, self.parser.CurrentLineNumber))

    def end(self, tag: str) -> None:
        element = self.open.pop().close(self.name)
        if self.open:
            self.open[-1].content.append(element)
        else:
            self.root = element

    def characters(self, text: str) -> None:
        self.open[-1].text.append(text)

    def comment(self, text: str) -> None:
        outside = self.before if self.root is None else self.after
        target: list[Element | Comment] | list[Comment] = (
            self.open[-1].content if self.open else outside
        )
        target.append(Comment(text))

    def doctype(self, *declaration: object) -> None:
        raise TreeError(f"{self.place}: DOCTYPE is refused, because entities are; remove it")

    def instruction(self, target: str, data: str) -> None:
        raise TreeError(f"{self.place}: the processing instruction <?{target}?> is not supported")


def _write(part: Element | Comment, depth: int, parts: list[str]) -> None:
    indent = "  " * depth
    if isinstance(part, Comment):
        if "--" in part.text or part.text.endswith("-"):
            raise TreeError(f"a comment cannot hold '--' or end with '-': {part.text[:40]!r}")
        parts.append(f"{indent}<!--{part.text}-->\n")
        return
    pairs = (f' {name}="{_escaped(v, _ATTRIBUTE_ESCAPES)}"' for name, v in part.attributes.items())
    start = f"{indent}<{part.tag}{''.join(pairs)}"
    if part.content:
        parts.append(f"{start}>\n")
        for inside in part.content:
            _write(inside, depth + 1, parts)
        parts.append(f"{indent}</{part.tag}>\n")
    elif part.text:
        parts.append(f"{start}>{_escaped(part.text, _ESCAPES)}</{part.tag}>\n")
    else:
        parts.append(f"{start}/>\n")


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
