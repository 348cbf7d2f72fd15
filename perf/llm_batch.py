"""Throughput of answers that grow together, beside the same answers in turn, in one run.

    python -m perf.llm_batch [--rounds N] [--numbers F32,F16] [--threads N] [--out FILE]

The model has random weights and is built on the fly: 8 layers of width 512, 28 million parameters.
Speed does not depend on what weights say. Eight questions are asked in turn and together,
alternately; what counts is tokens of answers by wall time, prompts included. If a machine has other
work, the same by the process's own CPU time says more. Then eight questions with a beginning of 400
tokens in common are asked, and the computed tokens are counted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any

from astraweave_ai.llm.model import Answer, Message, Request
from astraweave_ai.llm.server import LlmServer
from astraweave_ai.llm.wire import Options
from perf.machine import cpu
from tests.tiny_gguf import tiny_gguf

RESULTS = Path(__file__).parent / "results" / "minds"
TOGETHER, TOKENS = 8, 48


def questions(round_: int) -> list[Request]:
    """Eight short questions that begin differently."""
    texts = [f"{round_} {number} the gate and the well" for number in range(TOGETHER)]
    return [
        Request(messages=(Message("user", t),), max_tokens=TOKENS, seed=n, deadline=600.0)
        for n, t in enumerate(texts)
    ]


def answers(server: LlmServer, requests: list[Request]) -> list[Answer]:
    """Answers to requests that are asked together."""
    for request in requests:
        server.submit(request)
    found: list[Answer] = []
    while len(found) < len(requests):
        for result in server.poll():
            if result.answer is None:
                raise RuntimeError(f"a request failed: {result.error}")
            found.append(result.answer)
        sleep(0.0005)
    return found


def cpu_seconds(server: LlmServer) -> float:
    """CPU time of the model's process so far; 0 where there is no /proc."""
    path = Path(f"/proc/{server.pid}/stat")
    if not path.exists():
        return 0.0
    fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cost(server: LlmServer, groups: list[list[Request]]) -> tuple[float, float]:
    """Seconds of wall and of CPU time for a token, one group after the other."""
    wall, cpu_time = perf_counter(), cpu_seconds(server)
    tokens = sum(a.tokens for group in groups for a in answers(server, group))
    return (perf_counter() - wall) / tokens, (cpu_seconds(server) - cpu_time) / tokens


def compare(server: LlmServer, rounds: int) -> dict[str, Any]:
    """Speeds in turn and together, alternately."""
    in_turn, together = [], []
    for round_ in range(rounds):
        asked = questions(round_)
        in_turn.append(cost(server, [[request] for request in asked]))
        together.append(cost(server, [asked]))
    wall, cpu_time = (
        [a[clock] / max(b[clock], 1e-9) for a, b in zip(in_turn, together, strict=True)]
        for clock in (0, 1)
    )
    seconds = sum(a[0] for a in in_turn), sum(b[0] for b in together)
    return {
        "in_turn_tokens_s": round(1 / median(a[0] for a in in_turn), 1),
        "together_tokens_s": round(1 / median(b[0] for b in together), 1),
        "ratio": round(median(wall), 2),
        "ratio_of_sums": round(seconds[0] / seconds[1], 2),
        "ratios": [round(ratio, 2) for ratio in wall],
        "cpu_ratio": round(median(cpu_time), 2),
    }


def prefix(server: LlmServer) -> dict[str, int]:
    """Tokens of prompts of eight questions that share a beginning."""
    before = server.statistics.totals.prefilled
    system = Message("system", " gate" * 400)
    asked = [
        Request(messages=(system, Message("user", f"{n}")), max_tokens=4, deadline=600.0)
        for n in range(TOGETHER)
    ]
    found = answers(server, asked)
    return {
        "prompt_tokens": sum(answer.prompt_tokens for answer in found),
        "computed_tokens": server.statistics.totals.prefilled - before,
    }


def of_numbers(numbers: str, options: Options, rounds: int) -> dict[str, Any]:
    """All figures of the model with weights of one type."""
    size = {"layers": 8, "width": 512, "heads": 8, "hidden": 1408, "more_tokens": 2000}
    with tempfile.TemporaryDirectory() as folder:
        path = tiny_gguf(Path(folder) / "random.gguf", numbers=numbers, **size)
        with LlmServer(path, options=options) as server:
            about = server.ready()
            answers(server, questions(-1))
            return {
                "parameters": about.parameters,
                "bytes": about.size,
                **compare(server, rounds),
                "shared_prefix": prefix(server),
            }


def main() -> int:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--numbers", default="F32,F16,Q8_0,Q4_0", help="types of the weights")
    parser.add_argument("--out", type=Path, default=RESULTS / "llm_batch.json")
    args = parser.parse_args()
    options = Options(
        fewest=TOGETHER, most=TOGETHER, context=4096, niceness=0, threads=args.threads
    )
    document: dict[str, Any] = {
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "llama-cpp-python": version("llama-cpp-python"),
    }
    for numbers in args.numbers.split(","):
        document[numbers] = of_numbers(numbers, options, args.rounds)
    args.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(document, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
