"""Whole answers for PDDL texts, against an interpreter that was written apart from the planner."""

import re
from pathlib import Path

import pytest
from hypothesis import given

from astraweave_ai.pddl import Answer, joins, reach, solve
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


def answer_to(folder: Path, texts: Texts, *, fast: bool = False) -> Answer:
    for name, text in zip(("domain", "problem"), texts, strict=True):
        (folder / name).write_text(text, encoding="utf-8")
    return solve(str(folder / "domain"), str(folder / "problem"), fast=fast)


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
    assert answer.explanation == ("fetch has more than 3 instances",)


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
