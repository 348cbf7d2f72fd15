"""An evaluation as JSON and as Markdown."""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

import msgspec

from astraweave import Gpu

from ..errors import ScenarioError
from ..llm.model import LanguageModel
from ..registry import ActionRegistry
from ..vocabulary import standard_actions
from .minds import MindName, maker_of
from .scenario import Kind, Scenario, load_scenarios
from .score import NOISE, Means, Result, latency, means, result_of
from .stage import Stage

KINDS: tuple[Kind, ...] = ("combat", "exploration", "stealth", "support", "puzzle")
GROUP = 8  # scenarios on one stage


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds of a thought."""

    p50: float
    p95: float


class Report(msgspec.Struct, frozen=True):
    """What an evaluation found."""

    overall_score: float
    mind: str
    model: str
    adapter: str
    machine: str
    version: str
    date: str
    seconds: float
    cpu_seconds: float  # of this process; tells more than `seconds` on a machine that is busy
    all: Means
    kinds: dict[str, Means]
    latency_ms: Latency
    tokens: dict[str, int]
    results: tuple[Result, ...]
    errors: dict[str, int] = {}  # of the model's answers, by kind

    def to_json(self) -> str:
        """With an indent, for people and for diffs."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode() + "\n"

    def to_markdown(self) -> str:
        """A table by kind, then one of all scenarios."""
        return "\n".join((*_head(self), *_table(self), *_scenarios(self))) + "\n"


def evaluate(
    mind: MindName,
    *,
    scenarios: Sequence[Scenario] | None = None,
    only: str = "",
    gpu: Gpu | None = None,
    model: LanguageModel | None = None,
    seed: int = 0,
    registry: ActionRegistry | None = None,
) -> Report:
    """Let a mind play scenarios and score it.

    Args:
        mind: its kind.
        scenarios: by default those that come with the package.
        only: the name of one of them: the others are set up, and nobody plays them.
        gpu: on which the worlds are; by default the best.
        model: for `llm`.
        seed: of models.
        registry: the actions.

    Raises:
        ScenarioError: a scenario is wrong, there is none of this name, or a model is missing.
    """
    began, worked = time.perf_counter(), time.process_time()
    actions = registry or standard_actions()
    chosen = list(scenarios) if scenarios is not None else load_scenarios(actions)
    where = gpu or Gpu.open()
    results = []
    for group in _groups(chosen, only):
        stage = Stage(group, where, actions)
        stage.cast(maker_of(mind, actions, model, seed), only)
        stage.run()
        results += [result_of(play, stage.world.tick) for play in stage.plays if play.examined]
    spent = time.perf_counter() - began, time.process_time() - worked
    results.sort(key=lambda one: (KINDS.index(one.kind), one.name))
    return _report(mind, model, where, results, spent)


def _groups(scenarios: Sequence[Scenario], only: str) -> list[list[Scenario]]:
    """Those that share a stage: not too many, and of about one length, for it goes on until the
    last of them is over.
    """
    if only and only not in {one.name for one in scenarios}:
        known = ", ".join(one.name for one in scenarios)
        raise ScenarioError(f"no scenario is called {only!r}; there is {known}")
    longest = sorted(scenarios, key=lambda one: (-one.seconds, one.name))
    groups = [longest[first : first + GROUP] for first in range(0, len(longest), GROUP)]
    return [group for group in groups if not only or only in {one.name for one in group}]


def _report(
    mind: str,
    model: LanguageModel | None,
    gpu: Gpu,
    results: Sequence[Result],
    spent: tuple[float, float],
) -> Report:
    kinds = {kind: [one for one in results if one.kind == kind] for kind in KINDS}
    middle, late = (round(1000 * each, 3) for each in latency(results))
    total = means(results)
    costs = [one.model for one in results if one.model is not None]
    names = ("questions", "answers", "accepted", "repairs", "prompt_tokens", "tokens")
    return Report(
        total.overall,
        mind,
        model.name if model is not None else "",
        str(gpu.info),
        f"{platform.machine()}, Python {platform.python_version()}",
        version("astraweave"),
        datetime.now(UTC).date().isoformat(),
        round(spent[0], 2),
        round(spent[1], 2),
        total,
        {kind: means(some) for kind, some in kinds.items() if some},
        Latency(middle, late),
        {name: sum(getattr(one, name) for one in costs) for name in names if costs},
        tuple(results),
        dict(sorted(sum((Counter(one.errors) for one in costs), Counter()).items())),
    )


def _head(report: Report) -> list[str]:
    model = f" with model {report.model}" if report.model else ""
    waits = report.latency_ms
    achieved = sum(one.goal == 1 for one in report.results)
    lines = [
        f"# Evaluation of the mind `{report.mind}`{model}",
        "",
        f"Goals achieved in **{achieved} of {report.all.scenarios}** scenarios; score "
        f"**{report.overall_score:.1f}** of 100 (legal actions drawn by lot get {NOISE}), "
        f"in {report.seconds:.1f} s ({report.cpu_seconds:.1f} s of CPU) "
        f"on {report.adapter} ({report.machine}, "
        f"astraweave {report.version}, {report.date}).",
        "",
        f"A thought takes {waits.p50:.1f} ms (median), {waits.p95:.1f} ms (95th percentile).",
    ]
    if report.tokens:
        told = ", ".join(f"{count:,} {name.replace('_', ' ')}"
                         for name, count in report.tokens.items())  # fmt: skip
        errors = ", ".join(f"{count:,} {kind}" for kind, count in report.errors.items())
        lines.append(f"The model: {told}; errors: {errors or 'none'}.")
    return [*lines, ""]


def _table(report: Report) -> list[str]:
    head = "| kind | scenarios | goal | validity | safety | coherence | overall |"
    rows = [("all", report.all), *report.kinds.items()]
    return [head, "|---|---|---|---|---|---|---|", *(_row(name, each) for name, each in rows), ""]


def _row(name: str, each: Means | Result) -> str:
    count = f" {each.scenarios} |" if isinstance(each, Means) else ""
    shares = (each.goal, each.validity, each.safety, each.coherence)
    told = " | ".join(f"{100 * share:.1f} %" for share in shares)
    return f"| {name} |{count} {told} | {each.overall:.1f} |"


def _scenarios(report: Report) -> list[str]:
    head = "| scenario | goal | validity | safety | coherence | overall | plans | remarks |"
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    for one in report.results:
        remarks = [f"broke: {one.broken}"] if one.broken else []
        remarks += [f"forbidden: {', '.join(sorted(set(one.forbidden)))}"] if one.forbidden else []
        remarks += [f"refused: {one.refused[0]}"] if one.refused else []
        lines.append(f"{_row(one.name, one)} {one.plans} | {'; '.join(remarks)} |")
    return lines
