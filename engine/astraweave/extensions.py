"""Finds the commands that other packages bring, by their entry points.

The engine does not know them, and imports one only when it is called. `importlib.metadata` would
find them too, but to import it takes longer (25 ms) than many a plan takes to be found.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

GROUP = "astraweave.commands"


def extensions() -> dict[str, str]:
    """Modules by the names of their commands, of all installed packages named astraweave….

    A module has `SUMMARY`, `add_arguments(parser)`, `run(args)`, which returns the exit code, and
    `parse(arguments)`, which gives `run` what it wants without argparse, or None if it cannot.
    """
    found = {name: module for path in _files() for name, module in _entries(path)}
    return dict(sorted(found.items()))


def _files() -> Iterator[str]:
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208
        except OSError:
            continue  # a zip file, or gone
        for name in sorted(names):
            if name.startswith("astraweave") and name.endswith(".dist-info"):
                yield os.path.join(folder, name, "entry_points.txt")  # noqa: PTH118


def _entries(path: str) -> Iterator[tuple[str, str]]:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            lines = file.read().splitlines()
    except OSError:
        return  # a package without entry points
    section = ""
    for line in lines:
        if line.startswith("["):
            section = line.strip("[] ")
        elif section == GROUP and "=" in line:
            name, _, module = line.partition("=")
            yield name.strip(), module.strip()
