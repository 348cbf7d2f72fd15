"""The long proof for GGUF embedders: `python -m tests.soak_embedder [--files 200] [--crashes 100]`.

Damaged files of a tiny model are opened, each by a seed: cut, with flipped bits, with bytes put in,
with two places swapped. Each is refused by a ModelError, or embeds by rows of length 1 or an
EmbedderError; nothing else may happen. Then the model's process is killed at random moments of
calls: each call gives exactly the right rows or an EmbedderError. Writes
tests/results/embedder.json.
"""

import argparse
import contextlib
import json
import os
import platform
import random
import signal
import sys
import tempfile
import threading
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from astraweave_rag.errors import EmbedderError, ModelError
from astraweave_rag.llama import LlamaEmbedder
from tests.tiny_bert import write_gguf

RESULT = Path(__file__).parent / "results/embedder.json"
TEXTS = ["the king guards the bridge", "who asked the miller?", "", "the old well " * 30]


def damaged(data: bytes, seed: int) -> bytes:
    """A file with one to three damages."""
    dice = random.Random(seed)
    broken = bytearray(data)
    for _ in range(dice.randint(1, 3)):
        head = dice.random() < 0.7  # keys and the list of tensors are in the first kilobytes
        place = dice.randrange(min(len(broken), 6000) if head else len(broken))
        match dice.choice(["flip", "flip", "cut", "insert", "swap", "fill"]):
            case "flip":
                broken[place] ^= 1 << dice.randrange(8)
            case "cut":
                del broken[max(1, place) :]
            case "insert":
                broken[place:place] = dice.randbytes(dice.randint(1, 64))
            case "swap":
                other = dice.randrange(len(broken))
                broken[place], broken[other] = broken[other], broken[place]
            case "fill":
                broken[place : place + 32] = bytes([dice.choice([0, 255])]) * 32
    return bytes(broken)


def open_damaged(path: Path) -> str:
    """What became of a damaged file."""
    try:
        with LlamaEmbedder(path, timeout=30) as embedder:
            rows = embedder.embed(TEXTS).astype(np.float64)
    except ModelError as error:
        return "ended the process" if "ended" in str(error) else "refused"
    except EmbedderError:
        return "no vectors"
    if rows.shape != (len(TEXTS), embedder.dimensions):
        raise AssertionError(f"{path}: rows of shape {rows.shape}")
    if not (np.abs(np.linalg.norm(rows, axis=1) - 1) < 1e-5).all():
        raise AssertionError(f"{path}: rows that are not of length 1")
    return "embeds"


def crash(embedder: LlamaEmbedder, expected: bytes, dice: random.Random) -> str:
    """What became of a call whose process was killed at a random moment."""
    pid = embedder.pid

    def kill() -> None:
        with contextlib.suppress(ProcessLookupError):
            if pid is not None:
                os.kill(pid, signal.SIGKILL)

    timer = threading.Timer(dice.uniform(0, 0.04), kill)
    timer.start()
    try:
        rows = embedder.embed(TEXTS * 20)
    except EmbedderError:
        return "error"
    finally:
        timer.join()
    if rows.tobytes() != expected:
        raise AssertionError("a crash changed vectors")
    return "right rows"


def prove(files: int, crashes: int) -> dict[str, Any]:
    """All of it, as one document."""
    started, outcomes = perf_counter(), Counter[str]()
    with tempfile.TemporaryDirectory() as scratch:
        model = write_gguf(Path(scratch) / "tiny.gguf")
        path = Path(scratch) / "damaged.gguf"
        for seed in range(files):
            path.write_bytes(damaged(model.read_bytes(), seed))
            outcomes[open_damaged(path)] += 1
        with LlamaEmbedder(model) as embedder:
            expected, dice = embedder.embed(TEXTS * 20).tobytes(), random.Random(0)
            ends = Counter(crash(embedder, expected, dice) for _ in range(crashes))
    return {
        "machine": {
            "platform": f"{platform.system()} {platform.machine()}",
            "cpus": os.cpu_count(),
        },
        "versions": {p: version(p) for p in ("llama-cpp-python", "gguf", "numpy")}
        | {"python": platform.python_version()},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "damaged_files": dict(sorted(outcomes.items())),
        "calls_with_a_kill": dict(sorted(ends.items())),
        "seconds": round(perf_counter() - started, 1),
    }


def main() -> int:
    """Entry point; an outcome that must not be ends it with a traceback."""
    parser = argparse.ArgumentParser(prog="tests.soak_embedder", description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--crashes", type=int, default=100)
    parser.add_argument("--out", type=Path, default=RESULT)
    args = parser.parse_args()
    document = prove(args.files, args.crashes)
    args.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(document, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
