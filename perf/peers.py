"""Other programs on the same workloads, timed in turn with ours within one run.

A peer is a command that prints its milliseconds a step. `--peers FILE` names a JSON object:
{"crowd_plain 131072": {"name": "Warp", "command": ["python", ...], "pattern": "step ([0-9.]+)"}}.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from astraweave import AstraError

_LONGEST = 300  # seconds


@dataclass
class Peer:
    """One command and what it printed so far."""

    workload: str
    name: str
    command: list[str]
    pattern: str
    samples: list[float] = field(default_factory=list)

    def round(self) -> None:
        """Run it once.

        Raises:
            AstraError: it failed, or did not print what the pattern looks for.
        """
        try:
            done = subprocess.run(
                self.command, capture_output=True, text=True, timeout=_LONGEST, check=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise AstraError(f"peer {self.name} of {self.workload} failed: {error}") from error
        found = re.search(self.pattern, done.stdout)
        if found is None:
            raise AstraError(f"peer {self.name} printed nothing like {self.pattern!r}")
        self.samples.append(float(found[1]))

    def told(self) -> str:
        """Its figures as text."""
        low, high = min(self.samples), max(self.samples)
        return (
            f"{self.name}: {median(self.samples):.4g} ms [{low:.4g} to {high:.4g}], "
            f"{len(self.samples)} processes in turn with ours"
        )


def load_peers(path: Path) -> list[Peer]:
    """The peers of a file.

    Raises:
        AstraError: not a JSON object of peers.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return [Peer(workload, **peer) for workload, peer in document.items()]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise AstraError(f"{path} does not describe peers: {error}") from error
