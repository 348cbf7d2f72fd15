"""Text out of tokens: whole characters only, and nothing that may turn out to be a stop text."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class Speech:
    """Takes the bytes of tokens and gives text.

    A character that ends in a later token is held back, and so is a tail that may become a stop
    text. Bytes that are no UTF-8 become U+FFFD.

    Args:
        stop: texts that end the speech; they are not part of it.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self.text = ""
        self.stopped = False
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, piece: bytes, last: bool = False) -> str:
        """What is new and certain; nothing after a stop text.

        Args:
            piece: bytes of the next token.
            last: no other token follows, so nothing is held back.
        """
        if self.stopped:
            return ""
        held = self._held + self._decoder.decode(piece, last)
        places = [place for text in self._stop if (place := held.find(text)) >= 0]
        if places:
            self.stopped = True
            keep = min(places)
        else:
            keep = len(held) - (0 if last else self._doubtful(held))
        new, self._held = held[:keep], held[keep:]
        self.text += new
        return new

    def _doubtful(self, held: str) -> int:
        """Length of the longest tail that a stop text begins with."""
        longest = max(map(len, self._stop), default=1) - 1
        for length in range(min(longest, len(held)), 0, -1):
            if any(text.startswith(held[-length:]) for text in self._stop):
                return length
        return 0
