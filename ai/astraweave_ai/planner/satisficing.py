"""Some plan, fast: greedy search along the FF heuristic, and then without detours.

A state is evaluated when it is taken out, not when it is generated; until then it has its parent's
estimate. Of two queues one holds only what the relaxed plan of the parent began with, and it is
asked more often as long as it brings progress.

Source: Helmert, The Fast Downward Planning System, 2006 (sections 5.3 and 5.4).
"""

from __future__ import annotations

from heapq import heappop, heappush
from time import perf_counter

from .detours import without_detours
from .outcome import IMPOSSIBLE, OUT_OF_BUDGET, SOLVED, Outcome
from .relaxed_plan import RelaxedPlan
from .task import Task

MAX_GENERATED = 16_000_000  # entries of the queues; they take some 120 bytes each

_BOOST = 1000  # turns that the queue of preferred operators gains by progress

Entry = tuple[int, int, int, int]  # estimate of the parent, serial number, parent, operator


def some_plan(
    task: Task, *, max_expansions: int | None = None, seconds: float | None = None
) -> Outcome:
    """A plan of `task`, not in general a cheapest one, or a proof that there is none."""
    return _Search(task).run(max_expansions, seconds)


class _Search:
    """One run of lazy greedy best-first search."""

    def __init__(self, task: Task) -> None:
        self.started = perf_counter()
        self.task = task
        self.heuristic = RelaxedPlan(task)
        self.effects = [(~each.delete, each.add) for each in task.operators]
        self.way: dict[int, tuple[int, int]] = {}  # state: its parent and the operator between
        self.queues: tuple[list[Entry], list[Entry]] = ([], [])  # all; preferred only
        self.turns = [0, 0]  # how often each queue was asked, less what it has gained
        self.best: int | None = None
        self.expanded = self.generated = 0

    def run(self, max_expansions: int | None, seconds: float | None) -> Outcome:
        """Search until there is a plan, a proof or no budget."""
        state = self.task.initial
        parent, operator = state, -1
        while True:
            if state not in self.way:
                self.way[state] = parent, operator
                if state & self.task.goal == self.task.goal:
                    return self._solved(state)
                late = seconds is not None and perf_counter() - self.started > seconds
                full = self.generated > MAX_GENERATED
                if late or full or self.expanded == max_expansions:
                    return self._outcome(OUT_OF_BUDGET)
                self._expand(state)
            entry = self._next()
            if entry is None:
                return self._outcome(IMPOSSIBLE)
            _, _, parent, operator = entry
            keep, add = self.effects[operator]
            state = parent & keep | add

    def _next(self) -> Entry | None:
        """The best entry of the queue whose turn it is."""
        number = 1 if self.turns[1] <= self.turns[0] else 0
        if not self.queues[number]:
            number = 1 - number
        if not self.queues[number]:
            return None
        self.turns[number] += 1
        return heappop(self.queues[number])

    def _expand(self, state: int) -> None:
        found = self.heuristic.estimate(state)
        if found is None:
            return
        estimate, preferred = found
        if self.best is None or estimate < self.best:
            self.best = estimate
            self.turns[1] -= _BOOST
        self.expanded += 1
        applicable = self.heuristic.tables.applicable(state)
        while applicable:
            low = applicable & -applicable
            applicable ^= low
            self.generated += 1
            entry = (estimate, self.generated, state, low.bit_length() - 1)
            heappush(self.queues[0], entry)
            if low & preferred:
                heappush(self.queues[1], entry)

    def _outcome(self, status: str, plan: tuple[int, ...] = (), cost: int | None = None) -> Outcome:
        seconds = perf_counter() - self.started
        return Outcome(status, plan, cost, self.expanded, self.generated, seconds)

    def _solved(self, state: int) -> Outcome:
        plan = []
        while True:
            state, operator = self.way[state]
            if operator < 0:
                break
            plan.append(operator)
        shorter = without_detours(self.task, tuple(reversed(plan)))
        cost = sum(self.task.operators[number].cost for number in shorter)
        return self._outcome(SOLVED, shorter, cost)
