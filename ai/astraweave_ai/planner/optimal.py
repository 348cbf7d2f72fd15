"""Cheapest plans for propositional tasks: A* with LM-cut, evaluated as late as possible.

A successor first gets the estimate that follows from its parent's cuts, which costs next to
nothing. Only when it is about to be expanded is the heuristic computed, and most states never get
there.

Sources: Pommerening and Helmert, Incremental LM-Cut, 2013; Tolpin et al., Toward Rational
Deployment of Multiple Heuristics in A*, 2013 (lazy evaluation).
"""

from __future__ import annotations

from heapq import heappop, heappush
from time import perf_counter

from .detours import without_detours
from .lmcut import Cuts, LmCut
from .outcome import IMPOSSIBLE, OUT_OF_BUDGET, SOLVED, Outcome
from .task import Task

MAX_STATES = 4_000_000  # they take some 500 bytes each

_DEAD = -1  # the cost of a state that no plan leads on from


class _Node:
    """A state that was reached, with the cheapest known way to it."""

    __slots__ = ("cost", "cuts", "estimate", "operator", "parent", "state")

    def __init__(
        self, state: int, parent: _Node | None, operator: int, cost: int, estimate: int
    ) -> None:
        self.state = state
        self.parent = parent
        self.operator = operator  # that led here from the parent
        self.cost = cost
        self.estimate = estimate
        self.cuts: Cuts | None = None  # None until it is evaluated

    def plan(self) -> tuple[int, ...]:
        """The operators from the start to here."""
        operators = []
        node = self
        while node.parent is not None:
            operators.append(node.operator)
            node = node.parent
        return tuple(reversed(operators))


def optimal_plan(
    task: Task, *, max_expansions: int | None = None, seconds: float | None = None
) -> Outcome:
    """A cheapest plan of `task`, or a proof that there is none.

    Among plans of equal cost the choice is the same on every machine, but not otherwise special.
    """
    return _Search(task).run(max_expansions, seconds)


class _Search:
    """One run of A*."""

    def __init__(self, task: Task) -> None:
        self.started = perf_counter()
        self.task = task
        self.goal = task.goal
        self.cut = LmCut(task)
        self.effects = [(~each.delete, each.add, each.cost) for each in task.operators]
        self.expanded = self.generated = self.serial = 0
        self.nodes: dict[int, _Node] = {}
        self.queue: list[tuple[int, int, int, int, _Node]] = []
        self._open(_Node(task.initial, None, -1, 0, 0))

    def run(self, max_expansions: int | None, seconds: float | None) -> Outcome:
        """Search until there is a plan, a proof or no budget."""
        while self.queue:
            f, _, _, cost, node = heappop(self.queue)
            if cost != node.cost:
                continue  # a cheaper way was found since, or it is dead
            if node.state & self.goal == self.goal:
                return self._outcome(SOLVED, self._plan(node), cost)
            if self.expanded == max_expansions or len(self.nodes) > MAX_STATES:
                return self._outcome(OUT_OF_BUDGET)
            if seconds is not None and perf_counter() - self.started > seconds:
                return self._outcome(OUT_OF_BUDGET)
            if node.cuts is None:
                node.cuts = self._evaluate(node)
                if f < node.cost + node.estimate:
                    self._open(node)
                    continue
            if node.cost != _DEAD:
                self._expand(node, node.cuts)
        return self._outcome(IMPOSSIBLE)

    def _plan(self, node: _Node) -> tuple[int, ...]:
        """The plan that ends in `node`, without steps that cost nothing and serve nothing."""
        plan = node.plan()
        if all(self.effects[operator][2] for operator in plan):
            return plan
        return without_detours(self.task, plan)

    def _outcome(self, status: str, plan: tuple[int, ...] = (), cost: int | None = None) -> Outcome:
        seconds = perf_counter() - self.started
        return Outcome(status, plan, cost, self.expanded, self.generated, seconds)

    def _open(self, node: _Node) -> None:
        """Queue by f, then by the estimate, then the latest first."""
        self.nodes[node.state] = node
        self.serial -= 1
        f = node.cost + node.estimate
        heappush(self.queue, (f, node.estimate, self.serial, node.cost, node))

    def _evaluate(self, node: _Node) -> Cuts:
        """The cuts of a state, beginning with those of its parent that still hold."""
        known: Cuts = []
        if node.parent is not None and node.parent.cuts is not None:
            known = [cut for cut in node.parent.cuts if not cut[0] >> node.operator & 1]
        cuts = self.cut.cuts(node.state, known)
        if cuts is None:
            node.cost = _DEAD
            return []
        node.estimate = max(node.estimate, sum(price for _, price in cuts))
        return cuts

    def _expand(self, node: _Node, cuts: Cuts) -> None:
        self.expanded += 1
        applicable = self.cut.tables.applicable(node.state)
        total = sum(price for _, price in cuts)
        losses = _losses(cuts, applicable)
        while applicable:
            low = applicable & -applicable
            applicable ^= low
            operator = low.bit_length() - 1
            keep, add, price = self.effects[operator]
            state = node.state & keep | add
            cost = node.cost + price
            self.generated += 1
            known = self.nodes.get(state)
            if known is None:
                estimate = max(total - losses.get(operator, 0), node.estimate - price)
                self._open(_Node(state, node, operator, cost, estimate))
            elif cost < known.cost:
                known.cost, known.parent, known.operator = cost, node, operator
                self._open(known)


def _losses(cuts: Cuts, applicable: int) -> dict[int, int]:
    """By how much the sum of the cuts that still hold is less, after each operator in a cut."""
    losses: dict[int, int] = {}
    for mask, price in cuts:
        some = mask & applicable
        while some:
            low = some & -some
            some ^= low
            operator = low.bit_length() - 1
            losses[operator] = losses.get(operator, 0) + price
    return losses
