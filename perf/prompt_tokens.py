"""Tokens of prompts, full and compressed, on the scenarios of the evaluation.

python -m perf.prompt_tokens [--model NAME] [--output FILE.json]

Counted by the tests' approximate count and by bytes / 4; with --model by that model, too. The
prompts are those of the first thought in the world. One perf figure depends on no machine: these.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from astraweave import Gpu
from astraweave_ai.evaluation.field import FieldView
from astraweave_ai.evaluation.report import KINDS
from astraweave_ai.evaluation.scenario import Brief, load_scenarios
from astraweave_ai.evaluation.stage import Play, Stage
from astraweave_ai.evaluation.told import mission_of
from astraweave_ai.llm.facts import Facts, facts_of
from astraweave_ai.llm.prompt import Style, system_text, user_text
from astraweave_ai.plan import PlanIntent
from astraweave_ai.vocabulary import standard_actions
from tests.tokens import count

Count = Callable[[str], int]


class Listener:
    """Notes what it is told at first."""

    name = "listener"
    most = 1

    def __init__(self, brief: Brief) -> None:
        self.brief, self.facts = brief, dict[str, Facts]()

    def think(self, percept: FieldView) -> PlanIntent | None:
        self.facts.setdefault("first", facts_of(percept, mission_of(self.brief)))  # type: ignore[arg-type]
        return None


def first_facts() -> dict[str, Facts]:
    """What each scenario's mind is told at first, by name."""
    registry = standard_actions()
    scenarios, found = load_scenarios(registry), {}
    gpu = Gpu.open()
    for kind in KINDS:
        stage = Stage([one for one in scenarios if one.kind == kind], gpu, registry)
        minds: dict[str, Listener] = {}

        def make(brief: Brief, play: Play, heard: dict[str, Listener] = minds) -> Any:
            return heard.setdefault(play.scenario.name, Listener(brief))

        stage.cast(make)
        stage.world.step(8)
        found |= {name: mind.facts["first"] for name, mind in minds.items()}
    return found


def saved(facts: dict[str, Facts], counts: Count) -> dict[str, Any]:
    """Tokens before and after: of the system message, of situations in sum and at worst."""
    registry = standard_actions()
    system = [counts(system_text(registry, style)) for style in (Style.FULL, Style.COMPRESSED)]
    users = {
        name: [counts(user_text(one, style)) for style in (Style.FULL, Style.COMPRESSED)]
        for name, one in facts.items()
    }
    full, short = (sum(pair[n] for pair in users.values()) for n in (0, 1))
    whole = [system[n] * len(users) + (full, short)[n] for n in (0, 1)]
    return {
        "system": system,
        "system_saved": round(1 - system[1] / system[0], 4),
        "situations": [full, short],
        "situations_saved": round(1 - short / full, 4),
        "least_saved": round(min(1 - b / a for a, b in users.values()), 4),
        "whole_saved": round(1 - whole[1] / whole[0], 4),
        "scenarios": users,
    }


def main() -> None:
    """Count, print, write down."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="")
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    facts = first_facts()
    report = {
        "what": "tokens of prompts [full, compressed] of the first thought in each scenario",
        "approximate": saved(facts, count),
        "bytes / 4": saved(facts, lambda text: -(-len(text.encode()) // 4)),
    }
    if args.model:
        from astraweave_ai.llm.library import find_model
        from astraweave_ai.llm.server import LlmServer

        model = LlmServer(find_model(args.model))
        report[args.model] = saved(facts, model.count)
        model.close()
    text = json.dumps(report, indent=2) + "\n"
    if args.output is not None:
        args.output.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
