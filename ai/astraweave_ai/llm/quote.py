"""Text that others chose, put into a prompt so that it stays data.

Names and dialogue come from players, content and other models. They are written as JSON strings, in
which no character can end the quotation, begin a line, or form the control tokens of a model.
"""

from __future__ import annotations

import json
import re

# What control tokens of chat templates are made of, such as <|im_end|>, </s>, [INST], {{ and ```.
_MARKS = re.compile(r"[<>\[\]{}|`#]")


def quoted(text: str) -> str:
    """The text as a JSON string of printable ASCII; `json.loads` gives it back."""
    return _MARKS.sub(lambda mark: f"\\u{ord(mark[0]):04x}", json.dumps(text))
