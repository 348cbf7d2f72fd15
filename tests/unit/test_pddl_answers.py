"""Whole answers for PDDL texts, against an interpreter that was written apart from the planner."""

import re
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given

from astraweave_ai.pddl import Answer, joins, reach, solve
from astraweave_ai.pddl import answer as answers
from astraweave_ai.planner import optimal, satisficing
from tests.reference.plan_checker import InvalidPlan, Task, cheapest, check
from tests.reference.tasks import pddl

FOLDER = Path(__file__).resolve().parents[1] / "pddl"
COSTS = {"courier/two": 12, "lamps/five": 2, "guests/three": 13}
IMPOSSIBLE = ["guests/locked", "guests/twice"]

Texts = tuple[str, str]


def texts_of(name: str) -> Texts:
    domain = FOLDER / name.split("/")[0] / "domain.pddl"
    return domain.read_text(encoding="utf-8"), (FOLDER / f"{name}.pddl").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pddl")


def answer_to(
    folder: Path, texts: Texts, *, fast: bool = False, seconds: float | None = None
) -> Answer:
    for name, text in zip(("domain", "problem"), texts, strict=True):
        (folder / name).write_text(text, encoding="utf-8")
    return solve(str(folder / "domain"), str(folder / "problem"), fast=fast, seconds=seconds)


def assert_valid(texts: Texts, answer: Answer) -> None:
    assert answer.status == "solved"
    assert answer.cost == check(*texts, answer.plan)
    assert answer.explanation == ()


@given(texts=pddl())
def test_random_tasks(folder: Path, texts: Texts) -> None:
    wanted = cheapest(*texts)
    optimal, fast = answer_to(folder, texts), answer_to(folder, texts, fast=True)
    if wanted is None:
        assert optimal.status == fast.status == "impossible"
        assert optimal.plan == fast.plan == ()
        assert_explained(texts, optimal)
        return
    assert_valid(texts, optimal)
    assert_valid(texts, fast)
    assert optimal.cost == wanted
    assert (optimal.optimal, fast.optimal) == (True, False)


def assert_explained(texts: Texts, answer: Answer) -> None:
    """What is said never to hold does not hold in any state that can be reached."""
    assert answer.explanation
    states = all_states(Task(*texts))
    for line in answer.explanation:
        never = re.match(r"(\(not )?\(([^()]*)\)\)? can never hold: ", line)
        pair = re.match(r"\(([^()]*)\) and \(([^()]*)\) can never hold at the same time", line)
        if never and "?" not in never[2] and not never[2].startswith("="):
            atom = tuple(never[2].split())
            assert all((atom in state) == bool(never[1]) for state in states), line
        if pair:
            assert not any({tuple(a.split()) for a in pair.groups()} <= state for state in states)


def all_states(task: Task) -> set[frozenset[tuple[str, ...]]]:
    steps, found, todo = list(task.steps()), {task.state}, [task.state]
    while todo:
        state = todo.pop()
        for step in steps:
            result = task.apply(step, state)
            if result and result[0] not in found:
                found.add(result[0])
                todo.append(result[0])
    return found


@pytest.mark.parametrize(("name", "cost"), COSTS.items())
def test_committed_tasks(folder: Path, name: str, cost: int) -> None:
    texts = texts_of(name)
    assert cheapest(*texts) == cost
    answer = answer_to(folder, texts)
    assert_valid(texts, answer)
    assert (answer.cost, answer.optimal) == (cost, True)
    assert_valid(texts, answer_to(folder, texts, fast=True))


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_impossible_tasks_are_explained(folder: Path, name: str) -> None:
    texts = texts_of(name)
    assert cheapest(*texts) is None
    answer = answer_to(folder, texts)
    assert (answer.status, answer.plan, answer.cost) == ("impossible", (), None)
    assert_explained(texts, answer)


def test_an_explanation_goes_to_the_root(folder: Path) -> None:
    told = "\n".join(answer_to(folder, texts_of("guests/locked")).explanation)
    for part in (
        "(in ann tower) can never hold: (leave ?p ann tower) needs (in ?p tower)",
        "(in ?p tower) can never hold: (walk ?p ?from tower ?k) needs (has ?p ?k)",
        "(has ?p ?k) can never hold: (take ?p brass tower) needs (in ?p tower)",
    ):
        assert part in told


