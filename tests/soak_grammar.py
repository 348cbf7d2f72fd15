"""A thousand plans sampled under the grammar by a real model with random weights, in its process.

python -m tests.soak_grammar [--plans N] [--output FILE.json]

Every answer must end, parse, and name only registered actions with legal arguments of entities that
it was told of. Then a guard judges each plan against a world in which much is impossible. What the
guard lets pass must be possible, by rules that are written again here.
"""

import argparse
import json
import math
import platform
import subprocess
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from astraweave import Bounds
from astraweave_ai.errors import LlmError
from astraweave_ai.guard import ToolGuard
from astraweave_ai.llm.grammar import Grammar, Targets, plan_grammar
from astraweave_ai.llm.model import Answer, LanguageModel, Message, Request
from astraweave_ai.llm.parse import parse_plan
from astraweave_ai.llm.server import LlmServer
from astraweave_ai.llm.wire import Options
from astraweave_ai.plan import PlanIntent
from astraweave_ai.registry import ActionRegistry
from astraweave_ai.situation import KINDS, Situation
from astraweave_ai.vocabulary import standard_actions
from tests.tiny_gguf import tiny_gguf

REGISTRY = standard_actions()
TARGETS = Targets(0, enemies=(1, 2), allies=(3,), fallen=(4,), things=(5,))
AREA = ((-6.0, -6.0), (30.0, 30.0))  # larger than the world
BOUNDS = Bounds((0, -1, 0), (24, 8, 24))
BATCH = 64  # requests that are open at once


def situation() -> Situation:
    """A fighter with little left, an enemy near, one far away, an ally, a fallen one, a stone."""
    columns: dict[str, Any] = {}
    present: dict[str, Any] = {}
    for kind in KINDS:
        columns[kind.__name__] = kind.layout.decode(np.zeros(6, kind.layout.dtype)).copy()
        present[kind.__name__] = np.array([True] * 5 + [kind.__name__ == "Position"])
    for absent in ("Interactive", "Pickup"):
        present[absent] = np.zeros(6, np.bool_)
    columns["Position"][:] = [(4, 0, 4), (9, 0, 4), (4, 0, 23), (5, 0, 4), (4, 0, 5), (4, 0, 3)]
    columns["Team"][:] = [0, 1, 1, 0, 0, 0]
    columns["Health"]["points"] = [50, 50, 50, 50, 0, 0]
    columns["Health"]["most"], columns["Stamina"]["most"] = 100, 100
    columns["Stamina"]["points"] = 12
    columns["Ammo"]["rounds"], columns["Ammo"]["most"] = 2, 2
    columns["Cooldowns"]["c4"][0] = 90
    return Situation(7, 60, np.arange(6, dtype=np.uint32), columns, present, bounds=BOUNDS)


def possible(plan: PlanIntent) -> bool:
    """Whether nothing in a plan is plainly impossible; a short version of the guard's rules."""
    rounds, place = 2, (4.0, 4.0)
    for step in plan.steps:
        x, z = step.arguments.get("x"), step.arguments.get("z")
        if x is not None and z is not None:
            if not (0 <= x <= 24 and 0 <= z <= 24):
                return False
            if step.act in ("MoveTo", "Patrol", "TakeCover"):
                place = (x, z)
        if step.act in ("Attack", "AimedShot", "CoverFire"):
            rounds -= 1
        if step.act == "Reload":
            rounds = 2
        if rounds < 0 or step.act in ("Interact", "PickUp", "ThrowSmoke", "ThrowExplosive", "Heal"):
            return False
        if step.act == "Revive" and math.dist(place, (4, 5)) > 2.0:
            return False
    return True


def sampled(model: LanguageModel, grammar: Grammar, count: int) -> list[Answer]:
    """Answers of a model to one question with different seeds; a refusal or an error ends it."""
    answers: list[Answer] = []
    asked, open_ = 0, 0
    while len(answers) < count:
        while asked < count and open_ < BATCH:
            model.submit(
                Request(
                    messages=(Message("user", "plan"),), grammar=grammar.text, seed=asked,
                    temperature=1.5, max_tokens=grammar.longest + 1, deadline=900.0,
                )
            )  # fmt: skip
            asked, open_ = asked + 1, open_ + 1
        for result in model.poll():
            open_ -= 1
            if result.answer is None:
                raise result.error or LlmError("neither answer nor error")
            answers.append(result.answer)
        time.sleep(0.002)
    return answers


def judged(answers: list[Answer], grammar: Grammar, registry: ActionRegistry) -> dict[str, Any]:
    """What became of answers; raises if one is illegal."""
    guard, now = ToolGuard(registry), situation()
    acts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    wrong = 0
    for answer in answers:
        if answer.finish != "stop" or len(answer.text.encode()) > grammar.longest:
            raise AssertionError(f"did not end: {answer.text!r}")
        plan = registry.parse(answer.text)
        if parse_plan(answer.text, registry) != plan:
            raise AssertionError(f"read in two ways: {answer.text!r}")
        acts.update(step.act for step in plan.steps)
        verdict = guard.check(0, plan, now)
        reasons[verdict.reason.name] += 1
        wrong += bool(verdict) and not possible(plan)
    return {
        "plans": len(answers),
        "parsed": len(answers),
        "steps": acts.total(),
        "actions": dict(sorted(acts.items())),
        "verdicts": dict(sorted(reasons.items())),
        "accepted_though_impossible": wrong,
        "longest": max(len(answer.text) for answer in answers),
        "bound": grammar.longest,
        "tokens": sum(answer.tokens for answer in answers),
    }


def soak(count: int) -> dict[str, Any]:
    """Sample, judge, and tell."""
    grammar = plan_grammar(REGISTRY, TARGETS, area=AREA)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = tiny_gguf(Path(folder) / "tiny.gguf", context=2048)
        model = LlmServer(path, options=Options(context=8192, most=8, fewest=8))
        try:
            answers = sampled(model, grammar, count)
        finally:
            model.close()
    return {**judged(answers, grammar, REGISTRY), "seconds": round(time.perf_counter() - began, 1)}


def main() -> None:
    """Run and print, and write it down if that is wanted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--plans", type=int, default=1000)
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    report = {
        "what": "plans sampled under the grammar by a model with random weights",
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "llama_cpp_python": version("llama-cpp-python"),
        "commit": commit.stdout.strip(),
        **soak(args.plans),
    }
    text = json.dumps(report, indent=2) + "\n"
    if args.output is not None:
        args.output.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
