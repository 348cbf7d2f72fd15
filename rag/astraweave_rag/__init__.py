"""Memory for characters and search for designers: texts, vectors and what retrieves them.

The public names are listed in api.py and imported when the first of them is used.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

TYPE_CHECKING = False  # not from typing, which takes longer to import than all that is left here
if TYPE_CHECKING:
    from .api import *  # noqa: F403


def __getattr__(name: str) -> object:
    """One of the public names; Python asks here for what it does not find."""
    if name == "__all__" or not (name.startswith("__") or find_spec(f"{__name__}.{name}")):
        api = import_module(".api", __name__)
        if hasattr(api, name):
            return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    api = import_module(".api", __name__)
    return sorted({*globals(), *api.__all__})
