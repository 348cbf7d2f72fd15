"""Pinned checksums: `python -m tests.pin` computes them and notes this adapter where they hold."""

import argparse
import json
import sys
from typing import Any

from astraweave import Gpu
from tests.integration.runs import PINNED, Case, adapter_name, plain

CASES = (
    Case("crowd", 1_024),
    Case("crowd", 16_384),
    Case("crowd", 131_072),
    Case("bounce", 1_024),
    Case("bounce", 16_384),
    Case("bounce", 131_072),
    Case("hello_compute", 2_000),
    Case("skirmish", 64, 500),
    Case("companion", 3, 600),
    Case("guards", 9, 600),
    Case("villager", 6, 600),
)


def load() -> dict[Case, dict[str, Any]]:
    """Entries by case; a case that was never computed has the checksum None."""
    stored = json.loads(PINNED.read_text()) if PINNED.is_file() else []
    found = {Case(e["scene"], e["entities"], e["ticks"], e["seed"]): e for e in stored}
    return {case: found.get(case, _new(case)) for case in (*CASES, *found)}


def _new(case: Case) -> dict[str, Any]:
    return {**vars(case), "checksum": None, "adapters": []}


def save(entries: dict[Case, dict[str, Any]]) -> None:
    """Write the file, one entry after the other as they are declared."""
    PINNED.write_text(json.dumps(list(entries.values()), indent=2) + "\n")


def update(gpu: Gpu, largest: int, reset: bool) -> bool:
    """Compute every entry; False if any differs from what is pinned."""
    entries, agreed, name = load(), True, adapter_name(gpu)
    for case, entry in entries.items():
        if case.entities > largest:
            continue
        computed = plain(gpu, case)
        if reset and computed != entry["checksum"]:
            entry |= {"checksum": computed, "adapters": []}
        entry["checksum"] = entry["checksum"] or computed
        if computed == entry["checksum"]:
            entry["adapters"] = sorted({*entry["adapters"], name})
            print(f"{case.name}: {computed}")
        else:
            agreed = False
            print(f"{case.name}: pinned {entry['checksum']}, here {computed}", file=sys.stderr)
        save(entries)
    return agreed


def main() -> int:
    """Entry point; exit code 1 if a checksum differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.pin", description=__doc__)
    parser.add_argument("--adapter", help="index or part of the name")
    parser.add_argument("--largest", type=int, default=10**9, help="leave out larger worlds")
    parser.add_argument(
        "--reset", action="store_true", help="pin anew what differs, after a wanted change"
    )
    args = parser.parse_args()
    return 0 if update(Gpu.open(args.adapter), args.largest, args.reset) else 1


if __name__ == "__main__":
    sys.exit(main())
