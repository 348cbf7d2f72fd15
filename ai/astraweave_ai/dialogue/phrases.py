"""The words after a verb as parts: a name or words that nobody knows, and what each is said for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .errand import SPEAKER, Lexicon
from .words import set_of, stem, tokens

ABOUT, TO, AT, FROM, ASIDE, OF = "about", "to", "at", "from", "aside", "of"
_ROLES = {
    **dict.fromkeys(set_of("to into onto toward towards"), TO),
    **dict.fromkeys(set_of("at near by beside in inside on behind for around outside"), AT),
    **dict.fromkeys(set_of("from off out"), FROM),
    **dict.fromkeys(set_of("with without about like past through along"), ASIDE),
    "of": OF,
}
_ARTICLES = set_of("the a an this that these those my your his her our their some any another")
_IDLE = set_of(
    "again all also away back big close do down dear friend heavy it just little my nearest next "
    "now old once over please quick quickly right so straight thanks them then there too up you"
)
_LINKS = set_of("and or then")
_ME = ("me", "us", "myself", "here")


class Part(NamedTuple):
    """Something that was named, or words that name nothing.

    Args:
        role: what it is said for.
        words: as they were said.
        sort: "thing", "place" or "person"; empty if the words name nothing.
        names: what it can be, the likeliest first.
        article: whether "the", "a" or the like stands before it.
        linked: whether "and" or "or" does.
    """

    role: str
    words: str
    sort: str = ""
    names: tuple[str, ...] = ()
    article: bool = False
    linked: bool = False


def parts_of(words: Sequence[str], lexicon: Lexicon) -> list[Part]:
    """The parts of what follows a verb, in order. Words of no weight are left out."""
    known, found, at = _Known(lexicon), _Parts(), 0
    while at < len(words):
        word = words[at]
        length, sort, names = known.at(words[at:])
        if length:
            found.name(words[at : at + length], sort, names)
        elif word in _ROLES:
            found.turn(_ROLES[word])
        elif word in _LINKS:
            found.link()
        elif word in _ARTICLES:
            found.article_comes()
        elif word not in _IDLE:
            found.odd.append(word)
        at += length or 1
    found.flush()
    return found.parts


def is_idle(words: Sequence[str]) -> bool:
    """Whether words say nothing."""
    return all(word in _IDLE or word in _LINKS or word in _ARTICLES for word in words)


class _Parts:
    """Parts as they are found, and what was read of the next one."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.odd: list[str] = []  # words before a name, or instead of one
        self._role, self._article, self._linked = ABOUT, False, False

    def name(self, words: Sequence[str], sort: str, names: tuple[str, ...]) -> None:
        """Names come; "red crate" names nothing if only "crate" is known."""
        if self.odd and sort == "thing":
            self.odd += words
            self.flush()
            return
        self.flush()
        self._add(Part(self._role, " ".join(words), sort, names, self._article, self._linked))

    def turn(self, role: str) -> None:
        self.flush()
        self._role, self._linked = role, False

    def link(self) -> None:
        """What is linked is said for the same as what came before, unless it begins anew."""
        self.flush()
        self._linked = True
        self._role = self.parts[-1].role if self.parts else ABOUT

    def article_comes(self) -> None:
        self.flush()
        self._article = True

    def flush(self) -> None:
        """End words that name nothing."""
        if self.odd:
            words, self.odd = " ".join(self.odd), []
            self._add(Part(self._role, words, article=self._article, linked=self._linked))

    def _add(self, part: Part) -> None:
        before = self.parts[-1] if self.parts else None
        if part.linked and part.sort in ("thing", ""):  # "to the gate, and the sack to the inn"
            part = part._replace(role=ABOUT)
        if part.role == OF and before is not None and before.sort == "thing":
            self.parts[-1] = Part(
                before.role, f"{before.words} of {part.words}", "", (), True, before.linked
            )
        else:
            self.parts.append(part)
        self._role, self._article, self._linked = ABOUT, False, False


class _Known:
    """Names by how they are called."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._called: dict[str, list[tuple[list[str], str, str]]] = {}
        for sort, name, text in _texts(lexicon):
            called = [stem(word) for word in tokens(text)]
            if called:
                self._called.setdefault(called[0], []).append((called, sort, name))

    def at(self, words: Sequence[str]) -> tuple[int, str, tuple[str, ...]]:
        """How many words are the longest name that they begin with, its sort, and whose it is."""
        stems = [stem(word) for word in words[:16]]
        fits = [one for one in self._called.get(stems[0], ()) if stems[: len(one[0])] == one[0]]
        length = max((len(called) for called, _, _ in fits), default=0)
        longest = [(sort, name) for called, sort, name in fits if len(called) == length]
        sort = longest[0][0] if longest else ""
        return length, sort, tuple(name for one, name in longest if one == sort)


def _texts(lexicon: Lexicon) -> Iterator[tuple[str, str, str]]:
    groups = ("thing", lexicon.things), ("place", lexicon.places), ("person", lexicon.people)
    for sort, names in groups:
        yield from ((sort, name, text) for name, texts in names.items() for text in texts)
    yield from (("person", SPEAKER, text) for text in _ME)
