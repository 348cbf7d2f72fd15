"""The planners for propositional tasks against brute force, and their heuristics against theory."""

from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.planner.detours import without_detours
from astraweave_ai.planner.lmcut import Cuts, LmCut
from astraweave_ai.planner.mutex import Pairs, without_exclusive
from astraweave_ai.planner.optimal import optimal_plan
from astraweave_ai.planner.outcome import IMPOSSIBLE, OUT_OF_BUDGET, SOLVED
from astraweave_ai.planner.relaxed_plan import RelaxedPlan
from astraweave_ai.planner.satisficing import some_plan
from astraweave_ai.planner.task import Task, bits
from tests.reference.tasks import best, propositional, reachable, run, successors


def h_max(task: Task, state: int) -> float:
    """The cost of the dearest fact of the goal, by naive iteration."""
    value = [0.0 if state >> f & 1 else float("inf") for f in range(len(task.facts))]
    for _ in task.facts:
        for each in task.operators:
            reached = max((value[f] for f in bits(each.pre)), default=0.0) + each.cost
            for fact in bits(each.add):
                value[fact] = min(value[fact], reached)
    return max((value[f] for f in bits(task.goal)), default=0.0)


def without(task: Task, mask: int) -> Task:
    kept = tuple(each for n, each in enumerate(task.operators) if not mask >> n & 1)
    return Task(task.facts, kept, task.initial, task.goal)


def assert_sound(task: Task, state: int, cuts: Cuts) -> None:
    """One operator of each cut is needed, and nothing is paid for twice."""
    for mask, price in cuts:
        assert price > 0
        assert best(without(task, mask), state) is None, "there is a plan around the cut"
    for number, each in enumerate(task.operators):
        assert sum(price for mask, price in cuts if mask >> number & 1) <= each.cost


@given(propositional())
def test_cuts_are_landmarks_whose_costs_are_shared_out(task: Task) -> None:
    heuristic = LmCut(task)
    for state in sorted(reachable(task)):
        cuts = heuristic.cuts(state, [])
        plan = best(task, state)
        if cuts is None:
            assert h_max(task, state) == float("inf")
            assert plan is None
        else:
            assert h_max(task, state) <= sum(price for _, price in cuts)
            assert_sound(task, state, cuts) if plan else None
            assert plan is None or sum(price for _, price in cuts) <= plan[0]


@given(propositional())
def test_cuts_that_a_successor_keeps_still_hold(task: Task) -> None:
    heuristic = LmCut(task)
    cuts = heuristic.cuts(task.initial, [])
    for number, _, after in successors(task, task.initial):
        kept = [cut for cut in cuts or [] if not cut[0] >> number & 1]
        more = heuristic.cuts(after, kept)
        if best(task, after) is not None:
            assert more is not None
            assert more[: len(kept)] == kept
            assert_sound(task, after, more)


@given(propositional())
def test_a_relaxed_plan_exists_where_the_goal_can_be_reached(task: Task) -> None:
    heuristic = RelaxedPlan(task)
    for state in sorted(reachable(task)):
        found = heuristic.estimate(state)
        assert (found is None) == (h_max(task, state) == float("inf"))
        if found is not None:
            count, first = found
            assert (count == 0) == (state & task.goal == task.goal)
            assert first & ~heuristic.tables.applicable(state) == 0
            assert count == 0 or first


@given(propositional())
def test_exclusive_facts_never_hold_together(task: Task) -> None:
    pairs = Pairs(task)
    for state in reachable(task):
        assert pairs.possible(state)
        for each in task.operators:
            if state & each.pre == each.pre:
                assert each.name in {kept.name for kept in pairs.operators}


def reachable_pairs(task: Task) -> set[tuple[int, int]]:
    """The pairs of facts that h² reaches, a fact with itself included, by trying all of them."""
    pairs = {(a, b) for a in bits(task.initial) for b in bits(task.initial)}
    grown = True
    while grown:
        found = set()
        for each in task.operators:
            pre = list(bits(each.pre))
            if all((a, b) in pairs for a in pre for b in pre):
                found |= {(a, b) for a in bits(each.add) for b in bits(each.add)}
                for a in bits(each.add):
                    kept = {
                        b
                        for b in range(len(task.facts))
                        if (b, b) in pairs
                        and not (each.add | each.delete) >> b & 1
                        and all((b, c) in pairs for c in pre)
                    }
                    found |= {(a, b) for b in kept} | {(b, a) for b in kept}
        grown = not found <= pairs
        pairs |= found
    return pairs


@given(propositional())
def test_pairs_are_those_of_h2(task: Task) -> None:
    pairs, wanted = Pairs(task), reachable_pairs(task)
    facts = range(len(task.facts))
    assert {(a, b) for a in facts for b in bits(pairs.partners[a])} == wanted
    kept = {
        each.name
        for each in task.operators
        if all((a, b) in wanted for a in bits(each.pre) for b in bits(each.pre))
    }
    assert {each.name for each in pairs.operators} == kept


@given(propositional())
def test_optimal_plans_cost_what_the_best_plan_costs(task: Task) -> None:
    wanted = best(task, task.initial)
    for each in (task, without_exclusive(task)):
        found = optimal_plan(each)
        assert found.status == (IMPOSSIBLE if wanted is None else SOLVED)
        if wanted is not None:
            assert found.cost == run(each, found.plan) == wanted[0]


@given(propositional())
def test_fast_plans_are_plans(task: Task) -> None:
    wanted = best(task, task.initial)
    found = some_plan(task)
    assert found.status == (IMPOSSIBLE if wanted is None else SOLVED)
    if wanted is not None:
        assert found.cost == run(task, found.plan) >= wanted[0]


@given(propositional(), st.integers(0, 6))
def test_budgets_are_kept_and_told_from_impossible(task: Task, budget: int) -> None:
    for search in (optimal_plan, some_plan):
        free, bound = search(task), search(task, max_expansions=budget)
        assert bound.expanded <= budget
        if free.expanded < budget or bound.status == free.status:
            assert (bound.status, bound.plan) == (free.status, free.plan)
        else:
            assert (bound.status, bound.plan, bound.cost) == (OUT_OF_BUDGET, (), None)


@given(propositional())
def test_no_time_is_out_of_budget(task: Task) -> None:
    if task.initial & task.goal != task.goal:
        for search in (optimal_plan, some_plan):
            assert search(task, seconds=0.0).status in (OUT_OF_BUDGET, IMPOSSIBLE)


@given(propositional(), st.data())
def test_detours_are_left_out(task: Task, data: st.DataObject) -> None:
    """A plan is made longer by a walk at random that happens to end where a plan begins."""
    state, walk = task.initial, []
    for _ in range(data.draw(st.integers(0, 5))):
        ways = successors(task, state)
        if ways:
            number, _, state = data.draw(st.sampled_from(ways))
            walk.append(number)
    rest = best(task, state)
    if rest is not None:
        plan = (*walk, *rest[2])
        shorter = without_detours(task, plan)
        assert run(task, shorter) <= run(task, plan)
        assert len(shorter) <= len(plan)
        assert without_detours(task, shorter) == shorter