@pytest.mark.parametrize("reverse", [False, True])
def test_the_order_of_the_text_changes_nothing(folder: Path, reverse: bool) -> None:
    """Objects and initial facts are sets; only names decide between equals."""
    domain, problem = texts_of("guests/three")
    usual = answer_to(folder, (domain, problem))
    init = re.search(r"\(:init (.*?)\)\s*\(:goal", problem, re.S)
    assert init
    facts = re.findall(r"\([^()]*\)", init[1])
    turned = problem.replace(init[1], " ".join(reversed(facts) if reverse else sorted(facts)))
    assert answer_to(folder, (domain, turned)).plan == usual.plan


def test_too_many_instances_are_out_of_budget(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "MAX_INSTANCES", 3)
    answer = answer_to(folder, texts_of("guests/three"))
    assert (answer.status, answer.plan, answer.optimal) == ("out_of_budget", (), False)
    (why,) = answer.explanation
    assert "more than 3 ground actions can be reached" in why


@pytest.mark.parametrize(
    ("module", "limit", "fast"),
    [(optimal, "MAX_STATES", False), (satisficing, "MAX_GENERATED", True)],
)
def test_a_search_is_bounded_in_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, limit: str, fast: bool
) -> None:
    monkeypatch.setattr(module, limit, 2)
    answer = answer_to(folder, texts_of("guests/three"), fast=fast)
    assert (answer.status, answer.plan, answer.cost) == ("out_of_budget", (), None)
    assert answer.explanation == (
        f"the search stopped after {answer.generated} states, to bound the memory",
    )


@pytest.mark.parametrize("name", ["guests/three", "guests/twice"])
def test_all_work_before_the_search_can_be_stopped(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Wherever the clock is looked at, an answer comes even if the time is over there."""
    usual = answer_to(folder, texts_of(name), seconds=1e6)
    looks, limit = 0, 10**9

    def clock() -> float:
        nonlocal looks
        looks += 1
        return 0.0 if looks <= limit else 1e9

    monkeypatch.setattr(answers, "perf_counter", clock)
    answer_to(folder, texts_of(name), seconds=1.0)
    total = looks
    assert total > 8  # reach, instances, prune, numbering, h² and the search
    for last in range(1, total - 1):
        looks, limit = 0, last
        found = answer_to(folder, texts_of(name), seconds=1.0)
        assert found.explanation
        if found.status == "impossible":
            assert usual.status == "impossible"
        else:
            assert (found.status, found.plan) == ("out_of_budget", ())


def test_total_time_is_the_number_of_actions(folder: Path) -> None:
    domain, problem = texts_of("courier/two")
    metric = "(:metric minimize (total-cost))"
    assert metric in problem
    timed = answer_to(folder, (domain, problem.replace(metric, "(:metric minimize (total-time))")))
    plain = answer_to(folder, (domain, problem.replace(metric, "")))
    assert (timed.cost, timed.plan) == (len(timed.plan), plain.plan)


@pytest.mark.parametrize("name", COSTS)
def test_joins_in_small_parts_find_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    usual = answer_to(folder, texts_of(name))
    monkeypatch.setattr(joins, "_CHUNK", 1)
    parts = answer_to(folder, texts_of(name))
    assert (parts.plan, parts.expanded, parts.generated) == (
        usual.plan,
        usual.expanded,
        usual.generated,
    )


def test_the_checker_refuses_what_is_no_plan() -> None:
    texts = texts_of("guests/three")
    for plan, why in (
        (["(take pip brass hall)"], "the goal is not reached"),
        (["(take pip steel hall)"], "step 1 cannot be taken"),
        (["(take pip brass hall)", "(fly pip)"], "step 2 cannot be taken"),
        (["(take brass pip hall)"], "step 1 cannot be taken"),
        (["(take pip brass)"], "step 1 cannot be taken"),
    ):
        with pytest.raises(InvalidPlan, match=why):
            check(*texts, plan)
