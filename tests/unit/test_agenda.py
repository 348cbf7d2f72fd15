"""The agenda: who thinks when, by priority, staleness and a budget of expansions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.agenda import EXPANSIONS_A_MS, Agenda
from astraweave_ai.errors import MindError


def run(agenda: Agenda, ticks: int, cost: int = 10) -> np.ndarray:
    """How often each agent thought."""
    counts = np.zeros(len(agenda.priority), int)
    for tick in range(ticks):
        due = agenda.due(tick)
        counts[due] += 1
        agenda.charge(due, tick, np.full(len(due), cost))
    return counts


def test_everybody_thinks_and_the_important_more_often() -> None:
    agenda = Agenda(100, budget_ms=100 / EXPANSIONS_A_MS)
    agenda.priority[:10] = 8
    counts = run(agenda, 400)
    assert counts.min() > 0
    assert counts[:10].mean() > 2 * counts[10:].mean()


def test_the_budget_holds_on_average() -> None:
    agenda = Agenda(50, budget_ms=100 / EXPANSIONS_A_MS)
    spent = 0
    for tick in range(200):
        due = agenda.due(tick)
        cost = 5 + (due * 7 + tick) % 40
        agenda.charge(due, tick, cost)
        spent += int(cost.sum())
    assert spent <= 201 * agenda.budget


def test_a_thought_dearer_than_the_budget_still_happens() -> None:
    agenda = Agenda(3, budget_ms=10 / EXPANSIONS_A_MS)
    assert run(agenda, 300, cost=35).min() > 5


def test_nobody_thinks_again_too_soon() -> None:
    agenda = Agenda(4, every=5)
    thoughts = {0: [], 1: [], 2: [], 3: []}
    for tick in range(40):
        due = agenda.due(tick)
        for agent in due:
            thoughts[int(agent)].append(tick)
        agenda.charge(due, tick, np.ones(len(due)))
    assert all((np.diff(ticks) >= 5).all() and len(ticks) > 6 for ticks in thoughts.values())


@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_order_is_urgency_then_number(agents: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    agenda = Agenda(agents, budget_ms=1e6)
    agenda.priority[:] = rng.integers(0, 4, agents)
    agenda.thought[:] = rng.integers(-10, 0, agents)
    due = agenda.due(3).tolist()
    urgency = agenda.priority * (3 - agenda.thought)
    assert due == sorted(np.flatnonzero(urgency).tolist(), key=lambda a: (-urgency[a], a))


def test_options_are_checked() -> None:
    for wrong in ({"agents": 0}, {"agents": 1, "budget_ms": 0}, {"agents": 1, "every": 0}):
        with pytest.raises(MindError, match="positive"):
            Agenda(**wrong)
