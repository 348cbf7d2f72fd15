"""AstraWeave: deterministic worlds of agents on the GPU, from Python.

The public names are listed in api.py. They are imported, with all that they need, when the first of
them is used: a program that only plans waits for no GPU.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # not from typing, which takes longer to import than all that is left here
if TYPE_CHECKING:
    from .api import *  # noqa: F403

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """One of the public names; Python asks here for what it does not find."""
    if not name.startswith("__") or name == "__all__":
        api = import_module(".api", __name__)
        if hasattr(api, name):
            return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    api = import_module(".api", __name__)
    return sorted({*globals(), *api.__all__})
