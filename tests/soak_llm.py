"""The long proof for language models: `python -m tests.soak_llm [--storms 20] [--flips 2000]`.

A storm: 200 requests at once at three priorities, 5 % of them with a deadline that is too short and
two with a grammar that cannot be read, while the process of the model is killed three times. Every
request must end once, in an answer or in an error that fits, and begin in order of its priority.
Then a thousand plans are sampled under a grammar from random weights, and damaged model files are
loaded, one after the other. Writes tests/results/llm.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

from astraweave_ai.errors import InvalidGrammar, LlmError, ModelCrashed, Timeout
from astraweave_ai.llm.model import Message, Priority, Request, Result
from astraweave_ai.llm.server import LlmServer
from astraweave_ai.llm.wire import Options
from tests.llm_files import flipped, load
from tests.llm_support import PLAN, ask, texts
from tests.tiny_gguf import tiny_gguf

OUT = Path(__file__).parent / "results" / "llm.json"
BAD = ('root ::= "a', "root ::= ((((")
LONG, SHORT = 600.0, 1e-6  # seconds: deadlines that are met, and that cannot be


def storm_requests(count: int, draw: random.Random) -> list[Request]:
    """Requests of a storm, of which each twentieth comes too late and two cannot be read."""
    late = set(draw.sample(range(count), max(1, count // 20)))
    bad = set(draw.sample(sorted(set(range(count)) - late), len(BAD)))
    requests = []
    for number in range(count):
        text = f"hello {number} " + "gate " * draw.randrange(60)
        requests.append(
            Request(
                messages=(Message("system", "be brief " * 20), Message("user", text)),
                priority=draw.choice(list(Priority)),
                max_tokens=draw.randint(1, 40),
                seed=number,
                deadline=SHORT if number in late else LONG,
                grammar=BAD[sorted(bad).index(number)] if number in bad else "",
            )
        )
    return requests


class Storm:
    """Many requests at once, and a process that is killed meanwhile."""

    def __init__(self, server: LlmServer, requests: list[Request], kills: list[int]) -> None:
        self.server = server
        self.asked: dict[int, Request] = {}
        self.ended: dict[int, Result] = {}
        self.killed = 0
        self._last: int | None = None  # process that was killed
        self._requests, self._kills = requests, kills

    def run(self) -> None:
        """Ask from several threads, and kill the process after so many results."""
        threads = [
            threading.Thread(target=self._ask, args=(self._requests[i::4],)) for i in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        while len(self.ended) < len(self._requests):
            for result in self.server.poll():
                assert result.ticket not in self.ended, "answered twice"
                self.ended[result.ticket] = result
            self._kill_if_due()
            time.sleep(0.001)
        time.sleep(0.1)
        assert self.server.poll() == [], "answered twice"

    def _ask(self, requests: list[Request]) -> None:
        for request in requests:
            self.asked[self.server.submit(request)] = request

    def _kill_if_due(self) -> None:
        pid, busy = self.server.pid, self.server.statistics.working
        due = bool(self._kills) and len(self.ended) >= self._kills[0] and busy
        if due and pid not in (None, self._last):  # one may be dead without being missed yet
            os.kill(pid, signal.SIGKILL)
            self._last = pid
            self.killed += 1
            self._kills.pop(0)

    def check(self) -> Counter[str]:
        """All that was promised; returns how requests ended."""
        assert sorted(self.ended) == sorted(self.asked), "one was lost"
        for priority in Priority:
            starts = [t for t in self.server.starts if self.asked[t].priority is priority]
            assert starts == sorted(set(starts)), f"order within {priority.name}"
        for ticket, result in self.ended.items():
            self._check_one(self.asked[ticket], result)
        assert self.server.statistics.restarts == self.killed
        ends = Counter(type(r.error).__name__ if r.error else "answer" for r in self.ended.values())
        assert ends["ModelCrashed"] <= self.killed * self.server.options.most
        return ends

    @staticmethod
    def _check_one(request: Request, result: Result) -> None:
        assert (result.answer is None) != (result.error is None)
        if isinstance(result.error, ModelCrashed):
            return  # bounded as a whole
        if request.deadline == SHORT:
            assert isinstance(result.error, Timeout)
        elif request.grammar:
            assert isinstance(result.error, InvalidGrammar)
        else:
            assert result.answer is not None, result.error
            assert 1 <= result.answer.tokens <= request.max_tokens


def storm(path: Path, count: int, kills: int, seed: int) -> Counter[str]:
    """One storm, checked."""
    draw = random.Random(seed)
    requests = storm_requests(count, draw)
    after = sorted(draw.sample(range(count // 10, count - 8 * (kills + 1)), kills))
    with LlmServer(path, options=Options(context=4096, niceness=0)) as server:
        server.ready()
        one = Storm(server, requests, after)
        one.run()
        assert one.killed == kills
        return one.check()


def sampled(path: Path, count: int) -> Counter[str]:
    """So many plans under a grammar, from a model that has no idea; all must be read."""
    found: Counter[str] = Counter()
    with LlmServer(path, options=Options(context=8192, niceness=0)) as server:
        for start in range(0, count, 100):
            requests = [
                ask("plan", grammar=PLAN, seed=start + n, max_tokens=200, temperature=1.0 + n % 3)
                for n in range(100)
            ]
            for text in texts(server, *requests):
                for step in json.loads(text)["plan"]:
                    assert step["act"] in ("wait", "move", "attack")
                    assert -999 <= step["x"] <= 999
                found["read"] += 1
    return found


def flips(count: int, folder: Path) -> Counter[str]:
    """Load so many damaged files in a child, and see that it serves a sound one after each."""
    from astraweave_rag.child import Child

    sound, path = tiny_gguf(folder / "sound.gguf", layers=1, width=16), folder / "flipped.gguf"
    found: Counter[str] = Counter()
    with Child("astraweave_ai.llm.worker", backoff=0.0) as child:
        for seed in range(count):
            path.write_bytes(flipped(sound.read_bytes(), seed))
            how = load(child, path)
            found["refused" if how.startswith("model ") else how] += 1
            if how == "crashes" or seed % 50 == 0:
                assert load(child, sound) == "works"
    return found


def main() -> int:
    """Run all of it and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--storms", type=int, default=20)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--plans", type=int, default=1000)
    parser.add_argument("--flips", type=int, default=2000)
    args = parser.parse_args()
    ends: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = tiny_gguf(Path(folder) / "tiny.gguf")
        for seed in range(args.storms):
            ends += storm(path, args.requests, args.kills, seed)
            print(f"storm {seed}: {dict(ends)}", file=sys.stderr)
        plans = sampled(path, args.plans)
        files = flips(args.flips, Path(folder))
    document = _document(args, ends, files) | {"plans_under_a_grammar": dict(plans)}
    OUT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(document))
    return 0


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _document(args: Any, ends: Counter[str], files: Counter[str]) -> dict[str, Any]:
    return {
        "platform": f"{sys.platform} {os.cpu_count()} cores",
        "versions": {
            "python": sys.version.split()[0],
            "llama-cpp-python": version("llama-cpp-python"),
            "gguf": version("gguf"),
        },
        "commit": _commit(),
        "storms": args.storms,
        "requests": args.storms * args.requests,
        "kills": args.storms * args.kills,
        "ends": dict(ends),
        "damaged_files": dict(files),
    }


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LlmError as failure:
        sys.exit(str(failure))
