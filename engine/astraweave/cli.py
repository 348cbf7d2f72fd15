"""The command line: finds the command, runs it, and tells what went wrong.

Every mistake of the user is one line on stderr and exit code 2; a failed replay is exit code 1.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from .errors import AstraError, ReplayMismatch, UsageError
from .extensions import extensions

TYPE_CHECKING = False  # not from typing, which takes as long to import as a small plan to find
if TYPE_CHECKING:
    from typing import Any


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except ReplayMismatch as error:
        print(f"astraweave: {_one_line(error)}", file=sys.stderr)
        return 1
    except AstraError as error:
        print(f"astraweave: error: {_one_line(error)}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        print("astraweave: interrupted", file=sys.stderr)
        return 130


def _run(arguments: Sequence[str]) -> int:
    home = extensions().get(arguments[0]) if arguments else None
    if home is not None:
        code = _run_extension(home, arguments[1:])
        if code is not None:
            return code
    from .commands import parser

    parsed, more = parser(*arguments[:1]).parse_known_args(arguments)
    parsed.scene_arguments = more
    if more and parsed.command not in ("run", "checksum"):
        raise UsageError(f"unrecognized arguments: {' '.join(more)}")
    return int(parsed.run(parsed))


def _run_extension(home: str, arguments: Sequence[str]) -> int | None:
    """Run the command of another package; None if its arguments need the whole parser."""
    command: Any = import_module(home)
    parsed = command.parse(arguments)
    return None if parsed is None else int(command.run(parsed))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    sys.exit(main())
