"""Random planning tasks, small enough to try everything: propositional ones, and PDDL as text."""

from heapq import heappop, heappush
from typing import Any

from hypothesis import strategies as st

from astraweave_ai.planner.task import Operator, Task

from . import plan_checker


@st.composite
def propositional(draw: Any, most_facts: int = 6, most_operators: int = 8) -> Task:
    """A task over a few facts; operators are named, and numbered, in the order of their names."""
    count = draw(st.integers(1, most_facts))
    facts = st.integers(0, 2**count - 1)
    few = st.sets(st.integers(0, count - 1), max_size=2).map(lambda some: sum(1 << f for f in some))
    costs = st.sampled_from(draw(st.sampled_from([(1,), (0, 1), (1, 2, 5), (0, 2, 3)])))
    operators = tuple(
        Operator(f"op{number:02}", draw(few), draw(few), draw(few), draw(costs))
        for number in range(draw(st.integers(0, most_operators)))
    )
    return Task(tuple(f"f{n}" for n in range(count)), operators, draw(facts), draw(few))


def successors(task: Task, state: int) -> list[tuple[int, int, int]]:
    """(operator index, cost, state) of everything that can be done in a state."""
    return [
        (number, each.cost, (state & ~each.delete) | each.add)
        for number, each in enumerate(task.operators)
        if state & each.pre == each.pre
    ]


def best(task: Task, start: int) -> tuple[int, int, tuple[int, ...]] | None:
    """Cost, length and operators of the first of all plans in that order; None if there is none."""
    queue: list[tuple[int, int, tuple[int, ...], int]] = [(0, 0, (), start)]
    done = set()
    while queue:
        cost, length, plan, state = heappop(queue)
        if state in done:
            continue
        done.add(state)
        if state & task.goal == task.goal:
            return cost, length, plan
        for number, price, after in successors(task, state):
            if after not in done:
                heappush(queue, (cost + price, length + 1, (*plan, number), after))
    return None


def reachable(task: Task) -> set[int]:
    """All states that can be reached from the initial one."""
    found, todo = {task.initial}, [task.initial]
    while todo:
        for _, _, after in successors(task, todo.pop()):
            if after not in found:
                found.add(after)
                todo.append(after)
    return found


def run(task: Task, plan: tuple[int, ...]) -> int:
    """What a plan costs; fails unless each operator can be applied and the goal is reached."""
    state, cost = task.initial, 0
    for number in plan:
        each = task.operators[number]
        assert state & each.pre == each.pre, each.name
        state, cost = (state & ~each.delete) | each.add, cost + each.cost
    assert state & task.goal == task.goal
    return cost


HEADER = """(define (domain d)
  (:requirements :typing :equality :negative-preconditions :action-costs)
  (:types t u - object v - t) (:constants a - v)
  (:predicates (p) (q ?x) (r ?x) (s ?x ?y))
  (:functions (total-cost) - number (price ?x) - number)"""
ARITIES = {"p": 0, "q": 1, "r": 1, "s": 2}
KINDS = ["", "- t", "- (either t u)", "- u"]


class _Writer:
    """Draws the parts of a PDDL text."""

    def __init__(self, draw: Any, predicates: str) -> None:
        self.draw = draw
        self.predicates = predicates

    def atom(self, terms: list[str]) -> str:
        predicate = self.draw(st.sampled_from(self.predicates))
        chosen = [self.draw(st.sampled_from(terms)) for _ in range(ARITIES[predicate])]
        return f"({' '.join([predicate, *chosen])})"

    def literals(self, terms: list[str], least: int = 0, *, equal: bool = False) -> str:
        """A conjunction of a few atoms, negated or not, some perhaps equalities."""
        found = []
        for _ in range(self.draw(st.integers(least, 3))):
            text = self.atom(terms)
            if equal and self.draw(st.integers(0, 5)) == 5:
                text = (
                    f"(= {self.draw(st.sampled_from(terms))} {self.draw(st.sampled_from(terms))})"
                )
            found.append(f"(not {text})" if self.draw(st.integers(0, 3)) == 3 else text)
        return " ".join(found)

    def action(self, name: str) -> str:
        variables = ["?x", "?y"][: self.draw(st.integers(0, 2))]
        typed = " ".join(f"{each} {self.draw(st.sampled_from(KINDS))}" for each in variables)
        terms = [*variables, *variables, "a"]
        cost = self.draw(st.sampled_from(["1", "3", "0", f"(price {terms[0]})"]))
        condition = self.literals(terms, equal=True)
        effect = self.literals(terms, 1)
        return f"""
  (:action {name} :parameters ({typed}) :precondition (and {condition})
    :effect (and {effect} (increase (total-cost) {cost})))"""


@st.composite
def pddl(draw: Any) -> tuple[str, str]:
    """A domain and a problem with all that is supported, and about ten facts."""
    wide = draw(st.booleans())
    writer = _Writer(draw, "pqr" if wide else "pqrs")
    others = ["b", "c"] if wide else ["b"]
    objects = ["a", *others]
    actions = [writer.action(f"act{n}") for n in range(draw(st.integers(2, 5)))]
    initial = [writer.atom(objects) for _ in range(draw(st.integers(0, 4)))]
    initial += [f"(= (price {each}) {draw(st.integers(0, 4))})" for each in objects]
    kind = draw(st.sampled_from("tu"))
    metric = draw(st.sampled_from(["", "(:metric minimize (total-cost))"]))
    domain = HEADER + "".join(actions) + ")"

    def problem(goal: str) -> str:
        return f"""(define (problem x) (:domain d)
  (:objects {" ".join(others)} - {kind})
  (:init {" ".join(initial)})
  (:goal (and {goal})) {metric})"""

    walked = _walk(draw, plan_checker.Task(domain, problem("")))
    return domain, problem(walked or writer.literals(objects, 1, equal=True))


def _walk(draw: Any, task: plan_checker.Task) -> str:
    """Some facts that hold after a walk at random, and rarely did before; nothing now and then."""
    state, steps = task.state, sorted(task.steps())
    for _ in range(draw(st.integers(0, 6))):
        ways = [way for way in (task.apply(step, state) for step in steps) if way is not None]
        changing = [after for after, _ in ways if after != state]
        if changing:
            state = draw(st.sampled_from(changing))
    facts = sorted(state - task.state) or sorted(state)
    count = draw(st.integers(0, min(3, len(facts))))
    return " ".join(f"({' '.join(fact)})" for fact in draw(st.permutations(facts))[:count])
