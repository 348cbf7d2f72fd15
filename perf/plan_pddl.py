"""Times `astraweave plan` on a folder of PDDL tasks, in turn with another planner if there is one.

    python -m perf.plan_pddl FOLDER [--peer PYTHON] [--limit S] [--repeats N] [--out FILE]

FOLDER holds a folder for each domain, with task*.pddl and either domain.pddl or a domain for each
task (domain01.pddl for task01.pddl). PYTHON is an interpreter that can import pyperplan, whose A*
with LM-cut is the peer. What is timed is a whole process, from its start to its end, on the wall
clock. Every plan of ours is acted out by the independent checker of the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import astraweave
from tests.reference.plan_checker import check

RESULTS = Path(__file__).parent / "results"
LONG = 2.0  # seconds; what takes longer is run once
GRACE = 1.0  # seconds that ours may take beyond the limit to say that it found nothing

Answer = dict[str, Any]
Task = tuple[Path, Path]  # domain, problem


def find_tasks(folder: Path) -> Iterator[Task]:
    """All tasks in the folders of `folder`, in the order of their names."""
    for task in sorted(folder.glob("*/task*.pddl")):
        own = task.with_name(task.name.replace("task", "domain"))
        yield own if own.exists() else task.with_name("domain.pddl"), task


def run(
    command: Sequence[str], limit: float
) -> tuple[float, subprocess.CompletedProcess[str] | None]:
    """Seconds that a command took, and its result; None if it took longer than `limit`."""
    started = perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        done = None
    return perf_counter() - started, done


def ours(task: Task, limit: float, *options: str) -> Answer:
    """One run of `astraweave plan`; an answer after the limit does not count."""
    program = str(Path(sys.executable).with_name("astraweave"))
    command = [program, "plan", *map(str, task), "--json", "--time-limit", str(limit), *options]
    seconds, done = run(command, limit + GRACE)
    if done is None or done.returncode == 2:
        raise SystemExit(f"{' '.join(command)}: {done.stderr if done else 'did not stop in time'}")
    answer = json.loads(done.stdout)
    if answer["status"] == "solved":
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in task]
        cost = check(*texts, answer["plan"])
        assert cost == answer["cost"], f"{task[1]}: the plan costs {cost}, not {answer['cost']}"
    answer["solved"] = answer["status"] == "solved" and seconds <= limit
    return answer | {"seconds": seconds}


def peer(task: Task, limit: float, python: str) -> Answer:
    """One run of the peer, which leaves its plan beside the task."""
    command = [python, "-m", "pyperplan", "-H", "lmcut", "-s", "astar", *map(str, task)]
    seconds, done = run(command, limit)
    said = done.stdout + done.stderr if done else ""
    length = re.search(r"Plan length: (\d+)", said)
    expanded = re.search(r"(\d+) Nodes expanded", said)
    return {
        "solved": length is not None,
        "length": int(length[1]) if length else None,
        "expanded": int(expanded[1]) if expanded else None,
        "seconds": seconds,
    }


def in_turn(planners: dict[str, Callable[[], Answer]], repeats: int) -> dict[str, Answer]:
    """The last answer of each planner, with its median time; planners take turns."""
    answers: dict[str, Answer] = {}
    samples: dict[str, list[float]] = {name: [] for name in planners}
    for _ in range(repeats):
        for name, planner in planners.items():
            if samples[name] and max(samples[name]) > LONG:
                continue
            answers[name] = planner()
            samples[name].append(answers[name]["seconds"])
    for name, answer in answers.items():
        answer["samples"] = [round(each, 4) for each in samples[name]]
        answer["seconds"] = round(median(samples[name]), 4)
    return answers


def measure(task: Task, args: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """All that is measured of one task, on a copy of its files."""
    copy = scratch / "domain.pddl", scratch / "task.pddl"
    for source, target in zip(task, copy, strict=True):
        shutil.copyfile(source, target)
    planners: dict[str, Callable[[], Answer]] = {"ours": lambda: ours(copy, args.limit)}
    if args.peer:
        planners["peer"] = lambda: peer(copy, args.limit, args.peer)
    planners["fast"] = lambda: ours(copy, args.limit, "--fast")
    found = in_turn(planners, args.repeats)
    for answer in found.values():
        answer.pop("plan", None)
        answer.pop("explanation", None)
    return {"domain": task[1].parent.name, "task": task[1].stem, **found}


def summary(tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """Coverage of each planner, and medians over what all of them solve."""
    names = [name for name in ("ours", "peer", "fast") if name in tasks[0]]
    solved = {name: sum(task[name]["solved"] for task in tasks) for name in names}
    return {"tasks": len(tasks), "solved": solved} | (compared(tasks) if "peer" in names else {})


def compared(tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """Ours and the peer on the tasks that both solve."""
    both = [task for task in tasks if task["ours"]["solved"] and task["peer"]["solved"]]
    medians = {name: median(task[name]["seconds"] for task in both) for name in ("ours", "peer")}
    ratios = [task["peer"]["seconds"] / task["ours"]["seconds"] for task in both]
    return {
        "solved_by_both": len(both),
        "median_seconds": medians,
        "ratio_of_medians": round(medians["peer"] / medians["ours"], 2),
        "median_of_ratios": round(median(ratios), 2),
        "solved_by_peer_alone": names_of(
            task for task in tasks if task["peer"]["solved"] and not task["ours"]["solved"]
        ),
        "lengths_that_differ": names_of(
            task for task in both if task["ours"]["length"] != task["peer"]["length"]
        ),
    }


def names_of(tasks: Iterable[dict[str, Any]]) -> list[str]:
    return [f"{task['domain']} {task['task']}" for task in tasks]


def cpu() -> str:
    """The processor's name, as Linux tells it."""
    path = Path("/proc/cpuinfo")
    found = path.is_file() and re.search(r"model name\s*:\s*(.+)", path.read_text(encoding="utf-8"))
    return found[1].strip() if found else platform.processor()


