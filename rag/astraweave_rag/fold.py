"""Folds texts that say nearly the same into one: what is the same stays, what differs is listed.

    Ada sold 2 loaves to Bram.           Ada sold 1–3 loaves to Bram (2), Cole.
    Ada sold 3 loaves to Bram.      →
    Ada sold 1 loaves to Cole.

Everything in the result was in the texts; nothing is made up, so no model is needed. Texts are of
different shapes if a "not" or "never" stands in one of them only, or if words change places between
them: `Ada gave Cole a coin` and `Cole gave Ada a coin` share all words but not what they say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

_TOKEN = re.compile(r"\w+(?:['’.,:/-]\w+)*|[^\w\s]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?$")
_NEGATIONS = frozenset(
    ("no", "not", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without")
)
_CLOSING = frozenset(".,;:!?)]}»”")
_ALIKE = 0.5  # of the longer text's words must be in the common frame of a shape
SHOWN = 20  # different things that a gap lists; of more, how many others there were
_COUNTED = 4  # things with which it is told how often they came; of more, the order says enough
SHAPES = 6  # ways of telling that are kept; of more, how many others there were

Tokens = Sequence[str]


def fold(
    texts: Sequence[str], shown: int = SHOWN, shapes: int = SHAPES, counted: bool = False
) -> str:
    """One text for several, a sentence for each way in which they tell it, the most frequent first.

    Where there are several ways, it is told how often each came.

    Args:
        texts: at least one; which come first decides between what comes equally often.
        shown: how many different things are listed where the texts differ.
        shapes: how many ways of telling are kept.
        counted: tell how often it came even if there is one way only.
    """
    groups: list[list[Tokens]] = []
    frames: list[list[str]] = []
    for tokens in (_TOKEN.findall(text) for text in texts):
        place, frame = _nearest(frames, tokens)
        if place == len(groups):
            groups.append([])
            frames.append(frame)
        groups[place].append(tokens)
        frames[place] = frame
    order = sorted(range(len(groups)), key=lambda place: -len(groups[place]))
    told = []
    for place in order[:shapes]:
        times = len(groups[place]) if counted or len(groups) > 1 else 1
        count = f" ({times} times)" if times > 1 else ""
        told.append(_folded(groups[place], frames[place], shown) + count)
    left = sum(len(groups[place]) for place in order[shapes:])
    return " ".join(told + ([f"And {left} more."] if left else []))


def _nearest(frames: Sequence[list[str]], tokens: Tokens) -> tuple[int, list[str]]:
    """The place of the shape that a text has most in common with, and what the two have in common.

    A text that is like none begins a shape of its own, behind the others.
    """
    best, found = _ALIKE, (len(frames), list(tokens))
    denied = _negations(tokens)
    for place, frame in enumerate(frames):
        if _negations(frame) != denied:
            continue
        common = _common(frame, tokens)
        if _negations(common) != denied or _moved(frame, tokens, common):
            continue
        share = 1.0 if common == tokens else _words(common) / max(1, _words(tokens))
        if share > best or (share == best and found[0] == len(frames)):
            best, found = share, (place, common)
    return found


def _folded(group: Sequence[Tokens], frame: Tokens, shown: int) -> str:
    """The texts of one shape as one."""
    gaps: list[Counter[str]] = [Counter() for _ in range(len(frame) + 1)]
    for tokens in group:
        for place, filler in enumerate(_fillers(tokens, frame)):
            gaps[place][_joined(filler)] += 1
    parts: list[str] = []
    for place, gap in enumerate(gaps):
        parts += [told] if (told := _told(gap, shown, len(group))) else []
        parts += frame[place : place + 1]
    return _joined(parts)


def _common(one: Tokens, other: Tokens) -> list[str]:
    """Tokens that both have in this order."""
    if one == other:
        return list(one)
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return [t for a, _, size in matcher.get_matching_blocks() for t in one[a : a + size]]


def _negations(tokens: Tokens) -> list[str]:
    words = (token.casefold().replace("’", "'") for token in tokens)
    return [word for word in words if word in _NEGATIONS or word.endswith(("n't", "cannot"))]


def _moved(frame: Tokens, tokens: Tokens, common: Tokens) -> bool:
    """Whether a word that both have stands elsewhere; numbers are only how much of something."""
    shared = Counter(common)
    left = (Counter(frame) - shared) & (Counter(tokens) - shared)
    return any(token[0].isalpha() for token in left)


def _fillers(tokens: Tokens, frame: Tokens) -> list[Tokens]:
    """What a text has before, between and after the tokens of the frame."""
    found: list[Tokens] = []
    start = 0
    for wanted in frame:
        end = tokens.index(wanted, start)
        found.append(tokens[start:end])
        start = end + 1
    return [*found, tokens[start:]]


def _told(gap: Counter[str], shown: int, texts: int) -> str:
    """What texts have in a gap: a range of numbers, or a list with counts, the most frequent first.

    Where some of the texts have nothing there, it is told how many have something.
    """
    if set(gap) == {""}:
        return ""
    numbers = [text for text in gap if _NUMBER.match(text)]
    if len(numbers) == len(gap) > 2:
        ordered = sorted(numbers, key=float)
        return f"{ordered[0]}–{ordered[-1]}"
    listed = sorted((-count, text) for text, count in gap.items() if text)
    counted = len(listed) <= _COUNTED and len(listed) > 1
    names = [f"{text} ({-n})" if counted and n < -1 else text for n, text in listed[:shown]]
    if len(listed) > shown:
        names.append(f"{len(listed) - shown} others")
    some = f" ({texts - gap['']} of {texts})" if gap[""] else ""
    return ", ".join(names) + some


def _joined(tokens: Tokens) -> str:
    """Tokens as a text, without blanks before closing marks."""
    text = ""
    for token in tokens:
        text += token if not text or token in _CLOSING else f" {token}"
    return text


def _words(tokens: Tokens) -> int:
    return sum(token[0].isalnum() for token in tokens)