def describe(args: argparse.Namespace) -> dict[str, Any]:
    """The machine, the versions and what was asked for."""
    versions = {"python": platform.python_version(), "astraweave": astraweave.__version__}
    if args.peer:
        program = "import pyperplan, importlib.metadata as m; print(m.version('pyperplan'))"
        done = subprocess.run(
            [args.peer, "-c", program], capture_output=True, text=True, check=True
        )
        versions["pyperplan"] = done.stdout.strip()
    return {
        "machine": {"cpu": cpu(), "cores": os.cpu_count(), "load": os.getloadavg()[0]},
        "versions": versions,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "clock": "wall, of a whole process",
        "limit_seconds": args.limit,
        "repeats": args.repeats,
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m perf.plan_pddl", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter that has pyperplan")
    parser.add_argument("--limit", type=float, default=12.0, metavar="S", help="a task (12)")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="of short runs (5)")
    parser.add_argument("--out", type=Path, metavar="FILE", default=RESULTS / "plan-pddl.json")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    document = describe(args)
    tasks = []
    with tempfile.TemporaryDirectory() as scratch:
        for task in find_tasks(args.folder):
            tasks.append(measure(task, args, Path(scratch)))
            print(line_of(tasks[-1]), flush=True)
    document |= {"summary": summary(tasks), "tasks": tasks}
    args.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(document["summary"], indent=1))


def line_of(task: dict[str, Any]) -> str:
    """One task as a line of text."""
    parts = [
        f"{name} {task[name]['seconds']:8.3f} s {task[name]['length'] or '-'!s:>3}"
        + (" " if task[name]["solved"] else "!")
        for name in ("ours", "peer", "fast")
        if name in task
    ]
    return f"{task['domain']:<12} {task['task']}  {'  '.join(parts)}"


if __name__ == "__main__":
    main()
